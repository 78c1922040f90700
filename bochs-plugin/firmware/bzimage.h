/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Linux kernel image as a boot loader sees it: is it one, and where do its parts and the initial
 * RAM disk go.
 *
 * Implements Linux Documentation/arch/x86/boot.rst, protocol 2.06 and later, bzImage only.
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

/* NULL, or what is wrong with the file as a kernel, to stand after its name. `size` is the whole
 * file's, `data` has its first `len` bytes (4096 are enough). */
const char *bzimage_parse(struct bzimage *kernel, const void *data, size_t len, uint64_t size);

/* Where a RAM disk of `size` bytes goes: as high as can be below `ram_end` (the end of RAM below
 * 4 GiB that the firmware leaves alone), page aligned. 0 if there is no room. */
uint32_t bzimage_place_initrd(const struct bzimage *kernel, uint64_t size, uint64_t ram_end);

#ifdef __cplusplus
}
#endif
#endif
