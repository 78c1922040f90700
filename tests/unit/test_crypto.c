/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/crypto against the standards' own example values.
 */
#include "unit.h"

#include <string.h>

#include "crypto.h"
#include "vectors.h"

#define FILE_NAME "primitives.txt"
#define LONG_TEXT "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

static int setup(void **state)
{
    (void)state;
    return crypto_init();
}

static void init_may_be_repeated(void **state)
{
    (void)state;
    assert_int_equal(crypto_init(), 0);
    assert_int_equal(crypto_init(), 0);
}

static void sha256_known(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } cases[] = {{"sha256_empty", ""}, {"sha256_abc", "abc"}, {"sha256_long", LONG_TEXT}};
    for (unsigned i = 0; i < 3; i++) {
        uint8_t want[32], got[32];
        vector_exact(FILE_NAME, cases[i].name, want, 32);
        crypto_sha256(cases[i].text, strlen(cases[i].text), got);
        assert_memory_equal(got, want, 32);
    }
}

static void sha256_peek_lets_the_hash_go_on(void **state)
{
    (void)state;
    uint8_t empty[32], whole[32], got[32];
    vector_exact(FILE_NAME, "sha256_empty", empty, 32);
    vector_exact(FILE_NAME, "sha256_long", whole, 32);
    struct crypto_sha256 *hash = crypto_sha256_new();
    assert_non_null(hash);
    assert_int_equal(crypto_sha256_peek(hash, got), 0);
    assert_memory_equal(got, empty, 32);
    for (unsigned i = 0; i < strlen(LONG_TEXT); i++) {
        crypto_sha256_update(hash, &LONG_TEXT[i], 1);
        assert_int_equal(crypto_sha256_peek(hash, got), 0);
    }
    assert_memory_equal(got, whole, 32);
    assert_int_equal(crypto_sha256_peek(hash, got), 0);
    assert_memory_equal(got, whole, 32);
    crypto_sha256_free(hash);
    crypto_sha256_free(NULL);
}

static void hmac_known(void **state)
{
    (void)state;
    uint8_t key[131], data[64], want[32], got[32];
    size_t key_len = vector_get(FILE_NAME, "hmac_short_key", key, sizeof(key));
    size_t len = vector_get(FILE_NAME, "hmac_short_data", data, sizeof(data));
    vector_exact(FILE_NAME, "hmac_short_mac", want, 32);
    struct crypto_piece one = {data, len};
    assert_int_equal(crypto_hmac_sha256(key, key_len, &one, 1, got), 0);
    assert_memory_equal(got, want, 32);

    struct crypto_piece pieces[] = {{data, 5}, {NULL, 0}, {data + 5, len - 5}};
    memset(got, 0, 32);
    assert_int_equal(crypto_hmac_sha256(key, key_len, pieces, 3, got), 0);
    assert_memory_equal(got, want, 32);

    memset(key, 0xaa, 131);
    len = vector_get(FILE_NAME, "hmac_long_data", data, sizeof(data));
    vector_exact(FILE_NAME, "hmac_long_mac", want, 32);
    one = (struct crypto_piece){data, len};
    assert_int_equal(crypto_hmac_sha256(key, 131, &one, 1, got), 0);
    assert_memory_equal(got, want, 32);
}

static void ctr_known(void **state)
{
    (void)state;
    uint8_t key[16], counter[16], plain[64], cipher[64], data[64];
    vector_exact(FILE_NAME, "ctr_key", key, 16);
    vector_exact(FILE_NAME, "ctr_counter", counter, 16);
    vector_exact(FILE_NAME, "ctr_plain", plain, 64);
    vector_exact(FILE_NAME, "ctr_cipher", cipher, 64);
    memcpy(data, plain, 64);
    assert_int_equal(crypto_aes128_ctr(key, counter, data, 64), 0);
    assert_memory_equal(data, cipher, 64);
    assert_int_equal(crypto_aes128_ctr(key, counter, data, 64), 0);
    assert_memory_equal(data, plain, 64);

    /* A length that is no multiple of the block, and none at all. */
    assert_int_equal(crypto_aes128_ctr(key, counter, data, 21), 0);
    assert_memory_equal(data, cipher, 21);
    assert_memory_equal(data + 21, plain + 21, 43);
    assert_int_equal(crypto_aes128_ctr(key, counter, NULL, 0), 0);
}

static void compare_and_wipe(void **state)
{
    (void)state;
    uint8_t a[] = "secret", b[] = "secreT", zeros[sizeof(a)] = {0};
    assert_int_equal(crypto_compare(a, a, sizeof(a)), 0);
    assert_int_not_equal(crypto_compare(a, b, sizeof(a)), 0);
    assert_int_equal(crypto_compare(a, b, 5), 0);
    assert_int_equal(crypto_compare(NULL, NULL, 0), 0);
    crypto_wipe(a, sizeof(a));
    assert_memory_equal(a, zeros, sizeof(a));
    crypto_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_may_be_repeated),
        cmocka_unit_test(sha256_known),
        cmocka_unit_test(sha256_peek_lets_the_hash_go_on),
        cmocka_unit_test(hmac_known),
        cmocka_unit_test(ctr_known),
        cmocka_unit_test(compare_and_wipe),
    };
    return cmocka_run_group_tests_name("crypto", tests, setup, NULL);
}
