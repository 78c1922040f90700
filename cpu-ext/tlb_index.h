/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who holds a translation of a page: an index from pages to TLB entries, so that a page that
 * changes its view is dropped from all TLBs without a search.
 *
 * TLB entries are overwritten and flushed without a word, so the index holds a superset: every live
 * translation is in it, not all in it are live. Each entry is in it once at most, in the chain of
 * the page that it was last about to hold.
 */
#ifndef CPU_EXT_HOLDERS_H
#define CPU_EXT_HOLDERS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The TLBs' side, which numbers its entries from 0. */
struct tlb_index_ops {
    void *ctx;
    uint32_t count; /* of entries */
    /* Is the translation in `holder` one of `page`? */
    bool (*holds)(void *ctx, uint32_t holder, uint32_t page);
    /* Invalidate it. */
    void (*forget)(void *ctx, uint32_t holder);
};

#define TLB_INDEX_NONE UINT32_MAX /* an access that leaves no translation behind */

struct tlb_index;

/* NULL if out of memory. */
struct tlb_index *tlb_index_new(const struct tlb_index_ops *ops);
void tlb_index_free(struct tlb_index *holders);

/* `holder`, below ops.count, is about to hold a translation of `page`. */
void tlb_index_add(struct tlb_index *holders, uint32_t page, uint32_t holder);
/* Invalidate every translation of `page`. */
void tlb_index_drop(struct tlb_index *holders, uint32_t page);

#ifdef __cplusplus
}
#endif

#endif
