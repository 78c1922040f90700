/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SNP_LAUNCH_FINISH with ID blocks that openssl signed: what is accepted, what is refused and how.
 *
 * Source: tests/vectors/id_block.txt.
 */
#include "snp_steps.h"

#include "vectors.h"

#define VECTORS    "id_block.txt"
#define BLOCK_SIZE 0x60u
#define AUTH_SIZE  0x1000u
#define BLOCK_ADDR 0x20000u
#define AUTH_ADDR  0x21000u

/* Places in the authentication. */
#define ID_ALGO     0x000u
#define AUTHOR_ALGO 0x004u
#define BLOCK_SIG   0x040u
#define ID_KEY      0x240u
#define ID_KEY_SIG  0x680u
#define AUTHOR_KEY  0x880u

/* A guest of one page, whose digest the vectors have. */
static void launch_one_page(void)
{
    uint8_t page[PAGE];

    psp_reset(h->psp);
    launch();
    memset(page, 1, sizeof(page));
    put(h, DATA_ADDR, page, sizeof(page));
    make_pre_guest(DATA_ADDR, GPA_BASE);
    assert_int_equal(update(SNP_PAGE_NORMAL, DATA_ADDR), SEV_STATUS_SUCCESS);
}

/* Block and authentication into memory; `key_sig` NULL: without an author key. */
static void place(const char *block, const char *block_sig, const char *key_sig)
{
    uint8_t wire[BLOCK_SIZE], auth[AUTH_SIZE] = {1};

    vector_exact(VECTORS, block, wire, sizeof(wire));
    vector_exact(VECTORS, block_sig, auth + BLOCK_SIG, 144);
    vector_exact(VECTORS, "id_key", auth + ID_KEY, 148);
    if (key_sig) {
        auth[AUTHOR_ALGO] = 1;
        vector_exact(VECTORS, key_sig, auth + ID_KEY_SIG, 144);
        vector_exact(VECTORS, "author_key", auth + AUTHOR_KEY, 148);
    }
    put(h, BLOCK_ADDR, wire, sizeof(wire));
    put(h, AUTH_ADDR, auth, sizeof(auth));
}

static enum sev_status finish_with(uint32_t flags)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put64(h, CMD_ADDR + SNP_FINISH_ID_BLOCK_ADDR, BLOCK_ADDR);
    put64(h, CMD_ADDR + SNP_FINISH_ID_AUTH_ADDR, AUTH_ADDR);
    put32(h, CMD_ADDR + SNP_FINISH_FLAGS, flags);
    memset(h->ram + CMD_ADDR + SNP_FINISH_HOST_DATA, 0xda, SNP_HOST_DATA_SIZE);
    return exec(h, SEV_CMD_SNP_LAUNCH_FINISH);
}

#define WITH_AUTHOR (SNP_FINISH_FLAG_ID_BLOCK | SNP_FINISH_FLAG_AUTHOR_KEY)

static void assert_vector(const char *name, const uint8_t digest[SNP_DIGEST_SIZE])
{
    uint8_t want[SNP_DIGEST_SIZE];

    vector_exact(VECTORS, name, want, sizeof(want));
    assert_memory_equal(digest, want, sizeof(want));
}

static void a_block_that_is_accepted(void **state)
{
    (void)state;
    for (unsigned author = 0; author < 2; author++) {
        struct psp_snp_guest_info info;
        uint8_t none[SNP_DIGEST_SIZE] = {0};

        launch_one_page();
        place("good", "good_sig", author ? "id_key_sig" : NULL);
        assert_int_equal(finish_with((author ? WITH_AUTHOR : SNP_FINISH_FLAG_ID_BLOCK) |
                                     SNP_FINISH_FLAG_VCEK_DISABLED),
                         SEV_STATUS_SUCCESS);
        info = guest_info();
        assert_int_equal(info.state, SNP_GUEST_RUNNING);
        assert_true(info.id_block && info.author_key == author && info.vcek_disabled);
        assert_int_equal(info.family_id[15], 0xfa);
        assert_int_equal(info.image_id[0], 0x1a);
        assert_int_equal(info.guest_svn, 7);
        assert_int_equal(info.host_data[31], 0xda);
        assert_vector("id_key_digest", info.id_key_digest);
        if (author)
            assert_vector("author_key_digest", info.author_key_digest);
        else
            assert_memory_equal(info.author_key_digest, none, sizeof(none));
    }
}

