/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cryptographic primitives of SEV, over libgcrypt; see crypto.h. The only file of the tree that
 * includes gcrypt.h.
 */
#define _DEFAULT_SOURCE /* explicit_bzero() */

#include "crypto.h"

#include <errno.h>
#include <gcrypt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int crypto_init(void)
{
    if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
        return 0;
    if (!gcry_check_version("1.9.0"))
        return -EIO;
    /* Locked memory is scarce and not needed: the keys belong to an emulated chip. */
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    return 0;
}

struct crypto_sha256 {
    gcry_md_hd_t md;
};

struct crypto_sha256 *crypto_sha256_new(void)
{
    struct crypto_sha256 *hash = calloc(1, sizeof(*hash));
    if (hash && gcry_md_open(&hash->md, GCRY_MD_SHA256, 0)) {
        free(hash);
        hash = NULL;
    }
    return hash;
}

struct crypto_sha256 *crypto_sha256_copy(const struct crypto_sha256 *hash)
{
    struct crypto_sha256 *copy = calloc(1, sizeof(*copy));
    if (copy && gcry_md_copy(&copy->md, hash->md)) {
        free(copy);
        copy = NULL;
    }
    return copy;
}

void crypto_sha256_free(struct crypto_sha256 *hash)
{
    if (!hash)
        return;
    gcry_md_close(hash->md);
    free(hash);
}

void crypto_sha256_update(struct crypto_sha256 *hash, const void *data, size_t len)
{
    gcry_md_write(hash->md, data, len);
}

int crypto_sha256_peek(const struct crypto_sha256 *hash, uint8_t digest[CRYPTO_SHA256_SIZE])
{
    gcry_md_hd_t copy;
    if (gcry_md_copy(&copy, hash->md))
        return -EIO;
    const uint8_t *result = gcry_md_read(copy, GCRY_MD_SHA256);
    if (result)
        memcpy(digest, result, CRYPTO_SHA256_SIZE);
    gcry_md_close(copy);
    return result ? 0 : -EIO;
}

void crypto_sha256(const void *data, size_t len, uint8_t digest[CRYPTO_SHA256_SIZE])
{
    gcry_md_hash_buffer(GCRY_MD_SHA256, digest, data, len);
}

void crypto_sha1(const void *data, size_t len, uint8_t digest[CRYPTO_SHA1_SIZE])
{
    gcry_md_hash_buffer(GCRY_MD_SHA1, digest, data, len);
}

static const struct {
    int algo;
    const char *name;
    size_t size;
} hashes[] = {
    [CRYPTO_HASH_SHA256] = {GCRY_MD_SHA256, "sha256", CRYPTO_SHA256_SIZE},
    [CRYPTO_HASH_SHA384] = {GCRY_MD_SHA384, "sha384", CRYPTO_SHA384_SIZE},
};

size_t crypto_digest(enum crypto_hash hash, const void *data, size_t len,
                     uint8_t digest[CRYPTO_SHA384_SIZE])
{
    gcry_md_hash_buffer(hashes[hash].algo, digest, data, len);
    return hashes[hash].size;
}

int crypto_hmac(enum crypto_hash hash, const void *key, size_t key_len,
                const struct crypto_piece *pieces, unsigned n, uint8_t *mac)
{
    static const int algos[] = {
        [CRYPTO_HASH_SHA256] = GCRY_MAC_HMAC_SHA256,
        [CRYPTO_HASH_SHA384] = GCRY_MAC_HMAC_SHA384,
    };
    gcry_mac_hd_t handle;
    size_t size = hashes[hash].size;
    if (gcry_mac_open(&handle, algos[hash], 0, NULL))
        return -EIO;
    gcry_error_t err = gcry_mac_setkey(handle, key, key_len);
    for (unsigned i = 0; i < n && !err; i++) {
        if (pieces[i].len)
            err = gcry_mac_write(handle, pieces[i].data, pieces[i].len);
    }
    if (!err)
        err = gcry_mac_read(handle, mac, &size);
    gcry_mac_close(handle);
    return err || size != hashes[hash].size ? -EIO : 0;
}

int crypto_hmac_sha256(const void *key, size_t key_len, const struct crypto_piece *pieces,
                       unsigned n, uint8_t mac[CRYPTO_SHA256_SIZE])
{
    return crypto_hmac(CRYPTO_HASH_SHA256, key, key_len, pieces, n, mac);
}

