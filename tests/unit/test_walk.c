/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cpu-ext/walk: page walks in every mode and at every page size, over all pages, and their bounds.
 * The layout of the entries is that of Linux arch/x86/include/asm/pgtable_types.h and, for pages of
 * 4 MiB, of Bochs 3.0 cpu/paging.cc translate_linear_legacy().
 */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "walk.h"

#define CBIT (UINT64_C(1) << 47)
#define P    1u
#define PS   0x80u

static uint64_t tables[8][512]; /* at 0x1000, 0x2000, ... */
static unsigned reads;

static bool read_tables(void *ctx, uint64_t paddr, void *buf, unsigned len)
{
    (void)ctx;
    reads++;
    if (paddr < 0x1000 || paddr + len > 0x9000)
        return false;
    memcpy(buf, (const uint8_t *)tables + paddr - 0x1000, len);
    return true;
}

static const struct walk_memory memory = {NULL, read_tables};

static int setup(void **state)
{
    (void)state;
    memset(tables, 0, sizeof(tables));
    reads = 0;
    return 0;
}

static void test_long_mode(void **state)
{
    struct walk_mode mode = {.cr3 = 0x1000 | CBIT | 0x18, .cbit_mask = CBIT, .levels = 4};
    const uint64_t linear = UINT64_C(0xffff812345678abc); /* indices 258, 141, 43, 120 */
    struct walk_result r;

    (void)state;
    tables[0][258] = 0x2000 | P;
    tables[1][141] = 0x3000 | CBIT | P;
    tables[2][43] = 0x4000 | P;
    tables[3][120] = UINT64_C(0x8000000012345000) | CBIT | P;
    r = walk_linear(&mode, &memory, linear);
    assert_true(r.present && r.is_private);
    assert_true(r.paddr == 0x12345abc);
    assert_int_equal(r.n, 4);
    assert_true(r.entry[0].paddr == 0x1000 + 8 * 258);
    assert_true(r.entry[3].paddr == 0x4000 + 8 * 120);
    assert_true(r.entry[3].value == (UINT64_C(0x8000000012345000) | CBIT | P));

    tables[3][120] &= ~CBIT;
    assert_false(walk_linear(&mode, &memory, linear).is_private);
    tables[2][43] = 0x40000000 | PS | CBIT | P; /* 2 MiB */
    r = walk_linear(&mode, &memory, linear);
    assert_true(r.present && r.is_private && r.n == 3 && r.paddr == 0x40078abc);
    tables[1][141] = 0x80000000 | PS | P; /* 1 GiB */
    r = walk_linear(&mode, &memory, linear);
    assert_true(r.present && !r.is_private && r.n == 2 && r.paddr == 0x80000000 + 0x5678abc);
}

static void test_five_levels(void **state)
{
    struct walk_mode mode = {.cr3 = 0x1000, .cbit_mask = CBIT, .levels = 5};
    struct walk_result r;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        tables[i][1] = (i + 2) * 0x1000 | CBIT | P;
    tables[4][1] = 0x7000 | CBIT | P;
    r = walk_linear(&mode, &memory, UINT64_C(0x0001008040201000));
    assert_true(r.present && r.is_private && r.n == 5 && r.paddr == 0x7000);
}

static void test_pae(void **state)
{
    struct walk_mode mode = {
        .cr3 = 0x1020, .cbit_mask = CBIT, .levels = 3}; /* 32 bytes are alignment enough */
    struct walk_result r;

    (void)state;
    tables[0][4 + 3] = 0x2000 | P; /* bit 7 would be reserved */
    tables[1][1] = 0x600000 | PS | CBIT | P;
    r = walk_linear(&mode, &memory, 0xc0212345);
    assert_true(r.present && r.is_private && r.n == 2);
    assert_true(r.entry[0].paddr == 0x1020 + 8 * 3 && r.paddr == 0x612345);
}

