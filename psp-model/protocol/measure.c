/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch measurement; see measure.h.
 */
#include "measure.h"

#include <errno.h>

#include "buf.h"
#include "crypto.h"

#define MEASURE_CONTEXT      0x04
#define MEASURE_MESSAGE_SIZE (4 + 4 + 32 + 16)

int measure_compute(const struct measure_input *in, const uint8_t tik[16],
                    uint8_t measure[MEASURE_SIZE])
{
    uint8_t message[MEASURE_MESSAGE_SIZE];
    struct buf out = buf_writer(message, sizeof(message));
    if (measure_binds_version(in->api_major, in->api_minor)) {
        buf_put8(&out, MEASURE_CONTEXT);
        buf_put8(&out, in->api_major);
        buf_put8(&out, in->api_minor);
        buf_put8(&out, in->build);
    }
    buf_put32(&out, in->policy);
    buf_put(&out, in->launch_digest, sizeof(in->launch_digest));
    buf_put(&out, in->mnonce, sizeof(in->mnonce));
    if (!buf_ok(&out))
        return -EINVAL;

    struct crypto_piece piece = {message, out.pos};
    return crypto_hmac_sha256(tik, 16, &piece, 1, measure);
}

bool measure_binds_version(uint8_t api_major, uint8_t api_minor)
{
    return api_major > 0 || api_minor >= 17;
}
