/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands while cryptography or a callback of the host fails, at every call in turn: the answer is
 * HWERROR_PLATFORM (or RESOURCE_LIMIT), never a verdict about certificates or keys, and nothing
 * changes. The linker puts the functions below between the commands and crypto.c (--wrap, see
 * local.mk).
 */
#include "fixture.h"
#include "one_processor.h"

#include <errno.h>
#include <stdio.h>

#include "protocol/crypto.h"
#include "protocol/root.h"
#include "protocol/session.h"
#include "vectors.h"

static bool armed;
static unsigned calls, fail_at;

/* What fails in this run of a scenario: a callback (enum fault), or else cryptography. */
#define CRYPTOGRAPHY FAULT_COUNT
struct fault_kind {
    int what;
    const char *name;
};
static int what;

static bool fails(void)
{
    return armed && ++calls == fail_at;
}

#define WRAP(type, failure, name, parameters, arguments)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails() ? failure : __real_##name arguments;                                        \
    }

WRAP(struct crypto_sha256 *, NULL, crypto_sha256_new, (void), ())
WRAP(struct crypto_sha256 *, NULL, crypto_sha256_copy, (const struct crypto_sha256 *hash), (hash))
WRAP(int, -EIO, crypto_sha256_peek, (const struct crypto_sha256 *hash, uint8_t digest[32]),
     (hash, digest))
WRAP(int, -EIO, crypto_hmac_sha256,
     (const void *key, size_t key_len, const struct crypto_piece *pieces, unsigned n,
      uint8_t mac[32]),
     (key, key_len, pieces, n, mac))
WRAP(int, -EIO, crypto_p384_from_seed, (const uint8_t seed[56], struct crypto_p384_key *key),
     (seed, key))
WRAP(int, -EIO, crypto_p384_from_private, (struct crypto_p384_key * key), (key))
WRAP(int, -EIO, crypto_p384_check, (const struct crypto_p384_public *pub), (pub))
WRAP(int, -EIO, crypto_p384_ecdh,
     (const struct crypto_p384_key *key, const struct crypto_p384_public *peer, uint8_t z[48]),
     (key, peer, z))
WRAP(int, -EIO, crypto_p384_sign,
     (const struct crypto_p384_key *key, enum crypto_hash hash, const void *data, size_t len,
      struct crypto_p384_signature *sig),
     (key, hash, data, len, sig))
WRAP(int, -EIO, crypto_p384_verify,
     (const struct crypto_p384_public *pub, enum crypto_hash hash, const void *data, size_t len,
      const struct crypto_p384_signature *sig),
     (pub, hash, data, len, sig))
WRAP(int, -EIO, crypto_rsa_pss_sign,
     (const struct crypto_rsa_private *key, enum crypto_hash hash, const void *data, size_t len,
      const uint8_t *salt, uint8_t *sig),
     (key, hash, data, len, salt, sig))
WRAP(int, -EIO, crypto_rsa_pss_verify,
     (const struct crypto_rsa_public *key, enum crypto_hash hash, const void *data, size_t len,
      const uint8_t *sig),
     (key, hash, data, len, sig))

static int setup(void **state)
{
    what = ((const struct fault_kind *)*state)->what;
    armed = false;
    h = harness_new();
    h->host.trace = NULL; /* it asks for a digest after the command is done */
    fixture_chip(h);
    return 0;
}

/* One execution with the next fault. Did it come to it? */
static bool exec_fault(enum sev_cmd command, enum sev_status *status)
{
    bool fired;

    calls = 0;
    if (what == CRYPTOGRAPHY)
        armed = true;
    else
        harness_fail(h, (enum fault)what, (int)fail_at - 1);
    *status = exec(h, command);
    fired = what == CRYPTOGRAPHY ? calls >= fail_at : h->after[what] < 0;
    armed = false;
    harness_no_faults(h);
    return fired;
}

/* Execute the prepared command with every fault, then without. At least `least` calls of
 * cryptography can fail. */
static void exec_failing(enum sev_cmd command, unsigned least)
{
    uint8_t buffer[SEV_COMMAND_SIZE_MAX];
    struct snapshot before = snapshot(h);
    enum sev_status status;

    memcpy(buffer, h->ram + CMD_ADDR, sizeof(buffer));
    for (fail_at = 1;; fail_at++) {
        put(h, CMD_ADDR, buffer, sizeof(buffer));
        if (!exec_fault(command, &status))
            break;
        assert_true(status == SEV_STATUS_HWERROR_PLATFORM || status == SEV_STATUS_RESOURCE_LIMIT);
        if (what == FAULT_RAM_WRITE) /* an earlier write of the same command cannot be undone */
            assert_memory_equal(snapshot(h).state, before.state, sizeof(before.state));
        else
            assert_unchanged(h, before);
    }
    assert_int_equal(status, SEV_STATUS_SUCCESS);
    if (what == CRYPTOGRAPHY)
        assert_true(fail_at > least);
}

