/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The X.509 certificates of SEV-SNP; see x509.h.
 */
#include "x509.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "der.h"

/* --- names of things ------------------------------------------------------------------------- */

struct oid {
    uint8_t len, bytes[10];
};

/* clang-format off */
static const struct oid
    rsassa_pss      = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a}},
    mgf1            = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08}},
    rsa_encryption  = {9, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01}},
    sha384          = {9, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02}},
    ec_public_key   = {7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01}},
    secp384r1       = {5, {0x2b, 0x81, 0x04, 0x00, 0x22}},
    subject_key_id  = {3, {0x55, 0x1d, 0x0e}},
    key_usage       = {3, {0x55, 0x1d, 0x0f}},
    basic_constraints = {3, {0x55, 0x1d, 0x13}},
    crl_number      = {3, {0x55, 0x1d, 0x14}},
    crl_points      = {3, {0x55, 0x1d, 0x1f}},
    authority_key_id = {3, {0x55, 0x1d, 0x23}};

/* AMD's own extensions: 1.3.6.1.4.1.3704.1 and one or two numbers more. */
#define AMD_OID(...) {8 + sizeof((const uint8_t[]){__VA_ARGS__}), \
                      {0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, __VA_ARGS__}}
static const struct oid
    struct_version  = AMD_OID(1),
    product_name    = AMD_OID(2),
    chip_id         = AMD_OID(4),
    csp_id          = AMD_OID(5);

/* The levels in the order of a VCEK's extensions; `place` is in the array of levels(). */
enum { FMC, BOOTLOADER, TEE, SNP, MICROCODE, RESERVED, LEVELS };
struct level {
    struct oid oid;
    uint8_t place;
};
static const struct level milan[] = {
    {AMD_OID(3, 1), BOOTLOADER}, {AMD_OID(3, 2), TEE},      {AMD_OID(3, 4), RESERVED}, {AMD_OID(3, 5), RESERVED},
    {AMD_OID(3, 6), RESERVED},   {AMD_OID(3, 7), RESERVED}, {AMD_OID(3, 3), SNP},      {AMD_OID(3, 8), MICROCODE},
};
static const struct level turin[] = {
    {AMD_OID(3, 9), FMC},        {AMD_OID(3, 1), BOOTLOADER}, {AMD_OID(3, 2), TEE},      {AMD_OID(3, 3), SNP},
    {AMD_OID(3, 5), RESERVED},   {AMD_OID(3, 6), RESERVED},   {AMD_OID(3, 7), RESERVED}, {AMD_OID(3, 8), MICROCODE},
};
/* clang-format on */

static_assert(sizeof(milan) == sizeof(turin), "both lines have as many levels");
enum { LEVEL_EXTENSIONS = sizeof(milan) / sizeof(milan[0]) };

/* The product's name in a VCEK has the stepping in AMD's certificates of Milan. Those of Turin have
 * none, nor those of Genoa: google/go-sev-guest issue 103, and pull request 152 for its text. */
static const struct {
    const char *product;
    const struct level *levels;
    uint8_t version;
    bool leaf_trailer;
} lines[TCB_MODELS] = {
    [TCB_MILAN] = {"Milan-B0", milan, 0, true},
    [TCB_GENOA] = {"Genoa", milan, 0, true},
    [TCB_TURIN] = {"Turin", turin, 1, false},
};

/* AMD's certificates have 25 and 7 years. The 7 of a VLEK are a choice of this model. */
static const struct {
    const char *subject, *issuer; /* with the line for %s */
    unsigned years;
} kinds[] = {
    [X509_ARK] = {"ARK-%s", "ARK-%s", 25},        [X509_ASK] = {"SEV-%s", "ARK-%s", 25},
    [X509_ASVK] = {"SEV-VLEK-%s", "ARK-%s", 25},  [X509_VCEK] = {"SEV-VCEK", "SEV-%s", 7},
    [X509_VLEK] = {"SEV-VLEK", "SEV-VLEK-%s", 7},
};

unsigned x509_years(enum x509_kind kind)
{
    return kinds[kind].years;
}

/* --- parts that all have --------------------------------------------------------------------- */

static void put_oid(struct der *d, const struct oid *oid)
{
    der_put(d, DER_OID, oid->bytes, oid->len);
}

/* An algorithm with the parameters NULL. */
static void put_plain_algorithm(struct der *d, const struct oid *oid)
{
    size_t algorithm = der_begin(d);

    put_oid(d, oid);
    der_put(d, DER_NULL, NULL, 0);
    der_end(d, algorithm, DER_SEQUENCE);
}

