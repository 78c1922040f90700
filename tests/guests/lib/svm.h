/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A small hypervisor for test guests: a VMCB, nested page tables, and a guest of the guest that does one
 * thing at a time and returns.
 *
 * Sources: Linux arch/x86/include/asm/svm.h (VMCB), arch/x86/include/uapi/asm/svm.h (exit codes).
 */
#ifndef GUEST_SVM_H
#define GUEST_SVM_H

#include "guest.h"

#define EXIT_CR0_READ 0x000u
#define EXIT_CR4_READ 0x004u
#define EXIT_CR0_SEL  0x065u
#define EXIT_CPUID    0x072u
#define EXIT_HLT      0x078u
#define EXIT_IO       0x07bu
#define EXIT_MSR      0x07cu
#define EXIT_SHUTDOWN 0x07fu
#define EXIT_VMMCALL  0x081u
#define EXIT_NPF      0x400u
#define EXIT_INVALID  UINT64_MAX

/* Offsets in a VMCB. */
#define VMCB_CR_READ    0x000u
#define VMCB_EXCEPTIONS 0x008u
#define VMCB_INTERCEPT0 0x00cu
#define VMCB_INTERCEPT1 0x010u
#define VMCB_IOPM       0x040u
#define VMCB_MSRPM      0x048u
#define VMCB_ASID       0x058u
#define VMCB_EXIT_CODE  0x070u
#define VMCB_EXIT_INFO1 0x078u
#define VMCB_EXIT_INFO2 0x080u
#define VMCB_NESTED     0x090u
#define VMCB_NESTED_CR3 0x0b0u
#define VMCB_NEXT_RIP   0x0c8u
#define VMCB_INSN       0x0d0u
#define VMCB_EFER       0x4d0u
#define VMCB_CR4        0x548u
#define VMCB_CR3        0x550u
#define VMCB_CR0        0x558u
#define VMCB_RIP        0x578u
#define VMCB_RSP        0x5d8u
#define VMCB_RAX        0x5f8u
#define VMCB_CR2        0x640u

#define NESTED_PAGING 1u
#define NESTED_SEV    2u
#define NESTED_SEV_ES 4u

#define NPF_P     (1ull << 0)
#define NPF_W     (1ull << 1)
#define NPF_U     (1ull << 2)
#define NPF_RSVD  (1ull << 3)
#define NPF_FINAL (1ull << 32)
#define NPF_WALK  (1ull << 33)

/* The memory of a guest, from address 0 of the guest. */
enum {
    PAGE_TABLES = 0, /* four levels */
    PAGE_CODE = 8,
    PAGE_STACK = 9,
    PAGE_LAUNCHED = 16, /* those before are part of the launch */
    PAGE_PRIVATE = 16,  /* some pages, private */
    PAGE_SHARED = 32,   /* some pages, shared */
    VM_PAGES = 64,
    /* Addresses of the guest, in pages: the same memory with the other C-bit. */
    ALIAS = 128,
};

/* What the guest does next; `at` and `value` are its operands. */
enum op {
    OP_NOTHING,
    OP_LOAD,  /* returns 8 bytes at `at` */
    OP_STORE, /* 8 bytes */
    OP_CALL,  /* code at `at`, returns what it returns */
    OP_RDMSR, /* MSR `at` */
    OP_CPUID, /* leaf `at`, returns EAX */
    OP_OUT,   /* to port `at` */
    OP_READ_CR2,
    OP_READ_CR3,
    OP_READ_CR4,
    OP_WRITE_CR0,
    OP_HLT,
    OP_WAIT, /* adds 8 bytes at `at` 2^24 times, returns the sum */
};

struct vm {
    uint8_t *vmcb;
    uint8_t *ram;
    uint64_t *nested;    /* the last level, which maps VM_PAGES pages and nothing else */
    uint64_t *nested_pd; /* the level above */
    uint64_t regs[3];    /* RBX, RCX, RDX */
};

/* Switch SVM on. Once; on a second CPU only svm_init_cpu(), with a page of its own. */
void svm_init(void);
void svm_init_cpu(void *page);
/* A guest that has not run. `cbit` is the C-bit in its own page tables, 0 for a guest without SEV. */
void vm_new(struct vm *vm, uint64_t cbit);
uint64_t vm_get(const struct vm *vm, unsigned offset);
void vm_put(struct vm *vm, unsigned offset, uint64_t value);
/* VMRUN; return the exit code. A new guest runs to the point where it can be told what to do. */
uint64_t vm_run(struct vm *vm);
/* Let it do something. Return the exit code, EXIT_VMMCALL if it is done. */
uint64_t vm_do(struct vm *vm, enum op op, uint64_t at, uint64_t value);
/* After an exit at an instruction: go on after it. After a fault, vm_run() repeats it. */
uint64_t vm_skip(struct vm *vm, unsigned instruction_length);
/* Argument rounds=N of a benchmark: the guest does nothing N times. False without this argument. */
bool vm_rounds(struct vm *vm);
/* What the guest returned. */
uint64_t vm_result(const struct vm *vm);
/* Load from `at`; return UINT64_MAX if that made another exit. */
uint64_t vm_load(struct vm *vm, uint64_t at);

#endif
