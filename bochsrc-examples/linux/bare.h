/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Support code for a program in an initramfs without a C library: its entry point, system calls of
 * Linux on x86-64, I/O ports. A program has one file, which includes this header.
 */
#ifndef BARE_H
#define BARE_H

enum {
    CALL_READ = 0,
    CALL_WRITE = 1,
    CALL_CLOSE = 3,
    CALL_MMAP = 9,
    CALL_PREAD64 = 17,
    CALL_EXIT = 60,
    CALL_IOPERM = 173,
    CALL_OPENAT = 257
};

static inline long call(long number, long a, const void *b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* Request access to all I/O ports. Return nonzero if Linux grants it. With iopl() a SEV-ES guest has no
 * access: Linux arch/x86/kernel/sev.c vc_ioio_check() looks at the bitmap of ioperm() only. */
static inline int ports_open(void)
{
    return !call(CALL_IOPERM, 0, (const void *)65536, 1, 0, 0, 0);
}

static inline void outb(unsigned short port, unsigned char value)
{
    __asm__ volatile("outb %0, %1" ::"a"(value), "d"(port));
}

static inline void outw(unsigned short port, unsigned short value)
{
    __asm__ volatile("outw %0, %1" ::"a"(value), "d"(port));
}

static inline unsigned char inb(unsigned short port)
{
    unsigned char value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port));
    return value;
}

/* The program. Returns the exit status. */
static long run(void);

__attribute__((force_align_arg_pointer)) void _start(void);
void _start(void)
{
    call(CALL_EXIT, run(), 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

#endif
