/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CPUs of a guest with SEV-ES: AP reset hold, INIT, SIPI, NMI. The hypervisor changes no register:
 * INIT stops an AP where it is, and SIPI lets it go on there. Only the first SIPI starts it, from
 * its launched VMSA.
 *
 * Sources: Linux arch/x86/kvm/lapic.c kvm_apic_accept_events(); arch/x86/kvm/svm/sev.c
 * sev_vcpu_deliver_sipi_vector(); arch/x86/kvm/svm/svm.c svm_inject_nmi(), __svm_vcpu_reset(), which
 * unmasks NMIs at a reset and not at INIT; arch/x86/kvm/x86.c kvm_emulate_ap_reset_hold(),
 * kvm_vcpu_reset(), process_nmi().
 */
#include "hv_es_priv.h"

static void wait(struct hv_guest *guest, unsigned cpu)
{
    guest->hv->ops.vcpu_wait(guest->hv->machine, cpu);
}

/* Let a CPU execute. An NMI that was kept is delivered, unless the guest masks it. */
static void run(struct hv_guest *guest, unsigned cpu, bool first)
{
    const struct hv *hv = guest->hv;
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];

    vcpu->state = HV_VCPU_RUNS;
    vcpu->hold = HV_HOLD_NONE;
    hv->ops.vcpu_run(hv->machine, cpu, first);
    if (vcpu->nmi_pending && !vcpu->nmi_masked) {
        vcpu->nmi_pending = false;
        vcpu->nmi_masked = true;
        hv->ops.nmi_deliver(hv->machine, cpu);
    }
}

/* Answer the hold of a CPU: a SIPI came. Before it, the answer says that none came. */
static void answer_hold(struct hv_guest *guest, unsigned cpu)
{
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];
    static const uint8_t info2[8] = {1};

    if (vcpu->hold == HV_HOLD_MSR)
        vcpu->ghcb_msr = UINT64_C(1) << 12 | GHCB_MSR_AP_RESET_HOLD_RESP;
    if (vcpu->hold == HV_HOLD_PAGE &&
        !hv_es_write(guest, vcpu->ghcb_msr + GHCB_SW_EXITINFO2, info2, sizeof(info2)))
        hv_es_log(guest, cpu, "the GHCB at %#llx is no memory any more",
                  (unsigned long long)vcpu->ghcb_msr);
}

void hv_vcpu_hold(struct hv_guest *guest, unsigned cpu, enum hv_hold hold)
{
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];

    vcpu->state = HV_VCPU_HELD;
    vcpu->hold = hold;
    wait(guest, cpu);
    if (hv_es_lie(guest, cpu, HV_LIE_EARLY_SIPI, "AP reset hold")) {
        answer_hold(guest, cpu);
        run(guest, cpu, false);
    }
}

bool hv_es_vcpu_runs(const struct hv_guest *guest, unsigned cpu)
{
    return hv_es_of(guest)->vcpus[cpu].state == HV_VCPU_RUNS;
}

void hv_es_init(struct hv_guest *guest, unsigned cpu)
{
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];

    vcpu->nmi_pending = false;
    if (vcpu->init_vmsa) {
        (void)hv_vcpu_create(guest, cpu, vcpu->init_vmsa);
        return;
    }
    if (vcpu->state == HV_VCPU_DESTROYED)
        return;
    if (cpu) {
        if (vcpu->state == HV_VCPU_RUNS)
            wait(guest, cpu);
        vcpu->state = HV_VCPU_INIT;
    } else if (vcpu->state != HV_VCPU_RUNS) {
        run(guest, cpu, false); /* the bootstrap processor does not wait for a SIPI */
    }
}

void hv_es_sipi(struct hv_guest *guest, unsigned cpu, uint8_t vector)
{
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];
    bool first = !vcpu->first_sipi;

    (void)vector;
    if (vcpu->state != HV_VCPU_INIT || hv_es_lie(guest, cpu, HV_LIE_LOST_SIPI, "SIPI"))
        return;
    vcpu->first_sipi = true;
    if (!first)
        answer_hold(guest, cpu);
    run(guest, cpu, first);
}

bool hv_es_nmi(struct hv_guest *guest, unsigned cpu)
{
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];
    bool waits = vcpu->state == HV_VCPU_OFF || vcpu->state == HV_VCPU_INIT ||
                 vcpu->state == HV_VCPU_DESTROYED;

    if (vcpu->nmi_masked || waits) {
        vcpu->nmi_pending = true;
        return false;
    }
    if (vcpu->state == HV_VCPU_HELD)
        run(guest, cpu, false);
    vcpu->nmi_masked = true;
    return true;
}

void hv_es_interrupt(struct hv_guest *guest, unsigned cpu)
{
    if (hv_es_of(guest)->vcpus[cpu].state == HV_VCPU_HELD)
        run(guest, cpu, false);
}

void hv_vcpu_nmi_complete(struct hv_guest *guest, unsigned cpu)
{
    const struct hv *hv = guest->hv;
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];

    vcpu->nmi_masked = vcpu->nmi_pending;
    hv->ops.nmi_complete(hv->machine, cpu);
    if (vcpu->nmi_pending) {
        vcpu->nmi_pending = false;
        hv->ops.nmi_deliver(hv->machine, cpu);
    }
}
