/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/observe/timeline_log: lines from which the use of every page at the end of
 * every slice is known, slices that become longer, a file that is full.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "observe/timeline_log.h"

#define PAGES 2000u

struct fixture {
    struct timeline *map;
    struct timeline_log *log;
    char path[64];
    char text[8 << 20];
};

static void start_log(struct fixture *f, uint64_t bytes_max)
{
    const struct timeline_log_config config = {50000000, bytes_max};
    int err;

    f->log = timeline_log_new(f->map, &config, output_open("", f->path, NULL, NULL, &err));
    assert_non_null(f->log);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    int fd;

    if (!f || !(f->map = timeline_new(PAGES, 5000)))
        return -1;
    strcpy(f->path, "/tmp/timeline_log.XXXXXX");
    fd = mkstemp(f->path);
    *state = f;
    start_log(f, TIMELINE_LOG_BYTES);
    return fd < 0 || close(fd);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    (void)timeline_log_close(f->log, 0, NULL, 0);
    timeline_free(f->map);
    unlink(f->path);
    free(f);
    return 0;
}

static void touch(struct fixture *f, uint64_t page, enum timeline_use use, uint64_t us)
{
    (void)timeline_touch(f->map, page, use, us);
}

static void declare(struct fixture *f, uint32_t page, bool declared, uint64_t us)
{
    timeline_declare(f->map, page, declared, us);
}

static const char *text_of(struct fixture *f)
{
    FILE *file = fopen(f->path, "r");

    assert_non_null(file);
    f->text[fread(f->text, 1, sizeof(f->text) - 1, file)] = 0;
    fclose(file);
    return f->text;
}

static void finish(struct fixture *f, uint64_t us)
{
    assert_int_equal(timeline_log_close(f->log, us, NULL, 0), 0);
    f->log = NULL;
}

static void expect_file(struct fixture *f, const char *lines)
{
    assert_string_equal(text_of(f), lines);
}

#define FIRST                                                                                      \
    "{\"kind\":\"map\",\"version\":1,\"page_size\":4096,\"ram_pages\":2000,"                       \
    "\"ticks_per_second\":50000000,\"usec\":5000}\n"

static void one_line_a_slice(void **state)
{
    struct fixture *f = *state;

    touch(f, 7, TIMELINE_PRIVATE, 5100);
    touch(f, 8, TIMELINE_PRIVATE, 5200);
    touch(f, 1999, TIMELINE_ROM, 5300);
    touch(f, 7, TIMELINE_SHARED, 5400);
    touch(f, 9, TIMELINE_SHARED, 6100); /* 1000 us after the first of the slice */
    touch(f, 7, TIMELINE_PRIVATE, 6150);
    touch(f, 7, TIMELINE_SHARED, 6160); /* there and back */
    finish(f, 9000);
    expect_file(f, FIRST "{\"usec\":5400,\"changes\":1,\"private\":[[8,1]],\"shared\":[[7,1]],"
                         "\"rom\":[[1999,1]]}\n"
                         "{\"usec\":6160,\"changes\":2,\"shared\":[[9,1]]}\n"
                         "{\"kind\":\"end\",\"usec\":9000,\"changes\":3}\n");
}

static void declared_and_not_any_more(void **state)
{
    struct fixture *f = *state;

    declare(f, 600, true, 5000);
    declare(f, 601, true, 5000);
    declare(f, 600, false, 7000);
    finish(f, 7000);
    expect_file(f, FIRST "{\"usec\":5000,\"changes\":0,\"mapped_shared\":[[600,2]]}\n"
                         "{\"usec\":7000,\"changes\":0,\"untouched\":[[600,1]]}\n"
                         "{\"kind\":\"end\",\"usec\":7000,\"changes\":0}\n");
}

static void outside_ram_the_first_use_counts(void **state)
{
    struct fixture *f = *state;

    touch(f, 1048575, TIMELINE_ROM, 5000);
    touch(f, 1048575, TIMELINE_ROM, 5001);
    touch(f, 0xfee00, TIMELINE_MMIO, 8000);
    touch(f, 0xfee00, TIMELINE_MMIO, 9000);
    finish(f, 9000);
    expect_file(f, FIRST "{\"usec\":5000,\"changes\":0,\"rom\":[[1048575,1]]}\n"
                         "{\"usec\":8000,\"changes\":0,\"devices\":[[1043968,1]]}\n"
                         "{\"kind\":\"end\",\"usec\":9000,\"changes\":0}\n");
}

