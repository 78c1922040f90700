/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the commands about keys, certificates and identity, and of where the identity is stored.
 */
#include "fixture.h"
#include "one_processor.h"

#include "nv.h"
#include "protocol/root.h"
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

static void damaged_storage_is_refused_and_left(void **state)
{
    (void)state;
    uint8_t keep[sizeof(h->nv)];

    h->nv[0x130] ^= 1;
    memcpy(keep, h->nv, sizeof(keep));
    harness_start(h);
    cmd_clear(h);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SECURE_DATA_INVALID);
        assert_int_equal(exec(h, SEV_CMD_FACTORY_RESET), SEV_STATUS_SECURE_DATA_INVALID);
        assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, BLOB_ADDR, 64),
                         SEV_STATUS_SECURE_DATA_INVALID);
        cmd_clear(h);
    }
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_int_equal(h->errors_logged, 6);
    assert_memory_equal(h->nv, keep, sizeof(keep));
}

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

/* --- GET_ID ---------------------------------------------------------------------------------- */

static void get_id(void **state)
{
    (void)state;
    uint8_t want[64];

    memset(want, 0xc1, sizeof(want));
    assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, 0, 0), SEV_STATUS_INVALID_LEN);
    assert_int_equal(get32(h, CMD_ADDR + SEV_BLOB_LEN), 64);
    assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, BLOB_ADDR, 63), SEV_STATUS_INVALID_LEN);
    assert_int_equal(get32(h, CMD_ADDR + SEV_BLOB_LEN), 64);
    assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, BLOB_ADDR + 4, 64), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, RAM_SIZE - 56, 64), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, BLOB_ADDR + 8, 128), SEV_STATUS_SUCCESS);
    assert_int_equal(get32(h, CMD_ADDR + SEV_BLOB_LEN), 64);
    assert_memory_equal(h->ram + BLOB_ADDR + 8, want, 64);
    do_init(h);
    assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, BLOB_ADDR, 64), SEV_STATUS_SUCCESS);
    for (int after = 0; after < 2; after++) {
        harness_fail(h, FAULT_RAM_WRITE, after);
        assert_int_equal(exec_blob(h, SEV_CMD_GET_ID, BLOB_ADDR, 64), SEV_STATUS_HWERROR_PLATFORM);
    }
}

/* --- PDH_CERT_EXPORT ------------------------------------------------------------------------- */

static void export_known_answer(void **state)
{
    (void)state;
    static const char *const names[] = {"cert_pek", "cert_oca", "cert_cek"};
    uint8_t pdh[CERT_SIZE], chain[CERT_CHAIN_SIZE], want[CERT_SIZE];

    do_init(h);
    do_export(h, pdh, chain);
    vector_exact("pki.txt", "cert_pdh", want, CERT_SIZE);
    assert_memory_equal(pdh, want, CERT_SIZE);
    for (unsigned i = 0; i < 3; i++) {
        vector_exact("pki.txt", names[i], want, CERT_SIZE);
        assert_memory_equal(chain + i * CERT_SIZE, want, CERT_SIZE);
    }
}

static enum sev_status exec_export(uint64_t pdh, uint32_t pdh_len, uint64_t chain,
                                   uint32_t chain_len)
{
    cmd_clear(h);
    put64(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_PDH_ADDR, pdh);
    put32(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_PDH_LEN, pdh_len);
    put64(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_CHAIN_ADDR, chain);
    put32(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_CHAIN_LEN, chain_len);
    return exec(h, SEV_CMD_PDH_CERT_EXPORT);
}

