/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the tables of the GHCB and of exit codes against numbers of Linux
 * arch/x86/include/asm/svm.h struct ghcb_save_area (sizes of its members, added up here) and
 * arch/x86/include/uapi/asm/svm.h.
 */
#include "unit.h"

#include <string.h>

#include "protocol/exit_code.h"
#include "protocol/ghcb.h"

/* The members of struct ghcb_save_area in order: a name, or NULL for reserved bytes; the size. */
static const struct {
    const char *name;
    unsigned size;
} save_area[] = {
    {NULL, 203},
    {"CPL", 1},
    {NULL, 116},
    {"XSS", 8},
    {NULL, 24},
    {"DR7", 8},
    {NULL, 16},
    {"RIP", 8},
    {NULL, 88},
    {"RSP", 8},
    {NULL, 24},
    {"RAX", 8},
    {NULL, 264},
    {"RCX", 8},
    {"RDX", 8},
    {"RBX", 8},
    {NULL, 8},
    {"RBP", 8},
    {"RSI", 8},
    {"RDI", 8},
    {"R8", 8},
    {"R9", 8},
    {"R10", 8},
    {"R11", 8},
    {"R12", 8},
    {"R13", 8},
    {"R14", 8},
    {"R15", 8},
    {NULL, 16},
    {"SW_EXITCODE", 8},
    {"SW_EXITINFO1", 8},
    {"SW_EXITINFO2", 8},
    {"SW_SCRATCH", 8},
    {NULL, 56},
    {"XCR0", 8},
    {NULL, 16},
    {"X87_STATE_GPA", 8},
};

static void offsets(void **state)
{
    unsigned at = 0;
    size_t field = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(save_area) / sizeof(save_area[0]); i++) {
        if (save_area[i].name) {
            assert_string_equal(ghcb_fields[field].name, save_area[i].name);
            assert_int_equal(ghcb_fields[field].offset, at);
            assert_int_equal(ghcb_fields[field].size, save_area[i].size);
            assert_int_equal(ghcb_fields[field].has_valid, at / 8 < 128);
            field++;
        }
        at += save_area[i].size;
    }
    assert_int_equal(at, 0x408);
    assert_int_equal(GHCB_VALID_BITMAP, 0x3f0);
    /* struct ghcb: the shared buffer from 2048, 2032 bytes, reserved 10, version u16, usage u32 */
    assert_int_equal(GHCB_SHARED_BUFFER, 2048);
    assert_int_equal(GHCB_SHARED_BUFFER_END, 2048 + 2032);
    assert_int_equal(GHCB_PROTOCOL_VERSION, 2048 + 2032 + 10);
    assert_int_equal(GHCB_USAGE + 4, GHCB_SIZE);
    assert_int_equal(field + 2, ghcb_fields_count);
}

static void numbers(void **state)
{
    uint8_t page[GHCB_SIZE], other[GHCB_SIZE];

    (void)state;
    for (size_t i = 0; i < ghcb_fields_count; i++) {
        const struct ghcb_field *field = &ghcb_fields[i];
        const uint64_t value = UINT64_C(0x8877665544332211);
        const uint64_t mask = UINT64_MAX >> (64 - 8 * field->size);
        unsigned differing = 0;

        memset(page, 0, sizeof(page));
        ghcb_put(page, (enum ghcb_offset)field->offset, value);
        assert_int_equal(ghcb_get(page, (enum ghcb_offset)field->offset), value & mask);
        assert_int_equal(page[field->offset], 0x11); /* little endian */
        for (unsigned at = 0; at < GHCB_SIZE; at++)
            differing += page[at] != 0;
        assert_int_equal(differing, field->size);
        memcpy(other, page, sizeof(page));
        ghcb_set_valid(page, (enum ghcb_offset)field->offset, true);
        assert_int_equal(ghcb_valid(page, (enum ghcb_offset)field->offset), field->has_valid);
        ghcb_set_valid(page, (enum ghcb_offset)field->offset, false);
        assert_memory_equal(page, other, sizeof(page));
    }
}

