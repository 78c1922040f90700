/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: is the machine without a `sev:` line the one that stock Bochs 3.0 emulates? Asked of
 * CPUID, the MSRs, the mailbox's ports, CR3 and the C-bit in a page table.
 *
 * The expected values are those of an unpatched Bochs 3.0 with cpu model=ryzen: this same image
 * passes there (see README.md).
 */
#include "guest.h"

#define CBIT (1ull << 47)

static void no_mailbox(void)
{
    bool all_ones = true;

    outl(MBOX_PORT + MBOX_CMDRESP, CMD_PLATFORM_STATUS << 16);
    for (unsigned i = 0; i < 16; i += 4)
        all_ones = all_ones && inl((uint16_t)(MBOX_PORT + i)) == 0xffffffff;
    ok(all_ones, "ports 5E0h..5EFh belong to nobody");
}

static void cpuid_as_stock(void)
{
    struct cpuid r = cpuid(0x8000001f, 0);

    is(cpuid(0x80000000, 0).eax, 0x8000001f, "maximum extended leaf of the ryzen model");
    is(r.eax, 0x7, "8000001Fh EAX of the ryzen model");
    is(r.ebx, 0x16f, "8000001Fh EBX of the ryzen model");
    is(r.ecx, 0xf, "8000001Fh ECX of the ryzen model");
    is(r.edx, 0, "8000001Fh EDX of the ryzen model");
    ok(!(cpuid(1, 0).ecx >> 31), "no hypervisor bit");
    ok(cpuid(0x80000001, 0).ecx & 4, "SVM is there");
}

static void msr_as_stock(void)
{
    static const uint32_t unknown[] = {MSR_SEV_STATUS, MSR_SYSCFG, MSR_HWCR};

    for (unsigned i = 0; i < 3; i++) {
        uint64_t value;
        struct fault f = try_rdmsr(unknown[i], &value);

        ok(f.vector == FAULT_GP && f.error == 0, "RDMSR %x: #GP(0)", unknown[i]);
        f = try_wrmsr(unknown[i], 0);
        ok(f.vector == FAULT_GP && f.error == 0, "WRMSR %x: #GP(0)", unknown[i]);
    }
}

static void cbit_is_reserved(void)
{
    struct table t = table_new(4, 0, 16 * PAGE_2M);
    volatile uint32_t *at = (volatile uint32_t *)0x70000000;
    uint32_t value;
    struct fault f;

    f = try_cr3((uintptr_t)(read_cr3() | CBIT));
    ok(f.vector == FAULT_GP && f.error == 0, "bit 47 of CR3: #GP(0)");
    table_map(&t, (uintptr_t)at, 0x500000, PAGE_4K, PTE_P | PTE_W | CBIT);
    write_cr3(table_cr3(&t));
    f = try_read(at, &value);
    ok(f.vector == FAULT_PF && f.error == (PF_P | PF_RSVD), "bit 47 of a PTE: #PF, error code %x",
       f.error);
    is(f.address, (uintptr_t)at, "CR2");
}

/* VMGEXIT (a VMMCALL with F2 or F3) and the instructions of SEV-SNP, with every prefix that selects
 * one of them: undefined, and RIP is at the first prefix. */
static void no_new_instructions(void)
{
    static const uint8_t prefixes[][2] = {{0, 0},       {0x66, 0},    {0xf2, 0},    {0xf3, 0},
                                          {0x66, 0xf2}, {0xf3, 0x66}, {0xf2, 0xf3}, {0xf3, 0x48}};
    static const uint8_t last[] = {0xd9, 0xfd, 0xfe, 0xff};
    static uint8_t code[8];

    for (unsigned p = 0; p < sizeof(prefixes) / 2; p++)
        for (unsigned i = 0; i < sizeof(last); i++) {
            unsigned n = 0;
            struct fault f;

            for (unsigned k = 0; k < 2; k++)
                if (prefixes[p][k])
                    code[n++] = prefixes[p][k];
            code[n++] = 0x0f;
            code[n++] = 0x01;
            code[n++] = last[i];
            code[n] = 0xc3; /* RET */
            f = try_exec(code);
            ok(f.vector == FAULT_UD && f.ip == (uintptr_t)code, "%x %x 0F 01 %x: #UD",
               prefixes[p][0], prefixes[p][1], last[i]);
        }
}

void guest_main(void)
{
    trap_init();
    ok(boot_cbit == 0, "the boot code found no SEV");
    no_mailbox();
    cpuid_as_stock();
    msr_as_stock();
    no_new_instructions();
    cbit_is_reserved();
    done_testing();
}
