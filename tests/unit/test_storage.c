/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of where the chip's identity is stored: its own storage, also empty and damaged, and the
 * buffer of INIT_EX.
 */
#include "fixture.h"
#include "one_processor.h"

#include "nv.h"
#include "vectors.h"

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    fixture_chip(h);
    return 0;
}

/* --- where identity comes from --------------------------------------------------------------- */

static void a_new_chip_is_stored(void **state)
{
    (void)state;
    uint8_t pdh[CERT_SIZE], chain[CERT_CHAIN_SIZE], again[CERT_SIZE], chain_again[CERT_CHAIN_SIZE];
    struct identity id;

    h->nv_len = 0;
    harness_start(h);
    do_init(h);
    do_export(h, pdh, chain);
    fixture_stored(h, &id);
    cert_write(&id.pdh_cert, again);
    assert_memory_equal(pdh, again, CERT_SIZE);
    assert_int_equal(identity_chain(&id, chain_again), 0);
    assert_memory_equal(chain, chain_again, CERT_CHAIN_SIZE);
    harness_start(h); /* another process, the same chip */
    do_init(h);
    do_export(h, again, chain_again);
    assert_memory_equal(pdh, again, CERT_SIZE);
    assert_memory_equal(chain, chain_again, CERT_CHAIN_SIZE);
}

static void blank_storage_is_a_new_chip(void **state)
{
    (void)state;
    struct identity id;

    memset(h->nv, 0xff, 4096);
    h->nv_len = 4096;
    harness_start(h);
    do_init(h);
    fixture_stored(h, &id);
}

static void without_storage_a_chip_lasts_as_long_as_its_process(void **state)
{
    (void)state;
    uint8_t a[CERT_SIZE], b[CERT_SIZE], chain[CERT_CHAIN_SIZE];

    h->host.nv_load = NULL;
    h->host.nv_store = NULL;
    harness_start(h);
    do_init(h);
    do_export(h, a, chain);
    psp_reset(h->psp);
    do_init(h);
    do_export(h, b, chain);
    assert_memory_equal(a, b, CERT_SIZE);
    harness_start(h);
    do_init(h);
    do_export(h, b, chain);
    assert_memory_not_equal(a, b, CERT_SIZE);
}

/* --- damaged storage --------------------------------------------------------------------------
 * Linux drivers/crypto/ccp/sev-dev.c __sev_platform_init_locked(): after SECURE_DATA_INVALID, the
 * driver retries once, "to reset PSP SEV state". */

static enum sev_status do_init_cmd(void)
{
    cmd_clear(h);
    return exec(h, SEV_CMD_INIT);
}

/* The storage of another process of the same chip. */
static void damage(void)
{
    h->nv[0x130] ^= 1;
    harness_start(h);
}

static void only_the_second_init_replaces_damaged_storage(void **state)
{
    (void)state;
    uint8_t keep[sizeof(h->nv)];
    struct identity id;

    damage();
    memcpy(keep, h->nv, sizeof(keep));
    assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, BLOB_ADDR, 64), SEV_STATUS_SECURE_DATA_INVALID);
    assert_int_equal(do_init_cmd(), SEV_STATUS_SECURE_DATA_INVALID);
    assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, BLOB_ADDR, 64), SEV_STATUS_SECURE_DATA_INVALID);
    assert_int_equal(h->errors_logged, 3);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_memory_equal(h->nv, keep, sizeof(keep));
    psp_reset(h->psp); /* a power cycle: it is reported again */
    assert_int_equal(do_init_cmd(), SEV_STATUS_SECURE_DATA_INVALID);
    assert_memory_equal(h->nv, keep, sizeof(keep));

    assert_int_equal(do_init_cmd(), SEV_STATUS_SUCCESS);
    assert_int_equal(platform_state(h), SEV_PLATFORM_INIT);
    fixture_stored(h, &id);
    assert_false(id.owned);
    harness_start(h);
    assert_int_equal(do_init_cmd(), SEV_STATUS_SUCCESS);
}

static void replacing_damaged_storage_can_fail(void **state)
{
    (void)state;
    damage();
    assert_int_equal(do_init_cmd(), SEV_STATUS_SECURE_DATA_INVALID);
    harness_fail(h, FAULT_RANDOM, 0);
    assert_int_equal(do_init_cmd(), SEV_STATUS_HWERROR_PLATFORM);
    harness_fail(h, FAULT_NV_STORE, 0);
    assert_int_equal(do_init_cmd(), SEV_STATUS_HWERROR_PLATFORM);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_int_equal(do_init_cmd(), SEV_STATUS_SUCCESS);
}