/* Bits of the fields that are used most, as Linux computes them: offset / 8. */
static void valid_bits(void **state)
{
    static const struct {
        enum ghcb_offset field;
        unsigned bit;
    } bits[] = {{GHCB_CPL, 25},           {GHCB_RAX, 63},           {GHCB_RCX, 97},
                {GHCB_RDX, 98},           {GHCB_RBX, 99},           {GHCB_SW_EXITCODE, 114},
                {GHCB_SW_EXITINFO1, 115}, {GHCB_SW_EXITINFO2, 116}, {GHCB_SW_SCRATCH, 117},
                {GHCB_XCR0, 125}};
    uint8_t page[GHCB_SIZE] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        ghcb_set(page, bits[i].field, 0);
        assert_int_equal(page[GHCB_VALID_BITMAP + bits[i].bit / 8], 1u << bits[i].bit % 8);
        ghcb_clear_valid(page);
    }
    for (size_t i = 0; i < GHCB_SIZE; i++)
        assert_int_equal(page[i], 0);
}

static void exit_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < exit_codes_count; i++) {
        const struct exit_code *row = &exit_codes[i];

        assert_true(i == 0 || exit_codes[i - 1].code < row->code);
        assert_ptr_equal(exit_code_find(row->code), row);
        assert_ptr_equal(exit_code_find_name(row->name), row);
        assert_string_equal(exit_code_words(row->code), row->words);
        assert_int_equal(row->kind == EXIT_SOFTWARE, row->code >= 0x80000000);
    }
    assert_int_equal(exit_code_find_name("rdpmc")->code, 0x6f);
    assert_int_equal(exit_code_find_name("IOIO")->code, 0x7b);
    assert_null(exit_code_find_name("HALT"));
    assert_null(exit_code_find(0x49));
    assert_null(exit_code_find(0x1));
    assert_null(exit_code_find(UINT64_C(0x100000072)));
    assert_null(exit_code_find(UINT64_MAX));
    assert_string_equal(exit_code_words(0x49), "unknown exit");
}

/* The automatic exits: the guest does not notice them. */
static void automatic(void **state)
{
    static const uint32_t codes[] = {0x52, 0x60, 0x61, 0x62, 0x63, 0x64, 0x77,  0x78,  0x7f, 0x8f,
                                     0x90, 0x93, 0x94, 0x98, 0xa5, 0xa6, 0x401, 0x402, 0x403};
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < exit_codes_count; i++)
        if (exit_codes[i].kind == EXIT_AUTOMATIC) {
            assert_true(n < sizeof(codes) / sizeof(codes[0]));
            assert_int_equal(exit_codes[i].code, codes[n]);
            n++;
        }
    assert_int_equal(n, sizeof(codes) / sizeof(codes[0]));
}

static void words(void **state)
{
    (void)state;
    assert_string_equal(ghcb_error_words(4), "missing input");
    assert_string_equal(ghcb_error_words(7), "unknown error");
    assert_string_equal(ghcb_msr_words(0x1234000000000004), "CPUID request");
    assert_string_equal(ghcb_msr_words(0x003), "unknown request");
    assert_string_equal(ghcb_termination_words(0, 0), "general termination request");
    assert_string_equal(ghcb_termination_words(0, 3), "unknown reason");
    assert_string_equal(ghcb_termination_words(2, 0), "unknown reason");
    assert_non_null(strstr(ghcb_termination_words(1, 2), "OVMF"));
    assert_non_null(strstr(ghcb_termination_words(1, 5), "CPUID"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets),    cmocka_unit_test(numbers),   cmocka_unit_test(valid_bits),
        cmocka_unit_test(exit_table), cmocka_unit_test(automatic), cmocka_unit_test(words),
    };
    return cmocka_run_group_tests_name("ghcb", tests, NULL, NULL);
}
