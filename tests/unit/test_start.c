/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of LAUNCH_START with an owner's session, and of what hangs on its keys: the measurement and
 * the attestation report. Platform, owner and answers are python3-cryptography's (start.txt).
 */
#include "fixture.h"
#include "one_processor.h"

#include "protocol/cert.h"
#include "protocol/session.h"
#include "vectors.h"

#define POLICY 1u

static uint8_t mnonce[16];

static void place(const char *cert, const char *session)
{
    uint8_t wire[CERT_SIZE], blob[SESSION_SIZE];

    vector_exact("pki.txt", cert, wire, sizeof(wire));
    vector_exact("start.txt", session, blob, sizeof(blob));
    put(h, TRANS_ADDR, wire, sizeof(wire));
    put(h, BLOB_ADDR, blob, sizeof(blob));
}

/* The command buffer of a LAUNCH_START with everything right. */
static void prepare(uint32_t policy)
{
    cmd_start(h, policy, BLOB_ADDR);
}

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    vector_exact("start.txt", "mnonce", mnonce, sizeof(mnonce));
    h->config.mnonce = mnonce;
    fixture_chip(h);
    do_init(h);
    place("cert_godh_plain", "session");
    prepare(POLICY);
    return 0;
}

static void measured_under_the_owners_key(void **state)
{
    (void)state;
    static const char *const certs[] = {"cert_godh_plain", "cert_godh_signed"};
    uint8_t want[32], blob[48];

    vector_exact("start.txt", "measure", want, sizeof(want));
    for (unsigned i = 0; i < 2; i++) {
        place(certs[i], "session");
        prepare(POLICY);
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_SUCCESS);
        do_measure(h, get32(h, CMD_ADDR), blob);
        assert_memory_equal(blob, want, 32);
    }
}

static void the_session_beats_fixed_keys(void **state)
{
    (void)state;
    static const uint8_t other[16] = {1};
    uint8_t want[32], blob[48];

    h->config.tik = h->config.tek = other;
    harness_start(h);
    do_init(h);
    prepare(POLICY);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_SUCCESS);
    vector_exact("start.txt", "measure", want, sizeof(want));
    do_measure(h, get32(h, CMD_ADDR), blob);
    assert_memory_equal(blob, want, 32);
}

static void bound_to_the_policy(void **state)
{
    (void)state;
    struct snapshot before = snapshot(h);

    prepare(0);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_BAD_MEASUREMENT);
    prepare(POLICY | SEV_POLICY_NOKS);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_BAD_MEASUREMENT);
    assert_unchanged(h, before);
    place("cert_godh_plain", "session_policy_0");
    prepare(0);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_SUCCESS);
}

/* Nonce, WRAP_TK, WRAP_MAC, POLICY_MAC: any flipped bit is found; so is a flipped bit of WRAP_IV,
 * by way of the TIK that comes out. */
static void every_bit_of_the_session_counts(void **state)
{
    (void)state;
    struct snapshot before = snapshot(h);

    for (unsigned i = 0; i < SESSION_SIZE; i++) {
        h->ram[BLOB_ADDR + i] ^= (uint8_t)(1u << (i % 8));
        prepare(POLICY);
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_BAD_MEASUREMENT);
        h->ram[BLOB_ADDR + i] ^= (uint8_t)(1u << (i % 8));
    }
    assert_unchanged(h, before);
    assert_int_equal(platform_state(h), SEV_PLATFORM_INIT);
}

static void bad_certificates(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        uint8_t bit;
    } cases[] = {
        {0x000, 2},      /* version */
        {0x006, 1},      /* reserved */
        {0x008, 1},      /* usage PEK instead of PDH */
        {0x00c, 1},      /* algorithm ECDSA */
        {0x010, 3},      /* curve P-256 */
        {0x014, 1},      /* x: no point of the curve */
        {0x05c, 1},      /* y likewise */
        {0x014 + 50, 1}, /* x longer than 48 bytes */
    };
    struct snapshot before = snapshot(h);

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        h->ram[TRANS_ADDR + cases[i].at] ^= cases[i].bit;
        prepare(POLICY);
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_INVALID_CERTIFICATE);
        h->ram[TRANS_ADDR + cases[i].at] ^= cases[i].bit;
    }
    place("cert_pek", "session"); /* well-formed, for another purpose */
    prepare(POLICY);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_INVALID_CERTIFICATE);
    place("cert_godh_plain", "session");
    assert_unchanged(h, before);
}

