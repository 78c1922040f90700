/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificate table of the extended request; see cert_table.h.
 */
#include "cert_table.h"

#include <errno.h>
#include <string.h>

#include "buf.h"
#include "kds.h"

#define GUID_SIZE  16
#define ENTRY_SIZE 24

/* clang-format off */
static const uint8_t guids[CERT_TABLE_KINDS][GUID_SIZE] = {
    [CERT_TABLE_ARK] = { /* c0b406a4-a803-4952-9743-3fb6014cd0ae */
        0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae},
    [CERT_TABLE_ASK] = { /* 4ab7b379-bbac-4fe4-a02f-05aef327c782 */
        0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82},
    [CERT_TABLE_VCEK] = { /* 63da758d-e664-4564-adc5-f4b93be8accd */
        0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd},
    [CERT_TABLE_VLEK] = { /* a8074bc2-a25a-483e-aae6-39c045a0b8a1 */
        0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1},
    [CERT_TABLE_CRL] = { /* 92f81bc3-5811-4d3d-97ff-d19f88dc67ea */
        0x92, 0xf8, 0x1b, 0xc3, 0x58, 0x11, 0x4d, 0x3d, 0x97, 0xff, 0xd1, 0x9f, 0x88, 0xdc, 0x67, 0xea},
};
/* clang-format on */

size_t cert_table_write(const struct cert_table_entry *entries, unsigned n, void *table, size_t cap)
{
    struct buf b = buf_writer(table, cap);
    size_t at = (size_t)ENTRY_SIZE * (n + 1);

    for (unsigned i = 0; i < n; i++) {
        buf_put(&b, guids[entries[i].kind], GUID_SIZE);
        buf_put32(&b, (uint32_t)at);
        buf_put32(&b, (uint32_t)entries[i].len);
        at += entries[i].len;
    }
    buf_fill(&b, 0, ENTRY_SIZE);
    for (unsigned i = 0; i < n; i++)
        buf_put(&b, entries[i].data, entries[i].len);
    return buf_ok(&b) ? b.pos : 0;
}

struct entry {
    uint8_t guid[GUID_SIZE];
    uint32_t at, len;
};

/* Read the next entry. False at the end: *ok says whether that was the entry of zeros. */
static bool next(struct buf *b, struct entry *e, bool *ok)
{
    static const struct entry last;

    buf_get(b, e->guid, sizeof(e->guid));
    e->at = buf_get32(b);
    e->len = buf_get32(b);
    *ok = buf_ok(b) && memcmp(e, &last, sizeof(last)) == 0;
    return buf_ok(b) && !*ok;
}

/* Its data must lie after the entries, which end at `end`. */
static bool inside(const struct entry *e, size_t end, size_t size)
{
    return e->at >= end && e->at <= size && e->len <= size - e->at;
}

/* The end of the entries, 0 if there is none. */
static size_t entries_end(const void *table, size_t size)
{
    struct buf b = buf_reader(table, size);
    struct entry e;
    bool ok;

    while (next(&b, &e, &ok))
        ;
    return ok ? b.pos : 0;
}

bool cert_table_ok(const void *table, size_t size)
{
    struct buf b = buf_reader(table, size);
    size_t end = entries_end(table, size);
    struct entry e;
    bool ok = end > 0;

    if (!ok)
        return false;
    while (next(&b, &e, &ok)) {
        if (!inside(&e, end, size))
            return false;
    }
    return ok;
}

const uint8_t *cert_table_find(const void *table, size_t size, enum cert_table_kind kind,
                               size_t *len)
{
    struct buf b = buf_reader(table, size);
    struct entry e;
    bool ok;

    if (!cert_table_ok(table, size))
        return NULL;
    while (next(&b, &e, &ok)) {
        if (memcmp(e.guid, guids[kind], GUID_SIZE) == 0) {
            *len = e.len;
            return (const uint8_t *)table + e.at;
        }
    }
    return NULL;
}

int cert_table_model(enum tcb_model model, const struct tcb *tcb, const uint8_t chip_id[64],
                     const char *csp_id, int64_t start, uint8_t *table, size_t cap, size_t *len)
{
    uint8_t ark[X509_MAX], ca[X509_MAX], leaf[X509_MAX];
    struct cert_table_entry entries[] = {
        {CERT_TABLE_ARK, ark, 0},
        {CERT_TABLE_ASK, ca, 0},
        {csp_id ? CERT_TABLE_VLEK : CERT_TABLE_VCEK, leaf, 0},
    };
    int err = kds_root(model, ROOT_ARK, ark, &entries[0].len);

    if (!err)
        err = kds_root(model, csp_id ? ROOT_ASVK : ROOT_ASK, ca, &entries[1].len);
    if (!err && csp_id)
        err = kds_vlek(model, tcb, csp_id, start, leaf, &entries[2].len);
    else if (!err)
        err = kds_vcek(model, tcb, chip_id, start, leaf, &entries[2].len);
    if (err)
        return err;
    *len = cert_table_write(entries, 3, table, cap);
    return *len ? 0 : -ENOSPC;
}
