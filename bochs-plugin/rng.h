/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secure processor's random bytes: from the kernel of the computer that runs Bochs, or, with
 * `seed=`, a fixed stream that makes a whole platform (identity, keys, nonces) the same in every
 * run.
 *
 * The seeded stream is SHA-256 in counter mode over the seed, as Hash_DRBG's generation in NIST SP
 * 800-90A, 10.1.1, without reseeding: the seed determines every byte, on purpose.
 */
#ifndef SEV_RNG_H
#define SEV_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rng {
    bool seeded;
    uint8_t seed[32];
    uint64_t block; /* number of the next block; saved with the machine's state */
    uint8_t rest[32];
    size_t rest_len; /* bytes at the end of `rest` that are not used yet */
};

/* `seed` NULL or "": bytes of the kernel. */
void rng_init(struct rng *rng, const char *seed);
/* Return 0 or a negative errno. */
int rng_fill(struct rng *rng, void *buf, size_t len) __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
