/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cryptographic primitives of SEV, over libgcrypt; crypto.c is the only file that includes
 * gcrypt.h. Byte strings are in the order of the standards (big endian numbers, FIPS bit order);
 * AMD's little-endian fields are converted by cert.c and session.c.
 *
 * Source: FIPS 180-4, 186-5, 197, 198-1; NIST SP 800-38A, 800-38D, 800-56A; RFC 6979, 8017. Which of them
 * SEV uses: AMDESE/sev-tool src/sevapi.h SEV_SIG_ALGO, SEV_EC; virtee/sev src/session/mod.rs.
 *
 * int results are 0 or a negative errno (-EIO = the library failed, -EBADMSG = verification failed,
 * -EINVAL = a malformed key or point). Buffers belong to the caller.
 */
#ifndef PSP_CRYPTO_H
#define PSP_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CRYPTO_CHECKED __attribute__((warn_unused_result))

#define CRYPTO_SHA1_SIZE   20
#define CRYPTO_SHA256_SIZE 32
#define CRYPTO_SHA384_SIZE 48
#define CRYPTO_AES128_SIZE 16
#define CRYPTO_AES256_SIZE 32
#define CRYPTO_P384_SIZE   48

enum crypto_hash { CRYPTO_HASH_SHA256, CRYPTO_HASH_SHA384 };

/* Initialise libgcrypt once; harmless to repeat, also where the program did it already. */
int crypto_init(void) CRYPTO_CHECKED;

/* SHA-256 in pieces. crypto_sha256_peek() gives the digest so far and lets the hash go on; it costs
 * a copy of the state, not a second pass. new: NULL if out of memory; free(NULL) is allowed. */
struct crypto_sha256;
struct crypto_sha256 *crypto_sha256_new(void);
/* A second hash that goes on from here; NULL if out of memory. */
struct crypto_sha256 *crypto_sha256_copy(const struct crypto_sha256 *hash);
void crypto_sha256_free(struct crypto_sha256 *hash);
void crypto_sha256_update(struct crypto_sha256 *hash, const void *data, size_t len);
int crypto_sha256_peek(const struct crypto_sha256 *hash,
                       uint8_t digest[CRYPTO_SHA256_SIZE]) CRYPTO_CHECKED;

void crypto_sha256(const void *data, size_t len, uint8_t digest[CRYPTO_SHA256_SIZE]);
/* For the ids of keys in X.509, which protect nothing. */
void crypto_sha1(const void *data, size_t len, uint8_t digest[CRYPTO_SHA1_SIZE]);
/* Either hash; returns the size of the digest. */
size_t crypto_digest(enum crypto_hash hash, const void *data, size_t len,
                     uint8_t digest[CRYPTO_SHA384_SIZE]);

/* HMAC-SHA-256 over up to `n` pieces, in order. */
struct crypto_piece {
    const void *data;
    size_t len;
};
int crypto_hmac_sha256(const void *key, size_t key_len, const struct crypto_piece *pieces,
                       unsigned n, uint8_t mac[CRYPTO_SHA256_SIZE]) CRYPTO_CHECKED;
/* The same with either hash; `mac` has the size of its digest. */
int crypto_hmac(enum crypto_hash hash, const void *key, size_t key_len,
                const struct crypto_piece *pieces, unsigned n, uint8_t *mac) CRYPTO_CHECKED;

/* AES-128-CTR with a 16-byte big-endian initial counter block; encrypts and decrypts in place. */
int crypto_aes128_ctr(const uint8_t key[16], const uint8_t counter[16], void *data,
                      size_t len) CRYPTO_CHECKED;

/* AES-256-GCM, in place, with a tag of 16 bytes (NIST SP 800-38D). open: -EBADMSG if the tag is not that
 * of the data; they are then wiped. */
