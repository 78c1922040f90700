/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: which VMSA of its own can a guest with SEV-SNP start a CPU from? A good one runs, is in use while
 * it runs, and can be stopped. What the hypervisor sees is an error of the request; what only VMRUN sees
 * ends the machine, so each such case is a boot.
 *
 * Sources: Linux arch/x86/include/asm/svm.h struct sev_es_save_area; arch/x86/coco/sev/core.c
 * wakeup_cpu_via_vmgexit() (AP creation), snp_set_vmsa() (RMPADJUST); arch/x86/kvm/svm/sev.c
 * sev_snp_ap_creation() (errors).
 *
 * Arguments: how (enum how); lied (1: the hypervisor lies, so no answer is checked).
 */
#include "es/snp.h"

enum how {
    GOOD,
    NO_VMSA_BIT,
    NOT_VALIDATED,
    SHARED_PAGE,
    NO_SVME,
    OTHER_FEATURES,
    OTHER_VMPL,
    USED_TWICE,
    RESERVED_CR4,
    NOT_LONG_PAGING,
};

#define CREATE     1u
#define DESTROY    2u
#define FAIL_INUSE 3

#define VMSA(n)  ((uint8_t *)0x400000 + (1 + (n)) * 4096) /* 2 MiB boundaries are refused */
#define STACK(n) ((uint8_t *)0x400000 + (32 + (n)) * 4096)
#define NOTHING  ((uint8_t *)0x600000)

static volatile unsigned alive[4];

/* The code of a CPU that was started: no instruction that needs the hypervisor. R15 counts the rounds. */
static void ap_main(uint64_t index)
{
    for (;;) {
        alive[index]++;
        __asm__ volatile("inc %%r15" : : : "r15", "cc");
    }
}

/* --- a VMSA --- */

static void put(uint8_t *vmsa, unsigned offset, uint64_t value, unsigned size)
{
    memcpy(vmsa + offset, &value, size);
}

static void put_segment(uint8_t *vmsa, unsigned offset, uint16_t selector, uint16_t attributes,
                        uint32_t limit)
{
    put(vmsa, offset, selector, 2);
    put(vmsa, offset + 2, attributes, 2);
    put(vmsa, offset + 4, limit, 4);
}

static uint64_t get(const uint8_t *vmsa, unsigned offset)
{
    uint64_t value;

    memcpy(&value, vmsa + offset, 8);
    return value;
}

