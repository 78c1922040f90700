/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of SEND_* and RECEIVE_*: a guest moves between two platforms that share nothing but the
 * bytes which travel.
 */
#include "fixture.h"

#include "protocol/root.h"
#include "protocol/session.h"

#define PLAT_ADDR    0x10000u /* the target's PEK, OCA, CEK */
#define AMD_ADDR     0x14000u /* ASK, ARK */
#define SESSION_ADDR 0x18000u
#define GUEST_ADDR   0x110000u /* what do_launch() encrypts for ASID 1 */
#define ES_POLICY    (SEV_POLICY_ES | SEV_POLICY_NODBG)

static struct harness *a, *b; /* from, to */
static uint32_t amd_len;

static void start_es(struct harness *h)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SEV_INIT_FLAGS, SEV_INIT_FLAG_ES);
    put64(h, CMD_ADDR + SEV_INIT_TMR_ADDR, 0x300000);
    put32(h, CMD_ADDR + SEV_INIT_TMR_LEN, 0x100000);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
}

/* The target's certificates arrive in the sender's memory. */
static void exchange_certificates(void)
{
    uint8_t pdh[CERT_SIZE], chain[CERT_CHAIN_SIZE], wire[CERT_ROOT_MAX];
    struct cert_root root;
    size_t len;

    do_export(b, pdh, chain);
    put(a, TRANS_ADDR, pdh, sizeof(pdh));
    put(a, PLAT_ADDR, chain, sizeof(chain));
    root_ask(&root);
    len = cert_root_write(&root, wire);
    put(a, AMD_ADDR, wire, len);
    amd_len = (uint32_t)len;
    root_ark(&root);
    len = cert_root_write(&root, wire);
    put(a, AMD_ADDR + amd_len, wire, len);
    amd_len += (uint32_t)len;
}

static int setup(void **state)
{
    (void)state;
    a = harness_new();
    b = harness_new();
    b->seed ^= 0x1234; /* another chip */
    start_es(a);
    start_es(b);
    exchange_certificates();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_free(a);
    harness_free(b);
    return 0;
}

static void prepare_send(uint32_t handle)
{
    cmd_clear(a);
    put32(a, CMD_ADDR, handle);
    put64(a, CMD_ADDR + SEV_SEND_START_PDH_ADDR, TRANS_ADDR);
    put32(a, CMD_ADDR + SEV_SEND_START_PDH_LEN, CERT_SIZE);
    put64(a, CMD_ADDR + SEV_SEND_START_PLAT_ADDR, PLAT_ADDR);
    put32(a, CMD_ADDR + SEV_SEND_START_PLAT_LEN, CERT_CHAIN_SIZE);
    put64(a, CMD_ADDR + SEV_SEND_START_AMD_ADDR, AMD_ADDR);
    put32(a, CMD_ADDR + SEV_SEND_START_AMD_LEN, amd_len);
    put64(a, CMD_ADDR + SEV_SEND_START_SESSION_ADDR, SESSION_ADDR);
    put32(a, CMD_ADDR + SEV_SEND_START_SESSION_LEN, SESSION_SIZE);
}

static enum sev_status send_start(uint32_t handle)
{
    prepare_send(handle);
    return exec(a, SEV_CMD_SEND_START);
}

/* The session and the sender's PDH arrive at the target. */
static enum sev_status receive_start(uint32_t policy)
{
    uint8_t pdh[CERT_SIZE], chain[CERT_CHAIN_SIZE], session[SESSION_SIZE];

    memcpy(session, a->ram + SESSION_ADDR, sizeof(session));
    do_export(a, pdh, chain);
    put(b, TRANS_ADDR, pdh, sizeof(pdh));
    put(b, SESSION_ADDR, session, sizeof(session));
    cmd_start(b, policy, SESSION_ADDR);
    return exec(b, SEV_CMD_RECEIVE_START);
}

