/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attestation reports of SEV-SNP and the keys that sign them, against reports and keys that
 * python3-cryptography made (tests/vectors/snp_key.txt).
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "protocol/snp_key.h"
#include "protocol/snp_report.h"
#include "vectors.h"

#define VECTORS "snp_key.txt"
#define TCB     0xdb18000000000004u

static struct snp_chip chip;
static struct crypto_p384_key vcek;

static const char *const reports[] = {"report_2", "report_3", "report_4", "report_5"};

static int setup(void **state)
{
    struct crypto_p384_key cek;
    uint8_t id[SNP_CHIP_ID_SIZE];

    (void)state;
    for (unsigned i = 0; i < sizeof(id); i++)
        id[i] = (uint8_t)i;
    vector_exact(VECTORS, "cek", cek.d, sizeof(cek.d));
    return crypto_init() || snp_chip_init(&chip, TCB_MILAN, id, &cek) ||
           snp_key_vcek(&chip, TCB, &vcek);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void keys(void **state)
{
    struct crypto_p384_key vlek;
    struct crypto_p384_public want;

    (void)state;
    vector_exact(VECTORS, "vcek", &want, sizeof(want));
    assert_memory_equal(&vcek.pub, &want, sizeof(want));
    vector_exact(VECTORS, "vlek", &want, sizeof(want));
    assert_int_equal(snp_key_vlek(TCB_MILAN, TCB, "csp", &vlek), 0);
    assert_memory_equal(&vlek.pub, &want, sizeof(want));
}

static void another_tcb_or_chip_has_another_key(void **state)
{
    struct snp_chip other = chip;
    struct crypto_p384_key key;

    (void)state;
    assert_int_equal(snp_key_vcek(&chip, TCB + 1, &key), 0);
    assert_memory_not_equal(&key, &vcek, sizeof(key));
    other.model = TCB_GENOA;
    assert_int_equal(snp_key_vcek(&other, TCB, &key), 0);
    assert_memory_not_equal(&key, &vcek, sizeof(key));
    other = chip;
    other.id[63] ^= 1;
    assert_int_equal(snp_chip_init(&other, TCB_MILAN, other.id, &vcek), 0);
    assert_int_equal(snp_key_vcek(&other, TCB, &key), 0);
    assert_memory_not_equal(&key, &vcek, sizeof(key));
    /* The VCEK does not depend on the secret of the chip, which a key distribution service does not have. */
    assert_int_equal(snp_chip_init(&other, TCB_MILAN, chip.id, &vcek), 0);
    assert_memory_not_equal(other.secret, chip.secret, sizeof(chip.secret));
    assert_int_equal(snp_key_vcek(&other, TCB, &key), 0);
    assert_memory_equal(&key, &vcek, sizeof(key));
    assert_int_equal(snp_key_vlek(TCB_MILAN, TCB,
                                  "csp-with-more-than-64-characters-"
                                  "0123456789012345678901234567890123",
                                  &key),
                     -EINVAL);
}

static void wrapped_vlek(void **state)
{
    uint8_t wrapped[SNP_VLEK_SIZE], want[SNP_VLEK_SIZE], iv[SNP_VLEK_IV_SIZE];
    struct crypto_p384_key vlek, key;
    uint64_t tcb = 0;

    (void)state;
    for (unsigned i = 0; i < sizeof(iv); i++)
        iv[i] = (uint8_t)i;
    vector_exact(VECTORS, "vlek_wrapped", want, sizeof(want));
    assert_int_equal(snp_key_vlek(TCB_MILAN, TCB, "csp", &vlek), 0);
    assert_int_equal(snp_vlek_wrap(&chip, iv, TCB, &vlek, wrapped), 0);
    assert_memory_equal(wrapped, want, sizeof(want));
    assert_int_equal(snp_vlek_unwrap(&chip, wrapped, &tcb, &key), 0);
    assert_true(tcb == TCB);
    assert_memory_equal(&key, &vlek, sizeof(key));
}

static void changed_vlek_is_refused(void **state)
{
    uint8_t wrapped[SNP_VLEK_SIZE];
    struct snp_chip other = chip;
    struct crypto_p384_key key;
    uint64_t tcb;

    (void)state;
    vector_exact(VECTORS, "vlek_wrapped", wrapped, sizeof(wrapped));
    for (unsigned at = 0; at < sizeof(wrapped); at++) {
        bool reserved = (at >= 0xc && at < 0x10) || (at >= 0x198 && at < 0x1a0);

        wrapped[at] ^= 0x10;
        assert_int_equal(snp_vlek_unwrap(&chip, wrapped, &tcb, &key),
                         reserved ? -EINVAL : -EBADMSG);
        wrapped[at] ^= 0x10;
    }
    other.secret[0] ^= 1;
    assert_int_equal(snp_vlek_unwrap(&other, wrapped, &tcb, &key), -EBADMSG);
}

static void key_of_a_guest(void **state)
{
    struct snp_mix mix = {.root = SNP_ROOT_VCEK,
                          .select = SNP_MIX_POLICY | SNP_MIX_GUEST_SVN | SNP_MIX_TCB,
                          .vmpl = 2,
                          .policy = 0x30000,
                          .guest_svn = 7,
                          .tcb = TCB,
                          .measurement = {1}};
    uint8_t want[SNP_GUEST_KEY_SIZE], key[SNP_GUEST_KEY_SIZE];

    (void)state;
    vector_exact(VECTORS, "guest_key", want, sizeof(want));
    assert_int_equal(snp_key_derive(&mix, chip.secret, sizeof(chip.secret), key), 0);
    assert_memory_equal(key, want, sizeof(key));
}

/* --- reports --------------------------------------------------------------------------------- */

static void fields(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t wire[SNP_REPORT_SIZE], again[SNP_REPORT_SIZE];
        struct snp_report report;

        vector_exact(VECTORS, reports[i], wire, sizeof(wire));
        assert_null(snp_report_read(&report, wire));
        assert_int_equal(report.version, i + 2);
        assert_int_equal(report.guest_svn, 7);
        assert_true(report.policy == 0xb0000 && report.current_tcb == TCB);
        assert_true(report.reported_tcb == TCB + 1 && report.committed_tcb == TCB + 2);
        assert_true(report.launch_tcb == TCB + 3);
        assert_int_equal(report.vmpl, 3);
        assert_int_equal(report.platform_info, 0x25);
        assert_int_equal(report.key_info, 1);
        assert_int_equal(report.report_data[63], 63);
        assert_int_equal(report.chip_id[63], 127);
        assert_int_equal(report.current_minor, 55);
        assert_int_equal(report.committed_build, 20);
        assert_int_equal(report.cpuid_family, report.version >= 3 ? 0x19 : 0);
        assert_int_equal(report.current_mitigation, report.version >= 5 ? 0x2222 : 0);
        snp_report_write(&report, again);
        assert_memory_equal(again, wire, SNP_REPORT_SIGNED_SIZE);
    }
}

