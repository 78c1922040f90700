/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tables of GUIDed entries; see guid.h.
 *
 * Source: Linux Documentation/security/secrets/coco.rst.
 */
#include "guid.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/buf.h"
#include "protocol/crypto.h"

#define PADDING 16

bool guid_parse(const char *text, uint8_t guid[GUID_SIZE])
{
    /* Where the bytes of the text go: the first three fields are little endian. */
    static const uint8_t place[GUID_SIZE] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    unsigned n = 0, byte;
    if (strlen(text) != strlen(shape))
        return false;
    for (unsigned i = 0; shape[i]; i++) {
        if (shape[i] == '-' ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    for (unsigned i = 0; shape[i]; i += shape[i] == '-' ? 1 : 2) {
        if (shape[i] != '-' && sscanf(text + i, "%2x", &byte) == 1)
            guid[place[n++]] = (uint8_t)byte;
    }
    return n == GUID_SIZE;
}

static bool put(struct guid_table *table, const void *data, size_t len)
{
    if (table->len + len + PADDING > table->cap) {
        size_t cap = 2 * (table->len + len + PADDING);
        uint8_t *grown = malloc(cap);
        if (!grown)
            return false;
        if (table->len)
            memcpy(grown, table->data, table->len);
        crypto_wipe(table->data, table->len);
        free(table->data);
        table->data = grown;
        table->cap = cap;
    }
    if (len)
        memcpy(table->data + table->len, data, len);
    table->len += len;
    return true;
}

/* A length of `len` bytes, 4 bytes little endian. False if it does not fit. */
static bool length_bytes(size_t len, uint8_t out[4])
{
    struct buf b = buf_writer(out, 4);

    buf_put32(&b, (uint32_t)len);
    return len <= UINT32_MAX;
}

bool guid_table_start(struct guid_table *table, const char *guid)
{
    static const uint8_t later[4];
    uint8_t bytes[GUID_SIZE];

    *table = (struct guid_table){0};
    return guid_parse(guid, bytes) && put(table, bytes, sizeof(bytes)) &&
           put(table, later, sizeof(later));
}

bool guid_table_add(struct guid_table *table, const uint8_t guid[GUID_SIZE], const void *data,
                    size_t len)
{
    uint8_t length[4];

    return length_bytes(GUID_SIZE + sizeof(length) + len, length) && put(table, guid, GUID_SIZE) &&
           put(table, length, sizeof(length)) && put(table, data, len);
}

bool guid_table_finish(struct guid_table *table)
{
    static const uint8_t zeros[PADDING];
    uint8_t length[4];

    if (!length_bytes(table->len, length))
        return false;
    memcpy(table->data + GUID_SIZE, length, sizeof(length));
    return put(table, zeros, (PADDING - table->len % PADDING) % PADDING);
}

void guid_table_free(struct guid_table *table)
{
    if (table->data)
        crypto_wipe(table->data, table->len);
    free(table->data);
    *table = (struct guid_table){0};
}
