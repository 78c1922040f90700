/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: which instructions and events raise #VC in a guest with SEV-ES, with which error code, from
 * which privilege level and in which mode, and which do not? What KVM intercepts is the answer.
 *
 * Sources: Linux arch/x86/kvm/svm/svm.c init_vmcb(), arch/x86/kvm/svm/sev.c sev_es_init_vmcb() (what is
 * intercepted); arch/x86/include/uapi/asm/svm.h (exit codes); binutils opcodes/i386-dis.c (encodings);
 * VirtualBox src/VBox/VMM/VMMAll/IEMAllCImplSvmInstr.cpp iemHandleSvmEventIntercept() (the intercept of #DB
 * does not cover ICEBP, which has one of its own, and KVM does not set that).
 */
#include "es/es.h"

#define GP 13
#define UD 6

#define FLAG_TF     0x100u
#define FLAG_IOPL   0x3000u
#define FLAG_AC     0x40000u
#define FLAG_RF     0x10000u
#define CR0_AM      0x40000u
#define CR4_PCE     0x100u
#define CR4_OSXSAVE 0x40000u
#define CR2_MARK    0x5a5a5000u

/* A page with the instruction, then INT 30h. */
static uint8_t code[64] __attribute__((aligned(64)));
static uint8_t buffer[64] __attribute__((aligned(64)));

static void assemble(const uint8_t *bytes, unsigned len)
{
    memcpy(code, bytes, len);
    code[len] = 0xcd;
    code[len + 1] = 0x30;
    __asm__ volatile("" ::: "memory");
}

/* --- what is intercepted --- */

struct row {
    const char *name;
    uint8_t len, bytes[6];
    uint16_t exit; /* error code of #VC, 0: there is none */
    int8_t user;   /* vector at CPL 3 in place of #VC, 0: #VC too */
    uint64_t rax, rcx, rdx;
};

static const struct row rows[] = {
    {"CPUID", 2, {0x0f, 0xa2}, 0x72, 0, 1, 0, 0},
    {"RDPMC", 2, {0x0f, 0x33}, 0x6f, 0, 0, 0, 0},
    {"IN AL, DX", 1, {0xec}, 0x7b, 0, 0, 0, 0x80},
    {"IN eAX, DX", 1, {0xed}, 0x7b, 0, 0, 0, 0x80},
    {"IN AL, 80h", 2, {0xe4, 0x80}, 0x7b, 0, 0, 0, 0},
    {"OUT DX, AL", 1, {0xee}, 0x7b, 0, 0, 0, 0x80},
    {"OUT 80h, AL", 2, {0xe6, 0x80}, 0x7b, 0, 0, 0, 0},
    {"INSB", 1, {0x6c}, 0x7b, 0, 0, 0, 0x80},
    {"OUTSB", 1, {0x6e}, 0x7b, 0, 0, 0, 0x80},
    {"OUTSB with RCX 0, without REP", 1, {0x6e}, 0x7b, 0, 0, 0, 0x80},
    {"REP OUTSB", 2, {0xf3, 0x6e}, 0x7b, 0, 0, 5, 0x80},
    {"REP INSB", 2, {0xf3, 0x6c}, 0x7b, 0, 0, 5, 0x80},
    {"REP OUTSB with RCX 0", 2, {0xf3, 0x6e}, 0, 0, 0, 0, 0x80},
    {"REP INSB with RCX 0", 2, {0xf3, 0x6c}, 0, 0, 0, 0, 0x80},
    {"RDMSR of 10h", 2, {0x0f, 0x32}, 0x7c, GP, 0, 0x10, 0},
    {"RDMSR of an MSR that does not exist", 2, {0x0f, 0x32}, 0x7c, GP, 0, 0x12345, 0},
    {"WRMSR of 1Bh", 2, {0x0f, 0x30}, 0x7c, GP, 0xfee00900, 0x1b, 0},
    /* The intercept comes before #UD: kvm-unit-tests x86/svm_tests.c check_rsm_intercept(). */
    {"RSM", 2, {0x0f, 0xaa}, 0x73, 0, 0, 0, 0},
    {"INVD", 2, {0x0f, 0x08}, 0x76, GP, 0, 0, 0},
    {"WBINVD", 2, {0x0f, 0x09}, 0x89, GP, 0, 0, 0},
    {"MOV from DR7", 3, {0x0f, 0x21, 0xf8}, 0x27, GP, 0, 0, 0},
    {"MOV to DR7", 3, {0x0f, 0x23, 0xf8}, 0x37, GP, 0x400, 0, 0},
    {"VMRUN", 3, {0x0f, 0x01, 0xd8}, 0x80, GP, 0, 0, 0},
    {"VMMCALL", 3, {0x0f, 0x01, 0xd9}, 0x81, 0, 0, 0, 0},
    {"VMLOAD", 3, {0x0f, 0x01, 0xda}, 0x82, GP, 0, 0, 0},
    {"VMSAVE", 3, {0x0f, 0x01, 0xdb}, 0x83, GP, 0, 0, 0},
    {"STGI", 3, {0x0f, 0x01, 0xdc}, 0x84, GP, 0, 0, 0},
    {"CLGI", 3, {0x0f, 0x01, 0xdd}, 0x85, GP, 0, 0, 0},
    {"SKINIT", 3, {0x0f, 0x01, 0xde}, 0x86, GP, 0, 0, 0},
    {"INVLPGA", 3, {0x0f, 0x01, 0xdf}, 0x7a, GP, 0, 0, 0},
    {"MONITOR", 3, {0x0f, 0x01, 0xc8}, 0x8a, UD, (uintptr_t)0x10000, 0, 0},
    {"MWAIT", 3, {0x0f, 0x01, 0xc9}, 0x8b, UD, 0, 0, 0},
};

