/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: what does a guest with SEV-ES get outside of long mode? The error code and the return address of #VC in
 * 32-bit protected mode, no error code in real mode, VMGEXIT in each of them, and a #VC in place of a task switch.
 *
 * Sources: Linux arch/x86/kvm/svm/svm.c init_vmcb() (INTERCEPT_TASK_SWITCH and the others) and task_switch_interception()
 * (EIP is that of the instruction); EDK2 OvmfPkg/ResetVector/Ia32/AmdSev.nasm.inc (VMGEXIT in 32-bit protected mode).
 */
#include "es/legacy.h"

#define FLAG_NT 0x4000u

static const struct {
    const char *name;
    uint8_t len, bytes[4];
    uint16_t exit; /* error code of #VC, 0: there is none */
    bool not_real; /* real mode does not have it */
    uint32_t eax, ecx, edx;
} rows[] = {
    {"CPUID", 2, {0x0f, 0xa2}, 0x72, false, 1, 0, 0},
    {"IN AL, DX", 1, {0xec}, 0x7b, false, 0, 0, 0x80},
    {"OUT DX, AL", 1, {0xee}, 0x7b, false, 0, 0, 0x80},
    {"REP OUTSB", 2, {0xf3, 0x6e}, 0x7b, false, 0, 5, 0x80},
    {"REP OUTSB with ECX 0", 2, {0xf3, 0x6e}, 0, false, 0, 0, 0x80},
    {"RDMSR of 10h", 2, {0x0f, 0x32}, 0x7c, false, 0, 0x10, 0},
    {"RDMSR of EFER", 2, {0x0f, 0x32}, 0, false, 0, 0xc0000080, 0},
    {"WBINVD", 2, {0x0f, 0x09}, 0x89, false, 0, 0, 0},
    {"RDPMC", 2, {0x0f, 0x33}, 0x6f, false, 0, 0, 0},
    {"MOV from DR7", 3, {0x0f, 0x21, 0xf8}, 0x27, false, 0, 0, 0},
    {"VMMCALL", 3, {0x0f, 0x01, 0xd9}, 0x81, true, 0, 0, 0},
    {"RDTSC", 2, {0x0f, 0x31}, 0, false, 0, 0, 0},
};

static void describe(enum legacy_mode mode)
{
    print("# %u #VC, error %x, ip %x for %x, cs %x, sp %x for %x\n", legacy_vc.count,
          legacy_vc.error, legacy_vc.ip, legacy_ip(mode), legacy_vc.cs, legacy_vc.sp, legacy_sp_in);
}

/* The frame of an exception: in protected mode four words of 4 bytes, in real mode three of 2. */
static bool frame(enum legacy_mode mode, unsigned exit, unsigned ip)
{
    if (mode == LEGACY_REAL)
        return legacy_vc.cs == 0x1000 && legacy_vc.ip == ip && legacy_sp_in - legacy_vc.sp == 6;
    return legacy_vc.error == exit && legacy_vc.cs == 8 && legacy_vc.ip == ip &&
           legacy_sp_in - legacy_vc.sp == 16;
}

static void try_rows(void)
{
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (enum legacy_mode mode = 0; mode < LEGACY_MODES; mode++) {
            bool good;

            if (mode == LEGACY_REAL && rows[i].not_real)
                continue;
            legacy_regs = (struct legacy_regs){rows[i].eax, rows[i].ecx, rows[i].edx, 0x11000, 0};
            legacy_run(mode, rows[i].bytes, rows[i].len);
            good = rows[i].exit ? legacy_vc.count == 1 && frame(mode, rows[i].exit, legacy_ip(mode))
                                : legacy_vc.count == 0;
            if (!ok(good, "%s, %s: %s%x", rows[i].name, legacy_names[mode],
                    rows[i].exit ? "#VC " : "no #VC ", rows[i].exit))
                describe(mode);
        }
}

