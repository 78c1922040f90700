/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What attestation reports say and what signs them, and how the processor saves that.
 *
 * Source: psp-model/endorse.h; for the fields of a real report, virtee/sev
 * tests/certs_data/report_milan.hex.
 */
#include "snp_messages.h"

#include <errno.h>
#include <stdlib.h>

#include "protocol/blob.h"
#include "protocol/file.h"
#include "protocol/snp_key.h"
#include "psp_priv.h"
#include "vectors.h"

static uint8_t wire[SNP_REPORT_SIZE];
static struct snp_report report;

/* A processor with these values, and a guest that runs. */
static void restart(void (*change)(struct psp_config *config))
{
    struct psp_config usual = h->config;

    change(&h->config);
    harness_start(h);
    h->config = usual;
    run_guest_with(0);
}

static void get_report(void)
{
    assert_int_equal(ask_report(0, 0, 0, 0x11, wire), SEV_STATUS_SUCCESS);
    assert_null(snp_report_read(&report, wire));
}

static unsigned signer(void)
{
    return report.key_info >> SNP_KEY_SIGNER_SHIFT & SNP_KEY_SIGNER_MASK;
}

/* Check that the key that the host would certify verifies the report. */
static bool verified(bool vlek)
{
    struct crypto_p384_public pub;
    struct psp_snp_keys keys;

    assert_int_equal(psp_get_snp_keys(h->psp, &keys), 0);
    memcpy(pub.x, vlek ? keys.vlek_x : keys.vcek_x, sizeof(pub.x));
    memcpy(pub.y, vlek ? keys.vlek_y : keys.vcek_y, sizeof(pub.y));
    return snp_report_verify(wire, &pub) == 0;
}

static enum sev_status configure(uint64_t tcb, uint32_t flags)
{
    cmd_clear(h);
    put64(h, CMD_ADDR + SNP_CONFIG_TCB, tcb);
    put32(h, CMD_ADDR + SNP_CONFIG_FLAGS, flags);
    return exec(h, SEV_CMD_SNP_CONFIG);
}

/* --- fields ---------------------------------------------------------------------------------- */

#define REAL_TCB 0x7308000000000003u

static const uint8_t real_chip_id[SNP_CHIP_ID_SIZE] = {0xd4, 0x95, 0x54, 0xec};

static void as_real(struct psp_config *config)
{
    config->api_major = 1;
    config->api_minor = 52;
    config->build = 4;
    config->snp_report_version = 2;
    config->snp_platform_info = SNP_PLATFORM_SMT;
    config->snp_tcb = REAL_TCB;
    config->chip_id = real_chip_id;
}