static void a_launch(void **state)
{
    (void)state;
    uint8_t cert[CERT_SIZE], session[SESSION_SIZE];
    uint32_t handle;

    cmd_clear(h);
    exec_failing(SEV_CMD_INIT, 4);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);

    vector_exact("pki.txt", "cert_godh_plain", cert, sizeof(cert));
    vector_exact("start.txt", "session", session, sizeof(session));
    put(h, TRANS_ADDR, cert, sizeof(cert));
    put(h, BLOB_ADDR, session, sizeof(session));
    cmd_start(h, 1, BLOB_ADDR);
    exec_failing(SEV_CMD_LAUNCH_START, 6);
    handle = get32(h, CMD_ADDR);
    do_activate(h, handle, 1);

    put64(h, CMD_ADDR + SEV_LAUNCH_ADDR, DATA_ADDR);
    put32(h, CMD_ADDR + SEV_LAUNCH_LEN, 0x40);
    put32(h, CMD_ADDR + 4, 0);
    exec_failing(SEV_CMD_LAUNCH_UPDATE_DATA, 1);
    put64(h, CMD_ADDR + SEV_LAUNCH_ADDR, BLOB_ADDR);
    exec_failing(SEV_CMD_LAUNCH_MEASURE, 2);
    do_finish(h, handle);

    cmd_clear(h);
    put32(h, CMD_ADDR, handle);
    put64(h, CMD_ADDR + SEV_ATTESTATION_ADDR, BLOB_ADDR);
    put32(h, CMD_ADDR + SEV_ATTESTATION_LEN, 208);
    exec_failing(SEV_CMD_ATTESTATION, 1);
}

/* Did the command that succeeded last come to `n` calls of cryptography? */
static void assert_calls(unsigned n)
{
    assert_int_equal(calls, what == CRYPTOGRAPHY ? n : 0);
}

/* Four keys, four signatures of theirs, and the ASK's: a chip that is stored has them all. */
static void a_new_chip(void **state)
{
    (void)state;
    h->nv_len = 0;
    harness_start(h);
    cmd_clear(h);
    exec_failing(SEV_CMD_INIT, 9);
    assert_calls(9);
    cmd_export(h);
    exec_failing(SEV_CMD_PDH_CERT_EXPORT, 0);
    assert_calls(0);
}

static void save_failing(void)
{
    static const uint8_t zeros[PSP_SAVE_MAX];
    uint8_t image[PSP_SAVE_MAX] = {0};
    size_t len;

    calls = 0;
    fail_at = 1;
    armed = true;
    assert_int_equal(psp_save(h->psp, image, sizeof(image), &len), -EIO);
    armed = false;
    assert_memory_equal(image, zeros, sizeof(image));
}

/* Otherwise the ASK signs when a certificate leaves: into INIT_EX's buffer, at the first export. */
static void a_chip_without_storage(void **state)
{
    (void)state;
    uint8_t chain[CERT_CHAIN_SIZE];
    struct cert_root ask;
    struct cert cek;

    h->host.nv_load = NULL;
    h->host.nv_store = NULL;
    harness_start(h);
    cmd_clear(h);
    exec_failing(SEV_CMD_INIT, 8);
    assert_calls(8);
    if (what == CRYPTOGRAPHY)
        save_failing();

    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    put32(h, CMD_ADDR + SEV_INIT_EX_LENGTH, SEV_INIT_EX_SIZE);
    put64(h, CMD_ADDR + SEV_INIT_EX_NV_ADDR, DATA_ADDR);
    put32(h, CMD_ADDR + SEV_INIT_EX_NV_LEN, SEV_NV_SIZE);
    memset(h->ram + DATA_ADDR, 0, SEV_NV_SIZE);
    exec_failing(SEV_CMD_INIT_EX, 8);
    assert_calls(8); /* all but the CEK's key */
    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);

    do_init(h);
    cmd_export(h);
    exec_failing(SEV_CMD_PDH_CERT_EXPORT, 1);
    assert_calls(1);
    memcpy(chain, h->ram + BLOB_ADDR + CERT_SIZE, sizeof(chain));
    assert_int_equal(cert_read(&cek, chain + 2 * CERT_SIZE), 0);
    root_ask(&ask);
    assert_int_equal(cert_verify_by_root(&cek, &ask), 0);
    cmd_export(h);
    exec_failing(SEV_CMD_PDH_CERT_EXPORT, 0);
    assert_calls(0);
    assert_memory_equal(h->ram + BLOB_ADDR + CERT_SIZE, chain, sizeof(chain));
}

