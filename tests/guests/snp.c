/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: what does a guest with SEV-SNP see of the reverse map table? Memory that it has not validated,
 * PVALIDATE, RMPADJUST and RMPQUERY with their results and faults, pages of 4 KiB and 2 MiB, page state
 * changes, and the order in which faults come.
 *
 * Sources: microsoft/verismo source/verismo/src/arch/rmp/access_s.rs (results of the instructions and
 * their order); Linux arch/x86/include/asm/sev.h (codes), arch/x86/include/asm/sev-common.h and
 * arch/x86/coco/sev/core.c vmgexit_psc() (page state changes); EDK2
 * UefiCpuPkg/Library/MpInitLib/X64/AmdSev.c (RMPADJUST of a VMSA).
 */
#include "es/snp.h"

#define GP 13
#define PF 14
#define UD 6

#define CR2_MARK 0x5a5a5000u

/* Memory that no part of the launch is, each 2 MiB for one question. kit/rom.S maps it one to one. */
static uint8_t *at_mib(unsigned mib)
{
    return (uint8_t *)((uintptr_t)mib << 20);
}

/* A page with instructions, then INT 30h. */
static uint8_t code[64] __attribute__((aligned(64)));

/* Run instructions at a CPL, in a mode. Return the vector of the exception that ended them, -1 for none. A
 * #VC is recorded in `vc`, and ends them too. */
static int run_as(enum mode mode, unsigned cpl, const uint8_t *bytes, unsigned len,
                  struct regs *regs)
{
    int vector;

    memcpy(code, bytes, len);
    code[len] = 0xcd;
    code[len + 1] = 0x30;
    __asm__ volatile("" ::: "memory");
    write_cr2(CR2_MARK);
    vc.count = 0;
    vc_expect(rip_in(mode, code) + len);
    vector = run_in(mode, cpl, code, regs);
    vc_expect(0);
    return vector;
}

#define RUN(regs, ...)                                                                             \
    run_as(MODE_64, 0, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), regs)

/* One test point: the last instructions raised #VC 404h for `address`, before they changed anything. */
static bool ok_404(int vector, const volatile void *address, const char *what)
{
    const bool good = vector == -1 && vc.count == 1 && vc.code == 0x404 &&
                      vc.rip == (uintptr_t)code && vc.cr2 == (uintptr_t)address;

    if (!ok(good, "%s: #VC 404, CR2 is the address", what))
        print("# vector %d, %u #VC, code %lx, rip %lx for %lx, cr2 %lx for %lx\n", vector, vc.count,
              vc.code, vc.rip, (uint64_t)(uintptr_t)code, vc.cr2, (uint64_t)(uintptr_t)address);
    return good;
}

static int load(const volatile void *from, uint64_t *value)
{
    struct regs regs = {.rsi = (uintptr_t)from};
    const int vector = RUN(&regs, 0x48, 0x8b, 0x06); /* MOV RAX, [RSI] */

    *value = regs.rax;
    return vector;
}

static int store(volatile void *to, uint64_t value)
{
    struct regs regs = {.rsi = (uintptr_t)to, .rax = value};

    return RUN(&regs, 0x48, 0x89, 0x06); /* MOV [RSI], RAX */
}

/* --- memory that is not validated --- */

static void not_validated(void)
{
    uint8_t *page = at_mib(4);
    struct regs regs = {.rsi = (uintptr_t)page + 0x18};
    uint64_t value;

    is(rdmsr(MSR_SEV_STATUS), 7, "SEV_STATUS: SEV, SEV-ES, SEV-SNP");
    ok_404(load(page + 0x123, &value), page + 0x123, "load");
    ok_404(store(page + 0x123, 1), page + 0x123, "store");
    ok_404(RUN(&regs, 0xf0, 0x48, 0xff, 0x06), page + 0x18, "LOCK INC");
    regs.rdi = (uintptr_t)page;
    regs.rcx = 4;
    ok_404(RUN(&regs, 0xf3, 0xaa), page, "REP STOSB");
    is(regs.rcx, 4, "REP STOSB: RCX is as before");
    vc.count = 0;
    vc_expect((uintptr_t)code);
    code[0] = 0xcd;
    code[1] = 0x30;
    (void)run_in(MODE_64, 0, page + 0x40, &regs);
    vc_expect(0);
    ok(vc.count == 1 && vc.code == 0x404 && vc.rip == (uintptr_t)page + 0x40 &&
           vc.cr2 == (uintptr_t)page + 0x40,
       "fetch: #VC 404, CR2 and RIP are the address");
}

