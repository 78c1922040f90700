/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Guest contexts: all state of one guest in the secure processor, and the table of them.
 *
 * Source: AMDESE/sev-tool src/sevapi.h SEV_GUEST_STATE, tek_tik.
 */
#ifndef PSP_GCTX_H
#define PSP_GCTX_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/crypto.h"
#include "sev_abi.h"

struct gctx {
    uint32_t handle; /* 0 = the slot is free */
    uint32_t policy;
    uint32_t asid; /* 0 = not active */
    uint8_t state; /* enum sev_guest_state */
    uint8_t vek[16], tek[16], tik[16];
    /* GCTX.LD. While regions are added (LUPDATE) the running hash; afterwards only its result. */
    struct crypto_sha256 *hash;
    bool hash_empty; /* nothing was added yet */
    uint8_t launch_digest[32];
    bool measured; /* are the next two valid */
    uint8_t measure[32], mnonce[16];
};

#define GCTX_SLOTS 64u

struct gctx_table {
    struct gctx slot[GCTX_SLOTS];
    uint32_t last_handle;
};

/* NULL if no guest has that handle; handle 0 is never one. */
struct gctx *gctx_find(struct gctx_table *table, uint32_t handle);
/* The guest that is active under `asid`, or NULL. */
struct gctx *gctx_find_asid(struct gctx_table *table, uint32_t asid);
unsigned gctx_count(const struct gctx_table *table);

/* Return a new context in state UNINIT, zero but for its handle; NULL if the table is full. Handles
 * count upwards through all 32-bit values, so that an old one does not soon name another guest. */
struct gctx *gctx_new(struct gctx_table *table);
/* Wipe and free one context. The guest must not be active. */
void gctx_delete(struct gctx *guest);

/* GCTX.LD as of now. 0 or a negative errno. */
int gctx_launch_digest(const struct gctx *guest, uint8_t digest[32])
    __attribute__((warn_unused_result));

#endif
