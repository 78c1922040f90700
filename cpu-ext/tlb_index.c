/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who holds a translation of a page. See tlb_index.h.
 *
 * Small enough to stay in the host's cache: every TLB fill comes here, and a guest that switches
 * address spaces fills its TLB all the time.
 */
#include "tlb_index.h"

#include <stdlib.h>

#define CHAINS 4096u /* more than the entries of a CPU, so that most chains are short */

/* An entry in a chain, a ring around the chain's head. */
struct link {
    uint32_t page;
    uint32_t next, prev;
};

struct tlb_index {
    struct tlb_index_ops ops;
    struct link links[]; /* the chains' heads, then the holders */
};

struct tlb_index *tlb_index_new(const struct tlb_index_ops *ops)
{
    struct tlb_index *holders =
        malloc(sizeof(*holders) + (CHAINS + (size_t)ops->count) * sizeof(holders->links[0]));

    if (!holders)
        return NULL;
    holders->ops = *ops;
    for (uint32_t i = 0; i < CHAINS + ops->count; i++)
        holders->links[i] = (struct link){TLB_INDEX_NONE, i, i};
    return holders;
}

void tlb_index_free(struct tlb_index *holders)
{
    free(holders);
}

static void take_out(struct link *links, struct link *link)
{
    links[link->prev].next = link->next;
    links[link->next].prev = link->prev;
}

void tlb_index_add(struct tlb_index *holders, uint32_t page, uint32_t holder)
{
    const uint32_t head = page % CHAINS, number = CHAINS + holder;
    struct link *links = holders->links, *link = &links[number];

    if (link->page == page)
        return;
    take_out(links, link);
    *link = (struct link){page, links[head].next, head};
    links[link->next].prev = number;
    links[head].next = number;
}

void tlb_index_drop(struct tlb_index *holders, uint32_t page)
{
    const uint32_t head = page % CHAINS;
    struct link *links = holders->links;

    for (uint32_t i = links[head].next, next; i != head; i = next) {
        next = links[i].next;
        if (links[i].page != page)
            continue;
        if (holders->ops.holds(holders->ops.ctx, i - CHAINS, page))
            holders->ops.forget(holders->ops.ctx, i - CHAINS);
        take_out(links, &links[i]);
        links[i] = (struct link){TLB_INDEX_NONE, i, i};
    }
}
