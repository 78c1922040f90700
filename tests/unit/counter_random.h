/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Random bytes for tests: reproducible, and able to fail at a chosen call.
 */
#ifndef TESTS_COUNTER_RANDOM_H
#define TESTS_COUNTER_RANDOM_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

struct counter_random {
    uint64_t state;   /* the seed */
    unsigned calls;   /* so far */
    unsigned fail_at; /* the call (from 1) that fails with -EIO; 0 = none */
};

static inline int counter_random_fill(void *ctx, void *buf, size_t len)
{
    struct counter_random *r = ctx;
    uint8_t *out = buf;
    if (++r->calls == r->fail_at)
        return -EIO;
    for (size_t i = 0; i < len; i++) {
        r->state = r->state * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(r->state >> 56);
    }
    return 0;
}

#endif
