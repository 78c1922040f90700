/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: what does a guest see of each verdict of the hook table, for each reason of an access?
 * And of the other hooks: #VMEXIT, MSRs, the instructions of SEV-SNP, INIT and NMI. The plugin
 * tests/plugin/verdict.cc gives the verdicts that this guest asks for; there is no sev: line.
 *
 * Constants: Linux arch/x86/include/uapi/asm/svm.h (exit codes), arch/x86/include/asm/svm.h struct
 * vmcb_control_area and struct vmcb_save_area, binutils opcodes/i386-dis.c (encodings).
 */
#include "guest.h"

/* --- the plugin's ports --- */

#define PORT_KIND    0x5c0
#define PORT_INFO    0x5c4
#define PORT_WHY     0x5c8
#define PORT_PAGE    0x5cc
#define PORT_COUNT   0x5d0
#define PORT_CONTEXT 0x5d4
#define PORT_DMA     0x5d8 /* write: address; read: do a DMA write */
#define PORT_DMA_IN  0x5dc
#define PORT_REG     0x5e0
#define PORT_EXIT    0x5e4
#define PORT_MSR     0x5e8
#define PORT_SIGNALS 0x5ec

enum { GO, VC, PF, NPF, BLOCK };
enum { DATA, FETCH, WALK, AD, HOST, DEVICE };
enum { REG_EXITS = 6, REG_EXIT_INFO1, REG_SIGNALS, REG_INSN, REG_SPA, REG_LEAF, REG_PRIVATE };

#define ES      1u
#define STICKY  2u
#define INSN(n) (1u << (16 + (n)))
#define ALL_SNP 0x03fc0000u /* instructions 2 to 9 */
#define NO_EXIT 0xffffffffu

static void rule(unsigned kind, uint32_t info, unsigned why, uint64_t address, unsigned count)
{
    outl(PORT_KIND, kind);
    outl(PORT_INFO, info);
    outl(PORT_WHY, why);
    outl(PORT_PAGE, (uint32_t)(address >> 12));
    outl(PORT_COUNT, count);
}

static uint32_t reg(unsigned n)
{
    outl(PORT_REG, n);
    return inl(PORT_REG);
}

/* --- the pages --- */

#define VA    0x40000000u /* three pages in a row */
#define LAPIC 0xfee00000u

static struct table table;
static uint8_t *page[3];

static void flush(void)
{
    write_cr3(table_cr3(&table));
}

static void make_pages(void)
{
    table = table_new(4, 0, PAGE_1G);
    table_map(&table, LAPIC, LAPIC, PAGE_4K, PTE_P | PTE_W);
    for (unsigned i = 0; i < 3; i++) {
        page[i] = page_alloc(1);
        table_map(&table, VA + i * PAGE_4K, (uintptr_t)page[i], PAGE_4K, PTE_P | PTE_W);
    }
    flush();
}

/* The page table of the pages at VA. */
static uint64_t leaf_table(void)
{
    return (uintptr_t)table_entry(&table, VA, 1) & ~(PAGE_4K - 1);
}

/* --- instructions whose address is known --- */

extern uint8_t insn_load[], insn_store[], insn_store_wide[], insn_add_wide[], insn_movs[],
    insn_cpuid[], insn_in[], insn_outs[], insn_rdmsr[], insn_pvalidate[], insn_vmgexit[];
void do_load(void *at);
void do_store(void *at);
void do_store_wide(void *at);
void do_add_wide(void *at);
void do_movs(void *to);
void do_cpuid(void *unused);
void do_in(void *unused);
void do_outs(void *from);
void do_rdmsr_10(void *unused);
void do_vmgexit(void *unused);
void do_pvalidate(void *regs);
extern uint64_t trap_rcx;
static uint8_t source[64];
void *movs_source = source;

