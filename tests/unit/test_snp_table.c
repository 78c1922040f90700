/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every command of SEV-SNP in every wrong state: of its guest, of each page that it takes, and with
 * each field that it refuses. A command that is refused changes nothing.
 *
 * Source: psp-model/COMMANDS.md (statuses); AMDESE/sev-tool src/rmp.h snp_page_state_t (states of
 * pages).
 */
#include "snp_steps.h"

#include "dispatch.h"

#define DEBUG_POLICY (POLICY | SNP_POLICY_DEBUG)
#define FREE_PAGE    0x12000u
#define LARGE        0x200000u
#define TARGET       0x300000u /* in another 2 MiB than the pages above */

/* --- a world in which a command succeeds ----------------------------------------------------- */

static void guest_in(enum snp_guest_state guest)
{
    psp_reset(h->psp);
    init();
    make_firmware(CONTEXT);
    make_firmware(STATUS);
    make_firmware(FREE_PAGE);
    assert_int_equal(on_context(SEV_CMD_SNP_GCTX_CREATE, CONTEXT), SEV_STATUS_SUCCESS);
    make_pre_guest(TARGET, GPA_BASE);
    memset(h->ram + TARGET, 0, PAGE); /* a CPUID page without rows, too */
    if (guest >= SNP_GUEST_LAUNCH) {
        assert_int_equal(start(DEBUG_POLICY), SEV_STATUS_SUCCESS);
        assert_int_equal(activate(ASID), SEV_STATUS_SUCCESS);
    }
    if (guest == SNP_GUEST_RUNNING)
        assert_int_equal(finish(), SEV_STATUS_SUCCESS);
    cmd_clear(h);
}

static void fill_update(uint32_t type)
{
    put64(h, CMD_ADDR, CONTEXT);
    put32(h, CMD_ADDR + SNP_UPDATE_FLAGS, type << SNP_UPDATE_TYPE_SHIFT);
    put64(h, CMD_ADDR + SNP_UPDATE_ADDR, TARGET);
}

static void fill_normal(void)
{
    fill_update(SNP_PAGE_NORMAL);
}

static void fill_vmsa(void)
{
    fill_update(SNP_PAGE_VMSA);
}

static void fill_zero(void)
{
    fill_update(SNP_PAGE_ZERO);
}

static void fill_unmeasured(void)
{
    fill_update(SNP_PAGE_UNMEASURED);
}

static void fill_secrets(void)
{
    fill_update(SNP_PAGE_SECRETS);
}

static void fill_cpuid(void)
{
    fill_update(SNP_PAGE_CPUID);
}

static void fill_status(void)
{
    put64(h, CMD_ADDR + SNP_ADDR, STATUS);
}

static void fill_create(void)
{
    put64(h, CMD_ADDR + SNP_ADDR, FREE_PAGE);
}

static void fill_guest_status(void)
{
    put64(h, CMD_ADDR, CONTEXT);
    put64(h, CMD_ADDR + SNP_GUEST_STATUS_ADDR, STATUS);
}

static void fill_feature_info(void)
{
    put32(h, CMD_ADDR + SNP_LENGTH, SNP_FEATURE_INFO_CMD_SIZE);
    put64(h, CMD_ADDR + SNP_FEATURE_INFO_ADDR, STATUS);
}

static void fill_decrypt(void)
{
    put64(h, CMD_ADDR, CONTEXT);
    put64(h, CMD_ADDR + SNP_DBG_SRC_ADDR, TARGET);
    put64(h, CMD_ADDR + SNP_DBG_DST_ADDR, STATUS);
}

static void fill_encrypt(void)
{
    put64(h, CMD_ADDR, CONTEXT);
    put64(h, CMD_ADDR + SNP_DBG_SRC_ADDR, STATUS);
    put64(h, CMD_ADDR + SNP_DBG_DST_ADDR, TARGET);
}

static void fill_reclaim(void)
{
    put64(h, CMD_ADDR + SNP_ADDR, TARGET);
}

/* --- states of pages ------------------------------------------------------------------------- */

