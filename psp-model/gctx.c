/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Guest contexts and the table of them.
 */
#include "gctx.h"

#include <string.h>

struct gctx *gctx_find(struct gctx_table *table, uint32_t handle)
{
    if (!handle)
        return NULL;
    for (unsigned i = 0; i < GCTX_SLOTS; i++) {
        if (table->slot[i].handle == handle)
            return &table->slot[i];
    }
    return NULL;
}

struct gctx *gctx_find_asid(struct gctx_table *table, uint32_t asid)
{
    for (unsigned i = 0; i < GCTX_SLOTS; i++) {
        if (table->slot[i].handle && table->slot[i].asid == asid)
            return &table->slot[i];
    }
    return NULL;
}

unsigned gctx_count(const struct gctx_table *table)
{
    unsigned n = 0;

    for (unsigned i = 0; i < GCTX_SLOTS; i++)
        n += table->slot[i].handle != 0;
    return n;
}

struct gctx *gctx_new(struct gctx_table *table)
{
    for (unsigned i = 0; i < GCTX_SLOTS; i++) {
        struct gctx *guest = &table->slot[i];

        if (guest->handle)
            continue;
        memset(guest, 0, sizeof(*guest));
        do {
            table->last_handle++;
        } while (!table->last_handle || gctx_find(table, table->last_handle));
        guest->handle = table->last_handle;
        guest->hash_empty = true;
        return guest;
    }
    return NULL;
}

void gctx_delete(struct gctx *guest)
{
    crypto_sha256_free(guest->hash);
    crypto_wipe(guest, sizeof(*guest));
}

int gctx_launch_digest(const struct gctx *guest, uint8_t digest[32])
{
    if (guest->hash)
        return crypto_sha256_peek(guest->hash, digest);
    memcpy(digest, guest->launch_digest, 32);
    return 0;
}
