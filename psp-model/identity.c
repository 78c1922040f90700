/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The chip's keys and certificates; see identity.h.
 *
 * Each operation works on a copy and hands it over at the end, so that a failure changes nothing.
 */
#include "identity.h"

#include <errno.h>
#include <string.h>

#include "protocol/root.h"

/* The PEK is signed by the owner in the first slot, by the chip in the second. */
enum { SLOT_FIRST = 0, PEK_SLOT_OCA = 0, PEK_SLOT_CEK = 1 };

/* The version in the certificate of a CEK. The firmware does not make that certificate, so its own
 * version is not there: the CEKs of a chip with firmware 0.16 and of one with 0.22 both have 0.14
 * (virtee/sev tests/naples/cek.cert, tests/rome/cek.cert). */
enum { CEK_API_MAJOR = 0, CEK_API_MINOR = 14 };

static int new_key(const struct identity_random *random, struct crypto_p384_key *key)
{
    uint8_t seed[CRYPTO_P384_SEED_SIZE];
    int err = random->fill(random->ctx, seed, sizeof(seed));
    if (!err)
        err = crypto_p384_from_seed(seed, key);
    crypto_wipe(seed, sizeof(seed));
    return err;
}

static void set_api(struct cert *cert, uint8_t api_major, uint8_t api_minor)
{
    cert->api_major = api_major;
    cert->api_minor = api_minor;
}

static int make_cek(struct identity *id, const struct identity_random *random)
{
    int err = new_key(random, &id->cek);
    if (err)
        return err;
    cert_init(&id->cek_cert, CERT_USAGE_CEK, &id->cek.pub);
    set_api(&id->cek_cert, CEK_API_MAJOR, CEK_API_MINOR);
    id->cek_unsigned = true;
    return random->fill(random->ctx, id->cek_salt, sizeof(id->cek_salt));
}

int identity_sign_cek(struct identity *id)
{
    int err = id->cek_unsigned ? root_sign_cek(&id->cek_cert, SLOT_FIRST, id->cek_salt) : 0;
    if (err)
        return err;
    crypto_wipe(id->cek_salt, sizeof(id->cek_salt));
    id->cek_unsigned = false;
    return 0;
}

static int make_oca(struct identity *id, const struct identity_random *random, uint8_t api_major,
                    uint8_t api_minor)
{
    int err = new_key(random, &id->oca);
    if (err)
        return err;
    cert_init(&id->oca_cert, CERT_USAGE_OCA, &id->oca.pub);
    set_api(&id->oca_cert, api_major, api_minor);
    return cert_sign(&id->oca_cert, SLOT_FIRST, CERT_USAGE_OCA, &id->oca);
}

static int make_pek(struct identity *id, const struct identity_random *random, uint8_t api_major,
                    uint8_t api_minor)
{
    int err = new_key(random, &id->pek);
    if (err)
        return err;
    cert_init(&id->pek_cert, CERT_USAGE_PEK, &id->pek.pub);
    set_api(&id->pek_cert, api_major, api_minor);
    err = cert_sign(&id->pek_cert, PEK_SLOT_OCA, CERT_USAGE_OCA, &id->oca);
    return err ? err : cert_sign(&id->pek_cert, PEK_SLOT_CEK, CERT_USAGE_CEK, &id->cek);
}

/* The PEK's certificate has the version of the firmware. */
static int make_pdh(struct identity *id, const struct identity_random *random)
{
    int err = new_key(random, &id->pdh);
    if (err)
        return err;
    cert_init(&id->pdh_cert, CERT_USAGE_PDH, &id->pdh.pub);
    set_api(&id->pdh_cert, id->pek_cert.api_major, id->pek_cert.api_minor);
    return cert_sign(&id->pdh_cert, SLOT_FIRST, CERT_USAGE_PEK, &id->pek);
}

static int make_endorsement(struct identity *id, const struct identity_random *random,
                            uint8_t api_major, uint8_t api_minor)
{
    int err = make_oca(id, random, api_major, api_minor);
    if (!err)
        err = make_pek(id, random, api_major, api_minor);
    if (!err)
        err = make_pdh(id, random);
    id->owned = false;
    return err;
}

/* Hand over the copy if all went well; it is wiped in any case. */
static int commit(struct identity *id, struct identity *copy, int err)
{
    if (!err)
        *id = *copy;
    identity_wipe(copy);
    return err;
}

int identity_create(struct identity *id, const struct identity_random *random, uint8_t api_major,
                    uint8_t api_minor)
{
    struct identity copy = {0};
    int err = random->fill(random->ctx, copy.chip_id, sizeof(copy.chip_id));
    if (!err)
        err = make_cek(&copy, random);
    if (!err)
        err = make_endorsement(&copy, random, api_major, api_minor);
    return commit(id, &copy, err);
}

int identity_new_pek(struct identity *id, const struct identity_random *random, uint8_t api_major,
                     uint8_t api_minor)
{
    struct identity copy = *id;
    return commit(id, &copy, make_endorsement(&copy, random, api_major, api_minor));
}

int identity_new_pdh(struct identity *id, const struct identity_random *random)
{
    struct identity copy = *id;
    return commit(id, &copy, make_pdh(&copy, random));
}

void identity_csr(const struct identity *id, struct cert *csr)
{
    cert_init(csr, CERT_USAGE_PEK, &id->pek.pub);
    set_api(csr, id->pek_cert.api_major, id->pek_cert.api_minor);
}

/* What the owner signed must be the CSR, byte for byte. */
static bool is_our_pek(const struct identity *id, const struct cert *pek)
{
    struct cert csr;
    uint8_t ours[CERT_SIZE], theirs[CERT_SIZE];
    identity_csr(id, &csr);
    cert_write(&csr, ours);
    cert_write(pek, theirs);
    return memcmp(ours, theirs, CERT_SIGNED_SIZE) == 0;
}

int identity_import(struct identity *id, const struct identity_random *random,
                    const uint8_t pek[CERT_SIZE], const uint8_t oca[CERT_SIZE])
{
    struct identity copy = *id;
    int err = cert_read(&copy.pek_cert, pek);
    if (!err)
        err = cert_read(&copy.oca_cert, oca);
    if (!err && (copy.oca_cert.usage != CERT_USAGE_OCA || !is_our_pek(id, &copy.pek_cert)))
        err = -EINVAL;
    if (!err)
        err = cert_verify(&copy.oca_cert, &copy.oca_cert);
    if (!err)
        err = cert_verify(&copy.pek_cert, &copy.oca_cert);
    if (!err) {
        /* The owner's signature may have come in either slot. */
        bool second = copy.pek_cert.sig[PEK_SLOT_OCA].usage != CERT_USAGE_OCA;
        err = cert_sign(&copy.pek_cert, second ? PEK_SLOT_OCA : PEK_SLOT_CEK, CERT_USAGE_CEK,
                        &copy.cek);
    }
    if (!err)
        err = make_pdh(&copy, random);
    if (!err) {
        crypto_wipe(&copy.oca, sizeof(copy.oca));
        copy.owned = true;
    }
    return commit(id, &copy, err);
}

int identity_chain(struct identity *id, uint8_t wire[CERT_CHAIN_SIZE])
{
    int err = identity_sign_cek(id);
    if (err)
        return err;
    cert_write(&id->pek_cert, wire);
    cert_write(&id->oca_cert, wire + CERT_SIZE);
    cert_write(&id->cek_cert, wire + 2 * CERT_SIZE);
    return 0;
}

void identity_wipe(struct identity *id)
{
    crypto_wipe(id, sizeof(*id));
}
