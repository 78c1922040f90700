/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 7, the given part: a guest with SEV-SNP that accepts memory by the answer's accept_range(), uses it, and
 * gives pages back by give_back().
 *
 * Sources: Linux arch/x86/include/asm/sev.h pvalidate(), arch/x86/include/asm/sev-common.h
 * GHCB_MSR_PSC_REQ_GFN(); arch/x86/include/asm/svm.h struct ghcb.
 */
#include "accept.h"

#define MSR_GHCB  0xc0010130u
#define GHCB      SHARED_WINDOW
#define EXITCODE  0x390
#define EXITINFO1 0x398
#define EXITINFO2 0x3a0
#define VALID     0x3f0
#define VERSION   0xffa
#define RAX       0x1f8
#define VC_IOIO   0x7b
#define VC_404    0x404

struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t error, rip, cs, rflags, rsp, ss;
};

static unsigned pvalidates, psc; /* instructions, requests so far */
static unsigned validations_when_asked;
static int last_end;    /* the last PVALIDATE ended a validation */
static uint64_t resume; /* RIP after a #VC 404h that is expected */
static unsigned faults;

static void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}

static void vmgexit(void)
{
    __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xd9" ::: "memory");
}

static void terminate(void)
{
    for (;;) {
        wrmsr(MSR_GHCB, 0x100);
        vmgexit();
    }
}

/* --- for the answer --- */

static unsigned raw_pvalidate(uint64_t page, unsigned size, unsigned validate)
{
    uint64_t rax = page;
    unsigned char carry;

    __asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
                     : "+a"(rax), "=@ccc"(carry)
                     : "c"(size), "d"(validate)
                     : "memory");
    return (uint32_t)rax ? (uint32_t)rax : carry ? PV_UNCHANGED : PV_OK;
}

unsigned pvalidate(uint64_t page, unsigned size, unsigned validate)
{
    pvalidates++;
    last_end = !validate;
    return raw_pvalidate(page, size, validate);
}

static uint64_t ask(uint64_t request)
{
    wrmsr(MSR_GHCB, request);
    vmgexit();
    return rdmsr(MSR_GHCB);
}

int ask_shared(uint64_t page)
{
    psc++;
    validations_when_asked = !last_end;
    return ask(UINT64_C(2) << 52 | page | 0x014) != 0x015;
}

/* --- #VC --- */

static uint64_t ghcb_get(unsigned field)
{
    return *(volatile uint64_t *)(GHCB + field);
}

static void ghcb_set(unsigned field, uint64_t value)
{
    *(volatile uint64_t *)(GHCB + field) = value;
    *(volatile uint8_t *)(GHCB + VALID + field / 64) |= (uint8_t)(1 << field / 8 % 8);
}

static void handle_io(struct frame *f)
{
    const uint8_t *code = (const uint8_t *)f->rip;
    const unsigned word = *code == 0x66, opcode = code[word];
    const unsigned in = !(opcode & 2), size = !(opcode & 1) ? 1 : word ? 2 : 4;
    const uint64_t port = opcode & 8 ? f->rdx & 0xffff : code[word + 1];
    const uint64_t mask = 0xffffffffu >> (32 - 8 * size);

    memset(GHCB, 0, PAGE);
    *(volatile uint16_t *)(GHCB + VERSION) = 1;
    ghcb_set(EXITCODE, VC_IOIO);
    ghcb_set(EXITINFO1, port << 16 | size << 4 | in);
    ghcb_set(EXITINFO2, 0);
    ghcb_set(RAX, in ? 0 : f->rax & mask);
    wrmsr(MSR_GHCB, (uintptr_t)GHCB);
    vmgexit();
    if ((opcode & 0xf4) != 0xe4 || ghcb_get(EXITINFO1) != 0)
        terminate();
    if (in)
        f->rax = (size == 4 ? 0 : f->rax & ~mask) | (ghcb_get(RAX) & mask);
    f->rip += word + 1 + !(opcode & 8);
}

void handle_vc(struct frame *f);

