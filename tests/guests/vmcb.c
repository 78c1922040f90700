/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * VMRUN with random fields in the VMCB, random registers and random code, from a seed. No guest may end Bochs,
 * change its host, or exit for a reason that its host did not ask for.
 *
 * What would let the guest reach its host stays intercepted or out of range: interrupts, I/O, MSRs, shutdown, VMLOAD,
 * VMSAVE and CLGI; nested tables map the guest's memory only. A timer ends a guest that does not exit. It cannot end one
 * that raises #DB or #AC in the delivery of the one before, as on a CPU, so these are intercepted.
 *
 * Sources: Linux arch/x86/include/asm/svm.h struct vmcb_control_area (the intercepts are one array of bits, in the order
 * of the exit codes) and struct vmcb_save_area; arch/x86/include/asm/apicdef.h (timer);
 * arch/x86/kvm/svm/svm.c init_vmcb() (intercepts that each guest needs).
 *
 * Arguments: seed, rounds, first (the round to begin with; each round has a seed of its own).
 */
#include "guest.h"
#include "svm.h"

#define APIC          0xfee00000u
#define APIC_EOI      0x0b0u
#define APIC_SPURIOUS 0x0f0u
#define APIC_IRR      0x200u
#define APIC_TIMER    0x320u
#define APIC_COUNT    0x380u
#define APIC_DIVIDE   0x3e0u
#define TIMER_VECTOR  31u /* trap_call() returns it as it returns an exception */
#define TIMER_TICKS   20000u

#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_LSTAR          0xc0000082u

#define AT(page)     ((uint64_t)(page)*PAGE_4K)
#define VMCB_CPL     0x4cbu
#define VMCB_RFLAGS  0x570u
#define VMCB_SEGMENT 0x400u
#define EXIT_LAST    0x08fu
#define GUARD        0x5a
#define RAM_BITS     26 /* 64 MiB */

static struct vm vm;
static uint8_t base[PAGE_4K], before[PAGE_4K];
static uint8_t *host_vmcb, *guard[2];
static uint64_t nested_entry;
static uint64_t random_state;
static struct {
    unsigned intercepted, nested, invalid, timer, illegal, not_asked, changed, bad_state, host;
} count;

/* xorshift64*: reproducible on every machine. */
static uint64_t random64(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dull;
}

static uint32_t random(uint32_t below)
{
    return (uint32_t)((random64() >> 32) % below);
}

/* A number that selects something: a bit, a small number, an address of the guest, or anything. */
static uint64_t random_value(void)
{
    switch (random(7)) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return 1ull << random(64);
    case 3:
        return random(256);
    case 4:
        return random(VM_PAGES * PAGE_4K);
    case 5:
        return (uint32_t)random64();
    default:
        return random64();
    }
}

/* --- the guest's state --- */

/* The fields that VMRUN and VMLOAD read: where, how many bytes. */
static const struct {
    uint16_t at, size;
} fields[] = {
    {0x000, 4},
    {0x004, 4},
    {0x008, 4},
    {0x00c, 4},
    {0x010, 4},
    {0x03c, 2},
    {0x03e, 2},
    {0x050, 8},
    {0x058, 4},
    {0x05c, 1},
    {0x060, 4},
    {0x064, 1},
    {0x068, 8},
    {0x090, 8},
    {0x0a8, 8},
    {0x0b8, 8},
    {0x0c0, 4},
    {0x0c8, 8},
    /* segments: selector, attributes, limit, base */
    {0x400, 2},
    {0x402, 2},
    {0x404, 4},
    {0x408, 8},
    {0x410, 2},
    {0x412, 2},
    {0x414, 4},
    {0x418, 8},
    {0x420, 2},
    {0x422, 2},
    {0x424, 4},
    {0x428, 8},
    {0x430, 2},
    {0x432, 2},
    {0x434, 4},
    {0x438, 8},
    {0x440, 2},
    {0x442, 2},
    {0x444, 4},
    {0x448, 8},
    {0x452, 2},
    {0x458, 8},
    {0x464, 4},
    {0x468, 8},
    {0x470, 2},
    {0x472, 2},
    {0x474, 4},
    {0x478, 8},
    {0x484, 4},
    {0x488, 8},
    {0x490, 2},
    {0x492, 2},
    {0x494, 4},
    {0x498, 8},
    /* CPL, EFER, CR4, CR3, CR0, DR7, DR6, RFLAGS, RIP, RSP, RAX */
    {0x4cb, 1},
    {0x4d0, 8},
    {0x548, 8},
    {0x550, 8},
    {0x558, 8},
    {0x560, 8},
    {0x568, 8},
    {0x570, 8},
    {0x578, 8},
    {0x5d8, 8},
    {0x5f8, 8},
    /* STAR to KernelGSBase, SYSENTER, CR2, PAT, DEBUGCTL */
    {0x600, 8},
    {0x608, 8},
    {0x610, 8},
    {0x618, 8},
    {0x620, 8},
    {0x628, 8},
    {0x630, 8},
    {0x638, 8},
    {0x640, 8},
    {0x668, 8},
    {0x670, 8},
};

