/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that CPUID shows a SEV guest leaf 8000001Fh and its related bits, and no feature that a
 * plain SEV guest does not have.
 *
 * Sources: Linux Documentation/arch/x86/amd-memory-encryption.rst (8000001Fh);
 * cpu-ext/cpuid.h has the sources of the other leaves.
 *
 * Linux arch/x86/kernel/cpu/topology_amd.c parse_8000_001e() (8000001Eh) and
 * arch/x86/kernel/cpu/mce/amd.c (80000007h EBX: features whose MSRs must exist).
 *
 * Arguments: cbitpos, reduced (values of the sev: line), rdrand (0: the CPU model lacks it), cpus.
 */
#include "guest.h"

static void encryption_leaf(void)
{
    struct cpuid r = cpuid(0x8000001f, 0);

    ok(cpuid(0x80000000, 0).eax >= 0x8000001f, "the maximum extended leaf reaches 8000001Fh");
    ok(r.eax & 2, "8000001Fh EAX: SEV");
    ok(!(r.eax & ~3u), "8000001Fh EAX: neither VM_PAGE_FLUSH, ES, SNP nor anything later (%x)",
       r.eax);
    is(r.ebx & 0x3f, argument("cbitpos", 0), "8000001Fh EBX: position of the C-bit");
    is(r.ebx >> 6 & 0x3f, argument("reduced", 0), "8000001Fh EBX: address bits lost");
    is(r.ebx >> 12, 0, "8000001Fh EBX: no VMPLs");
    ok(r.edx <= 1, "8000001Fh EDX: no ASID is reserved for SEV-ES (%u)", r.edx);
}

static void guest_features(void)
{
    struct cpuid svm = cpuid(0x8000000a, 0);

    ok(cpuid(1, 0).ecx >> 31, "1h ECX: a hypervisor is there");
    /* Linux needs it for its check of the C-bit; the model must have it, SEV does not add it. */
    is(cpuid(1, 0).ecx >> 30 & 1, argument("rdrand", 1), "1h ECX: RDRAND as the CPU model");
    ok(!(cpuid(0x80000001, 0).ecx & 4), "80000001h ECX: no SVM");
    ok(!(cpuid(1, 0).ecx & 1u << 3), "1h ECX: no MONITOR and MWAIT");
    ok(!(svm.eax | svm.ebx | svm.ecx | svm.edx), "8000000Ah: nothing, as there is no SVM");
    ok(cpuid(0x80000001, 0).edx >> 29 & 1, "80000001h EDX: long mode");
}

static void no_svm(void)
{
    struct fault f = try_wrmsr(MSR_EFER, rdmsr(MSR_EFER) | 1u << 12);

    ok(f.vector == FAULT_GP && f.error == 0, "EFER.SVME is reserved: #GP(0)");
}

static void same_twice(void)
{
    struct cpuid a = cpuid(0x8000001f, 0), b = cpuid(0x8000001f, 7);

    ok(!memcmp(&a, &b, sizeof(a)), "8000001Fh has no subleaves");
}

/* The ID of leaf 1 is that of the local APIC. */
static void topology(void *arg)
{
    struct cpuid r = cpuid(0x8000001e, 0);

    (void)arg;
    is(r.eax, cpuid(1, 0).ebx >> 24, "8000001Eh EAX: the APIC ID of this CPU");
    is(r.ebx >> 8 & 0xff, 0, "8000001Eh EBX: one thread in a core");
    is(cpuid(0x80000007, 0).ebx, 0, "80000007h EBX: no MCA features whose MSRs do not exist");
}

static void two_cpus(void)
{
    topology(NULL);
    if (!ap_start(NULL))
        bail_out("the second CPU did not start");
    on_cpu(1, topology, NULL);
}

void guest_main(void)
{
    trap_init();
    is(boot_cbit, 1ull << argument("cbitpos", 0), "the boot code found the C-bit");
    encryption_leaf();
    guest_features();
    no_svm();
    same_twice();
    if (argument("cpus", 1) == 2)
        two_cpus();
    done_testing();
}
