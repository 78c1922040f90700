/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/kdf against the keys that virtee/sev derives from Z = 0.
 */
#include "unit.h"

#include "protocol/crypto.h"
#include "protocol/kdf.h"
#include "vectors.h"

#define FILE_NAME "session.txt"

static int setup(void **state)
{
    (void)state;
    return crypto_init();
}

static void known_answers(void **state)
{
    (void)state;
    static const uint8_t nonce[16];
    uint8_t z[16], want[KDF_SIZE], master[KDF_SIZE], got[KDF_SIZE];
    vector_exact(FILE_NAME, "z", z, sizeof(z));

    vector_exact(FILE_NAME, "master", want, sizeof(want));
    assert_int_equal(kdf_derive(z, sizeof(z), "sev-master-secret", nonce, 16, master), 0);
    assert_memory_equal(master, want, sizeof(want));

    vector_exact(FILE_NAME, "kek", want, sizeof(want));
    assert_int_equal(kdf_derive(master, sizeof(master), "sev-kek", NULL, 0, got), 0);
    assert_memory_equal(got, want, sizeof(want));

    vector_exact(FILE_NAME, "kik", want, sizeof(want));
    assert_int_equal(kdf_derive(master, sizeof(master), "sev-kik", NULL, 0, got), 0);
    assert_memory_equal(got, want, sizeof(want));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers)};
    return cmocka_run_group_tests_name("kdf", tests, setup, NULL);
}