__asm__(
    ".text\n"
    "do_load:\n insn_load: mov (%rdi), %eax\n ret\n"
    "do_store:\n insn_store: movb $0x77, (%rdi)\n ret\n"
    "do_store_wide:\n mov $-1, %rax\n insn_store_wide: mov %rax, (%rdi)\n ret\n"
    "do_add_wide:\n insn_add_wide: addq $0x77, (%rdi)\n ret\n"
    "do_movs:\n mov movs_source, %rsi\n mov $48, %ecx\n insn_movs: rep movsb\n ret\n"
    "do_cpuid:\n push %rbx\n xor %eax, %eax\n insn_cpuid: cpuid\n pop %rbx\n ret\n"
    "do_in:\n mov $0x80, %dx\n insn_in: in %dx, %al\n ret\n"
    "do_outs:\n mov %rdi, %rsi\n mov $0x80, %dx\n insn_outs: outsb %fs:(%rsi), %dx\n ret\n"
    "do_rdmsr_10:\n mov $0x10, %ecx\n insn_rdmsr: rdmsr\n ret\n"
    "do_vmgexit:\n insn_vmgexit: .byte 0xf3, 0x0f, 0x01, 0xd9\n ret\n"
    /* void *regs: rax, rcx, rdx, flags */
    "do_pvalidate:\n push %rdi\n mov (%rdi), %rax\n mov 8(%rdi), %rcx\n mov 16(%rdi), %rdx\n clc\n"
    "insn_pvalidate: .byte 0xf2, 0x0f, 0x01, 0xff\n"
    "pop %rdi\n mov %rax, (%rdi)\n mov %rcx, 8(%rdi)\n mov %rdx, 16(%rdi)\n"
    "pushf\n popq 24(%rdi)\n ret\n");

static void fault_is(const char *name, struct fault f, int vector, uint32_t error, uint64_t address,
                     const void *ip)
{
    bool good = f.vector == vector && f.error == error && f.ip == (uintptr_t)ip &&
                (!address || f.address == address);

    if (!ok(good, "%s: vector %d, error code %x, RIP, CR2", name, vector, error))
        print("# vector %d, error %x, ip %llx for %llx, cr2 %llx\n", f.vector, f.error, (llu)f.ip,
              (llu)(uintptr_t)ip, (llu)f.address);
}

/* --- one reason and one kind at a time --- */

static struct way {
    const char *name;
    void (*fn)(void *);
    const uint8_t *ip;
    unsigned why;
    bool table; /* the rule is for the page table */
} ways[] = {
    {"load", do_load, insn_load, DATA, false},
    {"store", do_store, insn_store, DATA, false},
    {"fetch", NULL, NULL, FETCH, false},
    {"page walk", do_load, insn_load, WALK, true},
    {"accessed bit", do_load, insn_load, AD, true},
    {"dirty bit", do_store, insn_store, AD, true},
};

static void call_page(void *at)
{
    void (*fn)(void);

    memcpy(&fn, &at, sizeof(fn));
    fn();
}

static struct fault try_way(const struct way *w, bool used)
{
    uint64_t *entry = table_entry(&table, VA, 1);

    *entry &= ~(PTE_A | PTE_D);
    if (used)
        *entry |= PTE_A | PTE_D;
    if (w->why == AD && w->fn == do_store)
        *entry |= PTE_A;
    flush();
    return trap_call(w->fn ? w->fn : call_page, (void *)(uintptr_t)VA);
}

static void each_reason(void)
{
    for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        const struct way *w = &ways[i];
        const void *ip = w->fn ? (const void *)w->ip : (const void *)(uintptr_t)VA;
        const uint64_t at = w->table ? leaf_table() : (uintptr_t)page[0];
        const bool used = w->why != AD;

        page[0][0] = 0xc3; /* RET */
        rule(VC, 0x404, w->why, at, 1);
        fault_is(w->name, try_way(w, used), FAULT_VC, 0x404, VA, ip);
        rule(VC, 0x400, w->why, at, 1);
        fault_is(w->name, try_way(w, used), FAULT_VC, 0x400, 0, ip);
        rule(PF, PF_P | PF_RSVD, w->why, at, 1);
        fault_is(w->name, try_way(w, used), FAULT_PF, PF_P | PF_RSVD, VA, ip);
        is(page[0][0], 0xc3, "nothing was written");
        if (w->why == AD)
            is(*table_entry(&table, VA, 1) & (w->fn == do_store ? PTE_D : PTE_A), 0,
               "the bit was not set");
        is(inl(PORT_COUNT), 1, "it was asked once");
        is((uint64_t)try_way(w, used).vector, (uint64_t)FAULT_NONE, "without a rule it happens");
    }
}

