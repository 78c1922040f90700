/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Direct kernel boot: add a kernel, its initial RAM disk and its command line to the firmware
 * configuration device. Pure C.
 *
 * Follows QEMU hw/i386/x86-common.c x86_load_linux() in what each item holds. The kernel's header
 * is not changed: the boot ROM, or OVMF, fills in the fields of a boot loader.
 */
#ifndef SEV_KERNEL_BOOT_H
#define SEV_KERNEL_BOOT_H

#include "fwcfg.h"
#include "protocol/kernel_hashes.h"

#ifdef __cplusplus
extern "C" {
#endif

struct kernel_boot;

struct kernel_boot_config {
    const char *kernel, *initrd; /* paths; initrd "": none */
    const char *append;          /* the command line */
    uint64_t ram_size;           /* all RAM in bytes, for messages */
    uint64_t ram_end;            /* the end of RAM below 4 GiB that firmware does not use */
};

/* Read the files and add the items to the device. The result must outlive the device, because the
 * items are in it. On an error return NULL and write one sentence to `error`. */
struct kernel_boot *kernel_boot_new(const struct kernel_boot_config *config, struct fwcfg *fwcfg,
                                    char *error, size_t error_size);
void kernel_boot_free(struct kernel_boot *boot); /* NULL is allowed */

/* Write the table of the hashes of the three files. */
void kernel_boot_hashes(const struct kernel_boot *boot, uint8_t table[KERNEL_HASHES_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
