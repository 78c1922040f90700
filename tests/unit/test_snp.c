/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands of SEV-SNP: platform, guest contexts, launch, pages.
 *
 * Source: virtee/sev-snp-measure (arithmetic of the launch digest). The digests below are
 * SHA-384 chains that Python's hashlib computed from the same pages.
 */
#include "snp_steps.h"

#include <errno.h>
#include <stdio.h>

#include "protocol/crypto.h"

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

/* A processor with guests in every state goes on where it was. */
static void save_and_restore(void **state)
{
    static uint8_t image[PSP_SAVE_MAX], again[PSP_SAVE_MAX];
    struct snapshot before;
    const char *reason;
    size_t len, len2;

    (void)state;
    launch();
    make_pre_guest(DATA_ADDR, GPA_BASE);
    assert_int_equal(update(SNP_PAGE_NORMAL, DATA_ADDR), SEV_STATUS_SUCCESS);
    make_firmware(STATUS);
    assert_int_equal(on_context(SEV_CMD_SNP_GCTX_CREATE, STATUS), SEV_STATUS_SUCCESS);
    cmd_clear(h);
    put64(h, CMD_ADDR + SNP_CONFIG_TCB, 3);
    put32(h, CMD_ADDR + SNP_CONFIG_FLAGS, SNP_CONFIG_FLAG_MASK_CHIP_ID);
    assert_int_equal(exec(h, SEV_CMD_SNP_CONFIG), SEV_STATUS_SUCCESS);
    before = snapshot(h);
    assert_int_equal(psp_save(h->psp, image, sizeof(image), &len), 0);
    assert_int_equal(psp_save(h->psp, again, len - 1, &len2), -ENOSPC);

    harness_start(h);
    assert_int_equal(psp_load(h->psp, image, len, &reason), 0);
    assert_unchanged(h, before);
    assert_int_equal(psp_save(h->psp, again, sizeof(again), &len2), 0);
    assert_int_equal(len2, len);
    assert_memory_equal(again, image, len);
    harness_fail(h, FAULT_KEY_INSTALL, 0);
    assert_int_equal(psp_load(h->psp, image, len, &reason), -EIO);
    harness_no_faults(h);
    assert_int_equal(psp_load(h->psp, image, len, &reason), 0);

    /* The launch goes on: the next page and the end of it. */
    make_pre_guest(DATA_ADDR + PAGE, GPA_BASE + PAGE);
    assert_int_equal(update(SNP_PAGE_NORMAL, DATA_ADDR + PAGE), SEV_STATUS_SUCCESS);
    assert_int_equal(finish(), SEV_STATUS_SUCCESS);
    assert_int_equal(on_context(SEV_CMD_SNP_DECOMMISSION, STATUS), SEV_STATUS_SUCCESS);

    /* A machine without an RMP has no place for it. */
    h->host.rmp_get = NULL;
    h->host.rmp_set = NULL;
    h->host.rmp_clear = NULL;
    harness_start(h);
    assert_int_equal(psp_load(h->psp, image, len, &reason), -EINVAL);
    assert_non_null(strstr(reason, "SEV-SNP"));
}

/* No byte of a saved state brings the processor into a state that commands could not. */
static void saved_states_that_are_refused(void **state)
{
    static uint8_t image[PSP_SAVE_MAX], changed[PSP_SAVE_MAX];
    unsigned refused = 0, taken = 0;
    size_t len;

    (void)state;
    launch();
    assert_int_equal(finish(), SEV_STATUS_SUCCESS);
    assert_int_equal(psp_save(h->psp, image, sizeof(image), &len), 0);
    for (size_t at = len - 700; at < len - 32; at++) {
        memcpy(changed, image, len);
        changed[at] ^= 0x80;
        crypto_sha256(changed, len - 32, changed + len - 32);
        if (psp_load(h->psp, changed, len, NULL)) {
            refused++;
            continue;
        }
        taken++;
        assert_true(guest_info().state <= SNP_GUEST_RUNNING);
        assert_true(guest_info().asid <= ASIDS);
    }
    /* Keys and digests can be anything, addresses, states and flags cannot. */
    assert_true(refused > 20 && taken > 400);
    for (size_t cut = 0; cut < len; cut += 17)
        assert_int_equal(psp_load(h->psp, image, cut, NULL), -EINVAL);
}