int crypto_aes128_ctr(const uint8_t key[16], const uint8_t counter[16], void *data, size_t len)
{
    gcry_cipher_hd_t cipher;
    if (gcry_cipher_open(&cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_CTR, 0))
        return -EIO;
    gcry_error_t err = gcry_cipher_setkey(cipher, key, CRYPTO_AES128_SIZE);
    if (!err)
        err = gcry_cipher_setctr(cipher, counter, CRYPTO_AES128_SIZE);
    if (!err && len)
        err = gcry_cipher_encrypt(cipher, data, len, NULL, 0);
    gcry_cipher_close(cipher);
    return err ? -EIO : 0;
}

/* A cipher with key, IV and additional data; NULL if the library failed. */
static gcry_cipher_hd_t gcm_begin(const uint8_t *key, const uint8_t *iv, const void *aad,
                                  size_t aad_len)
{
    gcry_cipher_hd_t cipher;
    if (gcry_cipher_open(&cipher, GCRY_CIPHER_AES256, GCRY_CIPHER_MODE_GCM, 0))
        return NULL;
    if (gcry_cipher_setkey(cipher, key, CRYPTO_AES256_SIZE) ||
        gcry_cipher_setiv(cipher, iv, CRYPTO_GCM_IV_SIZE) ||
        gcry_cipher_authenticate(cipher, aad, aad_len)) {
        gcry_cipher_close(cipher);
        return NULL;
    }
    return cipher;
}

int crypto_aes256_gcm_seal(const uint8_t key[CRYPTO_AES256_SIZE],
                           const uint8_t iv[CRYPTO_GCM_IV_SIZE], const void *aad, size_t aad_len,
                           void *data, size_t len, uint8_t tag[CRYPTO_GCM_TAG_SIZE])
{
    gcry_cipher_hd_t cipher = gcm_begin(key, iv, aad, aad_len);
    if (!cipher)
        return -EIO;
    gcry_error_t err = gcry_cipher_final(cipher);
    if (!err && len)
        err = gcry_cipher_encrypt(cipher, data, len, NULL, 0);
    if (!err)
        err = gcry_cipher_gettag(cipher, tag, CRYPTO_GCM_TAG_SIZE);
    gcry_cipher_close(cipher);
    return err ? -EIO : 0;
}

int crypto_aes256_gcm_open(const uint8_t key[CRYPTO_AES256_SIZE],
                           const uint8_t iv[CRYPTO_GCM_IV_SIZE], const void *aad, size_t aad_len,
                           void *data, size_t len, const uint8_t tag[CRYPTO_GCM_TAG_SIZE])
{
    gcry_cipher_hd_t cipher = gcm_begin(key, iv, aad, aad_len);
    if (!cipher)
        return -EIO;
    gcry_error_t err = gcry_cipher_final(cipher);
    if (!err && len)
        err = gcry_cipher_decrypt(cipher, data, len, NULL, 0);
    if (!err)
        err = gcry_cipher_checktag(cipher, tag, CRYPTO_GCM_TAG_SIZE);
    gcry_cipher_close(cipher);
    if (err)
        crypto_wipe(data, len);
    return gcry_err_code(err) == GPG_ERR_CHECKSUM ? -EBADMSG : err ? -EIO : 0;
}

int crypto_compare(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t differ = 0;
    for (size_t i = 0; i < len; i++)
        differ |= x[i] ^ y[i];
    return differ;
}

void crypto_wipe(void *data, size_t len)
{
    if (len)
        explicit_bzero(data, len);
}

/* --- P-384 ----------------------------------------------------------------------------------- */

#define CURVE "NIST P-384"

static gcry_mpi_t mpi_read(const uint8_t *bytes, size_t len)
{
    gcry_mpi_t n = NULL;
    return gcry_mpi_scan(&n, GCRYMPI_FMT_USG, bytes, len, NULL) ? NULL : n;
}

/* Exactly `len` bytes, zeros in front. */
static int mpi_write(gcry_mpi_t n, uint8_t *bytes, size_t len)
{
    size_t used;
    if (gcry_mpi_print(GCRYMPI_FMT_USG, bytes, len, &used, n) || used > len)
        return -EIO;
    memmove(bytes + len - used, bytes, used);
    memset(bytes, 0, len - used);
    return 0;
}

static int point_write(gcry_mpi_point_t point, gcry_ctx_t curve, struct crypto_p384_public *pub)
{
    gcry_mpi_t x = gcry_mpi_new(0), y = gcry_mpi_new(0);
    int err = -EINVAL; /* the point at infinity has no coordinates */
    if (!gcry_mpi_ec_get_affine(x, y, point, curve)) {
        err = mpi_write(x, pub->x, sizeof(pub->x));
        if (!err)
            err = mpi_write(y, pub->y, sizeof(pub->y));
    }
    gcry_mpi_release(x);
    gcry_mpi_release(y);
    return err;
}

