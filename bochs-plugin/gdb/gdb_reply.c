/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading packets of GDB's remote protocol and writing answers. See gdb_reply.h.
 */
#include "gdb_reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- reading --- */

bool gdb_get_number(struct gdb_text *text, uint64_t *number)
{
    unsigned n = 0;

    for (*number = 0; text->at < text->end && gdb_digit(*text->at) >= 0; text->at++, n++) {
        if (*number >> 60)
            return false;
        *number = *number << 4 | (unsigned)gdb_digit(*text->at);
    }
    return n > 0;
}

bool gdb_get_char(struct gdb_text *text, char c)
{
    if (text->at == text->end || *text->at != c)
        return false;
    text->at++;
    return true;
}

bool gdb_get_bytes(struct gdb_text *text, uint8_t *data, size_t len)
{
    if ((size_t)(text->end - text->at) / 2 < len)
        return false;
    for (size_t i = 0; i < len; i++, text->at += 2) {
        const int high = gdb_digit(text->at[0]), low = gdb_digit(text->at[1]);

        if (high < 0 || low < 0)
            return false;
        data[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool gdb_get_thread(const struct gdb_server *server, struct gdb_text *text, int *cpu)
{
    uint64_t thread;

    if (gdb_get_char(text, '-')) {
        *cpu = -1;
        return gdb_get_number(text, &thread) && thread == 1;
    }
    if (!gdb_get_number(text, &thread) || thread > server->ops->cpus(server->ctx))
        return false;
    *cpu = thread ? (int)thread - 1 : -2;
    return true;
}

/* --- writing --- */

void gdb_put(struct gdb_reply *reply, const char *format, ...)
{
    const size_t left = sizeof(reply->data) - reply->len;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(reply->data + reply->len, left, format, args);
    va_end(args);
    if (n > 0)
        reply->len += (size_t)n < left ? (size_t)n : left - 1;
}

void gdb_put_bytes(struct gdb_reply *reply, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        gdb_put(reply, "%02x", data[i]);
}

void gdb_put_error(struct gdb_reply *reply, int error)
{
    gdb_put(reply, "E%02x", (unsigned)error & 0xff);
}
