/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the built-in hypervisor intercepts. See hv_intercepts.h.
 */
#include "hv_intercepts.h"

#include <stddef.h>
#include <string.h>

/* Bit numbers of words 3 and 4 of the intercepts, counted on: Linux arch/x86/include/asm/svm.h
 * INTERCEPT_*, less INTERCEPT_INTR. Not in the list, so not intercepted: INTR, NMI, SMI, INIT and HLT,
 * whose exits a guest cannot see and which Bochs handles by itself, and what KVM leaves to the guest:
 * RDTSC, INVLPG, IRET, PUSHF, POPF, INT, the loads and stores of descriptor table registers. */
enum {
    RDPMC = 15,
    CPUID = 18,
    RSM = 19,
    INVD = 22,
    INVLPGA = 26,
    IOIO = 27,
    MSR = 28,
    TASK_SWITCH = 29,
    SHUTDOWN = 31,
    VMRUN = 32,
    VMMCALL,
    VMLOAD,
    VMSAVE,
    STGI,
    CLGI,
    SKINIT,
    RDTSCP,
    WBINVD = 41,
    MONITOR,
    MWAIT,
    MWAIT_COND,
    RDPRU = 46,
};

static const uint8_t always[] = {
    RDPMC,  CPUID,  RSM,  INVD, INVLPGA, IOIO,   MSR,     TASK_SWITCH, SHUTDOWN,   VMRUN, VMMCALL,
    VMLOAD, VMSAVE, STGI, CLGI, SKINIT,  WBINVD, MONITOR, MWAIT,       MWAIT_COND, RDPRU,
};

#define EXCEPTION_DB (1u << 1)
#define EXCEPTION_AC (1u << 17)
#define DR7          (1u << 7)

static void intercept(struct hv_intercepts *intercepts, unsigned bit)
{
    intercepts->instructions[bit / 32] |= UINT32_C(1) << bit % 32;
}

/* #MC is intercepted too, but is an exit that the guest does not see, and Bochs has none.
 *
 * KVM intercepts RDTSCP of a guest whose CPUID hides it (Linux arch/x86/kvm/svm/svm.c
 * svm_recalc_instruction_intercepts()), so on hardware, which has the instruction, the guest gets #VC 87h. A
 * CPU model of Bochs that hides it does not have it: the instruction is #UD there before the intercept is
 * looked at, which is a choice of this model. */
void hv_intercepts_get(const struct hv_intercepts_cpu *cpu, struct hv_intercepts *intercepts)
{
    memset(intercepts, 0, sizeof(*intercepts));
    intercepts->dr_read = intercepts->dr_write = DR7;
    intercepts->exceptions = EXCEPTION_DB | EXCEPTION_AC;
    for (size_t i = 0; i < sizeof(always); i++)
        intercept(intercepts, always[i]);
    if (!cpu->has_rdtscp)
        intercept(intercepts, RDTSCP);
}

/* MSRs that belong to the guest, from first to last. */
static const struct passed {
    uint32_t first, last;
    size_t condition; /* offset of a flag in struct hv_intercepts_cpu, NONE: always */
} passed[] = {
#define NONE SIZE_MAX
    {0x48, 0x49, offsetof(struct hv_intercepts_cpu, has_spec_ctrl)}, /* SPEC_CTRL, PRED_CMD */
    {0x174, 0x176, NONE},                                            /* SYSENTER_* */
    {0x1d9, 0x1d9, NONE},                                            /* DEBUGCTL */
    {0x1db, 0x1de, NONE}, /* last branch, last exception */
    {0x277, 0x277, NONE}, /* PAT */
    {0xda0, 0xda0, offsetof(struct hv_intercepts_cpu, has_xsaves)}, /* XSS */
    {0xc0000080, 0xc0000084, NONE}, /* EFER, STAR, LSTAR, CSTAR, SFMASK */
    {0xc0000100, 0xc0000102, NONE}, /* FS, GS and kernel GS base */
    {0xc0000103, 0xc0000103, offsetof(struct hv_intercepts_cpu, has_rdtscp)}, /* TSC_AUX */
    {0xc0010130, 0xc0010131, NONE},                                           /* GHCB, SEV_STATUS */
};

bool hv_intercepts_msr(const struct hv_intercepts_cpu *cpu, uint32_t index)
{
    for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
        const struct passed *row = &passed[i];

        if (index >= row->first && index <= row->last)
            return row->condition != NONE && !*(const bool *)((const char *)cpu + row->condition);
    }
    return true;
}
