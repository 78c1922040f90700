/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-ES that runs: its state, memory that it shares, how it ends. See hv_es.h.
 */
#include "hv_es.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hv_es_priv.h"
#include "hv_snp_priv.h"

void hv_es_configure(struct hv_guest *guest, const struct hv_es_config *config)
{
    hv_es_of(guest)->config = *config;
}

void hv_es_start(struct hv_guest *guest, unsigned cpus)
{
    struct hv_es *es = hv_es_of(guest);

    es->cpus = cpus <= HV_VCPUS_MAX ? cpus : HV_VCPUS_MAX;
    es->jump_table = 0;
    hv_liar_init(&es->liar, &es->config.lies, es->config.seed);
    memset(es->vcpus, 0, sizeof(es->vcpus));
    for (unsigned cpu = 0; cpu < es->cpus; cpu++) {
        struct hv_vcpu *vcpu = &es->vcpus[cpu];

        vcpu->state = cpu ? HV_VCPU_OFF : HV_VCPU_RUNS;
        vcpu->ghcb_msr = hv_ghcb_msr_info(es);
        vcpu->xcr0 = 1;
    }
}

void hv_es_vmgexit(struct hv_guest *guest, unsigned cpu)
{
    if (guest->stop_reason == HV_STOP_ENDED)
        return;
    if (hv_es_ghcb_msr(guest, cpu) & GHCB_MSR_INFO_MASK)
        hv_ghcb_msr_request(guest, cpu);
    else
        hv_exit_page(guest, cpu);
    if (guest->stop_reason != HV_STOP_ENDED)
        hv_snp_lie_page(guest, cpu);
}

uint64_t hv_es_ghcb_msr(const struct hv_guest *guest, unsigned cpu)
{
    return hv_es_of(guest)->vcpus[cpu].ghcb_msr;
}

void hv_es_set_ghcb_msr(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    hv_es_of(guest)->vcpus[cpu].ghcb_msr = value;
}

uint64_t hv_es_features(const struct hv_guest *guest)
{
    return guest->snp ? guest->hv->snp->policies.values[HV_POLICY_FEATURES] : HV_FEATURES;
}

/* --- messages --- */

void hv_es_stop(struct hv_guest *guest, unsigned cpu, const char *format, ...)
{
    struct hv *hv = guest->hv;
    char sentence[300];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    guest->state = HV_STOPPED;
    guest->stop_reason = HV_STOP_ENDED;
    hv->ops.stop(hv->machine, cpu, sentence);
}

void hv_es_log(struct hv_guest *guest, unsigned cpu, const char *format, ...)
{
    struct hv *hv = guest->hv;
    char line[300];
    va_list args;

    if (!hv->ops.log)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    hv->ops.log(hv->machine, cpu, line);
}

void hv_es_trace(struct hv_guest *guest, const struct hv_exit_record *record)
{
    struct hv *hv = guest->hv;

    if (hv->ops.trace)
        hv->ops.trace(hv->machine, record);
}

void hv_es_terminate(struct hv_guest *guest, unsigned cpu, uint64_t set, uint64_t code)
{
    hv_es_stop(guest, cpu, "the guest requested its termination, reason %llu:%llu: %s",
               (unsigned long long)set, (unsigned long long)code,
               ghcb_termination_words(set, code));
}

/* --- lies --- */

bool hv_es_lie(struct hv_guest *guest, unsigned cpu, enum hv_lie lie, const char *what)
{
    if (!hv_liar_strikes(&hv_es_of(guest)->liar, lie))
        return false;
    hv_es_log_lie(guest, cpu, lie, what);
    return true;
}

void hv_es_log_lie(struct hv_guest *guest, unsigned cpu, enum hv_lie lie, const char *what)
{
    hv_es_log(guest, cpu, "lie: %s (opportunity %llu), %s: %s", hv_lie_name(lie),
              (unsigned long long)hv_es_of(guest)->liar.seen[lie], what, hv_lie_words(lie));
}

uint64_t hv_es_lie_bit(struct hv_guest *guest, unsigned cpu, enum hv_lie lie, const char *what,
                       uint64_t value, unsigned bits)
{
    if (!hv_es_lie(guest, cpu, lie, what))
        return value;
    return value ^ UINT64_C(1) << hv_liar_random(&hv_es_of(guest)->liar, bits);
}

void hv_es_lie_cpuid(struct hv_guest *guest, unsigned cpu, uint32_t function, uint32_t regs[4])
{
    static const uint32_t sev_leaf = 0x8000001f;
    char what[40];

    if (!hv_es_of(guest)->liar.any)
        return;
    snprintf(what, sizeof(what), "CPUID %#x", function);
    if (hv_es_lie(guest, cpu, HV_LIE_WRONG_CPUID, what)) {
        unsigned bit = hv_liar_random(&hv_es_of(guest)->liar, 4 * 32);

        regs[bit / 32] ^= UINT32_C(1) << bit % 32;
    }
    if (function == sev_leaf && hv_es_lie(guest, cpu, HV_LIE_WRONG_CBIT, what))
        regs[1] ^= 1; /* EBX 5:0 is the position */
}

/* --- statistics --- */

unsigned hv_es_requests(void)
{
    return hv_exit_rows() + 1 + hv_ghcb_msr_rows() + 1;
}

struct hv_request hv_es_request(unsigned index)
{
    struct hv_request request = {.msr_protocol = index > hv_exit_rows()};

    if (request.msr_protocol) {
        index -= hv_exit_rows() + 1;
        request.other = index == hv_ghcb_msr_rows();
        request.code = request.other ? 0 : hv_ghcb_msr_row(index);
        request.words = request.other ? "unknown request" : ghcb_msr_words(request.code);
    } else {
        request.other = index == hv_exit_rows();
        request.code = request.other ? 0 : hv_exit_row(index);
        request.words = request.other ? "unknown exit" : exit_code_words(request.code);
    }
    return request;
}

uint64_t hv_es_count(const struct hv_guest *guest, unsigned cpu, unsigned index)
{
    return hv_es_of(guest)->vcpus[cpu].counts[index];
}

uint64_t hv_es_lies(const struct hv_guest *guest, enum hv_lie lie)
{
    return hv_es_of(guest)->liar.count[lie];
}

/* --- memory --- */

/* Return how many of `len` bytes at `gpa` are in its page. */
static unsigned in_page(uint64_t gpa, size_t len)
{
    size_t rest = HV_PAGE_SIZE - gpa % HV_PAGE_SIZE;

    return (unsigned)(len < rest ? len : rest);
}

/* The host's accesses to a private page see other memory with KVM and guest_memfd. */
static bool is_private(const struct hv_guest *guest, uint64_t gpa)
{
    return guest->snp && hv_snp_private(guest->hv, gpa);
}

bool hv_es_read(struct hv_guest *guest, uint64_t gpa, void *buf, size_t len)
{
    struct hv *hv = guest->hv;

    for (unsigned n; len; len -= n, gpa += n, buf = (uint8_t *)buf + n) {
        n = in_page(gpa, len);
        if (is_private(guest, gpa) || !hv->ops.read_shared(hv->machine, gpa, buf, n))
            return false;
    }
    return true;
}

bool hv_es_write(struct hv_guest *guest, uint64_t gpa, const void *buf, size_t len)
{
    struct hv *hv = guest->hv;

    for (unsigned n; len; len -= n, gpa += n, buf = (const uint8_t *)buf + n) {
        n = in_page(gpa, len);
        if (is_private(guest, gpa) || !hv->ops.write_shared(hv->machine, gpa, buf, n))
            return false;
    }
    return true;
}
