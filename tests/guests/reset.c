/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check what remains of SEV after a reset of the machine. The reset is that of a virtual machine:
 * the guest's context and key remain, so private memory is readable again, there is no second
 * launch, and the CPU starts as a SEV guest. INIT does not change MSRs, RESET does.
 *
 * The guest boots three times. A count in RAM, which a reset does not change, says which boot it
 * is.
 *
 * Source: Bochs 3.0 cpu/init.cc BX_CPU_C::reset() (INIT and RESET). That a reset keeps the guest is
 * a choice of this model.
 */
#include "guest.h"

#define COUNT     ((volatile uint32_t *)0x3000000)
#define FIRST     0x52534554u  /* the value of the first boot, counted up by each */
#define HWCR      (1ull << 24) /* TscFreqSel, set at power-on */
#define HWCR_BIT  (1ull << 18) /* McStatusWrEn, which a KVM guest may set */
#define HV_HANDLE 1u           /* the one guest of an automatic launch */

static void halt(void)
{
    for (;;)
        __asm__ volatile("hlt");
}

static void first_boot(void)
{
    *COUNT = FIRST;
    wrmsr(MSR_HWCR, HWCR | HWCR_BIT);
    is(rdmsr(MSR_HWCR), HWCR | HWCR_BIT, "HWCR takes a bit that KVM lets a guest set");
    outb(0x64, 0xfe); /* the keyboard controller's line: INIT */
    halt();
}

static void still_a_guest(void)
{
    struct guest_status guest;
    uint8_t platform[12];

    is(boot_cbit, 1ull << 47, "started again, RAM reads as before through the C-bit");
    is(rdmsr(MSR_SEV_STATUS), 1, "SEV_STATUS");
    is(psp_platform_status(platform), ST_SUCCESS, "PLATFORM_STATUS");
    is(platform[2], PLATFORM_WORKING, "the platform still works");
    is(get32(platform + 8), 1, "there is one guest");
    is(psp_guest_status(HV_HANDLE, &guest), ST_SUCCESS, "GUEST_STATUS");
    is(guest.state, GUEST_RUNNING, "it is running");
    is(guest.asid, 1, "with its ASID");
}

static void second_boot(void)
{
    *COUNT = FIRST + 1;
    continue_testing(1);
    still_a_guest();
    is(rdmsr(MSR_HWCR), HWCR | HWCR_BIT, "INIT leaves HWCR");
    outb(0xcf9, 2);
    outb(0xcf9, 6); /* the chipset's reset control: RESET */
    halt();
}

static void third_boot(void)
{
    continue_testing(10);
    still_a_guest();
    is(rdmsr(MSR_HWCR), HWCR, "RESET gives HWCR its first value");
    done_testing();
}

void guest_main(void)
{
    uint32_t boots = *COUNT - FIRST;

    trap_init();
    mbox_init();
    if (!boot_cbit)
        bail_out("no SEV");
    if (boots > 1)
        first_boot();
    if (boots == 0)
        second_boot();
    third_boot();
}