static void describe(const char *what, int vector, uint64_t rip)
{
    print("# %s: vector %d, %u #VC, code %lx, rip %lx for %lx, flags %lx, cr2 %lx\n", what, vector,
          vc.count, vc.code, vc.rip, rip, vc.rflags, vc.cr2);
}

/* Run the code. True: as the row says. */
static bool try(const struct row *row, enum mode mode, unsigned cpl)
{
    struct regs regs = {
        row->rax,         0x77, row->rcx, row->rdx, (uintptr_t)buffer, (uintptr_t)buffer,
        FLAG_IOPL | 0x8d4};
    const uint64_t flags = regs.rflags, rip = rip_in(mode, code);
    const bool faults = cpl == 3 && row->user;
    int vector;
    bool good;

    assemble(row->bytes, row->len);
    write_cr2(CR2_MARK);
    vc.count = 0;
    vc_expect(rip + row->len);
    vector = run_in(mode, cpl, code, &regs);
    vc_expect(0);
    if (faults || !row->exit)
        good = vc.count == 0 && vector == (faults ? row->user : -1);
    else
        good = vector == -1 && vc.count == 1 && vc.code == row->exit && vc.rip == rip &&
               ((vc.rflags ^ flags) & ~FLAG_RF & ~2u) == 0 && vc.cr2 == CR2_MARK;
    if (!good)
        describe(row->name, vector, rip);
    return good;
}

static void try_rows(void)
{
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (enum mode mode = 0; mode < MODES; mode++)
            for (unsigned cpl = 0; cpl <= 3; cpl += 3)
                ok(try(&rows[i], mode, cpl), "%s, %s code, CPL %u: %s%x", rows[i].name,
                   mode_names[mode], cpl,
                   cpl == 3 && rows[i].user ? "exception "
                   : rows[i].exit           ? "#VC "
                                            : "no #VC ",
                   cpl == 3 && rows[i].user ? (unsigned)rows[i].user : rows[i].exit);
}

/* --- what is not --- */

