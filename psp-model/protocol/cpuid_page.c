/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CPUID page of a SEV-SNP guest; see cpuid_page.h.
 */
#include "cpuid_page.h"

#include <assert.h>
#include <string.h>

#include "buf.h"

#define HEADER_SIZE 16u
#define ROW_SIZE    0x30u

static_assert(HEADER_SIZE + CPUID_PAGE_ROWS * ROW_SIZE <= CPUID_PAGE_SIZE, "rows fit in a page");

const char *cpuid_page_read(struct cpuid_page *page, const uint8_t wire[CPUID_PAGE_SIZE])
{
    struct buf b = buf_reader(wire, CPUID_PAGE_SIZE);

    memset(page, 0, sizeof(*page));
    page->count = buf_get32(&b);
    if (page->count > CPUID_PAGE_ROWS)
        return "has more than 64 rows";
    if (!buf_get_zero(&b, HEADER_SIZE - 4))
        return "has reserved bytes that are not zero";
    for (uint32_t i = 0; i < page->count; i++) {
        struct cpuid_row *row = &page->rows[i];

        row->leaf = buf_get32(&b);
        row->subleaf = buf_get32(&b);
        row->xcr0 = buf_get64(&b);
        row->xss = buf_get64(&b);
        for (unsigned r = 0; r < CPUID_REGISTERS; r++)
            row->result[r] = buf_get32(&b);
        if (!buf_get_zero(&b, 8))
            return "has reserved bytes that are not zero";
    }
    return NULL;
}

void cpuid_page_write(const struct cpuid_page *page, uint8_t wire[CPUID_PAGE_SIZE])
{
    struct buf b = buf_writer(wire, CPUID_PAGE_SIZE);

    assert(page->count <= CPUID_PAGE_ROWS);
    buf_put32(&b, page->count);
    buf_fill(&b, 0, HEADER_SIZE - 4);
    for (uint32_t i = 0; i < page->count; i++) {
        const struct cpuid_row *row = &page->rows[i];

        buf_put32(&b, row->leaf);
        buf_put32(&b, row->subleaf);
        buf_put64(&b, row->xcr0);
        buf_put64(&b, row->xss);
        for (unsigned r = 0; r < CPUID_REGISTERS; r++)
            buf_put32(&b, row->result[r]);
        buf_put64(&b, 0);
    }
    buf_fill(&b, 0, CPUID_PAGE_SIZE - b.pos);
}
