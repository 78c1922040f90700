/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Raw or base64; see blob.h.
 */
#include "blob.h"

#include <errno.h>
#include <string.h>

#include "b64.h"

int blob_decode(const void *text, size_t len, size_t min, size_t max, void *data, size_t *got,
                bool *base64)
{
    long n = b64_decode(text, len, data, max);
    bool decoded = n >= 0 && (size_t)n >= min;

    if (!decoded && (len < min || len > max))
        return -EINVAL;
    if (!decoded)
        memcpy(data, text, len);
    *got = decoded ? (size_t)n : len;
    if (base64)
        *base64 = decoded;
    return 0;
}