/* A refused translation is not kept: the next access asks again. */
static void asks_each_time(void)
{
    write_cr2(0x1234);
    rule(VC, 0x400, DATA, (uintptr_t)page[0], 3);
    flush();
    for (unsigned i = 0; i < 3; i++)
        (void)trap_call(do_load, (void *)(uintptr_t)VA);
    is(inl(PORT_COUNT), 3, "three loads, asked three times");
    is(read_cr2(), 0x1234, "#VC 400h does not change CR2");
    rule(GO, 0, DATA, (uintptr_t)page[0], 3);
    for (unsigned i = 0; i < 3; i++)
        (void)trap_call(do_load, (void *)(uintptr_t)VA);
    is(inl(PORT_COUNT), 1, "an allowed one is kept: asked once");
}

static void page_crossing(void)
{
    static const struct {
        const char *name;
        void (*fn)(void *);
        const uint8_t *ip;
    } stores[] = {{"store", do_store_wide, insn_store_wide},
                  {"read-modify-write", do_add_wide, insn_add_wide}};
    uint8_t *end = page[0] + PAGE_4K - 4;

    for (unsigned i = 0; i < 2; i++)
        for (unsigned half = 0; half < 2; half++) {
            memset(end, 0x11, 4);
            memset(page[1], 0x22, 4);
            flush();
            rule(VC, 0x404, DATA, (uintptr_t)page[half], 1);
            fault_is(stores[i].name, trap_call(stores[i].fn, (void *)(uintptr_t)(VA + PAGE_4K - 4)),
                     FAULT_VC, 0x404, half ? VA + PAGE_4K : VA + PAGE_4K - 4, stores[i].ip);
            ok(end[0] == 0x11 && end[3] == 0x11 && page[1][0] == 0x22 && page[1][3] == 0x22,
               "half %u: nothing was written to either page", half);
        }
}

static void rep_movs(void)
{
    memset(source, 0x5a, sizeof(source));
    memset(page[0] + PAGE_4K - 32, 0, 32);
    memset(page[1], 0, 32);
    flush();
    rule(VC, 0x404, DATA, (uintptr_t)page[1], 1);
    fault_is("REP MOVSB", trap_call(do_movs, (void *)(uintptr_t)(VA + PAGE_4K - 32)), FAULT_VC,
             0x404, VA + PAGE_4K, insn_movs);
    is(trap_rcx, 16, "RCX is what is left");
    ok(page[0][PAGE_4K - 1] == 0x5a && page[1][0] == 0, "what went before is written");
}

static void devices(void)
{
    uint32_t at = (uint32_t)(uintptr_t)page[0];

    outl(PORT_DMA, at);
    for (unsigned kind = VC; kind <= BLOCK; kind++) {
        memset(page[0], 0x33, 4);
        rule(kind, 0x404, DEVICE, at, 2);
        (void)inl(PORT_DMA);
        is(get32(page[0]), 0x33333333, "a refused DMA write is dropped");
        is(inl(PORT_DMA_IN), 0xffffffff, "a refused DMA read returns FFh");
        is(inl(PORT_COUNT), 2, "both asked");
    }
    (void)inl(PORT_DMA);
    is(get32(page[0]), 0xd1d1d1d1, "an allowed DMA write");
    memset(page[0], 0x44, 4);
    is(inl(PORT_DMA_IN), 0x44444444, "an allowed DMA read");
}

/* --- #VC as an exception --- */

/* #GP whose delivery faults with #VC at the IDT: a double fault if #VC is contributory. */
static void load_gdt_limit(void *unused)
{
    (void)unused;
    __asm__ volatile("mov %0, %%ds" ::"r"(0x6000)); /* a selector beyond the GDT: #GP */
}