static const struct {
    const char *name;
    uint8_t len, bytes[8];
    int vector; /* -1: it is executed */
    bool only_64;
    uint64_t rax, rcx;
} free_rows[] = {
    {"RDTSC", 2, {0x0f, 0x31}, -1, false, 0, 0},
    {"RDTSCP", 3, {0x0f, 0x01, 0xf9}, -1, false, 0, 0},
    {"PAUSE", 2, {0xf3, 0x90}, -1, false, 0, 0},
    {"PUSHF, POPF", 2, {0x9c, 0x9d}, -1, false, 0, 0},
    {"MOV from CR0", 3, {0x0f, 0x20, 0xc0}, -1, false, 0, 0},
    {"MOV from and to CR0", 6, {0x0f, 0x20, 0xc0, 0x0f, 0x22, 0xc0}, -1, true, 0, 0},
    {"MOV from and to CR3", 6, {0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8}, -1, true, 0, 0},
    {"MOV from and to CR4", 6, {0x0f, 0x20, 0xe0, 0x0f, 0x22, 0xe0}, -1, true, 0, 0},
    {"MOV from and to CR8", 8, {0x44, 0x0f, 0x20, 0xc0, 0x44, 0x0f, 0x22, 0xc0}, -1, true, 0, 0},
    {"CLTS", 2, {0x0f, 0x06}, -1, false, 0, 0},
    {"SMSW, LMSW", 6, {0x0f, 0x01, 0xe0, 0x0f, 0x01, 0xf0}, -1, false, 0, 0},
    {"INVLPG", 3, {0x0f, 0x01, 0x3e}, -1, true, 0, 0},
    {"SGDT, LGDT", 6, {0x0f, 0x01, 0x06, 0x0f, 0x01, 0x16}, -1, true, 0, 0},
    {"SIDT, LIDT", 6, {0x0f, 0x01, 0x0e, 0x0f, 0x01, 0x1e}, -1, true, 0, 0},
    {"SLDT", 3, {0x0f, 0x00, 0xc0}, -1, false, 0, 0},
    {"STR", 3, {0x0f, 0x00, 0xc8}, -1, false, 0, 0},
    {"XGETBV", 3, {0x0f, 0x01, 0xd0}, -1, false, 0, 0},
    {"XSETBV", 3, {0x0f, 0x01, 0xd1}, -1, false, 1, 0},
    {"MOV from and to DR0", 6, {0x0f, 0x21, 0xc0, 0x0f, 0x23, 0xc0}, -1, false, 0, 0},
    {"MOV from and to DR6", 6, {0x0f, 0x21, 0xf0, 0x0f, 0x23, 0xf0}, -1, true, 0, 0},
    {"SWAPGS", 6, {0x0f, 0x01, 0xf8, 0x0f, 0x01, 0xf8}, -1, true, 0, 0},
    {"INT3", 1, {0xcc}, 3, false, 0, 0},
    {"INT1 (ICEBP)", 1, {0xf1}, 1, false, 0, 0},
    {"UD2", 2, {0x0f, 0x0b}, UD, false, 0, 0},
    {"RDPRU, which CPUID does not have", 3, {0x0f, 0x01, 0xfd}, UD, false, 0, 0},
    {"RDMSR of EFER", 2, {0x0f, 0x32}, -1, false, 0, 0xc0000080},
    {"RDMSR of PAT", 2, {0x0f, 0x32}, -1, false, 0, 0x277},
    {"RDMSR of LSTAR", 2, {0x0f, 0x32}, -1, false, 0, 0xc0000082},
    {"RDMSR of GS base", 2, {0x0f, 0x32}, -1, false, 0, 0xc0000101},
    {"RDMSR of kernel GS base", 2, {0x0f, 0x32}, -1, false, 0, 0xc0000102},
    {"RDMSR of TSC_AUX", 2, {0x0f, 0x32}, -1, false, 0, 0xc0000103},
    {"RDMSR of SYSENTER_EIP", 2, {0x0f, 0x32}, -1, false, 0, 0x176},
    {"RDMSR of the GHCB MSR", 2, {0x0f, 0x32}, -1, false, 0, MSR_GHCB},
    {"RDMSR of SEV_STATUS", 2, {0x0f, 0x32}, -1, false, 0, MSR_SEV_STATUS},
    {"WRMSR of SEV_STATUS", 2, {0x0f, 0x30}, GP, false, 3, MSR_SEV_STATUS},
};

