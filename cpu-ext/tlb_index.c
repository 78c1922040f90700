/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An index from pages to TLB entries. See tlb_index.h.
 *
 * It is small so that it stays in the cache of the host: every TLB miss comes here.
 */
#include "tlb_index.h"

#include <stdlib.h>

#define CHAINS 4096u /* more than a CPU has TLB entries, so that most chains are short */

/* A TLB entry in a chain. A chain is a ring that begins and ends at its head. */
struct link {
    uint32_t page;
    uint32_t next, prev;
};

struct tlb_index {
    struct tlb_index_ops ops;
    struct link links[]; /* the heads of the chains, then the TLB entries */
};

struct tlb_index *tlb_index_new(const struct tlb_index_ops *ops)
{
    struct tlb_index *index =
        malloc(sizeof(*index) + (CHAINS + (size_t)ops->count) * sizeof(index->links[0]));

    if (!index)
        return NULL;
    index->ops = *ops;
    for (uint32_t i = 0; i < CHAINS + ops->count; i++)
        index->links[i] = (struct link){TLB_INDEX_NONE, i, i};
    return index;
}

void tlb_index_free(struct tlb_index *index)
{
    free(index);
}

static void take_out(struct link *links, struct link *link)
{
    links[link->prev].next = link->next;
    links[link->next].prev = link->prev;
}

void tlb_index_add(struct tlb_index *index, uint32_t page, uint32_t entry)
{
    const uint32_t head = page % CHAINS, number = CHAINS + entry;
    struct link *links = index->links, *link = &links[number];

    if (link->page == page)
        return;
    take_out(links, link);
    *link = (struct link){page, links[head].next, head};
    links[link->next].prev = number;
    links[head].next = number;
}

void tlb_index_drop(struct tlb_index *index, uint32_t page)
{
    const uint32_t head = page % CHAINS;
    struct link *links = index->links;

    for (uint32_t i = links[head].next, next; i != head; i = next) {
        next = links[i].next;
        if (links[i].page != page)
            continue;
        if (index->ops.holds(index->ops.ctx, i - CHAINS, page))
            index->ops.invalidate(index->ops.ctx, i - CHAINS);
        take_out(links, &links[i]);
        links[i] = (struct link){TLB_INDEX_NONE, i, i};
    }
}
