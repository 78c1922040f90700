/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who holds a translation of a page. See holders.h.
 */
#include "holders.h"

#include <stdlib.h>

#define BUCKETS 8192u /* two times the TLB entries of two CPUs; a power of two */
#define WAYS    4u    /* a bucket is one cache line */

struct place {
    void *holder; /* NULL = free */
    uint32_t page;
};

struct holders {
    struct holders_ops ops;
    unsigned turn; /* whose turn it is to be evicted */
    struct place buckets[BUCKETS][WAYS];
};

struct holders *holders_new(const struct holders_ops *ops)
{
    struct holders *holders = calloc(1, sizeof(*holders));

    if (holders)
        holders->ops = *ops;
    return holders;
}

void holders_free(struct holders *holders)
{
    free(holders);
}

/* Neighbouring pages are used together: they go to different buckets. */
static struct place *bucket_of(struct holders *holders, uint32_t page)
{
    return holders->buckets[page % BUCKETS];
}

static bool live(struct holders *holders, const struct place *place)
{
    return place->holder && holders->ops.holds(holders->ops.ctx, place->holder, place->page);
}

void holders_add(struct holders *holders, uint32_t page, void *holder)
{
    struct place *bucket = bucket_of(holders, page), *to = NULL;

    for (unsigned i = 0; i < WAYS; i++) {
        if (bucket[i].holder == holder && bucket[i].page == page)
            return;
        if (!bucket[i].holder)
            to = &bucket[i];
    }
    for (unsigned i = 0; i < WAYS && !to; i++)
        if (!live(holders, &bucket[i]))
            to = &bucket[i];
    if (!to) {
        to = &bucket[holders->turn++ % WAYS];
        holders->ops.forget(holders->ops.ctx, to->holder);
    }
    to->holder = holder;
    to->page = page;
}

void holders_drop(struct holders *holders, uint32_t page)
{
    struct place *bucket = bucket_of(holders, page);

    for (unsigned i = 0; i < WAYS; i++) {
        if (!bucket[i].holder || bucket[i].page != page)
            continue;
        if (live(holders, &bucket[i]))
            holders->ops.forget(holders->ops.ctx, bucket[i].holder);
        bucket[i].holder = NULL;
    }
}
