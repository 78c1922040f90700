/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Base64; see b64.h.
 *
 * Source: RFC 4648, section 4.
 */
#include "b64.h"

#include <ctype.h>
#include <errno.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void b64_encode(const void *data, size_t len, char *text)
{
    const uint8_t *in = data;

    for (; len > 0; in += 3) {
        uint32_t group = (uint32_t)in[0] << 16;

        if (len > 1)
            group |= (uint32_t)in[1] << 8;
        if (len > 2)
            group |= in[2];
        *text++ = digits[group >> 18];
        *text++ = digits[group >> 12 & 63];
        *text++ = len > 1 ? digits[group >> 6 & 63] : '=';
        *text++ = len > 2 ? digits[group & 63] : '=';
        len -= len < 3 ? len : 3;
    }
    *text = 0;
}

/* The value of a base64 digit, -1 if `c` is none. */
static int value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '/')
        return c == '+' ? 62 : 63;
    return -1;
}

/* Store the bytes of a group of four digits, of which `pad` are '='. False if they do not fit. */
static bool put_group(uint32_t group, unsigned pad, uint8_t *out, size_t cap, size_t *len)
{
    for (unsigned i = 0; i < 3 - pad; i++) {
        if (*len == cap)
            return false;
        out[(*len)++] = (uint8_t)(group >> (16 - 8 * i));
    }
    return true;
}

long b64_decode(const char *text, size_t text_len, void *data, size_t cap)
{
    unsigned n = 0, pad = 0; /* in this group: digits, also '='; how many of them are '=' */
    uint32_t group = 0;
    bool fits = true;
    size_t len = 0;

    for (size_t i = 0; i < text_len; i++) {
        unsigned char c = (unsigned char)text[i];
        int digit = value(c);

        if (isspace(c))
            continue;
        if (c == '=' && n >= 2)
            pad++;
        else if (digit < 0 || pad)
            return -EINVAL;
        group = group << 6 | (uint32_t)(c == '=' ? 0 : digit);
        if (++n < 4)
            continue;
        fits = fits && put_group(group, pad, data, cap, &len);
        n = 0;
        group = 0;
    }
    if (n)
        return -EINVAL;
    return fits ? (long)len : -ENOSPC;
}