/* A version leaves out what a later one brought, whatever its value. */
static void later_fields_are_left_out(void **state)
{
    uint8_t wire[SNP_REPORT_SIZE], old[SNP_REPORT_SIZE];
    struct snp_report report;

    (void)state;
    vector_exact(VECTORS, "report_5", wire, sizeof(wire));
    assert_null(snp_report_read(&report, wire));
    report.version = 2;
    snp_report_write(&report, wire);
    vector_exact(VECTORS, "report_2", old, sizeof(old));
    assert_memory_equal(wire, old, SNP_REPORT_SIGNED_SIZE);
}

static void verified(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t wire[SNP_REPORT_SIZE];

        vector_exact(VECTORS, reports[i], wire, sizeof(wire));
        assert_int_equal(snp_report_verify(wire, &vcek.pub), 0);
        memset(wire + SNP_REPORT_SIGNED_SIZE, 0, SNP_REPORT_SIZE - SNP_REPORT_SIGNED_SIZE);
        assert_int_equal(snp_report_verify(wire, &vcek.pub), -EBADMSG);
        assert_int_equal(snp_report_sign(wire, &vcek), 0);
        assert_int_equal(snp_report_verify(wire, &vcek.pub), 0);
    }
}

/* Every byte is signed, is the signature, or is reserved. */
static void any_change_is_refused(void **state)
{
    uint8_t wire[SNP_REPORT_SIZE];
    struct snp_report report;

    (void)state;
    vector_exact(VECTORS, "report_3", wire, sizeof(wire));
    for (unsigned at = 0; at < sizeof(wire); at++) {
        wire[at] ^= 0x20;
        if (at < 0x330)
            assert_int_equal(snp_report_verify(wire, &vcek.pub), -EBADMSG);
        else
            assert_string_equal(snp_report_read(&report, wire), "a reserved byte is not zero");
        wire[at] ^= 0x20;
    }
}

static void reserved_bytes_and_versions(void **state)
{
    static const uint16_t reserved[] = {0x4c, 0x18b, 0x19f, 0x1eb, 0x1ef, 0x208, 0x29f, 0x330};
    uint8_t wire[SNP_REPORT_SIZE];
    struct snp_report report;

    (void)state;
    vector_exact(VECTORS, "report_5", wire, sizeof(wire));
    for (unsigned i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        wire[reserved[i]] = 1;
        assert_string_equal(snp_report_read(&report, wire), "a reserved byte is not zero");
        wire[reserved[i]] = 0;
    }
    wire[0] = 4; /* what version 5 brought is reserved */
    assert_string_equal(snp_report_read(&report, wire), "a reserved byte is not zero");
    wire[0] = 6;
    assert_string_equal(snp_report_read(&report, wire), "its version is none of 2 to 5");
    wire[0] = 1;
    assert_string_equal(snp_report_read(&report, wire), "its version is none of 2 to 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(another_tcb_or_chip_has_another_key),
        cmocka_unit_test(wrapped_vlek),
        cmocka_unit_test(changed_vlek_is_refused),
        cmocka_unit_test(key_of_a_guest),
        cmocka_unit_test(fields),
        cmocka_unit_test(later_fields_are_left_out),
        cmocka_unit_test(verified),
        cmocka_unit_test(any_change_is_refused),
        cmocka_unit_test(reserved_bytes_and_versions),
    };
    return cmocka_run_group_tests_name("snp_report", tests, setup, NULL);
}
