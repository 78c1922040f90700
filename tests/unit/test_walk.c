/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cpu-ext/walk: the walk of observers, in every mode and at every page size, and its bounds.
 * Expected entries and addresses are written by hand after Linux
 * arch/x86/include/asm/pgtable_types.h.
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
    struct walk_mode mode = {0x1000 | CBIT | 0x18, CBIT, 4};
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
    struct walk_mode mode = {0x1000, CBIT, 5};
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
    struct walk_mode mode = {0x1020, CBIT, 3}; /* 32 bytes are alignment enough */
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
    struct walk_mode mode = {0x1000, CBIT, 4}, none = {0x1000, CBIT, 0},
                     outside = {0x100000, CBIT, 4};
    struct walk_result r;

    (void)state;
    r = walk_linear(&mode, &memory, 0);
    assert_true(!r.present && r.n == 1);
    tables[0][0] = 0x100000 | P; /* no memory there */
    r = walk_linear(&mode, &memory, 0);
    assert_true(!r.present && r.n == 1);
    assert_false(walk_linear(&none, &memory, 0).present);
    assert_int_equal(walk_linear(&outside, &memory, 0).n, 0);
    assert_int_equal(walk_level(&none, &memory, 0x1000), 0);
}

static void test_level(void **state)
{
    struct walk_mode mode = {0x1000, CBIT, 4};

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

static void test_tables_that_map_themselves_end(void **state)
{
    struct walk_mode mode = {0x1000, CBIT, 5};

    (void)state;
    for (unsigned i = 0; i < 512; i++)
        tables[0][i] = 0x1000 | P;
    assert_int_equal(walk_level(&mode, &memory, 0x8000), 0);
    assert_true(reads <= 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_long_mode, setup),
        cmocka_unit_test_setup(test_five_levels, setup),
        cmocka_unit_test_setup(test_pae, setup),
        cmocka_unit_test_setup(test_nothing_there, setup),
        cmocka_unit_test_setup(test_level, setup),
        cmocka_unit_test_setup(test_tables_that_map_themselves_end, setup),
    };

    return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