/* NULL if the numbers are not reduced or the point is not on the curve. */
static gcry_mpi_point_t point_read(const struct crypto_p384_public *pub, gcry_ctx_t curve)
{
    gcry_mpi_t x = mpi_read(pub->x, sizeof(pub->x)), y = mpi_read(pub->y, sizeof(pub->y));
    gcry_mpi_t p = gcry_mpi_ec_get_mpi("p", curve, 1);
    gcry_mpi_point_t point = NULL;
    if (x && y && p && gcry_mpi_cmp(x, p) < 0 && gcry_mpi_cmp(y, p) < 0) {
        point = gcry_mpi_point_set(NULL, x, y, GCRYMPI_CONST_ONE);
        if (!gcry_mpi_ec_curve_point(point, curve)) {
            gcry_mpi_point_release(point);
            point = NULL;
        }
    }
    gcry_mpi_release(x);
    gcry_mpi_release(y);
    gcry_mpi_release(p);
    return point;
}

int crypto_p384_from_seed(const uint8_t seed[CRYPTO_P384_SEED_SIZE], struct crypto_p384_key *key)
{
    gcry_ctx_t curve;
    if (gcry_mpi_ec_new(&curve, NULL, CURVE))
        return -EIO;
    gcry_mpi_t n = gcry_mpi_ec_get_mpi("n", curve, 1);
    gcry_mpi_t d = mpi_read(seed, CRYPTO_P384_SEED_SIZE);
    int err = n && d ? 0 : -EIO;
    if (!err) {
        gcry_mpi_sub_ui(n, n, 1);
        gcry_mpi_mod(d, d, n);
        gcry_mpi_add_ui(d, d, 1);
        err = mpi_write(d, key->d, sizeof(key->d));
    }
    if (!err)
        err = crypto_p384_from_private(key);
    gcry_mpi_release(d);
    gcry_mpi_release(n);
    gcry_ctx_release(curve);
    return err;
}

int crypto_p384_from_private(struct crypto_p384_key *key)
{
    gcry_ctx_t curve;
    if (gcry_mpi_ec_new(&curve, NULL, CURVE))
        return -EIO;
    gcry_mpi_t n = gcry_mpi_ec_get_mpi("n", curve, 1);
    gcry_mpi_t d = mpi_read(key->d, sizeof(key->d));
    gcry_mpi_point_t g = gcry_mpi_ec_get_point("g", curve, 1), q = gcry_mpi_point_new(0);
    int err = n && d && g ? 0 : -EIO;
    if (!err && (gcry_mpi_cmp_ui(d, 0) == 0 || gcry_mpi_cmp(d, n) >= 0))
        err = -EINVAL;
    if (!err) {
        gcry_mpi_ec_mul(q, d, g, curve);
        err = point_write(q, curve, &key->pub);
    }
    gcry_mpi_point_release(q);
    gcry_mpi_point_release(g);
    gcry_mpi_release(d);
    gcry_mpi_release(n);
    gcry_ctx_release(curve);
    return err;
}

int crypto_p384_check(const struct crypto_p384_public *pub)
{
    gcry_ctx_t curve;
    if (gcry_mpi_ec_new(&curve, NULL, CURVE))
        return -EIO;
    gcry_mpi_point_t point = point_read(pub, curve);
    int err = point ? 0 : -EINVAL;
    gcry_mpi_point_release(point);
    gcry_ctx_release(curve);
    return err;
}

int crypto_p384_ecdh(const struct crypto_p384_key *key, const struct crypto_p384_public *peer,
                     uint8_t z[CRYPTO_P384_SIZE])
{
    struct crypto_p384_public shared;
    gcry_ctx_t curve;
    if (gcry_mpi_ec_new(&curve, NULL, CURVE))
        return -EIO;
    gcry_mpi_t d = mpi_read(key->d, sizeof(key->d));
    gcry_mpi_point_t point = point_read(peer, curve), product = gcry_mpi_point_new(0);
    int err = !d ? -EIO : !point ? -EINVAL : 0;
    if (!err) {
        gcry_mpi_ec_mul(product, d, point, curve);
        err = point_write(product, curve, &shared);
    }
    if (!err)
        memcpy(z, shared.x, CRYPTO_P384_SIZE);
    gcry_mpi_point_release(product);
    gcry_mpi_point_release(point);
    gcry_mpi_release(d);
    gcry_ctx_release(curve);
    crypto_wipe(&shared, sizeof(shared));
    return err;
}

