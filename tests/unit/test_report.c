/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/report against a report that python3-cryptography signed.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "protocol/report.h"
#include "vectors.h"

static struct report report;
static struct cert pek;
static uint8_t wire[REPORT_SIZE];

static int setup(void **state)
{
    (void)state;
    uint8_t cert[CERT_SIZE];
    vector_exact("pki.txt", "report", wire, sizeof(wire));
    vector_exact("pki.txt", "cert_pek", cert, sizeof(cert));
    return crypto_init() || cert_read(&pek, cert) || report_read(&report, wire) ? -1 : 0;
}

static void fields(void **state)
{
    (void)state;
    uint8_t again[REPORT_SIZE];
    assert_int_equal(report.mnonce[15], 15);
    assert_int_equal(report.launch_digest[0], 32);
    assert_int_equal(report.policy, 0x00010203);
    report_write(&report, again);
    assert_memory_equal(again, wire, sizeof(wire));
}

static void verifies(void **state)
{
    (void)state;
    assert_int_equal(report_verify(&report, &pek), 0);
}

static void any_change_is_refused(void **state)
{
    (void)state;
    for (unsigned at = 0; at < REPORT_SIZE; at++) {
        struct report changed;
        uint8_t bad[REPORT_SIZE];
        memcpy(bad, wire, sizeof(bad));
        bad[at] ^= 0x20;
        int err = report_read(&changed, bad);
        if (!err)
            err = report_verify(&changed, &pek);
        assert_int_equal(err, at >= 0x3c && at < 0x40 ? -EINVAL : -EBADMSG);
    }
}

static void only_a_pek_verifies(void **state)
{
    (void)state;
    uint8_t cert[CERT_SIZE];
    struct cert oca, rsa;
    vector_exact("pki.txt", "cert_oca", cert, sizeof(cert));
    assert_int_equal(cert_read(&oca, cert), 0);
    assert_int_equal(report_verify(&report, &oca), -EINVAL);
    oca.usage = CERT_USAGE_PEK; /* a PEK, but another one */
    assert_int_equal(report_verify(&report, &oca), -EBADMSG);
    vector_exact("pki.txt", "cert_rsa2", cert, sizeof(cert));
    assert_int_equal(cert_read(&rsa, cert), 0);
    rsa.usage = CERT_USAGE_PEK;
    assert_int_equal(report_verify(&report, &rsa), -EINVAL);
}

static void signs(void **state)
{
    (void)state;
    struct crypto_p384_key key = {.d = {[47] = 42}};
    struct report mine = report;
    struct cert cert;
    assert_int_equal(crypto_p384_from_private(&key), 0);
    cert_init(&cert, CERT_USAGE_PEK, &key.pub);
    assert_int_equal(report_verify(&mine, &cert), -EBADMSG);
    mine.sig_usage = mine.sig_algo = 0;
    assert_int_equal(report_sign(&mine, &key), 0);
    assert_int_equal(report_verify(&mine, &cert), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(verifies),
        cmocka_unit_test(any_change_is_refused),
        cmocka_unit_test(only_a_pek_verifies),
        cmocka_unit_test(signs),
    };
    return cmocka_run_group_tests_name("report", tests, setup, NULL);
}
