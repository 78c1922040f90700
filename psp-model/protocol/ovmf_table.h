/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What OVMF's image says to the hypervisor: the table of GUIDed structures below its reset
 * vector. It names the areas of memory where kernel hashes and secrets shall go, the address at
 * which the other CPUs of a SEV-ES guest start, and the pages that a SEV-SNP launch adds. Pure C; the
 * image is hostile.
 *
 * Source: EDK2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm, OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm;
 * QEMU target/i386/sev.c sev_es_find_reset_vector(), hw/i386/pc_sysfw_ovmf.c.
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

/* The SEV metadata: pages that SEV-SNP needs before the first instruction. */
enum ovmf_page_kind {
    OVMF_PAGE_SEC_MEM = 1, /* memory that the firmware uses before it can validate pages */
    OVMF_PAGE_SECRETS = 2, /* the secrets page */
    OVMF_PAGE_CPUID = 3,   /* the CPUID page */
    OVMF_PAGE_SVSM_CAA = 4,
    OVMF_PAGE_HASHES = 0x10, /* the table of kernel hashes is in it */
};

/* `base` and `size` are multiples of 4 KiB, and size is not 0. */
struct ovmf_section {
    uint32_t kind, base, size;
};

#define OVMF_SECTIONS_MAX 32u

struct ovmf_table {
    bool present; /* the image has such a table: it is OVMF */
    struct ovmf_area areas[OVMF_KINDS];
    /* The SEV-ES reset block: where an AP starts. 0 if there is none: then the firmware cannot run in
     * a SEV-ES guest. Firmware without a table may have the block alone in its place. */
    uint32_t reset_eip;
    /* The SEV metadata, in the order of the image. No two sections overlap. */
    struct ovmf_section sections[OVMF_SECTIONS_MAX];
    unsigned n_sections;
    /* Why the firmware cannot be launched with SEV-SNP, as a phrase that follows its name. NULL: the
     * metadata is good. */
    const char *snp_wrong;
};

/* The table of a firmware image that ends at 4 GiB; the last 64 KiB of it are enough. NULL, or an error
 * phrase that follows the name of the image; `table` then has no area and no section. An image
 * without a table, or without SEV metadata, is not wrong. */
const char *ovmf_table_parse(struct ovmf_table *table, const void *image, size_t len);

#ifdef __cplusplus
}
#endif
#endif
