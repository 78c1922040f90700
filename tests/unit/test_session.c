/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/session: the session of virtee/sev's tests, and one that
 * python3-cryptography made between two keys on P-384.
 */
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "protocol/crypto.h"
#include "protocol/session.h"
#include "vectors.h"

#define POLICY 0x00010203u /* of the session in pki.txt */

static const struct session_keys none;

static int setup(void **state)
{
    (void)state;
    return crypto_init();
}

static void load(struct session *session, uint8_t z[48])
{
    uint8_t wire[SESSION_SIZE];
    vector_exact("pki.txt", "session", wire, sizeof(wire));
    vector_exact("pki.txt", "z", z, 48);
    session_read(session, wire);
}

static void seals_as_virtee(void **state)
{
    (void)state;
    struct session session = {0};
    uint8_t z[16], want[32];
    vector_exact("session.txt", "z", z, sizeof(z));
    assert_int_equal(session_seal(&session, z, sizeof(z), &none, 0), 0);
    vector_exact("session.txt", "wrap_tk", want, 32);
    assert_memory_equal(session.wrap_tk, want, 32);
    vector_exact("session.txt", "wrap_mac", want, 32);
    assert_memory_equal(session.wrap_mac, want, 32);
    vector_exact("session.txt", "policy_mac", want, 32);
    assert_memory_equal(session.policy_mac, want, 32);
}

static void opens_what_python_sealed(void **state)
{
    (void)state;
    struct session session, again = {0};
    struct session_keys keys;
    uint8_t z[48], tek[16], tik[16], wire[SESSION_SIZE], want[SESSION_SIZE];
    memset(tek, 0x33, 16);
    memset(tik, 0x44, 16);
    load(&session, z);
    assert_int_equal(session_open(&session, z, sizeof(z), POLICY, &keys), 0);
    assert_memory_equal(keys.tek, tek, 16);
    assert_memory_equal(keys.tik, tik, 16);

    /* And sealing the same gives the same bytes. */
    memcpy(again.nonce, session.nonce, 16);
    memcpy(again.wrap_iv, session.wrap_iv, 16);
    assert_int_equal(session_seal(&again, z, sizeof(z), &keys, POLICY), 0);
    session_write(&again, wire);
    vector_exact("pki.txt", "session", want, sizeof(want));
    assert_memory_equal(wire, want, sizeof(wire));
}

/* Every bit of the blob but those of the IV, which AMD left out of WRAP_MAC: there POLICY_MAC
 * notices, because another TIK comes out - except in the bits that touch TEK alone. */
static void a_flipped_bit_is_refused(void **state)
{
    (void)state;
    uint8_t z[48], good[SESSION_SIZE];
    struct session session;
    load(&session, z);
    session_write(&session, good);
    for (unsigned bit = 0; bit < 8 * SESSION_SIZE; bit++) {
        struct session_keys keys;
        uint8_t wire[SESSION_SIZE];
        unsigned byte = bit / 8;
        memcpy(wire, good, sizeof(wire));
        wire[byte] ^= (uint8_t)(1 << bit % 8);
        session_read(&session, wire);
        int err = session_open(&session, z, sizeof(z), POLICY, &keys);
        bool after_wrap = byte >= 0x60 || (byte >= 0x30 && byte < 0x40);
        assert_int_equal(err, after_wrap ? -EKEYREJECTED : -EBADMSG);
        assert_memory_equal(&keys, &none, sizeof(keys));
    }
}

static void wrong_context_is_refused(void **state)
{
    (void)state;
    struct session session;
    struct session_keys keys;
    uint8_t z[48];
    load(&session, z);
    assert_int_equal(session_open(&session, z, sizeof(z), POLICY ^ 1, &keys), -EKEYREJECTED);
    assert_memory_equal(&keys, &none, sizeof(keys));
    z[0] ^= 1;
    assert_int_equal(session_open(&session, z, sizeof(z), POLICY, &keys), -EBADMSG);
    assert_memory_equal(&keys, &none, sizeof(keys));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_as_virtee),
        cmocka_unit_test(opens_what_python_sealed),
        cmocka_unit_test(a_flipped_bit_is_refused),
        cmocka_unit_test(wrong_context_is_refused),
    };
    return cmocka_run_group_tests_name("session", tests, setup, NULL);
}