/* Every field of a real report of Milan that depends on neither a key nor what was launched. */
static void real_report_of_milan(void **state)
{
    (void)state;
    restart(as_real);
    assert_int_equal(ask_report(1, 1, 0, 0, wire), SEV_STATUS_SUCCESS);
    assert_memory_equal(wire, ((uint8_t[]){2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0}), 16);
    assert_memory_equal(wire + 0x10, (uint8_t[0x20]){0}, 0x20); /* family, image */
    assert_memory_equal(wire + 0x30, ((uint8_t[]){1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 8, 0x73,
                                                  1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                        0x20);
    assert_memory_equal(wire + 0xc0, (uint8_t[0x80]){0}, 0x80); /* host data, digests of keys */
    for (unsigned at = 0x160; at < 0x180; at++)
        assert_int_equal(wire[at], 0xff);
    assert_memory_equal(wire + 0x180, ((uint8_t[]){3, 0, 0, 0, 0, 0, 8, 0x73}), 8);
    assert_memory_equal(wire + 0x188, (uint8_t[0x18]){0}, 0x18);
    assert_memory_equal(wire + 0x1a0, real_chip_id, sizeof(real_chip_id));
    assert_memory_equal(wire + 0x1e0, ((uint8_t[]){3, 0,    0, 0, 0, 0, 8, 0x73, 4, 0x34, 1, 0,
                                                   4, 0x34, 1, 0, 3, 0, 0, 0,    0, 0,    8, 0x73}),
                        0x18);
    assert_memory_equal(wire + 0x1f8, (uint8_t[0xa8]){0}, 0xa8);
    assert_memory_equal(wire + 0x330, (uint8_t[0x170]){0}, 0x170);
    /* R and S: 48 bytes, then zeros. */
    assert_memory_equal(wire + 0x2d0, (uint8_t[0x18]){0}, 0x18);
    assert_memory_equal(wire + 0x318, (uint8_t[0x18]){0}, 0x18);
    assert_true(verified(false));
}

static void fields_of_the_guest(void **state)
{
    struct psp_snp_guest_info info;

    (void)state;
    run_guest();
    h->psp->snp.guests[0].guest_svn = 9;
    memset(h->psp->snp.guests[0].host_data, 0xda, 32);
    memset(h->psp->snp.guests[0].id_key_digest, 0x1d, 48);
    h->psp->snp.guests[0].author_key = true;
    memset(h->psp->snp.guests[0].author_key_digest, 0xa0, 48);
    memset(h->psp->snp.guests[0].family_id, 0xfa, 16);
    memset(h->psp->snp.guests[0].image_id, 0x1a, 16);
    get_report();
    info = guest_info();
    assert_int_equal(report.version, PSP_SNP_REPORT_VERSION);
    assert_int_equal(report.guest_svn, 9);
    assert_true(report.policy == POLICY);
    assert_int_equal(report.key_info, SNP_KEY_AUTHOR);
    assert_memory_equal(report.measurement, info.launch_digest, 48);
    assert_memory_equal(report.host_data, info.host_data, 32);
    assert_memory_equal(report.id_key_digest, info.id_key_digest, 48);
    assert_memory_equal(report.author_key_digest, info.author_key_digest, 48);
    assert_memory_equal(report.family_id, info.family_id, 16);
    assert_memory_equal(report.image_id, info.image_id, 16);
    assert_int_equal(report.report_data[0], 0x11);
    assert_int_equal(report.report_data[63], 0x11);
    assert_int_equal(report.current_minor, PSP_API_SNP_MINOR);
    assert_true(verified(false));
}

/* The id of a report is that of the guest as long as it exists. */
static void report_ids(void **state)
{
    uint8_t first[32];

    (void)state;
    run_guest();
    get_report();
    memcpy(first, report.report_id, sizeof(first));
    get_report();
    assert_memory_equal(report.report_id, first, sizeof(first));
    run_guest();
    get_report();
    assert_memory_not_equal(report.report_id, first, sizeof(first));
}

static unsigned wanted_version, wanted_model;
static const uint8_t *wanted_id;

static void as_wanted(struct psp_config *config)
{
    config->snp_report_version = (uint8_t)wanted_version;
    config->snp_model = (uint8_t)wanted_model;
    config->chip_id = wanted_id;
}

static void versions_and_lines(void **state)
{
    static const uint8_t cpuid[PSP_SNP_MODELS][3] = {{0x19, 1, 1}, {0x19, 0x11, 0}, {0x1a, 0, 0}};
    static const uint64_t tcb[PSP_SNP_MODELS] = {0xdb18000000000004u, 0xdb18000000000004u,
                                                 0xdb00000018000401u};

    (void)state;
    for (wanted_version = 2; wanted_version <= 5; wanted_version++) {
        for (wanted_model = 0; wanted_model < PSP_SNP_MODELS; wanted_model++) {
            restart(as_wanted);
            get_report();
            assert_int_equal(report.version, wanted_version);
            assert_true(report.current_tcb == tcb[wanted_model]);
            assert_int_equal(report.cpuid_family, wanted_version > 2 ? cpuid[wanted_model][0] : 0);
            assert_int_equal(report.cpuid_model, wanted_version > 2 ? cpuid[wanted_model][1] : 0);
            assert_int_equal(report.cpuid_stepping,
                             wanted_version > 2 ? cpuid[wanted_model][2] : 0);
            /* Parsers find Turin in version 2 by these zeros. */
            assert_int_equal(memcmp(report.chip_id + 8, (uint8_t[56]){0}, 56) == 0,
                             wanted_model == PSP_SNP_TURIN);
            assert_true(verified(false));
        }
    }
    wanted_version = wanted_model = 0;
}

/* Ids that broke parsers: those that begin like a DER tag with a length, and zero. */
static void ids_of_chips(void **state)
{
    static const uint8_t ids[][SNP_CHIP_ID_SIZE] = {{0x02, 0x3e, 1}, {0x04, 0x3e, 1}, {0}};
    uint8_t signatures[3][CRYPTO_P384_SIZE];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct psp_snp_keys keys;

        wanted_id = ids[i];
        restart(as_wanted);
        get_report();
        assert_memory_equal(report.chip_id, ids[i], SNP_CHIP_ID_SIZE);
        assert_true(verified(false));
        assert_int_equal(psp_get_snp_keys(h->psp, &keys), 0);
        assert_memory_equal(keys.chip_id, ids[i], SNP_CHIP_ID_SIZE);
        memcpy(signatures[i], keys.vcek_x, sizeof(signatures[i]));
        cmd_clear(h);
        put64(h, CMD_ADDR + SEV_BLOB_ADDR, BLOB_ADDR);
        put32(h, CMD_ADDR + SEV_BLOB_LEN, SNP_CHIP_ID_SIZE);
        assert_int_equal(exec(h, SEV_CMD_GET_ID), SEV_STATUS_SUCCESS);
        assert_memory_equal(h->ram + BLOB_ADDR, ids[i], SNP_CHIP_ID_SIZE);
    }
    assert_memory_not_equal(signatures[0], signatures[1], CRYPTO_P384_SIZE);
    wanted_id = NULL;
}

static void configurations_that_no_chip_has(void **state)
{
    const struct psp_config usual = h->config;
    struct psp_config bad;

    (void)state;
    bad = usual, bad.snp_model = PSP_SNP_MODELS;
    assert_null(psp_new(&h->host, h, &bad));
    bad = usual, bad.snp_report_version = 1;
    assert_null(psp_new(&h->host, h, &bad));
    bad = usual, bad.snp_report_version = 6;
    assert_null(psp_new(&h->host, h, &bad));
    bad = usual, bad.snp_platform_info = 0x40;
    assert_null(psp_new(&h->host, h, &bad));
    bad = usual, bad.snp_tcb = 0x10000; /* reserved of Milan */
    assert_null(psp_new(&h->host, h, &bad));
    bad = usual, bad.snp_committed_tcb = 0xff; /* above the TCB that runs */
    assert_null(psp_new(&h->host, h, &bad));
}

static void smt(struct psp_config *config)
{
    config->snp_platform_info = SNP_PLATFORM_SMT;
}

static void policy_and_smt(void **state)
{
    struct psp_config usual = h->config;

    (void)state;
    smt(&h->config);
    harness_start(h);
    h->config = usual;
    init();
    make_firmware(CONTEXT);
    assert_int_equal(on_context(SEV_CMD_SNP_GCTX_CREATE, CONTEXT), SEV_STATUS_SUCCESS);
    assert_int_equal(start(POLICY & ~(uint64_t)SNP_POLICY_SMT), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(start(POLICY), SEV_STATUS_SUCCESS);
}

/* --- TCB ------------------------------------------------------------------------------------- */

#define RUNS      0xdb18000000000004u
#define COMMITTED 0xd318000000000004u
#define REPORTED  0xd316000000000003u

static void older_committed(struct psp_config *config)
{
    config->snp_tcb = RUNS;
    config->snp_committed_tcb = COMMITTED;
}

static void four_tcbs(void **state)
{
    (void)state;
    restart(older_committed);
    get_report();
    assert_true(report.current_tcb == RUNS && report.launch_tcb == RUNS);
    assert_true(report.committed_tcb == COMMITTED && report.reported_tcb == COMMITTED);
    assert_int_equal(configure(RUNS, 0), SEV_STATUS_INVALID_PARAM);
    assert_int_equal(configure(REPORTED, 0), SEV_STATUS_SUCCESS);
    get_report();
    assert_true(report.reported_tcb == REPORTED && report.committed_tcb == COMMITTED);
    assert_true(verified(false));
    cmd_clear(h);
    put32(h, CMD_ADDR, SNP_COMMIT_SIZE);
    assert_int_equal(exec(h, SEV_CMD_SNP_COMMIT), SEV_STATUS_SUCCESS);
    assert_false(verified(false)); /* the key of the old TCB signed it */
    get_report();
    assert_true(report.reported_tcb == RUNS && report.committed_tcb == RUNS);
    assert_true(verified(false));
}

/* --- masks, VCEK disabled, VLEK -------------------------------------------------------------- */

static void masks(void **state)
{
    (void)state;
    run_guest();
    assert_int_equal(configure(0, SNP_CONFIG_FLAG_MASK_CHIP_ID), SEV_STATUS_SUCCESS);
    get_report();
    assert_memory_equal(report.chip_id, (uint8_t[64]){0}, 64);
    assert_int_equal(report.key_info, 0);
    assert_true(verified(false));
    assert_int_equal(configure(0, SNP_CONFIG_FLAG_MASK_KEY), SEV_STATUS_SUCCESS);
    get_report();
    assert_memory_not_equal(report.chip_id, (uint8_t[64]){0}, 64);
    assert_int_equal(report.key_info, SNP_KEY_MASKED | SNP_SIGNER_NONE << SNP_KEY_SIGNER_SHIFT);
    assert_memory_equal(wire + SNP_REPORT_SIGNED_SIZE, (uint8_t[512]){0}, 512);
}

static void vcek_disabled(void **state)
{
    struct key_payload k = {0};
    uint8_t key[32];

    (void)state;
    psp_reset(h->psp);
    run_guest_with(SNP_FINISH_FLAG_VCEK_DISABLED);
    assert_int_equal(ask_report(0, 0, 0, 0, wire), SEV_STATUS_INVALID_KEY);
    assert_memory_equal(wire, (uint8_t[SNP_REPORT_SIZE]){0}, SNP_REPORT_SIZE);
    assert_int_equal(ask_report(0, 0, 1, 0, wire), SEV_STATUS_INVALID_KEY);
    assert_int_equal(ask_report(0, 0, 2, 0, wire), SEV_STATUS_INVALID_KEY);
    assert_int_equal(ask_key(0, 1, &k, key), SEV_STATUS_INVALID_KEY);
}

/* A key for this chip and a TCB, at BLOB_ADDR. */
static void place_vlek(uint64_t tcb)
{
    uint8_t wrapped[SNP_VLEK_SIZE], iv[SNP_VLEK_IV_SIZE] = {1};
    struct crypto_p384_key key;
    struct psp_snp_keys keys;
    struct snp_chip chip;

    assert_int_equal(psp_get_snp_keys(h->psp, &keys), 0);
    assert_int_equal(snp_chip_init(&chip, TCB_MILAN, keys.chip_id, &h->psp->chip.own.cek), 0);
    assert_int_equal(snp_key_vlek(TCB_MILAN, tcb, "a cloud", &key), 0);
    assert_int_equal(snp_vlek_wrap(&chip, iv, tcb, &key, wrapped), 0);
    put(h, BLOB_ADDR, wrapped, sizeof(wrapped));
}

static enum sev_status load_vlek(uint32_t length, uint64_t addr)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SNP_LENGTH, length);
    put64(h, CMD_ADDR + SNP_VLEK_LOAD_ADDR, addr);
    return exec(h, SEV_CMD_SNP_VLEK_LOAD);
}

