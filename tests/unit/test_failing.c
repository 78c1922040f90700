/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The cryptographic library fails, at every call in turn: each operation reports it and gives
 * nothing away. The linker puts the functions below between crypto.c and libgcrypt (--wrap, see
 * local.mk).
 */
#include "unit.h"

#include <errno.h>
#include <gcrypt.h>
#include <string.h>

#include "counter_random.h"
#include "identity.h"
#include "protocol/measure.h"
#include "nv.h"
#include "protocol/packet.h"
#include "protocol/report.h"
#include "protocol/root.h"
#include "protocol/session.h"
#include "vectors.h"

static unsigned calls, fail_at; /* 0: never */

static gcry_error_t fails(void)
{
    return ++calls == fail_at ? gcry_error(GPG_ERR_ENOMEM) : 0;
}

#define WRAP(name, parameters, arguments)                                                          \
    gcry_error_t __real_##name parameters;                                                         \
    gcry_error_t __wrap_##name parameters;                                                         \
    gcry_error_t __wrap_##name parameters                                                          \
    {                                                                                              \
        gcry_error_t err = fails();                                                                \
        return err ? err : __real_##name arguments;                                                \
    }

WRAP(gcry_md_open, (gcry_md_hd_t * h, int algo, unsigned flags), (h, algo, flags))
WRAP(gcry_md_copy, (gcry_md_hd_t * to, gcry_md_hd_t from), (to, from))
WRAP(gcry_mac_open, (gcry_mac_hd_t * h, int algo, unsigned flags, gcry_ctx_t ctx),
     (h, algo, flags, ctx))
WRAP(gcry_mac_setkey, (gcry_mac_hd_t h, const void *key, size_t len), (h, key, len))
WRAP(gcry_mac_write, (gcry_mac_hd_t h, const void *data, size_t len), (h, data, len))
WRAP(gcry_mac_read, (gcry_mac_hd_t h, void *data, size_t *len), (h, data, len))
WRAP(gcry_cipher_open, (gcry_cipher_hd_t * h, int algo, int mode, unsigned flags),
     (h, algo, mode, flags))
WRAP(gcry_cipher_setkey, (gcry_cipher_hd_t h, const void *key, size_t len), (h, key, len))
WRAP(gcry_cipher_setctr, (gcry_cipher_hd_t h, const void *ctr, size_t len), (h, ctr, len))
WRAP(gcry_cipher_encrypt,
     (gcry_cipher_hd_t h, void *out, size_t out_len, const void *in, size_t in_len),
     (h, out, out_len, in, in_len))
WRAP(gcry_mpi_scan,
     (gcry_mpi_t * mpi, enum gcry_mpi_format format, const void *data, size_t len, size_t *used),
     (mpi, format, data, len, used))
WRAP(gcry_mpi_print,
     (enum gcry_mpi_format format, unsigned char *data, size_t len, size_t *used, gcry_mpi_t mpi),
     (format, data, len, used, mpi))
WRAP(gcry_mpi_ec_new, (gcry_ctx_t * ctx, gcry_sexp_t key, const char *curve), (ctx, key, curve))
WRAP(gcry_pk_sign, (gcry_sexp_t * result, gcry_sexp_t data, gcry_sexp_t key), (result, data, key))
WRAP(gcry_pk_verify, (gcry_sexp_t sig, gcry_sexp_t data, gcry_sexp_t key), (sig, data, key))

/* --- the operations, each 0 unless the library fails ------------------------------------------ */

static const uint8_t secret[16] = "sixteen secrets";
static struct crypto_p384_key key;
static struct identity fresh, chip; /* the same one: new, and sealed */
static uint8_t stored[NV_SIZE], rsa_cert[CERT_SIZE];
static struct counter_random source;
static const struct identity_random entropy = {counter_random_fill, &source};

static int setup(void **state)
{
    (void)state;
    source.state = 3;
    key.d[0] = 1;
    if (crypto_init() || crypto_p384_from_private(&key) || identity_create(&fresh, &entropy, 0, 24))
        return -1;
    chip = fresh;
    if (identity_sign_cek(&chip) || nv_encode(&chip, stored))
        return -1;
    vector_exact("pki.txt", "cert_rsa4_max", rsa_cert, sizeof(rsa_cert));
    return 0;
}

static int do_sha256(void)
{
    uint8_t digest[32];
    struct crypto_sha256 *hash = crypto_sha256_new();
    int err = hash ? crypto_sha256_peek(hash, digest) : -ENOMEM;
    crypto_sha256_free(hash);
    return err;
}

static int do_measure(void)
{
    const struct measure_input in = {.api_major = 1};
    uint8_t measure[MEASURE_SIZE];
    return measure_compute(&in, secret, measure);
}

/* A session is sealed without faults, then opened with them; or the other way round. */
static int session(unsigned faults_from)
{
    static const struct session_keys none;
    const struct session_keys keys = {"sixteen bytes..", "and other sixtee"};
    struct session_keys got;
    struct session blob = {.nonce = {1}};
    unsigned saved = fail_at;
    fail_at = faults_from == 0 ? saved : 0;
    int err = session_seal(&blob, secret, sizeof(secret), &keys, 1);
    if (err)
        assert_memory_not_equal(blob.wrap_tk, keys.tek, 16);
    if (faults_from == 0)
        return err;
    calls = 0;
    fail_at = saved;
    err = session_open(&blob, secret, sizeof(secret), 1, &got);
    assert_memory_equal(&got, err ? &none : &keys, sizeof(got));
    return err;
}

static int do_session_seal(void)
{
    return session(0);
}

static int do_session_open(void)
{
    return session(1);
}

