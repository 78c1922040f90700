/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lets the ACPI power management timer raise the system control interrupt at its next overflow:
 * TMR_EN in the PM1 enable register (ACPI 6.4 section 4.8.3.1) at the port where OVMF puts it. No C
 * library: it stands in an initramfs alone.
 */
enum { SYS_EXIT = 60, SYS_IOPL = 172, PM1_ENABLE = 0xb002, TMR_EN = 1 };

static long syscall1(long number, long argument)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(argument)
                     : "rcx", "r11", "memory");
    return result;
}

void _start(void);
void _start(void)
{
    if (!syscall1(SYS_IOPL, 3))
        __asm__ volatile("outw %w0, %w1" ::"a"(TMR_EN), "d"(PM1_ENABLE));
    syscall1(SYS_EXIT, 0);
    __builtin_unreachable();
}
