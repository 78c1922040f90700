/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/buf: little endian, and nothing past the end, ever.
 */
#include "unit.h"

#include <string.h>

#include "protocol/buf.h"

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void reads_little_endian(void **state)
{
    (void)state;
    struct buf b = buf_reader(bytes, sizeof(bytes));
    assert_int_equal(buf_get8(&b), 0x01);
    assert_int_equal(buf_get16(&b), 0x0302);
    assert_int_equal(buf_get32(&b), 0x07060504);
    assert_true(buf_get64(&b) == 0x0f0e0d0c0b0a0908);
    assert_true(buf_done(&b));
}

static void writes_little_endian(void **state)
{
    (void)state;
    uint8_t out[sizeof(bytes)];
    struct buf b = buf_writer(out, sizeof(out));
    buf_put8(&b, 0x01);
    buf_put16(&b, 0x0302);
    buf_put32(&b, 0x07060504);
    buf_put64(&b, 0x0f0e0d0c0b0a0908);
    assert_true(buf_done(&b));
    assert_memory_equal(out, bytes, sizeof(out));
}

static void copies_and_skips(void **state)
{
    (void)state;
    uint8_t out[4];
    struct buf b = buf_reader(bytes, sizeof(bytes));
    buf_skip(&b, 2);
    buf_get(&b, out, sizeof(out));
    assert_memory_equal(out, bytes + 2, sizeof(out));
    buf_get(&b, NULL, 0);
    assert_true(buf_ok(&b));
    assert_false(buf_done(&b));

    uint8_t to[8] = {0};
    b = buf_writer(to, sizeof(to));
    buf_put(&b, bytes, 3);
    buf_fill(&b, 0xee, 4);
    buf_put(&b, NULL, 0);
    buf_fill(&b, 0xdd, 0);
    assert_true(buf_ok(&b));
    assert_memory_equal(to, "\1\2\3\xee\xee\xee\xee\0", sizeof(to));
}

static void past_the_end_reads_zeros_and_stays_bad(void **state)
{
    (void)state;
    struct buf b = buf_reader(bytes, 3);
    assert_int_equal(buf_get32(&b), 0);
    assert_false(buf_ok(&b));
    /* A byte would be there, but what follows a failed read means nothing. */
    assert_int_equal(buf_get8(&b), 0);
    assert_false(buf_done(&b));

    uint8_t out[4] = {9, 9, 9, 9};
    b = buf_reader(bytes, 3);
    buf_get(&b, out, sizeof(out));
    assert_memory_equal(out, "\0\0\0\0", 4);
    assert_false(buf_ok(&b));
}

static void past_the_end_writes_nothing(void **state)
{
    (void)state;
    uint8_t out[4] = {9, 9, 9, 9};
    struct buf b = buf_writer(out, 3);
    buf_put32(&b, 0);
    assert_false(buf_ok(&b));
    buf_put8(&b, 0);
    buf_put(&b, bytes, 1);
    buf_fill(&b, 0, 1);
    assert_memory_equal(out, "\t\t\t\t", 4);
}

static void huge_lengths_do_not_wrap(void **state)
{
    (void)state;
    struct buf b = buf_reader(bytes, sizeof(bytes));
    buf_skip(&b, 1);
    buf_skip(&b, SIZE_MAX);
    assert_false(buf_ok(&b));
    b = buf_reader(bytes, sizeof(bytes));
    buf_skip(&b, 1);
    assert_false(buf_get_zero(&b, SIZE_MAX - 1));
    assert_false(buf_ok(&b));
}

static void zero_test(void **state)
{
    (void)state;
    static const uint8_t zeros[] = {0, 0, 0, 1};
    struct buf b = buf_reader(zeros, sizeof(zeros));
    assert_true(buf_get_zero(&b, 3));
    assert_false(buf_get_zero(&b, 1));
    assert_true(buf_ok(&b));
    assert_false(buf_get_zero(&b, 1)); /* not there is not zero */
    assert_false(buf_ok(&b));
}

static void a_reader_is_not_written(void **state)
{
    (void)state;
    uint8_t data[4] = {1, 2, 3, 4};
    struct buf b = buf_reader(data, sizeof(data));
    buf_put8(&b, 0xff);
    assert_false(buf_ok(&b));
    assert_memory_equal(data, "\1\2\3\4", 4);
}

static void empty_buffers(void **state)
{
    (void)state;
    struct buf b = buf_reader(NULL, 0);
    assert_true(buf_done(&b));
    assert_true(buf_get_zero(&b, 0));
    assert_int_equal(buf_get8(&b), 0);
    assert_false(buf_ok(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_little_endian),
        cmocka_unit_test(writes_little_endian),
        cmocka_unit_test(copies_and_skips),
        cmocka_unit_test(past_the_end_reads_zeros_and_stays_bad),
        cmocka_unit_test(past_the_end_writes_nothing),
        cmocka_unit_test(huge_lengths_do_not_wrap),
        cmocka_unit_test(zero_test),
        cmocka_unit_test(a_reader_is_not_written),
        cmocka_unit_test(empty_buffers),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
