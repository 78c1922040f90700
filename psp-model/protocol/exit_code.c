/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exit codes. See exit_code.h. Numbers: Linux arch/x86/include/uapi/asm/svm.h; INVLPGB, VMGEXIT and
 * PAGE_NOT_VALIDATED: microsoft/openvmm vm/x86/x86defs/src/snp.rs SevExitCode.
 *
 * The kind of an exit:
 *  - Non-automatic is what a guest handles (Linux arch/x86/coco/sev/core.c vc_handle_exitcode(), EDK2
 *    OvmfPkg/Library/CcExitLib/CcExitVcHandler.c InternalVmgExitHandleVc()) or what KVM accepts by the
 *    GHCB (Linux arch/x86/kvm/svm/sev.c sev_es_validate_vmgexit()).
 *  - Automatic is what KVM handles for a SEV-ES guest without a GHCB: interrupts, NMI, SMI, INIT, #MC,
 *    PAUSE, HLT, shutdown, nested page faults, AVIC, VMGEXIT (Linux arch/x86/kvm/svm/svm.c
 *    svm_exit_handlers[]), and the writes that sev.c sev_es_init_vmcb() traps because it cannot
 *    intercept them: EFER, CR0, CR4, CR8.
 *  - The rest is not intercepted for such a guest by KVM, and no source that we use says what it is. A
 *    choice of this model: instructions and exceptions are non-automatic, as those above; the write
 *    trap of CR3, bus locks and idle HLT are automatic, as their like.
 */
#include "exit_code.h"

#include <strings.h>

#define NAE EXIT_NON_AUTOMATIC
#define AE  EXIT_AUTOMATIC
#define SW  EXIT_SOFTWARE

