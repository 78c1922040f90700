/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of GUIDed structures in OVMF; see ovmf_table.h.
 *
 * From the end of the image downwards: 32 bytes of reset vector; the footer's GUID, 16 bytes; the
 * length of the whole table with the footer, 2 bytes; then entries, each again GUID, length with
 * these 18 bytes, data - that is, in the order of addresses data, length, GUID.
 */
#include "ovmf_table.h"

#include "memory_map.h"
#include "protocol/buf.h"

#include <stdio.h>
#include <string.h>

enum { GUID = 16, TRAILER = GUID + 2, RESET_VECTOR = 32 };

/* 96b582de-1fb2-45f7-baea-a366c55a082d */
static const uint8_t footer[GUID] = {0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
                                     0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d};

static const struct {
    uint8_t guid[GUID];
    const char *missing, *invalid, *small;
} kinds[OVMF_KINDS] = {
    [OVMF_HASHES] = {{0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b, 0x92, 0x7b, 0x1d, 0xa6, 0xef,
                      0xa8, 0xd4, 0x54}, /* 7255371f-3a3b-4b04-927b-1da6efa8d454 */
                     "kernel specified but guest firmware has no hashes table GUID",
                     "guest firmware hashes table area is invalid",
                     "guest firmware hashes table area is invalid"},
    [OVMF_SECRETS] = {{0x61, 0xb3, 0x2e, 0x4c, 0x9b, 0x7d, 0xc3, 0x4c, 0x80, 0x81, 0x12, 0x7c, 0x90,
                       0xd3, 0xd2, 0x94}, /* 4c2eb361-7d9b-4cc3-8081-127c90d3d294 */
                      "no secret area found in OVMF, gpa must be specified",
                      "guest firmware secret area is invalid, gpa must be specified",
                      "the secret does not fit in the guest firmware's secret area"},
};

/* GUID and length in front of `end`, of which `end` bytes are there. False: too little. */
static bool read_trailer(const uint8_t *image, size_t end, const uint8_t **guid, size_t *len)
{
    if (end < TRAILER)
        return false;
    struct buf b = buf_reader(image + end - TRAILER, 2);
    *len = buf_get16(&b);
    *guid = image + end - GUID;
    return true;
}

/* The data of an entry. The first of each kind counts, as for QEMU, which searches downwards, too.
 */
static bool take(struct ovmf_table *table, const uint8_t *guid, const uint8_t *data, size_t len)
{
    for (unsigned kind = 0; kind < OVMF_KINDS; kind++) {
        struct ovmf_area *area = &table->areas[kind];
        struct buf b = buf_reader(data, len);

        if (memcmp(guid, kinds[kind].guid, GUID) != 0 || area->present)
            continue;
        area->present = true;
        area->base = buf_get32(&b);
        area->size = buf_get32(&b);
        if (!buf_done(&b))
            return false;
    }
    return true;
}

const char *ovmf_table_parse(struct ovmf_table *table, const void *image, size_t len)
{
    const uint8_t *bytes = image, *guid;
    struct ovmf_table got = {0};
    size_t at, start, total, entry;

    *table = got;
    if (len < RESET_VECTOR + TRAILER)
        return NULL;
    at = len - RESET_VECTOR;
    if (!read_trailer(bytes, at, &guid, &total) || memcmp(guid, footer, GUID) != 0)
        return NULL;
    table->present = got.present = true;
    if (total < TRAILER || total > at)
        return "has a damaged table of GUIDed structures: its length does not fit";
    start = at - total;
    for (at -= TRAILER; at > start; at -= entry) {
        if (!read_trailer(bytes + start, at - start, &guid, &entry) || entry < TRAILER ||
            entry > at - start)
            return "has a damaged table of GUIDed structures: the length of an entry does not fit";
        if (!take(&got, guid, bytes + at - entry, entry - TRAILER))
            return "has a damaged table of GUIDed structures: an area has a wrong length";
    }
    *table = got;
    return NULL;
}

bool ovmf_table_area(const struct ovmf_table *table, enum ovmf_kind kind,
                     const struct memmap *memmap, size_t need, char *error, size_t error_size)
{
    const struct ovmf_area *area = &table->areas[kind];

    /* OVMF without such an area, as Debian's, has an entry of zeros. */
    if (!area->present || (kind == OVMF_SECRETS && !area->base && !area->size))
        snprintf(error, error_size, "%s", kinds[kind].missing);
    else if (!area->base || area->base % 16 ||
             !memmap_all(memmap, area->base, area->size, MEMMAP_PSP))
        snprintf(error, error_size, "%s (base=0x%x size=0x%x)", kinds[kind].invalid, area->base,
                 area->size);
    else if (area->size < need)
        snprintf(error, error_size, "%s (base=0x%x size=0x%x)", kinds[kind].small, area->base,
                 area->size);
    else
        return true;
    return false;
}