static void contributory(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } idtr, own;

    __asm__ volatile("sidt %0" : "=m"(idtr));
    own = idtr;
    own.base = VA + 2 * PAGE_4K;
    memcpy(page[2], (const void *)(uintptr_t)idtr.base, idtr.limit + 1u);
    for (unsigned es = 0; es < 2; es++) {
        outl(PORT_CONTEXT, es);
        rule(VC, 0x400, DATA, (uintptr_t)page[2], 1);
        __asm__ volatile("lidt %0" ::"m"(own));
        flush();
        struct fault f = trap_call(load_gdt_limit, NULL);
        __asm__ volatile("lidt %0" ::"m"(idtr));
        is((uint64_t)f.vector, es ? FAULT_DF : FAULT_VC,
           es ? "SEV-ES: #VC in the delivery of #GP is a double fault"
              : "else vector 29 is benign");
    }
    /* Without SEV-ES there is no error code: the stub finds RIP in its place. */
    outl(PORT_CONTEXT, 0);
    rule(VC, 0x400, DATA, (uintptr_t)page[0], 1);
    flush();
    struct fault f = trap_call(do_load, (void *)(uintptr_t)VA);
    is(f.error, (uint32_t)(uintptr_t)insn_load, "without SEV-ES vector 29 pushes no error code");
    outl(PORT_CONTEXT, ES);
}

/* --- instructions --- */

static struct fault run(const uint8_t *bytes, unsigned n)
{
    static const uint8_t mov_eax[5] = {0xb8, 0x00, 0x00, 0x00, VA >> 24}; /* an operand */

    memcpy(page[0], mov_eax, sizeof(mov_eax));
    memcpy(page[0] + sizeof(mov_eax), bytes, n);
    page[0][sizeof(mov_eax) + n] = 0xc3;
    return try_exec((const void *)(uintptr_t)VA);
}

static const struct {
    const char *name;
    uint8_t bytes[4];
    uint8_t n, number;
} snp[] = {
    {"PVALIDATE", {0xf2, 0x0f, 0x01, 0xff}, 4, 2}, {"RMPADJUST", {0xf3, 0x0f, 0x01, 0xfe}, 4, 3},
    {"RMPQUERY", {0xf3, 0x0f, 0x01, 0xfd}, 4, 4},  {"RMPREAD", {0xf2, 0x0f, 0x01, 0xfd}, 4, 5},
    {"RMPUPDATE", {0xf2, 0x0f, 0x01, 0xfe}, 4, 6}, {"PSMASH", {0xf3, 0x0f, 0x01, 0xff}, 4, 7},
    {"INVLPGB", {0x0f, 0x01, 0xfe}, 3, 8},         {"TLBSYNC", {0x0f, 0x01, 0xff}, 3, 9},
};

static void instructions(void)
{
    uint64_t regs[4];

    for (unsigned i = 0; i < 8; i++) {
        outl(PORT_CONTEXT, ES | (ALL_SNP & ~INSN(snp[i].number)));
        struct fault f = run(snp[i].bytes, snp[i].n);
        ok(f.vector == FAULT_UD && f.ip == VA + 5, "%s without the plugin is undefined",
           snp[i].name);
        outl(PORT_CONTEXT, ES | INSN(snp[i].number));
        f = run(snp[i].bytes, snp[i].n);
        ok(f.vector == FAULT_NONE && reg(REG_INSN) == snp[i].number, "%s is passed on",
           snp[i].name);
    }
    outl(PORT_CONTEXT, ES | ALL_SNP);
    rule(GO, 0, DATA, 0, 0);
    regs[0] = VA + 0x123, regs[1] = 7, regs[2] = 1;
    is((uint64_t)trap_call(do_pvalidate, regs).vector, (uint64_t)FAULT_NONE, "PVALIDATE");
    ok(regs[0] == 8 && regs[1] == 7 && regs[2] == 3 && (regs[3] & 1), "its registers and CF");
    is(reg(REG_SPA), (uint32_t)(uintptr_t)page[0] + 0x123, "its operand is translated");
    is(reg(REG_LEAF), PAGE_4K, "a page of 4 KiB");
    is(reg(REG_PRIVATE), 0, "without the C-bit");
    regs[0] = 0x800000;
    (void)trap_call(do_pvalidate, regs);
    is(reg(REG_LEAF), PAGE_2M, "a page of 2 MiB");
    regs[0] = 0x7000000000;
    fault_is("an operand that is not mapped", trap_call(do_pvalidate, regs), FAULT_PF, 0,
             0x7000000000, insn_pvalidate);
    rule(VC, 0x404, DATA, 0, 1);
    regs[0] = VA;
    fault_is("PVALIDATE", trap_call(do_pvalidate, regs), FAULT_VC, 0x404, VA, insn_pvalidate);
    rule(PF, PF_P | PF_RSVD, DATA, 0, 1);
    regs[0] = VA;
    fault_is("PVALIDATE", trap_call(do_pvalidate, regs), FAULT_PF, PF_P | PF_RSVD, VA,
             insn_pvalidate);
    is(regs[0], VA, "a fault leaves the registers");
    outl(PORT_CONTEXT, ES);
    fault_is("VMGEXIT outside of a guest", trap_call(do_vmgexit, NULL), FAULT_UD, 0, 0,
             insn_vmgexit);
}

