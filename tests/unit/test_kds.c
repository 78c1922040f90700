/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/kds and cert_table. Other programs read the same certificates in
 * tests/interop/kds.tap.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cert_table.h"
#include "protocol/kds.h"

static const struct tcb tcb = {1, 4, 0, 24, 219};
static const int64_t start = 1704067200; /* 2024-01-01 */
static uint8_t chip_id[SNP_CHIP_ID_SIZE];

static int setup(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(chip_id); i++)
        chip_id[i] = (uint8_t)(0xa0 + i);
    return crypto_init();
}

/* --- certificates ---------------------------------------------------------------------------- */

/* Of a Turin's id, eight bytes count. */
static void chip_id_of_turin(void **state)
{
    uint8_t first[X509_MAX], second[X509_MAX], id[SNP_CHIP_ID_SIZE];
    size_t len, again;

    (void)state;
    memcpy(id, chip_id, sizeof(id));
    memset(id + 8, 0, sizeof(id) - 8);
    assert_int_equal(kds_vcek(TCB_TURIN, &tcb, chip_id, start, first, &len), 0);
    assert_int_equal(kds_vcek(TCB_TURIN, &tcb, id, start, second, &again), 0);
    assert_int_equal(len, again);
    assert_memory_equal(first, second, len);
    id[7] ^= 1;
    assert_int_equal(kds_vcek(TCB_TURIN, &tcb, id, start, second, &again), 0);
    assert_memory_not_equal(first, second, len);
}

static void the_same_bytes_each_time(void **state)
{
    uint8_t first[X509_MAX], second[X509_MAX];
    size_t len, again;

    (void)state;
    assert_int_equal(kds_vcek(TCB_MILAN, &tcb, chip_id, start, first, &len), 0);
    assert_int_equal(kds_vcek(TCB_MILAN, &tcb, chip_id, start, second, &again), 0);
    assert_int_equal(len, again);
    assert_memory_equal(first, second, len);
    assert_int_equal(kds_vlek(TCB_MILAN, &tcb, "", start, first, &len), -EINVAL);
    assert_int_equal(kds_vcek(TCB_MILAN, &tcb, chip_id, INT64_MAX, first, &len), -EINVAL);
}

/* `date -u -d @N` names the days. */
static void when_certificates_begin(void **state)
{
    (void)state;
    assert_int_equal(kds_start(0), start);
    assert_int_equal(kds_start(INT64_MIN), start);
    assert_int_equal(kds_start(1704067199), start);
    assert_int_equal(kds_start(1796000000), start);      /* 2026-11-29 */
    assert_int_equal(kds_start(1830297599), start);      /* 2027-12-31 23:59:59 */
    assert_int_equal(kds_start(1830297600), 1830297600); /* 2028-01-01 */
    assert_int_equal(kds_start(1956527999), 1830297600); /* 2031-12-31 23:59:59 */
    assert_int_equal(kds_start(1956528000), 1956528000);
}

/* --- the table ------------------------------------------------------------------------------- */

static size_t model_table(uint8_t table[CERT_TABLE_MODEL_MAX], const char *csp_id)
{
    size_t len;

    assert_int_equal(cert_table_model(TCB_GENOA, &tcb, chip_id, csp_id, start, table,
                                      CERT_TABLE_MODEL_MAX, &len),
                     0);
    return len;
}

static void has(const uint8_t *table, size_t size, enum cert_table_kind kind, const uint8_t *cert,
                size_t cert_len)
{
    size_t len;
    const uint8_t *found = cert_table_find(table, size, kind, &len);

    assert_non_null(found);
    assert_int_equal(len, cert_len);
    assert_memory_equal(found, cert, len);
}