/* A CPU model without RDTSCP has no such instruction, and TSC_AUX is not the guest's. */
static void try_without_rdtscp(void)
{
    static const struct row tsc_aux = {"RDMSR of TSC_AUX", 2, {0x0f, 0x32}, 0x7c, GP, 0,
                                       0xc0000103,         0};
    static const struct row rdtscp = {"RDTSCP", 3, {0x0f, 0x01, 0xf9}, 0, UD, 0, 0, 0};

    for (enum mode mode = 0; mode < MODES; mode++) {
        ok(try(&rdtscp, mode, 3), "RDTSCP, %s code, CPL 3: exception 6, no #VC", mode_names[mode]);
        ok(try(&tsc_aux, mode, 0), "RDMSR of TSC_AUX, %s code: #VC 7c", mode_names[mode]);
    }
}

static void try_free(void)
{
    for (unsigned i = 0; i < sizeof(free_rows) / sizeof(free_rows[0]); i++)
        for (enum mode mode = 0; mode < (free_rows[i].only_64 ? 1 : MODES); mode++) {
            struct regs regs = {free_rows[i].rax, 0, free_rows[i].rcx, 0, (uintptr_t)buffer, 0, 0};
            int vector;

            assemble(free_rows[i].bytes, free_rows[i].len);
            vc.count = 0;
            vc_expect(rip_in(mode, code) + free_rows[i].len);
            vector = run_in(mode, 0, code, &regs);
            vc_expect(0);
            if (!ok(vc.count == 0 && vector == free_rows[i].vector, "%s, %s code: no #VC",
                    free_rows[i].name, mode_names[mode]))
                describe(free_rows[i].name, vector, rip_in(mode, code));
        }
}

/* --- events --- */

static const uint8_t load_32[] = {0x8b, 0x06}; /* MOV (rSI), EAX */
static const uint8_t store_32[] = {0x89, 0x06};
static const uint8_t load_16[] = {0x67, 0x66, 0x8b, 0x06}; /* the same in 16-bit code */
static const uint8_t store_16[] = {0x67, 0x66, 0x89, 0x06};

static int run_move(enum mode mode, unsigned cpl, bool store, uint64_t at, uint64_t rflags)
{
    struct regs regs = {0, 0, 0, 0, at, 0, rflags};
    const bool narrow = mode == MODE_16;
    const unsigned len = narrow ? sizeof(load_16) : sizeof(load_32);
    int vector;

    assemble(store ? (narrow ? store_16 : store_32) : (narrow ? load_16 : load_32), len);
    write_cr2(CR2_MARK);
    vc.count = 0;
    vc_expect(rip_in(mode, code) + len);
    vector = run_in(mode, cpl, code, &regs);
    vc_expect(0);
    return vector;
}

static const struct {
    const char *name;
    uint64_t address;
    bool mmio;
} places[] = {
    {"RAM", 0x300000, false},           {"shared RAM", 0x200000, false},
    {"ROM", 0xfffff000, false},         {"shadow RAM", 0xe0000, false},
    {"VGA memory", 0xa0000, true},      {"local APIC", 0xfee00030, true},
    {"I/O APIC", 0xfec00000, true},     {"HPET", 0xfed00000, true},
    {"the PCI hole", 0xc8000000, true}, {"above RAM", 0x30000000, true},
};

static void try_places(void)
{
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        for (enum mode mode = 0; mode < MODES; mode++)
            for (unsigned what = 0; what < 4; what++) {
                const unsigned cpl = what & 1 ? 3 : 0;
                const int vector = run_move(mode, cpl, what & 2, places[i].address, 0);
                const bool good =
                    vector == -1 && vc.count == places[i].mmio &&
                    (!places[i].mmio ||
                     (vc.code == 0x400 && vc.rip == rip_in(mode, code) && vc.cr2 == CR2_MARK));

                if (!ok(good, "%s %s, %s code, CPL %u: %s", what & 2 ? "store to" : "load from",
                        places[i].name, mode_names[mode], cpl,
                        places[i].mmio ? "#VC 400" : "no #VC"))
                    describe(places[i].name, vector, rip_in(mode, code));
            }
}

