/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cryptographic primitives of SEV, over libgcrypt; see crypto.h. The only file of the tree that
 * includes gcrypt.h.
 *
 * Source: AMD pub. 55766, section 2.1 "Keys and cryptography"; FIPS 180-4, 197, 198-1; SP 800-38A.
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
    /* Locked memory is scarce and buys nothing here: the keys belong to an emulated chip. */
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

int crypto_hmac_sha256(const void *key, size_t key_len, const struct crypto_piece *pieces,
                       unsigned n, uint8_t mac[CRYPTO_SHA256_SIZE])
{
    gcry_mac_hd_t handle;
    size_t size = CRYPTO_SHA256_SIZE;
    if (gcry_mac_open(&handle, GCRY_MAC_HMAC_SHA256, 0, NULL))
        return -EIO;
    gcry_error_t err = gcry_mac_setkey(handle, key, key_len);
    for (unsigned i = 0; i < n && !err; i++) {
        if (pieces[i].len)
            err = gcry_mac_write(handle, pieces[i].data, pieces[i].len);
    }
    if (!err)
        err = gcry_mac_read(handle, mac, &size);
    gcry_mac_close(handle);
    return err || size != CRYPTO_SHA256_SIZE ? -EIO : 0;
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