/* --- signatures ------------------------------------------------------------------------------ */

static gcry_sexp_t ecdsa_data(enum crypto_hash hash, const void *data, size_t len)
{
    uint8_t digest[CRYPTO_SHA384_SIZE];
    gcry_sexp_t sexp = NULL;
    crypto_digest(hash, data, len, digest);
    if (gcry_sexp_build(&sexp, NULL, "(data (flags rfc6979) (hash %s %b))", hashes[hash].name,
                        (int)hashes[hash].size, digest))
        return NULL;
    return sexp;
}

int crypto_p384_sign(const struct crypto_p384_key *key, enum crypto_hash hash, const void *data,
                     size_t len, struct crypto_p384_signature *sig)
{
    gcry_sexp_t secret = NULL, result = NULL, message = ecdsa_data(hash, data, len);
    gcry_mpi_t r = NULL, s = NULL;
    int err = -EIO;
    if (message &&
        !gcry_sexp_build(&secret, NULL, "(private-key (ecc (curve \"" CURVE "\") (d %b)))",
                         (int)sizeof(key->d), key->d) &&
        !gcry_pk_sign(&result, message, secret) &&
        !gcry_sexp_extract_param(result, NULL, "rs", &r, &s, NULL)) {
        err = mpi_write(r, sig->r, sizeof(sig->r));
        if (!err)
            err = mpi_write(s, sig->s, sizeof(sig->s));
    }
    gcry_mpi_release(r);
    gcry_mpi_release(s);
    gcry_sexp_release(result);
    gcry_sexp_release(secret);
    gcry_sexp_release(message);
    return err;
}

/* What the library's verdict means to our callers. */
static int verdict(gcry_error_t err)
{
    switch (gcry_err_code(err)) {
    case GPG_ERR_NO_ERROR:
        return 0;
    case GPG_ERR_ENOMEM:
    case GPG_ERR_NOT_OPERATIONAL:
        return -EIO;
    default:
        return -EBADMSG;
    }
}

int crypto_p384_verify(const struct crypto_p384_public *pub, enum crypto_hash hash,
                       const void *data, size_t len, const struct crypto_p384_signature *sig)
{
    uint8_t q[1 + sizeof(*pub)] = {0x04}; /* SEC 1: an uncompressed point */
    gcry_sexp_t public = NULL, value = NULL, message = NULL;
    int err = crypto_p384_check(pub);
    if (err)
        return err;
    memcpy(q + 1, pub->x, sizeof(pub->x));
    memcpy(q + 1 + sizeof(pub->x), pub->y, sizeof(pub->y));
    message = ecdsa_data(hash, data, len);
    if (message &&
        !gcry_sexp_build(&public, NULL, "(public-key (ecc (curve \"" CURVE "\") (q %b)))",
                         (int)sizeof(q), q) &&
        !gcry_sexp_build(&value, NULL, "(sig-val (ecdsa (r %b) (s %b)))", (int)sizeof(sig->r),
                         sig->r, (int)sizeof(sig->s), sig->s))
        err = verdict(gcry_pk_verify(value, message, public));
    else
        err = -EIO;
    gcry_sexp_release(value);
    gcry_sexp_release(public);
    gcry_sexp_release(message);
    return err;
}

/* The library takes no modulus of zero and no even one; nor does RSA. */
static bool rsa_sane(const struct crypto_rsa_public *key)
{
    bool small = true;
    for (size_t i = 0; i + 1 < key->e_len; i++)
        small = small && key->e[i] == 0;
    return key->n_len >= 128 && key->n_len <= 512 && (key->n[0] & 0x80) &&
           (key->n[key->n_len - 1] & 1) && key->e_len >= 1 && key->e_len <= key->n_len &&
           (key->e[key->e_len - 1] & 1) && !(small && key->e[key->e_len - 1] == 1);
}

static int pss_verify(gcry_sexp_t public, gcry_sexp_t value, enum crypto_hash hash,
                      const uint8_t *digest, size_t salt_len)
{
    gcry_sexp_t message;
    if (gcry_sexp_build(&message, NULL, "(data (flags pss) (salt-length %u) (hash %s %b))",
                        (unsigned)salt_len, hashes[hash].name, (int)hashes[hash].size, digest))
        return -EIO;
    int err = verdict(gcry_pk_verify(value, message, public));
    gcry_sexp_release(message);
    return err;
}