static void put_pss(struct der *d, bool trailer)
{
    size_t algorithm = der_begin(d), parameters, part, mask;

    put_oid(d, &rsassa_pss);
    parameters = der_begin(d);
    part = der_begin(d);
    put_plain_algorithm(d, &sha384);
    der_end(d, part, DER_CONTEXT(0));
    part = der_begin(d);
    mask = der_begin(d);
    put_oid(d, &mgf1);
    put_plain_algorithm(d, &sha384);
    der_end(d, mask, DER_SEQUENCE);
    der_end(d, part, DER_CONTEXT(1));
    part = der_begin(d);
    der_number(d, CRYPTO_SHA384_SIZE);
    der_end(d, part, DER_CONTEXT(2));
    if (trailer) {
        part = der_begin(d);
        der_number(d, 1);
        der_end(d, part, DER_CONTEXT(3));
    }
    der_end(d, parameters, DER_SEQUENCE);
    der_end(d, algorithm, DER_SEQUENCE);
}

/* `common` has %s or not. */
static void put_name(struct der *d, const char *common, enum tcb_model model)
{
    char text[32];
    const struct {
        uint8_t attribute, tag; /* 2.5.4.attribute */
        const char *value;
    } parts[] = {
        {11, DER_UTF8_STRING, "Engineering"},
        {6, DER_PRINTABLE_STRING, "US"},
        {7, DER_UTF8_STRING, "Santa Clara"},
        {8, DER_UTF8_STRING, "CA"},
        {10, DER_UTF8_STRING, "Advanced Micro Devices"},
        {3, DER_UTF8_STRING, text},
    };
    size_t name = der_begin(d), set, pair;

    snprintf(text, sizeof(text), common, tcb_model_name(model));
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct oid oid = {3, {0x55, 0x04, parts[i].attribute}};

        set = der_begin(d);
        pair = der_begin(d);
        put_oid(d, &oid);
        der_text(d, parts[i].tag, parts[i].value);
        der_end(d, pair, DER_SEQUENCE);
        der_end(d, set, DER_SET);
    }
    der_end(d, name, DER_SEQUENCE);
}

/* The same day of a later year; of 29 February, 1 March where there is none. */
static void put_validity(struct der *d, int64_t from, unsigned years)
{
    size_t validity = der_begin(d);
    time_t start = (time_t)from;
    struct tm tm;

    der_time(d, from);
    if (gmtime_r(&start, &tm))
        tm.tm_year += (int)years;
    else
        d->bad = true;
    if (!d->bad)
        der_time(d, (int64_t)timegm(&tm));
    der_end(d, validity, DER_SEQUENCE);
}

struct extension {
    size_t all, value;
};

static struct extension begin_extension(struct der *d, const struct oid *oid, bool critical)
{
    static const uint8_t yes[1] = {0xff};
    struct extension e = {.all = der_begin(d)};

    put_oid(d, oid);
    if (critical)
        der_put(d, DER_BOOLEAN, yes, sizeof(yes));
    e.value = der_begin(d);
    return e;
}

static void end_extension(struct der *d, struct extension e)
{
    der_end(d, e.value, DER_OCTET_STRING);
    der_end(d, e.all, DER_SEQUENCE);
}

/* RSAPublicKey */
static void put_rsa_key(struct der *d, const uint8_t *n)
{
    size_t key = der_begin(d);

    der_unsigned(d, n, X509_RSA_SIZE);
    der_number(d, 65537);
    der_end(d, key, DER_SEQUENCE);
}

/* The id of a key: the SHA-1 of its RSAPublicKey (RFC 5280, 4.2.1.2 (1), and AMD's roots). */
static void put_key_id(struct der *d, uint8_t tag, const uint8_t *n)
{
    uint8_t key[X509_RSA_SIZE + 32], id[CRYPTO_SHA1_SIZE];
    struct der k = der_writer(key, sizeof(key));

    put_rsa_key(&k, n);
    crypto_sha1(key, k.len, id);
    der_put(d, tag, id, sizeof(id));
}

static void put_authority_key_id(struct der *d, const uint8_t *n)
{
    struct extension e = begin_extension(d, &authority_key_id, false);
    size_t id = der_begin(d);

    put_key_id(d, DER_CONTEXT_PLAIN(0), n);
    der_end(d, id, DER_SEQUENCE);
    end_extension(d, e);
}

/* --- ARK, ASK, ASVK -------------------------------------------------------------------------- */

static void put_subject_key_id(struct der *d, const uint8_t *n)
{
    struct extension e = begin_extension(d, &subject_key_id, false);

    put_key_id(d, DER_OCTET_STRING, n);
    end_extension(d, e);
}