static int packet(unsigned faults_from)
{
    const struct packet_keys keys = {secret, secret, PACKET_LAUNCH_SECRET, NULL};
    struct packet_header header = {.flags = 0};
    uint8_t data[32] = "thirty-two bytes of a secret...", cipher[32];
    unsigned saved = fail_at;
    fail_at = faults_from == 0 ? saved : 0;
    int err = packet_seal(&header, &keys, sizeof(data), data, sizeof(data));
    if (faults_from == 0)
        return err;
    memcpy(cipher, data, sizeof(cipher));
    calls = 0;
    fail_at = saved;
    err = packet_open(&header, &keys, sizeof(data), data, sizeof(data));
    if (err)
        assert_memory_equal(data, cipher, sizeof(data));
    return err;
}

static int do_packet_seal(void)
{
    return packet(0);
}

static int do_packet_open(void)
{
    return packet(1);
}

static int do_from_seed(void)
{
    static const uint8_t seed[CRYPTO_P384_SEED_SIZE] = {1};
    struct crypto_p384_key made;
    return crypto_p384_from_seed(seed, &made);
}

static int do_check(void)
{
    return crypto_p384_check(&key.pub);
}

static int do_ecdh(void)
{
    uint8_t z[CRYPTO_P384_SIZE];
    return crypto_p384_ecdh(&key, &key.pub, z);
}

static int do_report(void)
{
    struct report report = {.policy = 1};
    int err = report_sign(&report, &chip.pek);
    return err ? err : report_verify(&report, &chip.pek_cert);
}

static int do_cert_read(void)
{
    struct cert cert;
    return cert_read(&cert, stored + 0x120);
}

static int do_chain(void)
{
    struct cert_root ask, ark;
    root_ask(&ask);
    root_ark(&ark);
    int err = cert_verify(&chip.pek_cert, &chip.oca_cert);
    if (!err)
        err = cert_verify(&chip.pek_cert, &chip.cek_cert);
    if (!err)
        err = cert_verify_by_root(&chip.cek_cert, &ask);
    return err ? err : cert_root_verify(&ask, &ark);
}

/* Whose salt is not the first length that is tried. */
static int do_rsa(void)
{
    struct cert cert;
    int err = cert_read(&cert, rsa_cert);
    return err ? err : cert_verify(&cert, &cert);
}

static int do_create(void)
{
    static const struct identity none;
    struct identity id = none;
    int err = identity_create(&id, &entropy, 0, 24);
    if (err)
        assert_memory_equal(&id, &none, sizeof(id));
    return err;
}

/* Nothing of the identity, and of its bytes, is there unless it is sealed. */
static int do_seal(void)
{
    struct identity id = fresh;
    int err = identity_sign_cek(&id);
    assert_memory_equal(&id, err ? &fresh : &chip, sizeof(id));
    return err;
}

static int do_export(void)
{
    static const uint8_t untouched[CERT_CHAIN_SIZE];
    uint8_t wire[CERT_CHAIN_SIZE] = {0};
    struct identity id = fresh;
    int err = identity_chain(&id, wire);
    assert_memory_equal(&id, err ? &fresh : &chip, sizeof(id));
    if (err)
        assert_memory_equal(wire, untouched, sizeof(wire));
    return err;
}

static int do_nv_encode(void)
{
    static const uint8_t untouched[NV_SIZE];
    uint8_t wire[NV_SIZE] = {0};
    int err = nv_encode(&fresh, wire);
    assert_memory_equal(wire, err ? untouched : stored, sizeof(wire));
    return err;
}

static int do_import(void)
{
    struct crypto_p384_key owner_key = chip.oca;
    struct identity id = chip;
    struct cert csr;
    uint8_t pek[CERT_SIZE], oca[CERT_SIZE];
    unsigned saved = fail_at;
    fail_at = 0;
    identity_csr(&id, &csr);
    assert_int_equal(cert_sign(&csr, 0, CERT_USAGE_OCA, &owner_key), 0);
    cert_write(&csr, pek);
    cert_write(&id.oca_cert, oca);
    calls = 0;
    fail_at = saved;
    int err = identity_import(&id, &entropy, pek, oca);
    if (err)
        assert_memory_equal(&id, &chip, sizeof(id));
    return err;
}

static int do_nv(void)
{
    static const struct identity none;
    struct identity id;
    int err = nv_decode(&id, stored, sizeof(stored), NULL);
    assert_memory_equal(&id, err ? &none : &chip, sizeof(id));
    return err;
}

/* --- every call in turn ----------------------------------------------------------------------- */

static void every_call_in_turn(void **state)
{
    int (**operation)(void) = *state;
    unsigned failures = 0;
    for (unsigned at = 1;; at++) {
        calls = 0;
        fail_at = at;
        int err = (*operation)();
        fail_at = 0;
        if (calls < at) { /* the fault came after the end */
            assert_int_equal(err, 0);
            break;
        }
        assert_true(err < 0);
        failures++;
    }
    assert_true(failures > 0);
}

/* clang-format off */
#define TEST(name) {#name, every_call_in_turn, NULL, NULL, &(int (*)(void)){do_##name}}
/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sha256),      TEST(measure),     TEST(session_seal), TEST(session_open),
        TEST(packet_seal), TEST(packet_open), TEST(from_seed),    TEST(check),
        TEST(ecdh),        TEST(report),      TEST(cert_read),    TEST(chain),
        TEST(rsa),         TEST(create),      TEST(seal),         TEST(export),
        TEST(nv_encode),   TEST(import),      TEST(nv),
    };
    return cmocka_run_group_tests_name("failing", tests, setup, NULL);
}