static enum sev_status transfer(struct harness *h, enum sev_cmd id, uint32_t handle, uint64_t addr,
                                uint32_t len)
{
    cmd_packet(h, handle, BLOB_ADDR, addr, len);
    return exec(h, id);
}

/* The packet travels. */
static void carry(uint32_t len)
{
    put(b, BLOB_ADDR, a->ram + BLOB_ADDR, 52);
    put(b, TRANS_ADDR, a->ram + TRANS_ADDR, len);
}

/* Both ends ready to move pages; gives the two handles, ASID 1 here, 2 there. */
static void connect(uint32_t policy, uint32_t *from, uint32_t *to)
{
    *from = do_launch(a, policy, 1);
    assert_int_equal(send_start(*from), SEV_STATUS_SUCCESS);
    assert_int_equal(get32(a, CMD_ADDR + SEV_SEND_START_POLICY), policy);
    assert_int_equal(guest_state(a, *from), SEV_GUEST_SUPDATE);
    assert_int_equal(receive_start(policy), SEV_STATUS_SUCCESS);
    *to = get32(b, CMD_ADDR);
    assert_int_equal(guest_state(b, *to), SEV_GUEST_RUPDATE);
    do_activate(b, *to, 2);
}

static void a_guest_moves(void **state)
{
    (void)state;
    uint8_t want[0x1000], seen[0x1000];
    uint32_t from, to;

    connect(ES_POLICY, &from, &to);
    guest_read(a, 1, GUEST_ADDR, want, sizeof(want));
    for (uint32_t at = 0; at < 0x1000; at += 0x400) {
        enum sev_cmd id = SEV_CMD_RECEIVE_UPDATE_DATA;

        assert_int_equal(transfer(a, SEV_CMD_SEND_UPDATE_DATA, from, GUEST_ADDR + at, 0x400),
                         SEV_STATUS_SUCCESS);
        assert_memory_not_equal(a->ram + TRANS_ADDR, want + at, 0x10);
        carry(0x400);
        assert_int_equal(transfer(b, id, to, DATA_ADDR + at, 0x400), SEV_STATUS_SUCCESS);
    }
    guest_read(b, 2, DATA_ADDR, seen, sizeof(seen));
    assert_memory_equal(seen, want, sizeof(want));
    assert_memory_not_equal(a->keys[1].vek, b->keys[2].vek, 16);

    assert_int_equal(transfer(a, SEV_CMD_SEND_UPDATE_VMSA, from, GUEST_ADDR, 4096),
                     SEV_STATUS_SUCCESS);
    carry(4096);
    /* What was sent as a VMSA is no data, and the reverse. */
    assert_int_equal(transfer(b, SEV_CMD_RECEIVE_UPDATE_DATA, to, 0x200000, 4096),
                     SEV_STATUS_BAD_MEASUREMENT);
    assert_int_equal(transfer(b, SEV_CMD_RECEIVE_UPDATE_VMSA, to, 0x200000, 4096),
                     SEV_STATUS_SUCCESS);
    guest_read(b, 2, 0x200000, seen, sizeof(seen));
    assert_memory_equal(seen, want, sizeof(want));

    assert_int_equal(exec_handle(a, SEV_CMD_SEND_FINISH, from), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(b, SEV_CMD_RECEIVE_FINISH, to), SEV_STATUS_SUCCESS);
    assert_int_equal(guest_state(a, from), SEV_GUEST_SENT);
    assert_int_equal(guest_state(b, to), SEV_GUEST_RUNNING);
}