/* In the order of the rows of sev-tool's table. */
static const struct psp_rmp_entry page_states[] = {
    {0},                                                                    /* HYPERVISOR */
    {.assigned = true, .immutable = true},                                  /* FIRMWARE */
    {.assigned = true},                                                     /* RECLAIM */
    {.assigned = true, .immutable = true, .vmsa = true},                    /* CONTEXT */
    {.assigned = true, .immutable = true, .gpa = PAGE},                     /* METADATA */
    {.assigned = true, .immutable = true, .asid = ASID},                    /* PRE-GUEST */
    {.assigned = true, .immutable = true, .validated = true, .asid = ASID}, /* PRE-SWAP */
    {.assigned = true, .asid = ASID},                                       /* GUEST-INVALID */
    {.assigned = true, .validated = true, .asid = ASID},                    /* GUEST-VALID */
    {.assigned = true, .immutable = true, .asid = ASID + 1},                /* of another guest */
    {.assigned = true, .immutable = true, .size_2m = true},                 /* 2 MiB */
    {.assigned = true, .immutable = true, .size_2m = true, .asid = ASID},
};
#define PAGE_STATES (sizeof(page_states) / sizeof(page_states[0]))
enum { OWNED_BY_ANOTHER = 9, LARGE_FIRMWARE = 10 };

#define FIRMWARE     0x002u
#define PRE_GUEST    0x020u
#define RECLAIMABLE  0x272u /* FIRMWARE, METADATA, PRE-GUEST, PRE-SWAP, of any guest */
#define OF_THE_GUEST 0x9e0u /* PRE-GUEST to GUEST-VALID, and 2 MiB */

static const struct page_case {
    enum sev_cmd command;
    void (*fill)(void);
    enum snp_guest_state guest;
    uint64_t page;
    unsigned accepts;        /* bit n: page_states[n] */
    enum sev_status other;   /* of a page of another guest */
    enum sev_status large;   /* of a part of 2 MiB */
    enum sev_status refused; /* of every other state */
} page_cases[] = {
#define STATE_RULES(another) another, SEV_STATUS_INVALID_PAGE_SIZE, SEV_STATUS_INVALID_PAGE_STATE
#define OUTPUT               STATE_RULES(SEV_STATUS_INVALID_PAGE_STATE)
    {SEV_CMD_SNP_PLATFORM_STATUS, fill_status, SNP_GUEST_INIT, STATUS, FIRMWARE, OUTPUT},
    {SEV_CMD_SNP_GUEST_STATUS, fill_guest_status, SNP_GUEST_INIT, STATUS, FIRMWARE, OUTPUT},
    {SEV_CMD_SNP_FEATURE_INFO, fill_feature_info, SNP_GUEST_INIT, STATUS, FIRMWARE, OUTPUT},
    {SEV_CMD_SNP_GCTX_CREATE, fill_create, SNP_GUEST_INIT, FREE_PAGE, FIRMWARE, OUTPUT},
    {SEV_CMD_SNP_DBG_DECRYPT, fill_decrypt, SNP_GUEST_RUNNING, STATUS, FIRMWARE, OUTPUT},
#define UPDATE(fill)                                                                               \
    SEV_CMD_SNP_LAUNCH_UPDATE, fill, SNP_GUEST_LAUNCH, TARGET, PRE_GUEST,                          \
        STATE_RULES(SEV_STATUS_INVALID_PAGE_OWNER)
    {UPDATE(fill_normal)},
    {UPDATE(fill_vmsa)},
    {UPDATE(fill_zero)},
    {UPDATE(fill_unmeasured)},
    {UPDATE(fill_secrets)},
    {UPDATE(fill_cpuid)},
    {SEV_CMD_SNP_PAGE_RECLAIM, fill_reclaim, SNP_GUEST_INIT, TARGET, RECLAIMABLE,
     STATE_RULES(SEV_STATUS_SUCCESS)},
#define OWNER                                                                                      \
    SEV_STATUS_INVALID_PAGE_OWNER, SEV_STATUS_INVALID_PAGE_OWNER, SEV_STATUS_INVALID_PAGE_OWNER
    {SEV_CMD_SNP_DBG_DECRYPT, fill_decrypt, SNP_GUEST_RUNNING, TARGET, OF_THE_GUEST, OWNER},
    {SEV_CMD_SNP_DBG_ENCRYPT, fill_encrypt, SNP_GUEST_RUNNING, TARGET, OF_THE_GUEST, OWNER},
};

static enum sev_status expected(const struct page_case *c, unsigned state)
{
    if (c->accepts >> state & 1)
        return SEV_STATUS_SUCCESS;
    if (state == OWNED_BY_ANOTHER)
        return c->other;
    return state >= LARGE_FIRMWARE ? c->large : c->refused;
}