#define CRYPTO_GCM_IV_SIZE  12
#define CRYPTO_GCM_TAG_SIZE 16
int crypto_aes256_gcm_seal(const uint8_t key[CRYPTO_AES256_SIZE],
                           const uint8_t iv[CRYPTO_GCM_IV_SIZE], const void *aad, size_t aad_len,
                           void *data, size_t len, uint8_t tag[CRYPTO_GCM_TAG_SIZE]) CRYPTO_CHECKED;
int crypto_aes256_gcm_open(const uint8_t key[CRYPTO_AES256_SIZE],
                           const uint8_t iv[CRYPTO_GCM_IV_SIZE], const void *aad, size_t aad_len,
                           void *data, size_t len,
                           const uint8_t tag[CRYPTO_GCM_TAG_SIZE]) CRYPTO_CHECKED;

/* Elliptic curve P-384. All numbers 48 bytes big endian. */
struct crypto_p384_public {
    uint8_t x[CRYPTO_P384_SIZE], y[CRYPTO_P384_SIZE];
};
struct crypto_p384_key {
    uint8_t d[CRYPTO_P384_SIZE]; /* secret: wipe it */
    struct crypto_p384_public pub;
};
struct crypto_p384_signature {
    uint8_t r[CRYPTO_P384_SIZE], s[CRYPTO_P384_SIZE];
};

/* A key from random bytes, always the same from the same: d = seed mod (n-1) + 1, 64 bits more than
 * the order so that no key is likelier than another (FIPS 186-5, A.2.1). */
#define CRYPTO_P384_SEED_SIZE 56
int crypto_p384_from_seed(const uint8_t seed[CRYPTO_P384_SEED_SIZE],
                          struct crypto_p384_key *key) CRYPTO_CHECKED;
/* Fill in key->pub from key->d. -EINVAL if d is not in 1 .. n-1. */
int crypto_p384_from_private(struct crypto_p384_key *key) CRYPTO_CHECKED;
/* -EINVAL if it is no point of the curve (infinity included). */
int crypto_p384_check(const struct crypto_p384_public *pub) CRYPTO_CHECKED;
/* The x-coordinate of the shared point. -EINVAL as crypto_p384_check(). */
int crypto_p384_ecdh(const struct crypto_p384_key *key, const struct crypto_p384_public *peer,
                     uint8_t z[CRYPTO_P384_SIZE]) CRYPTO_CHECKED;
/* ECDSA with the deterministic nonce of RFC 6979: the same message gives the same signature. */
int crypto_p384_sign(const struct crypto_p384_key *key, enum crypto_hash hash, const void *data,
                     size_t len, struct crypto_p384_signature *sig) CRYPTO_CHECKED;
int crypto_p384_verify(const struct crypto_p384_public *pub, enum crypto_hash hash,
                       const void *data, size_t len,
                       const struct crypto_p384_signature *sig) CRYPTO_CHECKED;

/* RSASSA-PSS, MGF1 with the same hash. Numbers big endian, borrowed from the caller. */
struct crypto_rsa_public {
    const uint8_t *n, *e;
    size_t n_len, e_len; /* n 128..512 bytes */
};
struct crypto_rsa_private {
    struct crypto_rsa_public pub;
    const uint8_t *p, *q; /* the two primes, each of half the size of n */
    size_t prime_len;
};
/* `sig` has the length of n. The salt is as long as the hash or as long as fits: both are met. */
int crypto_rsa_pss_verify(const struct crypto_rsa_public *key, enum crypto_hash hash,
                          const void *data, size_t len, const uint8_t *sig) CRYPTO_CHECKED;
/* `salt` is as long as the hash; the same salt gives the same signature. For public
 * keys only, such as those of the model's roots: the time that it takes depends on the key. */
int crypto_rsa_pss_sign(const struct crypto_rsa_private *key, enum crypto_hash hash,
                        const void *data, size_t len, const uint8_t *salt,
                        uint8_t *sig) CRYPTO_CHECKED;

/* 0 if equal, in constant time. */
int crypto_compare(const void *a, const void *b, size_t len) CRYPTO_CHECKED;
/* Not optimised away. */
void crypto_wipe(void *data, size_t len);

#ifdef __cplusplus
}
#endif
#endif