static void segments(uint16_t code, uint16_t data, uint64_t code_base)
{
    for (unsigned i = 0; i < 4; i++) {
        vm_put(&vm, VMCB_SEGMENT + i * 16,
               UINT64_C(0xffffffff) << 32 | (uint32_t)(i == 1 ? code : data) << 16);
        vm_put(&vm, VMCB_SEGMENT + i * 16 + 8, i == 1 ? code_base : 0);
    }
}

/* From the long mode of a new guest to another mode. */
static void set_mode(void)
{
    static const struct {
        uint64_t efer, cr0, cr4, rflags;
        uint16_t code, data;
        bool at_base;
    } modes[] = {
        {0x1500, 0x80010011, 0x20, 2, 0xc9b, 0xc93, false}, /* compatibility mode */
        {0x1000, 0x00000011, 0, 2, 0xc9b, 0xc93, false},    /* protected mode, 32 and 16 bits */
        {0x1000, 0x00000011, 0, 2, 0x09b, 0x093, true},
        {0x1000, 0x00000010, 0, 2, 0x09b, 0x093, true}, /* real mode, virtual 8086 mode */
        {0x1000, 0x00000011, 0, 0x20002, 0x0f3, 0x0f3, true},
        {0x1000, 0x80000010, 0, 2, 0x09b, 0x093, true},     /* paged real mode */
        {0x1000, 0x80000011, 0x20, 2, 0xc9b, 0xc93, false}, /* PAE, 32-bit tables */
        {0x1000, 0x80000011, 0x10, 2, 0xc9b, 0xc93, false},
    };
    const unsigned n = random(2 * sizeof(modes) / sizeof(modes[0]));

    if (n >= sizeof(modes) / sizeof(modes[0]))
        return;
    vm_put(&vm, VMCB_EFER, modes[n].efer);
    vm_put(&vm, VMCB_CR0, modes[n].cr0);
    vm_put(&vm, VMCB_CR4, modes[n].cr4);
    vm_put(&vm, VMCB_RFLAGS, modes[n].rflags);
    segments(modes[n].code, modes[n].data, modes[n].at_base ? AT(PAGE_CODE) : 0);
    if (modes[n].at_base)
        vm_put(&vm, VMCB_RIP, 0);
}

/* Descriptor tables and the TSS are in the guest's memory, as often as not. */
static void set_tables(void)
{
    vm_put(&vm, 0x464, 0xffff);
    vm_put(&vm, 0x468, AT(PAGE_PRIVATE));
    vm_put(&vm, 0x484, 0xfff);
    vm_put(&vm, 0x488, AT(PAGE_PRIVATE + 1));
    vm_put(&vm, 0x490, UINT64_C(0x67) << 32 | 0x8b << 16 | 0x28);
    vm_put(&vm, 0x498, AT(PAGE_PRIVATE + 2));
}

static void set_field(unsigned at, unsigned size)
{
    uint64_t value = random_value();

    if (random(2)) {
        memcpy(&value, vm.vmcb + at, size);
        value ^= 1ull << random(size * 8);
    }
    memcpy(vm.vmcb + at, &value, size);
}

/* What keeps the guest away from its host. */
static void keep_host_safe(void)
{
    vm.vmcb[0x008] |= 1 << 1; /* #DB and #AC: their handler */
    vm.vmcb[0x00a] |= 1 << 1; /* can raise them again for ever */
    vm.vmcb[0x00c] |= 1 << 0; /* INTR */
    vm.vmcb[0x00e] |= 1 << 6; /* INVD and WBINVD: Bochs empties all its caches */
    vm.vmcb[0x011] |= 1 << 1;
    vm.vmcb[0x00f] |= 1 << 3 | 1 << 4 | 1 << 7; /* I/O, MSR, shutdown */
    vm.vmcb[0x010] |= 1 << 2 | 1 << 3 | 1 << 5; /* VMLOAD, VMSAVE, CLGI */
    if (random(64))
        vm.vmcb[0x010] |= 1 << 0; /* VMRUN */
    vm.vmcb[0x063] |= 1;          /* V_INTR_MASKING */
    vm.vmcb[VMCB_NESTED] |= NESTED_PAGING;
    if (random(16) == 0)
        vm_put(&vm, VMCB_NESTED_CR3,
               vm_get(&vm, VMCB_NESTED_CR3) ^ 1ull << (random(2) ? random(12) : 52 + random(12)));
    if (random(16) == 0)
        vm_put(&vm, VMCB_IOPM,
               vm_get(&vm, VMCB_IOPM) ^ 1ull << (random(2) ? random(12) : 52 + random(12)));
    if (random(16) == 0)
        vm_put(&vm, VMCB_MSRPM,
               vm_get(&vm, VMCB_MSRPM) ^ 1ull << (random(2) ? random(12) : 52 + random(12)));
}

