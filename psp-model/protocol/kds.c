/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model's key distribution service; see kds.h.
 */
#include "kds.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "snp_key.h"

#define MARK        ((uint64_t)0x4d4f444c << 24) /* "MODL", before a serial number of AMD's size */
#define ROOTS_START 1640995200                   /* 2022-01-01 00:00:00 UTC */

/* AMD's serial numbers: 10000h, 20000h, 30000h for the ARKs, one more for the ASK, 101h more for the
 * ASVK. */
static const struct {
    enum x509_kind kind;
    uint64_t serial;
} roots[] = {
    [ROOT_ARK] = {X509_ARK, 0},
    [ROOT_ASK] = {X509_ASK, 1},
    [ROOT_ASVK] = {X509_ASVK, 0x101},
};

static uint64_t root_serial(enum tcb_model model, enum root_key root)
{
    return MARK + 0x10000 * ((uint64_t)model + 1) + roots[root].serial;
}

static const uint8_t *modulus(enum root_key root)
{
    return root_private(root)->pub.n;
}

int64_t kds_start(int64_t now)
{
    enum { FIRST = 124 }; /* 2024 */
    time_t time = (time_t)now;
    struct tm tm, start = {.tm_year = FIRST, .tm_mday = 1};

    if (gmtime_r(&time, &tm) && tm.tm_year > FIRST)
        start.tm_year = tm.tm_year - tm.tm_year % 4;
    return (int64_t)timegm(&start);
}

static int issue(const struct x509_cert *cert, enum root_key by, uint8_t out[X509_MAX], size_t *len)
{
    uint8_t tbs[X509_MAX];
    size_t tbs_len = x509_tbs(cert, tbs);

    if (!tbs_len)
        return -EINVAL;
    return x509_sign(cert->kind, cert->model, root_private(by), tbs, tbs_len, out, len);
}

int kds_root(enum tcb_model model, enum root_key root, uint8_t out[X509_MAX], size_t *len)
{
    const struct x509_cert cert = {
        .kind = roots[root].kind,
        .model = model,
        .serial = root_serial(model, root),
        .not_before = ROOTS_START,
        .n = modulus(root),
        .issuer = modulus(ROOT_ARK),
    };

    return issue(&cert, ROOT_ARK, out, len);
}

/* The certificate of a key that was derived; `err` is the result of that. */
static int issue_leaf(int err, struct x509_cert *cert, struct crypto_p384_key *key,
                      enum root_key by, uint8_t out[X509_MAX], size_t *len)
{
    if (!err) {
        cert->pub = key->pub;
        err = issue(cert, by, out, len);
    }
    crypto_wipe(key, sizeof(*key));
    return err;
}

int kds_vcek(enum tcb_model model, const struct tcb *tcb, const uint8_t chip_id[SNP_CHIP_ID_SIZE],
             int64_t start, uint8_t out[X509_MAX], size_t *len)
{
    struct x509_cert cert = {.kind = X509_VCEK, .model = model, .not_before = start, .tcb = *tcb};
    struct snp_chip chip = {.model = model};
    struct crypto_p384_key key;

    memcpy(cert.chip_id, chip_id, sizeof(cert.chip_id));
    memcpy(chip.id, chip_id, tcb_chip_id_size(model));
    return issue_leaf(snp_key_vcek(&chip, tcb_pack(model, tcb), &key), &cert, &key, ROOT_ASK, out,
                      len);
}

int kds_vlek(enum tcb_model model, const struct tcb *tcb, const char *csp_id, int64_t start,
             uint8_t out[X509_MAX], size_t *len)
{
    struct x509_cert cert = {
        .kind = X509_VLEK, .model = model, .not_before = start, .tcb = *tcb, .csp_id = csp_id};
    struct crypto_p384_key key;

    return issue_leaf(snp_key_vlek(model, tcb_pack(model, tcb), csp_id, &key), &cert, &key,
                      ROOT_ASVK, out, len);
}

int kds_crl(enum tcb_model model, enum root_key revoked, int64_t start, uint8_t out[X509_MAX],
            size_t *len)
{
    const struct x509_crl crl = {
        .model = model,
        .number = 1,
        .this_update = start,
        .next_update = start + (int64_t)7 * 365 * 24 * 3600,
        .issuer = modulus(ROOT_ARK),
        .revoked = revoked != ROOT_ARK,
        .revoked_serial = root_serial(model, revoked),
    };
    uint8_t tbs[X509_MAX];
    size_t tbs_len = x509_crl_tbs(&crl, tbs);

    if (!tbs_len)
        return -EINVAL;
    return x509_crl_sign(root_private(ROOT_ARK), tbs, tbs_len, out, len);
}
