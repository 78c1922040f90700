/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CPUID of a SEV guest: what a CPU model must have to become one, and what changes in its leaves; and
 * of a host that starts SEV guests.
 * These are pure functions of register values. The plugin puts them around the CPUID of Bochs's CPU
 * model.
 *
 * Sources: Linux Documentation/arch/x86/amd-memory-encryption.rst (leaf 8000001Fh); QEMU
 * target/i386/cpu.c cpu_x86_cpuid() (which bits a SEV guest sees); Linux
 * arch/x86/include/asm/cpufeatures.h (the other bits); Linux arch/x86/kvm/svm/sev.c
 * sev_hardware_setup() (what a host reads from 8000001Fh).
 */
#ifndef CPU_EXT_CPUID_H
#define CPU_EXT_CPUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cpuid_regs {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

/* 8000001Fh EAX */
#define CPUID_SEV_FEATURE_SEV (1u << 1)
#define CPUID_SEV_FEATURE_ES  (1u << 3)
#define CPUID_SEV_FEATURE_SNP (1u << 4)

#define CPUID_SEV_LEAF 0x8000001fu

/* What 8000001Fh reports. A guest of QEMU sees no keys (both 0). */
struct cpuid_sev {
    unsigned cbit_pos;       /* EBX[5:0] */
    unsigned phys_reduction; /* EBX[11:6], at most 63; concerns system physical addresses only */
    uint32_t keys;           /* ECX: number of encrypted guests supported at once */
    uint32_t min_asid;       /* EDX: first ASID for SEV guests without SEV-ES */
    bool guest;              /* false: a machine without SEV; only `features` are added */
    bool host;               /* a host of SEV guests; `guest` is false then */
    bool es;                 /* a guest with SEV-ES */
    bool snp;                /* and with SEV-SNP */
    uint32_t features;       /* as cpuid_features() gives them */
    uint32_t signature;      /* EAX of leaves 1 and 80000001h; 0: that of the CPU model */
};

/* What a CPU model can be given beside what it has: bits that say how the processor behaves but
 * add no instruction, so that they are true for any emulated one. `list` has names, separated by
 * commas and blanks: "erms" and "fsrm" (REP MOVSB and STOSB are the fast way), "btc_no" and
 * "srso_no" (no branch type confusion, no return stack overflow: Bochs does not speculate),
 * "sme_coherent" (no flush when a page's C-bit changes: there is no cache). Return false if a name
 * is unknown; `features` is unchanged then. */
bool cpuid_features(const char *list, uint32_t *features);

/* The CPU model's own CPUID. */
struct cpuid_model {
    void *ctx;
    void (*leaf)(void *ctx, uint32_t function, uint32_t subfunction, struct cpuid_regs *regs);
};

enum cpuid_verdict {
    CPUID_FIT,
    CPUID_DOUBTFUL, /* usable, but common guests will fail; the text says which */
    CPUID_UNFIT,
};

/* Check that this CPU model can be a SEV guest, or a host of such guests. If it does not fit, `reason`
 * (`cap` bytes) gets what it lacks, as a sentence without the model's name. */
enum cpuid_verdict cpuid_check_model(const struct cpuid_model *model, char *reason, size_t cap);

/* Return in `regs` the leaf as the guest, or the host, sees it. */
void cpuid_sev_leaf(const struct cpuid_sev *sev, const struct cpuid_model *model, uint32_t function,
                    uint32_t subfunction, struct cpuid_regs *regs);

#ifdef __cplusplus
}
#endif

#endif
