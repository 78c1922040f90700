/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/der, tcb and x509. AMD's own certificates are written again from their
 * fields: what is signed must be the same bytes. What the model's certificates are to other programs is
 * tested in tests/interop/kds.tap.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "protocol/der.h"
#include "protocol/x509.h"
#include "vectors.h"

static int setup(void **state)
{
    (void)state;
    return crypto_init();
}

/* --- AMD's certificates ---------------------------------------------------------------------- */

enum { TBS = 4 }; /* the signed part is after the header of the whole */

struct real {
    const char *name;
    enum x509_kind kind;
    enum tcb_model model;
    uint64_t serial;
    int64_t not_before;
    const char *ark; /* of an ASK or ASVK */
    struct tcb tcb;
};

/* The dates as `date -d '2020-10-22 17:23:05 UTC' +%s` gives them for what `openssl x509 -dates`
 * prints. */
static const struct real real[] = {
    {"ark_milan", X509_ARK, TCB_MILAN, 0x10000, 1603387385, NULL, {0}},
    {"ask_milan", X509_ASK, TCB_MILAN, 0x10001, 1603391060, "ark_milan", {0}},
    {"asvk_milan", X509_ASVK, TCB_MILAN, 0x10101, 1668638724, "ark_milan", {0}},
    {"ark_genoa", X509_ARK, TCB_GENOA, 0x20000, 1643211277, NULL, {0}},
    {"ask_genoa", X509_ASK, TCB_GENOA, 0x20002, 1667223228, "ark_genoa", {0}},
    {"asvk_genoa", X509_ASVK, TCB_GENOA, 0x20101, 1668804514, "ark_genoa", {0}},
    {"ark_turin", X509_ARK, TCB_TURIN, 0x30000, 1684180992, NULL, {0}},
    {"ask_turin", X509_ASK, TCB_TURIN, 0x30001, 1684182321, "ark_turin", {0}},
    {"asvk_turin", X509_ASVK, TCB_TURIN, 0x30101, 1684184981, "ark_turin", {0}},
    {"vcek_milan_go", X509_VCEK, TCB_MILAN, 0, 1663980928, NULL, {0, 2, 0, 5, 0x44}},
    {"vcek_milan", X509_VCEK, TCB_MILAN, 0, 1680549823, NULL, {0, 3, 0, 8, 0x73}},
    {"vcek_turin", X509_VCEK, TCB_TURIN, 0, 1730927640, NULL, {0, 0, 0, 0, 9}},
};
enum { REAL = sizeof(real) / sizeof(real[0]) };

/* The place of some bytes, which must be there. */
static const uint8_t *find(const uint8_t *in, size_t len, const void *what, size_t what_len)
{
    const uint8_t *at = memmem(in, len, what, what_len);

    assert_non_null(at);
    return at;
}

static const uint8_t *modulus(const char *name)
{
    static uint8_t n[2][X509_RSA_SIZE];
    static unsigned turn;
    static const uint8_t header[] = {0x02, 0x82, 0x02, 0x01, 0x00}; /* INTEGER of 513 bytes */
    uint8_t der[X509_MAX];
    size_t len = vector_get("amd_x509.txt", name, der, sizeof(der));

    turn = !turn;
    memcpy(n[turn], find(der, len, header, sizeof(header)) + sizeof(header), X509_RSA_SIZE);
    return n[turn];
}

static void amds_certificates_written_again(void **state)
{
    static const uint8_t point[] = {0x03, 0x62, 0x00, 0x04}; /* BIT STRING, uncompressed */
    static const uint8_t hwid[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01, 0x04, 0x04};
    uint8_t der[X509_MAX], tbs[X509_MAX];

    (void)state;
    for (unsigned i = 0; i < REAL; i++) {
        const struct real *r = &real[i];
        size_t len = vector_get("amd_x509.txt", r->name, der, sizeof(der)), written;
        struct x509_cert cert = {.kind = r->kind,
                                 .model = r->model,
                                 .serial = r->serial,
                                 .not_before = r->not_before,
                                 .tcb = r->tcb};

        if (r->kind == X509_VCEK) {
            memcpy(&cert.pub, find(der, len, point, sizeof(point)) + sizeof(point), 96);
            memcpy(cert.chip_id, find(der, len, hwid, sizeof(hwid)) + sizeof(hwid) + 1,
                   tcb_chip_id_size(r->model));
        } else {
            cert.n = modulus(r->name);
            cert.issuer = r->ark ? modulus(r->ark) : NULL;
        }
        written = x509_tbs(&cert, tbs);
        assert_true(written > 0 && written + TBS < len);
        if (memcmp(tbs, der + TBS, written) != 0)
            fail_msg("%s: the signed part differs", r->name);
        assert_int_equal(der[TBS + written], DER_SEQUENCE);
    }
}

