/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp_save() and psp_load(): a processor goes on where it was, and no bytes from outside
 * bring it into a state that commands could not.
 */
#include "fixture.h"
#include "one_processor.h"

#include <errno.h>
#include <stdlib.h>

#include "protocol/blob.h"
#include "protocol/crypto.h"
#include "protocol/file.h"
#include "protocol/hex.h"
#include "nv.h"

static uint8_t image[PSP_SAVE_MAX];
static size_t image_len;

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    fixture_chip(h);
    return 0;
}

static void save(void)
{
    assert_int_equal(psp_save(h->psp, image, sizeof(image), &image_len), 0);
}

static int load(void)
{
    const char *reason = "unset";
    int err = psp_load(h->psp, image, image_len, &reason);

    assert_true((err == 0) == (reason == NULL));
    return err;
}

static void everything_comes_back(void **state)
{
    (void)state;
    uint8_t blob[48], seen[0x1000], again[0x1000];
    uint32_t running, secret;
    struct snapshot before;

    do_init(h);
    running = do_launch(h, SEV_POLICY_NODBG, 1);
    secret = do_start(h, 0);
    do_activate(h, secret, 3);
    do_measure(h, secret, blob);
    guest_read(h, 1, 0x110000, seen, sizeof(seen));
    before = snapshot(h);
    save();
    assert_true(image_len < PSP_SAVE_MAX);

    harness_start(h); /* another process */
    assert_false(h->keys[1].loaded);
    assert_int_equal(load(), 0);
    assert_unchanged(h, before);
    guest_read(h, 1, 0x110000, again, sizeof(again));
    assert_memory_equal(seen, again, sizeof(seen));

    assert_int_equal(load(), 0); /* over a processor that is in use */
    assert_unchanged(h, before);
    do_finish(h, secret);
    assert_true(do_start(h, 0) > secret);
    assert_int_equal(exec_activate(h, running, 2), SEV_STATUS_ACTIVE);
}

static void the_flush_rule_comes_back(void **state)
{
    (void)state;
    uint32_t handle;

    do_init(h);
    handle = do_launch(h, 0, 1);
    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, handle), SEV_STATUS_SUCCESS);
    psp_wbinvd(h->psp, 0);
    save();
    harness_start(h);
    assert_int_equal(load(), 0);
    assert_int_equal(exec_activate(h, handle, 1), SEV_STATUS_DFFLUSH_REQUIRED);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_WBINVD_REQUIRED);
    psp_wbinvd(h->psp, 1);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
    do_activate(h, handle, 1);
}

static void before_init(void **state)
{
    (void)state;
    save();
    do_init(h);
    do_start(h, 0);
    assert_int_equal(load(), 0);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    do_init(h);
}

/* Saved before its certificates were ever asked for, and after. */
static void a_chip_without_storage_is_in_the_image(void **state)
{
    (void)state;
    uint8_t before[CERT_SIZE], after[CERT_SIZE];
    uint8_t chain_before[CERT_CHAIN_SIZE], chain_after[CERT_CHAIN_SIZE];
    static uint8_t early[PSP_SAVE_MAX];

    h->host.nv_load = NULL;
    h->host.nv_store = NULL;
    harness_start(h);
    do_init(h);
    save();
    memcpy(early, image, image_len);
    do_export(h, before, chain_before);
    save();
    assert_memory_equal(image, early, image_len);
    harness_start(h);
    assert_int_equal(load(), 0);
    do_export(h, after, chain_after);
    assert_memory_equal(before, after, CERT_SIZE);
    assert_memory_equal(chain_before, chain_after, CERT_CHAIN_SIZE);
}