static void test_nothing_there(void **state)
{
    struct walk_mode mode = {.cr3 = 0x1000, .cbit_mask = CBIT, .levels = 4};
    struct walk_mode outside = {.cr3 = 0x100000, .cbit_mask = CBIT, .levels = 4};
    struct walk_result r;

    (void)state;
    r = walk_linear(&mode, &memory, 0);
    assert_true(!r.present && !r.no_memory && r.n == 1);
    tables[0][0] = 0x100000 | P; /* no memory there */
    r = walk_linear(&mode, &memory, 0);
    assert_true(!r.present && r.no_memory && r.n == 1 && r.entry[1].paddr == 0x100000);
    r = walk_linear(&outside, &memory, 0);
    assert_true(!r.present && r.no_memory && r.n == 0);
}

static bool refuse(void *ctx, const struct walk_leaf *leaf)
{
    (void)ctx;
    (void)leaf;
    fail();
    return false;
}

static void test_paging_off(void **state)
{
    struct walk_mode mode = {.cr3 = 0x1000, .cbit_mask = CBIT};
    struct walk_result r = walk_linear(&mode, &memory, 0x12345);

    (void)state;
    assert_true(r.present && r.is_private && r.n == 0 && r.paddr == 0x12345);
    assert_int_equal(walk_level(&mode, &memory, 0x1000), 0);
    assert_true(walk_leaves(&mode, &memory, 0, UINT64_MAX, refuse, NULL));
    assert_int_equal(reads, 0);
}

/* Without PAE: entries of 32 bits, pages of 4 MiB only if CR4.PSE is set, bits 20:13 of their
 * entries are address bits 39:32. */
static void test_legacy(void **state)
{
    struct walk_mode mode = {.cr3 = 0x1000, .cbit_mask = CBIT, .levels = 2, .pse = true};
    uint32_t *directory = (uint32_t *)tables[0], *table = (uint32_t *)tables[1];
    struct walk_result r;

    (void)state;
    directory[3] = 0x2000 | P;
    table[5] = 0x12345000 | P;
    r = walk_linear(&mode, &memory, 0xc05abc);
    assert_true(r.present && r.is_private && r.n == 2 && r.paddr == 0x12345abc && r.size == 4096);
    assert_true(r.entry[1].paddr == 0x2000 + 4 * 5 && r.entry[1].index == 5);
    directory[3] = 0x40000000 | 0x6000 | PS | P;
    r = walk_linear(&mode, &memory, 0xc05abc);
    assert_true(r.present && r.n == 1 && r.size == 0x400000);
    assert_true(r.paddr == UINT64_C(0x340005abc));
    directory[3] = 0x2000 | PS | P;
    mode.pse = false;
    assert_true(walk_linear(&mode, &memory, 0xc05abc).paddr == 0x12345abc);
    assert_int_equal(walk_level(&mode, &memory, 0x2000), 1);
}

/* --- all pages --- */

#define LEAVES_MAX 16u

struct leaves {
    unsigned n, most;
    struct walk_leaf leaf[LEAVES_MAX];
};

static bool keep(void *ctx, const struct walk_leaf *leaf)
{
    struct leaves *leaves = ctx;

    assert_true(leaves->n < LEAVES_MAX);
    leaves->leaf[leaves->n++] = *leaf;
    return leaves->n < leaves->most;
}

static struct leaves leaves_of(const struct walk_mode *mode, uint64_t first, uint64_t last)
{
    struct leaves leaves = {.most = LEAVES_MAX};

    assert_true(walk_leaves(mode, &memory, first, last, keep, &leaves));
    return leaves;
}

static void expect_leaf(const struct walk_leaf *leaf, uint64_t linear, uint64_t paddr,
                        uint64_t size, bool is_private)
{
    assert_true(leaf->linear == linear);
    assert_true(leaf->paddr == paddr);
    assert_true(leaf->size == size);
    assert_int_equal(leaf->is_private, is_private);
}