static void put_jump(uint8_t *at, const uint8_t *to)
{
    const int32_t distance = (int32_t)(to - (at + 5));

    at[0] = 0xe9;
    memcpy(at + 1, &distance, sizeof(distance));
}

/* Two pages jump to each other until ECX is 0. Then the first ends the validation of the second, and jumps
 * there once more. An emulator remembers where a jump went. */
static void linked(void)
{
    static const uint8_t loop[] = {
        0xff, 0xc9,                   /* 00: DEC ECX */
        0x74, 0x05,                   /* 02: JZ 09 */
        0xe9, 0,    0,    0,    0,    /* 04: JMP to the other page */
        0x85, 0xdb,                   /* 09: TEST EBX, EBX */
        0x75, 0x11,                   /* 0B: JNZ 1E */
        0xff, 0xc3,                   /* 0D: INC EBX */
        0x31, 0xc9,                   /* 0F: XOR ECX, ECX */
        0x31, 0xd2,                   /* 11: XOR EDX, EDX */
        0xf2, 0x0f, 0x01, 0xff,       /* 13: PVALIDATE */
        0xb9, 0x02, 0x00, 0x00, 0x00, /* 17: MOV ECX, 2 */
        0xeb, 0xe2,                   /* 1C: JMP 00 */
        0xcd, 0x30,                   /* 1E: INT 30h */
    };
    uint8_t *page = at_mib(44), *other = page + 4096;
    struct regs regs = {.rcx = 100, .rax = (uintptr_t)other};

    is(pvalidate(page, SIZE_4K, 1), 0, "PVALIDATE of a page with code");
    is(pvalidate(other, SIZE_4K, 1), 0, "and of the page that it jumps to");
    memcpy(page, loop, sizeof(loop));
    put_jump(page + 4, other);
    put_jump(other, page);
    code[0] = 0xcd;
    code[1] = 0x30;
    vc.count = 0;
    vc_expect((uintptr_t)code);
    (void)run_in(MODE_64, 0, page, &regs);
    vc_expect(0);
    ok(vc.count == 1 && vc.code == 0x404 && vc.rip == (uintptr_t)other &&
           vc.cr2 == (uintptr_t)other,
       "a jump to a page that is not validated any more: #VC 404");
}

static void page_crossing(void)
{
    uint8_t *page = at_mib(6);
    uint64_t value;

    is(pvalidate(page, SIZE_4K, 1), 0, "PVALIDATE of the first of two pages");
    memset(page, 0x11, 4096);
    ok_404(store(page + 4092, ~UINT64_C(0)), page + 4096, "store into both");
    ok(load(page + 4088, &value) == -1 && vc.count == 0, "load of the end of the first page");
    is(value, UINT64_C(0x1111111111111111), "nothing of the store was written");
}

/* --- PVALIDATE --- */

static void validate(void)
{
    uint8_t *page = at_mib(8) + 0x3000;
    uint64_t value;

    is(pvalidate(page, SIZE_4K, 0), UNCHANGED, "end a validation that is none: CF");
    is(pvalidate(page, SIZE_4K, 1), 0, "validate");
    is(pvalidate(page + 0x123, SIZE_4K, 1), UNCHANGED, "validate again: CF");
    ok(store(page, 0x1234) == -1 && vc.count == 0, "store");
    ok(load(page, &value) == -1 && vc.count == 0 && value == 0x1234, "load");
    is(pvalidate(page, SIZE_4K, 0), 0, "end the validation");
    ok_404(load(page, &value), page, "load after that, although a TLB had the page");
    is(pvalidate(page, SIZE_4K, 1), 0, "validate once more");
    ok(load(page, &value) == -1 && value == 0x1234, "the contents are the same");
}