static void the_buffer_of_init_ex_comes_back(void **state)
{
    (void)state;
    uint8_t before[CERT_SIZE], after[CERT_SIZE], chain[CERT_CHAIN_SIZE];

    memset(h->ram + 0x40000, 0, SEV_NV_SIZE);
    cmd_clear(h);
    put32(h, CMD_ADDR + SEV_INIT_EX_LENGTH, SEV_INIT_EX_SIZE);
    put64(h, CMD_ADDR + SEV_INIT_EX_NV_ADDR, 0x40000);
    put32(h, CMD_ADDR + SEV_INIT_EX_NV_LEN, SEV_NV_SIZE);
    assert_int_equal(exec(h, SEV_CMD_INIT_EX), SEV_STATUS_SUCCESS);
    do_export(h, before, chain);
    save();
    harness_start(h);
    assert_int_equal(load(), 0);
    do_export(h, after, chain);
    assert_memory_equal(before, after, CERT_SIZE);
    assert_int_equal(exec(h, SEV_CMD_PDH_GEN), SEV_STATUS_SUCCESS); /* to the buffer */
    assert_true(nv_blank(h->ram + 0x40000 + NV_SIZE, 16));
    assert_false(nv_blank(h->ram + 0x40000, NV_SIZE));
}

/* INIT_EX's buffer belongs to whoever issued it: a later command of the guest changes the identity
 * in memory that only the hypervisor's commands reach, also after a restore. */
static void the_buffer_keeps_its_issuer(void **state)
{
    (void)state;
    uint8_t before[NV_SIZE];

    h->hypervisor_only = 0x40000;
    h->issuer = PSP_ISSUER_HYPERVISOR;
    memset(h->ram + 0x40000, 0, SEV_NV_SIZE);
    cmd_clear(h);
    put32(h, CMD_ADDR + SEV_INIT_EX_LENGTH, SEV_INIT_EX_SIZE);
    put64(h, CMD_ADDR + SEV_INIT_EX_NV_ADDR, 0x40000);
    put32(h, CMD_ADDR + SEV_INIT_EX_NV_LEN, SEV_NV_SIZE);
    assert_int_equal(exec(h, SEV_CMD_INIT_EX), SEV_STATUS_SUCCESS);
    h->issuer = PSP_ISSUER_GUEST;
    assert_int_equal(exec(h, SEV_CMD_PDH_GEN), SEV_STATUS_SUCCESS);
    save();
    harness_start(h);
    assert_int_equal(load(), 0);
    memcpy(before, h->ram + 0x40000, NV_SIZE);
    assert_int_equal(exec(h, SEV_CMD_PDH_GEN), SEV_STATUS_SUCCESS);
    assert_memory_not_equal(before, h->ram + 0x40000, NV_SIZE);
}

/* A state that this library wrote before the issuer of a command was part of it (see
 * tests/vectors/SOURCE): one guest RUNNING under ASID 1, one in LSECRET under ASID 3. */
static void a_kept_state_of_version_1(void **state)
{
    (void)state;
    uint8_t pdh[CERT_SIZE], chain[CERT_CHAIN_SIZE], digest[32], want[32];
    char why[FILE_WHY_SIZE];
    uint8_t *text;
    size_t len;

    assert_int_equal(file_read(TEST_VECTORS "/psp_saved_v1.b64", 65536, &text, &len, why), 0);
    assert_int_equal(blob_decode(text, len, 1, sizeof(image), image, &image_len, NULL), 0);
    free(text);
    assert_int_equal(image_len, 9188);
    h->host.nv_load = NULL;
    h->host.nv_store = NULL;
    harness_start(h);
    assert_int_equal(load(), 0);
    assert_int_equal(guest_state(h, 1), SEV_GUEST_RUNNING);
    assert_int_equal(guest_state(h, 2), SEV_GUEST_LSECRET);
    assert_true(hex_decode("6f76e6b22175dfe6fb89c2a50b478ac7", want, 16));
    assert_memory_equal(h->keys[1].vek, want, 16);
    assert_true(hex_decode("4aad51bf4dd9bed0ee7c79a4ea1731ce", want, 16));
    assert_memory_equal(h->keys[3].vek, want, 16);
    do_export(h, pdh, chain);
    crypto_sha256(pdh, CERT_SIZE, digest);
    assert_true(
        hex_decode("5678865e70de0462b74966ea7c9d54869169d2462d1e28538b27d022eefd9b29", want, 32));
    assert_memory_equal(digest, want, 32);
    do_finish(h, 2);
}

