/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bochs-plugin/observe/finding: sites are reported once and counted, as text and as JSON.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "observe/finding.h"

static struct findings *findings;
static char path[64];

static int setup(void **state)
{
    int fd, err;

    (void)state;
    strcpy(path, "/tmp/finding.XXXXXX");
    fd = mkstemp(path);
    findings = findings_new(output_open("", path, NULL, NULL, &err));
    return fd >= 0 && findings && !close(fd) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    findings_free(findings);
    unlink(path);
    return 0;
}

static struct san_report report_at(uint64_t rip)
{
    return (struct san_report){.kind = SAN_SHARED_READ,
                               .how = SEV_ACCESS_SHARED,
                               .paddr = 0x1234,
                               .len = 8,
                               .who = {.rip = rip, .tick = 77, .cpu = 1, .by = SAN_BY_CPU},
                               .writer = {.rip = 0x400, .tick = 5, .by = SAN_BY_CPU}};
}

/* Line `n` of the file, parsed. */
static json_t *json_line(unsigned n)
{
    FILE *file = fopen(path, "r");
    char line[4096];
    json_t *object = NULL;

    assert_non_null(file);
    for (unsigned i = 0; i <= n && fgets(line, sizeof(line), file); i++)
        if (i == n)
            object = json_loads(line, 0, NULL);
    fclose(file);
    return object;
}

static void expect_text(json_t *object, const char *key, const char *want)
{
    assert_string_equal(json_string_value(json_object_get(object, key)), want);
}

static void test_a_site_is_told_once(void **state)
{
    struct san_report a = report_at(0x100), b = report_at(0x104), device = report_at(0x100);

    (void)state;
    assert_true(findings_count(findings, &a));
    assert_true(findings_count(findings, &b));
    a.paddr = 0x9999;
    a.writer.rip = 0x404;
    assert_false(findings_count(findings, &a));
    a.kind = SAN_PRIVATE_READ;
    assert_true(findings_count(findings, &a));
    /* A device has no instruction; its site is that of the data. */
    device.kind = SAN_DEVICE_READ;
    device.who.by = SAN_BY_DEVICE;
    assert_true(findings_count(findings, &device));
    device.who.rip = 0x108;
    assert_false(findings_count(findings, &device));
    device.writer.rip = 0x108;
    assert_true(findings_count(findings, &device));
    device.kind = SAN_FETCH;
    device.who.by = SAN_BY_CPU;
    device.who.rip = 0x203;
    assert_true(findings_count(findings, &device));
    device.who.rip = 0x20f;
    assert_false(findings_count(findings, &device));
    assert_int_equal(findings_reports(findings), 9);
    assert_int_equal(findings_sites(findings), 6);
}

static const struct finding known = {
    .linear_known = true,
    .linear = 0x7000,
    .mode = {.cbit_mask = UINT64_C(1) << 47, .levels = 4},
    .walk = {.present = true,
             .n = 2,
             .entry = {{0x1ff8, (UINT64_C(1) << 47) | 0x2067, 4, 511}, {0x2010, 0x1067, 3, 2}}},
    .code_len = 3,
    .code = {0x48, 0x8b, 0x07},
    .disasm = "mov rax, qword ptr ds:[rdi]"};