/* --- the guest's code --- */

/* Instructions that have intercepts, change the mode, or use what the VMCB says. */
static const uint8_t instructions[][6] = {
    {0x0f, 0xa2}, /* cpuid */
    {0xf4},       /* hlt */
    {0x0f, 0x32}, /* rdmsr */
    {0x0f, 0x30}, /* wrmsr */
    {0xec},       /* in, out, rep insb, rep outsd */
    {0xef},
    {0xf3, 0x6c},
    {0xf3, 0x6f},
    {0x0f, 0x20, 0xc0}, /* mov from and to control registers */
    {0x0f, 0x20, 0xda},
    {0x0f, 0x20, 0xe1},
    {0x44, 0x0f, 0x20, 0xc0},
    {0x0f, 0x22, 0xc0},
    {0x0f, 0x22, 0xda},
    {0x0f, 0x22, 0xe1},
    {0x44, 0x0f, 0x22, 0xc0},
    {0x0f, 0x21, 0xf8}, /* mov from and to debug registers */
    {0x0f, 0x23, 0xf8},
    {0x0f, 0x23, 0xc0},
    {0x0f, 0x01, 0xf0}, /* lmsw, smsw, clts */
    {0x0f, 0x01, 0xe0},
    {0x0f, 0x06},
    {0xcc}, /* int3, into, int 80h, int1 */
    {0xce},
    {0xcd, 0x80},
    {0xf1},
    {0xcf}, /* iret, iretq, far ret */
    {0x48, 0xcf},
    {0xcb},
    {0x9c}, /* pushf, popf, sti, cli */
    {0x9d},
    {0xfb},
    {0xfa},
    {0x0f, 0xaa},       /* rsm */
    {0x0f, 0x01, 0x3b}, /* invlpg */
    {0x0f, 0x01, 0xdf}, /* invlpga, vmrun, vmmcall, vmload, vmsave, stgi, clgi, skinit */
    {0x0f, 0x01, 0xd8},
    {0x0f, 0x01, 0xd9},
    {0x0f, 0x01, 0xda},
    {0x0f, 0x01, 0xdb},
    {0x0f, 0x01, 0xdc},
    {0x0f, 0x01, 0xdd},
    {0x0f, 0x01, 0xde},
    {0x0f, 0x31}, /* rdtsc, rdtscp, rdpmc */
    {0x0f, 0x01, 0xf9},
    {0x0f, 0x33},
    {0x0f, 0x01, 0xc8}, /* monitor, mwait, pause */
    {0x0f, 0x01, 0xc9},
    {0xf3, 0x90},
    {0x0f, 0x01, 0x03}, /* sgdt, lgdt, lidt, sldt, lldt, str, ltr */
    {0x0f, 0x01, 0x13},
    {0x0f, 0x01, 0x1b},
    {0x0f, 0x00, 0xc0},
    {0x0f, 0x00, 0xd0},
    {0x0f, 0x00, 0xc8},
    {0x0f, 0x00, 0xd8},
    {0x0f, 0x34}, /* sysenter, sysexit, syscall, sysret */
    {0x0f, 0x35},
    {0x0f, 0x05},
    {0x48, 0x0f, 0x07},
    {0x0f, 0x01, 0xd1}, /* xsetbv, xgetbv */
    {0x0f, 0x01, 0xd0},
    {0x0f, 0x08}, /* invd, wbinvd */
    {0x0f, 0x09},
    {0x8e, 0xd0}, /* mov to SS, DS, from SS; pop SS, DS */
    {0x8e, 0xd8},
    {0x8c, 0xd0},
    {0x17},
    {0x1f},
    {0xff, 0x2b}, /* far jmp, far call, lss */
    {0xff, 0x1b},
    {0x0f, 0xb2, 0x23},
    {0x50}, /* push, pop, call, load, store */
    {0x58},
    {0xff, 0xd3},
    {0x8b, 0x03},
    {0x89, 0x03},
    {0xf3, 0xa4}, /* rep movsb, rep stosd */
    {0xf3, 0xab},
    {0x0f, 0x01, 0xf8}, /* swapgs */
};

