/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/nv: the stored identity comes back, and nothing damaged does.
 */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "counter_random.h"
#include "nv.h"

static struct identity chip;
static uint8_t stored[NV_SIZE];

static int setup(void **state)
{
    (void)state;
    static struct counter_random source = {.state = 1};
    const struct identity_random entropy = {counter_random_fill, &source};
    if (crypto_init() || identity_create(&chip, &entropy, 0, 24) || nv_encode(&chip, stored))
        return -1;
    return identity_sign_cek(&chip); /* as what is stored is */
}

/* Damage that the checksum does not show. */
static void seal(uint8_t *data)
{
    crypto_sha256(data, NV_SIZE - 32, data + NV_SIZE - 32);
}

static void assert_refused(const void *data, size_t len, int want)
{
    static const struct identity none;
    struct identity id;
    const char *reason = NULL;
    memset(&id, 0xaa, sizeof(id));
    assert_int_equal(nv_decode(&id, data, len, &reason), want);
    assert_memory_equal(&id, &none, sizeof(id));
    assert_non_null(reason);
}

static void round_trip(void **state)
{
    (void)state;
    struct identity id;
    const char *reason = "?";
    assert_int_equal(nv_decode(&id, stored, sizeof(stored), &reason), 0);
    assert_null(reason);
    assert_memory_equal(&id, &chip, sizeof(id));

    uint8_t *big = calloc(1, NV_INIT_EX_SIZE);
    assert_non_null(big);
    memcpy(big, stored, sizeof(stored));
    assert_int_equal(nv_decode(&id, big, NV_INIT_EX_SIZE, NULL), 0);
    assert_memory_equal(&id, &chip, sizeof(id));
    free(big);
}

static void an_owned_chip(void **state)
{
    (void)state;
    struct identity owned = chip, id;
    uint8_t data[NV_SIZE];
    owned.owned = true;
    memset(&owned.oca, 0, sizeof(owned.oca));
    assert_int_equal(nv_encode(&owned, data), 0);
    assert_int_equal(nv_decode(&id, data, sizeof(data), NULL), 0);
    assert_true(id.owned);
    assert_memory_equal(&id, &owned, sizeof(id));
    /* A key of the owner has no place here. */
    data[0x60 + 48] = 1;
    seal(data);
    assert_refused(data, sizeof(data), -EINVAL);
}

static void every_flipped_byte_is_noticed(void **state)
{
    (void)state;
    uint8_t data[NV_SIZE];
    for (unsigned i = 0; i < NV_SIZE; i++) {
        struct identity id;
        memcpy(data, stored, sizeof(data));
        data[i] ^= 0x10;
        int err = nv_decode(&id, data, sizeof(data), NULL);
        assert_int_equal(err, i >= 8 && i < 12 ? -ENOTSUP : -EINVAL);
    }
}

static void every_length_below_is_noticed(void **state)
{
    (void)state;
    for (size_t len = 0; len < NV_SIZE; len++)
        assert_refused(stored, len, -EINVAL);
}

static void damage_with_a_right_checksum(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        uint8_t value;
        int want;
    } cases[] = {
        {0, 'X', -EINVAL},                        /* magic */
        {8, 0, -EINVAL},                          /* version 0 never was */
        {8, 2, -ENOTSUP},                         /* the next version */
        {12, 0, -EINVAL},                         /* length */
        {16, 2, -EINVAL},                         /* unknown flag */
        {20, 1, -EINVAL},                         /* reserved */
        {0x60 + 47, 0x76, -EINVAL},               /* CEK private key of another */
        {0x60 + 3 * 48 + 47, 0x76, -EINVAL},      /* PDH private key of another */
        {0x120 + 3 * CERT_SIZE, 0x77, -EINVAL},   /* PDH certificate malformed */
        {0x120 + CERT_SIZE + 8, 0x02, -EINVAL},   /* a PEK where the OCA should be */
        {0x120 + CERT_SIZE + 0x10, 0x01, -EINVAL} /* of another curve */
    };
    uint8_t data[NV_SIZE];
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(data, stored, sizeof(data));
        assert_int_not_equal(data[cases[i].at], cases[i].value);
        data[cases[i].at] = cases[i].value;
        seal(data);
        assert_refused(data, sizeof(data), cases[i].want);
    }
    memcpy(data, stored, sizeof(data));
    memset(data + 0x60, 0, 48); /* no private key */
    seal(data);
    assert_refused(data, sizeof(data), -EINVAL);
}

static void blank(void **state)
{
    (void)state;
    uint8_t data[64];
    assert_true(nv_blank(NULL, 0));
    memset(data, 0xff, sizeof(data));
    assert_true(nv_blank(data, sizeof(data)));
    memset(data, 0, sizeof(data));
    assert_true(nv_blank(data, sizeof(data)));
    data[63] = 0xff;
    assert_false(nv_blank(data, sizeof(data)));
    memset(data, 0x5a, sizeof(data));
    assert_false(nv_blank(data, sizeof(data)));
    assert_false(nv_blank(stored, sizeof(stored)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(an_owned_chip),
        cmocka_unit_test(every_flipped_byte_is_noticed),
        cmocka_unit_test(every_length_below_is_noticed),
        cmocka_unit_test(damage_with_a_right_checksum),
        cmocka_unit_test(blank),
    };
    return cmocka_run_group_tests_name("nv", tests, setup, NULL);
}
