/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bochs's magic breakpoint (bochsrc: magic_break: enabled=1, with -dbg); an ordinary processor does
 * nothing. No C library: it stands in an initramfs alone.
 */
void _start(void);
void _start(void)
{
    long result;

    __asm__ volatile("xchg %%bx, %%bx; syscall"
                     : "=a"(result)
                     : "a"(60L), "D"(0L)
                     : "rcx", "r11", "memory");
    __builtin_unreachable();
}
