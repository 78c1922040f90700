/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of observe/exit_log: the lines of bochs-sev-exits(5), and the numbers at the end.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/exit_log.h"

static char path[] = "/tmp/exit_log.XXXXXX";
static char text[65536];

static void read_file(void)
{
    FILE *file = fopen(path, "r");
    size_t n;

    assert_non_null(file);
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    fclose(file);
}

static struct exit_log *open_log(void)
{
    int err = 0, fd;
    struct output_file *file;

    strcpy(path, "/tmp/exit_log.XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    file = output_open("exits", path, NULL, NULL, &err);
    assert_non_null(file);
    return exit_log_new(file);
}

static void lines(void **state)
{
    static const struct exit_log_place place = {1234, 1, 0xffffffff81000000};
    static const struct exit_log_request page = {false, 0x7b, 0x3f80210, 1, 0, 2, "port I/O"};
    static const struct exit_log_request msr = {
        true, 2, 0, 0, 0x2000133000001, 0, "SEV information"};
    struct exit_log *log = open_log();

    (void)state;
    exit_log_vc(log, &place, 0x72);
    exit_log_vc(log, &place, 0x72);
    exit_log_vmgexit(log, &place, &page);
    exit_log_vmgexit(log, &place, &msr);
    assert_true(exit_log_vcs(log) == 2);
    assert_true(exit_log_vmgexits(log) == 2);
    exit_log_free(log);
    read_file();
    assert_non_null(strstr(text, "1234 CPU 1 ffffffff81000000 #VC 72 ("));
    assert_non_null(
        strstr(text, "1234 CPU 1 ffffffff81000000 VMGEXIT 7b 3f80210 1 -> 0 2 (port I/O)\n"));
    assert_non_null(strstr(text, "VMGEXIT MSR 2 -> 2000133000001 (SEV information)\n"));
    assert_non_null(strstr(text, "\n# #VC 72 ("));
    assert_non_null(strstr(text, "): 2\n"));
    assert_non_null(strstr(text, "\n# VMGEXIT 7b ("));
    assert_non_null(strstr(text, "\n# VMGEXIT MSR 2 ("));
    unlink(path);
}

static void add(void *ctx, const char *line)
{
    unsigned *n = ctx;

    (void)line;
    (*n)++;
}

/* A guest that uses every exit code does not make the log grow. */
static void kinds_without_end(void **state)
{
    static const struct exit_log_place place = {0, 0, 0};
    struct exit_log *log = exit_log_new(NULL);
    unsigned n = 0;

    (void)state;
    for (uint64_t code = 0; code < 1000; code++) {
        const struct exit_log_request request = {false, code << 32, 0, 0, 0, 0, "unknown exit"};

        exit_log_vmgexit(log, &place, &request);
    }
    assert_true(exit_log_vmgexits(log) == 1000);
    exit_log_print(log, add, &n);
    assert_true(n == 65);
    exit_log_free(log);
    exit_log_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(kinds_without_end),
    };
    return cmocka_run_group_tests_name("exit_log", tests, NULL, NULL);
}