static void another_owners_certificate(void **state)
{
    (void)state;
    place("cert_pdh", "session"); /* a good ECDH key, not the one of this session */
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_BAD_MEASUREMENT);
}

static void another_platforms_session(void **state)
{
    (void)state;
    h->nv_len = 0; /* a new chip */
    harness_start(h);
    do_init(h);
    prepare(POLICY);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_BAD_MEASUREMENT);
}

static void after_pdh_gen_the_session_is_worthless(void **state)
{
    (void)state;
    assert_int_equal(exec(h, SEV_CMD_PDH_GEN), SEV_STATUS_SUCCESS);
    prepare(POLICY);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_BAD_MEASUREMENT);
}

static void lengths_and_addresses(void **state)
{
    (void)state;
    static const struct {
        unsigned at, size;
        uint64_t value;
        enum sev_status status;
    } cases[] = {
        {SEV_START_CERT_LEN, 4, CERT_SIZE - 1, SEV_STATUS_INVALID_LEN},
        {SEV_START_CERT_LEN, 4, CERT_SIZE + 1, SEV_STATUS_INVALID_LEN},
        {SEV_START_CERT_LEN, 4, 0, SEV_STATUS_INVALID_LEN},
        {SEV_START_SESSION_LEN, 4, SESSION_SIZE - 1, SEV_STATUS_INVALID_LEN},
        {SEV_START_SESSION_LEN, 4, SESSION_SIZE + 1, SEV_STATUS_INVALID_LEN},
        {SEV_START_SESSION_LEN, 4, ~0u, SEV_STATUS_INVALID_LEN},
        {SEV_START_CERT_ADDR, 8, RAM_SIZE - CERT_SIZE + 1, SEV_STATUS_INVALID_ADDRESS},
        {SEV_START_CERT_ADDR, 8, ~0ull, SEV_STATUS_INVALID_ADDRESS},
        {SEV_START_SESSION_ADDR, 8, RAM_SIZE - SESSION_SIZE + 1, SEV_STATUS_INVALID_ADDRESS},
        {SEV_START_SESSION_ADDR, 8, 1ull << 52, SEV_STATUS_INVALID_ADDRESS},
    };
    struct snapshot before = snapshot(h);

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t at = CMD_ADDR + cases[i].at;

        prepare(POLICY);
        cases[i].size == 4 ? put32(h, at, (uint32_t)cases[i].value) : put64(h, at, cases[i].value);
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), cases[i].status);
    }
    /* One of the two alone is no session. */
    prepare(POLICY);
    put64(h, CMD_ADDR + SEV_START_CERT_ADDR, 0);
    put32(h, CMD_ADDR + SEV_START_CERT_LEN, 0);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_INVALID_LEN);
    prepare(POLICY);
    put64(h, CMD_ADDR + SEV_START_SESSION_ADDR, 0);
    put32(h, CMD_ADDR + SEV_START_SESSION_LEN, 0);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_INVALID_LEN);
    assert_unchanged(h, before);
}

static void a_host_that_fails(void **state)
{
    (void)state;
    struct snapshot before = snapshot(h);

    for (int after = 1; after < 3; after++) { /* certificate, session */
        prepare(POLICY);
        harness_fail(h, FAULT_RAM_READ, after);
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_HWERROR_PLATFORM);
    }
    prepare(POLICY);
    harness_fail(h, FAULT_RANDOM, 0); /* the VEK */
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_HWERROR_PLATFORM);
    prepare(POLICY);
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(h, before);
}

/* --- ATTESTATION ----------------------------------------------------------------------------- */

static enum sev_status exec_attestation(uint32_t handle, uint64_t addr, uint32_t len)
{
    cmd_clear(h);
    put32(h, CMD_ADDR, handle);
    put64(h, CMD_ADDR + SEV_ATTESTATION_ADDR, addr);
    put(h, CMD_ADDR + SEV_ATTESTATION_MNONCE, mnonce, 16);
    put32(h, CMD_ADDR + SEV_ATTESTATION_LEN, len);
    return exec(h, SEV_CMD_ATTESTATION);
}

static uint32_t measured_guest(void)
{
    uint8_t blob[48];
    uint32_t handle;

    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_SUCCESS);
    handle = get32(h, CMD_ADDR);
    do_measure(h, handle, blob);
    return handle;
}