static void table_of_a_chip(void **state)
{
    uint8_t table[CERT_TABLE_MODEL_MAX], cert[X509_MAX];
    size_t size = model_table(table, NULL), len;

    (void)state;
    /* The first entry: the GUID of the ARK as its text reads, and where it begins. */
    assert_memory_equal(table,
                        "\xc0\xb4\x06\xa4\xa8\x03\x49\x52\x97\x43\x3f\xb6\x01\x4c\xd0\xae"
                        "\x60\x00\x00\x00",
                        20);
    assert_int_equal(kds_root(TCB_GENOA, ROOT_ARK, cert, &len), 0);
    has(table, size, CERT_TABLE_ARK, cert, len);
    assert_int_equal(kds_root(TCB_GENOA, ROOT_ASK, cert, &len), 0);
    has(table, size, CERT_TABLE_ASK, cert, len);
    assert_int_equal(kds_vcek(TCB_GENOA, &tcb, chip_id, start, cert, &len), 0);
    has(table, size, CERT_TABLE_VCEK, cert, len);
    assert_null(cert_table_find(table, size, CERT_TABLE_VLEK, &len));
    assert_int_equal(cert_table_model(TCB_GENOA, &tcb, chip_id, NULL, start, table, size - 1, &len),
                     -ENOSPC);

    size = model_table(table, "a cloud");
    assert_int_equal(kds_root(TCB_GENOA, ROOT_ASVK, cert, &len), 0);
    has(table, size, CERT_TABLE_ASK, cert, len);
    assert_int_equal(kds_vlek(TCB_GENOA, &tcb, "a cloud", start, cert, &len), 0);
    has(table, size, CERT_TABLE_VLEK, cert, len);
}

static void malformed_tables(void **state)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } changes[] = {
        {16, 0x5f}, /* begins in the entries */
        {19, 0xff}, /* begins outside */
        {21, 0xff}, /* ends outside */
        {23, 0xff}, /* so long that the sum of offset and length wraps */
        {72, 0x01}, /* the last entry is not zero */
    };
    uint8_t table[CERT_TABLE_MODEL_MAX], bad[CERT_TABLE_MODEL_MAX];
    size_t size = model_table(table, NULL), len;

    (void)state;
    for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        memcpy(bad, table, size);
        bad[changes[i].at] = changes[i].value;
        assert_false(cert_table_ok(bad, size));
        assert_null(cert_table_find(bad, size, CERT_TABLE_VCEK, &len));
    }
    assert_false(cert_table_ok(table, 95)); /* the entry of zeros is cut */
    assert_false(cert_table_ok(table, 0));
    assert_false(cert_table_ok(table, size - 1));
    assert_true(cert_table_ok(table, size));
    assert_true(cert_table_ok(table + 72, 24)); /* no entries */
}

/* Any bytes: what is found is inside. The copy has no byte too many, so a sanitizer sees a read
 * outside. */
static void random_tables(void **state)
{
    uint8_t table[CERT_TABLE_MODEL_MAX];
    size_t size = model_table(table, NULL), len;

    (void)state;
    srand(16);
    for (unsigned i = 0; i < 20000; i++) {
        size_t cut = i % 2 ? size : (size_t)rand() % (size + 1);
        uint8_t *copy = malloc(cut ? cut : 1);

        assert_non_null(copy);
        memcpy(copy, table, cut);
        for (int changes = rand() % 4; changes >= 0 && cut; changes--)
            copy[(size_t)rand() % (i % 3 && cut > 96 ? 96 : cut)] = (uint8_t)rand();
        for (int kind = 0; kind < CERT_TABLE_KINDS; kind++) {
            const uint8_t *found = cert_table_find(copy, cut, (enum cert_table_kind)kind, &len);

            if (found)
                assert_true(found >= copy && len <= cut && (size_t)(found - copy) <= cut - len);
        }
        free(copy);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_each_time), cmocka_unit_test(chip_id_of_turin),
        cmocka_unit_test(when_certificates_begin),  cmocka_unit_test(table_of_a_chip),
        cmocka_unit_test(malformed_tables),         cmocka_unit_test(random_tables),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("kds", tests, setup, NULL);
}
