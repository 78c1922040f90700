/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AES-128-XTS. See xts.h.
 */
#include "xts.h"

#include <errno.h>
#include <stdlib.h>

#include <gcrypt.h>

#include "le.h"

struct xts {
    gcry_cipher_hd_t cipher;
};

struct xts *xts_new(const uint8_t key[XTS_KEY_SIZE])
{
    struct xts *xts = calloc(1, sizeof(*xts));

    if (!xts)
        return NULL;
    if (gcry_cipher_open(&xts->cipher, GCRY_CIPHER_AES128, GCRY_CIPHER_MODE_XTS, 0)) {
        free(xts);
        return NULL;
    }
    if (gcry_cipher_setkey(xts->cipher, key, XTS_KEY_SIZE)) {
        xts_free(xts);
        return NULL;
    }
    return xts;
}

void xts_free(struct xts *xts)
{
    if (!xts)
        return;
    gcry_cipher_close(xts->cipher); /* wipes the key */
    free(xts);
}

static gcry_error_t set_unit(struct xts *xts, uint64_t unit)
{
    uint8_t tweak[16] = {0};

    le_put(tweak, unit, 8);
    return gcry_cipher_setiv(xts->cipher, tweak, sizeof(tweak));
}

int xts_encrypt(struct xts *xts, uint64_t unit, void *data, size_t len)
{
    return set_unit(xts, unit) || gcry_cipher_encrypt(xts->cipher, data, len, NULL, 0) ? -EIO : 0;
}

int xts_decrypt(struct xts *xts, uint64_t unit, void *data, size_t len)
{
    return set_unit(xts, unit) || gcry_cipher_decrypt(xts->cipher, data, len, NULL, 0) ? -EIO : 0;
}
