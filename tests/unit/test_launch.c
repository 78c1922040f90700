/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the launch commands. The known answers are those of tests/vectors: the measurement that
 * virtee/sev and sev-tool publish, and packets made by python3-cryptography.
 */
#include "one_processor.h"

#include "protocol/crypto.h"
#include "vectors.h"

static uint8_t tik[16], tek[16], mnonce[16];

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    vector_exact("packet.txt", "tik", tik, 16);
    vector_exact("packet.txt", "tek", tek, 16);
    vector_exact("measure.txt", "mnonce", mnonce, 16);
    h->config.api_minor = 18;
    h->config.build = 15;
    h->config.tik = tik;
    h->config.tek = tek;
    h->config.mnonce = mnonce;
    harness_start(h);
    do_init(h);
    return 0;
}

/* --- LAUNCH_START ---------------------------------------------------------------------------- */

static void start_checks_the_policy(void **state)
{
    (void)state;
    struct snapshot before = snapshot(h);

    for (unsigned bit = 6; bit < 16; bit++)
        assert_int_equal(exec_start(h, 0, 1u << bit), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(exec_start(h, 0, 0x13000000), SEV_STATUS_POLICY_FAILURE); /* 0.19 */
    assert_int_equal(exec_start(h, 0, 0x00010000), SEV_STATUS_POLICY_FAILURE); /* 1.0 */
    assert_int_equal(exec_start(h, 0, SEV_POLICY_ES), SEV_STATUS_POLICY_FAILURE);
    assert_unchanged(h, before);
    do_start(h, 0x12000000 | 0x3b); /* 0.18, everything but ES */
}

static void newer_major_beats_minor(void **state)
{
    (void)state;
    h->config.api_major = 1;
    h->config.api_minor = 0;
    harness_start(h);
    do_init(h);
    do_start(h, 0xff000000);
    do_start(h, 0x00010000);
    assert_int_equal(exec_start(h, 0, 0x01010000), SEV_STATUS_POLICY_FAILURE);
}

static void start_shares_keys(void **state)
{
    (void)state;
    uint32_t a = do_start(h, 0), b = do_start(h, SEV_POLICY_NOKS), c;
    struct snapshot before = snapshot(h);

    assert_int_equal(exec_start(h, 12345, 0), SEV_STATUS_INVALID_GUEST);
    assert_int_equal(exec_start(h, b, SEV_POLICY_NOKS), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(exec_start(h, b, 0), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(exec_start(h, a, SEV_POLICY_NODBG), SEV_STATUS_POLICY_FAILURE);
    assert_unchanged(h, before);
    assert_int_equal(exec_start(h, a, 0), SEV_STATUS_SUCCESS);
    c = get32(h, CMD_ADDR);
    assert_true(c != a && c != b);
    do_activate(h, a, 1);
    do_activate(h, b, 2);
    do_activate(h, c, 3);
    assert_memory_equal(h->keys[1].vek, h->keys[3].vek, 16);
    assert_memory_not_equal(h->keys[1].vek, h->keys[2].vek, 16);
}

static void start_survives_a_host_that_fails(void **state)
{
    (void)state;
    struct snapshot before;

    h->config.tik = h->config.tek = NULL; /* three draws: VEK, TEK, TIK */
    harness_start(h);
    do_init(h);
    before = snapshot(h);
    for (int after = 0; after < 3; after++) {
        harness_fail(h, FAULT_RANDOM, after);
        assert_int_equal(exec_start(h, 0, 0), SEV_STATUS_HWERROR_PLATFORM);
        assert_unchanged(h, before);
    }
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec_start(h, 0, 0), SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(h, before);
    assert_int_equal(platform_state(h), SEV_PLATFORM_INIT);
    do_start(h, 0);
}

/* --- LAUNCH_UPDATE_DATA ---------------------------------------------------------------------- */

static void update_encrypts_in_place(void **state)
{
    (void)state;
    uint32_t len = 3 * 0x10000 + 0x30; /* three whole pieces and a bit */
    uint8_t *plain = h->ram + 0x200000, *seen = h->ram + 0x300000;
    uint32_t handle = do_start(h, 0);

    memcpy(plain, h->ram + DATA_ADDR, len);
    do_activate(h, handle, 1);
    do_update(h, handle, DATA_ADDR, len);
    guest_read(h, 1, DATA_ADDR, seen, len);
    assert_memory_equal(seen, plain, len);
    for (uint32_t i = 0; i < len; i += 16)
        assert_memory_not_equal(h->ram + DATA_ADDR + i, plain + i, 16);
}

static void update_checks_everything_first(void **state)
{
    (void)state;
    uint32_t handle = do_start(h, 0);
    struct snapshot before = snapshot(h);
    enum sev_cmd id = SEV_CMD_LAUNCH_UPDATE_DATA;

    assert_int_equal(exec_region(h, id, handle, DATA_ADDR, 16), SEV_STATUS_INACTIVE);
    assert_unchanged(h, before);
    do_activate(h, handle, 1);
    before = snapshot(h);
    assert_int_equal(exec_region(h, id, handle, DATA_ADDR + 1, 0), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_region(h, id, handle, DATA_ADDR, 15), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_region(h, id, handle, DATA_ADDR, 17), SEV_STATUS_INVALID_LEN);
    for (unsigned i = 1; i < 16; i++)
        assert_int_equal(exec_region(h, id, handle, DATA_ADDR + i, 16), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_region(h, id, handle, RAM_SIZE, 16), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_region(h, id, handle, RAM_SIZE - 16, 32), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_region(h, id, handle, 0, 0xfffffff0u), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_region(h, id, handle, ~0xfull, 16), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_region(h, id, handle, ~0xfull, 32), SEV_STATUS_INVALID_ADDRESS);
    assert_unchanged(h, before);
    do_update(h, handle, RAM_SIZE - 16, 16);
}

static void update_undoes_what_it_cannot_finish(void **state)
{
    (void)state;
    uint32_t len = 3 * 0x10000, handle = do_start(h, 0);
    struct snapshot before;
    uint8_t blob[2][48];

    do_activate(h, handle, 1);
    do_update(h, handle, DATA_ADDR + len, 0x40);
    before = snapshot(h);
    for (int after = 0; after < 3; after++) {
        harness_fail(h, FAULT_RAM_READ, 1 + after); /* the first read is the command buffer */
        assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_UPDATE_DATA, handle, DATA_ADDR, len),
                         SEV_STATUS_HWERROR_PLATFORM);
        assert_unchanged(h, before);
        harness_fail(h, FAULT_RAM_WRITE, after);
        assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_UPDATE_DATA, handle, DATA_ADDR, len),
                         SEV_STATUS_HWERROR_PLATFORM);
        assert_unchanged(h, before);
    }
    do_measure(h, handle, blob[0]);

    /* The same without the failures gives the same measurement. */
    handle = do_start(h, 0);
    do_activate(h, handle, 2);
    guest_read(h, 1, DATA_ADDR + len, h->ram + DATA_ADDR, 0x40);
    do_update(h, handle, DATA_ADDR, 0x40);
    do_measure(h, handle, blob[1]);
    assert_memory_equal(blob[0], blob[1], 48);
}