static void sizes(void)
{
    uint8_t *large = at_mib(10), *small = at_mib(12);
    uint64_t size = 9, rdx = 1;

    is(pvalidate(large + 0x1000, SIZE_2M, 1), FAIL_INPUT, "2 MiB, not aligned: FAIL_INPUT");
    is(pvalidate(large, 2, 1), FAIL_INPUT, "a size that does not exist: FAIL_INPUT");
    is(pvalidate(large, SIZE_2M, 1), 0, "2 MiB of which nothing was used: validated as a whole");
    is(rmpquery(large + 0x5000, &size, &rdx), 0, "RMPQUERY of a page in it");
    is(size, SIZE_2M, "RMPQUERY: 2 MiB");
    memset(large + 0x1ff000, 1, 4096);
    is(pvalidate(large + 0x5000, SIZE_4K, 1), UNCHANGED,
       "4 KiB of it: the hypervisor splits the entry, the pages stay validated");
    is(rmpquery(large + 0x6000, &size, &rdx), 0, "RMPQUERY after that");
    is(size, SIZE_4K, "RMPQUERY: 4 KiB");
    is(pvalidate(large, SIZE_2M, 1), FAIL_SIZE_MISMATCH,
       "2 MiB of small entries: FAIL_SIZEMISMATCH");
    is(pvalidate(small, SIZE_4K, 1), 0, "4 KiB");
    is(pvalidate(small, SIZE_2M, 1), FAIL_SIZE_MISMATCH, "2 MiB around it: FAIL_SIZEMISMATCH");
    is(pvalidate(small + 0x1000, SIZE_4K, 1), 0, "the page after it was not validated");
}

static const uint8_t insn_pvalidate[] = {0xf2, 0x0f, 0x01, 0xff};
static const uint8_t insn_rmpadjust[] = {0xf3, 0x0f, 0x01, 0xfe};
static const uint8_t insn_rmpquery[] = {0xf3, 0x0f, 0x01, 0xfd};
static const uint8_t insn_invlpgb[] = {0x0f, 0x01, 0xfe};
static const uint8_t insn_tlbsync[] = {0x0f, 0x01, 0xff};

static const struct {
    const char *name;
    const uint8_t *bytes;
    unsigned len;
} insns[] = {
    {"PVALIDATE", insn_pvalidate, 4}, {"RMPADJUST", insn_rmpadjust, 4},
    {"RMPQUERY", insn_rmpquery, 4},   {"INVLPGB", insn_invlpgb, 3},
    {"TLBSYNC", insn_tlbsync, 3},
};

static void where_they_are_allowed(void)
{
    for (unsigned i = 0; i < sizeof(insns) / sizeof(insns[0]); i++) {
        struct regs regs = {.rax = (uintptr_t)at_mib(14), .rdx = 1};

        ok(run_as(MODE_64, 3, insns[i].bytes, insns[i].len, &regs) == GP &&
               regs.rax == (uintptr_t)at_mib(14),
           "%s at CPL 3: #GP, RAX is as before", insns[i].name);
        ok(run_as(MODE_32, 0, insns[i].bytes, insns[i].len, &regs) == UD, "%s in 32-bit code: #UD",
           insns[i].name);
    }
    struct regs regs = {0};

    ok(run_as(MODE_64, 0, insn_invlpgb, 3, &regs) == -1 && vc.count == 0, "INVLPGB at CPL 0");
    ok(run_as(MODE_64, 0, insn_tlbsync, 3, &regs) == -1 && vc.count == 0, "TLBSYNC at CPL 0");
}

/* --- page tables --- */

#define PML4 ((uint64_t *)0x1000)
#define PDPT ((uint64_t *)0x2000)
#define PD_1 ((uint64_t *)0x4000) /* linear 1..2 GiB, of which kit/rom.S uses the first 2 MiB */

/* Map 2 MiB at 1 GiB + 2 MiB * `slot` to physical `to`, through entries of 4 KiB at `table`. */
static uint8_t *map_small(unsigned slot, uint64_t *table, const uint8_t *to, uint64_t flags)
{
    for (unsigned i = 0; i < 512; i++)
        table[i] = ((uintptr_t)to + i * 4096) | flags;
    PD_1[slot] = (uintptr_t)table | boot_cbit | PTE_P | PTE_W | PTE_U;
    write_cr3(read_cr3());
    return (uint8_t *)0x40000000 + slot * UINT64_C(0x200000);
}

