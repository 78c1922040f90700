/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Random bytes, from the host's kernel or from a seed.
 *
 * After NIST SP 800-90A, 10.1.1 (Hash_DRBG with SHA-256).
 */
#include "rng.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "protocol/buf.h"
#include "protocol/crypto.h"

void rng_init(struct rng *rng, const char *seed)
{
    memset(rng, 0, sizeof(*rng));
    rng->seeded = seed && *seed;
    if (rng->seeded)
        crypto_sha256(seed, strlen(seed), rng->seed);
}

static int rng_host(uint8_t *out, size_t len)
{
    while (len) {
        ssize_t n = getrandom(out, len, 0);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            out += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

static void rng_next(struct rng *rng)
{
    uint8_t input[sizeof(rng->seed) + sizeof(rng->block)];
    struct buf b = buf_writer(input, sizeof(input));

    buf_put(&b, rng->seed, sizeof(rng->seed));
    buf_put64(&b, rng->block++);
    crypto_sha256(input, sizeof(input), rng->rest);
    rng->rest_len = sizeof(rng->rest);
}

int rng_fill(struct rng *rng, void *buf, size_t len)
{
    uint8_t *out = buf;

    if (!rng->seeded)
        return rng_host(out, len);
    while (len) {
        size_t n;
        if (!rng->rest_len)
            rng_next(rng);
        n = len < rng->rest_len ? len : rng->rest_len;
        memcpy(out, rng->rest + sizeof(rng->rest) - rng->rest_len, n);
        rng->rest_len -= n;
        out += n;
        len -= n;
    }
    return 0;
}