static void write_code(void)
{
    uint8_t *code = vm.ram + AT(PAGE_CODE);
    const unsigned end = 8 + random(64);
    unsigned n = 0;

    while (n < end) {
        const uint8_t *from = instructions[random(sizeof(instructions) / sizeof(instructions[0]))];

        if (random(4) == 0) {
            code[n++] = (uint8_t)random64();
            continue;
        }
        for (unsigned i = 0; i < 6 && (i == 0 || from[i]); i++)
            code[n++] = from[i];
    }
    code[n++] = 0x0f; /* vmmcall */
    code[n++] = 0x01;
    code[n] = 0xd9;
}

/* Tables of the guest: descriptors, a TSS, gates. Most of what they have is present. */
static void write_tables(void)
{
    uint8_t *at = vm.ram + AT(PAGE_PRIVATE);

    for (unsigned i = 0; i < 3 * PAGE_4K; i += 8) {
        uint64_t value = random64();

        if (random(2))
            value |= UINT64_C(0x80) << 40;
        memcpy(at + i, &value, 8);
    }
}

/* --- a round --- */

/* RBX, RCX, RDX, RSI, RDI, RBP, R8 to R15 */
static uint64_t registers[14];

void fuzz_enter(const void *vmcb, const void *host, const uint64_t *regs);

/* VMRUN with interrupts on, so that the timer ends the guest; the host takes the interrupt later. */
__asm__(".globl fuzz_enter\n"
        "fuzz_enter:\n"
        "   push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rsi\n"
        "   mov %rdi, %rax\n"
        "   mov %rdx, %r15\n"
        "   mov (%r15), %rbx; mov 8(%r15), %rcx; mov 16(%r15), %rdx; mov 24(%r15), %rsi\n"
        "   mov 32(%r15), %rdi; mov 40(%r15), %rbp; mov 48(%r15), %r8; mov 56(%r15), %r9\n"
        "   mov 64(%r15), %r10; mov 72(%r15), %r11; mov 80(%r15), %r12; mov 88(%r15), %r13\n"
        "   mov 96(%r15), %r14; mov 104(%r15), %r15\n"
        "   clgi; vmload %rax; sti; vmrun %rax; cli; vmsave %rax\n"
        "   mov (%rsp), %rax; vmload %rax; stgi\n"
        "   pop %rsi; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "   ret\n");

static void apic_write(unsigned reg, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)(APIC + reg) = value;
}

static void take_interrupt(void *arg)
{
    (void)arg;
    __asm__ volatile("sti; nop; nop; cli");
}

/* Stop the timer, and take its interrupt if it came. */
static void stop_timer(void)
{
    apic_write(APIC_COUNT, 0);
    if (!(*(volatile uint32_t *)(uintptr_t)(APIC + APIC_IRR) & 1u << TIMER_VECTOR))
        return;
    if (trap_call(take_interrupt, NULL).vector != (int)TIMER_VECTOR)
        bail_out("the timer's interrupt did not come");
    apic_write(APIC_EOI, 0);
    count.timer++;
}

struct host {
    uint64_t cr0, cr3, cr4, efer, gs_base, kernel_gs_base, lstar, dr7, flags;
    uint8_t gdtr[10], idtr[10];
    uint16_t tr, ldtr;
};

static void read_host(struct host *host)
{
    memset(host, 0, sizeof(*host));
    host->cr0 = read_cr0();
    host->cr3 = read_cr3();
    host->cr4 = read_cr4();
    host->efer = rdmsr(MSR_EFER);
    host->gs_base = rdmsr(MSR_GS_BASE);
    host->kernel_gs_base = rdmsr(MSR_KERNEL_GS_BASE);
    host->lstar = rdmsr(MSR_LSTAR);
    __asm__ volatile("mov %%dr7, %0" : "=r"(host->dr7));
    __asm__ volatile("pushf; pop %0" : "=r"(host->flags));
    host->flags &= ~UINT64_C(0x8d5); /* arithmetic flags */
    __asm__ volatile("sgdt %0" : "=m"(host->gdtr));
    __asm__ volatile("sidt %0" : "=m"(host->idtr));
    __asm__ volatile("str %0" : "=r"(host->tr));
    __asm__ volatile("sldt %0" : "=r"(host->ldtr));
}

