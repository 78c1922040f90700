/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of cpu-ext/mee and of the XTS under it. Known answers: IEEE 1619-2007, appendix B, vector
 * 2; a page encrypted by Python's cryptography (AES-128-XTS with the tweak key from Python's hmac).
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "protocol/crypto.h"
#include "mee.h"
#include "xts.h"

static const uint8_t vek[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const uint8_t other_vek[16] = {1};

static void fill(uint8_t page[MEE_PAGE_SIZE])
{
    for (unsigned i = 0; i < MEE_PAGE_SIZE; i++)
        page[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void xts_of_ieee_1619(void **state)
{
    static const uint8_t want[32] = {0xc4, 0x54, 0x18, 0x5e, 0x6a, 0x16, 0x93, 0x6e,
                                     0x39, 0x33, 0x40, 0x38, 0xac, 0xef, 0x83, 0x8b,
                                     0xfb, 0x18, 0x6f, 0xff, 0x74, 0x80, 0xad, 0xc4,
                                     0x28, 0x93, 0x82, 0xec, 0xd6, 0xd3, 0x94, 0xf0};
    uint8_t key[XTS_KEY_SIZE], data[32];

    (void)state;
    memset(key, 0x11, 16);
    memset(key + 16, 0x22, 16);
    memset(data, 0x44, sizeof(data));
    struct xts *xts = xts_new(key);
    assert_non_null(xts);
    assert_int_equal(xts_encrypt(xts, 0x3333333333, data, sizeof(data)), 0);
    assert_memory_equal(data, want, sizeof(data));
    assert_int_equal(xts_decrypt(xts, 0x3333333333, data, sizeof(data)), 0);
    assert_int_equal(data[0] | data[31], 0x44);
    xts_free(xts);
    xts_free(NULL);
}

static void a_known_page(void **state)
{
    static const uint8_t first[16] = {0xdd, 0x8e, 0x49, 0x1b, 0x72, 0x82, 0x54, 0x7f,
                                      0xe1, 0x17, 0x7e, 0x19, 0xc9, 0xf8, 0xde, 0xe7};
    static const uint8_t sha256[32] = {0xdd, 0x05, 0x80, 0x2a, 0x05, 0xcf, 0x5e, 0x00,
                                       0xdb, 0x08, 0xfb, 0x86, 0x4e, 0x42, 0xa9, 0x5e,
                                       0x65, 0xa9, 0xaf, 0xef, 0x28, 0x74, 0xfb, 0x98,
                                       0x9d, 0x54, 0x39, 0x22, 0xba, 0x7a, 0xfd, 0x98};
    uint8_t page[MEE_PAGE_SIZE], plain[MEE_PAGE_SIZE], digest[32];
    struct mee *mee = mee_new();

    (void)state;
    assert_non_null(mee);
    fill(page);
    fill(plain);
    assert_int_equal(mee_key_install(mee, 5, vek), 0);
    assert_int_equal(mee_encrypt(mee, mee_key(mee, 5), 0x12345000, page), 0);
    assert_memory_equal(page, first, sizeof(first));
    crypto_sha256(page, sizeof(page), digest);
    assert_memory_equal(digest, sha256, sizeof(sha256));
    assert_int_equal(mee_decrypt(mee, mee_key(mee, 5), 0x12345000, page), 0);
    assert_memory_equal(page, plain, sizeof(page));
    mee_free(mee);
    mee_free(NULL);
}

static void place_and_key_matter(void **state)
{
    uint8_t a[MEE_PAGE_SIZE], b[MEE_PAGE_SIZE], plain[MEE_PAGE_SIZE];
    struct mee *mee = mee_new();

    (void)state;
    assert_non_null(mee);
    fill(plain);
    assert_int_equal(mee_key_install(mee, 1, vek), 0);
    assert_int_equal(mee_key_install(mee, 2, other_vek), 0);
    memcpy(a, plain, sizeof(a));
    memcpy(b, plain, sizeof(b));
    assert_int_equal(mee_encrypt(mee, mee_key(mee, 1), 0x1000, a), 0);
    assert_int_equal(mee_encrypt(mee, mee_key(mee, 1), 0x2000, b), 0);
    assert_memory_not_equal(a, b, MEE_BLOCK_SIZE);
    /* Moved ciphertext is no longer its plaintext. */
    assert_int_equal(mee_decrypt(mee, mee_key(mee, 1), 0x1000, b), 0);
    assert_memory_not_equal(b, plain, MEE_BLOCK_SIZE);
    /* Another guest's key neither. */
    assert_int_equal(mee_decrypt(mee, mee_key(mee, 2), 0x1000, a), 0);
    assert_memory_not_equal(a, plain, MEE_BLOCK_SIZE);
    mee_free(mee);
}

static void blocks_are_independent(void **state)
{
    uint8_t a[MEE_PAGE_SIZE], b[MEE_PAGE_SIZE];
    struct mee *mee = mee_new();

    (void)state;
    assert_non_null(mee);
    assert_int_equal(mee_key_install(mee, 1, vek), 0);
    fill(a);
    fill(b);
    b[100] ^= 1; /* block 6: bytes 96..111 */
    assert_int_equal(mee_encrypt(mee, mee_key(mee, 1), 0, a), 0);
    assert_int_equal(mee_encrypt(mee, mee_key(mee, 1), 0, b), 0);
    assert_memory_equal(a, b, 96);
    assert_memory_not_equal(a + 96, b + 96, 16);
    assert_memory_equal(a + 112, b + 112, MEE_PAGE_SIZE - 112);
    mee_free(mee);
}

static void keys_of_asids(void **state)
{
    struct mee *mee = mee_new();

    (void)state;
    assert_non_null(mee);
    assert_int_equal(mee_key_install(mee, 0, vek), -EINVAL);
    assert_int_equal(mee_key(mee, 0), MEE_NO_KEY);
    assert_int_equal(mee_key(mee, 7), MEE_NO_KEY);
    assert_int_equal(mee_key_install(mee, 4095, vek), 0);
    assert_int_equal(mee_key_install(mee, 4095, other_vek), -EEXIST);
    assert_int_equal(mee_asid(mee, mee_key(mee, 4095)), 4095);
    mee_key_remove(mee, 4095);
    mee_key_remove(mee, 4095);
    assert_int_equal(mee_key(mee, 4095), MEE_NO_KEY);

    for (uint32_t asid = 1; asid <= MEE_KEYS; asid++)
        assert_int_equal(mee_key_install(mee, asid, vek), 0);
    assert_int_equal(mee_key_install(mee, 1000, vek), -ENOSPC);
    mee_key_remove(mee, 77);
    assert_int_equal(mee_key_install(mee, 1000, vek), 0);
    assert_int_equal(mee_asid(mee, 0), 0);
    assert_int_equal(mee_asid(mee, 1u << 20), 0);
    mee_free(mee);
}

static int set_up(void **state)
{
    (void)state;
    return crypto_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xts_of_ieee_1619),     cmocka_unit_test(a_known_page),
        cmocka_unit_test(place_and_key_matter), cmocka_unit_test(blocks_are_independent),
        cmocka_unit_test(keys_of_asids),
    };
    return cmocka_run_group_tests_name("mee", tests, set_up, NULL);
}
