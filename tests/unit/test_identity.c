/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/identity: the chain that a chip makes and what the PKI commands do to it.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "counter_random.h"
#include "identity.h"
#include "nv.h"
#include "protocol/root.h"

static struct counter_random source;
static const struct identity_random entropy = {counter_random_fill, &source};
static struct identity chip; /* a new one, which nobody has asked for its certificates */

static int setup(void **state)
{
    (void)state;
    if (crypto_init())
        return -1;
    source = (struct counter_random){.state = 1};
    return identity_create(&chip, &entropy, 0, 24);
}

/* What it exports. */
static void assert_chain(const struct identity *id)
{
    struct identity copy = *id;
    uint8_t wire[CERT_CHAIN_SIZE];
    struct cert pek, oca, cek;
    struct cert_root ask;
    root_ask(&ask);
    assert_int_equal(identity_chain(&copy, wire), 0);
    assert_int_equal(cert_read(&pek, wire), 0);
    assert_int_equal(cert_read(&oca, wire + CERT_SIZE), 0);
    assert_int_equal(cert_read(&cek, wire + 2 * CERT_SIZE), 0);
    assert_int_equal(cert_verify(&oca, &oca), 0);
    assert_int_equal(cert_verify(&pek, &oca), 0);
    assert_int_equal(cert_verify(&pek, &cek), 0);
    assert_int_equal(cert_verify(&id->pdh_cert, &pek), 0);
    assert_int_equal(cert_verify_by_root(&cek, &ask), 0);
}

static void assert_key(const struct crypto_p384_key *key, const struct cert *cert, unsigned usage)
{
    struct crypto_p384_public pub;
    assert_int_equal(cert->usage, usage);
    assert_int_equal(cert_public(cert, &pub), 0);
    assert_memory_equal(&pub, &key->pub, sizeof(pub));
}

static void a_new_chip(void **state)
{
    (void)state;
    assert_false(chip.owned);
    assert_chain(&chip);
    assert_key(&chip.cek, &chip.cek_cert, CERT_USAGE_CEK);
    assert_key(&chip.oca, &chip.oca_cert, CERT_USAGE_OCA);
    assert_key(&chip.pek, &chip.pek_cert, CERT_USAGE_PEK);
    assert_key(&chip.pdh, &chip.pdh_cert, CERT_USAGE_PDH);

    struct identity id = chip;
    uint8_t wire[CERT_CHAIN_SIZE];
    struct cert cert;
    static const unsigned usage[] = {CERT_USAGE_PEK, CERT_USAGE_OCA, CERT_USAGE_CEK};
    assert_int_equal(identity_chain(&id, wire), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(cert_read(&cert, wire + i * CERT_SIZE), 0);
        assert_int_equal(cert.usage, usage[i]);
    }
}

static void assert_api(const struct cert *cert, uint8_t major, uint8_t minor)
{
    assert_int_equal(cert->api_major, major);
    assert_int_equal(cert->api_minor, minor);
}

/* As the certificates of two real chips: virtee/sev tests/naples (firmware 0.16) and tests/rome
 * (firmware 0.22). PEK, OCA and PDH have the firmware's version. Both CEKs have 0.14. */
static void api_versions_of_the_certificates(void **state)
{
    (void)state;
    struct identity id = chip;
    struct cert csr;
    assert_api(&id.cek_cert, 0, 14);
    assert_api(&id.oca_cert, 0, 24);
    assert_api(&id.pek_cert, 0, 24);
    assert_api(&id.pdh_cert, 0, 24);
    assert_int_equal(identity_new_pek(&id, &entropy, 1, 49), 0);
    assert_api(&id.cek_cert, 0, 14);
    assert_api(&id.oca_cert, 1, 49);
    assert_api(&id.pek_cert, 1, 49);
    assert_api(&id.pdh_cert, 1, 49);
    assert_int_equal(identity_new_pdh(&id, &entropy), 0);
    assert_api(&id.pdh_cert, 1, 49);
    identity_csr(&id, &csr);
    assert_api(&csr, 1, 49);
}

