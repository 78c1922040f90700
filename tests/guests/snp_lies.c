/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest with SEV-SNP sees if its hypervisor does something to a page that the guest has validated.
 * The guest accepts a page and uses it, sends one request, which is when the hypervisor
 * strikes, and uses the page again. snp_lies.tap has the table of lies and uses; without a lie every use
 * must succeed.
 *
 * Arguments: use (enum use), large (1: accept 2 MiB). The page is at PAGE, which lies_page= names.
 */
#include "es/snp.h"

#define PAGE  ((uint8_t *)0x400000)
#define TABLE ((uint64_t *)0x600000)
#define MARK  0x5a5a5000u
#define PD_1  ((uint64_t *)0x4000) /* linear 1..2 GiB: kit/rom.S uses the first 2 MiB */
#define SMALL ((uint8_t *)0x40200000)

enum use {
    LOAD,
    STORE,
    LOCKED,
    STRING,
    CROSSING,
    FETCH,
    WALK,
    STACK,
    ADJUST,
    VALIDATE,
    SHARED_WRITE
};

/* A few instructions, then INT 30h. */
static uint8_t code[64] __attribute__((aligned(64)));
static struct regs regs;

static int run(unsigned cpl, const uint8_t *bytes, unsigned len)
{
    int vector;

    memcpy(code, bytes, len);
    code[len] = 0xcd;
    code[len + 1] = 0x30;
    __asm__ volatile("" ::: "memory");
    write_cr2(MARK);
    vc.count = 0;
    vc_expect((uintptr_t)code + len);
    vector = run_in(MODE_64, cpl, code, &regs);
    vc_expect(0);
    return vector;
}

#define RUN(cpl, ...)                                                                              \
    run(cpl, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Map SMALL by an entry of 4 KiB in `table`. */
static void map(uint64_t *table, uint64_t entry)
{
    table[0] = entry | PTE_P | PTE_W | PTE_U;
    PD_1[1] = (uintptr_t)table | boot_cbit | PTE_P | PTE_W | PTE_U;
    write_cr3(read_cr3());
}

/* Without output, which is a request. Return true if the pages are accepted. */
static bool prepare(enum use use, bool large)
{
    unsigned wrong = large ? pvalidate(PAGE, SIZE_2M, 1) : 0;

    for (unsigned i = 0; !large && i < 3; i++)
        wrong |= pvalidate(PAGE + i * 4096, SIZE_4K, 1);
    if (use == SHARED_WRITE)
        wrong |= pvalidate(TABLE, SIZE_4K, 1);
    memset(PAGE, 0x90, 3 * 4096);
    PAGE[0x40] = 0xcd; /* INT 30h */
    PAGE[0x41] = 0x30;
    if (use == WALK)
        map((uint64_t *)PAGE, (uintptr_t)(PAGE + 4096) | boot_cbit);
    if (use == SHARED_WRITE)
        map(TABLE, (uintptr_t)PAGE);
    return !wrong;
}

/* Use the page. Return the vector of the exception, 29 for a #VC that the guest handled, 0 for none. */
static int use_page(enum use use)
{
    int vector = -1;

    regs = (struct regs){.rsi = (uintptr_t)PAGE + 0x18, .rax = 0x1234};
    switch (use) {
    case LOAD:
        vector = RUN(0, 0x48, 0x8b, 0x06); /* MOV RAX, [RSI] */
        break;
    case STORE:
        vector = RUN(0, 0x48, 0x89, 0x06); /* MOV [RSI], RAX */
        break;
    case LOCKED:
        vector = RUN(0, 0xf0, 0x48, 0xff, 0x06); /* LOCK INC [RSI] */
        break;
    case STRING:
        regs.rdi = (uintptr_t)PAGE + 4096 * 2;
        regs.rsi = (uintptr_t)PAGE;
        regs.rcx = 512;
        vector = RUN(0, 0xf3, 0x48, 0xa5); /* REP MOVSQ */
        break;
    case CROSSING:
        regs.rsi = (uintptr_t)PAGE + 4092;
        vector = RUN(0, 0x48, 0x89, 0x06);
        break;
    case FETCH:
        write_cr2(MARK);
        vc.count = 0;
        code[0] = 0xcd;
        code[1] = 0x30;
        vc_expect((uintptr_t)code);
        vector = run_in(MODE_64, 0, PAGE + 0x40, &regs);
        vc_expect(0);
        break;
    case WALK:
        regs.rsi = (uintptr_t)SMALL + 0x28;
        vector = RUN(0, 0x48, 0x8b, 0x06);
        break;
    case STACK:
        regs.rsi = 0x70000000; /* not mapped: #PF, with its frame on the page */
        es_stack(PAGE + 4096);
        vector = RUN(3, 0x48, 0x8b, 0x06);
        es_stack(NULL);
        break;
    case ADJUST:
        regs = (struct regs){.rax = (uintptr_t)PAGE, .rcx = SIZE_4K, .rdx = 1};
        vector = RUN(0, 0xf3, 0x0f, 0x01, 0xfe);
        break;
    case VALIDATE:
        regs = (struct regs){.rax = (uintptr_t)PAGE, .rcx = SIZE_4K, .rdx = 1};
        vector = RUN(0, 0xf2, 0x0f, 0x01, 0xff);
        break;
    case SHARED_WRITE:
        regs.rsi = (uintptr_t)SMALL + 0x28;
        vector = RUN(0, 0x48, 0x89, 0x06);
        break;
    }
    return vc.count ? VECTOR_VC : vector < 0 ? 0 : vector;
}

/* The bytes that the guest wrote, but for what it changed itself. */
static bool is_unchanged(void)
{
    for (unsigned i = 0x200; i < 4000; i++)
        if (PAGE[i] != 0x90)
            return false;
    return true;
}

void guest_main(void)
{
    const enum use use = (enum use)argument("use", LOAD);
    bool accepted;
    int vector;

    es_init();
    accepted = prepare(use, argument("large", 0));
    (void)ghcb_msr(0x80); /* hypervisor features: a request that changes nothing */
    vector = use_page(use);
    print("# saw vector %d error %lx cr2 %lx rax %lx carry %u\n", vector,
          vector == VECTOR_VC ? vc.code : 0, (uint64_t)(vector == VECTOR_VC ? vc.cr2 : read_cr2()),
          regs.rax, (unsigned)(regs.rflags & 1));
    if (vector == 0 && use != VALIDATE && use != WALK && use != SHARED_WRITE)
        print("# contents %s\n", is_unchanged() ? "kept" : "lost");
    if (use == VALIDATE && (regs.rflags & 1) == 0)
        print("# contents %s\n", is_unchanged() ? "kept" : "lost");
    ok(accepted, "the pages were accepted");
    done_testing();
    shutdown();
}
