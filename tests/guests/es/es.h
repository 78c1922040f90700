/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Support code for guests with SEV-ES or SEV-SNP: a #VC handler that records what came, the GHCB, and code that
 * runs with another privilege or in another mode. Beside lib/guest.h; the images are firmware (kit/rom.S).
 *
 * The numbers are written here again on purpose, as in guest.h.
 *
 * Sources: Linux arch/x86/include/asm/svm.h struct ghcb_save_area, struct ghcb;
 * arch/x86/include/uapi/asm/svm.h (exit codes); arch/x86/include/asm/sev-common.h (GHCB MSR).
 */
#ifndef ES_H
#define ES_H

#include "guest.h"

#define MSR_GHCB   0xc0010130u
#define VECTOR_DF  8
#define VECTOR_VC  29
#define STATUS_SNP 0x4u
#define GHCB_PAGE  ((uint8_t *)0x200000) /* in the shared window of kit/rom.S */
#define LAPIC      0xfee00000u
#define GHCB_ALIAS ((uint8_t *)0x40000000) /* the same page, private */

enum {
    G_CPL = 0xcb,
    G_RAX = 0x1f8,
    G_RCX = 0x308,
    G_RDX = 0x310,
    G_RBX = 0x318,
    G_CODE = 0x390,
    G_INFO1 = 0x398,
    G_INFO2 = 0x3a0,
    G_SCRATCH = 0x3a8,
    G_XCR0 = 0x3e8,
    G_VALID = 0x3f0,
    G_BUFFER = 0x800,
    G_VERSION = 0xffa,
    G_USAGE = 0xffc
};

/* What a #VC left on the stack. */
struct vc_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rbx, rdx, rcx, rax;
    uint64_t error, rip, cs, rflags, rsp, ss;
};

/* The last #VC that was recorded, and how many. */
struct vc {
    unsigned count;
    uint64_t code, rip, rflags, cs, cr2;
};
extern struct vc vc;

/* Set up: boot_cbit, IDT with the #VC handler, GDT with code and data for CPL 0 and 3 in 64-, 32- and 16-bit mode, TSS,
 * GHCB page, which with SEV-SNP is made shared and registered. Call it first: without it there is no output. */
void es_init(void);
/* The stack for exceptions at CPL 3, from its highest address on; NULL: the usual one. A double fault has its own. */
void es_stack(void *top);

/* Another entry for a vector. */
void es_gate(unsigned vector, const void *entry, unsigned dpl);
/* Load the GDT and TSS of es_init() again. */
void es_load_gdt(void);

/* From the next #VC on, record it and go on with RIP = `resume`. 0 ends that: a #VC of port I/O is answered
 * by the hypervisor, and any other is an error. */
void vc_expect(uint64_t resume);

/* One exchange with the hypervisor. */
void vmgexit(void);
uint64_t ghcb_get(unsigned offset);
void ghcb_set(unsigned offset, uint64_t value); /* and its valid bit */
void ghcb_clear(void);                          /* the valid bitmap and the fields of the request */
bool ghcb_is_valid(unsigned offset);
/* Send an exit with valid SW_EXITCODE, SW_EXITINFO1 and 2. Return SW_EXITINFO1 of the answer, all ones if
 * it is not valid. */
uint64_t ghcb_exit(uint64_t code, uint64_t info1, uint64_t info2);
/* A field of the last answer, also after more output. */
uint64_t ghcb_answer(unsigned offset);
/* Registers of the local APIC, by requests. */
uint32_t lapic_read(uint32_t offset);
void lapic_write(uint32_t offset, uint32_t value);
/* The GHCB MSR protocol: the answer. */
uint64_t ghcb_msr(uint64_t request);

/* Where code runs. */
enum mode { MODE_64, MODE_32, MODE_16, MODES };
extern const char *const mode_names[MODES];

/* Run `code`, which ends with INT 30h, at a CPL (0 or 3) in a mode. Registers at its begin: *regs; those at
 * its end are left there. Returns the vector of the exception that ended it, -1 for INT 30h. */
struct regs {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rflags;
};
int run_in(enum mode mode, unsigned cpl, const void *code, struct regs *regs);
/* Bytes of RIP in this mode for an address of the image. */
uint64_t rip_in(enum mode mode, const void *code);

#endif