static void vlek(void **state)
{
    const uint64_t tcb = h->psp->config.snp_tcb;

    (void)state;
    run_guest();
    assert_int_equal(ask_report(0, 0, 2, 0, wire), SEV_STATUS_INVALID_KEY);
    place_vlek(tcb);
    assert_int_equal(load_vlek(SNP_VLEK_LOAD_SIZE, BLOB_ADDR), SEV_STATUS_SUCCESS);
    get_report();
    assert_int_equal(signer(), SNP_SIGNER_VLEK);
    assert_true(verified(true));
    assert_int_equal(ask_report(0, 0, 1, 0, wire), SEV_STATUS_SUCCESS);
    assert_true(verified(false));
    assert_int_equal(configure(tcb - 1, 0), SEV_STATUS_SUCCESS);
    assert_int_equal(ask_report(0, 0, 0, 0, wire), SEV_STATUS_INVALID_KEY);
    assert_int_equal(configure(0, SNP_CONFIG_FLAG_MASK_KEY), SEV_STATUS_SUCCESS);
    get_report(); /* the mask is that of the VCEK */
    assert_int_equal(signer(), SNP_SIGNER_VLEK);
    assert_true(verified(true));
}

static void vlek_load_refused(void **state)
{
    const uint64_t tcb = h->psp->config.snp_tcb;

    (void)state;
    run_guest();
    place_vlek(tcb);
    assert_int_equal(load_vlek(SNP_VLEK_LOAD_SIZE - 1, BLOB_ADDR), SEV_STATUS_INVALID_LEN);
    assert_int_equal(load_vlek(SNP_VLEK_LOAD_SIZE, 0), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(load_vlek(SNP_VLEK_LOAD_SIZE, RAM_SIZE - 8), SEV_STATUS_INVALID_ADDRESS);
    h->ram[BLOB_ADDR + 0x20] ^= 1;
    assert_int_equal(load_vlek(SNP_VLEK_LOAD_SIZE, BLOB_ADDR), SEV_STATUS_INVALID_PARAM);
    place_vlek(tcb + 1);
    assert_int_equal(load_vlek(SNP_VLEK_LOAD_SIZE, BLOB_ADDR), SEV_STATUS_INVALID_PARAM);
    place_vlek(0x10000);
    assert_int_equal(load_vlek(SNP_VLEK_LOAD_SIZE, BLOB_ADDR), SEV_STATUS_INVALID_PARAM);
    assert_false(h->psp->snp.vlek);
}

/* --- save and restore ------------------------------------------------------------------------ */

static void saved(void **state)
{
    static uint8_t bytes[PSP_SAVE_MAX];
    struct key_payload k = {.select = SNP_MIX_ALL & ~SNP_MIX_MITIGATION}, root = {.root = 1};
    uint8_t first[32], second[32], vmrk[0x40] = {0}, answer[GUEST_MESSAGE_PAYLOAD_MAX];
    uint64_t context = CONTEXT;
    const char *reason;
    size_t len;

    (void)state;
    run_guest();
    place_vlek(h->psp->config.snp_tcb);
    assert_int_equal(load_vlek(SNP_VLEK_LOAD_SIZE, BLOB_ADDR), SEV_STATUS_SUCCESS);
    memcpy(vmrk, &context, sizeof(context));
    vmrk[0x3f] = 7;
    assert_int_equal(ask_with(3, GUEST_MESSAGE_VMRK_REQ, 1, vmrk, sizeof(vmrk), answer),
                     SEV_STATUS_SUCCESS);
    assert_int_equal(ask_key(1, 1, &(struct key_payload){.vmpl = 1}, first), SEV_STATUS_SUCCESS);
    assert_int_equal(ask_key(0, 1, &k, first), SEV_STATUS_SUCCESS);
    assert_int_equal(ask_key(0, 1, &root, second), SEV_STATUS_SUCCESS);
    assert_int_equal(psp_save(h->psp, bytes, sizeof(bytes), &len), 0);
    psp_reset(h->psp);
    assert_int_equal(psp_load(h->psp, bytes, len, &reason), 0);
    /* The counters go on, the keys are the same, the VLEK signs. */
    assert_int_equal(ask_key(0, 1, &k, answer), SEV_STATUS_SUCCESS);
    assert_memory_equal(answer, first, 32);
    assert_int_equal(ask_key(0, 1, &root, answer), SEV_STATUS_SUCCESS);
    assert_memory_equal(answer, second, 32);
    assert_int_equal(ask_report(1, 1, 0, 0, wire), SEV_STATUS_SUCCESS);
    assert_true(verified(true));
    assert_int_equal(ask_report(3, 3, 1, 0, wire), SEV_STATUS_SUCCESS);
}

/* A file of the time before messages: its guest talks from the first sequence number on. */
static void saved_by_version_2(void **state)
{
    static uint8_t bytes[PSP_SAVE_MAX];
    char why[FILE_WHY_SIZE];
    const char *reason;
    uint8_t *text;
    size_t len;

    (void)state;
    assert_int_equal(file_read(TEST_VECTORS "/psp_saved_v2.b64", 65536, &text, &len, why), 0);
    assert_int_equal(blob_decode(text, len, 1, sizeof(bytes), bytes, &len, NULL), 0);
    free(text);
    h->host.nv_load = NULL;
    h->host.nv_store = NULL;
    harness_start(h);
    assert_int_equal(psp_load(h->psp, bytes, len, &reason), 0);
    vector_hex("272a7da7e9e84c69ddf3669e8b04ec1248d78bae9346cc5b5797ecefb657922c", talker.key[0],
               sizeof(talker.key[0]));
    talker.count[0] = 0;
    get_report();
    assert_true(verified(false));
    assert_true(report.launch_tcb == 0xdb18000000000004u);
    assert_int_equal(psp_load(h->psp, bytes, len, &reason), 0);
    /* As saved by a platform whose API was not set. */
    h->config.api_minor = PSP_API_SNP_MINOR - 1;
    harness_start(h);
    assert_int_equal(psp_load(h->psp, bytes, len, &reason), -EINVAL);
}

static void genoa(struct psp_config *config)
{
    config->snp_model = PSP_SNP_GENOA;
}

static void saved_by_another_line(void **state)
{
    static uint8_t bytes[PSP_SAVE_MAX];
    const char *reason = NULL;
    size_t len;

    (void)state;
    run_guest();
    assert_int_equal(psp_save(h->psp, bytes, sizeof(bytes), &len), 0);
    restart(genoa);
    assert_int_equal(psp_load(h->psp, bytes, len, &reason), -EINVAL);
    assert_string_equal(reason, "saved with another line of processors or another TCB version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(real_report_of_milan),
        T(fields_of_the_guest),
        T(report_ids),
        T(versions_and_lines),
        T(ids_of_chips),
        T(configurations_that_no_chip_has),
        T(policy_and_smt),
        T(four_tcbs),
        T(masks),
        T(vcek_disabled),
        T(vlek),
        T(vlek_load_refused),
        T(saved),
        T(saved_by_version_2),
        T(saved_by_another_line),
    };
    return cmocka_run_group_tests_name("snp_attest", tests, NULL, NULL);
}
