/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/cert and root: certificates that python3-cryptography made, AMD's own
 * roots, and the model's.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "protocol/cert.h"
#include "protocol/root.h"
#include "vectors.h"

static int setup(void **state)
{
    (void)state;
    return crypto_init();
}

static struct cert load(const char *name)
{
    uint8_t wire[CERT_SIZE], again[CERT_SIZE];
    struct cert cert;
    vector_exact("pki.txt", name, wire, sizeof(wire));
    assert_int_equal(cert_read(&cert, wire), 0);
    cert_write(&cert, again);
    assert_memory_equal(again, wire, sizeof(wire));
    return cert;
}

static struct crypto_p384_key key_of(const char *name)
{
    struct crypto_p384_key key;
    vector_exact("pki.txt", name, key.d, sizeof(key.d));
    assert_int_equal(crypto_p384_from_private(&key), 0);
    return key;
}

static void verifies_pythons_chain(void **state)
{
    (void)state;
    struct cert oca = load("cert_oca"), cek = load("cert_cek"), pdh = load("cert_pdh");
    static const char *const peks[] = {"cert_pek", "cert_pek_swapped"};
    assert_int_equal(cert_verify(&oca, &oca), 0);
    for (unsigned i = 0; i < 2; i++) {
        struct cert pek = load(peks[i]);
        assert_int_equal(pek.usage, CERT_USAGE_PEK);
        assert_int_equal(pek.api_minor, 24);
        assert_int_equal(cert_verify(&pek, &oca), 0);
        assert_int_equal(cert_verify(&pek, &cek), 0);
        assert_int_equal(cert_verify(&pek, &pek), -EBADMSG);
        assert_int_equal(cert_verify(&pdh, &pek), 0);
    }
    assert_int_equal(cert_verify(&pdh, &oca), -EBADMSG);
    assert_int_equal(cert_verify(&cek, &oca), -EBADMSG);
}

static void verifies_rsa_owners(void **state)
{
    (void)state;
    static const char *const names[] = {"cert_rsa2", "cert_rsa4", "cert_rsa4_max"};
    for (unsigned i = 0; i < 3; i++) {
        struct cert oca = load(names[i]);
        struct crypto_p384_public pub;
        assert_int_equal(cert_verify(&oca, &oca), 0);
        assert_int_equal(cert_public(&oca, &pub), -EINVAL);
        oca.sig[0].value[7] ^= 0x10;
        assert_int_equal(cert_verify(&oca, &oca), -EBADMSG);
        oca.sig[0].value[7] ^= 0x10;
        oca.api_major ^= 1; /* signed bytes */
        assert_int_equal(cert_verify(&oca, &oca), -EBADMSG);
        memset(oca.sig[0].value, 0xff, sizeof(oca.sig[0].value)); /* above the modulus */
        assert_int_equal(cert_verify(&oca, &oca), -EBADMSG);
        memset(oca.sig[0].value, 0, sizeof(oca.sig[0].value));
        assert_int_equal(cert_verify(&oca, &oca), -EBADMSG);
    }
}

static void owners_certificates(void **state)
{
    (void)state;
    static const char *const names[] = {"cert_godh_plain", "cert_godh_signed"};
    struct crypto_p384_key godh = key_of("godh_d"), pdh = key_of("pdh_d");
    uint8_t want[48], z[48];
    vector_exact("pki.txt", "z", want, sizeof(want));
    for (unsigned i = 0; i < 2; i++) {
        struct cert cert = load(names[i]);
        struct crypto_p384_public pub;
        assert_int_equal(cert_public(&cert, &pub), 0);
        assert_memory_equal(&pub, &godh.pub, sizeof(pub));
        assert_int_equal(crypto_p384_ecdh(&pdh, &pub, z), 0);
        assert_memory_equal(z, want, sizeof(z));
    }
}

static void a_changed_certificate_is_refused(void **state)
{
    (void)state;
    struct cert oca = load("cert_oca"), pek;
    uint8_t good[CERT_SIZE], wire[CERT_SIZE];
    vector_exact("pki.txt", "cert_pek", good, sizeof(good));
    /* Signed bytes and those of the OCA's signature: malformed, or not signed so. */
    for (unsigned at = 0; at < 0x41c + 144; at++) {
        memcpy(wire, good, sizeof(wire));
        wire[at] ^= 0x40;
        int err = cert_read(&pek, wire);
        if (!err)
            err = cert_verify(&pek, &oca);
        assert_true(err == -EINVAL || err == -EBADMSG);
    }
}