/* GCTX.LD is the hash of all regions in order, wherever they lie and however they are cut. */
static void digest_is_over_the_concatenation(void **state)
{
    (void)state;
    uint32_t handle = do_start(h, 0);
    struct psp_guest_info info;
    uint8_t digest[32], all[0x90];

    memcpy(all, h->ram + DATA_ADDR, 0x30);
    memcpy(all + 0x30, h->ram + 0x3000, 0x60);
    crypto_sha256(all, sizeof(all), digest);
    do_activate(h, handle, 1);
    do_update(h, handle, DATA_ADDR, 0x30);
    do_update(h, handle, 0x3000, 0x10);
    do_update(h, handle, 0x3010, 0x50);
    assert_true(psp_get_guest(h->psp, 0, &info));
    assert_memory_equal(info.launch_digest, digest, 32);
    assert_false(info.measured);
}

/* --- LAUNCH_MEASURE -------------------------------------------------------------------------- */

static void measure_known_answer(void **state)
{
    (void)state;
    uint8_t want[32], blob[48];
    struct psp_guest_info info;
    uint32_t handle = do_start(h, 0);

    vector_exact("measure.txt", "measure", want, 32);
    do_measure(h, handle, blob);
    assert_memory_equal(blob, want, 32);
    assert_memory_equal(blob + 32, mnonce, 16);
    assert_int_equal(guest_state(h, handle), SEV_GUEST_LSECRET);
    assert_true(psp_get_guest(h->psp, 0, &info));
    assert_true(info.measured);
    assert_memory_equal(info.measure, want, 32);
    assert_memory_equal(info.mnonce, mnonce, 16);
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_MEASURE, handle, BLOB_ADDR, 48),
                     SEV_STATUS_INVALID_GUEST_STATE);
}