/* keyCertSign, and for the ARK cRLSign. AMD's ASKs say that one bit is unused, where DER has two. */
static void put_key_usage(struct der *d, bool ark)
{
    const uint8_t bits[2] = {1, ark ? 0x06 : 0x04};
    struct extension e = begin_extension(d, &key_usage, true);

    der_put(d, DER_BIT_STRING, bits, sizeof(bits));
    end_extension(d, e);
}

static void put_basic_constraints(struct der *d, bool ark)
{
    static const uint8_t yes[1] = {0xff};
    struct extension e = begin_extension(d, &basic_constraints, true);
    size_t constraints = der_begin(d);

    der_put(d, DER_BOOLEAN, yes, sizeof(yes));
    if (!ark)
        der_number(d, 0); /* no authority below */
    der_end(d, constraints, DER_SEQUENCE);
    end_extension(d, e);
}

static void put_crl_point(struct der *d, const struct x509_cert *cert)
{
    struct extension e = begin_extension(d, &crl_points, false);
    size_t list = der_begin(d), point = der_begin(d), name = der_begin(d), full = der_begin(d);
    char url[64];

    snprintf(url, sizeof(url), "https://kdsintf.amd.com/%s/v1/%s/crl",
             cert->kind == X509_ASVK ? "vlek" : "vcek", tcb_model_name(cert->model));
    der_text(d, DER_CONTEXT_PLAIN(6), url);
    der_end(d, full, DER_CONTEXT(0));
    der_end(d, name, DER_CONTEXT(0));
    der_end(d, point, DER_SEQUENCE);
    der_end(d, list, DER_SEQUENCE);
    end_extension(d, e);
}

static void put_root(struct der *d, const struct x509_cert *cert)
{
    bool ark = cert->kind == X509_ARK;
    size_t info = der_begin(d), key, extensions, list;

    put_plain_algorithm(d, &rsa_encryption);
    key = der_begin(d);
    put_rsa_key(d, cert->n);
    der_end_bits(d, key);
    der_end(d, info, DER_SEQUENCE);
    extensions = der_begin(d);
    list = der_begin(d);
    if (ark)
        put_key_usage(d, ark);
    put_subject_key_id(d, cert->n);
    if (!ark)
        put_authority_key_id(d, cert->issuer);
    put_basic_constraints(d, ark);
    if (!ark)
        put_key_usage(d, ark);
    put_crl_point(d, cert);
    der_end(d, list, DER_SEQUENCE);
    der_end(d, extensions, DER_CONTEXT(3));
}

/* --- VCEK, VLEK ------------------------------------------------------------------------------ */

static void put_ec_key(struct der *d, const struct crypto_p384_public *pub)
{
    static const uint8_t uncompressed[1] = {0x04}; /* SEC 1: both coordinates follow */
    size_t info = der_begin(d), part = der_begin(d);

    put_oid(d, &ec_public_key);
    put_oid(d, &secp384r1);
    der_end(d, part, DER_SEQUENCE);
    part = der_begin(d);
    der_raw(d, uncompressed, sizeof(uncompressed));
    der_raw(d, pub->x, sizeof(pub->x));
    der_raw(d, pub->y, sizeof(pub->y));
    der_end_bits(d, part);
    der_end(d, info, DER_SEQUENCE);
}

static void put_number_extension(struct der *d, const struct oid *oid, uint64_t value)
{
    struct extension e = begin_extension(d, oid, false);

    der_number(d, value);
    end_extension(d, e);
}

static void put_text_extension(struct der *d, const struct oid *oid, const char *text)
{
    struct extension e = begin_extension(d, oid, false);

    der_text(d, DER_IA5_STRING, text);
    end_extension(d, e);
}

static void put_levels(struct der *d, const struct x509_cert *cert)
{
    const struct tcb *tcb = &cert->tcb;
    const uint8_t levels[LEVELS] = {tcb->fmc, tcb->bootloader, tcb->tee, tcb->snp, tcb->microcode};
    const struct level *level = lines[cert->model].levels;

    for (unsigned i = 0; i < LEVEL_EXTENSIONS; i++)
        put_number_extension(d, &level[i].oid, levels[level[i].place]);
}

static bool csp_id_ok(const char *id)
{
    size_t len = strlen(id);

    for (size_t i = 0; i < len; i++) {
        if (id[i] < 0x20 || id[i] > 0x7e)
            return false;
    }
    return len > 0 && len <= X509_CSP_ID_MAX;
}

