/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who holds a translation of a page: an index from pages to TLB entries, so that a page that
 * changes its view is dropped from all TLBs without a search.
 *
 * TLB entries are overwritten and flushed without a word, so the index holds a superset: every live
 * translation is in it, not all in it are live. Four places a bucket; a fifth page or entry that
 * hashes there takes the place of a dead one, else evicts a live translation, which costs its owner
 * a TLB miss and nothing else.
 */
#ifndef CPU_EXT_HOLDERS_H
#define CPU_EXT_HOLDERS_H

#include <stdbool.h>
#include <stdint.h>

/* The TLBs' side; `holder` is what was given to holders_add(). */
struct holders_ops {
    void *ctx;
    /* Is the translation in `holder` one of `page`? */
    bool (*holds)(void *ctx, void *holder, uint32_t page);
    /* Invalidate it. */
    void (*forget)(void *ctx, void *holder);
};

struct holders;

/* NULL if out of memory. */
struct holders *holders_new(const struct holders_ops *ops);
void holders_free(struct holders *holders);

/* `holder` is about to hold a translation of `page`. */
void holders_add(struct holders *holders, uint32_t page, void *holder);
/* Invalidate every translation of `page`. */
void holders_drop(struct holders *holders, uint32_t page);

#endif