static uint64_t read_cr(unsigned n)
{
    uint64_t value;

    if (n == 0)
        __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    else
        __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

/* A CPU in long mode with this CPU's page tables. */
static void fill_vmsa(uint8_t *vmsa, unsigned index)
{
    memset(vmsa, 0, 4096);
    put_segment(vmsa, 0x00, 0x10, 0xc93, 0xffffffff); /* ES */
    put_segment(vmsa, 0x10, 0x18, 0xa9b, 0xffffffff); /* CS: 64-bit */
    put_segment(vmsa, 0x20, 0x10, 0xc93, 0xffffffff); /* SS */
    put_segment(vmsa, 0x30, 0x10, 0xc93, 0xffffffff); /* DS */
    put_segment(vmsa, 0x90, 0, 0x8b, 0xffff);         /* TR */
    put(vmsa, 0xd0, 0x1d00, 8);                       /* EFER: SVME, NXE, LMA, LME */
    put(vmsa, 0x148, read_cr(4), 8);
    put(vmsa, 0x150, read_cr3(), 8);
    put(vmsa, 0x158, read_cr(0), 8);
    put(vmsa, 0x160, 0x400, 8);      /* DR7 */
    put(vmsa, 0x168, 0xffff0ff0, 8); /* DR6 */
    put(vmsa, 0x170, 2, 8);          /* RFLAGS */
    put(vmsa, 0x178, (uintptr_t)ap_main, 8);
    put(vmsa, 0x1d8, (uintptr_t)STACK(index) + 4096 - 8, 8);
    put(vmsa, 0x268, UINT64_C(0x0007040600070406), 8); /* PAT */
    put(vmsa, 0x330 + 8, index, 8);                    /* RDI, the first argument */
    put(vmsa, 0x3b0, 1, 8);                            /* SEV_FEATURES: SNP */
    put(vmsa, 0x3e8, 1, 8);                            /* XCR0 */
    put(vmsa, 0x408, 0x1f80, 4);                       /* MXCSR */
    put(vmsa, 0x410, 0x37f, 2);                        /* FCW */
}

/* --- the request --- */

static uint64_t ask(unsigned request, unsigned cpu, uint64_t vmsa, uint64_t features)
{
    ghcb_clear();
    ghcb_set(G_RAX, features);
    return ghcb_exit(0x80000013, (uint64_t)cpu << 32 | request, vmsa);
}

static bool comes_alive(unsigned cpu)
{
    const unsigned before = alive[cpu];

    for (unsigned i = 0; i < 1000000; i++)
        if (alive[cpu] != before)
            return true;
    return false;
}

static void prepare(unsigned index)
{
    (void)pvalidate(STACK(index), SIZE_4K, 1);
    (void)pvalidate(VMSA(index), SIZE_4K, 1);
    fill_vmsa(VMSA(index), index);
}

static uint32_t mark(unsigned index)
{
    return rmpadjust(VMSA(index), SIZE_4K, 0x10001);
}

/* --- cases --- */

static void errors(void)
{
    static const struct {
        unsigned request, cpu;
        uint64_t vmsa, features;
        const char *what;
    } cases[] = {
        {CREATE, 9, 0x401000, 1, "a CPU that does not exist"},
        {CREATE, 1, 0x401001, 1, "a VMSA that is no page"},
        {CREATE, 1, 0x400000, 1, "a VMSA at a multiple of 2 MiB"},
        {CREATE, 1, 0xfee00000, 1, "a VMSA that is no memory"},
        {CREATE, 1, 0x401000, 9, "other SEV features in RAX"},
        {3, 1, 0x401000, 1, "a request that does not exist"},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint64_t info1 =
            ask(cases[i].request, cases[i].cpu, cases[i].vmsa, cases[i].features);

        ok(info1 == 2 && ghcb_answer(G_INFO2) == 5, "%s: malformed input, 5", cases[i].what);
    }
    ok(!comes_alive(1), "and the CPU does not start");
}

/* The registers with which the CPU was stopped are in its VMSA. */
static uint64_t stopped(void)
{
    const uint64_t rip = get(VMSA(1), 0x178);

    ok(rip > (uintptr_t)ap_main && rip < (uintptr_t)ap_main + 64, "RIP is in its VMSA: %lx", rip);
    ok(get(VMSA(1), 0x338) == 1, "so is RDI");
    return get(VMSA(1), 0x378); /* R15 */
}

static void good(void)
{
    uint64_t rounds;

    prepare(1);
    is(mark(1), 0, "RMPADJUST makes the page a VMSA");
    is(ask(CREATE, 1, (uintptr_t)VMSA(1), 1), 0, "AP creation");
    ok(comes_alive(1), "the CPU runs");
    is(rmpadjust(VMSA(1), SIZE_4K, 1), FAIL_INUSE, "RMPADJUST of a VMSA in use: FAIL_INUSE");
    ok(ghcb_msr(0x14 | (uintptr_t)VMSA(1) | UINT64_C(2) << 52) >> 32,
       "a page state change of a VMSA in use: an error");
    is(ask(DESTROY, 1, 0, 1), 0, "AP destruction");
    ok(!comes_alive(1), "the CPU does not run");
    rounds = stopped();
    ok(rounds > 0, "so is R15");
    is(rmpadjust(VMSA(1), SIZE_4K, 1), 0, "the page is no VMSA again");
    is(mark(1), 0, "and again");
    is(ask(CREATE, 1, (uintptr_t)VMSA(1), 1), 0, "AP creation");
    ok(comes_alive(1), "the CPU runs again");
    is(ask(DESTROY, 1, 0, 1), 0, "AP destruction");
    ok(stopped() > rounds, "it went on with its registers");
}

/* Each ends the machine at the last request, if the processor checks what it must. */
static void bad(enum how how)
{
    uint64_t vmsa = (uintptr_t)VMSA(1);

    prepare(1);
    if (how == NO_SVME)
        put(VMSA(1), 0xd0, 0xd00, 8);
    if (how == OTHER_FEATURES)
        put(VMSA(1), 0x3b0, 9, 8);
    if (how == OTHER_VMPL)
        put(VMSA(1), 0xca, 1, 1);
    if (how == RESERVED_CR4)
        put(VMSA(1), 0x148, UINT64_C(1) << 60 | read_cr(4), 8);
    if (how == NOT_LONG_PAGING)
        put(VMSA(1), 0x148, read_cr(4) & ~UINT64_C(0x20), 8);
    if (how != NO_VMSA_BIT)
        is(mark(1), 0, "RMPADJUST makes the page a VMSA");
    if (how == NOT_VALIDATED)
        is(pvalidate(VMSA(1), SIZE_4K, 0), 0, "end its validation");
    if (how == SHARED_PAGE)
        vmsa = (uintptr_t)NOTHING + 4096;
    if (how == USED_TWICE) {
        is(ask(CREATE, 2, vmsa, 1), 0, "AP creation for another CPU");
        alive[2] = 0;
    }
    (void)ask(CREATE, 1, vmsa, 1);
    ok(false, "VMRUN refuses the VMSA");
}

/* Two CPUs, and the first of them twice, with another VMSA. */
static void lied(void)
{
    for (unsigned i = 1; i <= 3; i++) {
        prepare(i);
        is(mark(i), 0, "RMPADJUST makes the page a VMSA");
    }
    is(ask(CREATE, 1, (uintptr_t)VMSA(1), 1), 0, "AP creation for CPU 1");
    is(ask(CREATE, 1, (uintptr_t)VMSA(3), 1), 0, "once more, with another VMSA");
    print("# CPU 1 runs VMSA %u\n", comes_alive(3) ? 3 : comes_alive(1) ? 1 : 0);
    is(ask(CREATE, 2, (uintptr_t)VMSA(2), 1), 0, "AP creation for CPU 2");
    print("# CPU 2 %s\n", comes_alive(2) ? "runs" : "does not run");
}

void guest_main(void)
{
    const enum how how = (enum how)argument("how", GOOD);

    es_init();
    if (argument("lied", 0))
        lied();
    else if (how == GOOD) {
        errors();
        good();
    } else {
        bad(how);
    }
    done_testing();
    shutdown();
}
