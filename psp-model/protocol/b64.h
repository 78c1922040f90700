/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Base64, as files of guest owners, QMP and logs contain it. The output is one line; white space in
 * the input is skipped, any other character that is not base64 is an error. No function allocates
 * memory.
 *
 * Source: RFC 4648, section 4.
 */
#ifndef PSP_B64_H
#define PSP_B64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Size of the text for `len` bytes, with the terminating NUL. */
#define B64_TEXT_SIZE(len) ((((len) + 2) / 3) * 4 + 1)

/* Write the text and a NUL to `text`, which holds at least B64_TEXT_SIZE(len) characters. */
void b64_encode(const void *data, size_t len, char *text);

/* Decode `text_len` characters into at most `cap` bytes at `data`. Return the number of bytes;
 * -EINVAL if the text is not base64 (wrong character, wrong padding), -ENOSPC if it has more than
 * `cap` bytes: `data` is then undefined. */
long b64_decode(const char *text, size_t text_len, void *data, size_t cap)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