/* 4 KiB, 2 MiB and 1 GiB in the lower half, 4 KiB in the upper one. */
static void map_four_pages(void)
{
    tables[0][0] = 0x2000 | CBIT | P;
    tables[0][1] = 0x3000; /* not present */
    tables[0][511] = 0x5000 | P;
    tables[1][0] = 0x3000 | P;
    tables[1][1] = 0x100000 | P; /* a table without memory */
    tables[1][3] = 0xc0000000 | PS | CBIT | P;
    tables[2][0] = 0x4000 | P;
    tables[2][2] = 0x600000 | PS | P;
    tables[3][7] = UINT64_C(0x8000000000123000) | CBIT | PS | P; /* PS is PAT here */
    tables[4][511] = 0x6000 | P;
    tables[5][511] = 0x7000 | P;
    tables[6][511] = 0x99000 | P;
}

static void test_leaves(void **state)
{
    struct walk_mode mode = {.cr3 = 0x1000 | CBIT, .cbit_mask = CBIT, .levels = 4};
    struct leaves all;

    (void)state;
    map_four_pages();
    all = leaves_of(&mode, 0, UINT64_MAX);
    assert_int_equal(all.n, 4);
    expect_leaf(&all.leaf[0], 0x7000, 0x123000, 0x1000, true);
    expect_leaf(&all.leaf[1], 0x400000, 0x600000, 0x200000, false);
    expect_leaf(&all.leaf[2], 0xc0000000, 0xc0000000, 0x40000000, true);
    expect_leaf(&all.leaf[3], UINT64_C(0xfffffffffffff000), 0x99000, 0x1000, false);
    assert_true(all.leaf[0].entry.paddr == 0x4000 + 8 * 7 && all.leaf[0].entry.level == 1);
    for (unsigned i = 0; i < all.n; i++) { /* the other walk says the same */
        struct walk_result r = walk_linear(&mode, &memory, all.leaf[i].linear);

        assert_true(r.present && r.paddr == all.leaf[i].paddr && r.size == all.leaf[i].size);
        assert_int_equal(r.is_private, all.leaf[i].is_private);
    }
}

static void test_leaves_of_a_range(void **state)
{
    struct walk_mode mode = {.cr3 = 0x1000, .cbit_mask = CBIT, .levels = 4};
    struct leaves some = {.most = 2};

    (void)state;
    map_four_pages();
    assert_int_equal(leaves_of(&mode, 0x7fff, 0x7fff).n, 1);
    assert_int_equal(leaves_of(&mode, 0x8000, 0x3fffff).n, 0);
    assert_int_equal(leaves_of(&mode, 0x5fffff, UINT64_C(0xffffffffffffefff)).n, 2);
    assert_int_equal(leaves_of(&mode, UINT64_C(0xffff800000000000), UINT64_MAX).n, 1);
    /* Nothing is mapped between the halves. */
    assert_int_equal(leaves_of(&mode, UINT64_C(0x800000000000), UINT64_C(0x900000000000)).n, 0);
    assert_int_equal(leaves_of(&mode, UINT64_C(0x900000000000), UINT64_MAX).n, 1);
    assert_int_equal(leaves_of(&mode, 0, UINT64_C(0x900000000000)).n, 3);
    assert_false(walk_leaves(&mode, &memory, 0, UINT64_MAX, keep, &some));
    assert_int_equal(some.n, 2);
}

static void test_leaves_of_pae(void **state)
{
    struct walk_mode mode = {.cr3 = 0x1020, .cbit_mask = CBIT, .levels = 3};
    struct leaves all;

    (void)state;
    tables[0][3] = 0x2000 | P; /* before the first level, which has four entries */
    tables[0][4 + 3] = 0x2000 | P;
    tables[0][4 + 4] = 0x2000 | P; /* after it */
    tables[1][511] = 0x600000 | PS | CBIT | P;
    all = leaves_of(&mode, 0, UINT64_MAX);
    assert_int_equal(all.n, 1);
    expect_leaf(&all.leaf[0], 0xffe00000, 0x600000, 0x200000, true);
}

/* --- one entry --- */

