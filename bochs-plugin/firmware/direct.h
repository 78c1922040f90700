/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Direct boot: a kernel, its initial RAM disk and its command line, as items of the firmware
 * configuration device. Pure C.
 *
 * Follows QEMU hw/i386/x86.c (x86_load_linux) for what is in which item; the kernel's header stays
 * as it is in the file: who boots it fills in the fields of a boot loader.
 */
#ifndef SEV_DIRECT_H
#define SEV_DIRECT_H

#include "protocol/kernel_hashes.h"
#include "fwcfg.h"

#ifdef __cplusplus
extern "C" {
#endif

struct direct;

struct direct_config {
    const char *kernel, *initrd, *append; /* paths, text; initrd "" = none */
    uint64_t ram_size;                    /* bytes of RAM, all */
    uint64_t ram_end;                     /* end of RAM below 4 GiB that firmware leaves alone */
};

/* Reads the files and adds the items to the device, which must not outlive them. NULL with one
 * sentence in `error`. */
struct direct *direct_new(const struct direct_config *config, struct fwcfg *fwcfg, char *error,
                          size_t error_size);
void direct_free(struct direct *direct); /* NULL is allowed */

/* QEMU's table of kernel hashes: command line with its NUL, RAM disk, kernel file. */
#define DIRECT_HASHES_SIZE KERNEL_HASHES_SIZE
void direct_hashes(const struct direct *direct, uint8_t table[DIRECT_HASHES_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
