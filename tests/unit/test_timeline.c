/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/observe/map: what it records of pages, how it forgets time when it is full,
 * and what it draws.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* open_memstream() */
#endif
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "observe/timeline.h"

#define PAGES 1024u /* 4 MiB: a row of all RAM has 4 pages, one of the first MiB 8 */

static int set_up(void **state)
{
    *state = timeline_new(PAGES, 5000000);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    timeline_free(*state);
    return 0;
}

/* Machine time that many microseconds after power-on. */
static uint64_t at(uint64_t us)
{
    return 5000000 + us;
}

static void nothing_was_touched(void **state)
{
    struct timeline *map = *state;
    struct timeline_info info = timeline_info(map);
    struct timeline_range range = {0, 0};

    assert_int_equal(info.pages[TIMELINE_UNTOUCHED], PAGES);
    assert_int_equal(info.changes, 0);
    assert_int_equal(info.columns, 1);
    assert_int_equal(info.rows, 256);
    assert_int_equal(info.rows_low, 32);
    assert_int_equal(timeline_use(map, 0), TIMELINE_UNTOUCHED);
    assert_int_equal(timeline_use(map, PAGES), TIMELINE_UNTOUCHED);
    assert_false(timeline_next_range(map, TIMELINE_SHARED, &range));
    assert_int_equal(timeline_largest_shared(map).pages, 0);
}

static void no_pages_no_map(void **state)
{
    (void)state;
    assert_null(timeline_new(0, 0));
    timeline_free(NULL);
}

static void only_private_and_shared_are_changes(void **state)
{
    struct timeline *map = *state;
    static const struct {
        enum timeline_use use;
        bool change;
    } steps[] = {
        {TIMELINE_PRIVATE, false}, {TIMELINE_PRIVATE, false}, {TIMELINE_SHARED, true},
        {TIMELINE_SHARED, false},  {TIMELINE_PRIVATE, true},  {TIMELINE_ROM, false},
        {TIMELINE_SHARED, false},  {TIMELINE_MMIO, false},
    };

    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(timeline_touch(map, 7, steps[i].use, at(i)), steps[i].change);
        assert_int_equal(timeline_use(map, 7), steps[i].use);
    }
    assert_int_equal(timeline_info(map).changes, 2);
    assert_int_equal(timeline_changes(map, 0), 2);
    assert_int_equal(timeline_info(map).pages[TIMELINE_MMIO], 1);
    assert_int_equal(timeline_info(map).pages[TIMELINE_UNTOUCHED], PAGES - 1);
}

static void cells(void **state)
{
    struct timeline *map = *state;

    timeline_touch(map, 400, TIMELINE_PRIVATE, at(0)); /* row 100: pages 400..403 */
    timeline_advance(map, at(1));
    assert_int_equal(timeline_cell(map, false, 100, 0), TIMELINE_PRIVATE);
    assert_int_equal(timeline_cell(map, false, 99, 0), TIMELINE_UNTOUCHED);
    timeline_touch(map, 401, TIMELINE_SHARED, at(2));
    assert_int_equal(timeline_cell(map, false, 100, 0), TIMELINE_PARTLY_SHARED);
    timeline_touch(map, 402, TIMELINE_SHARED, at(3));
    assert_int_equal(timeline_cell(map, false, 100, 0), TIMELINE_SHARED);
    /* The first MiB in its own rows of 8 pages. */
    timeline_touch(map, 160, TIMELINE_MMIO, at(4));
    timeline_touch(map, 192, TIMELINE_ROM, at(4));
    timeline_advance(map, at(5));
    assert_int_equal(timeline_cell(map, true, 20, 0), TIMELINE_MMIO);
    assert_int_equal(timeline_cell(map, true, 24, 0), TIMELINE_ROM);
    assert_int_equal(timeline_cell(map, true, 31, 0), TIMELINE_UNTOUCHED);
}