/* clang-format off */
const struct exit_code exit_codes[] = {
    {0x000, NAE, "READ_CR0", "read CR0"},
    {0x002, NAE, "READ_CR2", "read CR2"},
    {0x003, NAE, "READ_CR3", "read CR3"},
    {0x004, NAE, "READ_CR4", "read CR4"},
    {0x008, NAE, "READ_CR8", "read CR8"},
    {0x010, NAE, "WRITE_CR0", "write CR0"},
    {0x012, NAE, "WRITE_CR2", "write CR2"},
    {0x013, NAE, "WRITE_CR3", "write CR3"},
    {0x014, NAE, "WRITE_CR4", "write CR4"},
    {0x018, NAE, "WRITE_CR8", "write CR8"},
    {0x020, NAE, "READ_DR0", "read DR0"},
    {0x021, NAE, "READ_DR1", "read DR1"},
    {0x022, NAE, "READ_DR2", "read DR2"},
    {0x023, NAE, "READ_DR3", "read DR3"},
    {0x024, NAE, "READ_DR4", "read DR4"},
    {0x025, NAE, "READ_DR5", "read DR5"},
    {0x026, NAE, "READ_DR6", "read DR6"},
    {0x027, NAE, "READ_DR7", "read DR7"},
    {0x030, NAE, "WRITE_DR0", "write DR0"},
    {0x031, NAE, "WRITE_DR1", "write DR1"},
    {0x032, NAE, "WRITE_DR2", "write DR2"},
    {0x033, NAE, "WRITE_DR3", "write DR3"},
    {0x034, NAE, "WRITE_DR4", "write DR4"},
    {0x035, NAE, "WRITE_DR5", "write DR5"},
    {0x036, NAE, "WRITE_DR6", "write DR6"},
    {0x037, NAE, "WRITE_DR7", "write DR7"},
    {0x040, NAE, "EXCP_DE", "exception #DE"},
    {0x041, NAE, "EXCP_DB", "exception #DB"},
    {0x042, NAE, "EXCP_NMI", "exception vector 2"},
    {0x043, NAE, "EXCP_BP", "exception #BP"},
    {0x044, NAE, "EXCP_OF", "exception #OF"},
    {0x045, NAE, "EXCP_BR", "exception #BR"},
    {0x046, NAE, "EXCP_UD", "exception #UD"},
    {0x047, NAE, "EXCP_NM", "exception #NM"},
    {0x048, NAE, "EXCP_DF", "exception #DF"},
    {0x04a, NAE, "EXCP_TS", "exception #TS"},
    {0x04b, NAE, "EXCP_NP", "exception #NP"},
    {0x04c, NAE, "EXCP_SS", "exception #SS"},
    {0x04d, NAE, "EXCP_GP", "exception #GP"},
    {0x04e, NAE, "EXCP_PF", "exception #PF"},
    {0x050, NAE, "EXCP_MF", "exception #MF"},
    {0x051, NAE, "EXCP_AC", "exception #AC"},
    {0x052, AE,  "EXCP_MC", "exception #MC"},
    {0x053, NAE, "EXCP_XF", "exception #XF"},
    {0x055, NAE, "EXCP_CP", "exception #CP"},
    {0x05c, NAE, "EXCP_HV", "exception #HV"},
    {0x05d, NAE, "EXCP_VC", "exception #VC"},
    {0x05e, NAE, "EXCP_SX", "exception #SX"},
    {0x060, AE,  "INTR", "interrupt"},
    {0x061, AE,  "NMI", "NMI"},
    {0x062, AE,  "SMI", "SMI"},
    {0x063, AE,  "INIT", "INIT"},
    {0x064, AE,  "VINTR", "virtual interrupt"},
    {0x065, NAE, "CR0_SEL_WRITE", "write CR0 (selective)"},
    {0x066, NAE, "IDTR_READ", "SIDT"},
    {0x067, NAE, "GDTR_READ", "SGDT"},
    {0x068, NAE, "LDTR_READ", "SLDT"},
    {0x069, NAE, "TR_READ", "STR"},
    {0x06a, NAE, "IDTR_WRITE", "LIDT"},
    {0x06b, NAE, "GDTR_WRITE", "LGDT"},
    {0x06c, NAE, "LDTR_WRITE", "LLDT"},
    {0x06d, NAE, "TR_WRITE", "LTR"},
    {0x06e, NAE, "RDTSC", "RDTSC"},
    {0x06f, NAE, "RDPMC", "RDPMC"},
    {0x070, NAE, "PUSHF", "PUSHF"},
    {0x071, NAE, "POPF", "POPF"},
    {0x072, NAE, "CPUID", "CPUID"},
    {0x073, NAE, "RSM", "RSM"},
    {0x074, NAE, "IRET", "IRET"},
    {0x075, NAE, "SWINT", "INT n"},
    {0x076, NAE, "INVD", "INVD"},
    {0x077, AE,  "PAUSE", "PAUSE"},
    {0x078, AE,  "HLT", "HLT"},
    {0x079, NAE, "INVLPG", "INVLPG"},
    {0x07a, NAE, "INVLPGA", "INVLPGA"},
    {0x07b, NAE, "IOIO", "port I/O"},
    {0x07c, NAE, "MSR", "RDMSR or WRMSR"},
    {0x07d, NAE, "TASK_SWITCH", "task switch"},
    {0x07e, NAE, "FERR_FREEZE", "FERR freeze"},
    {0x07f, AE,  "SHUTDOWN", "shutdown (triple fault)"},
    {0x080, NAE, "VMRUN", "VMRUN"},
    {0x081, NAE, "VMMCALL", "VMMCALL"},
    {0x082, NAE, "VMLOAD", "VMLOAD"},
    {0x083, NAE, "VMSAVE", "VMSAVE"},
    {0x084, NAE, "STGI", "STGI"},
    {0x085, NAE, "CLGI", "CLGI"},
    {0x086, NAE, "SKINIT", "SKINIT"},
    {0x087, NAE, "RDTSCP", "RDTSCP"},
    {0x088, NAE, "ICEBP", "ICEBP"},
    {0x089, NAE, "WBINVD", "WBINVD"},
    {0x08a, NAE, "MONITOR", "MONITOR"},
    {0x08b, NAE, "MWAIT", "MWAIT"},
    {0x08c, NAE, "MWAIT_COND", "MWAIT (armed)"},
    {0x08d, NAE, "XSETBV", "XSETBV"},
    {0x08e, NAE, "RDPRU", "RDPRU"},
    {0x08f, AE,  "EFER_WRITE_TRAP", "EFER was written"},
    {0x090, AE,  "CR0_WRITE_TRAP", "CR0 was written"},
    {0x093, AE,  "CR3_WRITE_TRAP", "CR3 was written"},
    {0x094, AE,  "CR4_WRITE_TRAP", "CR4 was written"},
    {0x098, AE,  "CR8_WRITE_TRAP", "CR8 was written"},
    {0x0a0, NAE, "INVLPGB", "INVLPGB"},
    {0x0a1, NAE, "ILLEGAL_INVLPGB", "illegal INVLPGB"},
    {0x0a2, NAE, "INVPCID", "INVPCID"},
    {0x0a5, AE,  "BUS_LOCK", "bus lock"},
    {0x0a6, AE,  "IDLE_HLT", "idle HLT"},
    {0x400, NAE, "NPF", "memory-mapped I/O"},
    {0x401, AE,  "AVIC_INCOMPLETE_IPI", "AVIC: incomplete IPI"},
    {0x402, AE,  "AVIC_UNACCELERATED_ACCESS", "AVIC: access to the APIC"},
    {0x403, AE,  "VMGEXIT", "VMGEXIT"},
    {0x404, NAE, "PAGE_NOT_VALIDATED", "page that is not validated"},
    {0x80000001, SW, "MMIO_READ", "MMIO read"},
    {0x80000002, SW, "MMIO_WRITE", "MMIO write"},
    {0x80000003, SW, "NMI_COMPLETE", "NMI complete"},
    {0x80000004, SW, "AP_HLT_LOOP", "AP reset hold"},
    {0x80000005, SW, "AP_JUMP_TABLE", "AP jump table"},
    {0x80000010, SW, "PSC", "page state change"},
    {0x80000011, SW, "GUEST_REQUEST", "guest request"},
    {0x80000012, SW, "EXT_GUEST_REQUEST", "extended guest request"},
    {0x80000013, SW, "AP_CREATION", "AP creation"},
    {0x80000014, SW, "HVDB_PAGE", "#HV doorbell page"},
    {0x80000015, SW, "HV_IPI", "#HV IPI"},
    {0x80000017, SW, "GET_APIC_IDS", "APIC ids"},
    {0x80000018, SW, "SNP_RUN_VMPL", "run VMPL"},
    {0x8000fffd, SW, "HV_FEATURES", "hypervisor features"},
    {0x8000fffe, SW, "TERM_REQUEST", "termination request"},
    {0x8000ffff, SW, "UNSUPPORTED_EVENT", "unsupported event"},
};
/* clang-format on */
const size_t exit_codes_count = sizeof(exit_codes) / sizeof(exit_codes[0]);

const struct exit_code *exit_code_find(uint64_t code)
{
    size_t low = 0, high = exit_codes_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (exit_codes[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < exit_codes_count && exit_codes[low].code == code ? &exit_codes[low] : NULL;
}

const struct exit_code *exit_code_find_name(const char *name)
{
    for (size_t i = 0; i < exit_codes_count; i++)
        if (!strcasecmp(exit_codes[i].name, name))
            return &exit_codes[i];
    return NULL;
}

const char *exit_code_words(uint64_t code)
{
    const struct exit_code *row = exit_code_find(code);

    return row ? row->words : "unknown exit";
}
