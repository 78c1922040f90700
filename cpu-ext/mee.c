/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory encryption engine. See mee.h.
 */
#include "mee.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gcrypt.h>

#include "xts.h"

struct mee {
    struct {
        uint32_t asid; /* 0 = free */
        struct xts *xts;
    } keys[MEE_KEYS + 1]; /* index 0 stays free */
};

struct mee *mee_new(void)
{
    /* Initializes libgcrypt, unless somebody has done it. */
    if (!gcry_check_version("1.9.0"))
        return NULL;
    if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
        gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    return calloc(1, sizeof(struct mee));
}

void mee_free(struct mee *mee)
{
    if (!mee)
        return;
    for (unsigned key = 1; key <= MEE_KEYS; key++)
        xts_free(mee->keys[key].xts);
    free(mee);
}

/* The two keys of XTS from the one key of the guest. */
static int expand_key(const uint8_t vek[16], uint8_t key[XTS_KEY_SIZE])
{
    static const char label[] = "sev-mee-tweak";
    size_t len = 16;
    gcry_mac_hd_t mac;
    gcry_error_t failed = gcry_mac_open(&mac, GCRY_MAC_HMAC_SHA256, 0, NULL);

    if (failed)
        return -EIO;
    memcpy(key, vek, 16);
    failed = gcry_mac_setkey(mac, vek, 16);
    if (!failed)
        failed = gcry_mac_write(mac, label, sizeof(label) - 1);
    if (!failed)
        failed = gcry_mac_read(mac, key + 16, &len);
    gcry_mac_close(mac);
    return failed ? -EIO : 0;
}

int mee_key_install(struct mee *mee, uint32_t asid, const uint8_t vek[16])
{
    uint8_t expanded[XTS_KEY_SIZE];
    unsigned key = 1;
    int err;

    if (!asid)
        return -EINVAL;
    if (mee_key(mee, asid) != MEE_NO_KEY)
        return -EEXIST;
    while (key <= MEE_KEYS && mee->keys[key].asid)
        key++;
    if (key > MEE_KEYS)
        return -ENOSPC;
    err = expand_key(vek, expanded);
    if (!err) {
        mee->keys[key].xts = xts_new(expanded);
        err = mee->keys[key].xts ? 0 : -EIO;
    }
    if (!err)
        mee->keys[key].asid = asid;
    explicit_bzero(expanded, sizeof(expanded));
    return err;
}

void mee_key_remove(struct mee *mee, uint32_t asid)
{
    unsigned key = mee_key(mee, asid);

    if (key == MEE_NO_KEY)
        return;
    xts_free(mee->keys[key].xts);
    mee->keys[key].xts = NULL;
    mee->keys[key].asid = 0;
}

unsigned mee_key(const struct mee *mee, uint32_t asid)
{
    for (unsigned key = 1; asid && key <= MEE_KEYS; key++)
        if (mee->keys[key].asid == asid)
            return key;
    return MEE_NO_KEY;
}

uint32_t mee_asid(const struct mee *mee, unsigned key)
{
    return key <= MEE_KEYS ? mee->keys[key].asid : 0;
}

int mee_encrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
{
    return xts_encrypt(mee->keys[key].xts, spa / MEE_PAGE_SIZE, page, MEE_PAGE_SIZE);
}

int mee_decrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
{
    return xts_decrypt(mee->keys[key].xts, spa / MEE_PAGE_SIZE, page, MEE_PAGE_SIZE);
}
