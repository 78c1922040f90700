/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The machine description for firmware: items of the firmware configuration device with memory,
 * processors, ACPI and SMBIOS tables and the order of boot devices. Pure C.
 *
 * Follows QEMU hw/i386/fw_cfg.c fw_cfg_arch_create() in the items and their layouts.
 */
#ifndef SEV_FW_MACHINE_H
#define SEV_FW_MACHINE_H

#include "fwcfg.h"
#include "smbios.h"

#ifdef __cplusplus
extern "C" {
#endif

struct memmap;

struct fw_machine_config {
    const struct memmap *memmap;
    uint16_t cpus;
    bool acpi;                     /* the machine has power management: make ACPI tables */
    uint32_t devices;              /* enum acpi_device */
    bool sci_irq9;                 /* as in struct acpi_config */
    struct smbios_cpus processors; /* for SMBIOS; no sockets: no SMBIOS tables */
    const char *boot[3]; /* boot devices, first to last, as paths of "bootorder"; NULL: no more */
};

struct fw_machine;

/* Add the items to the device. The result must outlive the device, because the items are in it.
 * Return NULL if memory is short, if there are more CPUs than the tables can name, or if the device
 * has an item already. */
struct fw_machine *fw_machine_new(const struct fw_machine_config *config, struct fwcfg *fwcfg);
void fw_machine_free(struct fw_machine *machine); /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
