/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model-specific registers of a SEV guest: SEV_STATUS, and SYSCFG and HWCR as a guest of KVM
 * finds them; and of a host.
 *
 * Sources: Linux Documentation/arch/x86/amd-memory-encryption.rst (SEV_STATUS, for which it names AMD
 * APM vol. 2, 15.34.10, and SYSCFG); Linux arch/x86/kvm/x86.c kvm_set_msr_common() (HWCR), because
 * guests are written against KVM; Linux arch/x86/kernel/cpu/amd.c bsp_init_amd() (HWCR after a
 * reset), early_detect_mem_encrypt() (what a host must have in SYSCFG and HWCR, or Linux takes SEV for
 * switched off by the BIOS); arch/x86/include/asm/msr-index.h (names of the bits).
 */
#ifndef CPU_EXT_MSR_H
#define CPU_EXT_MSR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MSR_SYSCFG     0xc0010010u
#define MSR_HWCR       0xc0010015u
#define MSR_SEV_STATUS 0xc0010131u

/* These belong to SEV-ES and to the hypervisor. In a plain SEV guest they raise #GP(0), also if Bochs
 * is configured to ignore unknown MSRs. With SEV-ES a guest has the GHCB MSR of each CPU. */
#define MSR_VM_PAGE_FLUSH 0xc001011eu
#define MSR_GHCB          0xc0010130u

#define MSR_SEV_STATUS_SEV UINT64_C(1)
#define MSR_SEV_STATUS_ES  UINT64_C(2)
#define MSR_SEV_STATUS_SNP UINT64_C(4)

#define MSR_SYSCFG_MEM_ENCRYPT UINT64_C(0x800000)

#define MSR_HWCR_SMMLOCK        UINT64_C(1)
#define MSR_HWCR_MCSTATUS_WR_EN (UINT64_C(1) << 18)
#define MSR_HWCR_TSC_FREQ_SEL   (UINT64_C(1) << 24)

/* Who answers an access. */
enum msr_answer {
    MSR_PASS, /* the CPU model: the MSR is none of SEV's */
    MSR_DONE, /* SEV: *value is valid (read), or the value was taken (write) */
    MSR_GP,   /* raise #GP(0); nothing changed */
    MSR_HV,   /* the hypervisor, which keeps the GHCB MSR of a guest with SEV-ES */
};

/* The state of one CPU, saved and restored with the CPU. */
struct msr_state {
    uint64_t hwcr;
};

/* Set the state after a reset. HWCR says that the TSC counts with the frequency of P0, as on all
 * processors that have SEV; Linux calls a clear bit a firmware bug. */
void msr_reset(struct msr_state *state);

/* `sev_status` is the value of SEV_STATUS in this guest. */
enum msr_answer msr_read(const struct msr_state *state, uint64_t sev_status, uint32_t index,
                         uint64_t *value) __attribute__((warn_unused_result));
enum msr_answer msr_write(struct msr_state *state, uint64_t sev_status, uint32_t index,
                          uint64_t value) __attribute__((warn_unused_result));

/* The same for a host of SEV guests: memory encryption is switched on in SYSCFG, SMM is locked in HWCR.
 * VM_PAGE_FLUSH does nothing, because there is no cache. SYSCFG keeps its value. `sev_status` is that of
 * the guest which the CPU runs, 0 if it runs the host or a guest without SEV. */
enum msr_answer msr_host_read(const struct msr_state *state, uint64_t sev_status, uint32_t index,
                              uint64_t *value) __attribute__((warn_unused_result));
enum msr_answer msr_host_write(struct msr_state *state, uint32_t index, uint64_t value)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif

#endif