void handle_vc(struct frame *f)
{
    if (f->error == VC_IOIO) {
        handle_io(f);
    } else if (f->error == VC_404 && resume) {
        faults++;
        f->rip = resume;
    } else {
        terminate();
    }
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
    const uint64_t at = (uintptr_t)vc_entry, ghcb = (uintptr_t)GHCB;
    const struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } pointer = {sizeof(idt) - 1, (uintptr_t)idt};

    idt[29][0] = (at & 0xffff) | 0x18 << 16 | UINT64_C(0x8e00) << 32 | (at & 0xffff0000) << 32;
    idt[29][1] = at >> 32;
    __asm__ volatile("lidt %0" ::"m"(pointer) : "memory");
    if (ask(UINT64_C(2) << 52 | ghcb | 0x014) != 0x015 || ask(ghcb | 0x012) != (ghcb | 0x013))
        terminate();
}

/* --- the questions --- */

static void check(int good, const char *what, const char *reason)
{
    if (good)
        print("ok %s\n", what);
    else
        print("not %s: %s\n", what, reason);
}

/* Read a byte of each page. Return how many pages raise #VC 404h. */
static unsigned count_faults(uint64_t first, uint64_t end)
{
    faults = 0;
    for (uint64_t page = first; page < end; page += PAGE) {
        uint64_t value;

        __asm__ volatile("lea 1f(%%rip), %0\n"
                         "mov %0, %1\n"
                         "movb (%2), %b0\n"
                         "1:"
                         : "=&r"(value), "=m"(resume)
                         : "r"(page)
                         : "memory");
    }
    resume = 0;
    return faults;
}

#define MIB UINT64_C(0x100000)

static void accept(void)
{
    int result = accept_range(4 * MIB + PAGE, 12 * MIB - PAGE);

    check(result == 0, "a range of 8 MiB less two pages gives 0", "nothing is wrong with it");
    check(count_faults(4 * MIB + PAGE, 12 * MIB - PAGE) == 0, "all of it is accepted",
          "reading it raises #VC 404h");
    check(count_faults(4 * MIB, 4 * MIB + PAGE) + count_faults(12 * MIB - PAGE, 12 * MIB + PAGE) ==
              3,
          "nothing else is", "the page before the range or one after it was accepted too");
    check(pvalidates <= 511 + 511 + 2, "2 MiB at a time where that is possible",
          "6 MiB to 10 MiB need two PVALIDATE only");
}

static void small_pages(void)
{
    const unsigned before = pvalidates;

    /* A page of 4 KiB in the middle, which is given up again: the hypervisor has split the 2 MiB. */
    (void)raw_pvalidate(16 * MIB + 7 * PAGE, SIZE_4K, 1);
    (void)raw_pvalidate(16 * MIB + 7 * PAGE, SIZE_4K, 0);
    check(accept_range(16 * MIB, 18 * MIB) == 0 && count_faults(16 * MIB, 18 * MIB) == 0,
          "2 MiB that the hypervisor has in pages of 4 KiB are accepted",
          "PV_FAIL_SIZE_MISMATCH: page by page then");
    check(pvalidates - before <= 1 + 512, "with one attempt of 2 MiB", "one is enough");
}

static void tricks(void)
{
    (void)raw_pvalidate(20 * MIB, SIZE_4K, 1);
    check(accept_range(20 * MIB - PAGE, 20 * MIB + 3 * PAGE) == 1,
          "a page in it that was accepted before gives 1", "PV_UNCHANGED must not be ignored");
    check(count_faults(20 * MIB + PAGE, 20 * MIB + 3 * PAGE) == 2, "and it ends there",
          "the pages after it were accepted");
}

static void back(void)
{
    const uint64_t page = 5 * MIB;

    check(give_back(page) == 0, "a page is given back, which gives 0", "nothing is wrong with it");
    check(psc == 1, "by one request", "ask_shared() asks the hypervisor");
    check(psc && !validations_when_asked, "after its validation was ended",
          "PVALIDATE with 0 comes before the request");
    check(count_faults(page, page + PAGE) == 1, "it is not the guest's any more",
          "a private access should raise #VC 404h");
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
    (void)cbit;
    install();
    accept();
    small_pages();
    tricks();
    back();
    print("done\n");
    power_off();
}