/* VMGEXIT by the MSR: RDMSR and WRMSR of it are not intercepted. */
static void try_msr_protocol(void)
{
    static const uint8_t bytes[] = {
        0x0f, 0x30,             /* WRMSR */
        0xf3, 0x0f, 0x01, 0xd9, /* VMGEXIT */
        0x0f, 0x32,             /* RDMSR */
    };

    for (enum legacy_mode mode = 0; mode < LEGACY_MODES; mode++) {
        legacy_regs = (struct legacy_regs){2, MSR_GHCB, 0, 0, 0};
        legacy_run(mode, bytes, sizeof(bytes));
        if (!ok(legacy_vc.count == 0 && legacy_regs.edx == 0x20001 &&
                    legacy_regs.eax >> 24 == (unsigned)argument("cbitpos", 47) &&
                    (legacy_regs.eax & 0xfff) == 1,
                "VMGEXIT in %s: SEV information", legacy_names[mode]))
            print("# %x %x, %u #VC\n", legacy_regs.edx, legacy_regs.eax, legacy_vc.count);
    }
}

/* VMGEXIT by the page, in the mode of the firmware that starts with PAE. */
static void try_page_protocol(void)
{
    static const uint8_t f3[] = {0xf3, 0x0f, 0x01, 0xd9}, f2[] = {0xf2, 0x0f, 0x01, 0xd9};

    for (unsigned i = 0; i < 2; i++) {
        uint64_t result, eax;

        ghcb_clear();
        ghcb_set(G_RAX, 0x8000001f);
        ghcb_set(G_RCX, 0);
        ghcb_set(G_CODE, 0x72);
        ghcb_set(G_INFO1, 0);
        ghcb_set(G_INFO2, 0);
        wrmsr(MSR_GHCB, (uintptr_t)GHCB_PAGE);
        legacy_run(LEGACY_PAE, i ? f2 : f3, sizeof(f3));
        result = ghcb_get(G_INFO1);
        eax = ghcb_get(G_RAX);
        ok(result == 0 && eax == 0xa, "VMGEXIT with prefix %s in 32-bit PAE: CPUID by the page",
           i ? "F2" : "F3");
    }
}

static const struct {
    const char *name;
    uint8_t len, bytes[12], at; /* at: offset of the instruction that switches */
    bool busy;                  /* of the task that it switches to */
} switches[] = {
    {"JMP to a TSS", 7, {0xea, 0, 0, 0, 0, LEGACY_TSS_B, 0}, 0, false},
    {"CALL of a TSS", 7, {0x9a, 0, 0, 0, 0, LEGACY_TSS_B, 0}, 0, false},
    {"INT through a task gate", 2, {0xcd, LEGACY_TASK_GATE}, 0, false},
    /* PUSHF, OR [ESP], NT; POPF; IRET */
    {"IRET with NT", 10, {0x9c, 0x81, 0x0c, 0x24, 0, 0x40, 0, 0, 0x9d, 0xcf}, 9, true},
};

static void try_task_switch(void)
{
    for (unsigned i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
        for (enum legacy_mode mode = LEGACY_32; mode <= LEGACY_PAE; mode++) {
            const bool nested = switches[i].at != 0;

            legacy_set_busy(LEGACY_TSS_B, switches[i].busy);
            legacy_regs = (struct legacy_regs){0, 0, 0, 0, 0};
            legacy_run(mode, switches[i].bytes, switches[i].len);
            if (!ok(legacy_vc.count == 1 && frame(mode, 0x7d, legacy_ip(mode) + switches[i].at),
                    "%s, %s: #VC 7d at the instruction", switches[i].name, legacy_names[mode]))
                describe(mode);
            ok((legacy_regs.tr & 0xffff) == LEGACY_TSS_A && legacy_type(LEGACY_TSS_A) == 0x8b &&
                   legacy_type(LEGACY_TSS_B) == (switches[i].busy ? 0x8b : 0x89) &&
                   !(legacy_vc.flags & FLAG_NT) == !nested,
               "%s, %s: neither task has changed", switches[i].name, legacy_names[mode]);
        }
}

void guest_main(void)
{
    es_init();
    legacy_init();
    try_rows();
    try_msr_protocol();
    try_page_protocol();
    try_task_switch();
    done_testing();
    shutdown();
}