static void every_state_of_every_page(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(page_cases) / sizeof(page_cases[0]); i++) {
        const struct page_case *c = &page_cases[i];

        for (unsigned n = 0; n < PAGE_STATES; n++) {
            enum sev_status want = expected(c, n);
            bool large = page_states[n].size_2m;
            struct snapshot before;

            guest_in(c->guest);
            c->fill();
            if (large)
                *entry_of(c->page & ~0x1fffffull) = page_states[n];
            else
                *entry_of(c->page) = page_states[n];
            before = snapshot(h);
            if (exec(h, c->command) != want)
                fail_msg("%s, page state %u: %s, not %s", psp_command_name((uint16_t)c->command), n,
                         psp_status_name(h->trace.status), psp_status_name((uint16_t)want));
            if (want != SEV_STATUS_SUCCESS)
                assert_unchanged(h, before);
        }
    }
}

/* --- states of guests ------------------------------------------------------------------------ */

static void every_state_of_the_guest(void **state)
{
    unsigned n;
    const struct dispatch_entry *rows = dispatch_table(&n);

    (void)state;
    for (unsigned i = 0; i < n; i++) {
        for (enum snp_guest_state g = SNP_GUEST_INIT; g <= SNP_GUEST_RUNNING; g++) {
            struct snapshot before;

            if (!(rows[i].flags & (CMD_CONTEXT | CMD_CONTEXT_AT8)) ||
                rows[i].guest_states & STATE(g))
                continue;
            guest_in(g);
            put64(h, CMD_ADDR + (rows[i].flags & CMD_CONTEXT ? 0 : 8), CONTEXT);
            before = snapshot(h);
            assert_int_equal(exec(h, (enum sev_cmd)rows[i].id), SEV_STATUS_INVALID_GUEST_STATE);
            assert_int_equal(h->trace.guest_before, g);
            assert_true(h->trace.existed && h->trace.exists);
            assert_unchanged(h, before);
        }
    }
}

/* --- fields ---------------------------------------------------------------------------------- */

static void fill_start(void)
{
    put64(h, CMD_ADDR, CONTEXT);
    put64(h, CMD_ADDR + SNP_START_POLICY, POLICY);
}

static void fill_finish(void)
{
    put64(h, CMD_ADDR, CONTEXT);
}

static void fill_activate_ex(void)
{
    put32(h, CMD_ADDR + SNP_ACTIVATE_EX_LENGTH, SNP_ACTIVATE_EX_SIZE);
    put64(h, CMD_ADDR + SNP_ACTIVATE_EX_CONTEXT_ADDR, CONTEXT);
    put32(h, CMD_ADDR + SNP_ACTIVATE_EX_ASID, ASID);
    put32(h, CMD_ADDR + SNP_ACTIVATE_EX_NUMIDS, 1);
    put64(h, CMD_ADDR + SNP_ACTIVATE_EX_IDS_ADDR, BLOB_ADDR);
    put32(h, BLOB_ADDR, 0);
}

static void fill_nothing(void)
{
}

static void fill_commit(void)
{
    put32(h, CMD_ADDR + SNP_LENGTH, SNP_COMMIT_SIZE);
}

static void fill_unsmash(void)
{
    put64(h, CMD_ADDR + SNP_ADDR, LARGE);
}