static void time_goes_on(void **state)
{
    struct timeline *map = *state;

    timeline_touch(map, 0, TIMELINE_PRIVATE, at(500));
    timeline_touch(map, 0, TIMELINE_SHARED, at(2500));
    timeline_touch(map, 0, TIMELINE_PRIVATE, at(2600));
    timeline_advance(map, at(4500));
    assert_int_equal(timeline_info(map).columns, 5);
    assert_int_equal(timeline_cell(map, false, 0, 0), TIMELINE_PRIVATE);
    assert_int_equal(timeline_cell(map, false, 0, 1), TIMELINE_PRIVATE);
    /* It was shared for 100 us only, and is seen. */
    assert_int_equal(timeline_cell(map, false, 0, 2), TIMELINE_PARTLY_SHARED);
    assert_int_equal(timeline_cell(map, false, 0, 3), TIMELINE_PRIVATE);
    assert_int_equal(timeline_changes(map, 2), 2);
    assert_int_equal(timeline_changes(map, 3), 0);
    /* Never backwards. */
    timeline_advance(map, at(10));
    assert_int_equal(timeline_info(map).now_us, at(4500));
    assert_int_equal(timeline_info(map).columns, 5);
}

static void full_columns_become_longer(void **state)
{
    struct timeline *map = *state;
    uint64_t last = TIMELINE_COLUMNS * (uint64_t)TIMELINE_FIRST_US, sum = 0;

    timeline_touch(map, 0, TIMELINE_PRIVATE, at(0));
    timeline_touch(map, 0, TIMELINE_SHARED, at(6500)); /* columns 6 and 7 */
    timeline_touch(map, 0, TIMELINE_PRIVATE, at(7500));
    timeline_advance(map, at(last - 1));
    assert_int_equal(timeline_info(map).columns, TIMELINE_COLUMNS);
    assert_int_equal(timeline_info(map).column_us, TIMELINE_FIRST_US);
    timeline_advance(map, at(last));
    assert_int_equal(timeline_info(map).columns, TIMELINE_COLUMNS / 2 + 1);
    assert_int_equal(timeline_info(map).column_us, 2 * TIMELINE_FIRST_US);
    assert_int_equal(timeline_cell(map, false, 0, 2), TIMELINE_PRIVATE);
    assert_int_equal(timeline_cell(map, false, 0, 3), TIMELINE_PARTLY_SHARED);
    assert_int_equal(timeline_cell(map, false, 0, 4), TIMELINE_PRIVATE);
    assert_int_equal(timeline_changes(map, 3), 2);
    /* A machine that runs for a year. */
    timeline_touch(map, 1, TIMELINE_PRIVATE, at(UINT64_C(31557600000000)));
    timeline_touch(map, 1, TIMELINE_SHARED, at(UINT64_C(31557600000000)));
    assert_true(timeline_info(map).columns <= TIMELINE_COLUMNS);
    for (unsigned column = 0; column < timeline_info(map).columns; column++)
        sum += timeline_changes(map, column);
    assert_int_equal(sum, 3);
    assert_int_equal(timeline_cell(map, false, 0, 0), TIMELINE_PARTLY_SHARED);
}

static void ranges(void **state)
{
    struct timeline *map = *state;
    struct timeline_range range = {0, 0};

    for (unsigned page = 10; page < 13; page++)
        timeline_touch(map, page, TIMELINE_SHARED, at(0));
    for (unsigned page = PAGES - 5; page < PAGES; page++)
        timeline_touch(map, page, TIMELINE_SHARED, at(0));
    timeline_touch(map, 13, TIMELINE_PRIVATE, at(0));
    timeline_touch(map, 14, TIMELINE_SHARED, at(0));
    assert_true(timeline_next_range(map, TIMELINE_SHARED, &range));
    assert_int_equal(range.first, 10);
    assert_int_equal(range.pages, 3);
    assert_true(timeline_next_range(map, TIMELINE_SHARED, &range));
    assert_int_equal(range.first, 14);
    assert_int_equal(range.pages, 1);
    assert_true(timeline_next_range(map, TIMELINE_SHARED, &range));
    assert_int_equal(range.first, PAGES - 5);
    assert_int_equal(range.pages, 5);
    assert_false(timeline_next_range(map, TIMELINE_SHARED, &range));
    range = timeline_largest_shared(map);
    assert_int_equal(range.first, PAGES - 5);
    assert_int_equal(range.pages, 5);
}