static void put_leaf(struct der *d, const struct x509_cert *cert)
{
    bool chip = cert->kind == X509_VCEK;
    size_t extensions, list;
    struct extension e;

    put_ec_key(d, &cert->pub);
    extensions = der_begin(d);
    list = der_begin(d);
    put_number_extension(d, &struct_version, lines[cert->model].version);
    put_text_extension(d, &product_name,
                       chip ? lines[cert->model].product : tcb_model_name(cert->model));
    put_levels(d, cert);
    if (chip) {
        /* The bytes alone: AMD's certificates have no tag here. */
        e = begin_extension(d, &chip_id, false);
        der_raw(d, cert->chip_id, tcb_chip_id_size(cert->model));
        end_extension(d, e);
    } else if (cert->csp_id && csp_id_ok(cert->csp_id)) {
        put_text_extension(d, &csp_id, cert->csp_id);
    } else {
        d->bad = true;
    }
    der_end(d, list, DER_SEQUENCE);
    der_end(d, extensions, DER_CONTEXT(3));
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool is_leaf(enum x509_kind kind)
{
    return kind == X509_VCEK || kind == X509_VLEK;
}

static bool has_trailer(enum x509_kind kind, enum tcb_model model)
{
    return !is_leaf(kind) || lines[model].leaf_trailer;
}

static void put_version(struct der *d)
{
    size_t version = der_begin(d);

    der_number(d, 2); /* version 3 */
    der_end(d, version, DER_CONTEXT(0));
}

size_t x509_tbs(const struct x509_cert *cert, uint8_t tbs[X509_MAX])
{
    struct der d = der_writer(tbs, X509_MAX);
    size_t all = der_begin(&d);

    put_version(&d);
    der_number(&d, cert->serial);
    put_pss(&d, has_trailer(cert->kind, cert->model));
    put_name(&d, kinds[cert->kind].issuer, cert->model);
    put_validity(&d, cert->not_before, kinds[cert->kind].years);
    put_name(&d, kinds[cert->kind].subject, cert->model);
    if (is_leaf(cert->kind))
        put_leaf(&d, cert);
    else
        put_root(&d, cert);
    der_end(&d, all, DER_SEQUENCE);
    return der_ok(&d) ? d.len : 0;
}

static void put_revoked(struct der *d, const struct x509_crl *crl)
{
    size_t list = der_begin(d), entry = der_begin(d);

    der_number(d, crl->revoked_serial);
    der_time(d, crl->this_update);
    der_end(d, entry, DER_SEQUENCE);
    der_end(d, list, DER_SEQUENCE);
}

size_t x509_crl_tbs(const struct x509_crl *crl, uint8_t tbs[X509_MAX])
{
    struct der d = der_writer(tbs, X509_MAX);
    size_t all = der_begin(&d), extensions, list;

    der_number(&d, 1); /* version 2 */
    put_pss(&d, true);
    put_name(&d, kinds[X509_ARK].subject, crl->model);
    der_time(&d, crl->this_update);
    der_time(&d, crl->next_update);
    if (crl->revoked)
        put_revoked(&d, crl);
    extensions = der_begin(&d);
    list = der_begin(&d);
    put_authority_key_id(&d, crl->issuer);
    put_number_extension(&d, &crl_number, crl->number);
    der_end(&d, list, DER_SEQUENCE);
    der_end(&d, extensions, DER_CONTEXT(0));
    der_end(&d, all, DER_SEQUENCE);
    return der_ok(&d) ? d.len : 0;
}

static int sign(bool trailer, const struct crypto_rsa_private *by, const uint8_t *tbs,
                size_t tbs_len, uint8_t out[X509_MAX], size_t *len)
{
    uint8_t salt[CRYPTO_SHA384_SIZE], sig[X509_RSA_SIZE];
    struct der d = der_writer(out, X509_MAX);
    size_t all = der_begin(&d), bits;
    int err;

    if (by->pub.n_len != X509_RSA_SIZE)
        return -EINVAL;
    crypto_digest(CRYPTO_HASH_SHA384, tbs, tbs_len, salt);
    err = crypto_rsa_pss_sign(by, CRYPTO_HASH_SHA384, tbs, tbs_len, salt, sig);
    if (err)
        return err;
    der_raw(&d, tbs, tbs_len);
    put_pss(&d, trailer);
    bits = der_begin(&d);
    der_raw(&d, sig, sizeof(sig));
    der_end_bits(&d, bits);
    der_end(&d, all, DER_SEQUENCE);
    *len = d.len;
    return der_ok(&d) ? 0 : -ENOSPC;
}

int x509_sign(enum x509_kind kind, enum tcb_model model, const struct crypto_rsa_private *by,
              const uint8_t *tbs, size_t tbs_len, uint8_t out[X509_MAX], size_t *len)
{
    return sign(has_trailer(kind, model), by, tbs, tbs_len, out, len);
}

int x509_crl_sign(const struct crypto_rsa_private *by, const uint8_t *tbs, size_t tbs_len,
                  uint8_t out[X509_MAX], size_t *len)
{
    return sign(true, by, tbs, tbs_len, out, len);
}