static void test_entries(void **state)
{
    struct walk_mode mode = {.cbit_mask = CBIT, .levels = 4}, legacy = {.levels = 2};
    char flags[WALK_FLAGS_TEXT];

    (void)state;
    assert_true(walk_cbit_changed(CBIT, 0x5000 | P, 0x5000 | CBIT | P));
    assert_true(walk_cbit_changed(CBIT, 0x5000 | CBIT | 0x63, 0x5000 | P)); /* flags do not count */
    assert_false(walk_cbit_changed(CBIT, 0x5000 | P, 0x6000 | CBIT | P));
    assert_false(walk_cbit_changed(CBIT, 0x5000, 0x5000 | CBIT | P));
    assert_false(walk_cbit_changed(CBIT, 0x5000 | P, 0x5000 | P));
    assert_true(walk_entry_target(CBIT, UINT64_C(0x8000000000601067) | CBIT, 0x200000) == 0x600000);
    assert_true(walk_entry_private(&mode, CBIT) && !walk_entry_private(&mode, P));
    assert_true(walk_entry_private(&legacy, P));
    assert_string_equal(walk_flags(&mode, 0, flags), "-----");
    assert_string_equal(walk_flags(&mode, UINT64_C(0x8000000000000167), flags), "PWUAD G NX");
    assert_string_equal(walk_flags(&legacy, 0x123, flags), "PW-A-");
    assert_string_equal(walk_level_name(4), "PML4E");
}

static void test_level(void **state)
{
    struct walk_mode mode = {.cr3 = 0x1000, .cbit_mask = CBIT, .levels = 4};

    (void)state;
    tables[0][511] = 0x2000 | CBIT | P;
    tables[1][7] = 0x3000 | P;
    tables[2][9] = 0x4000 | P;
    tables[2][10] = 0x600000 | PS | P; /* data */
    tables[2][11] = 0x5000;            /* not present */
    tables[3][0] = 0x7000 | P;         /* data */
    for (unsigned level = 4; level > 0; level--)
        assert_int_equal(walk_level(&mode, &memory, (5 - level) * 0x1000), level);
    assert_int_equal(walk_level(&mode, &memory, 0x4abc), 1);
    assert_int_equal(walk_level(&mode, &memory, 0x5000), 0);
    assert_int_equal(walk_level(&mode, &memory, 0x7000), 0);
    assert_int_equal(walk_level(&mode, &memory, 0x600000), 0);
}

static bool count(void *ctx, const struct walk_leaf *leaf)
{
    (void)leaf;
    ++*(unsigned *)ctx;
    return true;
}

static void test_tables_that_map_themselves_end(void **state)
{
    unsigned leaves = 0;
    struct walk_mode mode = {.cr3 = 0x1000, .cbit_mask = CBIT, .levels = 5};

    (void)state;
    for (unsigned i = 0; i < 512; i++)
        tables[0][i] = 0x1000 | P;
    assert_int_equal(walk_level(&mode, &memory, 0x8000), 0);
    assert_true(reads <= 8192);
    reads = 0;
    assert_false(walk_leaves(&mode, &memory, 0, UINT64_MAX, count, &leaves));
    assert_true(reads <= 8192 && leaves > 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_long_mode, setup),
        cmocka_unit_test_setup(test_five_levels, setup),
        cmocka_unit_test_setup(test_pae, setup),
        cmocka_unit_test_setup(test_nothing_there, setup),
        cmocka_unit_test_setup(test_paging_off, setup),
        cmocka_unit_test_setup(test_legacy, setup),
        cmocka_unit_test_setup(test_leaves, setup),
        cmocka_unit_test_setup(test_leaves_of_a_range, setup),
        cmocka_unit_test_setup(test_leaves_of_pae, setup),
        cmocka_unit_test_setup(test_entries, setup),
        cmocka_unit_test_setup(test_level, setup),
        cmocka_unit_test_setup(test_tables_that_map_themselves_end, setup),
    };

    return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
