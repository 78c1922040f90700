/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The JSON that QMP clients send: a stream of values, read as QEMU reads it. That is JSON with
 * strings in 'single quotes' too, with integers up to 2^64 - 1, without duplicate keys, and with
 * QEMU's texts for errors. The input is hostile.
 *
 * Source: QEMU qobject/json-lexer.c, json-streamer.c (where a value ends, what an error skips),
 * json-parser.c (errors).
 */
#ifndef SEV_JSON_READ_H
#define SEV_JSON_READ_H

#include <stddef.h>

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JSON_READ_DEPTH_MAX 1024 /* QEMU's MAX_NESTING */

struct json_read {
    size_t used;     /* bytes that were read, and are to be removed from the stream */
    json_t *value;   /* a new reference, or NULL */
    char error[200]; /* if `used` is not 0 and there is no value: what is wrong, else "" */
};

/* Read the first value of `text`. `used` is 0 if the value is not complete. An integer above 2^63 - 1
 * becomes the negative integer of the same 64 bits, as QEMU takes a negative number for an unsigned
 * parameter. */
void json_read(const char *text, size_t len, struct json_read *result);

#ifdef __cplusplus
}
#endif
#endif
