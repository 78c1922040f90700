/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ACPI tables of the machine, and the script by which firmware puts them into memory. Pure C.
 *
 * Tables of the ACPI specification, and the table loader of QEMU, whose commands are in
 * QEMU hw/acpi/bios-linker-loader.c and EDK2 OvmfPkg/Include/IndustryStandard/QemuLoader.h. The
 * DSDT is dsdt.asl.
 */
#ifndef SEV_ACPI_H
#define SEV_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Devices that a machine may have or not; bits that dsdt.asl tests. */
enum acpi_device {
    ACPI_DEVICE_COM1 = 0x01,
    ACPI_DEVICE_COM2 = 0x02,
    ACPI_DEVICE_LPT1 = 0x04,
    ACPI_DEVICE_FLOPPY = 0x08,
    ACPI_DEVICE_HPET = 0x10,
};

struct acpi_config {
    uint32_t pci_base; /* first address above RAM below 4 GiB */
    uint16_t cpus;     /* their APIC IDs count from 0, the I/O APIC's is the next */
    uint32_t devices;  /* enum acpi_device */
    bool sci_irq9;     /* the system control interrupt is IRQ 9, not PIRQA */
};

#define ACPI_CPUS_MAX 254

/* Three files of the firmware configuration device. */
struct acpi {
    uint8_t rsdp[20];       /* ACPI_RSDP_FILE */
    uint8_t tables[0x8000]; /* ACPI_TABLES_FILE */
    uint8_t loader[0x1000]; /* ACPI_LOADER_FILE */
    uint32_t tables_len, loader_len;
};

#define ACPI_RSDP_FILE   "etc/acpi/rsdp"
#define ACPI_TABLES_FILE "etc/acpi/tables"
#define ACPI_LOADER_FILE "etc/table-loader"

/* False if there are too many CPUs (or none); `acpi` is then of no use. */
bool acpi_build(struct acpi *acpi, const struct acpi_config *config)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