static void measure_answers_a_length_query(void **state)
{
    (void)state;
    static const struct {
        uint64_t addr;
        uint32_t len;
    } queries[] = {{0, 0}, {BLOB_ADDR, 0}, {BLOB_ADDR, 47}, {0, 48}, {0, ~0u}, {~0ull, 0}};
    uint32_t handle = do_start(h, 0);
    struct snapshot before = snapshot(h);

    for (unsigned i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        assert_int_equal(
            exec_region(h, SEV_CMD_LAUNCH_MEASURE, handle, queries[i].addr, queries[i].len),
            SEV_STATUS_INVALID_LEN);
        assert_int_equal(get32(h, CMD_ADDR + SEV_LAUNCH_LEN), 48);
        assert_unchanged(h, before);
    }
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_MEASURE, handle, 0, 0),
                     SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(h, before);
    /* More room than needed: the length says how much was written. */
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_MEASURE, handle, BLOB_ADDR, 4096),
                     SEV_STATUS_SUCCESS);
    assert_int_equal(get32(h, CMD_ADDR + SEV_LAUNCH_LEN), 48);
}

static void measure_failures(void **state)
{
    (void)state;
    uint32_t handle;
    struct snapshot before;
    uint8_t keep[48];

    h->config.mnonce = NULL;
    harness_start(h);
    do_init(h);
    handle = do_start(h, 0);
    before = snapshot(h);
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_MEASURE, handle, RAM_SIZE - 47, 48),
                     SEV_STATUS_INVALID_ADDRESS);
    harness_fail(h, FAULT_RANDOM, 0);
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_MEASURE, handle, BLOB_ADDR, 48),
                     SEV_STATUS_HWERROR_PLATFORM);
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_MEASURE, handle, BLOB_ADDR, 48),
                     SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(h, before);
    /* The blob is out but the buffer cannot be updated: the guest does not move on. */
    memcpy(keep, h->ram + BLOB_ADDR, 48);
    harness_fail(h, FAULT_RAM_WRITE, 1);
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_MEASURE, handle, BLOB_ADDR, 48),
                     SEV_STATUS_HWERROR_PLATFORM);
    memcpy(h->ram + BLOB_ADDR, keep, 48);
    assert_unchanged(h, before);
    assert_int_equal(guest_state(h, handle), SEV_GUEST_LUPDATE);
}

static void random_nonces_and_keys_differ(void **state)
{
    (void)state;
    uint8_t a[48], b[48];

    h->config.mnonce = h->config.tik = h->config.tek = NULL;
    harness_start(h);
    do_init(h);
    do_measure(h, do_start(h, 0), a);
    do_measure(h, do_start(h, 0), b);
    assert_memory_not_equal(a, b, 32);
    assert_memory_not_equal(a + 32, b + 32, 16);
}

/* --- LAUNCH_SECRET --------------------------------------------------------------------------- */

#define SECRET_LEN 48

/* The published launch (no region, policy 0), active under ASID 1, the owner's packet in memory,
 * the command buffer filled in. */
