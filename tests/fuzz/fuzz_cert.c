/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: certificates, ASK and ARK, and what PEK_CERT_IMPORT does with them.
 *
 * What is taken must come out as it went in; nothing that a fuzzer finds may carry a signature of
 * ours, so an import never succeeds.
 */
#include "fuzz.h"

#include <string.h>

#include "protocol/cert.h"
#include "counter_random.h"
#include "identity.h"
#include "protocol/root.h"

static struct identity chip;
static struct counter_random source = {.state = 1};
static const struct identity_random entropy = {counter_random_fill, &source};

static void make_chip(void)
{
    static int made;
    if (!made)
        FUZZ_CHECK(crypto_init() == 0 && identity_create(&chip, &entropy, 0, 24) == 0 &&
                   identity_sign_cek(&chip) == 0);
    made = 1;
}

static void try_cert(const uint8_t wire[CERT_SIZE])
{
    uint8_t again[CERT_SIZE];
    struct cert cert;
    struct crypto_p384_public pub;
    struct cert_root ask;
    if (cert_read(&cert, wire))
        return;
    cert_write(&cert, again);
    FUZZ_CHECK(memcmp(again, wire, CERT_SIZE) == 0);
    if (cert_public(&cert, &pub) == 0)
        FUZZ_CHECK(crypto_p384_check(&pub) == 0);
    root_ask(&ask);
    (void)!cert_verify(&cert, &cert);
    (void)!cert_verify(&cert, &chip.cek_cert);
    (void)!cert_verify_by_root(&cert, &ask);
}

static void try_root(const uint8_t *data, size_t size)
{
    uint8_t again[CERT_ROOT_MAX];
    struct cert_root root, ark;
    long len = cert_root_read(&root, data, size);
    FUZZ_CHECK(len == -EINVAL || len == 832 || len == CERT_ROOT_MAX);
    if (len < 0)
        return;
    FUZZ_CHECK(cert_root_write(&root, again) == (size_t)len);
    FUZZ_CHECK(memcmp(again, data, (size_t)len) == 0);
    root_ark(&ark);
    (void)!cert_root_verify(&root, &root);
    (void)!cert_root_verify(&root, &ark);
    (void)!cert_verify_by_root(&chip.cek_cert, &root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t pek[CERT_SIZE], oca[CERT_SIZE];
    make_chip();
    try_root(data, size);
    fuzz_take(&data, &size, pek, sizeof(pek));
    fuzz_take(&data, &size, oca, sizeof(oca));
    try_cert(pek);
    struct identity id = chip;
    FUZZ_CHECK(identity_import(&id, &entropy, pek, oca) != 0);
    FUZZ_CHECK(memcmp(&id, &chip, sizeof(id)) == 0);
    return 0;
}
