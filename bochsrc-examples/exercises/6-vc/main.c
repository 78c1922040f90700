/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 6, the given part: a guest with SEV-ES whose #VC handler answers port I/O, reads and writes MSRs by
 * the answer's handle_msr(), and checks what comes of it.
 *
 * Sources: Linux arch/x86/include/asm/svm.h struct ghcb; arch/x86/include/asm/msr-index.h (the MSRs).
 */
#include "vc.h"

#define MSR_GHCB  0xc0010130u
#define GHCB      SHARED_WINDOW
#define EXITCODE  0x390
#define EXITINFO1 0x398
#define EXITINFO2 0x3a0
#define VALID     0x3f0
#define VERSION   0xffa
#define VC_IOIO   0x7b
#define VC_MSR    0x7c
#define NO_MSR    0xc001011eu /* VM_PAGE_FLUSH: a hypervisor has it, a guest does not */
#define MTRR_BASE 0x200u
#define APIC_BASE 0x1bu

static unsigned gps;      /* #GP that were raised */
static uint8_t valid[16]; /* the valid bitmap of the last request */
static unsigned msr_exits;

static void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

/* --- the GHCB --- */

void ghcb_begin(void)
{
    memset(GHCB, 0, PAGE);
    *(volatile uint16_t *)(GHCB + VERSION) = 1;
}

void ghcb_set(unsigned field, uint64_t value)
{
    *(volatile uint64_t *)(GHCB + field) = value;
    *(volatile uint8_t *)(GHCB + VALID + field / 64) |= (uint8_t)(1 << field / 8 % 8);
}

uint64_t ghcb_get(unsigned field)
{
    return *(volatile uint64_t *)(GHCB + field);
}

uint64_t ghcb_send(uint64_t code, uint64_t info1)
{
    ghcb_set(EXITCODE, code);
    ghcb_set(EXITINFO1, info1);
    ghcb_set(EXITINFO2, 0);
    if (code == VC_MSR) {
        msr_exits++;
        memcpy(valid, GHCB + VALID, sizeof(valid));
    }
    wrmsr(MSR_GHCB, (uintptr_t)GHCB);
    __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xd9" ::: "memory"); /* VMGEXIT */
    return (uint32_t)ghcb_get(EXITINFO1);
}

static int was_valid(unsigned field)
{
    return valid[field / 64] >> field / 8 % 8 & 1;
}

void give_up(void)
{
    for (;;) {
        wrmsr(MSR_GHCB, 0x100);
        __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xd9" ::: "memory");
    }
}

/* What a #GP handler would do: here it counts, and skips RDMSR or WRMSR. */
void raise_gp(struct frame *f)
{
    gps++;
    f->rip += 2;
}

/* --- the handler --- */

static void handle_io(struct frame *f)
{
    const uint8_t *code = (const uint8_t *)f->rip;
    const unsigned word = *code == 0x66, opcode = code[word];
    const unsigned in = !(opcode & 2), size = !(opcode & 1) ? 1 : word ? 2 : 4;
    const uint64_t port = opcode & 8 ? f->rdx & 0xffff : code[word + 1];
    const uint64_t mask = 0xffffffffu >> (32 - 8 * size);

    ghcb_begin();
    ghcb_set(GHCB_RAX, in ? 0 : f->rax & mask);
    if ((opcode & 0xf4) != 0xe4 || ghcb_send(VC_IOIO, port << 16 | size << 4 | in) != 0)
        give_up();
    if (in)
        f->rax = (size == 4 ? 0 : f->rax & ~mask) | (ghcb_get(GHCB_RAX) & mask);
    f->rip += word + 1 + !(opcode & 8);
}

void handle_vc(struct frame *f);

void handle_vc(struct frame *f)
{
    if (f->error == VC_IOIO)
        handle_io(f);
    else if (f->error == VC_MSR)
        handle_msr(f);
    else
        give_up();
}

void vc_entry(void);
__asm__("vc_entry:\n"
        "push %rax; push %rbx; push %rcx; push %rdx; push %rsi; push %rdi; push %rbp\n"
        "push %r8; push %r9; push %r10; push %r11; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, %rdi\n"
        "mov %rsp, %rbx\n"
        "and $-16, %rsp\n"
        "cld\n"
        "call handle_vc\n"
        "mov %rbx, %rsp\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %r11; pop %r10; pop %r9; pop %r8\n"
        "pop %rbp; pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rbx; pop %rax\n"
        "add $8, %rsp\n"
        "iretq\n");

static void install(void)
{
    static uint64_t idt[30][2];
    const uint64_t at = (uintptr_t)vc_entry;
    const struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } pointer = {sizeof(idt) - 1, (uintptr_t)idt};

    idt[29][0] = (at & 0xffff) | 0x18 << 16 | UINT64_C(0x8e00) << 32 | (at & 0xffff0000) << 32;
    idt[29][1] = at >> 32;
    __asm__ volatile("lidt %0" ::"m"(pointer) : "memory");
}

/* --- the questions --- */

static void check(int good, const char *what, const char *reason)
{
    if (good)
        print("ok %s\n", what);
    else
        print("not %s: %s\n", what, reason);
}

/* RDMSR with a mark in every register that it must not change. */
static int keeps_registers(void)
{
    uint64_t rax = 0, rbx = 0x1111, rcx = APIC_BASE, rdx = ~UINT64_C(0), rsi = 0x2222, rdi = 0x3333;

    __asm__ volatile("rdmsr" : "+a"(rax), "+b"(rbx), "+c"(rcx), "+d"(rdx), "+S"(rsi), "+D"(rdi));
    return rbx == 0x1111 && rcx == APIC_BASE && rsi == 0x2222 && rdi == 0x3333 && rdx == 0 &&
           rax >> 32 == 0;
}

static void power_off(void)
{
    outl(0xcf8, 0x80000b40);
    outl(0xcfc, 0xb001);
    outl(0xcf8, 0x80000b80);
    outb(0xcfc, 1);
    outw(0xb004, 0x2000);
}

void guest_main(uint64_t cbit)
{
    static const uint64_t base = 0x1234567006;

    (void)cbit;
    install();
    check(rdmsr(APIC_BASE) == 0xfee00900, "RDMSR of APIC_BASE", "the value is not fee00900h");
    check(
        was_valid(GHCB_RCX) && !was_valid(GHCB_RAX) && !was_valid(GHCB_RDX) && !was_valid(GHCB_RBX),
        "RDMSR tells the number of the MSR and nothing else",
        "RCX must be valid in the request; RAX, RDX and RBX are none of the hypervisor's business");
    check(keeps_registers(), "RDMSR changes RAX and RDX, and their upper halves to 0",
          "another register changed, or an upper half is not 0");
    wrmsr(MTRR_BASE, base);
    check(was_valid(GHCB_RCX) && was_valid(GHCB_RAX) && was_valid(GHCB_RDX),
          "WRMSR tells number and value", "RCX, RAX and RDX must be valid in the request");
    check(rdmsr(MTRR_BASE) == base, "WRMSR of 64 bits, and RDMSR of them",
          "the value that is read is not the one that was written: both halves?");
    check(!gps, "no #GP until now", "an answer of 0 is no #GP");
    (void)rdmsr(NO_MSR);
    check(gps == 1, "RDMSR of an MSR that does not exist raises #GP",
          "SW_EXITINFO1 of the answer is 1 then");
    wrmsr(NO_MSR, 0);
    check(gps == 2, "and so does WRMSR", "SW_EXITINFO1 of the answer is 1 then");
    check(msr_exits == 6, "one request for each instruction", "count your calls of ghcb_send()");
    print("done\n");
    power_off();
}
