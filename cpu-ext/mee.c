/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory encryption engine. See mee.h.
 */
#include "mee.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/crypto.h"

struct mee {
    struct {
        uint32_t asid; /* 0 = free */
        struct crypto_xts *xts;
    } slots[MEE_SLOTS + 1]; /* slot 0 stays free */
};

struct mee *mee_new(void)
{
    return calloc(1, sizeof(struct mee));
}

void mee_free(struct mee *mee)
{
    unsigned slot;

    if (!mee)
        return;
    for (slot = 1; slot <= MEE_SLOTS; slot++)
        crypto_xts_free(mee->slots[slot].xts);
    free(mee);
}

/* The two keys of XTS from the one key of the guest. */
static int expand_key(const uint8_t vek[16], uint8_t key[CRYPTO_XTS_KEY_SIZE])
{
    static const char label[] = "sev-mee-tweak";
    const struct crypto_piece piece = {label, sizeof(label) - 1};
    uint8_t mac[CRYPTO_SHA256_SIZE];
    int err = crypto_hmac_sha256(vek, 16, &piece, 1, mac);

    memcpy(key, vek, 16);
    memcpy(key + 16, mac, 16);
    crypto_wipe(mac, sizeof(mac));
    return err;
}

int mee_key_install(struct mee *mee, uint32_t asid, const uint8_t vek[16])
{
    uint8_t key[CRYPTO_XTS_KEY_SIZE];
    unsigned slot = 1;
    int err;

    if (!asid)
        return -EINVAL;
    if (mee_slot(mee, asid) != MEE_NONE)
        return -EEXIST;
    while (slot <= MEE_SLOTS && mee->slots[slot].asid)
        slot++;
    if (slot > MEE_SLOTS)
        return -ENOSPC;
    err = expand_key(vek, key);
    if (!err) {
        mee->slots[slot].xts = crypto_xts_new(key);
        err = mee->slots[slot].xts ? 0 : -EIO;
    }
    if (!err)
        mee->slots[slot].asid = asid;
    crypto_wipe(key, sizeof(key));
    return err;
}

void mee_key_remove(struct mee *mee, uint32_t asid)
{
    unsigned slot = mee_slot(mee, asid);

    if (slot == MEE_NONE)
        return;
    crypto_xts_free(mee->slots[slot].xts);
    mee->slots[slot].xts = NULL;
    mee->slots[slot].asid = 0;
}

unsigned mee_slot(const struct mee *mee, uint32_t asid)
{
    unsigned slot;

    for (slot = 1; asid && slot <= MEE_SLOTS; slot++)
        if (mee->slots[slot].asid == asid)
            return slot;
    return MEE_NONE;
}

uint32_t mee_asid(const struct mee *mee, unsigned slot)
{
    return slot <= MEE_SLOTS ? mee->slots[slot].asid : 0;
}

int mee_encrypt(struct mee *mee, unsigned slot, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
{
    return crypto_xts_encrypt(mee->slots[slot].xts, spa / MEE_PAGE_SIZE, page, MEE_PAGE_SIZE);
}

int mee_decrypt(struct mee *mee, unsigned slot, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
{
    return crypto_xts_decrypt(mee->slots[slot].xts, spa / MEE_PAGE_SIZE, page, MEE_PAGE_SIZE);
}
