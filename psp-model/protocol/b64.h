/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Base64 as owners' files, QMP and logs carry blobs: one line out, white space allowed in. A thin
 * layer over libgpg-error's coder that makes lengths explicit and refuses what is not base64.
 *
 * Source: RFC 4648, section 4.
 */
#ifndef PSP_B64_H
#define PSP_B64_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Characters of the text for `len` bytes, with the terminating NUL. */
#define B64_TEXT_SIZE(len) ((((len) + 2) / 3) * 4 + 1)

/* Writes the text and a NUL to `text`, which holds at least B64_TEXT_SIZE(len) characters. */
void b64_encode(const void *data, size_t len, char *text);

/* Decodes `text_len` characters into at most `cap` bytes at `data`. Returns the number of bytes, or
 * -EINVAL if the text is not base64 (wrong character, wrong padding), -ENOSPC if it is longer than
 * `cap`. White space is skipped. */
long b64_decode(const char *text, size_t text_len, void *data, size_t cap)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
