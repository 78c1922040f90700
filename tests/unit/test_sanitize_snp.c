/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cpu-ext/sanitize, the kinds of SEV-SNP: each finding and each silence by itself.
 */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "sanitize.h"

#define PAGES   2048u
#define PAGE(n) ((uint64_t)(n) << 12)

static struct san *san;
static uint64_t rip;
static unsigned reports;
static struct san_report last;

static void ops_who(void *ctx, unsigned cpu, struct san_who *who)
{
    (void)ctx;
    (void)cpu;
    who->rip = rip;
    who->tick = 2 * rip;
    who->by = SAN_BY_CPU;
}

static void ops_report(void *ctx, const struct san_report *report)
{
    (void)ctx;
    reports++;
    last = *report;
}

static int setup(void **state)
{
    static const struct san_ops ops = {.who = ops_who, .report = ops_report};

    (void)state;
    reports = 0;
    rip = 0x100;
    san = san_new(PAGE(PAGES), UINT64_C(1) << 51, &ops);
    return san ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    san_free(san);
    return 0;
}

/* Expect one finding of `kind` since the last call; SAN_KINDS: none. */
static void expect(enum san_kind kind, uint64_t paddr)
{
    assert_int_equal(reports, kind == SAN_KINDS ? 0 : 1);
    if (kind != SAN_KINDS) {
        assert_int_equal(last.kind, kind);
        assert_true(last.paddr == paddr);
        assert_true(last.who.rip == rip);
    }
    reports = 0;
}

static void validated_twice(void **state)
{
    (void)state;
    san_snp_pvalidate(san, 0, PAGE(5), 1, true, false);
    expect(SAN_KINDS, 0);
    rip = 0x200;
    san_snp_pvalidate(san, 1, PAGE(5), 1, true, true); /* the carry flag says so too */
    expect(SAN_VALIDATED_TWICE, PAGE(5));
    assert_int_equal(last.writer.rip, 0x100);
    assert_int_equal(last.writer.by, SAN_BY_CPU);
    assert_int_equal(last.who.cpu, 1);
    san_snp_pvalidate(san, 1, PAGE(5), 1, false, false);
    san_snp_pvalidate(san, 1, PAGE(5), 1, false, true);
    san_snp_pvalidate(san, 1, PAGE(5), 1, true, false);
    expect(SAN_KINDS, 0);
    /* A page of the launch, which no PVALIDATE validated. */
    san_snp_pvalidate(san, 0, PAGE(9), 1, true, true);
    expect(SAN_VALIDATED_TWICE, PAGE(9));
    assert_int_equal(last.writer.by, SAN_BY_NOBODY);
    /* 2 MiB: one finding, for the first page that was validated. */
    san_snp_pvalidate(san, 0, PAGE(512 + 7), 2, true, false);
    san_snp_pvalidate(san, 0, PAGE(512), 512, true, false);
    expect(SAN_VALIDATED_TWICE, PAGE(512 + 7));
    /* Other memory, and the end of RAM. */
    san_snp_pvalidate(san, 0, PAGE(PAGES), 1, true, true);
    expect(SAN_KINDS, 0);
    san_snp_pvalidate(san, 0, PAGE(PAGES - 1), 512, true, true);
    expect(SAN_VALIDATED_TWICE, PAGE(PAGES - 1));
}

/* The hypervisor gives another page: the guest must not validate it. */
static void page_lost(void **state)
{
    (void)state;
    san_snp_pvalidate(san, 0, PAGE(5), 2, true, false);
    rip = 0x300;
    san_snp_taken(san, 1, PAGE(4), 2); /* page 4 was never validated */
    expect(SAN_PAGE_LOST, PAGE(5));
    assert_int_equal(last.writer.rip, 0x100);
    assert_int_equal(last.who.by, SAN_BY_CPU);
    san_snp_taken(san, 1, PAGE(5), 1); /* once is enough */
    expect(SAN_KINDS, 0);
    san_snp_pvalidate(san, 0, PAGE(5), 1, true, false);
    expect(SAN_VALIDATED_TWICE, PAGE(5));
    san_snp_taken(san, SEV_HOOKS_NO_CPU, PAGE(5), 1);
    expect(SAN_PAGE_LOST, PAGE(5));
    assert_int_equal(last.who.by, SAN_BY_HYPERVISOR);
    /* The right way: end the validation, then ask for the change. */
    san_snp_pvalidate(san, 0, PAGE(6), 1, false, false);
    san_snp_taken(san, 1, PAGE(6), 1);
    san_snp_pvalidate(san, 0, PAGE(6), 1, true, false);
    expect(SAN_KINDS, 0);
}

static void not_validated(void **state)
{
    (void)state;
    san_snp_not_validated(san, 1, PAGE(5) + 0x123, true);
    expect(SAN_NOT_VALIDATED, PAGE(5));
    assert_true(last.write);
    assert_int_equal(last.writer.by, SAN_BY_NOBODY);
    san_snp_pvalidate(san, 0, PAGE(5), 1, true, false);
    san_snp_pvalidate(san, 0, PAGE(5), 1, false, false);
    rip = 0x300;
    san_snp_not_validated(san, 1, PAGE(5), false);
    expect(SAN_NOT_VALIDATED, PAGE(5));
    assert_false(last.write);
    assert_int_equal(last.writer.rip, 0x100);
    san_snp_not_validated(san, 1, PAGE(PAGES), false);
    expect(SAN_KINDS, 0);
}

static void ghcb(void **state)
{
    (void)state;
    san_snp_pvalidate(san, 0, PAGE(5), 1, true, false);
    rip = 0x200;
    san_snp_ghcb(san, 1, PAGE(5));
    expect(SAN_GHCB_PRIVATE, PAGE(5));
    assert_int_equal(last.writer.rip, 0x100);
}

static void kinds(void **state)
{
    (void)state;
    assert_false(san_kind_snp(SAN_SHARED_READ));
    assert_false(san_kind_snp(SAN_HOST_MEMORY));
    assert_true(san_kind_snp(SAN_NOT_VALIDATED));
    assert_true(san_kind_snp(SAN_GHCB_PRIVATE));
    assert_false(san_kind_snp(SAN_KINDS));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(validated_twice), TEST(page_lost), TEST(not_validated), TEST(ghcb), TEST(kinds),
    };

    return cmocka_run_group_tests_name("sanitize_snp", tests, NULL, NULL);
}
