/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the hypervisor puts kernel hashes and secrets for OVMF: the areas that its image names
 * (psp-model/protocol/ovmf_table.h), checked against the machine's memory.
 *
 * Source: the sentences are QEMU's (target/i386/sev.c, target/i386/monitor.c).
 */
#ifndef SEV_OVMF_AREA_H
#define SEV_OVMF_AREA_H

#include "protocol/ovmf_table.h"

#ifdef __cplusplus
extern "C" {
#endif

struct memmap;

/* Check that the hypervisor may put `need` bytes at the start of this area: that it is aligned to 16
 * bytes, large enough and all in RAM. If not, return false and write one sentence to `error`. */
bool ovmf_area_find(const struct ovmf_table *table, enum ovmf_kind kind,
                    const struct memmap *memmap, size_t need, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif
#endif