static void export_query_and_refusals(void **state)
{
    (void)state;
    static const struct {
        uint64_t pdh;
        uint32_t pdh_len;
        uint64_t chain;
        uint32_t chain_len;
    } queries[] = {{0, 0, 0, 0},
                   {BLOB_ADDR, 2083, TRANS_ADDR, 6252},
                   {BLOB_ADDR, 2084, TRANS_ADDR, 6251},
                   {0, 2084, TRANS_ADDR, 6252},
                   {BLOB_ADDR, 2084, 0, 6252}};

    do_init(h);
    for (unsigned i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        assert_int_equal(
            exec_export(queries[i].pdh, queries[i].pdh_len, queries[i].chain, queries[i].chain_len),
            SEV_STATUS_INVALID_LEN);
        assert_int_equal(get32(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_PDH_LEN), 2084);
        assert_int_equal(get32(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_CHAIN_LEN), 6252);
    }
    assert_int_equal(exec_export(RAM_SIZE - 2083, 2084, TRANS_ADDR, 6252),
                     SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_export(BLOB_ADDR, 2084, RAM_SIZE - 6251, 6252),
                     SEV_STATUS_INVALID_ADDRESS);
    for (int after = 0; after < 3; after++) {
        harness_fail(h, FAULT_RAM_WRITE, after);
        assert_int_equal(exec_export(BLOB_ADDR, 2084, TRANS_ADDR, 6252),
                         SEV_STATUS_HWERROR_PLATFORM);
    }
    do_start(h, 0); /* also while guests exist */
    assert_int_equal(exec_export(BLOB_ADDR, 4096, TRANS_ADDR, 8192), SEV_STATUS_SUCCESS);
}

/* --- new keys -------------------------------------------------------------------------------- */

static void new_keys(void **state)
{
    (void)state;
    struct identity before, after;

    do_init(h);
    fixture_stored(h, &before);
    assert_int_equal(exec(h, SEV_CMD_PDH_GEN), SEV_STATUS_SUCCESS);
    fixture_stored(h, &after);
    assert_memory_not_equal(after.pdh.d, before.pdh.d, 48);
    assert_memory_equal(after.pek.d, before.pek.d, 48);
    assert_int_equal(cert_verify(&after.pdh_cert, &after.pek_cert), 0);

    assert_int_equal(exec(h, SEV_CMD_PEK_GEN), SEV_STATUS_SUCCESS);
    before = after;
    fixture_stored(h, &after);
    assert_memory_not_equal(after.pek.d, before.pek.d, 48);
    assert_memory_not_equal(after.pdh.d, before.pdh.d, 48);
    assert_memory_equal(after.cek.d, before.cek.d, 48);
    assert_int_equal(cert_verify(&after.pek_cert, &after.cek_cert), 0);
    assert_int_equal(cert_verify(&after.pek_cert, &after.oca_cert), 0);

    do_start(h, 0);
    assert_int_equal(exec(h, SEV_CMD_PEK_GEN), SEV_STATUS_INVALID_PLATFORM_STATE);
    assert_int_equal(exec(h, SEV_CMD_PDH_GEN), SEV_STATUS_SUCCESS);
}

static void new_keys_that_cannot_be_stored(void **state)
{
    (void)state;
    static const enum sev_cmd commands[] = {SEV_CMD_PDH_GEN, SEV_CMD_PEK_GEN};
    uint8_t before[CERT_SIZE], after[CERT_SIZE], chain[CERT_CHAIN_SIZE];

    do_init(h);
    do_export(h, before, chain);
    for (unsigned i = 0; i < 2; i++) {
        harness_fail(h, FAULT_NV_STORE, 0);
        assert_int_equal(exec(h, commands[i]), SEV_STATUS_HWERROR_PLATFORM);
        harness_fail(h, FAULT_RANDOM, 0);
        assert_int_equal(exec(h, commands[i]), SEV_STATUS_HWERROR_PLATFORM);
    }
    do_export(h, after, chain);
    assert_memory_equal(before, after, CERT_SIZE);
}

