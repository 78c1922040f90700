/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the commands about keys, certificates and identity.
 */
#include "fixture.h"
#include "one_processor.h"

#include "protocol/root.h"
#include "vectors.h"

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    fixture_chip(h);
    return 0;
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

/* --- DOWNLOAD_FIRMWARE ------------------------------------------------------------------ */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(get_id),
        T(export_known_answer),
        T(export_query_and_refusals),
        T(new_keys),
        T(new_keys_that_cannot_be_stored),
        T(factory_reset),
        T(csr),
        T(ownership),
        T(import_refusals),
        T(no_firmware_is_signed_for_a_model),
    };

    return cmocka_run_group_tests_name("pki", tests, NULL, NULL);
}
