/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A firmware configuration device without memory, for targets that do not use its DMA: any DMA is
 * a finding.
 */
#ifndef TESTS_NO_MEMORY_H
#define TESTS_NO_MEMORY_H

#include "fuzz.h"

#include "firmware/fwcfg.h"

static inline int no_memory_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
    (void)ctx, (void)gpa, (void)buf, (void)len;
    abort();
}

static inline int no_memory_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
    (void)ctx, (void)gpa, (void)buf, (void)len;
    abort();
}

static inline struct fwcfg *fwcfg_no_memory(void)
{
    const struct fwcfg_dma dma = {NULL, no_memory_read, no_memory_write};
    struct fwcfg *fwcfg = fwcfg_new(&dma);

    FUZZ_CHECK(fwcfg);
    return fwcfg;
}

#endif