static void malformed(void **state)
{
    (void)state;
    static const struct {
        const char *base;
        unsigned at;
        uint8_t value;
    } cases[] = {
        {"cert_pek", 0x000, 2},     /* version */
        {"cert_pek", 0x006, 1},     /* reserved */
        {"cert_pek", 0x008, 0x00},  /* usage: INVALID certifies nothing */
        {"cert_pek", 0x008, 0x55},  /* usage unknown */
        {"cert_pek", 0x00c, 0},     /* algorithm none */
        {"cert_pek", 0x00c, 4},     /* algorithm unknown */
        {"cert_pek", 0x010, 1},     /* curve P-256 */
        {"cert_pek", 0x014, 0x5a},  /* point not on the curve */
        {"cert_pek", 0x044, 1},     /* number of more than 48 bytes */
        {"cert_pek", 0x08c, 1},     /* the same for y */
        {"cert_pek", 0x414, 0x99},  /* usage of a signature unknown */
        {"cert_pek", 0x418, 0x99},  /* algorithm of a signature unknown */
        {"cert_rsa2", 0x010, 1},    /* modulus of an odd size */
        {"cert_rsa2", 0x313, 0x00}, /* modulus of fewer bits than said */
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t wire[CERT_SIZE];
        struct cert cert;
        vector_exact("pki.txt", cases[i].base, wire, sizeof(wire));
        wire[cases[i].at] = cases[i].value;
        if (cert_read(&cert, wire) != -EINVAL)
            fail_msg("case %u was taken", i);
    }
}

/* Keys that would make RSA arithmetic divide by zero or prove nothing. */
static void hostile_rsa_keys(void **state)
{
    (void)state;
    struct cert oca = load("cert_rsa2");
    struct cert even = oca, no_exponent = oca, one = oca;
    even.key[4 + 512] &= 0xfe;
    assert_int_equal(cert_verify(&even, &even), -EINVAL);
    memset(no_exponent.key + 4, 0, 512);
    assert_int_equal(cert_verify(&no_exponent, &no_exponent), -EINVAL);
    memset(one.key + 4, 0, 512);
    one.key[4] = 1;
    assert_int_equal(cert_verify(&one, &one), -EINVAL);
    struct cert nothing = oca;
    nothing.algo = CERT_ALGO_NONE;
    assert_int_equal(cert_verify(&oca, &nothing), -EINVAL);
}

static void builds_and_signs(void **state)
{
    (void)state;
    struct crypto_p384_key key = key_of("pdh_d"), owner = key_of("godh_d");
    struct cert pdh, same, want = load("cert_pdh");
    uint8_t wire[CERT_SIZE], expected[CERT_SIZE];
    cert_init(&pdh, CERT_USAGE_PDH, &key.pub);
    cert_write(&pdh, wire);
    cert_write(&want, expected);
    assert_memory_equal(wire, expected, CERT_SIGNED_SIZE);
    assert_int_equal(pdh.sig[0].usage, CERT_USAGE_INVALID);
    assert_int_equal(pdh.sig[1].usage, CERT_USAGE_INVALID);

    struct cert signer;
    cert_init(&signer, CERT_USAGE_PEK, &owner.pub);
    assert_int_equal(cert_verify(&pdh, &signer), -EBADMSG);
    assert_int_equal(cert_sign(&pdh, 1, CERT_USAGE_PEK, &owner), 0);
    assert_int_equal(cert_verify(&pdh, &signer), 0);
    same = pdh;
    assert_int_equal(cert_sign(&same, 1, CERT_USAGE_PEK, &owner), 0);
    assert_memory_equal(&same, &pdh, sizeof(pdh)); /* RFC 6979: no randomness */
}

static size_t load_root(const char *name, struct cert_root *root)
{
    uint8_t wire[CERT_ROOT_MAX], again[CERT_ROOT_MAX];
    size_t len = vector_get("amd_roots.txt", name, wire, sizeof(wire));
    assert_int_equal(cert_root_read(root, wire, len), (long)len);
    assert_int_equal(cert_root_write(root, again), len);
    assert_memory_equal(again, wire, len);
    return len;
}

static void verifies_amds_roots(void **state)
{
    (void)state;
    struct cert_root ask, ark, naples;
    assert_int_equal(load_root("rome_ask", &ask), 1600);
    assert_int_equal(load_root("rome_ark", &ark), 1600);
    assert_int_equal(ask.usage, CERT_USAGE_ASK);
    assert_int_equal(cert_root_verify(&ark, &ark), 0);
    assert_int_equal(cert_root_verify(&ask, &ark), 0);
    assert_int_equal(cert_root_verify(&ark, &ask), -EBADMSG);
    assert_false(root_is_model(&ark));
    ask.n[100] ^= 1;
    assert_int_equal(cert_root_verify(&ask, &ark), -EBADMSG);

    assert_int_equal(load_root("naples_ask", &naples), 832);
    assert_int_equal(cert_root_verify(&naples, &ark), -EBADMSG);
    struct cert_root old_ark;
    load_root("naples_ark", &old_ark);
    assert_int_equal(cert_root_verify(&naples, &old_ark), 0);
    assert_int_equal(cert_root_verify(&old_ark, &old_ark), 0);
}

