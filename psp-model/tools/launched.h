/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What really was launched: the regions in the emulator's trace file, one JSON object a line
 * (bochs-sev-trace(5), sevowner(1)).
 */
#ifndef OWNER_LAUNCHED_H
#define OWNER_LAUNCHED_H

#include <stddef.h>
#include <stdint.h>

#include "owner.h"

struct launched_region {
    char name[64]; /* "" if the trace names none */
    uint64_t addr;
    size_t len;
    uint8_t sha256[32]; /* of the region's plaintext */
    uint8_t digest[32]; /* GCTX.LD after it */
};

struct launched {
    struct launched_region *regions;
    unsigned count;
    uint32_t handle; /* of the guest; 0 until the trace names one */
};

/* The successful LAUNCH_UPDATE_DATA and _VMSA of the last launch in the file, or with `handle`
 * other than 0 of the last launch of that guest. */
enum owner_exit launched_read(const char *path, uint32_t handle, struct launched *launched);
/* The same for text in memory, which need not end in a NUL. OWNER_INPUT with the line in *number,
 * or 0 there if no launched region was found. Reports nothing. */
enum owner_exit launched_parse(const char *text, size_t len, uint32_t handle,
                               struct launched *launched, unsigned *number);
void launched_free(struct launched *launched);

#endif
