/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SEV certificates and the ASK/ARK format; see cert.h.
 */
#include "cert.h"

#include <errno.h>
#include <string.h>

#include "buf.h"

#define CERT_VERSION   1
#define CURVE_P384     2
#define EC_NUMBER_SIZE 72
#define RSA_MIN_BYTES  256
#define RSA_MAX_BYTES  512

static const struct {
    uint32_t usage;
    const char *name;
} usages[] = {
    {CERT_USAGE_ARK, "ARK"}, {CERT_USAGE_ASK, "ASK"}, {CERT_USAGE_INVALID, "none"},
    {CERT_USAGE_OCA, "OCA"}, {CERT_USAGE_PEK, "PEK"}, {CERT_USAGE_PDH, "PDH"},
    {CERT_USAGE_CEK, "CEK"},
};

static const struct algo {
    uint32_t algo;
    const char *name;
    enum crypto_hash hash;
    bool rsa, ec;
} algos[] = {
    {CERT_ALGO_NONE, "none", CRYPTO_HASH_SHA256, false, false},
    {CERT_ALGO_RSA_SHA256, "RSA-SHA256", CRYPTO_HASH_SHA256, true, false},
    {CERT_ALGO_ECDSA_SHA256, "ECDSA-SHA256", CRYPTO_HASH_SHA256, false, true},
    {CERT_ALGO_ECDH_SHA256, "ECDH-SHA256", CRYPTO_HASH_SHA256, false, true},
    {CERT_ALGO_RSA_SHA384, "RSA-SHA384", CRYPTO_HASH_SHA384, true, false},
    {CERT_ALGO_ECDSA_SHA384, "ECDSA-SHA384", CRYPTO_HASH_SHA384, false, true},
    {CERT_ALGO_ECDH_SHA384, "ECDH-SHA384", CRYPTO_HASH_SHA384, false, true},
};

const char *cert_usage_name(uint32_t usage)
{
    for (unsigned i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
        if (usages[i].usage == usage)
            return usages[i].name;
    }
    return "?";
}

static const struct algo *find_algo(uint32_t algo)
{
    for (unsigned i = 0; i < sizeof(algos) / sizeof(algos[0]); i++) {
        if (algos[i].algo == algo)
            return &algos[i];
    }
    return NULL;
}

const char *cert_algo_name(uint32_t algo)
{
    const struct algo *found = find_algo(algo);
    return found ? found->name : "?";
}

/* --- numbers: little endian on the wire, big endian for crypto.h ----------------------------- */

static void reverse(uint8_t *out, const uint8_t *in, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = in[len - 1 - i];
}

/* A 72-byte field that must hold a number of 48 bytes. */
static bool get_ec_number(struct buf *in, uint8_t number[CRYPTO_P384_SIZE])
{
    uint8_t wire[CRYPTO_P384_SIZE];
    buf_get(in, wire, sizeof(wire));
    reverse(number, wire, sizeof(wire));
    return buf_get_zero(in, EC_NUMBER_SIZE - CRYPTO_P384_SIZE);
}

static void put_ec_number(struct buf *out, const uint8_t number[CRYPTO_P384_SIZE])
{
    uint8_t wire[CRYPTO_P384_SIZE];
    reverse(wire, number, sizeof(wire));
    buf_put(out, wire, sizeof(wire));
    buf_fill(out, 0, EC_NUMBER_SIZE - CRYPTO_P384_SIZE);
}

void cert_ec_sig_write(const struct crypto_p384_signature *sig, uint8_t wire[CERT_EC_SIG_SIZE])
{
    struct buf out = buf_writer(wire, CERT_EC_SIG_SIZE);
    put_ec_number(&out, sig->r);
    put_ec_number(&out, sig->s);
}

int cert_ec_sig_read(struct crypto_p384_signature *sig, const uint8_t wire[CERT_EC_SIG_SIZE])
{
    struct buf in = buf_reader(wire, CERT_EC_SIG_SIZE);
    bool fits = get_ec_number(&in, sig->r);
    return get_ec_number(&in, sig->s) && fits ? 0 : -EINVAL;
}

/* --- keys ------------------------------------------------------------------------------------ */

/* An RSA key in big endian; `bytes` is the size of the modulus. */
struct rsa_key {
    uint8_t n[RSA_MAX_BYTES], e[RSA_MAX_BYTES];
    size_t bytes;
};

static int rsa_read(const struct cert *cert, struct rsa_key *key)
{
    uint8_t wire[RSA_MAX_BYTES];
    struct buf in = buf_reader(cert->key, sizeof(cert->key));
    uint32_t bits = buf_get32(&in);
    if (bits != 8 * RSA_MIN_BYTES && bits != 8 * RSA_MAX_BYTES)
        return -EINVAL;
    key->bytes = bits / 8;
    buf_get(&in, wire, sizeof(wire));
    reverse(key->e, wire, key->bytes);
    buf_get(&in, wire, sizeof(wire));
    reverse(key->n, wire, key->bytes);
    /* A modulus of fewer bits than it says is none; see crypto_rsa_pss_verify(). */
    return (key->n[0] & 0x80) ? 0 : -EINVAL;
}

