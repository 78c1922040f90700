/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A second CPU that runs functions for the first one.
 *
 * Source: Linux arch/x86/kernel/smpboot.c wakeup_secondary_cpu_via_init() (INIT, then the start-up
 * IPI) and arch/x86/include/asm/apicdef.h.
 */
#include "guest.h"

#define LAPIC    0xfee00000u
#define ICR_LOW  0x300
#define ICR_HIGH 0x310
#define SVR      0x0f0

extern const uint8_t ap_start16[], ap_end16[];
extern uintptr_t ap_cr0, ap_cr3, ap_cr4;
extern uint32_t ap_efer;
uintptr_t ap_cr0, ap_cr3, ap_cr4;
uint32_t ap_efer;
void ap_main(void) __attribute__((noreturn));

static volatile bool alive, busy;
static void (*volatile job)(void *);
static void *volatile job_arg;

void ap_main(void)
{
    trap_init();
    alive = true;
    for (;;) {
        while (!busy)
            __asm__ volatile("pause" ::: "memory");
        job(job_arg);
        busy = false;
    }
}

static void icr(uint32_t command)
{
    volatile uint32_t *lapic = (volatile uint32_t *)(uintptr_t)LAPIC;

    lapic[SVR / 4] = 0x1ff;
    lapic[ICR_HIGH / 4] = 1u << 24; /* APIC id 1 */
    lapic[ICR_LOW / 4] = command;
    for (unsigned i = 0; i < 100000 && !alive; i++)
        __asm__ volatile("pause" ::: "memory");
}

bool ap_start(const volatile uint8_t *touch)
{
    memcpy((void *)(uintptr_t)AP_PAGE, ap_start16, (size_t)(ap_end16 - ap_start16));
    ap_cr0 = read_cr0();
    ap_cr3 = read_cr3();
    ap_cr4 = read_cr4();
    ap_efer = (uint32_t)rdmsr(MSR_EFER) & (EFER_LME | EFER_NXE);
    icr(0x4500);
    if (touch)
        (void)*touch;
    icr(0x4600 | AP_PAGE >> 12);
    return alive;
}

void ap_begin(void (*fn)(void *), void *arg)
{
    job = fn;
    job_arg = arg;
    busy = true;
}

void ap_wait(void)
{
    while (busy)
        __asm__ volatile("pause" ::: "memory");
}

void on_cpu(unsigned cpu, void (*fn)(void *), void *arg)
{
    if (cpu == 0) {
        fn(arg);
        return;
    }
    ap_begin(fn, arg);
    ap_wait();
}

void views_main(void (*body)(void *))
{
    unsigned cpu = (unsigned)argument("cpu", 0);

    trap_init();
    views_init();
    if (cpu && !ap_start(NULL))
        bail_out("no second CPU");
    on_cpu(cpu, body, NULL);
    done_testing();
}
