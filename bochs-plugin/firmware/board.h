/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What firmware asks the firmware configuration device about the machine itself: memory,
 * processors, ACPI and SMBIOS tables and the order of boot devices. Pure C.
 *
 * Follows QEMU hw/i386/fw_cfg.c for the items and their layouts.
 */
#ifndef SEV_BOARD_H
#define SEV_BOARD_H

#include "fwcfg.h"
#include "smbios.h"

#ifdef __cplusplus
extern "C" {
#endif

struct memmap;

struct board_config {
    const struct memmap *memmap;
    uint16_t cpus;
    bool acpi;                     /* the machine has power management: ACPI tables */
    uint32_t devices;              /* enum acpi_device */
    bool sci_irq9;                 /* as in struct acpi_config */
    struct smbios_cpus processors; /* for SMBIOS; no sockets: no SMBIOS tables */
    const char *boot[3]; /* boot devices, best first: paths as in "bootorder"; NULL: no more */
};

struct board;

/* Adds the items to the device, which must not outlive them. NULL: out of memory, more CPUs than
 * the tables can name, or an item is there already. */
struct board *board_new(const struct board_config *config, struct fwcfg *fwcfg);
void board_free(struct board *board); /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