static void the_same_seed_gives_the_same_chip(void **state)
{
    (void)state;
    struct identity again, other;
    source = (struct counter_random){.state = 1};
    assert_int_equal(identity_create(&again, &entropy, 0, 24), 0);
    assert_memory_equal(&again, &chip, sizeof(chip));
    source = (struct counter_random){.state = 2};
    assert_int_equal(identity_create(&other, &entropy, 0, 24), 0);
    assert_memory_not_equal(other.chip_id, chip.chip_id, sizeof(chip.chip_id));
    assert_memory_not_equal(&other.cek, &chip.cek, sizeof(chip.cek));
}

/* Id, then key and salt of the CEK, then OCA, PEK and PDH: whoever gave a seed sees it. */
static void the_order_of_random_bytes(void **state)
{
    (void)state;
    struct identity made;
    struct crypto_p384_key key;
    uint8_t chip_id[64], seed[CRYPTO_P384_SEED_SIZE], salt[48];
    struct counter_random same = {.state = 1};
    source = (struct counter_random){.state = 1};
    assert_int_equal(identity_create(&made, &entropy, 0, 24), 0);
    assert_int_equal(source.calls, 6);

    assert_int_equal(counter_random_fill(&same, chip_id, sizeof(chip_id)), 0);
    assert_memory_equal(made.chip_id, chip_id, sizeof(chip_id));
    assert_int_equal(counter_random_fill(&same, seed, sizeof(seed)), 0);
    assert_int_equal(crypto_p384_from_seed(seed, &key), 0);
    assert_memory_equal(&made.cek, &key, sizeof(key));
    assert_int_equal(counter_random_fill(&same, salt, sizeof(salt)), 0);
    assert_memory_equal(made.cek_salt, salt, sizeof(salt));
    const struct crypto_p384_key *later[] = {&made.oca, &made.pek, &made.pdh};
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(counter_random_fill(&same, seed, sizeof(seed)), 0);
        assert_int_equal(crypto_p384_from_seed(seed, &key), 0);
        assert_memory_equal(later[i], &key, sizeof(key));
    }
}

static void sealed_once_and_always_the_same(void **state)
{
    (void)state;
    static const uint8_t zeros[48];
    struct identity one = chip, two = chip, cek_unsigned;
    struct cert_root ask;
    root_ask(&ask);
    assert_true(chip.cek_unsigned);
    assert_int_equal(chip.cek_cert.sig[0].usage, CERT_USAGE_INVALID);
    assert_int_equal(chip.cek_cert.sig[1].usage, CERT_USAGE_INVALID);
    assert_int_equal(cert_verify_by_root(&chip.cek_cert, &ask), -EBADMSG);

    assert_int_equal(identity_sign_cek(&one), 0);
    assert_false(one.cek_unsigned);
    assert_memory_equal(one.cek_salt, zeros, sizeof(zeros));
    assert_int_equal(cert_verify_by_root(&one.cek_cert, &ask), 0);
    assert_int_equal(identity_sign_cek(&two), 0); /* by itself: the same bytes */
    assert_memory_equal(&two, &one, sizeof(one));
    assert_int_equal(identity_sign_cek(&two), 0); /* again: nothing */
    assert_memory_equal(&two, &one, sizeof(one));

    cek_unsigned = one; /* that signature is all that came */
    cek_unsigned.cek_cert.sig[0] = chip.cek_cert.sig[0];
    cek_unsigned.cek_unsigned = true;
    memcpy(cek_unsigned.cek_salt, chip.cek_salt, sizeof(chip.cek_salt));
    assert_memory_equal(&cek_unsigned, &chip, sizeof(chip));
}