/* --- in an SVM guest --- */

#define MSR_VM_HSAVE_PA 0xc0010117u
#define EFER_SVME       0x1000u

static uint8_t *vmcb, *guest_stack;
static void (*guest_fn)(void *);
static void *guest_arg;
static struct fault guest_fault;

#define AT32(offset) (*(volatile uint32_t *)(void *)(vmcb + (offset)))
#define AT64(offset) (*(volatile uint64_t *)(void *)(vmcb + (offset)))
#define EXITCODE     0x070
#define EXITINFO1    0x078
#define EXITINFO2    0x080
#define GUEST_EFER   0x4d0
#define GUEST_CR4    0x548
#define GUEST_CR3    0x550
#define GUEST_CR0    0x558
#define GUEST_RFLAGS 0x570
#define GUEST_RIP    0x578
#define GUEST_RSP    0x5d8
#define GUEST_PAT    0x668

#define INTERCEPT3_IOIO    (1u << 27)
#define INTERCEPT3_CPUID   (1u << 18)
#define INTERCEPT3_MSR     (1u << 28)
#define INTERCEPT4_VMRUN   (1u << 0)
#define INTERCEPT4_VMMCALL (1u << 1)

static void segment(unsigned offset, uint16_t selector, uint16_t attributes)
{
    AT32(offset) = selector | (uint32_t)attributes << 16;
    AT32(offset + 4) = 0xffffffff;
    AT64(offset + 8) = 0;
}

static void table_register(unsigned offset, uint16_t limit, uint64_t base)
{
    AT32(offset) = 0;
    AT32(offset + 4) = limit;
    AT64(offset + 8) = base;
}

static void guest_body(void)
{
    guest_fault = trap_call(guest_fn, guest_arg);
    for (;;)
        __asm__ volatile("vmmcall");
}

/* Run fn(arg) in an SVM guest that shares everything with its host. Return the exit code: 81h if fn
 * came to its end, by itself or by the fault in guest_fault. */
