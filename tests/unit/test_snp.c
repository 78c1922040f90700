/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands of SEV-SNP: platform, guest contexts, launch, pages.
 *
 * Source: virtee/sev-snp-measure (arithmetic of the launch digest). The digests below are
 * SHA-384 chains that Python's hashlib computed from the same pages.
 */
#include "one_processor.h"

#include <stdio.h>

#include "protocol/crypto.h"

#define PAGE     0x1000u
#define CONTEXT  0x10000u
#define STATUS   0x11000u
#define ASID     2u
#define POLICY   0x30000u
#define GPA_BASE 0x800000u

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    harness_snp(h);
    cmd_clear(h);
    return 0;
}

/* --- steps ----------------------------------------------------------------------------------- */

static struct psp_rmp_entry *entry_of(uint64_t spa)
{
    return &h->rmp[spa / PAGE];
}

/* As the hypervisor's RMPUPDATE: a page of the processor. */
static void make_firmware(uint64_t spa)
{
    *entry_of(spa) = (struct psp_rmp_entry){.assigned = true, .immutable = true};
}

/* A page of a guest, before its launch. */
static void make_pre_guest(uint64_t spa, uint64_t gpa)
{
    *entry_of(spa) = (struct psp_rmp_entry){
        .assigned = true, .immutable = true, .asid = ASID, .gpa = gpa, .perms = {0x1f}};
}

static void flush(void)
{
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        psp_wbinvd(h->psp, cpu);
    assert_int_equal(exec(h, SEV_CMD_SNP_DF_FLUSH), SEV_STATUS_SUCCESS);
}

static void init(void)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SNP_INIT_EX_FLAGS, SNP_INIT_FLAG_RMP);
    assert_int_equal(exec(h, SEV_CMD_SNP_INIT_EX), SEV_STATUS_SUCCESS);
    flush();
}

static enum sev_status on_context(enum sev_cmd command, uint64_t context)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, context);
    return exec(h, command);
}

static enum sev_status start(uint64_t policy)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put64(h, CMD_ADDR + SNP_START_POLICY, policy);
    return exec(h, SEV_CMD_SNP_LAUNCH_START);
}

static enum sev_status activate(uint32_t asid)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put32(h, CMD_ADDR + SNP_ACTIVATE_ASID, asid);
    return exec(h, SEV_CMD_SNP_ACTIVATE);
}

static enum sev_status update(enum snp_page_type type, uint64_t spa)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put32(h, CMD_ADDR + SNP_UPDATE_FLAGS, (uint32_t)type << SNP_UPDATE_TYPE_SHIFT);
    put64(h, CMD_ADDR + SNP_UPDATE_ADDR, spa);
    return exec(h, SEV_CMD_SNP_LAUNCH_UPDATE);
}

static enum sev_status finish(void)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    return exec(h, SEV_CMD_SNP_LAUNCH_FINISH);
}

/* A guest that takes pages. */
static void launch(void)
{
    init();
    make_firmware(CONTEXT);
    assert_int_equal(on_context(SEV_CMD_SNP_GCTX_CREATE, CONTEXT), SEV_STATUS_SUCCESS);
    assert_int_equal(start(POLICY), SEV_STATUS_SUCCESS);
    assert_int_equal(activate(ASID), SEV_STATUS_SUCCESS);
}

static struct psp_snp_guest_info guest_info(void)
{
    struct psp_snp_guest_info info;

    assert_true(psp_get_snp_guest(h->psp, 0, &info));
    return info;
}