static void declared_pages(void **state)
{
    struct timeline *map = *state;

    timeline_touch(map, 400, TIMELINE_PRIVATE, at(0));
    timeline_declare(map, 400, true, at(1));
    timeline_declare(map, 401, true, at(1));
    timeline_declare(map, 401, true, at(1));
    assert_int_equal(timeline_use(map, 400), TIMELINE_DECLARED);
    assert_int_equal(timeline_use(map, 401), TIMELINE_DECLARED);
    assert_int_equal(timeline_info(map).pages[TIMELINE_DECLARED], 2);
    assert_int_equal(timeline_info(map).changes, 0);
    assert_int_equal(timeline_cell(map, false, 100, 0), TIMELINE_DECLARED);
    assert_int_equal(timeline_largest_shared(map).first, 400);
    assert_int_equal(timeline_largest_shared(map).pages, 2);
    /* A private use of a declared page is none of a shared one. */
    assert_false(timeline_touch(map, 400, TIMELINE_PRIVATE, at(2)));
    assert_true(timeline_touch(map, 400, TIMELINE_SHARED, at(3)));
    assert_int_equal(timeline_use(map, 400), TIMELINE_SHARED);
    assert_true(timeline_touch(map, 400, TIMELINE_PRIVATE, at(4)));
    assert_int_equal(timeline_use(map, 400), TIMELINE_DECLARED);
    timeline_declare(map, 400, false, at(5));
    timeline_declare(map, 401, false, at(5));
    assert_int_equal(timeline_use(map, 400), TIMELINE_PRIVATE);
    assert_int_equal(timeline_use(map, 401), TIMELINE_UNTOUCHED);
    timeline_advance(map, at(1500));
    assert_int_equal(timeline_cell(map, false, 100, 0), TIMELINE_DECLARED); /* for a while */
    assert_int_equal(timeline_cell(map, false, 100, 1), TIMELINE_PRIVATE);
}

/* The states of SEV-SNP's reverse map table. A change between private and shared counts as without it,
 * also if the page had no use in between. */
static void states_of_the_rmp(void **state)
{
    struct timeline *map = *state;

    assert_false(timeline_info(map).has_rmp);
    timeline_set_rmp(map, 400, TIMELINE_HYPERVISOR, at(0));
    assert_true(timeline_info(map).has_rmp);
    assert_int_equal(timeline_use(map, 400), TIMELINE_UNTOUCHED); /* as always */
    timeline_set_rmp(map, 400, TIMELINE_NOT_VALIDATED, at(1));
    assert_int_equal(timeline_use(map, 400), TIMELINE_NOT_VALIDATED);
    timeline_set_rmp(map, 400, TIMELINE_VALIDATED, at(2));
    assert_int_equal(timeline_use(map, 400), TIMELINE_VALIDATED);
    assert_false(timeline_touch(map, 400, TIMELINE_PRIVATE, at(3)));
    assert_int_equal(timeline_use(map, 400), TIMELINE_PRIVATE);
    timeline_set_rmp(map, 400, TIMELINE_HYPERVISOR, at(4));
    assert_int_equal(timeline_use(map, 400), TIMELINE_HYPERVISOR);
    assert_true(timeline_touch(map, 400, TIMELINE_SHARED, at(5)));
    assert_int_equal(timeline_use(map, 400), TIMELINE_SHARED);
    timeline_set_rmp(map, 400, TIMELINE_VALIDATED, at(6));
    assert_true(timeline_touch(map, 400, TIMELINE_PRIVATE, at(7)));
    assert_int_equal(timeline_info(map).changes, 2);
    /* The same use before and after is no change, but it is a use. */
    timeline_set_rmp(map, 400, TIMELINE_NOT_VALIDATED, at(8));
    timeline_set_rmp(map, 400, TIMELINE_VALIDATED, at(8));
    assert_false(timeline_touch(map, 400, TIMELINE_PRIVATE, at(9)));
    assert_int_equal(timeline_use(map, 400), TIMELINE_PRIVATE);
    timeline_set_rmp(map, 400, TIMELINE_VMSA, at(10));
    assert_false(timeline_touch(map, 400, TIMELINE_PRIVATE, at(11)));
    assert_int_equal(timeline_use(map, 400), TIMELINE_VMSA);
    timeline_set_rmp(map, 401, TIMELINE_PSP, at(12));
    assert_int_equal(timeline_use(map, 401), TIMELINE_PSP);
    assert_int_equal(timeline_info(map).pages[TIMELINE_VMSA], 1);
    assert_int_equal(timeline_info(map).pages[TIMELINE_UNTOUCHED], PAGES - 2);
    assert_int_equal(timeline_info(map).changes, 2);
}