static void another_chip(void **state)
{
    (void)state;
    do_init(h);
    save();
    h->nv_len = 0;
    harness_start(h);
    assert_int_equal(load(), -EINVAL);
    harness_fail(h, FAULT_NV_LOAD, 0);
    harness_start(h);
    assert_int_equal(load(), -EINVAL);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
}

/* A new chip, which is the one of `seed`. */
static void start_with_seed(uint64_t seed)
{
    h->nv_len = 0;
    h->seed = seed;
    harness_start(h);
}

/* A refused state leaves empty storage empty, and the chip that is made later is the one that the
 * seed gives. */
static void a_refused_state_makes_no_chip(void **state)
{
    (void)state;
    uint8_t chip_id[64];
    struct identity id;

    do_init(h);
    save();
    start_with_seed(5);
    do_init(h);
    fixture_stored(h, &id);
    memcpy(chip_id, id.chip_id, sizeof(chip_id));
    start_with_seed(5);
    assert_int_equal(load(), -EINVAL);
    assert_int_equal(load(), -EINVAL);
    assert_int_equal(h->nv_len, 0);
    assert_int_equal(h->calls[FAULT_NV_STORE], 1);
    do_init(h);
    fixture_stored(h, &id);
    assert_memory_equal(id.chip_id, chip_id, sizeof(chip_id));
}

/* Empty storage and the same seed: the same chip. It is stored when the state is taken over. */
static void the_same_seed_is_the_same_chip(void **state)
{
    (void)state;
    struct psp_saved *saved;
    struct identity before, after;
    const char *reason;

    start_with_seed(5);
    do_init(h);
    fixture_stored(h, &before);
    save();
    start_with_seed(5);
    saved = psp_saved_read(h->psp, image, image_len, &reason);
    assert_non_null(saved);
    assert_int_equal(h->nv_len, 0);
    harness_fail(h, FAULT_NV_STORE, 0);
    assert_int_equal(psp_saved_apply(h->psp, saved), -EIO);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_int_equal(psp_saved_apply(h->psp, saved), 0);
    psp_saved_free(saved);
    assert_int_equal(platform_state(h), SEV_PLATFORM_INIT);
    fixture_stored(h, &after);
    assert_memory_equal(&before, &after, sizeof(after));
}

/* The report of damaged storage is part of the state: the INIT after it replaces the storage. */
static void reported_damage_comes_back(void **state)
{
    (void)state;
    h->nv[0x130] ^= 1;
    harness_start(h);
    cmd_clear(h);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SECURE_DATA_INVALID);
    save();
    harness_start(h);
    assert_int_equal(load(), 0);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
}

static void not_in_the_middle_of_a_hash(void **state)
{
    (void)state;
    size_t len;

    do_init(h);
    do_start(h, 0);
    assert_int_equal(psp_save(h->psp, image, sizeof(image), &len), -EBUSY);
}

static void too_little_room(void **state)
{
    (void)state;
    size_t len;

    do_init(h);
    do_launch(h, 0, 1);
    save();
    assert_int_equal(psp_save(h->psp, image, image_len - 1, &len), -ENOSPC);
    assert_int_equal(psp_save(h->psp, image, 0, &len), -ENOSPC);
}

static void another_configuration(void **state)
{
    (void)state;
    struct psp_config good = h->config;

    do_init(h);
    save();
    for (unsigned i = 0; i < 4; i++) {
        h->config = good;
        h->config.api_minor -= i == 0;
        h->config.build += i == 1;
        h->config.asids -= i == 2;
        h->config.cpus += i == 3;
        harness_start(h);
        assert_int_equal(load(), -EINVAL);
    }
}

static void keys_that_cannot_be_loaded(void **state)
{
    (void)state;
    do_init(h);
    do_launch(h, 0, 1);
    do_launch(h, 0, 2);
    save();
    harness_start(h);
    harness_fail(h, FAULT_KEY_INSTALL, 1);
    assert_int_equal(load(), -EIO);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_false(h->keys[1].loaded || h->keys[2].loaded);
    assert_int_equal(load(), 0);
}

/* --- hostile images -------------------------------------------------------------------------- */

static void seal(void)
{
    crypto_sha256(image, image_len - 32, image + image_len - 32);
}