/* The part of the save area that VMSAVE does not write. */
static bool save_area_is_as_before(void)
{
    static const uint16_t parts[][2] = {
        {0x400, 0x440}, {0x460, 0x470}, {0x480, 0x490}, {0x4a0, 0x600}, {0x640, 0x698}};

    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (memcmp(vm.vmcb + parts[i][0], before + parts[i][0], parts[i][1] - parts[i][0]))
            return false;
    return true;
}

/* The exit code is that of an intercept that is set, of a nested page fault, or of a VMRUN that failed. */
static void check_exit(uint64_t code)
{
    if (code == EXIT_INVALID) {
        count.invalid++;
        count.changed += !save_area_is_as_before();
        return;
    }
    if (code == EXIT_NPF)
        count.nested++;
    else if (code > EXIT_LAST)
        count.illegal++;
    else if (before[code / 8] & 1u << code % 8)
        count.intercepted++;
    else
        count.not_asked++;
    if (vm.vmcb[VMCB_CPL] > 3 || !(vm_get(&vm, VMCB_RFLAGS) & 2) || vm_get(&vm, VMCB_RFLAGS) >> 22)
        count.bad_state++;
}

/* A bit of a page table entry: a flag, or a bit of an address that lies beyond RAM if it is set. */
static unsigned not_an_address_of_the_host(void)
{
    const unsigned bit = random(12 + 64 - RAM_BITS);

    return bit < 12 ? bit : bit - 12 + RAM_BITS;
}

static void one_round(void)
{
    struct host then, now;

    memcpy(vm.vmcb, base, PAGE_4K);
    set_mode();
    if (random(2))
        set_tables();
    if (random(8) == 0)
        write_tables();
    for (unsigned n = random(8); n > 0; n--) {
        const unsigned i = random(sizeof(fields) / sizeof(fields[0]));

        set_field(fields[i].at, fields[i].size);
    }
    keep_host_safe();
    write_code();
    for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        registers[i] = random_value();
    vm.nested[PAGE_PRIVATE + 3] =
        nested_entry ^ (random(32) ? 0 : 1ull << not_an_address_of_the_host());

    memcpy(before, vm.vmcb, PAGE_4K);
    read_host(&then);
    apic_write(APIC_COUNT, TIMER_TICKS);
    fuzz_enter(vm.vmcb, host_vmcb, registers);
    stop_timer();
    read_host(&now);
    if (memcmp(&then, &now, sizeof(then)))
        count.host++;
    check_exit(vm_get(&vm, VMCB_EXIT_CODE));
}

static bool guards_are_whole(void)
{
    for (unsigned i = 0; i < 2; i++)
        for (unsigned n = 0; n < PAGE_4K; n++)
            if (guard[i][n] != GUARD)
                return false;
    return true;
}

static void prepare(void)
{
    guard[0] = page_alloc(1);
    vm_new(&vm, 0);
    guard[1] = page_alloc(1);
    memset(guard[0], GUARD, PAGE_4K);
    memset(guard[1], GUARD, PAGE_4K);
    memcpy(base, vm.vmcb, PAGE_4K);
    nested_entry = vm.nested[PAGE_PRIVATE + 3];
    host_vmcb = page_alloc(1);
    __asm__ volatile("vmsave %%rax" ::"a"(host_vmcb) : "memory");
    apic_write(APIC_SPURIOUS, 0x1ff);
    apic_write(APIC_DIVIDE, 0xb);
    apic_write(APIC_TIMER, TIMER_VECTOR);
}

void guest_main(void)
{
    const uint64_t seed = argument("seed", 1), rounds = argument("rounds", 20000),
                   first = argument("first", 0);

    trap_init();
    svm_init();
    prepare();
    for (uint64_t round = first; round < first + rounds; round++) {
        random_state = (seed << 32 | round) * 0x9e3779b97f4a7c15ull + 1;
        if (round % 10000 == 0)
            print("# round %u\n", (unsigned)round);
        one_round();
    }
    print("# %u intercepts, %u nested page faults, %u VMRUNs failed, %u ended by the timer\n",
          count.intercepted, count.nested, count.invalid, count.timer);
    ok(count.intercepted && count.nested && count.invalid,
       "VMRUNs end in intercepts, nested page faults and failures");
    is(count.illegal, 0, "no other exit code");
    is(count.not_asked, 0, "no exit that is not intercepted");
    is(count.changed, 0, "a VMRUN that fails does not change the guest's state");
    is(count.bad_state, 0, "CPL and RFLAGS of the guest are possible values");
    is(count.host, 0, "the host's registers are as before");
    ok(guards_are_whole(), "so is memory beside that of the guest");
    done_testing();
}
