/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cpu-ext/rmp: each check of an access, each result of each instruction and their order, entries of
 * 2 MiB, notices of changes. test_rmp_random compares with a model of the rules.
 */
#include "unit.h"

#include <string.h>

#include "rmp.h"

#define PAGE  UINT64_C(0x1000)
#define LARGE UINT64_C(0x200000)
#define RAM   (3 * LARGE)
#define ROM   UINT64_C(0xffc00000)

static struct rmp *rmp;
static uint64_t changed_spa, changed_n;
static unsigned changes;

static void on_changed(void *ctx, uint64_t spa, uint64_t n)
{
    (void)ctx;
    changed_spa = spa;
    changed_n = n;
    changes++;
}

static int setup(void **state)
{
    static const struct rmp_range ranges[] = {{0, RAM}, {ROM, 5 * PAGE}};
    static const struct rmp_ops ops = {NULL, on_changed};

    (void)state;
    rmp = rmp_new(ranges, 2, &ops);
    changes = 0;
    return rmp ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    rmp_free(rmp);
    return 0;
}

/* Expect one notice since the last call, or none if `n` is 0. */
static void expect_changed(uint64_t spa, uint64_t n)
{
    assert_int_equal(changes, n ? 1 : 0);
    if (n) {
        assert_true(changed_spa == spa);
        assert_true(changed_n == n);
    }
    changes = 0;
}

static enum rmp_error assign(uint64_t spa, uint64_t gpa, uint32_t asid, bool is_2m)
{
    const struct rmp_update update = {gpa, asid, true, is_2m, false};

    return rmp_rmpupdate(rmp, spa, &update);
}

static enum rmp_error withdraw(uint64_t spa, bool is_2m)
{
    const struct rmp_update update = {.size_2m = is_2m};

    return rmp_rmpupdate(rmp, spa, &update);
}

static const struct rmp_guest guest0 = {1, 0}, guest1 = {1, 1};

static void validate(uint64_t spa, uint64_t gpa, bool is_2m)
{
    const struct rmp_result r = rmp_pvalidate(rmp, &guest0, spa, gpa, is_2m, true);

    assert_true(r.fault == RMP_PASSED && r.eax == RMP_OK && !r.cf);
}

static struct rmp_access read_of(uint64_t gpa)
{
    return (struct rmp_access){
        .asid = 1, .snp = true, .private_ = true, .needs = RMP_READ, .gpa = gpa};
}

static void checks_in_their_order(void **state)
{
    struct rmp_access access = read_of(0x5123);
    struct rmp_entry entry;

    (void)state;
    assert_int_equal(rmp_check(rmp, RAM, &access), RMP_NOT_COVERED);
    assert_int_equal(rmp_check(rmp, ROM + 5 * PAGE, &access), RMP_NOT_COVERED);
    assert_int_equal(rmp_check(rmp, ROM - 1, &access), RMP_NOT_COVERED);
    assert_int_equal(rmp_check(rmp, ROM + 4 * PAGE, &access), RMP_NOT_ASSIGNED);
    /* Everything is wrong; then one after the other is right. */
    entry = (struct rmp_entry){.gpa = 0x6000, .asid = 2, .assigned = true, .immutable = true};
    assert_true(rmp_set(rmp, 0x5000, &entry));
    access.leaf_2m = true;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_WRONG_ASID);
    entry.asid = 1;
    assert_true(rmp_set(rmp, 0x5000, &entry));
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_WRONG_GPA);
    entry.gpa = 0x5000;
    assert_true(rmp_set(rmp, 0x5000, &entry));
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_IMMUTABLE_PAGE);
    entry.immutable = false;
    assert_true(rmp_set(rmp, 0x5000, &entry));
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_WRONG_SIZE);
    access.leaf_2m = false;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_NOT_VALIDATED);
    entry.validated = true;
    assert_true(rmp_set(rmp, 0x5000, &entry));
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_NO_PERMISSION);
    entry.perms[0] = RMP_READ;
    assert_true(rmp_set(rmp, 0x5000, &entry));
    assert_int_equal(rmp_check(rmp, 0x5fff, &access), RMP_PASSED);
}

