/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An index from pages to TLB entries, so that the translations of a page that is converted are
 * dropped from all TLBs without a search.
 *
 * CPUs overwrite and flush TLB entries without a notice. So the index holds a superset: every valid
 * translation is in it, but not all that is in it is valid. A TLB entry is in it at most once, under
 * the page that it was last said to hold.
 */
#ifndef CPU_EXT_TLB_INDEX_H
#define CPU_EXT_TLB_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The TLBs, whose entries have numbers from 0. */
struct tlb_index_ops {
    void *ctx;
    uint32_t count; /* of entries */
    /* Return true if `entry` is valid and translates to `page`. */
    bool (*holds)(void *ctx, uint32_t entry, uint32_t page);
    /* Make it invalid. */
    void (*invalidate)(void *ctx, uint32_t entry);
};

#define TLB_INDEX_NONE UINT32_MAX /* the access leaves no translation behind */

struct tlb_index;

/* Return NULL if out of memory. */
struct tlb_index *tlb_index_new(const struct tlb_index_ops *ops);
void tlb_index_free(struct tlb_index *index);

/* `entry`, below ops.count, will hold a translation of `page`. */
void tlb_index_add(struct tlb_index *index, uint32_t page, uint32_t entry);
/* Make every translation of `page` invalid. */
void tlb_index_drop(struct tlb_index *index, uint32_t page);

#ifdef __cplusplus
}
#endif

#endif