int cert_public(const struct cert *cert, struct crypto_p384_public *pub)
{
    const struct algo *algo = find_algo(cert->algo);
    struct buf in = buf_reader(cert->key, sizeof(cert->key));
    if (!algo || !algo->ec || buf_get32(&in) != CURVE_P384)
        return -EINVAL;
    bool fits = get_ec_number(&in, pub->x);
    if (!get_ec_number(&in, pub->y) || !fits)
        return -EINVAL;
    return crypto_p384_check(pub);
}

static int check_key(const struct cert *cert)
{
    const struct algo *algo = find_algo(cert->algo);
    struct crypto_p384_public pub;
    struct rsa_key rsa;
    if (algo && algo->ec)
        return cert_public(cert, &pub);
    if (algo && algo->rsa)
        return rsa_read(cert, &rsa);
    return -EINVAL;
}

/* --- certificates ---------------------------------------------------------------------------- */

static bool is_certified(uint32_t usage)
{
    return usage == CERT_USAGE_OCA || usage == CERT_USAGE_PEK || usage == CERT_USAGE_PDH ||
           usage == CERT_USAGE_CEK;
}

static bool get_signature(struct buf *in, struct cert_signature *sig)
{
    sig->usage = buf_get32(in);
    sig->algo = buf_get32(in);
    buf_get(in, sig->value, sizeof(sig->value));
    return strcmp(cert_usage_name(sig->usage), "?") != 0 && find_algo(sig->algo);
}

int cert_read(struct cert *cert, const uint8_t wire[CERT_SIZE])
{
    struct buf in = buf_reader(wire, CERT_SIZE);
    bool good = buf_get32(&in) == CERT_VERSION;
    cert->api_major = buf_get8(&in);
    cert->api_minor = buf_get8(&in);
    good = buf_get_zero(&in, 2) && good;
    cert->usage = buf_get32(&in);
    cert->algo = buf_get32(&in);
    buf_get(&in, cert->key, sizeof(cert->key));
    good = get_signature(&in, &cert->sig[0]) && good;
    good = get_signature(&in, &cert->sig[1]) && good;
    if (!good || !buf_done(&in) || !is_certified(cert->usage))
        return -EINVAL;
    return check_key(cert);
}

void cert_write(const struct cert *cert, uint8_t wire[CERT_SIZE])
{
    struct buf out = buf_writer(wire, CERT_SIZE);
    buf_put32(&out, CERT_VERSION);
    buf_put8(&out, cert->api_major);
    buf_put8(&out, cert->api_minor);
    buf_put16(&out, 0);
    buf_put32(&out, cert->usage);
    buf_put32(&out, cert->algo);
    buf_put(&out, cert->key, sizeof(cert->key));
    for (unsigned i = 0; i < 2; i++) {
        buf_put32(&out, cert->sig[i].usage);
        buf_put32(&out, cert->sig[i].algo);
        buf_put(&out, cert->sig[i].value, sizeof(cert->sig[i].value));
    }
}

void cert_init(struct cert *cert, enum cert_usage usage, const struct crypto_p384_public *pub)
{
    *cert = (struct cert){
        .usage = usage,
        .algo = usage == CERT_USAGE_PDH ? CERT_ALGO_ECDH_SHA256 : CERT_ALGO_ECDSA_SHA256,
        .sig = {{.usage = CERT_USAGE_INVALID}, {.usage = CERT_USAGE_INVALID}},
    };
    struct buf out = buf_writer(cert->key, sizeof(cert->key));
    buf_put32(&out, CURVE_P384);
    put_ec_number(&out, pub->x);
    put_ec_number(&out, pub->y);
}

int cert_sign(struct cert *cert, unsigned slot, enum cert_usage signer,
              const struct crypto_p384_key *key)
{
    uint8_t wire[CERT_SIZE];
    struct crypto_p384_signature sig;
    cert_write(cert, wire);
    int err = crypto_p384_sign(key, CRYPTO_HASH_SHA256, wire, CERT_SIGNED_SIZE, &sig);
    if (err)
        return err;
    struct cert_signature *to = &cert->sig[slot];
    *to = (struct cert_signature){.usage = signer, .algo = CERT_ALGO_ECDSA_SHA256};
    cert_ec_sig_write(&sig, to->value);
    return 0;
}

static int verify_ec(const struct cert_signature *sig, const struct cert *parent,
                     enum crypto_hash hash, const uint8_t *wire)
{
    struct crypto_p384_public pub;
    struct crypto_p384_signature value;
    int err = cert_public(parent, &pub);
    if (err)
        return err;
    if (cert_ec_sig_read(&value, sig->value))
        return -EBADMSG;
    return crypto_p384_verify(&pub, hash, wire, CERT_SIGNED_SIZE, &value);
}

static int verify_rsa(const struct cert_signature *sig, const struct crypto_rsa_public *key,
                      enum crypto_hash hash, const uint8_t *wire)
{
    uint8_t value[CERT_SIG_SIZE];
    reverse(value, sig->value, key->n_len);
    return crypto_rsa_pss_verify(key, hash, wire, CERT_SIGNED_SIZE, value);
}