static void a_sent_guest_is_only_good_for_deletion(void **state)
{
    (void)state;
    uint32_t from, to;

    connect(0, &from, &to);
    assert_int_equal(exec_handle(a, SEV_CMD_SEND_FINISH, from), SEV_STATUS_SUCCESS);
    assert_int_equal(transfer(a, SEV_CMD_SEND_UPDATE_DATA, from, GUEST_ADDR, 16),
                     SEV_STATUS_INVALID_GUEST_STATE);
    assert_int_equal(send_start(from), SEV_STATUS_INVALID_GUEST_STATE);
    assert_int_equal(exec_activate(a, from, 3), SEV_STATUS_INVALID_GUEST_STATE);
    assert_int_equal(exec_handle(a, SEV_CMD_GUEST_STATUS, from), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(a, SEV_CMD_DEACTIVATE, from), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(a, SEV_CMD_DECOMMISSION, from), SEV_STATUS_SUCCESS);
}

static void cancel_and_send_again(void **state)
{
    (void)state;
    uint32_t from, to;
    uint8_t session[SESSION_SIZE], header[52], data[16];
    enum sev_cmd id = SEV_CMD_RECEIVE_UPDATE_DATA;

    connect(0, &from, &to);
    memcpy(session, a->ram + SESSION_ADDR, sizeof(session));
    assert_int_equal(transfer(a, SEV_CMD_SEND_UPDATE_DATA, from, GUEST_ADDR, 16),
                     SEV_STATUS_SUCCESS);
    memcpy(header, a->ram + BLOB_ADDR, sizeof(header));
    memcpy(data, a->ram + TRANS_ADDR, sizeof(data));
    assert_int_equal(exec_handle(a, SEV_CMD_SEND_CANCEL, from), SEV_STATUS_SUCCESS);
    assert_int_equal(guest_state(a, from), SEV_GUEST_RUNNING);
    exchange_certificates();
    assert_int_equal(send_start(from), SEV_STATUS_SUCCESS);
    assert_memory_not_equal(session, a->ram + SESSION_ADDR, 16);
    /* A packet of the first journey is still good there, one of the second is not. */
    put(b, BLOB_ADDR, header, sizeof(header));
    put(b, TRANS_ADDR, data, sizeof(data));
    assert_int_equal(transfer(b, id, to, DATA_ADDR, 16), SEV_STATUS_SUCCESS);
    assert_int_equal(transfer(a, SEV_CMD_SEND_UPDATE_DATA, from, GUEST_ADDR, 16),
                     SEV_STATUS_SUCCESS);
    carry(16);
    assert_int_equal(transfer(b, id, to, DATA_ADDR, 16), SEV_STATUS_BAD_MEASUREMENT);
}

static void received_guests_go_on_travelling(void **state)
{
    (void)state;
    uint32_t from, to;
    struct harness *keep;

    connect(0, &from, &to);
    assert_int_equal(exec_handle(b, SEV_CMD_RECEIVE_FINISH, to), SEV_STATUS_SUCCESS);
    keep = a;
    a = b;
    b = keep;
    exchange_certificates();
    assert_int_equal(send_start(to), SEV_STATUS_SUCCESS);
    assert_int_equal(receive_start(0), SEV_STATUS_SUCCESS);
}

/* --- policy ---------------------------------------------------------------------------------- */

