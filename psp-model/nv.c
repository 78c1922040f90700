/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The chip's identity as bytes; see nv.h.
 */
#include "nv.h"

#include <errno.h>
#include <string.h>

#include "protocol/buf.h"

#define NV_BODY_SIZE  (NV_SIZE - CRYPTO_SHA256_SIZE)
#define NV_FLAG_OWNED 1u

static const uint8_t magic[8] = "SEVBXNV";

/* The order of keys and certificates in the blob. */
static const enum cert_usage order[] = {CERT_USAGE_CEK, CERT_USAGE_OCA, CERT_USAGE_PEK,
                                        CERT_USAGE_PDH};
enum { ENTRIES = sizeof(order) / sizeof(order[0]) };

struct entry {
    struct crypto_p384_key *key;
    struct cert *cert;
};

static struct entry entry(struct identity *id, unsigned i)
{
    const struct entry all[ENTRIES] = {{&id->cek, &id->cek_cert},
                                       {&id->oca, &id->oca_cert},
                                       {&id->pek, &id->pek_cert},
                                       {&id->pdh, &id->pdh_cert}};
    return all[i];
}

bool nv_blank(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 1; i < len; i++) {
        if (bytes[i] != bytes[0])
            return false;
    }
    return len == 0 || bytes[0] == 0x00 || bytes[0] == 0xff;
}

static void write_all(struct identity *id, uint8_t wire[NV_SIZE])
{
    uint8_t cert[CERT_SIZE];
    struct buf out = buf_writer(wire, NV_SIZE);
    buf_put(&out, magic, sizeof(magic));
    buf_put32(&out, NV_VERSION);
    buf_put32(&out, NV_SIZE);
    buf_put32(&out, id->owned ? NV_FLAG_OWNED : 0);
    buf_fill(&out, 0, 12);
    buf_put(&out, id->chip_id, sizeof(id->chip_id));
    for (unsigned i = 0; i < ENTRIES; i++)
        buf_put(&out, entry(id, i).key->d, CRYPTO_P384_SIZE);
    for (unsigned i = 0; i < ENTRIES; i++) {
        cert_write(entry(id, i).cert, cert);
        buf_put(&out, cert, sizeof(cert));
    }
    crypto_sha256(wire, NV_BODY_SIZE, wire + NV_BODY_SIZE);
}

int nv_encode(const struct identity *id, uint8_t wire[NV_SIZE])
{
    struct identity copy = *id;
    int err = identity_sign_cek(&copy);
    if (!err)
        write_all(&copy, wire);
    identity_wipe(&copy);
    return err;
}

/* Every version has its number at the same offset, so a newer one is not reported as damaged. */
static int check_header(const void *data, size_t len, const char **reason)
{
    uint8_t found[sizeof(magic)], digest[CRYPTO_SHA256_SIZE];
    struct buf in = buf_reader(data, len);
    buf_get(&in, found, sizeof(found));
    uint32_t version = buf_get32(&in), size = buf_get32(&in);

    if (!buf_ok(&in) || memcmp(found, magic, sizeof(magic)) != 0) {
        *reason = "it is not a state of this secure processor";
        return -EINVAL;
    }
    if (version > NV_VERSION) {
        *reason = "it was written by a newer version";
        return -ENOTSUP;
    }
    if (version == 0 || size != NV_SIZE || len < NV_SIZE) {
        *reason = "it is truncated or its header is damaged";
        return -EINVAL;
    }
    crypto_sha256(data, NV_BODY_SIZE, digest);
    if (crypto_compare(digest, (const uint8_t *)data + NV_BODY_SIZE, sizeof(digest))) {
        *reason = "its checksum is wrong";
        return -EINVAL;
    }
    return 0;
}

/* A certificate of the right kind for the private key beside it. An external owner's OCA comes
 * without private key, and with any kind of public one. */
static int check_entry(const struct identity *id, unsigned i, struct crypto_p384_key *key,
                       const struct cert *cert)
{
    static const uint8_t zeros[CRYPTO_P384_SIZE];
    struct crypto_p384_public pub;
    if (cert->usage != (uint32_t)order[i])
        return -EINVAL;
    if (id->owned && order[i] == CERT_USAGE_OCA)
        return crypto_compare(key->d, zeros, sizeof(zeros)) ? -EINVAL : 0;

    int err = crypto_p384_from_private(key);
    if (!err)
        err = cert_public(cert, &pub);
    if (!err && memcmp(&pub, &key->pub, sizeof(pub)) != 0)
        err = -EINVAL;
    return err;
}

static int read_body(struct identity *id, const void *data, const char **reason)
{
    uint8_t wire[CERT_SIZE];
    struct buf in = buf_reader(data, NV_BODY_SIZE);
    buf_skip(&in, sizeof(magic) + 4 + 4);
    uint32_t flags = buf_get32(&in);
    bool reserved_zero = buf_get_zero(&in, 12);
    *reason = "it has unknown flags";
    if ((flags & ~NV_FLAG_OWNED) || !reserved_zero)
        return -EINVAL;
    id->owned = flags & NV_FLAG_OWNED;
    buf_get(&in, id->chip_id, sizeof(id->chip_id));
    for (unsigned i = 0; i < ENTRIES; i++)
        buf_get(&in, entry(id, i).key->d, CRYPTO_P384_SIZE);

    *reason = "a certificate in it is damaged or not for its key";
    for (unsigned i = 0; i < ENTRIES; i++) {
        struct entry to = entry(id, i);
        buf_get(&in, wire, sizeof(wire));
        int err = cert_read(to.cert, wire);
        if (!err)
            err = check_entry(id, i, to.key, to.cert);
        if (err)
            return err;
    }
    return buf_done(&in) ? 0 : -EINVAL;
}

int nv_decode(struct identity *id, const void *data, size_t len, const char **reason)
{
    const char *why = NULL;
    *id = (struct identity){0};
    int err = check_header(data, len, &why);
    if (!err)
        err = read_body(id, data, &why);
    if (err)
        identity_wipe(id);
    if (reason)
        *reason = err ? why : NULL;
    return err;
}