/* A value of a field that is refused, in a command that would succeed otherwise. */
static const struct field_case {
    enum sev_cmd command;
    void (*fill)(void);
    enum snp_guest_state guest;
    uint8_t offset;
    uint64_t value;
    enum sev_status status;
} field_cases[] = {
#define START(offset, value, status)                                                               \
    SEV_CMD_SNP_LAUNCH_START, fill_start, SNP_GUEST_INIT, offset, value, status
    {START(SNP_START_POLICY, 0x10000, SEV_STATUS_POLICY_FAILURE)}, /* bit 17 is missing */
    {START(SNP_START_POLICY, 0x30000 | 1ull << 26, SEV_STATUS_POLICY_FAILURE)},
    {START(SNP_START_POLICY, 0x30000 | 1ull << 63, SEV_STATUS_POLICY_FAILURE)},
    {START(SNP_START_POLICY, 0x30000 | 56 | 1 << 8, SEV_STATUS_POLICY_FAILURE)}, /* API 1.56 */
    {START(SNP_START_POLICY, 0x30000 | 2 << 8, SEV_STATUS_POLICY_FAILURE)},
    {START(SNP_START_POLICY, 0x30000 | SNP_POLICY_MEM_AES_256_XTS, SEV_STATUS_POLICY_FAILURE)},
    {START(SNP_START_POLICY, 0x30000 | SNP_POLICY_RAPL_DIS, SEV_STATUS_POLICY_FAILURE)},
    {START(SNP_START_POLICY, 0x30000 | SNP_POLICY_CIPHERTEXT_HIDING, SEV_STATUS_POLICY_FAILURE)},
    {START(SNP_START_MA_ADDR, STATUS, SEV_STATUS_INVALID_PARAM)},
    {START(SNP_START_FLAGS, SNP_START_FLAG_MA, SEV_STATUS_UNSUPPORTED)},
    {START(SNP_START_FLAGS, SNP_START_FLAG_IMI, SEV_STATUS_UNSUPPORTED)},
    {START(SNP_START_FLAGS, 4, SEV_STATUS_INVALID_PARAM)},
#define UPDATED(offset, value, status)                                                             \
    SEV_CMD_SNP_LAUNCH_UPDATE, fill_normal, SNP_GUEST_LAUNCH, offset, value, status
    {UPDATED(SNP_UPDATE_FLAGS, 0, SEV_STATUS_INVALID_PARAM)},
    {UPDATED(SNP_UPDATE_FLAGS, 7 << 1, SEV_STATUS_INVALID_PARAM)},
    {UPDATED(SNP_UPDATE_FLAGS, 1 << 1 | SNP_UPDATE_FLAG_IMI, SEV_STATUS_INVALID_PARAM)},
    {UPDATED(SNP_UPDATE_FLAGS, 1 << 1 | 1 << 5, SEV_STATUS_INVALID_PARAM)},
    {UPDATED(SNP_UPDATE_FLAGS, 1 << 1 | SNP_UPDATE_FLAG_2M, SEV_STATUS_INVALID_ADDRESS)},
    {UPDATED(SNP_UPDATE_ADDR, 0, SEV_STATUS_INVALID_ADDRESS)},
    {UPDATED(SNP_UPDATE_ADDR, TARGET + 0x800, SEV_STATUS_INVALID_ADDRESS)},
    {UPDATED(SNP_UPDATE_ADDR, RAM_SIZE, SEV_STATUS_INVALID_ADDRESS)},
    {UPDATED(SNP_UPDATE_PERMS, 0x2000, SEV_STATUS_INVALID_PARAM)},
    {UPDATED(SNP_UPDATE_PERMS, 0x80000000u, SEV_STATUS_INVALID_PARAM)},
#define FINISHED(offset, value, status)                                                            \
    SEV_CMD_SNP_LAUNCH_FINISH, fill_finish, SNP_GUEST_LAUNCH, offset, value, status
    {FINISHED(SNP_FINISH_FLAGS, SNP_FINISH_FLAG_AUTHOR_KEY, SEV_STATUS_INVALID_PARAM)},
    {FINISHED(SNP_FINISH_FLAGS, 8, SEV_STATUS_INVALID_PARAM)},
    {FINISHED(SNP_FINISH_FLAGS, SNP_FINISH_FLAG_ID_BLOCK, SEV_STATUS_INVALID_ADDRESS)},
    {SEV_CMD_SNP_ACTIVATE_EX, fill_activate_ex, SNP_GUEST_LAUNCH, SNP_ACTIVATE_EX_LENGTH, 0x18,
     SEV_STATUS_INVALID_LEN},
    {SEV_CMD_SNP_ACTIVATE_EX, fill_activate_ex, SNP_GUEST_LAUNCH, SNP_ACTIVATE_EX_ASID, 1,
     SEV_STATUS_INVALID_PARAM}, /* no ids */
    {SEV_CMD_SNP_ACTIVATE_EX, fill_activate_ex, SNP_GUEST_LAUNCH, SNP_ACTIVATE_EX_IDS_ADDR,
     RAM_SIZE, SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_ACTIVATE_EX, fill_activate_ex, SNP_GUEST_LAUNCH, SNP_ACTIVATE_EX_IDS_ADDR,
     BLOB_ADDR, SEV_STATUS_ACTIVE},
    {SEV_CMD_SNP_SHUTDOWN_EX, fill_nothing, SNP_GUEST_INIT, 0, 4, SEV_STATUS_INVALID_LEN},
    {SEV_CMD_SNP_SHUTDOWN_EX, fill_nothing, SNP_GUEST_INIT, 0, 8 | 4ull << 32,
     SEV_STATUS_INVALID_PARAM},
    {SEV_CMD_SNP_SHUTDOWN_EX, fill_nothing, SNP_GUEST_INIT, 0, 8 | 2ull << 32,
     SEV_STATUS_UNSUPPORTED},
    {SEV_CMD_SNP_SHUTDOWN_EX, fill_nothing, SNP_GUEST_LAUNCH, 0, 8, SEV_STATUS_ACTIVE},
    {SEV_CMD_SNP_CONFIG, fill_nothing, SNP_GUEST_INIT, SNP_CONFIG_FLAGS, 4,
     SEV_STATUS_INVALID_PARAM},
    {SEV_CMD_SNP_CONFIG, fill_nothing, SNP_GUEST_INIT, SNP_CONFIG_TCB, 5, SEV_STATUS_INVALID_PARAM},
    {SEV_CMD_SNP_CONFIG, fill_nothing, SNP_GUEST_INIT, SNP_CONFIG_TCB, 1 << 8,
     SEV_STATUS_INVALID_PARAM},
    {SEV_CMD_SNP_COMMIT, fill_commit, SNP_GUEST_INIT, 0, 8, SEV_STATUS_INVALID_LEN},
    {SEV_CMD_SNP_FEATURE_INFO, fill_feature_info, SNP_GUEST_INIT, 0, 8, SEV_STATUS_INVALID_LEN},
    {SEV_CMD_SNP_FEATURE_INFO, fill_feature_info, SNP_GUEST_INIT, 0, 0x10 | 1ull << 32,
     SEV_STATUS_INVALID_PARAM},
    {SEV_CMD_SNP_FEATURE_INFO, fill_feature_info, SNP_GUEST_INIT, SNP_FEATURE_INFO_ADDR,
     STATUS + 0xff8, SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_PLATFORM_STATUS, fill_status, SNP_GUEST_INIT, 0, 0, SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_PLATFORM_STATUS, fill_status, SNP_GUEST_INIT, 0, STATUS + 4,
     SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_PLATFORM_STATUS, fill_status, SNP_GUEST_INIT, 0, STATUS + 0xff0,
     SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_GCTX_CREATE, fill_create, SNP_GUEST_INIT, 0, FREE_PAGE + 8,
     SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_GCTX_CREATE, fill_create, SNP_GUEST_INIT, 0, 0, SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_PAGE_RECLAIM, fill_reclaim, SNP_GUEST_INIT, 0, TARGET | 2,
     SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_PAGE_RECLAIM, fill_reclaim, SNP_GUEST_INIT, 0, TARGET | 1,
     SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_PAGE_RECLAIM, fill_reclaim, SNP_GUEST_INIT, 0, LARGE | 1,
     SEV_STATUS_INVALID_PAGE_SIZE},
    {SEV_CMD_SNP_PAGE_UNSMASH, fill_unsmash, SNP_GUEST_INIT, 0, LARGE + PAGE,
     SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_PAGE_UNSMASH, fill_unsmash, SNP_GUEST_INIT, 0, RAM_SIZE,
     SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_DBG_DECRYPT, fill_decrypt, SNP_GUEST_RUNNING, SNP_DBG_SRC_ADDR, TARGET + 8,
     SEV_STATUS_INVALID_ADDRESS},
    {SEV_CMD_SNP_DBG_ENCRYPT, fill_encrypt, SNP_GUEST_RUNNING, SNP_DBG_SRC_ADDR, RAM_SIZE,
     SEV_STATUS_INVALID_ADDRESS},
};

