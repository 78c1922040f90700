/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What OVMF's image says to the hypervisor: the table of GUIDed structures below its reset
 * vector. It names the areas of memory where kernel hashes and secrets shall go, and the address at
 * which the other CPUs of a SEV-ES guest start. Pure C; the image is hostile.
 *
 * Source: EDK2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm; QEMU target/i386/sev.c
 * sev_es_find_reset_vector().
 */
#ifndef PSP_OVMF_TABLE_H
#define PSP_OVMF_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ovmf_kind { OVMF_HASHES, OVMF_SECRETS, OVMF_KINDS };

/* Guest physical memory; `present` only says that the firmware names it. */
struct ovmf_area {
    bool present;
    uint32_t base, size; /* bytes */
};

struct ovmf_table {
    bool present; /* the image has such a table: it is OVMF */
    struct ovmf_area areas[OVMF_KINDS];
    /* The SEV-ES reset block: where an AP starts. 0 if there is none: then the firmware cannot run in
     * a SEV-ES guest. Firmware without a table may have the block alone in its place. */
    uint32_t reset_eip;
};

/* The table of a firmware image that ends at 4 GiB. NULL,
 * or an error phrase that follows the name of the image; `table` then has no area. An image
 * without a table is not wrong. */
const char *ovmf_table_parse(struct ovmf_table *table, const void *image, size_t len);

#ifdef __cplusplus
}
#endif
#endif
