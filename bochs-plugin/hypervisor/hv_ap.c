/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-SNP starts and stops its CPUs: it makes the VMSA in its own memory, and the
 * hypervisor only learns the address.
 *
 * Source: Linux arch/x86/kvm/svm/sev.c sev_snp_ap_creation(), __sev_snp_update_protected_guest_state().
 */
#include "hv_es_priv.h"
#include "hv_snp_priv.h"

enum { CREATE_ON_INIT, CREATE, DESTROY };

static void destroy(struct hv_guest *guest, unsigned cpu)
{
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];
    const struct hv *hv = guest->hv;

    vcpu->state = HV_VCPU_DESTROYED;
    vcpu->hold = HV_HOLD_NONE;
    vcpu->nmi_pending = false;
    vcpu->vmsa_gpa = 0;
    vcpu->init_vmsa = 0;
    hv->ops.vcpu_destroy(hv->machine, cpu);
}

/* VMRUN's checks are the machine's; a VMSA that fails them ends the guest, as VMEXIT_INVALID ends one
 * of KVM. */
bool hv_vcpu_create(struct hv_guest *guest, unsigned cpu, uint64_t gpa)
{
    struct hv_vcpu *vcpu = &hv_es_of(guest)->vcpus[cpu];
    const struct hv *hv = guest->hv;
    const char *why = "the VMSA cannot be used";

    vcpu->init_vmsa = 0;
    if (!hv->ops.vcpu_create(hv->machine, cpu, gpa, &why)) {
        hv_es_stop(guest, cpu, "AP creation: VMRUN refuses the VMSA at %#llx: %s",
                   (unsigned long long)gpa, why);
        return false;
    }
    vcpu->vmsa_gpa = gpa;
    vcpu->state = HV_VCPU_RUNS;
    vcpu->hold = HV_HOLD_NONE;
    vcpu->first_sipi = true;
    vcpu->nmi_masked = false;
    vcpu->nmi_pending = false;
    return true;
}

/* Return what is wrong with a request, NULL if nothing is. */
static const char *check(const struct hv_exit *exit, uint32_t request)
{
    const uint64_t features = exit->guest->hv->snp->sev_features;

    if (request > DESTROY)
        return "unknown request";
    if (request == DESTROY)
        return NULL;
    if (exit->rax != features)
        return "SEV_FEATURES are not those of the machine";
    if (exit->info2 % HV_PAGE_SIZE || !hv_snp_is_memory(exit->guest->hv, exit->info2))
        return "no address of a page of memory";
    if (exit->info2 % HV_LARGE_SIZE == 0)
        return "an address that is a multiple of 2 MiB, which an erratum of the CPU forbids";
    return NULL;
}

static void create(struct hv_exit *exit, unsigned ap, bool on_init)
{
    const uint64_t gpa = hv_snp_lie_vmsa(exit->guest, exit->cpu, ap, exit->info2);

    if (on_init) {
        exit->es->vcpus[ap].init_vmsa = gpa;
        return;
    }
    exit->stopped = !hv_vcpu_create(exit->guest, ap, gpa);
    if (!exit->stopped)
        hv_snp_lie_twice(exit->guest, exit->cpu, ap, gpa);
}

void hv_answer_ap_creation(struct hv_exit *exit)
{
    const uint32_t request = (uint32_t)exit->info1, apic_id = (uint32_t)(exit->info1 >> 32);
    const char *wrong;

    if (apic_id >= exit->es->cpus) {
        hv_es_log(exit->guest, exit->cpu, "AP creation: there is no CPU with APIC ID %u", apic_id);
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
        return;
    }
    wrong = check(exit, request);
    if (wrong) {
        hv_es_log(exit->guest, exit->cpu, "AP creation for CPU %u: %s", apic_id, wrong);
        /* The CPU goes on as it was: Linux d26638bfcdfc. */
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
        return;
    }
    if (request == DESTROY)
        destroy(exit->guest, apic_id);
    else
        create(exit, apic_id, request == CREATE_ON_INIT);
}