/* --- limits ---------------------------------------------------------------------------------- */

static struct x509_cert vlek(const char *csp_id)
{
    return (struct x509_cert){.kind = X509_VLEK, .not_before = 1767225600, .csp_id = csp_id};
}

static void what_cannot_be_written(void **state)
{
    char longest[X509_CSP_ID_MAX + 2];
    uint8_t tbs[X509_MAX];
    struct x509_cert cert;

    (void)state;
    memset(longest, 'a', sizeof(longest));
    longest[X509_CSP_ID_MAX + 1] = '\0';
    cert = vlek(longest);
    assert_int_equal(x509_tbs(&cert, tbs), 0);
    longest[X509_CSP_ID_MAX] = '\0';
    assert_true(x509_tbs(&cert, tbs) > 0);
    cert = vlek("");
    assert_int_equal(x509_tbs(&cert, tbs), 0);
    cert = vlek("line\nbreak");
    assert_int_equal(x509_tbs(&cert, tbs), 0);
    cert = vlek(NULL);
    assert_int_equal(x509_tbs(&cert, tbs), 0);
    cert = vlek("cloud");
    cert.not_before = INT64_MAX;
    assert_int_equal(x509_tbs(&cert, tbs), 0);
    cert.not_before = 253402300799; /* the end of the year 9999: seven years more do not fit */
    assert_int_equal(x509_tbs(&cert, tbs), 0);
    cert.not_before = -631152001; /* 1949 */
    assert_int_equal(x509_tbs(&cert, tbs), 0);
}

static void lengths_and_numbers(void **state)
{
    static const uint8_t want[] = {0x30, 0x81, 0x90, 0x02, 0x01, 0x00, 0x02, 0x01, 0x7f, 0x02,
                                   0x02, 0x00, 0x80, 0x02, 0x03, 0x01, 0x00, 0x01, 0x04, 0x7f};
    uint8_t data[256], zeros[127] = {0};
    struct der d = der_writer(data, sizeof(data)), full = der_writer(data, 4);
    size_t all = der_begin(&d);

    (void)state;
    der_number(&d, 0);
    der_number(&d, 127);
    der_number(&d, 128);
    der_number(&d, 65537);
    der_put(&d, DER_OCTET_STRING, zeros, sizeof(zeros));
    der_end(&d, all, DER_SEQUENCE);
    assert_true(der_ok(&d));
    assert_memory_equal(data, want, sizeof(want));
    assert_int_equal(d.len, 3 + 0x90);

    der_put(&full, DER_OCTET_STRING, zeros, 3);
    assert_false(der_ok(&full));
    der_put(&full, DER_NULL, NULL, 0);
    assert_false(der_ok(&full));
}

/* --- TCB ------------------------------------------------------------------------------------- */

static void tcb_of_each_line(void **state)
{
    const struct tcb tcb = {1, 2, 3, 4, 5};
    enum tcb_model model;
    struct tcb got;

    (void)state;
    /* virtee/sev TcbVersion: bytes 0, 1, 6, 7; Turin: 0, 1, 2, 3, 7. */
    assert_true(tcb_pack(TCB_MILAN, &tcb) == 0x0504000000000302);
    assert_true(tcb_pack(TCB_GENOA, &tcb) == 0x0504000000000302);
    assert_true(tcb_pack(TCB_TURIN, &tcb) == 0x0500000004030201);
    assert_true(tcb_unpack(TCB_TURIN, 0x0500000004030201, &got));
    assert_memory_equal(&got, &tcb, sizeof(tcb));
    assert_true(tcb_unpack(TCB_MILAN, 0x0504000000000302, &got));
    assert_int_equal(got.fmc, 0);
    assert_int_equal(got.snp, 4);
    assert_false(tcb_unpack(TCB_MILAN, 0x0504000000010302, &got));
    assert_false(tcb_unpack(TCB_TURIN, 0x0500000104030201, &got));
    assert_true(tcb_at_most(&tcb, &tcb));
    got = tcb;
    got.tee = 2;
    assert_true(tcb_at_most(&got, &tcb));
    assert_false(tcb_at_most(&tcb, &got));
    assert_true(tcb_model_parse("Turin", &model) && model == TCB_TURIN);
    assert_false(tcb_model_parse("turin", &model));
    assert_false(tcb_model_parse("", &model));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(amds_certificates_written_again),
        cmocka_unit_test(what_cannot_be_written),
        cmocka_unit_test(lengths_and_numbers),
        cmocka_unit_test(tcb_of_each_line),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("x509", tests, setup, NULL);
}
