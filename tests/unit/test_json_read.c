/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/control/json_read: where a value ends, what it is, and QEMU's text for what is
 * none (QEMU qobject/json-lexer.c, json-parser.c, json-streamer.c).
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/json_read.h"

static struct json_read result;

/* From memory of just this size, so that a read beyond it is found. */
static void read_text(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    json_read(copy, len, &result);
    free(copy);
}

static void values(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value; /* as jansson writes it */
        size_t used;
    } cases[] = {
        {"{}", "{}", 2},
        {" {'a':1}x", "{\"a\":1}", 8},
        {"{\"a\":[1,-2,true,false,null]}", "{\"a\":[1,-2,true,false,null]}", 28},
        {"'it\\'s \"so\"'", "\"it's \\\"so\\\"\"", 12},
        {"\"'\"", "\"'\"", 3},
        {"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\n\\/\"",
         "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\\n/\"", 36},
        {"42 ", "42", 2},
        {"9223372036854775807,", "9223372036854775807", 19},
        {"18446744073709551615 ", "-1", 20},
        {"-9223372036854775808 ", "-9223372036854775808", 20},
        {"1.5e3 ", "1500.0", 5},
        {"true\n", "true", 4},
        {"[[],{}]{}", "[[],{}]", 7},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text;

        read_text(cases[i].text, strlen(cases[i].text));
        if (!result.value)
            fail_msg("%s: %s", cases[i].text, result.error);
        text = json_dumps(result.value, JSON_COMPACT | JSON_ENCODE_ANY);
        assert_string_equal(text, cases[i].value);
        assert_int_equal(result.used, cases[i].used);
        free(text);
        json_decref(result.value);
        /* Every beginning of an object or array is incomplete. */
        for (size_t len = 0; len < result.used && strchr("[{", cases[i].text[0]); len++) {
            read_text(cases[i].text, len);
            assert_int_equal(result.used, 0);
            assert_null(result.value);
        }
    }
}

static void errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
        size_t used;
    } cases[] = {
        {"}", "JSON parse error, expecting value", 1},
        {",1", "JSON parse error, expecting value", 1},
        {"{]1", "JSON parse error, expecting value", 2},
        {"[1 2]", "JSON parse error, expected separator in list", 5},
        {"[1,]", "JSON parse error, expecting value", 4},
        {"{'a' 1}", "JSON parse error, missing : in object pair", 7},
        {"{'a':1 'b':2}", "JSON parse error, expected separator in dict", 13},
        {"{1:2}", "JSON parse error, key is not a string in object", 5},
        {"{'a':1,'a':2}", "JSON parse error, duplicate key", 13},
        {"maybe ", "JSON parse error, invalid keyword 'maybe'", 5},
        {"'\\x'", "JSON parse error, invalid escape sequence in string", 4},
        {"'\\u0000'", "JSON parse error, \\u0000 is not a valid Unicode character", 8},
        {"'\\u00g0'", "JSON parse error, \\u00g0 is not a valid Unicode character", 8},
        {"'\\u0x41'", "JSON parse error, \\u0x41 is not a valid Unicode character", 8},
        {"'\\ud800'", "JSON parse error, \\ud800 is not a valid Unicode character", 8},
        {"'\\u00'", "JSON parse error, \\u00 is not a valid Unicode character", 6},
        {"'\xc3'", "JSON parse error, invalid UTF-8 sequence in string", 3},
        {"'\xff'", "JSON parse error, stray ''\xef\xbf\xbd'", 3},
        {"01 ", "JSON parse error, stray '01'", 3},
        {"1.x ", "JSON parse error, stray '1.x'", 4},
        {"-a,", "JSON parse error, stray '-a'", 2},
        {"A rest of garbage\n{}", "JSON parse error, stray 'A'", 17},
        {"'a\nb'", "JSON parse error, stray ''a\n'", 5},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_text(cases[i].text, strlen(cases[i].text));
        assert_null(result.value);
        assert_string_equal(result.error, cases[i].error);
        if (result.used != cases[i].used)
            fail_msg("%s: %zu bytes read, not %zu", cases[i].text, result.used, cases[i].used);
    }
}

/* 1024 levels, as QEMU. */
static void nesting(void **state)
{
    (void)state;
    char text[2 * JSON_READ_DEPTH_MAX + 2];

    memset(text, '[', JSON_READ_DEPTH_MAX);
    memset(text + JSON_READ_DEPTH_MAX, ']', JSON_READ_DEPTH_MAX);
    read_text(text, 2 * JSON_READ_DEPTH_MAX);
    assert_non_null(result.value);
    assert_int_equal(result.used, 2 * JSON_READ_DEPTH_MAX);
    json_decref(result.value);
    memset(text, '[', JSON_READ_DEPTH_MAX + 1);
    read_text(text, JSON_READ_DEPTH_MAX + 1);
    assert_null(result.value);
    assert_string_equal(result.error, "JSON nesting depth limit exceeded");
    assert_int_equal(result.used, JSON_READ_DEPTH_MAX + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(errors),
        cmocka_unit_test(nesting),
    };

    return cmocka_run_group_tests_name("json_read", tests, NULL, NULL);
}