static void every_field_that_is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(field_cases) / sizeof(field_cases[0]); i++) {
        const struct field_case *c = &field_cases[i];
        struct snapshot before;

        guest_in(c->guest);
        c->fill();
        put64(h, CMD_ADDR + c->offset, c->value);
        before = snapshot(h);
        if (exec(h, c->command) != c->status)
            fail_msg("%s, %llx at %x: %s, not %s", psp_command_name((uint16_t)c->command),
                     (unsigned long long)c->value, c->offset, psp_status_name(h->trace.status),
                     psp_status_name((uint16_t)c->status));
        assert_unchanged(h, before);
    }
}

static void commands_that_are_not_built(void **state)
{
    static const enum sev_cmd commands[] = {
        SEV_CMD_SNP_PAGE_SWAP_OUT, SEV_CMD_SNP_PAGE_SWAP_IN,   SEV_CMD_SNP_PAGE_MOVE,
        SEV_CMD_SNP_PAGE_MD_INIT,  SEV_CMD_SNP_PAGE_SET_STATE, SEV_CMD_SNP_DOWNLOAD_FIRMWARE_EX,
    };

    (void)state;
    guest_in(SNP_GUEST_RUNNING);
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        assert_int_equal(on_context(commands[i], CONTEXT), SEV_STATUS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_state_of_every_page),
        T(every_state_of_the_guest),
        T(every_field_that_is_refused),
        T(commands_that_are_not_built),
    };

    return cmocka_run_group_tests_name("snp_table", tests, NULL, NULL);
}