/* C=0 in a page table is seen for pages that can be used, not for those that cannot. */
static void declared_pages_of_the_rmp(void **state)
{
    static const struct {
        enum timeline_use rmp, seen;
    } rows[] = {
        {TIMELINE_HYPERVISOR, TIMELINE_DECLARED},
        {TIMELINE_NOT_VALIDATED, TIMELINE_NOT_VALIDATED},
        {TIMELINE_VALIDATED, TIMELINE_DECLARED},
        {TIMELINE_VMSA, TIMELINE_VMSA},
        {TIMELINE_PSP, TIMELINE_PSP},
    };
    struct timeline *map = *state;

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        timeline_set_rmp(map, 10 + i, TIMELINE_NOT_VALIDATED, at(0));
        timeline_set_rmp(map, 10 + i, rows[i].rmp, at(0));
        timeline_declare(map, 10 + i, true, at(1));
        assert_int_equal(timeline_use(map, 10 + i), rows[i].seen);
        timeline_declare(map, 10 + i, false, at(2));
        assert_int_equal(timeline_use(map, 10 + i), rows[i].rmp);
    }
}

static void areas_outside_ram(void **state)
{
    struct timeline *map = *state;
    const struct timeline_area *areas;
    unsigned n;

    assert_false(timeline_touch(map, 0xfee00, TIMELINE_MMIO, at(30)));
    timeline_touch(map, 0xfffe1, TIMELINE_ROM, at(40));
    timeline_touch(map, 0xfffdf, TIMELINE_ROM, at(50));
    timeline_touch(map, 0xfffe0, TIMELINE_ROM, at(60)); /* closes the gap */
    timeline_touch(map, 0xfec00, TIMELINE_MMIO, at(70));
    timeline_touch(map, 0xfec00, TIMELINE_MMIO, at(80));
    areas = timeline_areas(map, &n);
    assert_int_equal(n, 3);
    assert_int_equal(areas[0].range.first, 0xfec00);
    assert_int_equal(areas[0].first_us, at(70));
    assert_int_equal(areas[1].range.first, 0xfee00);
    assert_int_equal(areas[2].range.first, 0xfffdf);
    assert_int_equal(areas[2].range.pages, 3);
    assert_int_equal(areas[2].use, TIMELINE_ROM);
    assert_int_equal(areas[2].first_us, at(40));
    assert_int_equal(timeline_use(map, 0xfffe1), TIMELINE_ROM);
    assert_int_equal(timeline_use(map, 0xfffe2), TIMELINE_UNTOUCHED);
    assert_int_equal(timeline_info(map).pages[TIMELINE_ROM], 0); /* of RAM */
}

static void areas_are_bounded(void **state)
{
    struct timeline *map = *state;
    const struct timeline_area *areas;
    unsigned n;

    for (uint64_t i = 0; i < 10000; i++)
        timeline_touch(map, 0xe0000 + i * 7919 % 10000 * 3, i % 3 ? TIMELINE_MMIO : TIMELINE_ROM,
                       at(0));
    areas = timeline_areas(map, &n);
    assert_true(n <= TIMELINE_AREAS);
    for (unsigned i = 1; i < n; i++)
        assert_true(areas[i - 1].range.first + areas[i - 1].range.pages <= areas[i].range.first);
    assert_int_equal(areas[0].range.first, 0xe0000);
    assert_int_equal(areas[n - 1].range.first + areas[n - 1].range.pages, 0xe0000 + 9999 * 3 + 1);
}