static void factory_reset_recovers_damaged_storage(void **state)
{
    (void)state;
    struct identity id;

    for (unsigned reported = 0; reported < 2; reported++) {
        damage();
        if (reported)
            assert_int_equal(do_init_cmd(), SEV_STATUS_SECURE_DATA_INVALID);
        harness_fail(h, FAULT_NV_STORE, 0);
        assert_int_equal(exec(h, SEV_CMD_FACTORY_RESET), SEV_STATUS_HWERROR_PLATFORM);
        assert_int_equal(exec(h, SEV_CMD_FACTORY_RESET), SEV_STATUS_SUCCESS);
        fixture_stored(h, &id);
        assert_int_equal(do_init_cmd(), SEV_STATUS_SUCCESS);
    }
}

/* A newer version of this library can still read it. */
static void newer_storage_is_never_replaced(void **state)
{
    (void)state;
    uint8_t keep[sizeof(h->nv)];

    h->nv[8]++; /* the version */
    crypto_sha256(h->nv, NV_SIZE - 32, h->nv + NV_SIZE - 32);
    memcpy(keep, h->nv, sizeof(keep));
    harness_start(h);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(do_init_cmd(), SEV_STATUS_SECURE_DATA_INVALID);
        assert_int_equal(exec(h, SEV_CMD_FACTORY_RESET), SEV_STATUS_SECURE_DATA_INVALID);
    }
    assert_memory_equal(h->nv, keep, sizeof(keep));
}

static void longer_storage_is_damaged(void **state)
{
    (void)state;
    h->nv_len = NV_SIZE + 1;
    harness_start(h);
    assert_int_equal(do_init_cmd(), SEV_STATUS_SECURE_DATA_INVALID);
    assert_int_equal(h->nv_len, NV_SIZE + 1);
    assert_int_equal(do_init_cmd(), SEV_STATUS_SUCCESS);
    assert_int_equal(h->nv_len, NV_SIZE);
}

/* --- PLATFORM_STATUS before INIT --------------------------------------------------------------- */

static void assert_owner(unsigned want)
{
    cmd_clear(h);
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_SUCCESS);
    assert_int_equal(h->ram[CMD_ADDR + SEV_PLATFORM_STATUS_OWNER], want);
}

/* AMDESE/sev-tool src/sevcore_linux.cpp set_self_owned() asks in the state UNINIT. */
static void the_owner_before_init(void **state)
{
    (void)state;
    assert_owner(0);
    do_init(h);
    fixture_take_ownership(h, 9);
    assert_owner(SEV_OWNER_EXTERNAL);
    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    assert_owner(SEV_OWNER_EXTERNAL);
    harness_start(h); /* another process */
    assert_owner(SEV_OWNER_EXTERNAL);
    psp_reset(h->psp);
    assert_owner(SEV_OWNER_EXTERNAL);
    assert_int_equal(exec(h, SEV_CMD_FACTORY_RESET), SEV_STATUS_SUCCESS);
    assert_owner(0);
}

static void status_makes_no_chip(void **state)
{
    (void)state;
    unsigned random, stores;

    harness_start(h);
    harness_fail(h, FAULT_NV_LOAD, 0);
    cmd_clear(h);
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_HWERROR_PLATFORM);
    h->nv_len = 0;
    random = h->calls[FAULT_RANDOM];
    stores = h->calls[FAULT_NV_STORE];
    assert_owner(0);
    h->nv_len = NV_SIZE;
    damage();
    assert_owner(0);
    assert_int_equal(h->calls[FAULT_RANDOM], random);
    assert_int_equal(h->calls[FAULT_NV_STORE], stores);
    assert_int_equal(do_init_cmd(), SEV_STATUS_SECURE_DATA_INVALID);
}

/* --- storage that fails ------------------------------------------------------------------------ */

static void storage_that_fails(void **state)
{
    (void)state;
    cmd_clear(h);
    harness_fail(h, FAULT_NV_LOAD, 0);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_HWERROR_PLATFORM);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    h->nv_len = 0;
    harness_fail(h, FAULT_NV_STORE, 0);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_HWERROR_PLATFORM);
    harness_fail(h, FAULT_RANDOM, 0);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_HWERROR_PLATFORM);
    assert_int_equal(h->nv_len, 0);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
}

/* --- INIT_EX --------------------------------------------------------------------------------- */

#define NV_ADDR 0x40000u

static enum sev_status exec_init_ex(uint32_t length, uint32_t flags, uint64_t nv, uint32_t nv_len)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SEV_INIT_EX_LENGTH, length);
    put32(h, CMD_ADDR + SEV_INIT_EX_FLAGS, flags);
    put64(h, CMD_ADDR + SEV_INIT_EX_NV_ADDR, nv);
    put32(h, CMD_ADDR + SEV_INIT_EX_NV_LEN, nv_len);
    return exec(h, SEV_CMD_INIT_EX);
}