static void who_may_access(void **state)
{
    struct rmp_access access = read_of(0x5000);

    (void)state;
    assert_int_equal(assign(0x5000, 0x5000, 1, false), RMP_OK);
    /* A shared read is not checked, a shared write is; fetches and walks are private. */
    access.private_ = false;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_PASSED);
    access.needs = RMP_WRITE;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_GUEST_OWNED);
    assert_int_equal(rmp_check(rmp, 0x6000, &access), RMP_PASSED);
    assert_int_equal(rmp_check(rmp, RAM, &access), RMP_PASSED);
    access.needs = RMP_EXEC_USER;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_NOT_VALIDATED);
    access.needs = RMP_READ;
    access.walk = true;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_NOT_VALIDATED);
    /* A guest without SNP, and a device. */
    access.snp = false;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_GUEST_OWNED);
    access.walk = false;
    access.private_ = true;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_PASSED);
    access.needs = RMP_WRITE;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_GUEST_OWNED);
    access.asid = 0;
    assert_int_equal(rmp_check(rmp, 0x5000, &access), RMP_GUEST_OWNED);
    assert_int_equal(rmp_check(rmp, 0x6000, &access), RMP_PASSED);
}

static void permissions(void **state)
{
    struct rmp_entry entry = {.gpa = 0x5000, .asid = 1, .assigned = true, .validated = true};

    (void)state;
    for (unsigned perms = 0; perms <= RMP_ALL; perms++)
        for (unsigned needs = 1; needs <= RMP_ALL; needs <<= 1)
            for (uint8_t vmpl = 0; vmpl < RMP_VMPLS; vmpl++) {
                struct rmp_access access = read_of(0x5000);
                const bool write_only = needs == RMP_WRITE && !(perms & RMP_READ);
                const bool allowed = perms & needs && !write_only;

                memset(entry.perms, (int)(RMP_ALL & ~perms), sizeof(entry.perms));
                entry.perms[vmpl] = (uint8_t)perms;
                assert_true(rmp_set(rmp, 0x5000, &entry));
                access.vmpl = vmpl;
                access.needs = (uint8_t)needs;
                assert_int_equal(rmp_check(rmp, 0x5000, &access),
                                 allowed ? RMP_PASSED : RMP_NO_PERMISSION);
            }
}

/* Bits as in Linux arch/x86/include/asm/kvm_host.h PFERR_GUEST_*_MASK. */
static void bits_of_a_nested_fault(void **state)
{
    struct rmp_access access = read_of(0x5000);

    (void)state;
    assert_true(rmp_npf(RMP_PASSED, &access) == 0);
    assert_true(rmp_npf(RMP_NOT_VALIDATED, &access) == 0);
    assert_true(rmp_npf(RMP_NOT_ASSIGNED, &access) == UINT64_C(0x580000001));
    assert_true(rmp_npf(RMP_WRONG_SIZE, &access) == UINT64_C(0xd80000001));
    assert_true(rmp_npf(RMP_NO_PERMISSION, &access) == UINT64_C(0x1580000001));
    access.needs = RMP_WRITE;
    access.private_ = false;
    access.user = true;
    assert_true(rmp_npf(RMP_GUEST_OWNED, &access) == UINT64_C(0x180000007));
    access.walk = true;
    assert_true(rmp_npf(RMP_WRONG_GPA, &access) == UINT64_C(0x680000007));
    access.walk = access.user = false;
    access.needs = RMP_EXEC_SUPER;
    assert_true(rmp_npf(RMP_WRONG_GPA, &access) == UINT64_C(0x580000011));
    access.needs = RMP_EXEC_USER;
    assert_true(rmp_npf(RMP_WRONG_GPA, &access) == UINT64_C(0x580000015));
    access.private_ = true;
    access.needs = RMP_SHADOW_STACK;
    assert_true(rmp_npf(RMP_WRONG_GPA, &access) == UINT64_C(0x580000041));
}