static void factory_reset(void **state)
{
    (void)state;
    struct identity before, after;

    do_init(h);
    fixture_take_ownership(h, 9);
    assert_int_equal(exec(h, SEV_CMD_FACTORY_RESET), SEV_STATUS_INVALID_PLATFORM_STATE);
    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    fixture_stored(h, &before);
    assert_true(before.owned);
    harness_fail(h, FAULT_NV_STORE, 0);
    assert_int_equal(exec(h, SEV_CMD_FACTORY_RESET), SEV_STATUS_HWERROR_PLATFORM);
    assert_int_equal(exec(h, SEV_CMD_FACTORY_RESET), SEV_STATUS_SUCCESS);
    fixture_stored(h, &after);
    assert_false(after.owned);
    assert_memory_equal(after.chip_id, before.chip_id, 64);
    assert_memory_equal(after.cek.d, before.cek.d, 48);
    assert_memory_not_equal(after.pek.d, before.pek.d, 48);
    assert_memory_not_equal(after.oca_cert.key, before.oca_cert.key, 150);
}

/* --- an owner takes the platform ------------------------------------------------------------- */

static void csr(void **state)
{
    (void)state;
    uint8_t pek[CERT_SIZE];
    static const uint8_t empty[8] = {0x00, 0x10};

    do_init(h);
    assert_int_equal(exec_blob(h, SEV_CMD_PEK_CSR, 0, 0), SEV_STATUS_INVALID_LEN);
    assert_int_equal(get32(h, CMD_ADDR + SEV_BLOB_LEN), 2084);
    assert_int_equal(exec_blob(h, SEV_CMD_PEK_CSR, BLOB_ADDR, 2083), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_blob(h, SEV_CMD_PEK_CSR, RAM_SIZE - 2083, 2084),
                     SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_blob(h, SEV_CMD_PEK_CSR, BLOB_ADDR, 2084), SEV_STATUS_SUCCESS);
    vector_exact("pki.txt", "cert_pek", pek, CERT_SIZE);
    assert_memory_equal(h->ram + BLOB_ADDR, pek, CERT_SIGNED_SIZE);
    assert_memory_equal(h->ram + BLOB_ADDR + 0x414, empty, 8);
    assert_memory_equal(h->ram + BLOB_ADDR + 0x61c, empty, 8);
}

static void ownership(void **state)
{
    (void)state;
    struct psp_platform_info info;
    struct identity id;

    do_init(h);
    psp_get_platform(h->psp, &info);
    assert_false(info.owned);
    fixture_take_ownership(h, 9);
    psp_get_platform(h->psp, &info);
    assert_true(info.owned);
    cmd_clear(h);
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_SUCCESS);
    assert_int_equal(h->ram[CMD_ADDR + SEV_PLATFORM_STATUS_OWNER], SEV_OWNER_EXTERNAL);
    fixture_stored(h, &id);
    assert_true(id.owned);
    assert_int_equal(cert_verify(&id.pek_cert, &id.oca_cert), 0);
    assert_int_equal(cert_verify(&id.pek_cert, &id.cek_cert), 0);
    cmd_clear(h); /* before any other check */
    assert_int_equal(exec(h, SEV_CMD_PEK_CERT_IMPORT), SEV_STATUS_ALREADY_OWNED);
    harness_start(h);
    do_init(h);
    psp_get_platform(h->psp, &info);
    assert_true(info.owned);
}

static enum sev_status exec_import(uint64_t pek, uint32_t pek_len, uint64_t oca, uint32_t oca_len)
{
    cmd_clear(h);
    put64(h, CMD_ADDR + SEV_PEK_CERT_IMPORT_PEK_ADDR, pek);
    put32(h, CMD_ADDR + SEV_PEK_CERT_IMPORT_PEK_LEN, pek_len);
    put64(h, CMD_ADDR + SEV_PEK_CERT_IMPORT_OCA_ADDR, oca);
    put32(h, CMD_ADDR + SEV_PEK_CERT_IMPORT_OCA_LEN, oca_len);
    return exec(h, SEV_CMD_PEK_CERT_IMPORT);
}