static void faults_of_paging(void)
{
    uint8_t *table = at_mib(16), *target = at_mib(18), *linear;
    struct regs regs = {.rcx = SIZE_4K, .rdx = 1};
    extern uint64_t run_error;

    is(pvalidate(table, SIZE_4K, 1), 0, "a page for a page table");
    linear = map_small(1, (uint64_t *)table, target, PTE_P | PTE_W); /* C=0 */
    regs.rax = (uintptr_t)linear;
    is((unsigned)run_as(MODE_64, 0, insn_pvalidate, 4, &regs), PF, "PVALIDATE through C=0: #PF");
    is(run_error, 9, "present, reserved bit");
    is(read_cr2(), (uintptr_t)linear, "CR2 is the address");
    is(pvalidate(target, SIZE_4K, 1), 0, "through C=1: validated");
    ((uint64_t *)table)[1] = 0;
    invlpg(linear + 4096);
    regs.rax = (uintptr_t)linear + 4096;
    is((unsigned)run_as(MODE_64, 0, insn_pvalidate, 4, &regs), PF, "PVALIDATE of no page: #PF");
    is(run_error, 0, "not present, a read");
    is(regs.rax, (uintptr_t)linear + 4096, "RAX is as before");
    regs.rdx = 0x100; /* a target that would be refused */
    is((unsigned)run_as(MODE_64, 0, insn_rmpadjust, 4, &regs), PF, "RMPADJUST of no page: #PF");
}

/* A walk and the update of an accessed bit are private accesses to the page of the table. */
static void tables(void)
{
    uint64_t *table = (uint64_t *)at_mib(20);
    uint8_t *target = at_mib(22), *linear;
    uint64_t value;

    is(pvalidate(table, SIZE_4K, 1), 0, "a page for a page table");
    is(pvalidate(target, SIZE_4K, 1), 0, "a page that it maps");
    linear = map_small(2, table, target, boot_cbit | PTE_P | PTE_W);
    ok(store(linear, 7) == -1 && vc.count == 0, "store through it");
    is(pvalidate(table, SIZE_4K, 0), 0, "end the validation of the table");
    invlpg(linear);
    ok_404(load(linear + 0x10, &value), linear + 0x10, "load through it");
    is(pvalidate(table, SIZE_4K, 1), 0, "validate the table again");
    ok(load(linear, &value) == -1 && vc.count == 0 && value == 7, "load through it");
    PD_1[2] = 0;
    write_cr3(read_cr3());
}

/* A #VC while #PF is delivered is a double fault: both are contributory. */
static void nested(void)
{
    uint8_t *stack = at_mib(24);
    struct regs regs = {.rsi = 0x70000000}; /* not mapped */
    int vector;

    es_stack(stack + 4096);
    vector = run_as(MODE_64, 3, (const uint8_t[]){0x8a, 0x06}, 2, &regs);
    es_stack(NULL);
    is((unsigned)vector, VECTOR_DF, "#PF with a stack that is not validated: double fault");
    is(pvalidate(stack, SIZE_4K, 1), 0, "validate the stack");
    es_stack(stack + 4096);
    vector = run_as(MODE_64, 3, (const uint8_t[]){0x8a, 0x06}, 2, &regs);
    es_stack(NULL);
    is((unsigned)vector, PF, "the same again: #PF");
}

/* --- RMPADJUST, RMPQUERY --- */

