/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TUTORIAL.md, chapter 8: a guest with SEV-ES and its #VC handler, in three steps: `make vc-1.rom`. The
 * guest of chapter 9 has the same handler (vc.h), and no guest_main() here.
 *
 * Sources: Linux arch/x86/coco/sev/shared.c vc_handle_cpuid(), vc_handle_ioio(), sev_cpuid_hv();
 * arch/x86/include/asm/svm.h struct ghcb; EDK2 MdePkg/Include/Register/Amd/Ghcb.h.
 */
#include "vc.h"

#ifndef STEP
#define STEP 3
#endif

/* The reasons of a #VC that this guest handles. */
#define VC_CPUID 0x72
#define VC_IOIO  0x7b

void vmgexit(void)
{
    __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xd9" ::: "memory");
}

void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

/* Ask the hypervisor to end this guest: the only thing that always works. */
void terminate(unsigned code)
{
    for (;;) {
        wrmsr(MSR_GHCB, 0x100 | 0 << 12 | code << 16);
        vmgexit();
    }
}

/* --- step 2: requests that fit into the GHCB MSR --- */

/* Register `n` (0 EAX, 1 EBX, 2 ECX, 3 EDX) of a CPUID leaf. */
static uint32_t ask_cpuid(uint32_t leaf, unsigned n)
{
    uint64_t answer;

    wrmsr(MSR_GHCB, (uint64_t)leaf << 32 | n << 30 | 0x004);
    vmgexit();
    answer = rdmsr(MSR_GHCB);
    if ((answer & 0xfff) != 0x005)
        terminate(0);
    return (uint32_t)(answer >> 32);
}

/* ECX, the subleaf, has no place in these requests: a guest that needs subleaves asks in the GHCB. */
static void handle_cpuid(struct frame *f)
{
    const uint32_t leaf = (uint32_t)f->rax;

    f->rax = ask_cpuid(leaf, 0);
    f->rbx = ask_cpuid(leaf, 1);
    f->rcx = ask_cpuid(leaf, 2);
    f->rdx = ask_cpuid(leaf, 3);
    f->rip += 2; /* CPUID has two bytes */
}

/* --- step 3: all others, in a page that the hypervisor can read --- */

#define GHCB      SHARED_WINDOW
#define RAX       0x1f8
#define EXITCODE  0x390
#define EXITINFO1 0x398
#define EXITINFO2 0x3a0
#define VALID     0x3f0
#define VERSION   0xffa

static uint64_t ghcb_get(unsigned offset)
{
    return *(volatile uint64_t *)(GHCB + offset);
}

/* A field counts only if its bit in the bitmap is set: bit offset / 8. */
static void ghcb_set(unsigned offset, uint64_t value)
{
    *(volatile uint64_t *)(GHCB + offset) = value;
    *(volatile uint8_t *)(GHCB + VALID + offset / 64) |= (uint8_t)(1 << offset / 8 % 8);
}

/* IN and OUT without a string: E4h to E7h with the port in the next byte, ECh to EFh with it in DX. */
static void handle_io(struct frame *f)
{
    const uint8_t *code = (const uint8_t *)f->rip;
    const unsigned word = *code == 0x66, opcode = code[word];
    const unsigned in = !(opcode & 2), size = !(opcode & 1) ? 1 : word ? 2 : 4;
    const uint64_t port = opcode & 8 ? f->rdx & 0xffff : code[word + 1];
    const uint64_t mask = 0xffffffffu >> (32 - 8 * size);

    if ((opcode & 0xf4) != 0xe4)
        terminate(0);
    memset(GHCB, 0, PAGE);
    *(volatile uint16_t *)(GHCB + VERSION) = 1;
    ghcb_set(EXITCODE, VC_IOIO);
    ghcb_set(EXITINFO1, port << 16 | size << 4 | in);
    ghcb_set(EXITINFO2, 0);
    ghcb_set(RAX, in ? 0 : f->rax & mask);
    wrmsr(MSR_GHCB, (uintptr_t)GHCB);
    vmgexit();
    if (ghcb_get(EXITINFO1) != 0)
        terminate(0);
    if (in)
        f->rax = size == 4 ? ghcb_get(RAX) & mask : (f->rax & ~mask) | (ghcb_get(RAX) & mask);
    f->rip += word + 1 + !(opcode & 8);
}

/* --- the handler --- */

__attribute__((weak)) int handle_more(struct frame *f)
{
    (void)f;
    return 0;
}

void handle_vc(struct frame *f);

void handle_vc(struct frame *f)
{
    if (STEP >= 2 && f->error == VC_CPUID)
        handle_cpuid(f);
    else if (STEP >= 3 && f->error == VC_IOIO)
        handle_io(f);
    else if (!handle_more(f))
        terminate(0);
}

void vc_entry(void);
__asm__("vc_entry:\n"
        "push %rax; push %rbx; push %rcx; push %rdx; push %rsi; push %rdi\n"
        "mov %rsp, %rdi\n"
        "mov %rsp, %rbx\n"
        "and $-16, %rsp\n"
        "cld\n"
        "call handle_vc\n"
        "mov %rbx, %rsp\n"
        "pop %rdi; pop %rsi; pop %rdx; pop %rcx; pop %rbx; pop %rax\n"
        "add $8, %rsp\n" /* the error code */
        "iretq\n");

/* Vector 29 of the interrupt descriptor table. */
void install(void)
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

/* There is no BIOS that has set up power management (PIIX4, device 1 function 3). */
void power_off(void)
{
    outl(0xcf8, 0x80000b40);
    outl(0xcfc, 0xb001); /* its ports */
    outl(0xcf8, 0x80000b80);
    outb(0xcfc, 1);
    outw(0xb004, 0x2000);
}

#ifndef WITHOUT_MAIN
void guest_main(uint64_t cbit)
{
    struct cpuid leaf;
    char vendor[13] = "";

    if (STEP >= 2)
        install();
    leaf = cpuid(0);
    memcpy(vendor, &leaf.ebx, 4);
    memcpy(vendor + 4, &leaf.edx, 4);
    memcpy(vendor + 8, &leaf.ecx, 4);
    print("the C-bit is %x, the processor is %s\n", cbit, vendor);
    power_off();
}
#endif
