/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the built-in hypervisor intercepts for a guest with SEV-ES: what KVM does. An intercepted event
 * is #VC in the guest.
 *
 * Source: Linux arch/x86/kvm/svm/svm.c init_vmcb(), arch/x86/kvm/svm/sev.c sev_es_init_vmcb(),
 * sev_es_vcpu_after_set_cpuid().
 */
#ifndef SEV_HV_INTERCEPTS_H
#define SEV_HV_INTERCEPTS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As in the control area of a VMCB: Linux arch/x86/include/asm/svm.h struct vmcb_control_area and
 * enum intercept_words. */
struct hv_intercepts {
    uint16_t dr_read, dr_write;
    uint32_t exceptions;
    uint32_t instructions[2]; /* words 3 and 4 */
};

/* What the CPUID of the guest decides. */
struct hv_intercepts_cpu {
    bool has_rdtscp, has_xsaves, has_spec_ctrl;
};

void hv_intercepts_get(const struct hv_intercepts_cpu *cpu, struct hv_intercepts *intercepts);

/* Check whether RDMSR and WRMSR of `index` are intercepted; KVM treats both alike. */
bool hv_intercepts_msr(const struct hv_intercepts_cpu *cpu, uint32_t index);

#ifdef __cplusplus
}
#endif
#endif