static void sizes(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {
        {0, "0 bytes"},           {1023, "1023 bytes"},         {4096, "4 KiB"},
        {1536 * 1024, "1.5 MiB"}, {UINT64_C(5) << 30, "5 GiB"}, {UINT64_MAX, "15.9 EiB"},
    };
    char text[TIMELINE_SIZE_TEXT];

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(timeline_size_text(rows[i].bytes, text), rows[i].text);
}

/* --- drawing --- */

static char *svg_of(const struct timeline *map, const struct timeline_caption *caption)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);

    assert_non_null(file);
    timeline_write_svg(map, caption, file);
    assert_false(ferror(file));
    fclose(file);
    return text;
}

static void svg_shows_what_there_is(void **state)
{
    struct timeline *map = *state;
    const struct timeline_note note = {0xfffe0000, 0x20000, "<BIOS> & 'more'"};
    const struct timeline_caption caption = {"title", "subtitle", &note, 1, NULL, 0};
    char *text = svg_of(map, &caption);

    assert_non_null(strstr(text, "<svg xmlns='http://www.w3.org/2000/svg'"));
    assert_string_equal(text + strlen(text) - 7, "</svg>\n");
    assert_non_null(strstr(text, "&lt;BIOS> &amp; 'more': 128 KiB at fffe0000"));
    assert_null(strstr(text, "largest shared range"));
    assert_null(strstr(text, "Outside RAM"));
    free(text);
    for (unsigned page = 512; page < 768; page++)
        timeline_touch(map, page, TIMELINE_SHARED, at(10));
    timeline_touch(map, 0xfee00, TIMELINE_MMIO, at(20));
    timeline_advance(map, at(900));
    text = svg_of(map, &caption);
    assert_non_null(strstr(text, "largest shared range: 1 MiB from 200000h"));
    assert_non_null(strstr(text, "Outside RAM"));
    assert_non_null(strstr(text, "fee00000h 4 KiB"));
    /* The quarter of RAM as one rectangle over all of the only column. */
    assert_non_null(strstr(text, "<rect x='120.00' y='506.00' width='640.00' height='112.00' "
                                 "fill='url(#shared)'"));
    free(text);
}

struct lines {
    unsigned n, longest;
    bool shared, changes;
};

static void take_line(void *ctx, const char *line)
{
    struct lines *lines = ctx;

    lines->n++;
    if (strlen(line) > lines->longest)
        lines->longest = (unsigned)strlen(line);
    lines->shared |= !strcmp(line, "      210000 |######|");
    lines->changes |= !strcmp(line, "   changes/s |.4....|");
}

static void text_fits_a_terminal(void **state)
{
    struct timeline *map = *state;
    struct lines lines = {0};

    for (unsigned page = 500; page < 768; page++)
        timeline_touch(map, page, TIMELINE_SHARED, at(10));
    timeline_touch(map, 600, TIMELINE_PRIVATE, at(1500));
    timeline_advance(map, at(5500));
    timeline_print(map, take_line, &lines);
    assert_true(lines.n > 40);
    assert_true(lines.longest <= 80);
    assert_true(lines.shared);
    assert_true(lines.changes);
    timeline_advance(map, at(UINT64_C(3600000000)));
    memset(&lines, 0, sizeof(lines));
    timeline_print(map, take_line, &lines);
    assert_true(lines.longest <= 80);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_was_touched),
        cmocka_unit_test(no_pages_no_map),
        TEST(only_private_and_shared_are_changes),
        TEST(cells),
        TEST(time_goes_on),
        TEST(full_columns_become_longer),
        TEST(ranges),
        TEST(declared_pages),
        TEST(states_of_the_rmp),
        TEST(declared_pages_of_the_rmp),
        TEST(areas_outside_ram),
        TEST(areas_are_bounded),
        cmocka_unit_test(sizes),
        TEST(svg_shows_what_there_is),
        TEST(text_fits_a_terminal),
    };
    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