static void pvalidate_4k(void **state)
{
    const struct rmp_guest other = {2, 0};
    struct rmp_result r;

    (void)state;
    r = rmp_pvalidate(rmp, &guest0, 0x5000, 0x5000, false, true);
    assert_int_equal(r.fault, RMP_NOT_ASSIGNED);
    r = rmp_pvalidate(rmp, &guest0, RAM, RAM, false, true);
    assert_int_equal(r.fault, RMP_NOT_COVERED);
    assert_int_equal(assign(0x5000, 0x7000, 1, false), RMP_OK);
    expect_changed(0x5000, 1);
    r = rmp_pvalidate(rmp, &other, 0x5000, 0x7000, false, true);
    assert_int_equal(r.fault, RMP_WRONG_ASID);
    r = rmp_pvalidate(rmp, &guest0, 0x5000, 0x5000, false, true);
    assert_int_equal(r.fault, RMP_WRONG_GPA);
    expect_changed(0, 0);
    validate(0x5000, 0x7000, false);
    expect_changed(0x5000, 1);
    assert_true(rmp_get(rmp, 0x5000).validated);
    r = rmp_pvalidate(rmp, &guest0, 0x5000, 0x7000, false, true);
    assert_true(r.fault == RMP_PASSED && r.eax == RMP_OK && r.cf);
    expect_changed(0, 0);
    r = rmp_pvalidate(rmp, &guest0, 0x5000, 0x7000, true, true);
    assert_true(r.fault == RMP_PASSED && r.eax == RMP_FAIL_INPUT && !r.cf);
    r = rmp_pvalidate(rmp, &guest0, 0x5000, 0x7000, false, false);
    assert_true(r.fault == RMP_PASSED && r.eax == RMP_OK && !r.cf);
    expect_changed(0x5000, 1);
    r = rmp_pvalidate(rmp, &guest0, 0x5000, 0x7000, false, false);
    assert_true(r.cf);
    assert_int_equal(rmp_stats(rmp).pvalidates, 2);
    assert_int_equal(rmp_stats(rmp).unchanged, 2);
    assert_int_equal(rmp_stats(rmp).faults[RMP_WRONG_GPA], 1);
}

static void pvalidate_2m(void **state)
{
    struct rmp_result r;

    (void)state;
    assert_int_equal(assign(LARGE, 0, 1, true), RMP_OK);
    expect_changed(LARGE, 512);
    assert_true(rmp_get(rmp, LARGE + 7 * PAGE).gpa == 7 * PAGE);
    r = rmp_pvalidate(rmp, &guest0, LARGE + 7 * PAGE, 7 * PAGE, false, true);
    assert_int_equal(r.fault, RMP_WRONG_SIZE);
    r = rmp_pvalidate(rmp, &guest0, LARGE, 0, false, true);
    assert_int_equal(r.fault, RMP_WRONG_SIZE);
    validate(LARGE, 0, true);
    expect_changed(LARGE, 512);
    assert_true(rmp_get(rmp, LARGE + 511 * PAGE).validated);
    /* 2 MiB where the entry is for 4 KiB. */
    assert_int_equal(assign(0, LARGE, 1, false), RMP_OK);
    r = rmp_pvalidate(rmp, &guest0, 0, LARGE, true, true);
    assert_true(r.fault == RMP_PASSED && r.eax == RMP_FAIL_SIZE_MISMATCH);
}