static void nosend(void **state)
{
    (void)state;
    uint32_t from = do_launch(a, SEV_POLICY_NOSEND, 1);

    assert_int_equal(send_start(from), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(exec_handle(a, SEV_CMD_SEND_START, from), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(guest_state(a, from), SEV_GUEST_RUNNING);
}

static void the_targets_api_must_be_new_enough(void **state)
{
    (void)state;
    uint32_t from = do_launch(a, 0x18000000, 1); /* 0.24 */
    uint8_t pdh[CERT_SIZE], chain[CERT_CHAIN_SIZE];

    exchange_certificates();
    assert_int_equal(send_start(from), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(a, SEV_CMD_SEND_CANCEL, from), SEV_STATUS_SUCCESS);

    b->config.api_minor = 23;
    b->nv_len = 0;
    harness_start(b);
    start_es(b);
    do_export(b, pdh, chain);
    exchange_certificates();
    assert_int_equal(send_start(from), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(guest_state(a, from), SEV_GUEST_RUNNING);
}

static void domain_means_the_same_owner(void **state)
{
    (void)state;
    uint32_t from;

    fixture_take_ownership(a, 9);
    from = do_launch(a, SEV_POLICY_DOMAIN, 1);
    exchange_certificates();
    assert_int_equal(send_start(from), SEV_STATUS_POLICY_FAILURE);
    fixture_take_ownership(b, 8); /* another owner */
    exchange_certificates();
    assert_int_equal(send_start(from), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(exec(b, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    assert_int_equal(exec(b, SEV_CMD_FACTORY_RESET), SEV_STATUS_SUCCESS);
    start_es(b);
    fixture_take_ownership(b, 9);
    exchange_certificates();
    assert_int_equal(send_start(from), SEV_STATUS_SUCCESS);
}

static void sev_means_a_genuine_chip(void **state)
{
    (void)state;
    uint32_t from = do_launch(a, SEV_POLICY_SEV, 1);
    uint32_t ask_len = amd_len / 2;
    struct snapshot before;
    struct cert_root root;

    exchange_certificates();
    before = snapshot(a);
    prepare_send(from);
    put32(a, CMD_ADDR + SEV_SEND_START_AMD_LEN, 0);
    assert_int_equal(exec(a, SEV_CMD_SEND_START), SEV_STATUS_INVALID_LEN);
    put32(a, CMD_ADDR + SEV_SEND_START_AMD_LEN, 3201);
    assert_int_equal(exec(a, SEV_CMD_SEND_START), SEV_STATUS_INVALID_LEN);
    prepare_send(from);
    put64(a, CMD_ADDR + SEV_SEND_START_AMD_ADDR, RAM_SIZE - 16);
    assert_int_equal(exec(a, SEV_CMD_SEND_START), SEV_STATUS_INVALID_ADDRESS);
    prepare_send(from);
    put32(a, CMD_ADDR + SEV_SEND_START_AMD_LEN, amd_len - 1); /* truncated ARK */
    assert_int_equal(exec(a, SEV_CMD_SEND_START), SEV_STATUS_INVALID_CERTIFICATE);
    put32(a, CMD_ADDR + SEV_SEND_START_AMD_LEN, 100); /* truncated ASK */
    assert_int_equal(exec(a, SEV_CMD_SEND_START), SEV_STATUS_INVALID_CERTIFICATE);
    put32(a, CMD_ADDR + SEV_SEND_START_AMD_LEN, ask_len); /* no ARK */
    assert_int_equal(exec(a, SEV_CMD_SEND_START), SEV_STATUS_INVALID_CERTIFICATE);

    a->ram[AMD_ADDR + amd_len - 1] ^= 1; /* the ARK's signature of itself */
    assert_int_equal(send_start(from), SEV_STATUS_BAD_SIGNATURE);
    a->ram[AMD_ADDR + amd_len - 1] ^= 1;
    a->ram[AMD_ADDR + ask_len - 1] ^= 1; /* the ARK's signature of the ASK */
    assert_int_equal(send_start(from), SEV_STATUS_BAD_SIGNATURE);
    a->ram[AMD_ADDR + ask_len - 1] ^= 1;
    a->ram[AMD_ADDR + ask_len + 0x40 + 512 + 5] ^= 4; /* another modulus: another ARK */
    assert_int_equal(send_start(from), SEV_STATUS_INVALID_CERTIFICATE);
    a->ram[AMD_ADDR + ask_len + 0x40 + 512 + 5] ^= 4;
    harness_fail(a, FAULT_RAM_READ, 3);
    assert_int_equal(send_start(from), SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(a, before);
    root_ark(&root);
    assert_true(root_is_model(&root));
    assert_int_equal(send_start(from), SEV_STATUS_SUCCESS);
}

/* --- SEND_START's own checks ------------------------------------------------------------------ */

static void the_targets_chain_is_verified(void **state)
{
    (void)state;
    /* In PDH, PEK, OCA, CEK: version, and the usage of the key. */
    static const uint32_t at[] = {TRANS_ADDR, PLAT_ADDR, PLAT_ADDR + CERT_SIZE,
                                  PLAT_ADDR + 2 * CERT_SIZE};
    uint32_t from = do_launch(a, 0, 1);
    struct snapshot before;

    exchange_certificates();
    before = snapshot(a);
    for (unsigned i = 0; i < 4; i++) {
        a->ram[at[i]] ^= 2;
        assert_int_equal(send_start(from), SEV_STATUS_INVALID_CERTIFICATE);
        a->ram[at[i]] ^= 2;
        put32(a, at[i] + 8, get32(a, at[i] + 8) ^ 7); /* some other usage */
        assert_int_equal(send_start(from), SEV_STATUS_INVALID_CERTIFICATE);
        put32(a, at[i] + 8, get32(a, at[i] + 8) ^ 7);
    }
    /* A signature each: PDH by PEK, PEK by OCA and by CEK, OCA by itself. */
    for (unsigned i = 0; i < 4; i++) {
        static const uint32_t sig[] = {TRANS_ADDR + 0x41c, PLAT_ADDR + 0x41c, PLAT_ADDR + 0x624,
                                       PLAT_ADDR + CERT_SIZE + 0x41c};

        a->ram[sig[i]] ^= 1;
        assert_int_equal(send_start(from), SEV_STATUS_BAD_SIGNATURE);
        a->ram[sig[i]] ^= 1;
    }
    assert_unchanged(a, before);
    assert_int_equal(send_start(from), SEV_STATUS_SUCCESS);
}

static void send_start_lengths_and_addresses(void **state)
{
    (void)state;
    static const struct {
        unsigned at, size;
        uint64_t value;
        enum sev_status status;
    } cases[] = {
        {SEV_SEND_START_PDH_LEN, 4, CERT_SIZE - 1, SEV_STATUS_INVALID_LEN},
        {SEV_SEND_START_PLAT_LEN, 4, CERT_CHAIN_SIZE + 1, SEV_STATUS_INVALID_LEN},
        {SEV_SEND_START_PDH_ADDR, 8, RAM_SIZE - 1, SEV_STATUS_INVALID_ADDRESS},
        {SEV_SEND_START_PLAT_ADDR, 8, RAM_SIZE - 1, SEV_STATUS_INVALID_ADDRESS},
        {SEV_SEND_START_SESSION_ADDR, 8, RAM_SIZE - 1, SEV_STATUS_INVALID_ADDRESS},
        {SEV_SEND_START_SESSION_ADDR, 8, 0, SEV_STATUS_INVALID_LEN},
        {SEV_SEND_START_SESSION_LEN, 4, 127, SEV_STATUS_INVALID_LEN},
    };
    uint32_t from = do_launch(a, 0, 1);
    struct snapshot before;

    exchange_certificates();
    before = snapshot(a);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t at = CMD_ADDR + cases[i].at;

        prepare_send(from);
        cases[i].size == 4 ? put32(a, at, (uint32_t)cases[i].value) : put64(a, at, cases[i].value);
        assert_int_equal(exec(a, SEV_CMD_SEND_START), cases[i].status);
    }
    assert_int_equal(get32(a, CMD_ADDR + SEV_SEND_START_SESSION_LEN), 128); /* a length query */
    for (int after = 1; after < 3; after++) {
        harness_fail(a, FAULT_RAM_READ, after);
        assert_int_equal(send_start(from), SEV_STATUS_HWERROR_PLATFORM);
    }
    for (int after = 0; after < 3; after++) {
        harness_fail(a, FAULT_RANDOM, after);
        assert_int_equal(send_start(from), SEV_STATUS_HWERROR_PLATFORM);
    }
    harness_fail(a, FAULT_RAM_WRITE, 0);
    assert_int_equal(send_start(from), SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(a, before);
    harness_fail(a, FAULT_RAM_WRITE, 1);
    assert_int_equal(send_start(from), SEV_STATUS_HWERROR_PLATFORM);
    assert_int_equal(guest_state(a, from), SEV_GUEST_RUNNING);
}

/* --- updates --------------------------------------------------------------------------------- */

static void send_update_refusals(void **state)
{
    (void)state;
    uint32_t from, to;
    enum sev_cmd id = SEV_CMD_SEND_UPDATE_DATA;

    connect(0, &from, &to);
    assert_int_equal(transfer(a, id, from, GUEST_ADDR, 0), SEV_STATUS_INVALID_LEN);
    assert_int_equal(transfer(a, id, from, GUEST_ADDR, 24), SEV_STATUS_INVALID_LEN);
    assert_int_equal(transfer(a, id, from, GUEST_ADDR, 0x4010), SEV_STATUS_INVALID_LEN);
    assert_int_equal(transfer(a, id, from, GUEST_ADDR + 8, 16), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(transfer(a, id, from, RAM_SIZE, 16), SEV_STATUS_INVALID_ADDRESS);
    /* A length query: header and packet. KVM fills in nothing but the handle. */
    assert_int_equal(exec_handle(a, id, from), SEV_STATUS_INVALID_LEN);
    assert_int_equal(get32(a, CMD_ADDR + SEV_PACKET_HEADER_LEN), 52);
    assert_int_equal(get32(a, CMD_ADDR + SEV_PACKET_TRANS_LEN), 0x4000);
    cmd_clear(a);
    put32(a, CMD_ADDR, from);
    put64(a, CMD_ADDR + SEV_PACKET_GUEST_ADDR, GUEST_ADDR);
    put32(a, CMD_ADDR + SEV_PACKET_GUEST_LEN, 0x100);
    assert_int_equal(exec(a, id), SEV_STATUS_INVALID_LEN);
    assert_int_equal(get32(a, CMD_ADDR + SEV_PACKET_HEADER_LEN), 52);
    assert_int_equal(get32(a, CMD_ADDR + SEV_PACKET_TRANS_LEN), 0x100);
    put64(a, CMD_ADDR + SEV_PACKET_HEADER_ADDR, BLOB_ADDR);
    put64(a, CMD_ADDR + SEV_PACKET_TRANS_ADDR, TRANS_ADDR);
    put32(a, CMD_ADDR + SEV_PACKET_TRANS_LEN, 0xff);
    assert_int_equal(exec(a, id), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec(a, id), SEV_STATUS_SUCCESS); /* with what it stored */

    harness_fail(a, FAULT_RANDOM, 0);
    assert_int_equal(transfer(a, id, from, GUEST_ADDR, 16), SEV_STATUS_HWERROR_PLATFORM);
    harness_fail(a, FAULT_RAM_READ, 1);
    assert_int_equal(transfer(a, id, from, GUEST_ADDR, 16), SEV_STATUS_HWERROR_PLATFORM);
    for (int after = 0; after < 3; after++) {
        harness_fail(a, FAULT_RAM_WRITE, after);
        assert_int_equal(transfer(a, id, from, GUEST_ADDR, 16), SEV_STATUS_HWERROR_PLATFORM);
    }
    assert_int_equal(transfer(a, SEV_CMD_SEND_UPDATE_VMSA, from, GUEST_ADDR, 4096),
                     SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(exec_handle(a, SEV_CMD_DEACTIVATE, from), SEV_STATUS_SUCCESS);
    assert_int_equal(transfer(a, id, from, GUEST_ADDR, 16), SEV_STATUS_INACTIVE);
}

static void receive_update_refusals(void **state)
{
    (void)state;
    uint32_t from, to;
    enum sev_cmd id = SEV_CMD_RECEIVE_UPDATE_DATA;
    struct snapshot before;

    connect(0, &from, &to);
    assert_int_equal(transfer(a, SEV_CMD_SEND_UPDATE_DATA, from, GUEST_ADDR, 0x100),
                     SEV_STATUS_SUCCESS);
    carry(0x100);
    before = snapshot(b);
    b->ram[BLOB_ADDR + 30] ^= 1;
    assert_int_equal(transfer(b, id, to, DATA_ADDR, 0x100), SEV_STATUS_BAD_MEASUREMENT);
    b->ram[BLOB_ADDR + 30] ^= 1;
    b->ram[TRANS_ADDR + 30] ^= 1;
    assert_int_equal(transfer(b, id, to, DATA_ADDR, 0x100), SEV_STATUS_BAD_MEASUREMENT);
    b->ram[TRANS_ADDR + 30] ^= 1;
    assert_int_equal(transfer(b, id, to, DATA_ADDR, 0xf0), SEV_STATUS_BAD_MEASUREMENT);
    assert_int_equal(transfer(b, id, to, DATA_ADDR + 1, 0x100), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(transfer(b, SEV_CMD_RECEIVE_UPDATE_VMSA, to, DATA_ADDR, 4096),
                     SEV_STATUS_POLICY_FAILURE);
    harness_fail(b, FAULT_RAM_WRITE, 0);
    assert_int_equal(transfer(b, id, to, DATA_ADDR, 0x100), SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(b, before);
    assert_int_equal(transfer(b, id, to, DATA_ADDR, 0x100), SEV_STATUS_SUCCESS);
}

static void vmsas_are_whole_pages(void **state)
{
    (void)state;
    uint32_t from, to;

    connect(ES_POLICY, &from, &to);
    assert_int_equal(transfer(a, SEV_CMD_SEND_UPDATE_VMSA, from, GUEST_ADDR, 2048),
                     SEV_STATUS_INVALID_LEN);
    assert_int_equal(transfer(a, SEV_CMD_SEND_UPDATE_VMSA, from, GUEST_ADDR + 16, 4096),
                     SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(transfer(b, SEV_CMD_RECEIVE_UPDATE_VMSA, to, DATA_ADDR, 8192),
                     SEV_STATUS_INVALID_LEN);
    assert_int_equal(transfer(b, SEV_CMD_RECEIVE_UPDATE_VMSA, to, DATA_ADDR + 16, 4096),
                     SEV_STATUS_INVALID_ADDRESS);
}

/* --- RECEIVE_START --------------------------------------------------------------------------- */

static void receive_start_refusals(void **state)
{
    (void)state;
    uint32_t from = do_launch(a, 0, 1);
    struct snapshot before;

    assert_int_equal(send_start(from), SEV_STATUS_SUCCESS);
    assert_int_equal(receive_start(SEV_POLICY_NODBG), SEV_STATUS_BAD_MEASUREMENT);
    assert_int_equal(receive_start(0x19000000), SEV_STATUS_POLICY_FAILURE);
    before = snapshot(b);
    cmd_clear(b); /* no session */
    assert_int_equal(exec(b, SEV_CMD_RECEIVE_START), SEV_STATUS_INVALID_LEN);
    assert_unchanged(b, before);
    assert_int_equal(platform_state(b), SEV_PLATFORM_INIT);
    assert_int_equal(receive_start(0), SEV_STATUS_SUCCESS);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_guest_moves),
        T(a_sent_guest_is_only_good_for_deletion),
        T(cancel_and_send_again),
        T(received_guests_go_on_travelling),
        T(nosend),
        T(the_targets_api_must_be_new_enough),
        T(domain_means_the_same_owner),
        T(sev_means_a_genuine_chip),
        T(the_targets_chain_is_verified),
        T(send_start_lengths_and_addresses),
        T(send_update_refusals),
        T(receive_update_refusals),
        T(vmsas_are_whole_pages),
        T(receive_start_refusals),
    };

    return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
