/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key derivations; see kdf.h.
 */
#include "kdf.h"

#include <string.h>

#include "crypto.h"

int kdf_derive(const void *key, size_t key_len, const char *label, const void *context,
               size_t context_len, uint8_t out[KDF_SIZE])
{
    static const uint8_t counter[4] = {1, 0, 0, 0}, separator[1] = {0};
    static const uint8_t bits[4] = {8 * KDF_SIZE, 0, 0, 0};
    const struct crypto_piece pieces[] = {
        {counter, sizeof(counter)}, {label, strlen(label)}, {separator, sizeof(separator)},
        {context, context_len},     {bits, sizeof(bits)},
    };
    uint8_t block[CRYPTO_SHA256_SIZE];
    int err = crypto_hmac_sha256(key, key_len, pieces, sizeof(pieces) / sizeof(pieces[0]), block);
    if (!err)
        memcpy(out, block, KDF_SIZE);
    crypto_wipe(block, sizeof(block));
    return err;
}

static void put_be32(uint8_t out[4], uint32_t n)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(n >> (24 - 8 * i));
}

int kdf_derive_sha384(const void *key, size_t key_len, const char *label, const void *context,
                      size_t context_len, uint8_t *out, size_t len)
{
    static const uint8_t separator[1] = {0};
    uint8_t counter[4], bits[4], block[CRYPTO_SHA384_SIZE];
    const struct crypto_piece pieces[] = {
        {counter, sizeof(counter)}, {label, strlen(label)}, {separator, sizeof(separator)},
        {context, context_len},     {bits, sizeof(bits)},
    };
    int err = 0;

    put_be32(bits, (uint32_t)(8 * len));
    for (size_t done = 0; !err && done < len; done += sizeof(block)) {
        size_t part = len - done < sizeof(block) ? len - done : sizeof(block);

        put_be32(counter, (uint32_t)(done / sizeof(block) + 1));
        err = crypto_hmac(CRYPTO_HASH_SHA384, key, key_len, pieces,
                          sizeof(pieces) / sizeof(pieces[0]), block);
        if (!err)
            memcpy(out + done, block, part);
    }
    crypto_wipe(block, sizeof(block));
    return err;
}
