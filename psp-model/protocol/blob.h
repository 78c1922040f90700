/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A blob that a file contains as raw bytes or as base64 text: session, certificate, packet, key.
 * sevctl writes base64 files, QEMU and virt-qemu-sev-validate read both forms.
 */
#ifndef PSP_BLOB_H
#define PSP_BLOB_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Take a blob of `min` to `max` bytes out of the `len` bytes at `text`. There is one rule: if they
 * are base64 text of an allowed number of bytes, the blob is what that text means; else, if
 * `len` itself is allowed, the blob is these bytes. `data` holds `max` bytes. Return 0 with
 * *got, and *base64 unless NULL; or -EINVAL if neither is so. */
int blob_decode(const void *text, size_t len, size_t min, size_t max, void *data, size_t *got,
                bool *base64) __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