/* As AMD published it for its first chips: virtee/sev tests/naples/ark.cert.bad. */
static void an_ark_without_signature(void **state)
{
    (void)state;
    uint8_t wire[CERT_ROOT_MAX];
    struct cert_root ark;
    size_t len = vector_get("amd_roots.txt", "naples_ark", wire, sizeof(wire));
    assert_int_equal(len, 576 + 256);
    assert_int_equal(cert_root_read(&ark, wire, 576), -ENODATA);
    assert_int_equal(cert_root_read(&ark, wire, 575), -EINVAL);
    assert_int_equal(cert_root_read(&ark, wire, 577), -EINVAL);
    assert_int_equal(cert_root_read(&ark, wire, len - 1), -EINVAL);
}

static void malformed_roots(void **state)
{
    (void)state;
    uint8_t good[CERT_ROOT_MAX], wire[CERT_ROOT_MAX];
    struct cert_root root;
    size_t len = vector_get("amd_roots.txt", "rome_ask", good, sizeof(good));
    static const unsigned at[] = {0x00, 0x24, 0x28, 0x38, 0x3c};
    for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        memcpy(wire, good, len);
        wire[at[i]] ^= 0x80;
        assert_int_equal(cert_root_read(&root, wire, len), -EINVAL);
    }
    assert_int_equal(cert_root_read(&root, good, len - 1), -EINVAL);
    assert_int_equal(cert_root_read(&root, good, 10), -EINVAL);
    assert_int_equal(cert_root_read(&root, NULL, 0), -EINVAL);
    memcpy(wire, good, len);
    wire[0x40 + 512 + 511] = 0; /* modulus of fewer bits than said */
    assert_int_equal(cert_root_read(&root, wire, len), -EINVAL);
}

static void the_models_roots(void **state)
{
    (void)state;
    static const uint8_t salt[48] = {1, 2, 3};
    struct cert_root ark, ask, amd;
    struct crypto_p384_key key = key_of("pdh_d");
    struct cert cek;
    root_ark(&ark);
    root_ask(&ask);
    assert_int_equal(cert_root_verify(&ark, &ark), 0);
    assert_int_equal(cert_root_verify(&ask, &ark), 0);
    assert_true(root_is_model(&ark) && root_is_model(&ask));
    assert_memory_equal(ark.key_id, "SEV-ON-BOCHS ARK", 16);

    cert_init(&cek, CERT_USAGE_CEK, &key.pub);
    assert_int_equal(cert_verify_by_root(&cek, &ask), -EBADMSG);
    assert_int_equal(root_sign_cek(&cek, 0, salt), 0);
    assert_int_equal(cert_verify_by_root(&cek, &ask), 0);
    assert_int_equal(cert_verify_by_root(&cek, &ark), -EBADMSG);
    load_root("rome_ask", &amd);
    assert_int_equal(cert_verify_by_root(&cek, &amd), -EBADMSG);
    struct cert same = cek;
    assert_int_equal(root_sign_cek(&same, 0, salt), 0);
    assert_memory_equal(&same, &cek, sizeof(cek));
    cek.api_major = 1;
    assert_int_equal(cert_verify_by_root(&cek, &ask), -EBADMSG);
}

static void signatures_elsewhere(void **state)
{
    (void)state;
    struct crypto_p384_signature sig, back;
    uint8_t wire[CERT_EC_SIG_SIZE];
    memset(&sig, 0, sizeof(sig));
    sig.r[47] = 0x12;
    sig.s[0] = 0x34;
    cert_ec_sig_write(&sig, wire);
    assert_int_equal(wire[0], 0x12);
    assert_int_equal(wire[72 + 47], 0x34);
    assert_int_equal(cert_ec_sig_read(&back, wire), 0);
    assert_memory_equal(&back, &sig, sizeof(sig));
    wire[48] = 1;
    assert_int_equal(cert_ec_sig_read(&back, wire), -EINVAL);
    wire[48] = 0;
    wire[143] = 1;
    assert_int_equal(cert_ec_sig_read(&back, wire), -EINVAL);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(cert_usage_name(CERT_USAGE_PDH), "PDH");
    assert_string_equal(cert_usage_name(77), "?");
    assert_string_equal(cert_algo_name(CERT_ALGO_ECDH_SHA384), "ECDH-SHA384");
    assert_string_equal(cert_algo_name(77), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_pythons_chain),
        cmocka_unit_test(verifies_rsa_owners),
        cmocka_unit_test(owners_certificates),
        cmocka_unit_test(a_changed_certificate_is_refused),
        cmocka_unit_test(malformed),
        cmocka_unit_test(hostile_rsa_keys),
        cmocka_unit_test(builds_and_signs),
        cmocka_unit_test(verifies_amds_roots),
        cmocka_unit_test(an_ark_without_signature),
        cmocka_unit_test(malformed_roots),
        cmocka_unit_test(the_models_roots),
        cmocka_unit_test(signatures_elsewhere),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("cert", tests, setup, NULL);
}
