/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SMBIOS structures of the machine, as firmware takes them from the firmware configuration device:
 * it puts them into memory and makes an entry point of its own. Pure C.
 *
 * Layouts of DMTF DSP0134 2.8, with the structures that QEMU gives a PC (hw/smbios/smbios.c): 1, 3,
 * 4, 16, 17, 19, 32, 127. Type 0, the firmware's own, is left to it.
 */
#ifndef SEV_SMBIOS_H
#define SEV_SMBIOS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct smbios_cpus {
    uint8_t sockets;        /* one structure each */
    uint8_t cores, threads; /* of one socket */
    uint32_t signature;     /* CPUID 1 EAX ... */
    uint32_t features;      /* ... and EDX */
    const char *vendor;     /* CPUID 0 */
};

struct smbios_config {
    uint64_t ram_low, ram_high; /* bytes below 4 GiB and above */
    struct smbios_cpus cpus;
};

/* Two files of the firmware configuration device. */
struct smbios {
    uint8_t anchor[31]; /* SMBIOS_ANCHOR_FILE; the address is firmware's to fill in */
    uint8_t tables[0x8000];
    uint16_t tables_len;
};

#define SMBIOS_ANCHOR_FILE "etc/smbios/smbios-anchor"
#define SMBIOS_TABLES_FILE "etc/smbios/smbios-tables"

/* False if there is no processor, or too many; `smbios` is then of no use. */
bool smbios_build(struct smbios *smbios, const struct smbios_config *config)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