/* Each time the guest stays in LAUNCH, and the right block ends the launch. */
static void blocks_that_are_refused(void **state)
{
    static const struct {
        const char *block, *block_sig, *key_sig;
        enum sev_status status;
    } cases[] = {
        {"other_digest", "other_digest_sig", "id_key_sig", SEV_STATUS_BAD_MEASUREMENT},
        {"other_policy", "other_policy_sig", "id_key_sig", SEV_STATUS_POLICY_FAILURE},
        {"other_version", "other_version_sig", "id_key_sig", SEV_STATUS_INVALID_PARAM},
        {"good", "good_sig_of_a_stranger", "id_key_sig", SEV_STATUS_BAD_SIGNATURE},
        {"good", "other_policy_sig", "id_key_sig", SEV_STATUS_BAD_SIGNATURE},
        {"good", "good_sig", "id_key_sig_of_a_stranger", SEV_STATUS_BAD_SIGNATURE},
        {"good", "good_sig", "good_sig", SEV_STATUS_BAD_SIGNATURE},
        /* The signature counts before the digest. */
        {"other_digest", "good_sig", "id_key_sig", SEV_STATUS_BAD_SIGNATURE},
    };

    (void)state;
    launch_one_page();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct snapshot before;

        place(cases[i].block, cases[i].block_sig, cases[i].key_sig);
        before = snapshot(h);
        assert_int_equal(finish_with(WITH_AUTHOR), cases[i].status);
        assert_unchanged(h, before);
    }
    place("good", "good_sig", "id_key_sig");
    assert_int_equal(finish_with(WITH_AUTHOR), SEV_STATUS_SUCCESS);
}

/* One wrong byte. */
static void authentications_that_are_refused(void **state)
{
    static const struct {
        uint16_t at;
        enum sev_status status;
    } cases[] = {
        {ID_ALGO, SEV_STATUS_INVALID_PARAM},
        {ID_ALGO + 3, SEV_STATUS_INVALID_PARAM},
        {AUTHOR_ALGO, SEV_STATUS_INVALID_PARAM},
        {0x008, SEV_STATUS_INVALID_PARAM},
        {0x03f, SEV_STATUS_INVALID_PARAM},
        {BLOCK_SIG, SEV_STATUS_BAD_SIGNATURE},
        {BLOCK_SIG + 47, SEV_STATUS_BAD_SIGNATURE},
        {BLOCK_SIG + 48, SEV_STATUS_BAD_SIGNATURE},
        {BLOCK_SIG + 143, SEV_STATUS_BAD_SIGNATURE},
        {BLOCK_SIG + 144, SEV_STATUS_INVALID_PARAM},
        {ID_KEY - 1, SEV_STATUS_INVALID_PARAM},
        {ID_KEY, SEV_STATUS_INVALID_PARAM},
        {ID_KEY + 4, SEV_STATUS_BAD_SIGNATURE},
        {ID_KEY + 4 + 71, SEV_STATUS_BAD_SIGNATURE},
        {ID_KEY + 148, SEV_STATUS_INVALID_PARAM},
        {ID_KEY + 0x403, SEV_STATUS_INVALID_PARAM},
        {0x644, SEV_STATUS_INVALID_PARAM},
        {ID_KEY_SIG, SEV_STATUS_BAD_SIGNATURE},
        {ID_KEY_SIG + 144, SEV_STATUS_INVALID_PARAM},
        {AUTHOR_KEY - 1, SEV_STATUS_INVALID_PARAM},
        {AUTHOR_KEY, SEV_STATUS_INVALID_PARAM},
        {AUTHOR_KEY + 5, SEV_STATUS_BAD_SIGNATURE},
        {AUTHOR_KEY + 148, SEV_STATUS_INVALID_PARAM},
        {0xc84, SEV_STATUS_INVALID_PARAM},
        {0xfff, SEV_STATUS_INVALID_PARAM},
    };

    (void)state;
    launch_one_page();
    place("good", "good_sig", "id_key_sig");
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct snapshot before;

        h->ram[AUTH_ADDR + cases[i].at] ^= 1;
        before = snapshot(h);
        assert_int_equal(finish_with(WITH_AUTHOR), cases[i].status);
        assert_unchanged(h, before);
        h->ram[AUTH_ADDR + cases[i].at] ^= 1;
    }
    assert_int_equal(finish_with(WITH_AUTHOR), SEV_STATUS_SUCCESS);
}

static void structures_outside_of_memory(void **state)
{
    (void)state;
    launch_one_page();
    place("good", "good_sig", "id_key_sig");
    for (unsigned field = SNP_FINISH_ID_BLOCK_ADDR; field <= SNP_FINISH_ID_AUTH_ADDR; field += 8) {
        cmd_clear(h);
        put64(h, CMD_ADDR, CONTEXT);
        put64(h, CMD_ADDR + SNP_FINISH_ID_BLOCK_ADDR, BLOCK_ADDR);
        put64(h, CMD_ADDR + SNP_FINISH_ID_AUTH_ADDR, AUTH_ADDR);
        put64(h, CMD_ADDR + field, RAM_SIZE - 8);
        put32(h, CMD_ADDR + SNP_FINISH_FLAGS, WITH_AUTHOR);
        assert_int_equal(exec(h, SEV_CMD_SNP_LAUNCH_FINISH), SEV_STATUS_INVALID_ADDRESS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_block_that_is_accepted),
        T(blocks_that_are_refused),
        T(authentications_that_are_refused),
        T(structures_outside_of_memory),
    };

    return cmocka_run_group_tests_name("snp_id", tests, NULL, NULL);
}