static void init_ex_keeps_identity_in_the_buffer(void **state)
{
    (void)state;
    uint8_t pdh[CERT_SIZE], again[CERT_SIZE], own[CERT_SIZE], chain[CERT_CHAIN_SIZE];
    uint8_t storage[NV_SIZE];

    memcpy(storage, h->nv, NV_SIZE);
    memset(h->ram + NV_ADDR, 0xff, SEV_NV_SIZE); /* as Linux hands a new file */
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SUCCESS);
    assert_int_equal(platform_state(h), SEV_PLATFORM_INIT);
    do_export(h, own, chain);
    assert_int_equal(exec(h, SEV_CMD_PDH_GEN), SEV_STATUS_SUCCESS);
    do_export(h, pdh, chain);
    assert_memory_not_equal(pdh, own, CERT_SIZE);
    assert_memory_equal(storage, h->nv, NV_SIZE); /* the chip's own is not touched */

    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SUCCESS);
    do_export(h, again, chain);
    assert_memory_equal(pdh, again, CERT_SIZE);

    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    do_init(h); /* the chip's own again */
    do_export(h, again, chain);
    vector_exact("pki.txt", "cert_pdh", own, CERT_SIZE);
    assert_memory_equal(again, own, CERT_SIZE);
}

static void init_ex_refusals(void **state)
{
    (void)state;
    memset(h->ram + NV_ADDR, 0, SEV_NV_SIZE);
    assert_int_equal(exec_init_ex(0x23, 0, NV_ADDR, 0x8000), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_init_ex(0x24, 2, NV_ADDR, 0x8000), SEV_STATUS_INVALID_PARAM);
    assert_int_equal(exec_init_ex(0x24, 1, NV_ADDR, 0x8000), SEV_STATUS_INVALID_LEN); /* TMR */
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x7fff), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_init_ex(0x24, 0, 0, 0x8000), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR + 0x800, 0x8000), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_init_ex(0x24, 0, RAM_SIZE - 0x7000, 0x8000), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
}

/* The retry of Linux's driver gets a fresh PEK; the chip is the same. */
static void init_ex_replaces_a_damaged_buffer(void **state)
{
    (void)state;
    struct identity id;

    memset(h->ram + NV_ADDR, 0, SEV_NV_SIZE);
    h->ram[NV_ADDR + 100] = 1; /* neither blank nor ours */
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SECURE_DATA_INVALID);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_int_equal(h->ram[NV_ADDR + 100], 1);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SUCCESS);
    assert_int_equal(nv_decode(&id, h->ram + NV_ADDR, SEV_NV_SIZE, NULL), 0);
    assert_int_equal(id.chip_id[0], 0xc1);
    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    h->ram[NV_ADDR + 100] ^= 1; /* the report before does not count any more */
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SECURE_DATA_INVALID);
}

/* Chip id and CEK are in the chip's storage, so the buffer is another chip's when that is reset. */
static void init_ex_over_damaged_storage(void **state)
{
    (void)state;
    struct identity id, in_buffer;

    memset(h->ram + NV_ADDR, 0, SEV_NV_SIZE);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SUCCESS);
    damage();
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SECURE_DATA_INVALID);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SUCCESS);
    fixture_stored(h, &id);
    assert_int_equal(nv_decode(&in_buffer, h->ram + NV_ADDR, SEV_NV_SIZE, NULL), 0);
    assert_memory_equal(id.chip_id, in_buffer.chip_id, 64);
}

static void init_ex_of_another_chip(void **state)
{
    (void)state;
    struct identity other;

    fixture_identity(&other);
    other.chip_id[3] ^= 1;
    assert_int_equal(nv_encode(&other, h->ram + NV_ADDR), 0);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SECURE_DATA_INVALID);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SUCCESS);
    assert_int_equal(nv_decode(&other, h->ram + NV_ADDR, SEV_NV_SIZE, NULL), 0);
    assert_int_equal(other.chip_id[3], 0xc1);
}

static void init_ex_that_cannot_be_stored(void **state)
{
    (void)state;
    struct snapshot before;

    memset(h->ram + NV_ADDR, 0, SEV_NV_SIZE);
    before = snapshot(h);
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_HWERROR_PLATFORM);
    harness_fail(h, FAULT_RAM_READ, 1);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_HWERROR_PLATFORM);
    harness_fail(h, FAULT_RANDOM, 0);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(h, before);
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SUCCESS);
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec(h, SEV_CMD_PDH_GEN), SEV_STATUS_HWERROR_PLATFORM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_chip_is_stored),
        T(blank_storage_is_a_new_chip),
        T(without_storage_a_chip_lasts_as_long_as_its_process),
        T(only_the_second_init_replaces_damaged_storage),
        T(replacing_damaged_storage_can_fail),
        T(factory_reset_recovers_damaged_storage),
        T(newer_storage_is_never_replaced),
        T(longer_storage_is_damaged),
        T(the_owner_before_init),
        T(status_makes_no_chip),
        T(storage_that_fails),
        T(init_ex_keeps_identity_in_the_buffer),
        T(init_ex_refusals),
        T(init_ex_replaces_a_damaged_buffer),
        T(init_ex_over_damaged_storage),
        T(init_ex_of_another_chip),
        T(init_ex_that_cannot_be_stored),
    };

    return cmocka_run_group_tests_name("storage", tests, NULL, NULL);
}