/* The line of JSON that `known` gives. */
static void expect_known(json_t *o)
{
    json_t *writer, *walk;

    expect_text(o, "kind", "shared-read-of-private");
    expect_text(o, "view", "shared");
    expect_text(o, "access", "read");
    expect_text(o, "physical", "0x1234");
    expect_text(o, "linear", "0x7000");
    expect_text(o, "meaning", san_kind_meaning(SAN_SHARED_READ));
    expect_text(o, "entry", "0x1067");
    expect_text(o, "code", "488b07");
    expect_text(o, "disassembly", known.disasm);
    expect_text(json_object_get(o, "who"), "rip", "0x100");
    assert_true(json_is_false(json_object_get(o, "entry_cbit")));
    walk = json_object_get(o, "walk");
    assert_int_equal(json_array_size(walk), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(walk, 0), "level")), 4);
    assert_true(json_is_true(json_object_get(json_array_get(walk, 0), "cbit")));
    expect_text(json_array_get(walk, 0), "at", "0x1ff8");
    expect_text(json_array_get(walk, 0), "value", "0x800000002067");
    expect_text(json_array_get(walk, 0), "flags", "PWUAD");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(walk, 1), "level")), 3);
    assert_true(json_is_false(json_object_get(json_array_get(walk, 1), "cbit")));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(o, "who"), "cpu")), 1);
    writer = json_object_get(o, "writer");
    expect_text(writer, "rip", "0x400");
    assert_true(json_is_false(json_object_get(writer, "exact")));
}

static void test_text_and_json(void **state)
{
    struct finding f = known;
    char line[1024];
    json_t *o;

    (void)state;
    f.report = report_at(0x100);
    findings_tell(findings, &f, line, sizeof(line));
    assert_string_equal(
        line, "sanitizer: shared-read-of-private at 0x100 (mov rax, qword ptr ds:[rdi]), CPU 1, "
              "tick 77: load of 8 bytes at physical 0x1234, linear 0x7000, entry 0x1067 (C=0) at "
              "0x2010; last written (its page) by the instruction at 0x400, CPU 0, tick 5: reads "
              "ciphertext: the data was written through a mapping with the C-bit");
    o = json_line(0);
    expect_known(o);
    json_decref(o);
}

/* With symbols each instruction has a name. */
static void test_names(void **state)
{
    char line[1024], error[300], name[] = "/tmp/finding.map.XXXXXX";
    static const char map[] = "00000000000000f0 t memcpy\n0000000000000400 t store\n";
    struct finding f = known;
    struct symbols *symbols;
    json_t *o;
    int fd = mkstemp(name);

    (void)state;
    assert_true(fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map) && !close(fd));
    symbols = symbols_load(name, error, sizeof(error));
    unlink(name);
    assert_non_null(symbols);
    findings_set_symbols(findings, symbols);
    f.report = report_at(0x100);
    findings_tell(findings, &f, line, sizeof(line));
    assert_non_null(strstr(line, " at 0x100 <memcpy+0x10> (mov rax"));
    assert_non_null(strstr(line, "by the instruction at 0x400 <store+0>, CPU 0"));
    o = json_line(0);
    expect_text(json_object_get(o, "who"), "symbol", "memcpy+0x10");
    expect_text(json_object_get(o, "writer"), "symbol", "store+0");
    json_decref(o);
    findings_set_symbols(findings, NULL);
    symbols_free(symbols);
}

/* The kinds of SEV-SNP have words of their own. */
static void test_snp(void **state)
{
    static const struct {
        enum san_kind kind;
        const char *text;
    } rows[] = {
        {SAN_NOT_VALIDATED,
         "sanitizer: use-before-validation at 0x100, CPU 1, tick 77: access to a "
         "page at physical 0x1000"},
        {SAN_VALIDATED_TWICE,
         "PVALIDATE of a page at physical 0x1000; its last PVALIDATE was by the "
         "instruction at 0x400, CPU 0, tick 5: a hypervisor that"},
        {SAN_PAGE_LOST, "loss of a page at physical 0x1000"},
        {SAN_GHCB_PRIVATE, "VMGEXIT with a GHCB at physical 0x1000"},
    };
    struct finding f = {.report = report_at(0x100)};
    char line[1024];

    (void)state;
    f.report.paddr = 0x1000;
    f.report.len = 4096;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f.report.kind = rows[i].kind;
        findings_tell(findings, &f, line, sizeof(line));
        assert_non_null(strstr(line, rows[i].text));
    }
}

