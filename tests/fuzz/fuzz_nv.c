/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: non-volatile storage, which INIT_EX takes from memory that the guest may write.
 *
 * Each input is tried as it is, laid over a valid state, and with a right checksum.
 */
#include "fuzz.h"

#include <string.h>

#include "counter_random.h"
#include "nv.h"

static uint8_t valid[NV_SIZE];

static void make_valid(void)
{
    static struct counter_random source = {.state = 1};
    const struct identity_random entropy = {counter_random_fill, &source};
    static struct identity id;
    static int made;
    if (!made) {
        FUZZ_CHECK(crypto_init() == 0 && identity_create(&id, &entropy, 0, 24) == 0);
        FUZZ_CHECK(nv_encode(&id, valid) == 0);
    }
    made = 1;
}

static void try_state(const uint8_t *data, size_t size)
{
    static const struct identity none;
    struct identity id;
    uint8_t again[NV_SIZE];
    const char *reason = NULL;
    int err = nv_decode(&id, data, size, &reason);
    FUZZ_CHECK(err == 0 || err == -EINVAL || err == -ENOTSUP);
    if (err) {
        FUZZ_CHECK(reason && memcmp(&id, &none, sizeof(id)) == 0);
        return;
    }
    FUZZ_CHECK(!reason && !nv_blank(data, size));
    FUZZ_CHECK(nv_encode(&id, again) == 0);
    FUZZ_CHECK(memcmp(again, data, NV_SIZE) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t state[NV_SIZE], head[2];
    make_valid();
    try_state(data, size);
    (void)!nv_blank(data, size);

    /* Two bytes say where in a valid state the rest of the input goes. */
    memcpy(state, valid, sizeof(state));
    fuzz_take(&data, &size, head, sizeof(head));
    size_t at = (head[0] | (size_t)head[1] << 8) % NV_SIZE;
    fuzz_take(&data, &size, state + at, size < NV_SIZE - at ? size : NV_SIZE - at);
    try_state(state, sizeof(state));
    crypto_sha256(state, NV_SIZE - 32, state + NV_SIZE - 32);
    try_state(state, sizeof(state));
    return 0;
}