int crypto_rsa_pss_verify(const struct crypto_rsa_public *key, enum crypto_hash hash,
                          const void *data, size_t len, const uint8_t *sig)
{
    uint8_t digest[CRYPTO_SHA384_SIZE];
    gcry_sexp_t public = NULL, value = NULL;
    if (!rsa_sane(key))
        return -EINVAL;
    if (memcmp(sig, key->n, key->n_len) >= 0)
        return -EBADMSG;
    crypto_digest(hash, data, len, digest);
    int err = -EIO;
    if (!gcry_sexp_build(&public, NULL, "(public-key (rsa (n %b) (e %b)))", (int)key->n_len, key->n,
                         (int)key->e_len, key->e) &&
        !gcry_sexp_build(&value, NULL, "(sig-val (rsa (s %b)))", (int)key->n_len, sig))
        err = pss_verify(public, value, hash, digest, hashes[hash].size);
    if (err == -EBADMSG)
        err = pss_verify(public, value, hash, digest, key->n_len - hashes[hash].size - 2);
    gcry_sexp_release(value);
    gcry_sexp_release(public);
    return err;
}

/* d = 1/e mod phi. With k = -1/phi mod e, e divides 1 + k phi: all that is inverted is as short as
 * e. False if there is none. */
static bool rsa_exponent(gcry_mpi_t d, gcry_mpi_t e, gcry_mpi_t phi)
{
    gcry_mpi_t k = gcry_mpi_new(0);
    gcry_mpi_mod(d, phi, e);
    bool found = gcry_mpi_invm(k, d, e);
    gcry_mpi_sub(k, e, k);
    gcry_mpi_mul(d, k, phi);
    gcry_mpi_add_ui(d, d, 1);
    gcry_mpi_div(d, NULL, d, e, 0);
    gcry_mpi_release(k);
    return found;
}

/* (private-key (rsa ...)) with the numbers that follow from the primes. */
static gcry_sexp_t rsa_secret(const struct crypto_rsa_private *key)
{
    gcry_sexp_t sexp = NULL;
    gcry_mpi_t n = mpi_read(key->pub.n, key->pub.n_len), e = mpi_read(key->pub.e, key->pub.e_len);
    gcry_mpi_t p = mpi_read(key->p, key->prime_len), q = mpi_read(key->q, key->prime_len);
    gcry_mpi_t p1 = gcry_mpi_new(0), q1 = gcry_mpi_new(0), d = gcry_mpi_new(0), u = gcry_mpi_new(0);
    if (n && e && p && q) {
        /* libgcrypt wants p < q: its Chinese remainder is wrong now and then otherwise. */
        if (gcry_mpi_cmp(p, q) > 0)
            gcry_mpi_swap(p, q);
        gcry_mpi_sub_ui(p1, p, 1);
        gcry_mpi_sub_ui(q1, q, 1);
        gcry_mpi_mul(p1, p1, q1);
        if (rsa_exponent(d, e, p1) && gcry_mpi_invm(u, p, q) &&
            gcry_sexp_build(&sexp, NULL,
                            "(private-key (rsa (n %m) (e %m) (d %m) (p %m) (q %m) (u %m)))", n, e,
                            d, p, q, u))
            sexp = NULL;
    }
    gcry_mpi_t all[] = {n, e, p, q, p1, q1, d, u};
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        gcry_mpi_release(all[i]);
    return sexp;
}

int crypto_rsa_pss_sign(const struct crypto_rsa_private *key, enum crypto_hash hash,
                        const void *data, size_t len, const uint8_t *salt, uint8_t *sig)
{
    uint8_t digest[CRYPTO_SHA384_SIZE];
    size_t size = hashes[hash].size;
    gcry_sexp_t message = NULL, result = NULL;
    gcry_mpi_t s = NULL;
    if (!rsa_sane(&key->pub))
        return -EINVAL;
    gcry_sexp_t secret = rsa_secret(key);
    if (!secret)
        return -EINVAL;
    crypto_digest(hash, data, len, digest);
    int err = -EIO;
    /* Blinding costs a quarter more, and this key is public. */
    if (!gcry_sexp_build(&message, NULL,
                         "(data (flags pss no-blinding) (salt-length %u) (hash %s %b)"
                         " (random-override %b))",
                         (unsigned)size, hashes[hash].name, (int)size, digest, (int)size, salt) &&
        !gcry_pk_sign(&result, message, secret) &&
        !gcry_sexp_extract_param(result, NULL, "s", &s, NULL))
        err = mpi_write(s, sig, key->pub.n_len);
    gcry_mpi_release(s);
    gcry_sexp_release(result);
    gcry_sexp_release(message);
    gcry_sexp_release(secret);
    return err;
}