static uint32_t prepare_secret(void)
{
    uint8_t blob[48], header[52], data[SECRET_LEN];
    uint32_t handle = do_start(h, 0);

    do_activate(h, handle, 1);
    do_measure(h, handle, blob);
    vector_exact("packet.txt", "secret_header", header, sizeof(header));
    vector_exact("packet.txt", "secret_data", data, sizeof(data));
    put(h, BLOB_ADDR, header, sizeof(header));
    put(h, TRANS_ADDR, data, sizeof(data));
    cmd_packet(h, handle, BLOB_ADDR, DATA_ADDR, SECRET_LEN);
    return handle;
}

static void secret_known_answer(void **state)
{
    (void)state;
    uint8_t want[SECRET_LEN], seen[SECRET_LEN];
    uint32_t handle = prepare_secret();

    vector_exact("packet.txt", "secret_plain", want, sizeof(want));
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_SUCCESS);
    guest_read(h, 1, DATA_ADDR, seen, sizeof(seen));
    assert_memory_equal(seen, want, sizeof(want));
    assert_memory_not_equal(h->ram + DATA_ADDR, want, 16);
    assert_int_equal(guest_state(h, handle), SEV_GUEST_LSECRET);
    assert_int_equal(h->trace.region_addr, DATA_ADDR);
    assert_int_equal(h->trace.region_len, SECRET_LEN);
    /* A second one is allowed. */
    put64(h, CMD_ADDR + SEV_PACKET_GUEST_ADDR, DATA_ADDR + 0x40);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_SUCCESS);
}

static void secret_before_0_17(void **state)
{
    (void)state;
    uint8_t want[SECRET_LEN], seen[SECRET_LEN], header[52], data[SECRET_LEN];

    h->config.api_minor = 16;
    harness_start(h);
    do_init(h);
    prepare_secret();
    vector_exact("packet.txt", "old_header", header, sizeof(header));
    vector_exact("packet.txt", "old_data", data, sizeof(data));
    vector_exact("packet.txt", "old_plain", want, sizeof(want));
    put(h, BLOB_ADDR, header, sizeof(header));
    put(h, TRANS_ADDR, data, sizeof(data));
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_SUCCESS);
    guest_read(h, 1, DATA_ADDR, seen, sizeof(seen));
    assert_memory_equal(seen, want, sizeof(want));
}

static void secret_in_order_of_checks(void **state)
{
    (void)state;
    static const struct {
        unsigned offset;
        uint64_t good, bad;
        unsigned size;
        enum sev_status status;
    } cases[] = {
        {SEV_PACKET_HEADER_LEN, 52, 51, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_HEADER_LEN, 52, 53, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_HEADER_LEN, 52, 0, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_GUEST_LEN, SECRET_LEN, 0, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_GUEST_LEN, SECRET_LEN, 47, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_GUEST_LEN, SECRET_LEN, 0x4010, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_GUEST_LEN, SECRET_LEN, 32, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_TRANS_LEN, SECRET_LEN, 0, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_TRANS_LEN, SECRET_LEN, 0x4001, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_TRANS_LEN, SECRET_LEN, 0xffffffff, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_TRANS_LEN, SECRET_LEN, 47, 4, SEV_STATUS_INVALID_LEN},
        {SEV_PACKET_HEADER_ADDR, BLOB_ADDR, RAM_SIZE - 51, 8, SEV_STATUS_INVALID_ADDRESS},
        {SEV_PACKET_HEADER_ADDR, BLOB_ADDR, ~0ull, 8, SEV_STATUS_INVALID_ADDRESS},
        {SEV_PACKET_GUEST_ADDR, DATA_ADDR, DATA_ADDR + 8, 8, SEV_STATUS_INVALID_ADDRESS},
        {SEV_PACKET_GUEST_ADDR, DATA_ADDR, RAM_SIZE - 32, 8, SEV_STATUS_INVALID_ADDRESS},
        {SEV_PACKET_GUEST_ADDR, DATA_ADDR, ~0xfull, 8, SEV_STATUS_INVALID_ADDRESS},
        {SEV_PACKET_TRANS_ADDR, TRANS_ADDR, RAM_SIZE - 47, 8, SEV_STATUS_INVALID_ADDRESS},
    };
    uint32_t handle = prepare_secret();
    struct snapshot before = snapshot(h);

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t at = CMD_ADDR + cases[i].offset;

        cases[i].size == 4 ? put32(h, at, (uint32_t)cases[i].bad) : put64(h, at, cases[i].bad);
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), cases[i].status);
        cases[i].size == 4 ? put32(h, at, (uint32_t)cases[i].good) : put64(h, at, cases[i].good);
        assert_unchanged(h, before);
    }
    put32(h, CMD_ADDR + SEV_PACKET_HEADER_LEN, 0);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, handle), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(h, SEV_CMD_LAUNCH_SECRET, handle), SEV_STATUS_INACTIVE);
}

