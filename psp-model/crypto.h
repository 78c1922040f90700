/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cryptographic primitives of SEV, over libgcrypt; crypto.c is the only file that includes
 * gcrypt.h. Byte strings are in the order of the standards (big endian numbers, FIPS bit order);
 * AMD's little-endian fields are converted by cert.c and session.c.
 *
 * Source: AMD pub. 55766, section 2.1 "Keys and cryptography"; FIPS 180-4, 197, 198-1; SP 800-38A.
 *
 * int results are 0 or a negative errno (-EIO = the library failed, -EBADMSG = verification failed,
 * -EINVAL = a malformed key or point). Buffers belong to the caller.
 */
#ifndef PSP_CRYPTO_H
#define PSP_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#define CRYPTO_CHECKED __attribute__((warn_unused_result))

#define CRYPTO_SHA256_SIZE 32
#define CRYPTO_SHA384_SIZE 48
#define CRYPTO_AES128_SIZE 16

/* Initialise libgcrypt once; harmless to repeat, also where the program did it already. */
int crypto_init(void) CRYPTO_CHECKED;

/* SHA-256 in pieces. crypto_sha256_peek() gives the digest so far and lets the hash go on; it costs
 * a copy of the state, not a second pass. new: NULL if out of memory; free(NULL) is allowed. */
struct crypto_sha256;
struct crypto_sha256 *crypto_sha256_new(void);
void crypto_sha256_free(struct crypto_sha256 *hash);
void crypto_sha256_update(struct crypto_sha256 *hash, const void *data, size_t len);
int crypto_sha256_peek(const struct crypto_sha256 *hash,
                       uint8_t digest[CRYPTO_SHA256_SIZE]) CRYPTO_CHECKED;

void crypto_sha256(const void *data, size_t len, uint8_t digest[CRYPTO_SHA256_SIZE]);

/* HMAC-SHA-256 over up to `n` pieces, in order. */
struct crypto_piece {
    const void *data;
    size_t len;
};
int crypto_hmac_sha256(const void *key, size_t key_len, const struct crypto_piece *pieces,
                       unsigned n, uint8_t mac[CRYPTO_SHA256_SIZE]) CRYPTO_CHECKED;

/* AES-128-CTR with a 16-byte big-endian initial counter block; encrypts and decrypts in place. */
int crypto_aes128_ctr(const uint8_t key[16], const uint8_t counter[16], void *data,
                      size_t len) CRYPTO_CHECKED;

/* 0 if equal, in constant time. */
int crypto_compare(const void *a, const void *b, size_t len) CRYPTO_CHECKED;
/* Not optimised away. */
void crypto_wipe(void *data, size_t len);

#endif