static void rmpadjust(void **state)
{
    const struct rmp_guest guest3 = {1, 3};
    struct rmp_result r;

    (void)state;
    /* The target is checked before the page. */
    r = rmp_rmpadjust(rmp, &guest0, 0x5000, 0x5000, false, 0);
    assert_true(r.fault == RMP_PASSED && r.eax == RMP_FAIL_PERMISSION);
    r = rmp_rmpadjust(rmp, &guest3, 0x5000, 0x5000, false, 2);
    assert_int_equal(r.eax, RMP_FAIL_PERMISSION);
    r = rmp_rmpadjust(rmp, &guest0, 0x5000, 0x5000, false, 4);
    assert_int_equal(r.eax, RMP_FAIL_INPUT);
    r = rmp_rmpadjust(rmp, &guest0, 0x5000, 0x5000, true, 0);
    assert_int_equal(r.eax, RMP_FAIL_INPUT);
    r = rmp_rmpadjust(rmp, &guest0, 0x5000, 0x5000, false, 1);
    assert_int_equal(r.fault, RMP_NOT_ASSIGNED);
    assert_int_equal(assign(0, 0, 1, false), RMP_OK);
    r = rmp_rmpadjust(rmp, &guest0, 0, 0, false, 1);
    assert_int_equal(r.fault, RMP_NOT_VALIDATED);
    r = rmp_rmpadjust(rmp, &guest0, 0, 0, true, 1);
    assert_int_equal(r.fault, RMP_NOT_VALIDATED);
    validate(0, 0, false);
    r = rmp_rmpadjust(rmp, &guest0, 0, 0, true, 1);
    assert_int_equal(r.eax, RMP_FAIL_SIZE_MISMATCH);
    /* VMPL 1 gives no more than it has, and cannot mark a VMSA. */
    changes = 0;
    r = rmp_rmpadjust(rmp, &guest0, 0, 0, false, 0x0301);
    assert_true(r.fault == RMP_PASSED && r.eax == RMP_OK);
    expect_changed(0, 1);
    r = rmp_rmpadjust(rmp, &guest1, 0, 0, false, 0x0702);
    assert_int_equal(r.eax, RMP_FAIL_PERMISSION);
    r = rmp_rmpadjust(rmp, &guest1, 0, 0, false, 0x10302);
    assert_int_equal(r.eax, RMP_OK);
    assert_int_equal(rmp_get(rmp, 0).perms[2], 3);
    assert_false(rmp_get(rmp, 0).vmsa);
    r = rmp_rmpadjust(rmp, &guest0, 0, 0, false, 0x2001);
    assert_int_equal(r.eax, RMP_FAIL_PERMISSION);
    r = rmp_rmpadjust(rmp, &guest0, 0, 0, false, 0x10001);
    assert_int_equal(r.eax, RMP_OK);
    assert_true(rmp_get(rmp, 0).vmsa);
    assert_int_equal(rmp_get(rmp, 0).perms[1], 0);
    rmp_set_in_use(rmp, 0, true);
    r = rmp_rmpadjust(rmp, &guest0, 0, 0, false, 1);
    assert_int_equal(r.eax, RMP_FAIL_INUSE);
    rmp_set_in_use(rmp, 0, false);
    r = rmp_rmpadjust(rmp, &guest0, 0, 0, false, 1);
    assert_int_equal(r.eax, RMP_OK);
    assert_false(rmp_get(rmp, 0).vmsa);
}

static void rmpquery(void **state)
{
    uint64_t rdx = 2;
    bool is_2m = true;
    struct rmp_result r;

    (void)state;
    assert_int_equal(assign(0, 0, 1, false), RMP_OK);
    r = rmp_rmpquery(rmp, &guest0, 0, 0, &rdx, &is_2m);
    assert_int_equal(r.fault, RMP_NOT_VALIDATED);
    validate(0, 0, false);
    rmp_rmpadjust(rmp, &guest0, 0, 0, false, 0x10502);
    r = rmp_rmpquery(rmp, &guest0, 0, 0, &rdx, &is_2m);
    assert_true(r.fault == RMP_PASSED && r.eax == RMP_OK);
    assert_true(rdx == 0x10502 && !is_2m);
    rdx = 0;
    r = rmp_rmpquery(rmp, &guest0, 0, 0, &rdx, &is_2m);
    assert_true(r.eax == RMP_OK && rdx == 0x11f00);
    rdx = 0;
    r = rmp_rmpquery(rmp, &guest1, 0, 0, &rdx, &is_2m);
    assert_true(r.eax == RMP_FAIL_PERMISSION && rdx == 0);
    rdx = 4;
    r = rmp_rmpquery(rmp, &guest0, 0, 0, &rdx, &is_2m);
    assert_true(r.eax == RMP_FAIL_INPUT && rdx == 4);
}

