/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The packets of GDB's remote protocol. See gdb_link.h.
 */
#include "gdb_link.h"

#include <stdlib.h>
#include <string.h>

void gdb_link_init(struct gdb_link *link)
{
    memset(link, 0, sizeof(*link));
    link->acknowledge = true;
}

void gdb_link_free(struct gdb_link *link)
{
    free(link->out);
    link->out = NULL;
}

void gdb_link_reset(struct gdb_link *link)
{
    gdb_link_free(link);
    gdb_link_init(link);
}

/* --- output --- */

/* Make the buffer large enough for `n` more bytes. */
static bool reserve(struct gdb_link *link, size_t n)
{
    size_t size = link->out_size ? link->out_size : 4096;
    char *out;

    if (link->failed || n > GDB_OUTPUT_MAX - link->out_len) {
        link->failed = true;
        return false;
    }
    while (size < link->out_len + n)
        size *= 2;
    if (size == link->out_size)
        return true;
    out = realloc(link->out, size);
    if (!out) {
        link->failed = true;
        return false;
    }
    link->out = out;
    link->out_size = size;
    return true;
}

static void put(struct gdb_link *link, const char *data, size_t len)
{
    if (!len || !reserve(link, len))
        return;
    memcpy(link->out + link->out_len, data, len);
    link->out_len += len;
}

static bool is_special(char c)
{
    return c == '#' || c == '$' || c == '}' || c == '*';
}

void gdb_link_send(struct gdb_link *link, const char *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char *frame = link->last;
    uint8_t sum = 0;
    size_t n = 0;

    frame[n++] = '$';
    for (size_t i = 0; i < len && i < GDB_PACKET_MAX; i++) {
        if (is_special(data[i]))
            frame[n++] = '}';
        frame[n++] = (char)(is_special(data[i]) ? data[i] ^ 0x20 : data[i]);
    }
    for (size_t i = 1; i < n; i++)
        sum = (uint8_t)(sum + (uint8_t)frame[i]);
    frame[n++] = '#';
    frame[n++] = digits[sum >> 4];
    frame[n++] = digits[sum & 15];
    link->last_len = n;
    put(link, frame, n);
}

void gdb_link_sent(struct gdb_link *link, size_t n)
{
    link->out_len -= n;
    if (n)
        memmove(link->out, link->out + n, link->out_len);
}

/* --- input --- */

int gdb_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void add(struct gdb_link *link, uint8_t byte)
{
    if (link->len == GDB_PACKET_MAX)
        link->too_long = true;
    else
        link->data[link->len++] = (char)(link->escaped ? byte ^ 0x20 : byte);
    link->escaped = false;
}

static enum gdb_event between(struct gdb_link *link, uint8_t byte)
{
    if (byte == 3)
        return GDB_EVENT_INTERRUPT;
    if (byte == '-' && link->acknowledge)
        put(link, link->last, link->last_len);
    if (byte == '$') {
        link->state = GDB_DATA;
        link->len = 0;
        link->sum = 0;
        link->escaped = link->too_long = false;
    }
    return GDB_EVENT_NONE;
}

static void in_data(struct gdb_link *link, uint8_t byte)
{
    if (byte == '#') {
        link->state = GDB_SUM_HIGH;
        return;
    }
    if (byte == '$') { /* the end of the packet before it was lost */
        link->state = GDB_BETWEEN;
        between(link, byte);
        return;
    }
    link->sum = (uint8_t)(link->sum + byte);
    if (byte == '}' && !link->escaped)
        link->escaped = true;
    else
        add(link, byte);
}

static enum gdb_event end(struct gdb_link *link, bool good)
{
    link->state = GDB_BETWEEN;
    if (link->acknowledge)
        put(link, good ? "+" : "-", 1);
    if (!good)
        return GDB_EVENT_NONE;
    link->data[link->len] = 0;
    return GDB_EVENT_PACKET;
}

enum gdb_event gdb_link_byte(struct gdb_link *link, uint8_t byte)
{
    const int digit = gdb_digit((char)byte);

    switch (link->state) {
    case GDB_BETWEEN:
        return between(link, byte);
    case GDB_DATA:
        in_data(link, byte);
        return GDB_EVENT_NONE;
    case GDB_SUM_HIGH:
        if (digit < 0)
            return end(link, false);
        link->given = (uint8_t)(digit << 4);
        link->state = GDB_SUM_LOW;
        return GDB_EVENT_NONE;
    case GDB_SUM_LOW:
        return end(link, digit >= 0 && (link->given | digit) == link->sum && !link->too_long &&
                             !link->escaped);
    }
    return GDB_EVENT_NONE;
}