/* Reads the lines back and applies them. */
static void replay(const char *text, uint8_t use[PAGES])
{
    static const char *const keys[TIMELINE_USES] = {
        "untouched",  "private",       "shared",    "mapped_shared", "rom", "devices",
        "hypervisor", "not_validated", "validated", "vmsa",          "psp"};
    json_t *line;

    for (; *text; text = strchr(text, '\n') + 1) {
        line = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
        assert_non_null(line);
        for (unsigned key = 0; key < TIMELINE_USES; key++) {
            json_t *runs = json_object_get(line, keys[key]);

            for (size_t i = 0; i < json_array_size(runs); i++) {
                json_t *run = json_array_get(runs, i);
                json_int_t first = json_integer_value(json_array_get(run, 0));
                json_int_t pages = json_integer_value(json_array_get(run, 1));

                assert_true(pages > 0 && first + pages <= PAGES);
                memset(use + first, (int)key, (size_t)pages);
            }
        }
        json_decref(line);
    }
}

static void the_file_tells_every_page(void **state)
{
    struct fixture *f = *state;
    uint8_t use[PAGES] = {0};
    uint64_t us = 5000;

    srandom(7);
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t page = (uint32_t)random() % PAGES;

        us += (uint64_t)random() % 200;
        if (random() % 3 == 0)
            timeline_set_rmp(f->map, page, TIMELINE_RMP_FIRST + (unsigned)random() % 5, us);
        else if (random() % 4)
            touch(f, page, random() % 2 ? TIMELINE_PRIVATE : TIMELINE_SHARED, us);
        else
            declare(f, page, random() % 2, us);
    }
    finish(f, us);
    replay(text_of(f), use);
    for (uint32_t page = 0; page < PAGES; page++)
        assert_int_equal(use[page], timeline_use(f->map, page));
}

static void counters_are_in_the_last_line(void **state)
{
    static const struct timeline_counter counters[] = {
        {"pages", "guest-valid", 7}, {"#VC 404h", "the page is not validated", 0}};
    struct fixture *f = *state;

    timeline_set_rmp(f->map, 3, TIMELINE_NOT_VALIDATED, 5000);
    assert_int_equal(timeline_log_close(f->log, 9000, counters, 2), 0);
    f->log = NULL;
    expect_file(f, FIRST "{\"usec\":5000,\"changes\":0,\"not_validated\":[[3,1]]}\n"
                         "{\"kind\":\"end\",\"usec\":9000,\"changes\":0,\"rmp\":{"
                         "\"pages: guest-valid\":7,\"#VC 404h: the page is not validated\":0}}\n");
}

static void slices_become_longer(void **state)
{
    struct fixture *f = *state;
    unsigned lines = 0;

    /* One change every 1000 us: a line each while slices are short, then one of two, then of four.
     */
    for (unsigned i = 0; i < 4 * TIMELINE_LOG_LINES; i++)
        touch(f, 3, i % 2 ? TIMELINE_SHARED : TIMELINE_PRIVATE, 5000 + (uint64_t)i * 1000);
    finish(f, 5000 + UINT64_C(4) * TIMELINE_LOG_LINES * 1000);
    for (const char *at = text_of(f); (at = strchr(at, '\n')); at++)
        lines++;
    assert_in_range(lines, 2 * TIMELINE_LOG_LINES + 2,
                    2 * TIMELINE_LOG_LINES + TIMELINE_LOG_LINES / 2 + 4);
}

static void a_full_file_says_so(void **state)
{
    struct fixture *f = *state;

    finish(f, 5000);
    start_log(f, 140);
    touch(f, 1, TIMELINE_PRIVATE, 5000);
    touch(f, 2, TIMELINE_PRIVATE, 7000);
    touch(f, 3, TIMELINE_PRIVATE, 9000);
    finish(f, 9000);
    expect_file(f, FIRST "{\"usec\":5000,\"changes\":0,\"private\":[[1,1]]}\n"
                         "{\"kind\":\"truncated\",\"usec\":5000}\n"
                         "{\"kind\":\"end\",\"usec\":9000,\"changes\":0}\n");
}

/* A reader can follow: the line of a slice is written when the slice is over. */
static void a_slice_ends_without_a_change(void **state)
{
    struct fixture *f = *state;

    touch(f, 1, TIMELINE_PRIVATE, 5000);
    timeline_log_pass(f->log, 5999);
    expect_file(f, FIRST);
    timeline_log_pass(f->log, 6000);
    expect_file(f, FIRST "{\"usec\":5000,\"changes\":0,\"private\":[[1,1]]}\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_line_a_slice),
        TEST(declared_and_not_any_more),
        TEST(a_full_file_says_so),
        TEST(outside_ram_the_first_use_counts),
        TEST(slices_become_longer),
        TEST(the_file_tells_every_page),
        TEST(counters_are_in_the_last_line),
        TEST(a_slice_ends_without_a_change),
    };
    return cmocka_run_group_tests_name("timeline_log", tests, NULL, NULL);
}