static uint64_t in_guest(void (*fn)(void *), void *arg, uint32_t intercepts)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } gdtr, idtr;

    __asm__ volatile("sgdt %0" : "=m"(gdtr));
    __asm__ volatile("sidt %0" : "=m"(idtr));
    memset(vmcb, 0, PAGE_4K);
    guest_fn = fn;
    guest_arg = arg;
    guest_fault.vector = -2;
    AT32(0x00c) = intercepts;
    AT32(0x010) = INTERCEPT4_VMRUN | INTERCEPT4_VMMCALL;
    AT64(0x040) = (uintptr_t)vmcb + PAGE_4K; /* I/O and MSR permission maps */
    AT64(0x048) = (uintptr_t)vmcb + 4 * PAGE_4K;
    AT32(0x058) = 1; /* ASID */
    segment(0x400, 0x10, 0xc93);
    segment(0x410, 0x18, 0xa9b);
    segment(0x420, 0x10, 0xc93);
    segment(0x430, 0x10, 0xc93);
    table_register(0x460, gdtr.limit, gdtr.base);
    table_register(0x480, idtr.limit, idtr.base);
    AT64(GUEST_EFER) = rdmsr(MSR_EFER);
    AT64(GUEST_CR0) = read_cr0();
    AT64(GUEST_CR3) = read_cr3();
    AT64(GUEST_CR4) = read_cr4();
    AT64(0x560) = 0x400;      /* DR7 */
    AT64(0x568) = 0xffff0ff0; /* DR6 */
    AT64(GUEST_RFLAGS) = 2;
    AT64(GUEST_RIP) = (uintptr_t)guest_body;
    AT64(GUEST_RSP) = (uintptr_t)guest_stack + PAGE_4K - 8;
    AT64(GUEST_PAT) = rdmsr(0x277);
    __asm__ volatile("push %%rbx\n push %%rbp\n vmrun %%rax\n pop %%rbp\n pop %%rbx\n" ::"a"(vmcb)
                     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                       "r15", "memory", "cc");
    return AT64(EXITCODE);
}

/* EFER.SVME after a write that clears it. VMMCALL needs it set again. */
static void clear_svme(void *svme)
{
    uint64_t efer = rdmsr(MSR_EFER);

    wrmsr(MSR_EFER, efer & ~(uint64_t)EFER_SVME);
    *(uint64_t *)svme = rdmsr(MSR_EFER) & EFER_SVME;
    wrmsr(MSR_EFER, efer);
}

static void exits(void)
{
    outl(PORT_CONTEXT, ES);
    outl(PORT_EXIT, NO_EXIT);
    is(in_guest(do_cpuid, NULL, INTERCEPT3_CPUID), 0x72, "CPUID leaves the guest");
    outl(PORT_EXIT, 0x72);
    is(in_guest(do_cpuid, NULL, INTERCEPT3_CPUID), 0x81, "or not");
    fault_is("CPUID", guest_fault, FAULT_VC, 0x72, 0, insn_cpuid);
    outl(PORT_EXIT, 0x7b);
    is(in_guest(do_in, NULL, INTERCEPT3_IOIO), 0x81, "IN: every port is intercepted");
    fault_is("IN", guest_fault, FAULT_VC, 0x7b, 0, insn_in);
    outl(PORT_EXIT, 0x7b);
    in_guest(do_outs, page[0], INTERCEPT3_IOIO);
    fault_is("OUTS", guest_fault, FAULT_VC, 0x7b, 0, insn_outs);
    is(reg(REG_EXIT_INFO1) & 0x1fff, 4u << 10 | 1u << 9 | 1u << 4 | 1u << 2,
       "OUTS: segment FS, 64-bit address, 8 bits, string");
    outl(PORT_EXIT, 0x7c);
    outl(PORT_MSR, 0x10);
    in_guest(do_rdmsr_10, NULL, INTERCEPT3_MSR);
    fault_is("RDMSR", guest_fault, FAULT_VC, 0x7c, 0, insn_rdmsr);
    outl(PORT_MSR, 0x11);
    is(in_guest(do_rdmsr_10, NULL, INTERCEPT3_MSR), 0x81, "an MSR that is not intercepted");
    is((uint64_t)guest_fault.vector, (uint64_t)FAULT_NONE, "is read");
    outl(PORT_EXIT, NO_EXIT);
    is(in_guest(do_vmgexit, NULL, 0), 0x81, "VMGEXIT without the plugin is VMMCALL");
    is((uint64_t)guest_fault.vector, (uint64_t)-2, "which left at once");
}