static void new_keys(void **state)
{
    (void)state;
    do_init(h);
    exec_failing(SEV_CMD_PDH_GEN, 2);
    exec_failing(SEV_CMD_PEK_GEN, 6);
}

static void an_owner(void **state)
{
    (void)state;
    do_init(h);
    fixture_prepare_import(h, 9);
    exec_failing(SEV_CMD_PEK_CERT_IMPORT, 3);
}

/* A platform may send a guest to itself. */
static void a_journey(void **state)
{
    (void)state;
    uint8_t pdh[CERT_SIZE], chain[CERT_CHAIN_SIZE], wire[CERT_ROOT_MAX];
    struct cert_root root;
    uint32_t handle;
    size_t len;

    h->nv_len = 0; /* a chip whose CEK has the ASK's signature */
    harness_start(h);
    do_init(h);
    handle = do_launch(h, SEV_POLICY_SEV, 1);
    do_export(h, pdh, chain);
    put(h, 0x10000, pdh, sizeof(pdh));
    put(h, 0x11000, chain, sizeof(chain));
    root_ask(&root);
    len = cert_root_write(&root, wire);
    put(h, 0x13000, wire, len);
    root_ark(&root);
    len += cert_root_write(&root, wire);
    put(h, 0x13000 + len / 2, wire, len / 2);
    cmd_clear(h);
    put32(h, CMD_ADDR, handle);
    put64(h, CMD_ADDR + SEV_SEND_START_PDH_ADDR, 0x10000);
    put32(h, CMD_ADDR + SEV_SEND_START_PDH_LEN, CERT_SIZE);
    put64(h, CMD_ADDR + SEV_SEND_START_PLAT_ADDR, 0x11000);
    put32(h, CMD_ADDR + SEV_SEND_START_PLAT_LEN, CERT_CHAIN_SIZE);
    put64(h, CMD_ADDR + SEV_SEND_START_AMD_ADDR, 0x13000);
    put32(h, CMD_ADDR + SEV_SEND_START_AMD_LEN, (uint32_t)len);
    put64(h, CMD_ADDR + SEV_SEND_START_SESSION_ADDR, BLOB_ADDR);
    put32(h, CMD_ADDR + SEV_SEND_START_SESSION_LEN, SESSION_SIZE);
    exec_failing(SEV_CMD_SEND_START, 12);

    cmd_packet(h, handle, 0x18000, 0x110000, 0x40);
    exec_failing(SEV_CMD_SEND_UPDATE_DATA, 1);
}

static struct fault_kind faults[] = {
    {CRYPTOGRAPHY, "cryptography"},
    {FAULT_RAM_READ, "reading RAM"},
    {FAULT_RAM_WRITE, "writing RAM"},
    {FAULT_KEY_INSTALL, "loading a key"},
    {FAULT_RANDOM, "random numbers"},
    {FAULT_NV_LOAD, "reading the chip's memory"},
    {FAULT_NV_STORE, "writing the chip's memory"},
};

static const struct {
    CMUnitTestFunction run;
    const char *name;
} scenarios[] = {
    {a_launch, "a launch"},
    {a_new_chip, "a new chip"},
    {a_chip_without_storage, "a chip without storage"},
    {new_keys, "new keys"},
    {an_owner, "an owner"},
    {a_journey, "a journey"},
};

#define FAULTS    (sizeof(faults) / sizeof(faults[0]))
#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

int main(void)
{
    static char names[SCENARIOS * FAULTS][64];
    struct CMUnitTest tests[SCENARIOS * FAULTS];

    for (unsigned i = 0; i < SCENARIOS * FAULTS; i++) {
        struct fault_kind *fault = &faults[i % FAULTS];

        snprintf(names[i], sizeof(names[i]), "%s: %s", scenarios[i / FAULTS].name, fault->name);
        tests[i] = (struct CMUnitTest){names[i], scenarios[i / FAULTS].run, setup, teardown, fault};
    }
    return cmocka_run_group_tests_name("failing commands", tests, NULL, NULL);
}
