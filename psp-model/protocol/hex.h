/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bytes as hexadecimal text.
 */
#ifndef PSP_HEX_H
#define PSP_HEX_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Size of the text for `len` bytes, with the terminating NUL. */
#define HEX_TEXT_SIZE(len) (2 * (len) + 1)

/* Write lower-case digits and a NUL to `text`, which holds at least HEX_TEXT_SIZE(len). */
void hex_encode(const void *data, size_t len, char *text);

/* Read exactly `len` bytes from `text`, a string of 2 * len digits of either case. Return false if
 * the text has another length or another character; `data` is then undefined. */
bool hex_decode(const char *text, void *data, size_t len) __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
