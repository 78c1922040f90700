/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of GUIDed structures in OVMF; see ovmf_table.h.
 *
 * From the end of the image downwards: 32 bytes of reset vector; the footer's GUID, 16 bytes; the
 * length of the whole table with the footer, 2 bytes; then entries, each again GUID, length with
 * these 18 bytes, data - that is, in the order of addresses data, length, GUID.
 */
#include "ovmf_table.h"

#include <string.h>

#include "buf.h"

enum { GUID = 16, TRAILER = GUID + 2, RESET_VECTOR = 32 };

/* 96b582de-1fb2-45f7-baea-a366c55a082d */
static const uint8_t footer[GUID] = {0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
                                     0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d};

static const uint8_t kinds[OVMF_KINDS][GUID] = {
    /* 7255371f-3a3b-4b04-927b-1da6efa8d454 */
    [OVMF_HASHES] = {0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b, 0x92, 0x7b, 0x1d, 0xa6, 0xef,
                     0xa8, 0xd4, 0x54},
    /* 4c2eb361-7d9b-4cc3-8081-127c90d3d294 */
    [OVMF_SECRETS] = {0x61, 0xb3, 0x2e, 0x4c, 0x9b, 0x7d, 0xc3, 0x4c, 0x80, 0x81, 0x12, 0x7c, 0x90,
                      0xd3, 0xd2, 0x94},
};

/* 00f771de-1a7e-4fcb-890e-68c77e2fb44e */
static const uint8_t es_reset[GUID] = {0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
                                       0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e};

/* dc886566-984a-4798-a75e-5585a7bf67cc */
static const uint8_t sev_metadata[GUID] = {0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
                                           0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc};

static const char no_metadata[] = "has no SEV metadata, which SEV-SNP needs";

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

static bool take_reset(struct ovmf_table *table, const uint8_t *data, size_t len)
{
    struct buf b = buf_reader(data, len);

    if (!table->reset_eip)
        table->reset_eip = buf_get32(&b);
    else
        buf_skip(&b, 4);
    return buf_done(&b);
}

/* --- the SEV metadata --- */

enum { PAGE = 4096 };

static bool overlap(const struct ovmf_section *a, const struct ovmf_section *b)
{
    return a->base < (uint64_t)b->base + b->size && b->base < (uint64_t)a->base + a->size;
}

static const char *take_section(struct ovmf_table *table, struct buf *b)
{
    struct ovmf_section section;

    section.base = buf_get32(b);
    section.size = buf_get32(b);
    section.kind = buf_get32(b);
    if (section.base % PAGE || section.size % PAGE || !section.size ||
        (uint64_t)section.base + section.size > UINT64_C(1) << 32)
        return "has damaged SEV metadata: a section is not made of pages below 4 GiB";
    for (unsigned i = 0; i < table->n_sections; i++)
        if (overlap(&section, &table->sections[i]))
            return "has damaged SEV metadata: two sections overlap";
    table->sections[table->n_sections++] = section;
    return NULL;
}

/* `offset` is counted from the end of the image. */
static const char *read_metadata(struct ovmf_table *table, const uint8_t *image, size_t len,
                                 uint32_t offset)
{
    static const uint32_t signature = 0x56455341, header = 16, section = 12; /* "ASEV" */
    uint32_t total, version, n;
    const char *wrong = NULL;
    struct buf b;

    if (offset > len || offset < header)
        return "has damaged SEV metadata: it is not in the image";
    b = buf_reader(image + len - offset, offset);
    if (buf_get32(&b) != signature)
        return "has damaged SEV metadata: the signature is not ASEV";
    total = buf_get32(&b);
    version = buf_get32(&b);
    n = buf_get32(&b);
    if (version != 1)
        return "has SEV metadata of an unknown version";
    if (n > OVMF_SECTIONS_MAX || total > offset || total < header + n * section)
        return "has damaged SEV metadata: its length does not fit";
    while (n-- && !wrong)
        wrong = take_section(table, &b);
    return wrong;
}

/* --- the table --- */

static bool take_metadata(struct ovmf_table *table, const uint8_t *data, size_t len,
                          uint32_t *offset)
{
    struct buf b = buf_reader(data, len);
    const uint32_t got = buf_get32(&b);

    if (table->snp_wrong == no_metadata) {
        table->snp_wrong = NULL;
        *offset = got;
    }
    return buf_done(&b);
}

/* The data of an entry. The first of each kind counts, as for QEMU, which searches downwards, too.
 */
static bool take(struct ovmf_table *table, const uint8_t *guid, const uint8_t *data, size_t len,
                 uint32_t *metadata)
{
    if (memcmp(guid, es_reset, GUID) == 0)
        return take_reset(table, data, len);
    if (memcmp(guid, sev_metadata, GUID) == 0)
        return take_metadata(table, data, len, metadata);
    for (unsigned kind = 0; kind < OVMF_KINDS; kind++) {
        struct ovmf_area *area = &table->areas[kind];
        struct buf b = buf_reader(data, len);

        if (memcmp(guid, kinds[kind], GUID) != 0 || area->present)
            continue;
        area->present = true;
        area->base = buf_get32(&b);
        area->size = buf_get32(&b);
        if (!buf_done(&b))
            return false;
    }
    return true;
}

/* A reset block in the place of the table. */
static const char *take_alone(struct ovmf_table *table, const uint8_t *image, size_t at, size_t len)
{
    if (len >= TRAILER && len <= at && take_reset(table, image + at - len, len - TRAILER))
        return NULL;
    table->reset_eip = 0;
    return "has a damaged SEV-ES reset block: its length does not fit";
}

const char *ovmf_table_parse(struct ovmf_table *table, const void *image, size_t len)
{
    const uint8_t *bytes = image, *guid;
    struct ovmf_table got = {.snp_wrong = no_metadata};
    size_t at, start, total, entry;
    uint32_t metadata = 0;

    *table = got;
    if (len < RESET_VECTOR + TRAILER)
        return NULL;
    at = len - RESET_VECTOR;
    if (!read_trailer(bytes, at, &guid, &total))
        return NULL;
    if (memcmp(guid, es_reset, GUID) == 0)
        return take_alone(table, bytes, at, total);
    if (memcmp(guid, footer, GUID) != 0)
        return NULL;
    table->present = got.present = true;
    if (total < TRAILER || total > at)
        return "has a damaged table of GUIDed structures: its length does not fit";
    start = at - total;
    for (at -= TRAILER; at > start; at -= entry) {
        if (!read_trailer(bytes + start, at - start, &guid, &entry) || entry < TRAILER ||
            entry > at - start)
            return "has a damaged table of GUIDed structures: the length of an entry does not fit";
        if (!take(&got, guid, bytes + at - entry, entry - TRAILER, &metadata))
            return "has a damaged table of GUIDed structures: an area has a wrong length";
    }
    if (!got.snp_wrong)
        got.snp_wrong = read_metadata(&got, bytes, len, metadata);
    if (got.snp_wrong)
        got.n_sections = 0;
    *table = got;
    return NULL;
}
