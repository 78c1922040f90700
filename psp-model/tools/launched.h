/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What really was launched: the regions in the emulator's trace file, one JSON object a line
 * (bochs-sev-trace(5), sevowner(1)).
 */
#ifndef OWNER_LAUNCHED_H
#define OWNER_LAUNCHED_H

#include <stdbool.h>
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

/* A page that SNP_LAUNCH_UPDATE took. */
struct launched_page {
    char type[16], name[64]; /* NORMAL ...; the name is "" if the trace has none */
    uint64_t gpa;
    bool hashed;        /* the trace has the hash; it has none of a secrets page */
    uint8_t sha384[48]; /* of the page's plaintext */
    uint8_t digest[48]; /* GCTX.LD after it */
};

struct launched_pages {
    struct launched_page *pages;
    unsigned count;
    uint64_t context; /* of the guest; 0 until the trace names one */
};

/* The same for a guest of SEV-SNP: the pages of the last launch in the file. */
enum owner_exit launched_pages_read(const char *path, struct launched_pages *launched);
enum owner_exit launched_pages_parse(const char *text, size_t len, struct launched_pages *launched,
                                     unsigned *number);
void launched_pages_free(struct launched_pages *launched);

#endif
