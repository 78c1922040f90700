/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check a Linux kernel image as a boot loader does, and find the place of its parts and of the
 * initial RAM disk.
 *
 * Source: Linux Documentation/arch/x86/boot.rst, protocol 2.06 and later, bzImage only.
 */
#ifndef SEV_BZIMAGE_H
#define SEV_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Guest physical addresses that our boot ROM uses (bootrom/bootrom.S). */
#define BZIMAGE_SETUP_GPA   0x10000u  /* real-mode part, at most 64 KiB with its heap and stack */
#define BZIMAGE_CMDLINE_GPA 0x20000u  /* at most 64 KiB */
#define BZIMAGE_KERNEL_GPA  0x100000u /* protected-mode part */

struct bzimage {
    uint32_t setup_size;      /* bytes of the real-mode part; the rest is the protected-mode part */
    uint32_t cmdline_max;     /* characters */
    uint64_t initrd_addr_max; /* last byte that the RAM disk may occupy */
    uint64_t kernel_end;      /* the kernel works below; a RAM disk starts here or above */
};

/* Check a kernel. `size` is the size of the file, `data` has its first `len` bytes (4096 are enough).
 * Return NULL, or an error phrase that follows the name of the file in a message. */
const char *bzimage_parse(struct bzimage *kernel, const void *data, size_t len, uint64_t size);

/* Return the page-aligned address for a RAM disk of `size` bytes: the highest below `ram_end` (the
 * end of RAM below 4 GiB that firmware does not use). Return 0 if it does not fit. */
uint32_t bzimage_place_initrd(const struct bzimage *kernel, uint64_t size, uint64_t ram_end);

#ifdef __cplusplus
}
#endif
#endif
