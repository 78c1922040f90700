/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bounds-checked cursors over little-endian wire data; see buf.h.
 */
#include "buf.h"

#include <string.h>

struct buf buf_reader(const void *data, size_t len)
{
    /* One type serves both directions; a reader's bytes are never written: see claim_write(). */
    return (struct buf){.data = (uint8_t *)(uintptr_t)data, .len = len, .readonly = true};
}

struct buf buf_writer(void *data, size_t len)
{
    return (struct buf){.data = data, .len = len};
}

bool buf_ok(const struct buf *b)
{
    return !b->bad;
}

bool buf_done(const struct buf *b)
{
    return !b->bad && b->pos == b->len;
}

/* The next `len` bytes; where they are not there, NULL and the cursor is bad from then on. */
static uint8_t *claim(struct buf *b, size_t len)
{
    if (b->bad || len > b->len - b->pos) {
        b->bad = true;
        return NULL;
    }
    b->pos += len;
    return len ? b->data + b->pos - len : b->data;
}

static uint8_t *claim_write(struct buf *b, size_t len)
{
    if (b->readonly)
        b->bad = true;
    return claim(b, len);
}

static uint64_t get_le(struct buf *b, unsigned bytes)
{
    const uint8_t *at = claim(b, bytes);
    uint64_t v = 0;
    for (unsigned i = 0; at && i < bytes; i++)
        v |= (uint64_t)at[i] << (8 * i);
    return v;
}

uint8_t buf_get8(struct buf *b)
{
    return (uint8_t)get_le(b, 1);
}

uint16_t buf_get16(struct buf *b)
{
    return (uint16_t)get_le(b, 2);
}

uint32_t buf_get32(struct buf *b)
{
    return (uint32_t)get_le(b, 4);
}

uint64_t buf_get64(struct buf *b)
{
    return get_le(b, 8);
}

void buf_get(struct buf *b, void *out, size_t len)
{
    if (len == 0)
        return;
    const uint8_t *at = claim(b, len);
    if (at)
        memcpy(out, at, len);
    else
        memset(out, 0, len);
}

void buf_skip(struct buf *b, size_t len)
{
    (void)claim(b, len);
}

bool buf_get_zero(struct buf *b, size_t len)
{
    const uint8_t *at = claim(b, len);
    uint8_t any = 0;
    for (size_t i = 0; !b->bad && i < len; i++)
        any |= at[i];
    return !b->bad && any == 0;
}

static void put_le(struct buf *b, uint64_t v, unsigned bytes)
{
    uint8_t *at = claim_write(b, bytes);
    for (unsigned i = 0; at && i < bytes; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

void buf_put8(struct buf *b, uint8_t v)
{
    put_le(b, v, 1);
}

void buf_put16(struct buf *b, uint16_t v)
{
    put_le(b, v, 2);
}

void buf_put32(struct buf *b, uint32_t v)
{
    put_le(b, v, 4);
}

void buf_put64(struct buf *b, uint64_t v)
{
    put_le(b, v, 8);
}

void buf_put(struct buf *b, const void *data, size_t len)
{
    if (len == 0)
        return;
    uint8_t *at = claim_write(b, len);
    if (at)
        memcpy(at, data, len);
}

void buf_fill(struct buf *b, uint8_t v, size_t len)
{
    if (len == 0)
        return;
    uint8_t *at = claim_write(b, len);
    if (at)
        memset(at, v, len);
}