static enum sev_status init_ex(uint32_t flags, uint64_t list)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SNP_INIT_EX_FLAGS, flags);
    put64(h, CMD_ADDR + SNP_INIT_EX_LIST_ADDR, list);
    return exec(h, SEV_CMD_SNP_INIT_EX);
}

static void put_range(unsigned n, uint64_t base, uint32_t pages)
{
    put64(h, BLOB_ADDR + 8 + 16ull * n, base);
    put64(h, BLOB_ADDR + 16 + 16ull * n, pages);
}

static void the_start_of_the_platform(void **state)
{
    (void)state;
    assert_int_equal(init_ex(0, 0), SEV_STATUS_RMP_INIT_REQUIRED);
    assert_int_equal(init_ex(0x20, 0), SEV_STATUS_INVALID_PARAM);
    assert_int_equal(init_ex(SNP_INIT_FLAG_RMP | SNP_INIT_FLAG_TIO, 0), SEV_STATUS_UNSUPPORTED);
    assert_int_equal(init_ex(3, 0), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(init_ex(3, RAM_SIZE - 8), SEV_STATUS_INVALID_PARAM);
    put64(h, BLOB_ADDR, 256);
    assert_int_equal(init_ex(3, BLOB_ADDR), SEV_STATUS_INVALID_PARAM);
    put64(h, BLOB_ADDR, 1ull << 32);
    assert_int_equal(init_ex(3, BLOB_ADDR), SEV_STATUS_INVALID_PARAM);
    put64(h, BLOB_ADDR, 3);
    put_range(0, DATA_ADDR, 2);
    put_range(1, 1ull << 40, 1000); /* no RAM: the hypervisor's anyway */
    put_range(2, DATA_ADDR + 1, 1);
    assert_int_equal(init_ex(3, BLOB_ADDR), SEV_STATUS_INVALID_PARAM);
    put_range(2, 0, 0xffffffffu);
    assert_int_equal(init_ex(3, BLOB_ADDR), SEV_STATUS_RESOURCE_LIMIT);
    put_range(2, 0, 0);

    /* A guest of SEV is in the way. */
    do_init(h);
    do_start(h, 0);
    assert_int_equal(init_ex(3, BLOB_ADDR), SEV_STATUS_INVALID_PLATFORM_STATE);
    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    make_firmware(DATA_ADDR);
    assert_int_equal(init_ex(3, BLOB_ADDR), SEV_STATUS_SUCCESS);
    for (unsigned n = 0; n < 3; n++)
        assert_int_equal(entry_of(DATA_ADDR + n * PAGE)->immutable, n < 2);
    assert_false(entry_of(DATA_ADDR)->assigned);
    assert_int_equal(init_ex(1, 0), SEV_STATUS_INVALID_PLATFORM_STATE);
}

static void the_end_of_the_platform(void **state)
{
    (void)state;
    assert_int_equal(init_ex(1, 0), SEV_STATUS_SUCCESS);
    assert_int_equal(exec(h, SEV_CMD_SNP_SHUTDOWN), SEV_STATUS_DFFLUSH_REQUIRED);
    flush();
    make_firmware(CONTEXT);
    assert_int_equal(on_context(SEV_CMD_SNP_GCTX_CREATE, CONTEXT), SEV_STATUS_SUCCESS);
    assert_int_equal(exec(h, SEV_CMD_SNP_SHUTDOWN), SEV_STATUS_SUCCESS);
    assert_false(entry_of(CONTEXT)->vmsa);
    /* The RMP is still there: a range must not be the processor's. */
    put64(h, BLOB_ADDR, 1);
    put_range(0, CONTEXT, 1);
    assert_int_equal(init_ex(2, BLOB_ADDR), SEV_STATUS_INVALID_PAGE_STATE);
    assert_int_equal(init_ex(0, 0), SEV_STATUS_SUCCESS);
    psp_reset(h->psp);
    assert_int_equal(init_ex(0, 0), SEV_STATUS_RMP_INIT_REQUIRED);
}

static enum sev_status large_update(enum snp_page_type type)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put32(h, CMD_ADDR + SNP_UPDATE_FLAGS,
          (uint32_t)type << SNP_UPDATE_TYPE_SHIFT | SNP_UPDATE_FLAG_2M);
    put64(h, CMD_ADDR + SNP_UPDATE_ADDR, 0x200000);
    return exec(h, SEV_CMD_SNP_LAUNCH_UPDATE);
}

