/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that the MSRs for memory encryption have the values that a SEV guest sees.
 *
 * SEV_STATUS: read-only, bit 0 set in a SEV guest (Linux
 * Documentation/arch/x86/amd-memory-encryption.rst, which names AMD64 APM vol. 2, 15.34.10). SYSCFG:
 * zero in a KVM guest (Linux 6.1 arch/x86/kvm/x86.c kvm_get_msr_common()), so that Linux neither
 * crashes nor takes the guest for a host with SME. HWCR: TscFreqSel, without which Linux reports a
 * firmware bug (arch/x86/kernel/cpu/amd.c bsp_init_amd()). Compiled for both modes.
 */
#include "guest.h"

#define MSR_GHCB          0xc0010130u
#define MSR_VM_PAGE_FLUSH 0xc001011eu

static void reads_as(uint32_t msr, uint64_t want, const char *name)
{
    uint64_t value;
    struct fault f = try_rdmsr(msr, &value);

    if (ok(f.vector == FAULT_NONE, "RDMSR %s does not fault", name))
        is(value, want, name);
    else
        skip(name, "it faulted");
}

static void refuses(uint32_t msr, uint64_t value, const char *name)
{
    struct fault f = try_wrmsr(msr, value);

    ok(f.vector == FAULT_GP && f.error == 0, "WRMSR %s = %llx: #GP(0)", name, (llu)value);
}

static void sev_status(void)
{
    reads_as(MSR_SEV_STATUS, 1, "SEV_STATUS");
    refuses(MSR_SEV_STATUS, 0, "SEV_STATUS");
    refuses(MSR_SEV_STATUS, 1, "SEV_STATUS");
    refuses(MSR_SEV_STATUS, ~0ull, "SEV_STATUS");
    reads_as(MSR_SEV_STATUS, 1, "SEV_STATUS after these");
}

static void absent(uint32_t msr, const char *name)
{
    uint64_t value;
    struct fault f = try_rdmsr(msr, &value);

    ok(f.vector == FAULT_GP && f.error == 0, "RDMSR %s: #GP(0), plain SEV has none", name);
}

void guest_main(void)
{
    trap_init();
    sev_status();
    reads_as(MSR_SYSCFG, 0, "SYSCFG");
    reads_as(MSR_HWCR, 1u << 24, "HWCR has TscFreqSel");
    absent(MSR_GHCB, "GHCB");
    absent(MSR_VM_PAGE_FLUSH, "VM_PAGE_FLUSH");
    done_testing();
}
