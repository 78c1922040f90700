/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A writer of DER; see der.h.
 */
#include "der.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define HEADER_MAX 4 /* tag, 82h, two bytes of length: contents up to 64 KiB */

struct der der_writer(void *data, size_t cap)
{
    return (struct der){.data = data, .cap = cap};
}

bool der_ok(const struct der *d)
{
    return !d->bad;
}

/* Make space for `len` bytes at `at`. */
static uint8_t *insert(struct der *d, size_t at, size_t len)
{
    d->bad = d->bad || len > d->cap - d->len;
    if (d->bad)
        return NULL;
    memmove(d->data + at + len, d->data + at, d->len - at);
    d->len += len;
    return d->data + at;
}

void der_raw(struct der *d, const void *data, size_t len)
{
    uint8_t *to = insert(d, d->len, len);

    if (to && len)
        memcpy(to, data, len);
}

/* Tag and length of the contents from `begin` to the end. */
static void put_header(struct der *d, size_t begin, uint8_t tag)
{
    uint8_t header[HEADER_MAX] = {tag}, *to;
    size_t len = d->len - begin, used;

    if (len < 0x80) {
        header[1] = (uint8_t)len;
        used = 2;
    } else if (len < 0x100) {
        header[1] = 0x81;
        header[2] = (uint8_t)len;
        used = 3;
    } else {
        header[1] = 0x82;
        header[2] = (uint8_t)(len >> 8);
        header[3] = (uint8_t)len;
        used = 4;
    }
    d->bad = d->bad || len > UINT16_MAX;
    to = insert(d, begin, used);
    if (to)
        memcpy(to, header, used);
}

size_t der_begin(const struct der *d)
{
    return d->len;
}

void der_end(struct der *d, size_t begin, uint8_t tag)
{
    put_header(d, begin, tag);
}

void der_end_bits(struct der *d, size_t begin)
{
    uint8_t *unused_bits = insert(d, begin, 1);

    if (unused_bits)
        *unused_bits = 0;
    put_header(d, begin, DER_BIT_STRING);
}

void der_put(struct der *d, uint8_t tag, const void *data, size_t len)
{
    size_t begin = der_begin(d);

    der_raw(d, data, len);
    der_end(d, begin, tag);
}

void der_text(struct der *d, uint8_t tag, const char *text)
{
    der_put(d, tag, text, strlen(text));
}

void der_unsigned(struct der *d, const uint8_t *big_endian, size_t len)
{
    static const uint8_t positive[1];
    size_t begin = der_begin(d);

    while (len > 1 && *big_endian == 0) {
        big_endian++;
        len--;
    }
    if (len && (*big_endian & 0x80))
        der_raw(d, positive, sizeof(positive));
    der_raw(d, big_endian, len);
    der_end(d, begin, DER_INTEGER);
}

void der_number(struct der *d, uint64_t value)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(value >> 8 * (sizeof(bytes) - 1 - i));
    der_unsigned(d, bytes, sizeof(bytes));
}

void der_time(struct der *d, int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm tm;
    char text[32];
    bool utc;

    if (!gmtime_r(&time, &tm) || tm.tm_year < 50 || tm.tm_year > 9999 - 1900) {
        d->bad = true;
        return;
    }
    utc = tm.tm_year < 150;
    strftime(text, sizeof(text), utc ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", &tm);
    der_text(d, utc ? DER_UTC_TIME : DER_GENERAL_TIME, text);
}
