/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exit codes: the reason of a #VMEXIT, which is also the error code of a #VC and the value that a
 * SEV-ES guest writes to SW_EXITCODE of its GHCB.
 *
 * Numbers and names: Linux arch/x86/include/uapi/asm/svm.h (SVM_EXIT_*, SVM_VMGEXIT_*). Names are
 * those without the prefix.
 */
#ifndef PSP_EXIT_CODE_H
#define PSP_EXIT_CODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum exit_code_number {
    EXIT_READ_DR7 = 0x27,
    EXIT_WRITE_DR7 = 0x37,
    EXIT_EXCP_DB = 0x41,
    EXIT_EXCP_AC = 0x51,
    EXIT_EXCP_MC = 0x52,
    EXIT_RDTSC = 0x6e,
    EXIT_RDPMC = 0x6f,
    EXIT_CPUID = 0x72,
    EXIT_RSM = 0x73,
    EXIT_INVD = 0x76,
    EXIT_PAUSE = 0x77,
    EXIT_HLT = 0x78,
    EXIT_INVLPGA = 0x7a,
    EXIT_IOIO = 0x7b,
    EXIT_MSR = 0x7c,
    EXIT_TASK_SWITCH = 0x7d,
    EXIT_SHUTDOWN = 0x7f,
    EXIT_VMRUN = 0x80,
    EXIT_VMMCALL = 0x81,
    EXIT_RDTSCP = 0x87,
    EXIT_WBINVD = 0x89,
    EXIT_MONITOR = 0x8a,
    EXIT_MWAIT = 0x8b,
    EXIT_MWAIT_COND = 0x8c,
    EXIT_NPF = 0x400,
    EXIT_VMGEXIT = 0x403,
};

/* Software exits: a guest only sends them, no instruction causes them. */
enum exit_code_software {
    EXIT_MMIO_READ = 0x80000001,
    EXIT_MMIO_WRITE = 0x80000002,
    EXIT_NMI_COMPLETE = 0x80000003,
    EXIT_AP_RESET_HOLD = 0x80000004,
    EXIT_AP_JUMP_TABLE = 0x80000005,
    EXIT_PSC = 0x80000010,
    EXIT_GUEST_REQUEST = 0x80000011,
    EXIT_EXT_GUEST_REQUEST = 0x80000012,
    EXIT_AP_CREATION = 0x80000013,
    EXIT_HV_FEATURES = 0x8000fffd,
    EXIT_TERM_REQUEST = 0x8000fffe,
    EXIT_UNSUPPORTED_EVENT = 0x8000ffff,
};

enum exit_kind {
    EXIT_NON_AUTOMATIC, /* in a SEV-ES guest it raises #VC */
    EXIT_AUTOMATIC,     /* the hypervisor gets it, the guest does not notice */
    EXIT_SOFTWARE,
};

struct exit_code {
    uint32_t code;
    enum exit_kind kind;
    const char *name;  /* WRITE_DR7 */
    const char *words; /* what the guest did: "write DR7" */
};

/* Sorted by code. */
extern const struct exit_code exit_codes[];
extern const size_t exit_codes_count;

/* Find the row of a code. NULL if there is none. A nested page fault (400h) is non-automatic only
 * if the hypervisor marks the page as MMIO, which is what a guest sees: the row says so. */
const struct exit_code *exit_code_find(uint64_t code);
/* Find the row of a name, in any case of letters. NULL if there is none. */
const struct exit_code *exit_code_find_name(const char *name);
/* Return the words of a code, "unknown exit" without a row. */
const char *exit_code_words(uint64_t code);

#ifdef __cplusplus
}
#endif
#endif
