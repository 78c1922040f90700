/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key derivation of SEV; see kdf.h.
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