static void secret_must_be_authentic(void **state)
{
    (void)state;
    struct snapshot before;

    prepare_secret();
    before = snapshot(h);
    for (unsigned i = 4; i < 52; i++) { /* IV and MAC */
        h->ram[BLOB_ADDR + i] ^= 0x10;
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_BAD_MEASUREMENT);
        h->ram[BLOB_ADDR + i] ^= 0x10;
    }
    for (unsigned i = 0; i < SECRET_LEN; i++) {
        h->ram[TRANS_ADDR + i] ^= 0x01;
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_BAD_MEASUREMENT);
        h->ram[TRANS_ADDR + i] ^= 0x01;
    }
    assert_unchanged(h, before);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_SUCCESS);
}

static void secret_for_another_measurement(void **state)
{
    (void)state;
    uint8_t zero[16] = {0};

    h->config.mnonce = zero;
    harness_start(h);
    do_init(h);
    prepare_secret();
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_BAD_MEASUREMENT);
}

static void secret_flags(void **state)
{
    (void)state;
    struct snapshot before;

    prepare_secret();
    h->ram[BLOB_ADDR] = 1;
    before = snapshot(h);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_UNSUPPORTED);
    assert_unchanged(h, before);
    for (unsigned bit = 1; bit < 32; bit++) {
        put32(h, BLOB_ADDR, 1u << bit);
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_INVALID_PARAM);
    }
}

static void secret_survives_a_host_that_fails(void **state)
{
    (void)state;
    struct snapshot before;

    prepare_secret();
    before = snapshot(h);
    for (int after = 1; after < 3; after++) { /* header, payload */
        harness_fail(h, FAULT_RAM_READ, after);
        assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_HWERROR_PLATFORM);
        assert_unchanged(h, before);
    }
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_SECRET), SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(h, before);
}

/* --- LAUNCH_FINISH --------------------------------------------------------------------------- */

static void finish_ends_the_launch(void **state)
{
    (void)state;
    uint32_t handle = prepare_secret();

    do_finish(h, handle);
    assert_int_equal(guest_state(h, handle), SEV_GUEST_RUNNING);
    assert_int_equal(exec_handle(h, SEV_CMD_LAUNCH_FINISH, handle), SEV_STATUS_INVALID_GUEST_STATE);
    assert_int_equal(exec_handle(h, SEV_CMD_LAUNCH_SECRET, handle), SEV_STATUS_INVALID_GUEST_STATE);
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_UPDATE_DATA, handle, DATA_ADDR, 16),
                     SEV_STATUS_INVALID_GUEST_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(start_checks_the_policy),
        T(newer_major_beats_minor),
        T(start_shares_keys),
        T(start_survives_a_host_that_fails),
        T(update_encrypts_in_place),
        T(update_checks_everything_first),
        T(update_undoes_what_it_cannot_finish),
        T(digest_is_over_the_concatenation),
        T(measure_known_answer),
        T(measure_answers_a_length_query),
        T(measure_failures),
        T(random_nonces_and_keys_differ),
        T(secret_known_answer),
        T(secret_before_0_17),
        T(secret_in_order_of_checks),
        T(secret_must_be_authentic),
        T(secret_for_another_measurement),
        T(secret_flags),
        T(secret_survives_a_host_that_fails),
        T(finish_ends_the_launch),
    };

    return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