static void nested_page_faults(void)
{
    static const struct {
        const char *name;
        unsigned why;
        bool table;
    } reasons[] = {{"data", DATA, false}, {"page walk", WALK, true}};

    for (unsigned i = 0; i < 2; i++) {
        uint64_t at = reasons[i].table ? (uintptr_t)table_entry(&table, VA, 1) : (uintptr_t)page[0];

        outl(PORT_EXIT, NO_EXIT);
        rule(NPF, 0x1234, reasons[i].why, at, 1);
        is(in_guest(do_load, (void *)(uintptr_t)VA, 0), 0x400, "a nested page fault leaves");
        is(AT64(EXITINFO1), 0x1234, reasons[i].name);
        is(AT64(EXITINFO2), at, "EXITINFO2 is the guest physical address");
        outl(PORT_EXIT, 0x400);
        rule(NPF, 0x8, reasons[i].why, at, 1);
        is(in_guest(do_load, (void *)(uintptr_t)VA, 0), 0x81, "or is #VC");
        fault_is("#VC 400h", guest_fault, FAULT_VC, 0x400, 0, insn_load);
    }
    outl(PORT_EXIT, NO_EXIT);
}

/* The I/O permission map is memory of the host. */
static void host_memory(void)
{
    uint64_t svme = 0;

    outl(PORT_CONTEXT, 0);
    rule(PF, PF_P | PF_RSVD, HOST, (uintptr_t)vmcb + PAGE_4K, 1);
    is(in_guest(do_in, NULL, INTERCEPT3_IOIO), 0x81, "the I/O permission map");
    is((uint64_t)guest_fault.vector, FAULT_PF, "its verdict");
    is(guest_fault.error, PF_P | PF_RSVD, "and its error code");
    is(inl(PORT_COUNT), 1, "asked");
    outl(PORT_CONTEXT, ES);
    rule(NPF, 0x10, HOST, (uintptr_t)vmcb + PAGE_4K, 1);
    is(in_guest(do_in, NULL, INTERCEPT3_IOIO), 0x7b, "SEV-ES has no I/O permission map");
    is(inl(PORT_COUNT), 0, "it is not read");
    outl(PORT_CONTEXT, 0);
    is(in_guest(do_in, NULL, INTERCEPT3_IOIO), 0x400, "a nested page fault of host's memory");
    is(in_guest(clear_svme, &svme, 0), 0x81, "a write to EFER");
    is(svme, 0, "clears SVME");
    outl(PORT_CONTEXT, STICKY);
    is(in_guest(clear_svme, &svme, 0), 0x81, "a write to EFER");
    is(svme, EFER_SVME, "does not, where SVME is sticky");
    outl(PORT_CONTEXT, ES);
}

/* --- INIT and NMI --- */

static void self_ipi(void *mode)
{
    volatile uint32_t *lapic = (volatile uint32_t *)(uintptr_t)LAPIC;

    lapic[0xf0 / 4] = 0x1ff;
    lapic[0x310 / 4] = lapic[0x20 / 4];
    lapic[0x300 / 4] = (uint32_t)(uintptr_t)mode;
    for (unsigned i = 0; i < 100; i++)
        __asm__ volatile("nop");
}

static void signals(void)
{
    uint32_t before = reg(REG_SIGNALS);

    __asm__ volatile("stgi"); /* after #VMEXIT no NMI is taken */
    outl(PORT_SIGNALS, 1);
    is((uint64_t)trap_call(self_ipi, (void *)0x4400).vector, (uint64_t)FAULT_NONE,
       "an NMI that the plugin handles");
    is((uint64_t)trap_call(self_ipi, (void *)0x4500).vector, (uint64_t)FAULT_NONE,
       "an INIT that it handles");
    is(reg(REG_SIGNALS) - before, 2, "both arrived there");
    outl(PORT_SIGNALS, 0);
    is((uint64_t)trap_call(self_ipi, (void *)0x4400).vector, 2, "an NMI that it does not handle");
}

void guest_main(void)
{
    trap_init();
    make_pages();
    outl(PORT_CONTEXT, ES);
    each_reason();
    asks_each_time();
    page_crossing();
    rep_movs();
    devices();
    contributory();
    instructions();
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
    vmcb = page_alloc(6);
    guest_stack = page_alloc(1);
    wrmsr(MSR_VM_HSAVE_PA, (uintptr_t)page_alloc(1));
    exits();
    nested_page_faults();
    host_memory();
    signals();
    done_testing();
}
