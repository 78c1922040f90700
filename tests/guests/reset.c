/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: what does a reset of the machine leave of SEV? As with a virtual machine that its
 * hypervisor resets: the guest's context and key stay, so private memory is readable again, no
 * second launch happens, and the CPU comes up as a SEV guest. INIT leaves MSRs as they are (AMD64
 * APM vol. 2, processor state after INIT), RESET does not.
 *
 * The guest boots three times: a count in RAM, which a reset keeps, tells the times apart.
 */
#include "guest.h"

#define COUNT     ((volatile uint32_t *)0x3000000)
#define FIRST     0x52534554u  /* what stands there from the first boot on, counting up */
#define HWCR_BIT  (1ull << 24) /* TscFreqSel, which a KVM guest may set */
#define HV_HANDLE 1u           /* the one guest of an automatic launch */

static void halt(void)
{
    for (;;)
        __asm__ volatile("hlt");
}

static void first_boot(void)
{
    *COUNT = FIRST;
    wrmsr(MSR_HWCR, HWCR_BIT);
    is(rdmsr(MSR_HWCR), HWCR_BIT, "HWCR takes a bit that KVM lets a guest set");
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
    is(rdmsr(MSR_HWCR), HWCR_BIT, "INIT leaves HWCR");
    outb(0xcf9, 2);
    outb(0xcf9, 6); /* the chipset's reset control: RESET */
    halt();
}

static void third_boot(void)
{
    continue_testing(10);
    still_a_guest();
    is(rdmsr(MSR_HWCR), 0, "RESET clears HWCR");
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
