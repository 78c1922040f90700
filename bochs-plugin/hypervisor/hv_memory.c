/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The hypervisor's own memory. See hv_memory.h.
 */
#include "hv_memory.h"

#include <stdlib.h>
#include <string.h>

#define PAGES (HV_MEMORY_SIZE / HV_PAGE_SIZE)

static size_t pages_of(size_t len)
{
    return len ? (len - 1) / HV_PAGE_SIZE + 1 : 1;
}

/* Return the first of `n` consecutive free pages, PAGES if there are none. */
static size_t find_free(const struct hv_memory *memory, size_t n)
{
    size_t run = 0;

    for (size_t i = 0; i < PAGES; i++) {
        run = memory->page[i] ? 0 : run + 1;
        if (run == n)
            return i + 1 - n;
    }
    return PAGES;
}

bool hv_memory_alloc_at(struct hv_memory *memory, uint64_t spa, size_t len)
{
    size_t n = pages_of(len), first = (size_t)((spa - HV_MEMORY_BASE) / HV_PAGE_SIZE);

    if (spa < HV_MEMORY_BASE || first >= PAGES || n > PAGES - first)
        return false;
    for (size_t i = 0; i < n; i++)
        if (memory->page[first + i])
            return false;
    for (size_t i = 0; i < n; i++) {
        memory->page[first + i] = calloc(1, HV_PAGE_SIZE);
        if (!memory->page[first + i]) {
            hv_memory_free(memory, spa, len);
            return false;
        }
    }
    return true;
}

uint64_t hv_memory_alloc(struct hv_memory *memory, size_t len)
{
    size_t first = find_free(memory, pages_of(len));
    uint64_t spa = HV_MEMORY_BASE + first * HV_PAGE_SIZE;

    return first < PAGES && hv_memory_alloc_at(memory, spa, len) ? spa : 0;
}

void hv_memory_free(struct hv_memory *memory, uint64_t spa, size_t len)
{
    size_t first = (size_t)((spa - HV_MEMORY_BASE) / HV_PAGE_SIZE);

    if (!spa)
        return;
    for (size_t i = 0; i < pages_of(len) && first + i < PAGES; i++) {
        free(memory->page[first + i]);
        memory->page[first + i] = NULL;
    }
}

void hv_memory_free_all(struct hv_memory *memory)
{
    hv_memory_free(memory, HV_MEMORY_BASE, HV_MEMORY_SIZE);
}

bool hv_memory_valid(const struct hv_memory *memory, uint64_t spa, uint64_t len)
{
    uint64_t offset = spa - HV_MEMORY_BASE;

    if (spa < HV_MEMORY_BASE || offset >= HV_MEMORY_SIZE || len > HV_MEMORY_SIZE - offset)
        return false;
    for (uint64_t i = offset / HV_PAGE_SIZE; i * HV_PAGE_SIZE < offset + (len ? len : 1); i++)
        if (!memory->page[i])
            return false;
    return true;
}

/* Return the longest piece of [spa, spa + len) that is in one page. */
static uint8_t *piece_at(const struct hv_memory *memory, uint64_t spa, size_t len, size_t *n)
{
    size_t offset = (size_t)(spa - HV_MEMORY_BASE), in_page = offset % HV_PAGE_SIZE;

    *n = len < HV_PAGE_SIZE - in_page ? len : HV_PAGE_SIZE - in_page;
    return memory->page[offset / HV_PAGE_SIZE] + in_page;
}

void hv_memory_read(const struct hv_memory *memory, uint64_t spa, void *buf, size_t len)
{
    for (size_t n; len; len -= n, spa += n) {
        const uint8_t *piece = piece_at(memory, spa, len, &n);

        memcpy(buf, piece, n);
        buf = (uint8_t *)buf + n;
    }
}

void hv_memory_write(struct hv_memory *memory, uint64_t spa, const void *buf, size_t len)
{
    for (size_t n; len; len -= n, spa += n) {
        uint8_t *piece = piece_at(memory, spa, len, &n);

        memcpy(piece, buf, n);
        buf = (const uint8_t *)buf + n;
    }
}