static void rmpupdate(void **state)
{
    struct rmp_update update = {0x5000, 1, true, false, true};
    const struct rmp_update bad[] = {
        {0, 1, false, false, false},
        {0, 0, false, false, true},
        {0x5001, 1, true, false, false},
        {PAGE, 1, true, true, false},
        {UINT64_C(1) << 52, 1, true, false, false},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(rmp_rmpupdate(rmp, 0, &bad[i]), RMP_FAIL_INPUT);
    assert_int_equal(assign(RAM, 0, 1, false), RMP_FAIL_INPUT);
    assert_int_equal(assign(0x5008, 0, 1, false), RMP_FAIL_INPUT);
    assert_int_equal(assign(PAGE, 0, 1, true), RMP_FAIL_INPUT);
    assert_int_equal(assign(ROM, 0, 1, true), RMP_FAIL_INPUT); /* only 5 pages are covered */
    expect_changed(0, 0);
    assert_int_equal(assign(0x5000, 0x5000, 1, false), RMP_OK);
    expect_changed(0x5000, 1);
    assert_int_equal(assign(0x5000, 0x5000, 1, false), RMP_OK);
    expect_changed(0, 0);
    /* Only another owner, address or size undoes what the guest did. */
    validate(0x5000, 0x5000, false);
    rmp_rmpadjust(rmp, &guest0, 0x5000, 0x5000, false, 0x10701);
    assert_int_equal(rmp_rmpupdate(rmp, 0x5000, &update), RMP_OK);
    assert_true(rmp_get(rmp, 0x5000).validated && rmp_get(rmp, 0x5000).vmsa);
    assert_int_equal(rmp_get(rmp, 0x5000).perms[1], 7);
    assert_int_equal(assign(0x5000, 0x5000, 1, false), RMP_FAIL_PERMISSION);
    assert_int_equal(withdraw(0x5000, false), RMP_FAIL_PERMISSION);
    assert_int_equal(assign(0x6000, 0x6000, 1, false), RMP_OK);
    validate(0x6000, 0x6000, false);
    assert_int_equal(assign(0x6000, 0x7000, 1, false), RMP_OK);
    assert_false(rmp_get(rmp, 0x6000).validated);
    rmp_set_in_use(rmp, 0x6000, true);
    assert_int_equal(withdraw(0x6000, false), RMP_FAIL_INUSE);
    rmp_set_in_use(rmp, 0x6000, false);
    changes = 0;
    assert_int_equal(withdraw(0x6000, false), RMP_OK);
    expect_changed(0x6000, 1);
    assert_false(rmp_get(rmp, 0x6000).assigned);
}

static void large_entries(void **state)
{
    const struct rmp_entry page = {.gpa = 0x9000, .asid = 3, .assigned = true};

    (void)state;
    assert_int_equal(rmp_psmash(rmp, LARGE), RMP_FAIL_INPUT);
    assert_int_equal(assign(LARGE + PAGE, 0, 1, false), RMP_OK);
    assert_int_equal(assign(LARGE, 0, 1, true), RMP_FAIL_OVERLAP);
    assert_int_equal(withdraw(LARGE + PAGE, false), RMP_OK);
    assert_int_equal(assign(LARGE, 0, 1, true), RMP_OK);
    validate(LARGE, 0, true);
    assert_int_equal(withdraw(LARGE + PAGE, false), RMP_FAIL_OVERLAP);
    assert_int_equal(assign(LARGE, 0, 1, false), RMP_FAIL_OVERLAP);
    assert_int_equal(rmp_psmash(rmp, LARGE + PAGE), RMP_FAIL_INPUT);
    rmp_set_in_use(rmp, LARGE, true);
    assert_int_equal(rmp_psmash(rmp, LARGE), RMP_FAIL_INUSE);
    rmp_set_in_use(rmp, LARGE, false);
    changes = 0;
    assert_int_equal(rmp_psmash(rmp, LARGE), RMP_OK);
    expect_changed(LARGE, 512);
    for (uint64_t i = 0; i < 512; i++) {
        const struct rmp_entry entry = rmp_get(rmp, LARGE + i * PAGE);

        assert_true(entry.validated && !entry.size_2m && entry.gpa == i * PAGE);
        assert_int_equal(entry.perms[0], RMP_ALL);
    }
    assert_false(rmp_get(rmp, 2 * LARGE).assigned);
    assert_int_equal(withdraw(LARGE + PAGE, false), RMP_OK);
    assert_int_equal(rmp_psmash(rmp, LARGE), RMP_FAIL_INPUT);
    /* The secure processor splits a page off and joins pages. */
    assert_int_equal(assign(0, LARGE, 1, true), RMP_OK);
    assert_true(rmp_set(rmp, 3 * PAGE, &page));
    assert_true(rmp_get(rmp, 3 * PAGE).gpa == 0x9000);
    assert_true(rmp_get(rmp, 4 * PAGE).gpa == LARGE + 4 * PAGE && !rmp_get(rmp, 4 * PAGE).size_2m);
    changes = 0;
    assert_true(rmp_set(
        rmp, 0, &(struct rmp_entry){.gpa = 0, .asid = 1, .assigned = true, .size_2m = true}));
    expect_changed(0, 512);
    assert_true(rmp_get(rmp, 3 * PAGE).gpa == 3 * PAGE && rmp_get(rmp, 3 * PAGE).asid == 1);
}

static void set_refuses(void **state)
{
    struct rmp_entry entry = {.gpa = 0x5000, .asid = 1, .assigned = true};

    (void)state;
    assert_false(rmp_set(rmp, RAM, &entry));
    entry.size_2m = true;
    assert_false(rmp_set(rmp, 0, &entry)); /* guest address */
    entry.gpa = 0;
    assert_false(rmp_set(rmp, PAGE, &entry));
    assert_false(rmp_set(rmp, ROM, &entry));
    entry.size_2m = false;
    entry.perms[2] = 0x20;
    assert_false(rmp_set(rmp, 0, &entry));
    entry.perms[2] = 0;
    entry.gpa = 1;
    assert_false(rmp_set(rmp, 0, &entry));
    entry.gpa = 0;
    assert_true(rmp_set(rmp, 0, &entry));
    rmp_set_in_use(rmp, 0, true);
    entry.immutable = true;
    assert_true(rmp_set(rmp, 0, &entry));
    assert_true(rmp_get(rmp, 0).in_use);
    entry.size_2m = true;
    changes = 0;
    assert_false(rmp_set(rmp, 0, &entry));
    entry.assigned = false;
    assert_false(rmp_set(rmp, 0, &entry));
    expect_changed(0, 0);
    rmp_clear(rmp);
    assert_int_equal(changes, 2); /* one for each range */
    assert_false(rmp_get(rmp, 0).assigned);
}

static void bad_ranges(void **state)
{
    static const struct rmp_ops ops = {NULL, NULL};
    static const struct rmp_range bad[] = {
        {0, 0}, {1, PAGE}, {0, PAGE + 1}, {UINT64_C(0xfffffffffffff000), 2 * PAGE}};

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(rmp_new(&bad[i], 1, &ops));
    assert_string_equal(rmp_check_words(RMP_NOT_VALIDATED), "the page is not validated");
    assert_string_equal(rmp_check_words((enum rmp_check)99), "unknown check");
    assert_string_equal(rmp_error_name(RMP_FAIL_OVERLAP), "FAIL_OVERLAP");
    assert_string_equal(rmp_error_name((enum rmp_error)5), "unknown result");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(checks_in_their_order),
        TEST(who_may_access),
        TEST(permissions),
        TEST(bits_of_a_nested_fault),
        TEST(pvalidate_4k),
        TEST(pvalidate_2m),
        TEST(rmpadjust),
        TEST(rmpquery),
        TEST(rmpupdate),
        TEST(large_entries),
        TEST(set_refuses),
        TEST(bad_ranges),
    };
    return cmocka_run_group_tests_name("rmp", tests, NULL, NULL);
}
