/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: what does a guest with SEV-ES get for its requests, and for wrong ones? The unit tests of the
 * hypervisor have each row of its tables; here the whole way is asked, from VMGEXIT to the answer.
 *
 * Sources: Linux arch/x86/kvm/svm/sev.c sev_es_validate_vmgexit(), setup_vmgexit_scratch(), svm.c svm_complete_emulated_msr(),
 * sev_handle_vmgexit_msr_protocol(); arch/x86/include/asm/sev-common.h (numbers).
 */
#include "es/es.h"

enum { USAGE = 2, SCRATCH = 3, MISSING = 4, INPUT = 5, EVENT = 6 };

static void malformed(uint64_t code, uint64_t info1, uint64_t info2, unsigned error,
                      const char *name)
{
    const uint64_t result = ghcb_exit(code, info1, info2);
    const uint64_t reason = ghcb_answer(G_INFO2);

    if (!ok(result == 2 && reason == error, "%s: malformed input, %u", name, error))
        print("# %lx, %lx\n", result, reason);
    ghcb_clear();
}

static void msr_protocol(unsigned version)
{
    const unsigned cbit = (unsigned)argument("cbitpos", 47);
    uint64_t answer = ghcb_msr(2);

    is(answer, (uint64_t)version << 48 | UINT64_C(1) << 32 | cbit << 24 | 1, "SEV information");
    answer = ghcb_msr(UINT64_C(0x8000001f) << 32 | 1u << 30 | 4);
    is(answer >> 32 & 0x3f, cbit, "CPUID 8000001Fh EBX by the MSR: the C-bit");
    is(ghcb_msr(0x7f8), 0x7f8, "an unknown request changes nothing");
}

static void requests(void)
{
    ghcb_clear();
    ghcb_set(G_RAX, 0x8000001f);
    ghcb_set(G_RCX, 0);
    is(ghcb_exit(0x72, 0, 0), 0, "CPUID by the page");
    is(ghcb_answer(G_RAX), 0xa, "8000001Fh EAX: SEV and SEV-ES");
    ghcb_clear();
    ghcb_set(G_RCX, 0x1b);
    is(ghcb_exit(0x7c, 0, 0), 0, "RDMSR");
    is(ghcb_answer(G_RAX), 0xfee00900, "APIC_BASE");
    ghcb_clear();
    ghcb_set(G_RCX, 0x12345);
    is(ghcb_exit(0x7c, 0, 0), 1, "RDMSR of an MSR that does not exist: an exception");
    is(ghcb_answer(G_INFO2), 0x8000030d, "#GP, as svm_complete_emulated_msr() writes it");
    ghcb_clear();
    ghcb_set(G_SCRATCH, (uintptr_t)GHCB_PAGE + G_BUFFER);
    is(ghcb_exit(0x80000001, 0xfee00030, 4), 0, "MMIO read of the local APIC's version");
    ok((ghcb_answer(G_BUFFER) & 0xff) >= 0x10, "it has one");
    ghcb_clear();
}

/* What the hypervisor must not reach by a request: MSRs of the guest, MSRs of nested guests, ROM. */
static void protected(void)
{
    static const uint32_t msrs[] = {0xc0000080, 0xc0000082, 0xc0000100, 0xc0010130, 0xc0010131};
    const uint32_t rom = *(volatile uint32_t *)0xfffffff0u;

    for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
        const uint64_t before = msrs[i] == MSR_GHCB ? 0 : rdmsr(msrs[i]);

        ghcb_clear();
        ghcb_set(G_RCX, msrs[i]);
        ghcb_set(G_RAX, 0x1000);
        ghcb_set(G_RDX, 0);
        (void)ghcb_exit(0x7c, 1, 0);
        ok(msrs[i] == MSR_GHCB || rdmsr(msrs[i]) == before,
           "WRMSR of %x by a request changes nothing", msrs[i]);
    }
    ghcb_clear();
    ghcb_set(G_RCX, 0xc0010114);
    ghcb_set(G_RAX, 0xff);
    ghcb_set(G_RDX, 0);
    is(ghcb_exit(0x7c, 1, 0), 1, "WRMSR of VM_CR: an exception, by the answer");
    ghcb_clear();
    ghcb_set(G_SCRATCH, (uintptr_t)GHCB_PAGE + G_BUFFER);
    memset(GHCB_PAGE + G_BUFFER, 0x5a, 8);
    is(ghcb_exit(0x80000002, 0xfffffff0, 4), 0, "MMIO write to ROM");
    ok(*(volatile uint32_t *)0xfffffff0u == rom, "it is dropped");
    ghcb_clear();
}

static void wrong_ones(void)
{
    ghcb_set(G_RAX, 0);
    malformed(0x72, 0, 0, MISSING, "CPUID without RCX");
    malformed(0x99, 0, 0, EVENT, "an exit that does not exist");
    *(volatile uint32_t *)(GHCB_PAGE + G_USAGE) = 7;
    malformed(0x72, 0, 0, USAGE, "an unknown usage of the page");
    malformed(0x80000001, 0xfee00030, 4, MISSING, "MMIO without a scratch area");
    ghcb_set(G_SCRATCH, (uintptr_t)GHCB_PAGE + 0xfec);
    malformed(0x80000001, 0xfee00030, 8, SCRATCH, "a scratch area that leaves the buffer");
    ghcb_set(G_SCRATCH, ~UINT64_C(3));
    malformed(0x80000001, 0xfee00030, 8, SCRATCH, "a scratch area that wraps around");
    malformed(0x80000005, 7, 0, INPUT, "AP jump table, neither get nor set");
}

/* Lengths and places that Bochs's devices do not expect. */
static void odd_mmio(void)
{
    static const uint64_t places[] = {0xfee00000, 0xfee00ffd, 0xfec00001,     0xfed000ff,
                                      0xa0000,    0xfffffffd, 0x100000000000, 0xfffffffffffffffd};

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        for (uint64_t len = 1; len <= 8; len++)
            for (unsigned write = 0; write < 2; write++) {
                ghcb_clear();
                ghcb_set(G_SCRATCH, (uintptr_t)GHCB_PAGE + G_BUFFER);
                (void)ghcb_exit(0x80000001 + write, places[i], len);
            }
    ghcb_clear();
    ok(true, "MMIO of any length anywhere ends");
}

void guest_main(void)
{
    es_init();
    msr_protocol((unsigned)argument("version", 2));
    requests();
    protected();
    wrong_ones();
    odd_mmio();
    done_testing();
    shutdown();
}