static void adjust(void)
{
    uint8_t *page = at_mib(26);
    struct regs regs = {.rax = (uintptr_t)page, .rcx = SIZE_4K, .rdx = 1};
    uint64_t size, rdx;

    is(rmpadjust(page, SIZE_4K, 0), FAIL_PERMISSION, "RMPADJUST, target VMPL 0: FAIL_PERMISSION");
    is(rmpadjust(page, SIZE_4K, 4), FAIL_INPUT, "target VMPL 4: FAIL_INPUT");
    is(rmpadjust(page + 4096, SIZE_2M, 1), FAIL_INPUT, "2 MiB, not aligned: FAIL_INPUT");
    ok_404(run_as(MODE_64, 0, insn_rmpadjust, 4, &regs), page, "RMPADJUST of a page not validated");
    ok_404(run_as(MODE_64, 0, insn_rmpquery, 4, &regs), page, "RMPQUERY of a page not validated");
    is(pvalidate(page, SIZE_4K, 1), 0, "validate");
    is(rmpadjust(page, SIZE_2M, 1), FAIL_SIZE_MISMATCH,
       "2 MiB of a small entry: FAIL_SIZEMISMATCH");
    is(rmpadjust(page, SIZE_4K, 0x2001), FAIL_PERMISSION,
       "a permission that VMPL 0 lacks: FAIL_PERMISSION");
    rdx = 1;
    is(rmpquery(page, &size, &rdx), 0, "RMPQUERY, VMPL 1");
    is(rdx, 1, "no permission at first");
    is(rmpadjust(page, SIZE_4K, 0x0701), 0, "RMPADJUST: read, write, execute for VMPL 1");
    rdx = 1;
    is(rmpquery(page, &size, &rdx), 0, "RMPQUERY, VMPL 1");
    is(rdx, 0x0701, "these permissions");
    rdx = 0;
    is(rmpquery(page, &size, &rdx), 0, "RMPQUERY, VMPL 0");
    is(rdx, 0x1f00, "all permissions");
    is(rmpadjust(page, SIZE_4K, 0x10001), 0, "RMPADJUST: a VMSA, no permission for VMPL 1");
    rdx = 1;
    is(rmpquery(page, &size, &rdx), 0, "RMPQUERY");
    is(rdx, 0x10001, "a VMSA");
    is(rmpadjust(page, SIZE_4K, 1), 0, "no VMSA again");
    is(rmpadjust((void *)0x70000, SIZE_4K, 0x0101), 0, "RMPADJUST of a page of the launch");
    is(rmpadjust((void *)0xfffff000, SIZE_4K, 0x0101), 0, "RMPADJUST of a page of the firmware");
}

/* --- shared memory --- */

static uint64_t psc_msr(const void *page, uint64_t op)
{
    const uint64_t answer = ghcb_msr(0x14 | (uintptr_t)page | op << 52);

    return answer;
}

/* A page state change of one page by the MSR, and back. */
static void page_state_change(void)
{
    uint8_t *table = at_mib(28), *page = at_mib(30), *shared;
    uint64_t value;

    is(pvalidate(table, SIZE_4K, 1), 0, "a page for a page table");
    shared = map_small(3, (uint64_t *)table, page, PTE_P | PTE_W);
    is(pvalidate(page, SIZE_4K, 1), 0, "a page");
    memset(page, 0x22, 4096);
    ok(load(shared, &value) == -1 && vc.count == 0 && value != UINT64_C(0x2222222222222222),
       "a load through C=0 reads ciphertext, without a fault");
    is(pvalidate(page, SIZE_4K, 0), 0, "end its validation");
    is(psc_msr(page, 2), 0x15, "make it shared");
    ok(store(shared, 0x33) == -1 && vc.count == 0, "store through C=0");
    ok(load(shared, &value) == -1 && vc.count == 0 && value == 0x33, "load through C=0");
    is(psc_msr(page, 1), 0x15, "make it private");
    ok_404(load(page, &value), page, "load through C=1");
    is(pvalidate(page, SIZE_4K, 1), 0, "validate it");
    ok(load(page, &value) == -1 && vc.count == 0, "load through C=1");
    is(pvalidate(page, SIZE_4K, 1), UNCHANGED, "it is validated");
    ok((psc_msr(page, 3) >> 32) != 0, "an operation that does not exist: an error");
    is(pvalidate(page, SIZE_4K, 1), UNCHANGED, "nothing changed");
}

/* The hypervisor of this test converts a page that the guest uses in another way than it said: what was in
 * it is lost. With host_policy=implicit_psc:stop the machine stops here. */
static void implicit_change(void)
{
    uint8_t *table = at_mib(32), *page = at_mib(34), *shared;
    uint64_t value;

    is(pvalidate(table, SIZE_4K, 1), 0, "a page for a page table");
    shared = map_small(4, (uint64_t *)table, page, PTE_P | PTE_W);
    is(pvalidate(page, SIZE_4K, 1), 0, "a page");
    memset(page, 0x44, 4096);
    ok(store(shared, 0x55) == -1 && vc.count == 0, "store through C=0 to a private page");
    ok(load(shared, &value) == -1 && value == 0x55, "it is shared now");
    ok_404(load(page, &value), page, "load through C=1");
}

void guest_main(void)
{
    es_init();
    not_validated();
    linked();
    page_crossing();
    validate();
    sizes();
    where_they_are_allowed();
    faults_of_paging();
    tables();
    nested();
    adjust();
    page_state_change();
    implicit_change();
    done_testing();
    shutdown();
}