static void test_what_is_not_known_is_not_there(void **state)
{
    struct finding f = {0};
    char line[1024];
    json_t *o;

    (void)state;
    f.report = report_at(0x100);
    f.report.kind = SAN_DEVICE_WRITE;
    f.report.write = true;
    f.report.who.by = SAN_BY_DEVICE;
    f.report.writer.by = SAN_BY_NOBODY;
    findings_tell(findings, &f, line, sizeof(line));
    assert_non_null(strstr(line, "by a device while CPU 0 was at 0x100"));
    assert_null(strstr(line, "linear"));
    assert_null(strstr(line, "last written"));
    o = json_line(0);
    assert_null(json_object_get(o, "linear"));
    assert_null(json_object_get(o, "writer"));
    assert_null(json_object_get(json_object_get(o, "who"), "rip"));
    json_decref(o);
}

static void test_text_is_cut(void **state)
{
    struct finding f = {.report = report_at(1)};
    char line[40];

    (void)state;
    memset(line, 'x', sizeof(line));
    findings_tell(findings, &f, line, 20);
    assert_int_equal(strlen(line), 19);
    assert_int_equal(line[20], 'x');
}

/* One VMGEXIT sends all exits of a guest, so each exit and field is a site of its own. */
static void test_fields_of_a_ghcb(void **state)
{
    struct san_report rax = {.kind = SAN_GHCB_FIELD,
                             .how = SEV_ACCESS_SHARED,
                             .paddr = 0x2001f8,
                             .len = 8,
                             .who = {.rip = 0x100, .tick = 77, .cpu = 1, .by = SAN_BY_CPU},
                             .ghcb = {0x200000, 0x1f8, 8, "RAX", 0x72, "CPUID"}};
    struct san_report rcx = rax, msr = rax;
    struct finding f = {.report = rax};
    char line[1024];
    json_t *o;

    (void)state;
    rcx.ghcb.offset = 0x308;
    rcx.ghcb.name = "RCX";
    msr.ghcb.exit = 0x7c;
    assert_true(findings_count(findings, &rax));
    assert_true(findings_count(findings, &rcx));
    assert_true(findings_count(findings, &msr));
    assert_false(findings_count(findings, &rcx));
    assert_int_equal(findings_sites(findings), 3);
    findings_tell(findings, &f, line, sizeof(line));
    assert_string_equal(
        line, "sanitizer: ghcb-field-not-valid at 0x100, CPU 1, tick 77: exit 72h (CPUID) "
              "without a valid RAX of the GHCB at 0x200000: the hypervisor refuses the "
              "exit: it needs the field, whose bit in the valid bitmap is clear");
    o = json_line(0);
    expect_text(o, "kind", "ghcb-field-not-valid");
    expect_text(o, "field", "RAX");
    expect_text(o, "exit", "0x72");
    expect_text(o, "exit_words", "CPUID");
    expect_text(o, "physical", "0x2001f8");
    assert_null(json_object_get(o, "linear"));
    json_decref(o);
}

static unsigned printed;

static void print(void *ctx, const char *line)
{
    (void)ctx;
    assert_non_null(line);
    printed++;
}

static void test_more_sites_than_room(void **state)
{
    json_t *o;

    (void)state;
    for (uint64_t i = 0; i < 5000; i++) {
        struct san_report r = report_at(i);

        assert_int_equal(findings_count(findings, &r), i < 4096);
    }
    printed = 0;
    findings_summary(findings, print, NULL);
    assert_int_equal(printed, 1 + 4096 + 1);
    o = json_line(0);
    assert_null(o); /* too long for this test's line; well-formed nevertheless: */
    o = json_load_file(path, 0, NULL);
    expect_text(o, "kind", "summary");
    assert_int_equal(json_integer_value(json_object_get(o, "reports")), 5000);
    assert_int_equal(json_integer_value(json_object_get(o, "reports_of_other_sites")), 904);
    assert_int_equal(json_array_size(json_object_get(o, "sites")), 4096);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_site_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_and_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_snp, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_known_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_text_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fields_of_a_ghcb, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_sites_than_room, setup, teardown),
    };

    return cmocka_run_group_tests_name("finding", tests, NULL, NULL);
}
