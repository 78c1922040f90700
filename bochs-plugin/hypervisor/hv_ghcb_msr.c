/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The GHCB MSR protocol: requests that fit into C0010130h, for a guest that has no GHCB yet.
 *
 * Source: Linux arch/x86/kvm/svm/sev.c sev_handle_vmgexit_msr_protocol(); the fields:
 * arch/x86/include/asm/sev-common.h GHCB_MSR_*.
 */
#include "hv_es_priv.h"
#include "hv_snp_priv.h"

/* Replace the bits 11:0 of a value. */
static uint64_t with_info(uint64_t value, enum ghcb_msr info)
{
    return (value & ~GHCB_MSR_INFO_MASK) | info;
}

uint64_t hv_ghcb_msr_info(const struct hv_es *es)
{
    return (uint64_t)es->config.max_version << 48 | (uint64_t)HV_GHCB_VERSION_MIN << 32 |
           (uint64_t)(es->config.cbit_pos & 0xff) << 24 | GHCB_MSR_SEV_INFO;
}

/* Each answers a request and returns the new value of the MSR. */
typedef uint64_t request_fn(struct hv_guest *guest, unsigned cpu, uint64_t value);

static uint64_t sev_info(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    (void)value;
    if (hv_es_lie(guest, cpu, HV_LIE_WRONG_VERSION, "SEV information request"))
        return (hv_ghcb_msr_info(hv_es_of(guest)) & UINT32_MAX) | UINT64_C(0x00030003) << 32;
    return hv_ghcb_msr_info(hv_es_of(guest));
}

/* The function is in 63:32, the number of the register in 31:30; the answer is in 63:32. */
static uint64_t cpuid(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    const struct hv *hv = guest->hv;
    uint32_t regs[4];

    hv->ops.cpuid(hv->machine, cpu, (uint32_t)(value >> 32), 0, hv_es_of(guest)->vcpus[cpu].xcr0,
                  regs);
    hv_es_lie_cpuid(guest, cpu, (uint32_t)(value >> 32), regs);
    value = (value & UINT32_MAX) | (uint64_t)regs[value >> 30 & 3] << 32;
    return with_info(value, GHCB_MSR_CPUID_RESP);
}

static uint64_t hold(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];

    (void)value;
    vcpu->ghcb_msr = GHCB_MSR_AP_RESET_HOLD_RESP; /* 63:12 are 0: no SIPI came */
    hv_vcpu_hold(guest, cpu, HV_HOLD_MSR);        /* may end at once */
    return vcpu->ghcb_msr;
}

static uint64_t features(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    (void)cpu, (void)value;
    return hv_es_features(guest) << 12 | GHCB_MSR_HV_FT_RESP;
}

/* The policy's value for none is all ones, which is the answer for none. */
static uint64_t preferred(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    (void)cpu, (void)value;
    return with_info(guest->hv->snp->policies.values[HV_POLICY_GHCB_PREFERRED],
                     GHCB_MSR_PREF_GPA_RESP);
}

/* The answer is the address that was registered, all ones for none. */
static uint64_t register_ghcb(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    if (hv_es_lie(guest, cpu, HV_LIE_REFUSE_GHCB, "GHCB address registration"))
        return with_info(UINT64_MAX, GHCB_MSR_REG_GPA_RESP);
    hv_es_of(guest)->vcpus[cpu].registered = value & ~GHCB_MSR_INFO_MASK;
    return with_info(value, GHCB_MSR_REG_GPA_RESP);
}

/* KVM ends a machine without SNP that sends one of them. */
static uint64_t snp_only(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    hv_es_stop(guest, cpu, "the guest sent a %s by the GHCB MSR (%#llx), which needs SEV-SNP",
               ghcb_msr_words(value), (unsigned long long)value);
    return value;
}

static uint64_t terminate(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    hv_es_terminate(guest, cpu, value >> 12 & 0xf, value >> 16 & 0xff);
    return value;
}

static const struct {
    enum ghcb_msr request;
    request_fn *answer;
    bool snp; /* only a guest with SEV-SNP may send it */
} requests[] = {
    {GHCB_MSR_SEV_INFO_REQ, sev_info, false},    {GHCB_MSR_CPUID_REQ, cpuid, false},
    {GHCB_MSR_AP_RESET_HOLD_REQ, hold, false},   {GHCB_MSR_PREF_GPA_REQ, preferred, true},
    {GHCB_MSR_REG_GPA_REQ, register_ghcb, true}, {GHCB_MSR_PSC_REQ, hv_psc_msr, true},
    {GHCB_MSR_HV_FT_REQ, features, false},       {GHCB_MSR_TERM_REQ, terminate, false},
};

#define ROWS (sizeof(requests) / sizeof(requests[0]))
_Static_assert(ROWS < HV_MSR_ROWS_MAX, "a counter for each, and one for others");

unsigned hv_ghcb_msr_rows(void)
{
    return ROWS;
}

uint64_t hv_ghcb_msr_row(unsigned index)
{
    return requests[index].request;
}

void hv_ghcb_msr_request(struct hv_guest *guest, unsigned cpu)
{
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];
    const uint64_t value = vcpu->ghcb_msr;
    struct hv_exit_record record = {cpu, true, value, 0, 0, value, 0, ghcb_msr_words(value)};

    size_t row = 0;

    while (row < ROWS && requests[row].request != (value & GHCB_MSR_INFO_MASK))
        row++;
    vcpu->counts[hv_exit_rows() + 1 + row]++;
    if (row < ROWS)
        vcpu->ghcb_msr =
            (requests[row].snp && !guest->snp ? snp_only : requests[row].answer)(guest, cpu, value);
    /* KVM leaves the MSR as it is at a request that it does not have, and the guest goes on. */
    record.result1 = vcpu->ghcb_msr;
    hv_es_trace(guest, &record);
}
