/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bochs-plugin/observe/output_file: what is written, and each error reported once, from every writer
 * that uses it: PSP command log, sanitizer findings, timeline's log and picture.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "observe/command_log.h"
#include "observe/finding.h"
#include "observe/output_file.h"
#include "observe/timeline_log.h"

static char path[64];
static unsigned reports;
static char sentence[600];

static void take(void *ctx, const char *text)
{
    assert_ptr_equal(ctx, &reports);
    reports++;
    snprintf(sentence, sizeof(sentence), "%s", text);
}

static int setup(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/output.XXXXXX");
    fd = mkstemp(path);
    reports = 0;
    *sentence = 0;
    return fd < 0 || close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static struct output_file *open_at(const char *name, const char *at)
{
    int err = 1;
    struct output_file *file = output_open(name, at, take, &reports, &err);

    assert_non_null(file);
    assert_int_equal(err, 0);
    return file;
}

static void expect_content(const char *expected)
{
    FILE *file = fopen(path, "r");
    char text[200] = "";

    assert_non_null(file);
    (void)!fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    assert_string_equal(text, expected);
}

static void text_arrives_at_each_flush(void **state)
{
    struct output_file *file = open_at("trace", path);

    (void)state;
    fputs("one\n", output_stream(file));
    assert_int_equal(output_flush(file), 0);
    expect_content("one\n");
    assert_int_equal(output_bytes(file), 4);
    assert_int_equal(output_flush(file), 0); /* nothing new */
    fputs("2\n", output_stream(file));
    assert_int_equal(output_flush(file), 0);
    fputs("three\n", output_stream(file));
    assert_int_equal(output_close(file), 0);
    expect_content("one\n2\nthree\n");
    assert_int_equal(reports, 0);
    assert_int_equal(output_close(NULL), 0);
}

static void a_file_that_cannot_be_opened(void **state)
{
    int err = 0;

    (void)state;
    assert_null(output_open("trace", "/nowhere/file", take, &reports, &err));
    assert_int_equal(err, -ENOENT);
    assert_int_equal(reports, 0);
}

static void a_full_disk_is_reported_once(void **state)
{
    struct output_file *file = open_at("trace", "/dev/full");

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        fputs("line\n", output_stream(file));
        assert_int_equal(output_flush(file), -ENOSPC);
    }
    assert_int_equal(output_close(file), -ENOSPC);
    assert_int_equal(reports, 1);
    assert_string_equal(sentence, "trace: '/dev/full' cannot be written: No space left on device; "
                                  "the file is incomplete and is not written any further");
}

/* The signal of RLIMIT_FSIZE would end the process. What was written before stays, nothing follows
 * after the gap. */
static void a_size_limit_is_an_error_of_the_file(void **state)
{
    struct output_file *file = open_at("map_changes", path);
    struct rlimit before, limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fputs("12345\n", output_stream(file));
    assert_int_equal(output_flush(file), 0);
    fputs("67890\n", output_stream(file));
    assert_int_equal(output_flush(file), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    fputs("end\n", output_stream(file));
    assert_int_equal(output_close(file), -EFBIG);
    expect_content("12345\n6789");
    assert_int_equal(reports, 1);
}

static void text_that_cannot_be_made(void **state)
{
    struct output_file *file = open_at("trace", path);

    (void)state;
    output_fail(file, -ENOMEM);
    output_fail(file, -EIO);
    assert_int_equal(output_close(file), -ENOMEM);
    assert_int_equal(reports, 1);
    assert_non_null(strstr(sentence, "Cannot allocate memory"));
}

/* --- the writers --- */

static void the_command_log_reports(void **state)
{
    struct command_log *log = command_log_new(open_at("trace", "/dev/full"));
    const struct psp_event event = {.command = 4};
    char line[256];

    (void)state;
    assert_non_null(log);
    command_log_event(log, &event, NULL, 1, line, sizeof(line));
    assert_int_equal(reports, 1);
    command_log_event(log, &event, NULL, 2, line, sizeof(line));
    command_log_free(log);
    assert_int_equal(reports, 1);
}

static void ignore(void *ctx, const char *line)
{
    (void)ctx;
    (void)line;
}

static void the_findings_report(void **state)
{
    struct findings *findings = findings_new(open_at("sanitize_report", "/dev/full"));
    const struct finding finding = {.report = {.kind = SAN_WALK}};
    char line[1024];

    (void)state;
    assert_non_null(findings);
    findings_tell(findings, &finding, line, sizeof(line));
    assert_int_equal(reports, 1);
    findings_summary(findings, ignore, NULL);
    findings_free(findings);
    assert_int_equal(reports, 1);
}

static void the_timeline_reports(void **state)
{
    const struct timeline_log_config config = {.ticks_per_second = 1, .bytes_max = 1000};
    const struct timeline_caption caption = {.title = "", .subtitle = ""};
    struct timeline *timeline = timeline_new(10, 0);
    struct timeline_log *log;
    struct output_file *picture;

    (void)state;
    log = timeline_log_new(timeline, &config, open_at("map_changes", "/dev/full"));
    assert_non_null(log);
    assert_int_equal(reports, 1);
    timeline_touch(timeline, 1, TIMELINE_SHARED, 10);
    assert_int_equal(timeline_log_close(log, 20, NULL, 0), -ENOSPC);
    assert_int_equal(reports, 1);
    picture = open_at("map", "/dev/full");
    timeline_write_svg(timeline, &caption, output_stream(picture));
    assert_int_equal(output_close(picture), -ENOSPC);
    assert_int_equal(reports, 2);
    timeline_free(timeline);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_arrives_at_each_flush),   TEST(a_file_that_cannot_be_opened),
        TEST(a_full_disk_is_reported_once), TEST(a_size_limit_is_an_error_of_the_file),
        TEST(text_that_cannot_be_made),     TEST(the_command_log_reports),
        TEST(the_findings_report),          TEST(the_timeline_reports),
    };

    return cmocka_run_group_tests_name("output_file", tests, NULL, NULL);
}