int cert_verify(const struct cert *cert, const struct cert *parent)
{
    uint8_t wire[CERT_SIZE];
    const struct algo *algo = find_algo(parent->algo);
    struct rsa_key rsa;
    if (!algo || (!algo->ec && !algo->rsa))
        return -EINVAL;
    int err = algo->rsa ? rsa_read(parent, &rsa) : 0;
    cert_write(cert, wire);
    for (unsigned i = 0; i < 2 && !err; i++) {
        const struct cert_signature *sig = &cert->sig[i];
        if (sig->usage != parent->usage || sig->algo != parent->algo)
            continue;
        const struct crypto_rsa_public key = {rsa.n, rsa.e, rsa.bytes, rsa.bytes};
        err = algo->rsa ? verify_rsa(sig, &key, algo->hash, wire)
                        : verify_ec(sig, parent, algo->hash, wire);
        if (err != -EBADMSG)
            return err;
        err = 0; /* perhaps the other signature */
    }
    return err ? err : -EBADMSG;
}

/* --- ASK and ARK ----------------------------------------------------------------------------- */

long cert_root_read(struct cert_root *root, const void *data, size_t len)
{
    uint8_t wire[RSA_MAX_BYTES];
    struct buf in = buf_reader(data, len);
    bool good = buf_get32(&in) == CERT_VERSION;
    buf_get(&in, root->key_id, sizeof(root->key_id));
    buf_get(&in, root->certifying_id, sizeof(root->certifying_id));
    root->usage = buf_get32(&in);
    good = buf_get_zero(&in, 16) && good;
    uint32_t exponent_bits = buf_get32(&in), modulus_bits = buf_get32(&in);
    good = good && (root->usage == CERT_USAGE_ARK || root->usage == CERT_USAGE_ASK) &&
           exponent_bits == modulus_bits &&
           (modulus_bits == 8 * RSA_MIN_BYTES || modulus_bits == 8 * RSA_MAX_BYTES);
    if (!good)
        return -EINVAL;

    root->len = modulus_bits / 8;
    uint8_t *numbers[] = {root->e, root->n, root->sig};
    for (unsigned i = 0; i < 3; i++) {
        if (i == 2 && buf_done(&in))
            return -ENODATA;
        buf_get(&in, wire, root->len);
        reverse(numbers[i], wire, root->len);
    }
    return buf_ok(&in) && (root->n[0] & 0x80) ? (long)in.pos : -EINVAL;
}

size_t cert_root_write(const struct cert_root *root, uint8_t out_wire[CERT_ROOT_MAX])
{
    uint8_t wire[RSA_MAX_BYTES];
    struct buf out = buf_writer(out_wire, CERT_ROOT_MAX);
    buf_put32(&out, CERT_VERSION);
    buf_put(&out, root->key_id, sizeof(root->key_id));
    buf_put(&out, root->certifying_id, sizeof(root->certifying_id));
    buf_put32(&out, root->usage);
    buf_fill(&out, 0, 16);
    buf_put32(&out, (uint32_t)(8 * root->len));
    buf_put32(&out, (uint32_t)(8 * root->len));
    const uint8_t *numbers[] = {root->e, root->n, root->sig};
    for (unsigned i = 0; i < 3; i++) {
        reverse(wire, numbers[i], root->len);
        buf_put(&out, wire, root->len);
    }
    return out.pos;
}

static enum crypto_hash root_hash(const struct cert_root *root)
{
    return root->len == RSA_MAX_BYTES ? CRYPTO_HASH_SHA384 : CRYPTO_HASH_SHA256;
}

int cert_root_verify(const struct cert_root *root, const struct cert_root *parent)
{
    uint8_t wire[CERT_ROOT_MAX];
    const struct crypto_rsa_public key = {parent->n, parent->e, parent->len, parent->len};
    if (root->len != parent->len || parent->usage != CERT_USAGE_ARK ||
        memcmp(root->certifying_id, parent->key_id, sizeof(parent->key_id)) != 0)
        return -EBADMSG;
    size_t len = cert_root_write(root, wire);
    return crypto_rsa_pss_verify(&key, root_hash(parent), wire, len - root->len, root->sig);
}

int cert_verify_by_root(const struct cert *cert, const struct cert_root *ask)
{
    uint8_t wire[CERT_SIZE];
    const struct crypto_rsa_public key = {ask->n, ask->e, ask->len, ask->len};
    enum crypto_hash hash = root_hash(ask);
    uint32_t algo = hash == CRYPTO_HASH_SHA384 ? CERT_ALGO_RSA_SHA384 : CERT_ALGO_RSA_SHA256;
    cert_write(cert, wire);
    for (unsigned i = 0; i < 2; i++) {
        const struct cert_signature *sig = &cert->sig[i];
        if (sig->usage != CERT_USAGE_ASK || ask->usage != CERT_USAGE_ASK || sig->algo != algo)
            continue;
        int err = verify_rsa(sig, &key, hash, wire);
        if (err != -EBADMSG)
            return err;
    }
    return -EBADMSG;
}
