/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: a session and the other end's public key, as LAUNCH_START and RECEIVE_START get
 * them.
 *
 * Input: session (128), x and y of the key (96), policy (4), keys to seal (32).
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "protocol/crypto.h"
#include "protocol/session.h"

static void try_agreement(const uint8_t **data, size_t *size, uint8_t z[CRYPTO_P384_SIZE])
{
    struct crypto_p384_key key = {.d = {[47] = 5}};
    struct crypto_p384_public peer;
    fuzz_take(data, size, &peer, sizeof(peer));
    int err = crypto_p384_ecdh(&key, &peer, z);
    FUZZ_CHECK(err == crypto_p384_check(&peer));
    if (err)
        memset(z, 0x5a, CRYPTO_P384_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct session_keys none;
    uint8_t wire[SESSION_SIZE], again[SESSION_SIZE], z[CRYPTO_P384_SIZE];
    struct session session;
    struct session_keys keys, sealed;
    uint32_t policy;
    FUZZ_CHECK(crypto_init() == 0);
    fuzz_take(&data, &size, wire, sizeof(wire));
    try_agreement(&data, &size, z);
    fuzz_take(&data, &size, &policy, sizeof(policy));
    fuzz_take(&data, &size, &sealed, sizeof(sealed));

    session_read(&session, wire);
    session_write(&session, again);
    FUZZ_CHECK(memcmp(again, wire, sizeof(wire)) == 0);
    /* Nobody guesses a MAC. */
    FUZZ_CHECK(session_open(&session, z, sizeof(z), policy, &keys) == -EBADMSG);
    FUZZ_CHECK(memcmp(&keys, &none, sizeof(none)) == 0);

    FUZZ_CHECK(session_seal(&session, z, sizeof(z), &sealed, policy) == 0);
    FUZZ_CHECK(session_open(&session, z, sizeof(z), policy, &keys) == 0);
    FUZZ_CHECK(memcmp(&keys, &sealed, sizeof(keys)) == 0);
    FUZZ_CHECK(session_open(&session, z, sizeof(z), ~policy, &keys) == -EKEYREJECTED);
    session.wrap_tk[policy % 32] ^= 1;
    FUZZ_CHECK(session_open(&session, z, sizeof(z), policy, &keys) == -EBADMSG);
    return 0;
}