static void any_flipped_bit_is_found(void **state)
{
    (void)state;
    struct snapshot before;

    do_init(h);
    do_launch(h, 0, 1);
    save();
    before = snapshot(h);
    for (size_t i = 0; i < image_len; i += i < 256 ? 1 : 97) {
        image[i] ^= 0x20;
        assert_int_equal(load(), -EINVAL);
        image[i] ^= 0x20;
    }
    for (size_t len = 0; len < image_len; len += 61)
        assert_int_equal(psp_load(h->psp, image, len, NULL), -EINVAL);
    assert_unchanged(h, before);
    assert_int_equal(load(), 0);
}

/* With a right checksum too: no impossible state gets in. Offsets as in save.c. */
static void impossible_states(void **state)
{
    (void)state;
    const size_t platform = 16 + 12, dirty = platform + 4, cpus = dirty + 128;
    const size_t nv_addr = cpus + 32 + 4, identity = nv_addr + 8;
    const size_t guests = identity + NV_SIZE, first = guests + 4, second = first + 146;
    const struct {
        size_t at;
        uint8_t value;
    } cases[] = {
        {8, 4}, /* version */
        {8, 0},
        {8, 1},                         /* without what version 2 has at the end */
        {8, 2},                         /* without what version 3 has there */
        {12, 1},                        /* length */
        {16 + 3, 1},                    /* damage is reported before INIT only */
        {16 + 3, 2},                    /* unknown flag */
        {platform, 3},                  /* no such state */
        {platform, 0},                  /* guests before INIT */
        {platform, 1},                  /* guests while not WORKING */
        {platform + 1, 2},              /* es */
        {platform + 2, 0},              /* initialised without identity */
        {platform + 2, 2},              /* own identity: 0 or 1 */
        {platform + 3, 1},              /* a buffer without address */
        {cpus, 4},                      /* a CPU that is not there must WBINVD */
        {cpus + 31, 0x80},              /* likewise */
        {nv_addr, 1},                   /* an address without buffer */
        {identity, 0},                  /* identity damaged */
        {guests, 65},                   /* more guests than slots */
        {guests, 3},                    /* more than there are */
        {guests, 1},                    /* fewer */
        {guests, 0},                    /* none, but WORKING */
        {first, 64},                    /* slot */
        {first, 1},                     /* the slot of the second */
        {first + 4, 0},                 /* handle */
        {second + 4, 1},                /* the handle of the first */
        {first + 8, 0x40},              /* reserved policy bit */
        {first + 12, ASIDS + 1},        /* ASID */
        {second + 12, 1},               /* the ASID of the first */
        {first + 16, SEV_GUEST_UNINIT}, /* state */
        {first + 16, SEV_GUEST_LUPDATE},
        {first + 16, SEV_GUEST_SENT + 1},
        {first + 17, 2}, /* measured */
    };
    struct snapshot before;

    do_init(h);
    do_launch(h, 0, 1);
    do_launch(h, 0, 2);
    save();
    before = snapshot(h);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t keep = image[cases[i].at];

        assert_int_not_equal(keep, cases[i].value);
        image[cases[i].at] = cases[i].value;
        seal();
        assert_int_equal(load(), -EINVAL);
        image[cases[i].at] = keep;
    }
    seal();
    assert_unchanged(h, before);
    assert_int_equal(load(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(everything_comes_back),
        T(the_flush_rule_comes_back),
        T(before_init),
        T(a_chip_without_storage_is_in_the_image),
        T(the_buffer_of_init_ex_comes_back),
        T(the_buffer_keeps_its_issuer),
        T(a_kept_state_of_version_1),
        T(another_chip),
        T(a_refused_state_makes_no_chip),
        T(the_same_seed_is_the_same_chip),
        T(reported_damage_comes_back),
        T(not_in_the_middle_of_a_hash),
        T(too_little_room),
        T(another_configuration),
        T(keys_that_cannot_be_loaded),
        T(any_flipped_bit_is_found),
        T(impossible_states),
    };

    return cmocka_run_group_tests_name("save", tests, NULL, NULL);
}