static void export_and_storage_agree(void **state)
{
    (void)state;
    struct identity exported = chip, sealed = chip, stored;
    uint8_t first[CERT_CHAIN_SIZE], again[CERT_CHAIN_SIZE], nv[NV_SIZE], nv_again[NV_SIZE];
    assert_int_equal(identity_sign_cek(&sealed), 0);
    assert_int_equal(identity_chain(&exported, first), 0);
    assert_memory_equal(&exported, &sealed, sizeof(sealed));
    assert_int_equal(identity_chain(&exported, again), 0);
    assert_memory_equal(again, first, sizeof(first));

    assert_int_equal(nv_encode(&chip, nv), 0);
    assert_true(chip.cek_unsigned);
    assert_int_equal(nv_encode(&sealed, nv_again), 0);
    assert_memory_equal(nv_again, nv, sizeof(nv));
    assert_int_equal(nv_decode(&stored, nv, sizeof(nv), NULL), 0);
    assert_memory_equal(&stored, &sealed, sizeof(sealed));
    assert_int_equal(identity_chain(&stored, again), 0);
    assert_memory_equal(again, first, sizeof(first));
}

/* A chip that was stored without a signature, as one of another make, gets none from us. */
static void a_stored_chip_stays_as_it_is(void **state)
{
    (void)state;
    struct identity id = chip;
    uint8_t wire[CERT_CHAIN_SIZE], nv[NV_SIZE], cek[CERT_SIZE];
    id.cek_unsigned = false;
    cert_write(&chip.cek_cert, cek);
    assert_int_equal(nv_encode(&id, nv), 0);
    assert_int_equal(nv_decode(&id, nv, sizeof(nv), NULL), 0);
    assert_int_equal(identity_chain(&id, wire), 0);
    assert_memory_equal(wire + 2 * CERT_SIZE, cek, CERT_SIZE);
}

static void new_keys(void **state)
{
    (void)state;
    struct identity id = chip;
    assert_int_equal(identity_new_pdh(&id, &entropy), 0);
    assert_memory_not_equal(&id.pdh, &chip.pdh, sizeof(id.pdh));
    assert_memory_equal(&id.pek, &chip.pek, sizeof(id.pek));
    assert_chain(&id);

    id.owned = true;
    assert_int_equal(identity_new_pek(&id, &entropy, 1, 55), 0);
    assert_false(id.owned);
    assert_memory_not_equal(&id.pek, &chip.pek, sizeof(id.pek));
    assert_memory_not_equal(&id.oca, &chip.oca, sizeof(id.oca));
    assert_memory_equal(&id.cek, &chip.cek, sizeof(id.cek));
    assert_memory_equal(id.chip_id, chip.chip_id, sizeof(id.chip_id));
    assert_int_equal(id.pek_cert.api_minor, 55);
    assert_chain(&id);
}

/* An owner's key and certificate, and the CSR signed with it into `slot`. */
static void own(const struct identity *id, unsigned slot, uint8_t pek[CERT_SIZE],
                uint8_t oca[CERT_SIZE])
{
    struct crypto_p384_key key = {.d = {[47] = 9}};
    struct cert csr, owner;
    assert_int_equal(crypto_p384_from_private(&key), 0);
    cert_init(&owner, CERT_USAGE_OCA, &key.pub);
    assert_int_equal(cert_sign(&owner, 0, CERT_USAGE_OCA, &key), 0);
    cert_write(&owner, oca);
    identity_csr(id, &csr);
    assert_int_equal(csr.sig[0].usage, CERT_USAGE_INVALID);
    assert_int_equal(cert_sign(&csr, slot, CERT_USAGE_OCA, &key), 0);
    cert_write(&csr, pek);
}

static void an_owner_takes_the_platform(void **state)
{
    (void)state;
    static const uint8_t zeros[48];
    uint8_t pek[CERT_SIZE], oca[CERT_SIZE];
    for (unsigned slot = 0; slot < 2; slot++) {
        struct identity id = chip;
        own(&id, slot, pek, oca);
        assert_int_equal(identity_import(&id, &entropy, pek, oca), 0);
        assert_true(id.owned);
        assert_memory_equal(id.oca.d, zeros, sizeof(zeros));
        assert_memory_equal(&id.pek, &chip.pek, sizeof(id.pek));
        /* AMDESE/sev-tool src/tests.cpp test_pek_cert_import(): the PDH is new too. */
        assert_memory_not_equal(&id.pdh, &chip.pdh, sizeof(id.pdh));
        assert_chain(&id);
    }
}

