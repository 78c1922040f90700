/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes as hexadecimal text; see hex.h.
 */
#include "hex.h"

#include <stdint.h>
#include <string.h>

void hex_encode(const void *data, size_t len, char *text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = 0;
}

/* The value of a hexadecimal digit, -1 if `c` is none. */
static int value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(const char *text, void *data, size_t len)
{
    uint8_t *bytes = data;

    if (strlen(text) != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = value(text[2 * i]), low = value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