static void import_refusals(void **state)
{
    (void)state;
    uint8_t pek[CERT_SIZE], oca[CERT_SIZE];
    struct psp_platform_info info;

    do_init(h);
    assert_int_equal(exec_blob(h, SEV_CMD_PEK_CSR, BLOB_ADDR, CERT_SIZE), SEV_STATUS_SUCCESS);
    fixture_own(h->ram + BLOB_ADDR, 9, pek, oca);
    put(h, BLOB_ADDR, pek, CERT_SIZE);
    put(h, TRANS_ADDR, oca, CERT_SIZE);
    assert_int_equal(exec_import(BLOB_ADDR, 2083, TRANS_ADDR, 2084), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_import(BLOB_ADDR, 2084, TRANS_ADDR, 2085), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_import(RAM_SIZE, 2084, TRANS_ADDR, 2084), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_import(BLOB_ADDR, 2084, ~0ull, 2084), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_import(TRANS_ADDR, 2084, TRANS_ADDR, 2084),
                     SEV_STATUS_INVALID_CERTIFICATE);
    assert_int_equal(exec_import(BLOB_ADDR, 2084, BLOB_ADDR, 2084), SEV_STATUS_INVALID_CERTIFICATE);
    h->ram[BLOB_ADDR + 0x41c] ^= 1;
    assert_int_equal(exec_import(BLOB_ADDR, 2084, TRANS_ADDR, 2084), SEV_STATUS_BAD_SIGNATURE);
    h->ram[BLOB_ADDR + 0x41c] ^= 1;
    for (int after = 1; after < 3; after++) {
        harness_fail(h, FAULT_RAM_READ, after);
        assert_int_equal(exec_import(BLOB_ADDR, 2084, TRANS_ADDR, 2084),
                         SEV_STATUS_HWERROR_PLATFORM);
    }
    harness_fail(h, FAULT_NV_STORE, 0);
    assert_int_equal(exec_import(BLOB_ADDR, 2084, TRANS_ADDR, 2084), SEV_STATUS_HWERROR_PLATFORM);
    psp_get_platform(h->psp, &info);
    assert_false(info.owned);
    assert_int_equal(exec_import(BLOB_ADDR, 2084, TRANS_ADDR, 2084), SEV_STATUS_SUCCESS);
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
    h->ram[NV_ADDR + 100] = 1; /* neither blank nor ours */
    assert_int_equal(exec_init_ex(0x24, 0, NV_ADDR, 0x8000), SEV_STATUS_SECURE_DATA_INVALID);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
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

/* --- DOWNLOAD_FIRMWARE, SWAP ------------------------------------------------------------------ */

static void no_firmware_is_signed_for_a_model(void **state)
{
    (void)state;
    enum sev_cmd id = SEV_CMD_DOWNLOAD_FIRMWARE;

    assert_int_equal(exec_blob(h, id, BLOB_ADDR, 0), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_blob(h, id, BLOB_ADDR, 0x1000001), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_blob(h, id, BLOB_ADDR + 16, 4096), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_blob(h, id, RAM_SIZE, 4096), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_blob(h, id, BLOB_ADDR, 4096), SEV_STATUS_BAD_SIGNATURE);
    do_init(h);
    assert_int_equal(exec_blob(h, id, BLOB_ADDR, 4096), SEV_STATUS_INVALID_PLATFORM_STATE);
}

static void swap_is_unsupported(void **state)
{
    (void)state;
    assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, SEV_CMD_SWAP_OUT, 0),
                     SEV_STATUS_UNSUPPORTED);
    assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, SEV_CMD_SWAP_IN, 0),
                     SEV_STATUS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_chip_is_stored),
        T(blank_storage_is_a_new_chip),
        T(without_storage_a_chip_lasts_as_long_as_its_process),
        T(damaged_storage_is_refused_and_left),
        T(storage_that_fails),
        T(get_id),
        T(export_known_answer),
        T(export_query_and_refusals),
        T(new_keys),
        T(new_keys_that_cannot_be_stored),
        T(factory_reset),
        T(csr),
        T(ownership),
        T(import_refusals),
        T(init_ex_keeps_identity_in_the_buffer),
        T(init_ex_refusals),
        T(init_ex_of_another_chip),
        T(init_ex_that_cannot_be_stored),
        T(no_firmware_is_signed_for_a_model),
        T(swap_is_unsupported),
    };

    return cmocka_run_group_tests_name("pki", tests, NULL, NULL);
}