/* 2 MiB measure as their 512 pages, and a host that fails in the middle leaves nothing behind. */
static void a_page_of_2_mib(void **state)
{
    struct psp_snp_guest_info large, small;
    struct snapshot before;

    (void)state;
    launch();
    make_pre_guest(0x200000, GPA_BASE);
    entry_of(0x200000)->size_2m = true;
    assert_int_equal(large_update(SNP_PAGE_VMSA), SEV_STATUS_INVALID_PAGE_SIZE);
    assert_int_equal(large_update(SNP_PAGE_CPUID), SEV_STATUS_INVALID_PAGE_SIZE);
    before = snapshot(h);
    harness_fail(h, FAULT_RAM_WRITE, 300);
    assert_int_equal(large_update(SNP_PAGE_NORMAL), SEV_STATUS_HWERROR_PLATFORM);
    harness_no_faults(h);
    assert_unchanged(h, before);
    assert_int_equal(large_update(SNP_PAGE_NORMAL), SEV_STATUS_SUCCESS);
    assert_int_equal(h->trace.region_len, 0x200000);
    assert_true(entry_of(0x200000)->size_2m && entry_of(0x200000)->validated);
    large = guest_info();

    psp_reset(h->psp);
    harness_free(h);
    (void)setup(NULL);
    launch();
    for (unsigned n = 0; n < 512; n++) {
        make_pre_guest(0x200000 + n * PAGE, GPA_BASE + n * PAGE);
        assert_int_equal(update(SNP_PAGE_NORMAL, 0x200000 + n * PAGE), SEV_STATUS_SUCCESS);
    }
    small = guest_info();
    assert_memory_equal(large.launch_digest, small.launch_digest, SNP_DIGEST_SIZE);

    /* The same pages become one again. */
    assert_int_equal(on_context(SEV_CMD_SNP_PAGE_UNSMASH, 0x200000), SEV_STATUS_SUCCESS);
    assert_true(entry_of(0x200000)->size_2m && entry_of(0x200000)->validated);
    assert_int_equal(on_context(SEV_CMD_SNP_PAGE_UNSMASH, 0x200000), SEV_STATUS_INVALID_PAGE_SIZE);
    entry_of(0x200000)->size_2m = false;
    entry_of(0x200000 + 511 * PAGE)->validated = false;
    assert_int_equal(on_context(SEV_CMD_SNP_PAGE_UNSMASH, 0x200000), SEV_STATUS_INVALID_PAGE_STATE);
}

static void answer_nothing(void *ctx, uint32_t leaf, uint32_t subleaf, uint64_t xcr0, uint64_t xss,
                           uint32_t result[4])
{
    (void)ctx, (void)leaf, (void)subleaf, (void)xcr0, (void)xss;
    memset(result, 0, 4 * sizeof(result[0]));
}

/* A CPUID page that says too much is refused, and corrected in place. */
static void the_cpuid_page(void **state)
{
    uint8_t page[PAGE] = {1}; /* one row: leaf 0 with ECX = 3 */

    (void)state;
    h->host.cpuid = answer_nothing;
    harness_start(h);
    launch();
    make_pre_guest(DATA_ADDR, GPA_BASE);
    page[16 + 0x20] = 3;
    put(h, DATA_ADDR, page, PAGE);
    assert_int_equal(update(SNP_PAGE_CPUID, DATA_ADDR), SEV_STATUS_INVALID_PARAM);
    assert_int_equal(h->ram[DATA_ADDR], 1);
    assert_int_equal(h->ram[DATA_ADDR + 16 + 0x20], 0);
    assert_true(entry_of(DATA_ADDR)->immutable);
    assert_int_equal(update(SNP_PAGE_CPUID, DATA_ADDR), SEV_STATUS_SUCCESS);
    /* not the form of such a page */
    make_pre_guest(DATA_ADDR + PAGE, GPA_BASE + PAGE);
    page[4] = 1;
    put(h, DATA_ADDR + PAGE, page, PAGE);
    assert_int_equal(update(SNP_PAGE_CPUID, DATA_ADDR + PAGE), SEV_STATUS_INVALID_PARAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_launch_digest),
        T(a_guest_from_start_to_end),
        T(pages_that_are_refused),
        T(the_host_fails),
        T(the_status_page),
        T(save_and_restore),
        T(saved_states_that_are_refused),
        T(the_start_of_the_platform),
        T(the_end_of_the_platform),
        T(a_page_of_2_mib),
        T(the_cpuid_page),
    };

    return cmocka_run_group_tests_name("snp", tests, NULL, NULL);
}