static void assert_digest(const char *hex)
{
    struct psp_snp_guest_info info = guest_info();
    char text[2 * SNP_DIGEST_SIZE + 1];

    for (unsigned i = 0; i < SNP_DIGEST_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", info.launch_digest[i]);
    assert_string_equal(text, hex);
}

/* --- tests ----------------------------------------------------------------------------------- */

/* One page of each type that has a plaintext of the hypervisor's, in QEMU's order. Page n is filled
 * with the byte n + 1; addresses follow one another from 800000h. */
static void the_launch_digest(void **state)
{
    static const enum snp_page_type types[] = {SNP_PAGE_NORMAL,     SNP_PAGE_ZERO,
                                               SNP_PAGE_UNMEASURED, SNP_PAGE_SECRETS,
                                               SNP_PAGE_CPUID,      SNP_PAGE_VMSA};
    uint8_t page[PAGE], seen[PAGE];

    (void)state;
    launch();
    for (unsigned i = 0; i < 6; i++) {
        uint64_t spa = DATA_ADDR + i * PAGE;
        uint64_t gpa = types[i] == SNP_PAGE_VMSA ? SNP_VMSA_GPA : GPA_BASE + i * PAGE;

        memset(page, types[i] == SNP_PAGE_CPUID ? 0 : (int)i + 1, PAGE);
        put(h, spa, page, PAGE);
        make_pre_guest(spa, gpa);
        assert_int_equal(update(types[i], spa), SEV_STATUS_SUCCESS);
        assert_int_equal(h->trace.region_gpa, gpa);
        assert_int_equal(h->trace.page_type, types[i]);
        assert_int_equal(h->trace.digest_size, SNP_DIGEST_SIZE);
        assert_true(entry_of(spa)->validated && !entry_of(spa)->immutable);
        assert_int_equal(entry_of(spa)->vmsa, types[i] == SNP_PAGE_VMSA);
        guest_read(h, ASID, spa, seen, PAGE);
        if (types[i] == SNP_PAGE_ZERO)
            memset(page, 0, PAGE);
        if (types[i] != SNP_PAGE_SECRETS)
            assert_memory_equal(seen, page, PAGE);
        assert_memory_not_equal(h->ram + spa, page, PAGE);
    }
    assert_digest("7ecbbe9c65286c10d138ce0522b0d65728239997cacce97511f1db7f856a0de4"
                  "eeed8796be0a3a7c39b24b63716450e3");
    assert_int_equal(finish(), SEV_STATUS_SUCCESS);
    assert_int_equal(guest_info().state, SNP_GUEST_RUNNING);
    assert_int_equal(update(SNP_PAGE_NORMAL, DATA_ADDR), SEV_STATUS_INVALID_GUEST_STATE);
}

static void a_guest_from_start_to_end(void **state)
{
    (void)state;
    launch();
    assert_int_equal(h->rmp[CONTEXT / PAGE].vmsa, true);
    assert_int_equal(activate(1), SEV_STATUS_ACTIVE);
    assert_int_equal(finish(), SEV_STATUS_SUCCESS);
    assert_int_equal(on_context(SEV_CMD_SNP_DECOMMISSION, CONTEXT), SEV_STATUS_SUCCESS);
    assert_false(h->keys[ASID].loaded);
    assert_int_equal(h->rmp[CONTEXT / PAGE].vmsa, false);
    assert_int_equal(on_context(SEV_CMD_SNP_DECOMMISSION, CONTEXT), SEV_STATUS_INVALID_GUEST);

    /* The ASID needs WBINVD and a flush. */
    assert_int_equal(on_context(SEV_CMD_SNP_GCTX_CREATE, CONTEXT), SEV_STATUS_SUCCESS);
    assert_int_equal(start(POLICY), SEV_STATUS_SUCCESS);
    assert_int_equal(activate(ASID), SEV_STATUS_DFFLUSH_REQUIRED);
    assert_int_equal(exec(h, SEV_CMD_SNP_DF_FLUSH), SEV_STATUS_WBINVD_REQUIRED);
    flush();
    assert_int_equal(activate(ASID), SEV_STATUS_SUCCESS);
}

/* Which state of a page a launch refuses, and that nothing changes then. */
static void pages_that_are_refused(void **state)
{
    static const struct {
        struct psp_rmp_entry entry;
        enum sev_status status;
    } bad[] = {
        {{0}, SEV_STATUS_INVALID_PAGE_STATE},
        {{.assigned = true, .immutable = true}, SEV_STATUS_INVALID_PAGE_STATE},
        {{.assigned = true, .asid = ASID}, SEV_STATUS_INVALID_PAGE_STATE},
        {{.assigned = true, .asid = ASID, .validated = true}, SEV_STATUS_INVALID_PAGE_STATE},
        {{.assigned = true, .asid = ASID, .immutable = true, .validated = true},
         SEV_STATUS_INVALID_PAGE_STATE},
        {{.assigned = true, .asid = ASID + 1, .immutable = true}, SEV_STATUS_INVALID_PAGE_OWNER},
    };

    (void)state;
    launch();
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct snapshot before;

        *entry_of(DATA_ADDR) = bad[i].entry;
        before = snapshot(h);
        assert_int_equal(update(SNP_PAGE_NORMAL, DATA_ADDR), bad[i].status);
        assert_unchanged(h, before);
    }
    *entry_of(0x200000) =
        (struct psp_rmp_entry){.assigned = true, .immutable = true, .asid = ASID, .size_2m = true};
    assert_int_equal(update(SNP_PAGE_NORMAL, 0x200000), SEV_STATUS_INVALID_PAGE_SIZE);
    assert_int_equal(update(SNP_PAGE_NORMAL, DATA_ADDR + 16), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(update(SNP_PAGE_NORMAL, RAM_SIZE), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(update((enum snp_page_type)0, DATA_ADDR), SEV_STATUS_INVALID_PARAM);
    assert_int_equal(update((enum snp_page_type)7, DATA_ADDR), SEV_STATUS_INVALID_PARAM);
}

/* The host fails at any place: all or nothing. */
static void the_host_fails(void **state)
{
    static const enum fault faults[] = {FAULT_RAM_READ, FAULT_RAM_WRITE, FAULT_RMP_SET};
    struct snapshot before;

    (void)state;
    launch();
    make_pre_guest(DATA_ADDR, GPA_BASE);
    before = snapshot(h);
    for (unsigned i = 0; i < 3; i++) {
        harness_fail(h, faults[i],
                     faults[i] == FAULT_RAM_READ); /* the first read is the buffer's */
        assert_int_equal(update(SNP_PAGE_NORMAL, DATA_ADDR), SEV_STATUS_HWERROR_PLATFORM);
        harness_no_faults(h);
        assert_unchanged(h, before);
    }
    assert_int_equal(update(SNP_PAGE_NORMAL, DATA_ADDR), SEV_STATUS_SUCCESS);
}

static void the_status_page(void **state)
{
    (void)state;
    /* Before SNP_INIT any page will do. */
    assert_int_equal(on_context(SEV_CMD_SNP_PLATFORM_STATUS, STATUS), SEV_STATUS_SUCCESS);
    assert_int_equal(h->ram[STATUS], PSP_API_SNP_MAJOR);
    assert_int_equal(h->ram[STATUS + 1], PSP_API_SNP_MINOR);
    assert_int_equal(h->ram[STATUS + SNP_STATUS_STATE], 0);
    init();
    assert_int_equal(on_context(SEV_CMD_SNP_PLATFORM_STATUS, STATUS),
                     SEV_STATUS_INVALID_PAGE_STATE);
    make_firmware(STATUS);
    assert_int_equal(on_context(SEV_CMD_SNP_PLATFORM_STATUS, STATUS), SEV_STATUS_SUCCESS);
    assert_int_equal(h->ram[STATUS + SNP_STATUS_STATE], 1);
    assert_int_equal(h->ram[STATUS + SNP_STATUS_RMP], 1);
    /* The page is in state RECLAIM now. */
    assert_true(entry_of(STATUS)->assigned && !entry_of(STATUS)->immutable);
    assert_int_equal(on_context(SEV_CMD_SNP_PLATFORM_STATUS, STATUS),
                     SEV_STATUS_INVALID_PAGE_STATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_launch_digest), T(a_guest_from_start_to_end), T(pages_that_are_refused),
        T(the_host_fails),    T(the_status_page),
    };

    return cmocka_run_group_tests_name("snp", tests, NULL, NULL);
}