static void report_known_answer(void **state)
{
    (void)state;
    uint8_t want[208];
    uint32_t handle = measured_guest();

    vector_exact("start.txt", "report", want, sizeof(want));
    for (unsigned i = 0; i < 2; i++) { /* LSECRET, RUNNING */
        memset(h->ram + BLOB_ADDR, 0xff, 0x200);
        assert_int_equal(exec_attestation(handle, BLOB_ADDR, 0x200), SEV_STATUS_SUCCESS);
        assert_memory_equal(h->ram + BLOB_ADDR, want, sizeof(want));
        assert_int_equal(h->ram[BLOB_ADDR + 208], 0xff);
        assert_int_equal(get32(h, CMD_ADDR + SEV_ATTESTATION_LEN), 208);
        if (i == 0)
            do_finish(h, handle);
    }
}

static void report_refusals(void **state)
{
    (void)state;
    uint32_t handle = measured_guest();
    struct snapshot before = snapshot(h);

    assert_int_equal(exec_attestation(handle, 0, 208), SEV_STATUS_INVALID_LEN);
    assert_int_equal(get32(h, CMD_ADDR + SEV_ATTESTATION_LEN), 208);
    assert_int_equal(exec_attestation(handle, BLOB_ADDR, 207), SEV_STATUS_INVALID_LEN);
    assert_int_equal(get32(h, CMD_ADDR + SEV_ATTESTATION_LEN), 208);
    assert_int_equal(exec_attestation(handle, RAM_SIZE - 207, 208), SEV_STATUS_INVALID_ADDRESS);
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec_attestation(handle, BLOB_ADDR, 208), SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(h, before);
    harness_fail(h, FAULT_RAM_WRITE, 1);
    assert_int_equal(exec_attestation(handle, BLOB_ADDR, 208), SEV_STATUS_HWERROR_PLATFORM);
    prepare(POLICY);
    place("cert_godh_plain", "session");
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_attestation(get32(h, CMD_ADDR), BLOB_ADDR, 208),
                     SEV_STATUS_INVALID_GUEST_STATE); /* not measured yet */
}

/* --- LAUNCH_UPDATE_VMSA ---------------------------------------------------------------------- */

static void vmsa(void **state)
{
    (void)state;
    uint32_t plain, es;
    uint8_t digest[32], seen[4096], want[4096];
    struct psp_guest_info info;
    struct snapshot before;
    enum sev_cmd id = SEV_CMD_LAUNCH_UPDATE_VMSA;

    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    cmd_clear(h);
    put32(h, CMD_ADDR + SEV_INIT_FLAGS, SEV_INIT_FLAG_ES);
    put64(h, CMD_ADDR + SEV_INIT_TMR_ADDR, 0x300000);
    put32(h, CMD_ADDR + SEV_INIT_TMR_LEN, 0x100000);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
    es = do_start(h, SEV_POLICY_ES);
    plain = do_start(h, 0);
    assert_int_equal(exec_region(h, id, plain, DATA_ADDR, 4096), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(exec_region(h, id, es, DATA_ADDR, 4096), SEV_STATUS_INACTIVE);
    do_activate(h, es, 1);
    before = snapshot(h);
    assert_int_equal(exec_region(h, id, es, DATA_ADDR, 4080), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_region(h, id, es, DATA_ADDR, 8192), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_region(h, id, es, DATA_ADDR + 16, 4096), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_region(h, id, es, RAM_SIZE, 4096), SEV_STATUS_INVALID_ADDRESS);
    assert_unchanged(h, before);
    memcpy(want, h->ram + DATA_ADDR, 4096);
    crypto_sha256(want, 4096, digest);
    assert_int_equal(exec_region(h, id, es, DATA_ADDR, 4096), SEV_STATUS_SUCCESS);
    assert_true(psp_get_guest(h->psp, 0, &info));
    assert_memory_equal(info.launch_digest, digest, 32);
    guest_read(h, 1, DATA_ADDR, seen, 4096);
    assert_memory_equal(seen, want, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(measured_under_the_owners_key),
        T(the_session_beats_fixed_keys),
        T(bound_to_the_policy),
        T(every_bit_of_the_session_counts),
        T(bad_certificates),
        T(another_owners_certificate),
        T(another_platforms_session),
        T(after_pdh_gen_the_session_is_worthless),
        T(lengths_and_addresses),
        T(a_host_that_fails),
        T(report_known_answer),
        T(report_refusals),
        T(vmsa),
    };

    return cmocka_run_group_tests_name("start", tests, NULL, NULL);
}
