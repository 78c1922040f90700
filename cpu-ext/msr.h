/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model-specific registers that make or concern a SEV guest: SEV_STATUS, and SYSCFG and HWCR as
 * a KVM guest finds them.
 *
 * Implements AMD64 APM vol. 2, 15.34.10 "SEV_STATUS MSR"; SYSCFG and HWCR after what Linux's KVM
 * answers its guests (arch/x86/kvm/x86.c), because guests are written against that.
 */
#ifndef CPU_EXT_MSR_H
#define CPU_EXT_MSR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MSR_SYSCFG     0xc0010010u
#define MSR_HWCR       0xc0010015u
#define MSR_SEV_STATUS 0xc0010131u

/* Of SEV-ES and of the hypervisor: not in a plain SEV guest, where they raise #GP(0) even if Bochs
 * is configured to ignore unknown MSRs. */
#define MSR_VM_PAGE_FLUSH 0xc001011eu
#define MSR_GHCB          0xc0010130u

#define MSR_SEV_STATUS_SEV UINT64_C(1)

#define MSR_HWCR_MCSTATUS_WR_EN (UINT64_C(1) << 18)
#define MSR_HWCR_TSC_FREQ_SEL   (UINT64_C(1) << 24)

/* What SEV has to say about an access. */
enum msr_answer {
    MSR_PASS, /* nothing: the CPU model answers */
    MSR_DONE, /* *value is valid (read), the value was taken (write) */
    MSR_GP,   /* raise #GP(0); nothing changed */
};

/* Of one virtual CPU; all zero after reset; saved and restored with it. */
struct msr_state {
    uint64_t hwcr;
};

enum msr_answer msr_read(const struct msr_state *state, uint32_t index, uint64_t *value)
    __attribute__((warn_unused_result));
enum msr_answer msr_write(struct msr_state *state, uint32_t index, uint64_t value)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif

#endif