static void assert_refused(const uint8_t *pek, const uint8_t *oca, int want)
{
    struct identity id = chip;
    assert_int_equal(identity_import(&id, &entropy, pek, oca), want);
    assert_memory_equal(&id, &chip, sizeof(id));
}

static void what_an_owner_may_not_import(void **state)
{
    (void)state;
    struct identity other = chip;
    uint8_t pek[CERT_SIZE], oca[CERT_SIZE], bad[CERT_SIZE];
    own(&chip, 0, pek, oca);

    memcpy(bad, pek, sizeof(bad));
    bad[0] = 9;
    assert_refused(bad, oca, -EINVAL); /* no certificate */
    memcpy(bad, oca, sizeof(bad));
    bad[0] = 9;
    assert_refused(pek, bad, -EINVAL);
    assert_refused(pek, pek, -EINVAL); /* no OCA */
    assert_refused(oca, oca, -EINVAL); /* no PEK */
    memcpy(bad, pek, sizeof(bad));
    bad[4] ^= 1;
    assert_refused(bad, oca, -EINVAL); /* not what the CSR said */

    memcpy(bad, pek, sizeof(bad));
    bad[0x41c] ^= 1;
    assert_refused(bad, oca, -EBADMSG); /* not signed by the OCA */
    memcpy(bad, oca, sizeof(bad));
    bad[0x41c] ^= 1;
    assert_refused(pek, bad, -EBADMSG); /* OCA not self-signed */

    assert_int_equal(identity_new_pek(&other, &entropy, 0, 24), 0);
    own(&other, 0, pek, oca);
    assert_refused(pek, oca, -EINVAL); /* another chip's PEK */
}

static void no_random_bytes_no_change(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 3; at++) {
        struct identity id = chip;
        source = (struct counter_random){.state = 5, .fail_at = at};
        assert_int_equal(identity_new_pek(&id, &entropy, 0, 24), -EIO);
        assert_memory_equal(&id, &chip, sizeof(id));
    }
    for (unsigned at = 1; at <= 3; at++) {
        struct identity id = chip;
        source = (struct counter_random){.state = 5, .fail_at = at};
        assert_int_equal(identity_create(&id, &entropy, 0, 24), -EIO);
        assert_memory_equal(&id, &chip, sizeof(id));
    }
    struct identity id = chip;
    source = (struct counter_random){.state = 5, .fail_at = 1};
    assert_int_equal(identity_new_pdh(&id, &entropy), -EIO);
    assert_memory_equal(&id, &chip, sizeof(id));
    uint8_t pek[CERT_SIZE], oca[CERT_SIZE];
    own(&chip, 0, pek, oca);
    source = (struct counter_random){.state = 5, .fail_at = 1};
    assert_int_equal(identity_import(&id, &entropy, pek, oca), -EIO);
    assert_memory_equal(&id, &chip, sizeof(id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_chip),
        cmocka_unit_test(api_versions_of_the_certificates),
        cmocka_unit_test(the_same_seed_gives_the_same_chip),
        cmocka_unit_test(the_order_of_random_bytes),
        cmocka_unit_test(sealed_once_and_always_the_same),
        cmocka_unit_test(export_and_storage_agree),
        cmocka_unit_test(a_stored_chip_stays_as_it_is),
        cmocka_unit_test(new_keys),
        cmocka_unit_test(an_owner_takes_the_platform),
        cmocka_unit_test(what_an_owner_may_not_import),
        cmocka_unit_test(no_random_bytes_no_change),
    };
    return cmocka_run_group_tests_name("identity", tests, setup, NULL);
}