static void try_alignment(void)
{
    write_cr0(read_cr0() | CR0_AM);
    for (enum mode mode = 0; mode < MODES; mode++) {
        int vector = run_move(mode, 3, false, 0x300001, FLAG_AC);

        ok(vector == -1 && vc.count == 1 && vc.code == 0x51 && vc.rip == rip_in(mode, code),
           "misaligned load with alignment check, %s code: #VC 51", mode_names[mode]);
    }
    write_cr0(read_cr0() & ~(uintptr_t)CR0_AM);
}

static uint64_t read_dr6(void)
{
    uint64_t v;

    __asm__ volatile("mov %%dr6, %0" : "=r"(v));
    return v;
}

static void try_single_step(void)
{
    static const uint8_t nop[] = {0x90};

    for (enum mode mode = 0; mode < MODES; mode++) {
        struct regs regs = {.rflags = FLAG_TF};

        assemble(nop, sizeof(nop));
        __asm__ volatile("mov %0, %%dr6" ::"r"((uint64_t)0xffff0ff0));
        vc.count = 0;
        vc_expect(rip_in(mode, code) + 1);
        (void)run_in(mode, 0, code, &regs);
        vc_expect(0);
        ok(vc.count == 1 && vc.code == 0x41 && vc.rip == rip_in(mode, code) + 1,
           "single step, %s code: #VC 41 after the instruction", mode_names[mode]);
        ok(read_dr6() & 1u << 14, "single step, %s code: DR6.BS is set before the handler runs",
           mode_names[mode]);
    }
}

/* A #VC does not retire its instruction: no single step after it until it is executed. */
static void try_step_over_vc(void)
{
    struct regs regs = {.rflags = FLAG_TF};
    static const uint8_t insn[] = {0x0f, 0xa2};

    assemble(insn, sizeof(insn));
    vc.count = 0;
    vc_expect(rip_in(MODE_64, code) + 2);
    (void)run_in(MODE_64, 0, code, &regs);
    vc_expect(0);
    ok(vc.count == 1 && vc.code == 0x72 && vc.rflags & FLAG_TF, "CPUID with TF: one #VC, 72");
}

/* The exception comes before the intercept. */
static void refused(const char *name, const uint8_t *bytes, unsigned len, uint64_t rdx)
{
    struct regs regs = {.rdx = rdx};
    int vector;

    assemble(bytes, len);
    vc.count = 0;
    vc_expect(rip_in(MODE_64, code) + len);
    vector = run_in(MODE_64, 3, code, &regs);
    vc_expect(0);
    ok(vector == GP && !vc.count, "%s: #GP, no #VC", name);
}

static void privilege(void)
{
    static const uint8_t in[] = {0xec}, rdpmc[] = {0x0f, 0x33};

    refused("IN without IOPL", in, sizeof(in), 0x80);
    write_cr4(read_cr4() & ~(uintptr_t)CR4_PCE);
    refused("RDPMC without CR4.PCE", rdpmc, sizeof(rdpmc), 0);
}

static void svme(void)
{
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~UINT64_C(0x1000));
    is(rdmsr(MSR_EFER), 0x1d00, "EFER.SVME stays set: LME, LMA, NXE, SVME");
    is(rdmsr(MSR_SEV_STATUS), 3, "SEV_STATUS: SEV and SEV-ES");
}

void guest_main(void)
{
    es_init();
    write_cr4(read_cr4() | CR4_PCE | CR4_OSXSAVE);
    svme();
    try_rows();
    if (argument("rdtscp", 1))
        try_free();
    else
        try_without_rdtscp();
    try_places();
    try_alignment();
    try_single_step();
    try_step_over_vc();
    privilege();
    done_testing();
    shutdown();
}
