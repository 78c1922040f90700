/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/firmware/pflash: the steps of EDK2's QemuFlash.c, command by command, and a
 * guest that does something else.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "firmware/pflash.h"

#define SIZE 0x3000u

static char path[] = "/tmp/test_pflash.XXXXXX";
static uint8_t image[SIZE];
static struct pflash *flash;

static void write_file(size_t len)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    for (size_t done = 0; done < len; done += SIZE)
        assert_int_equal(fwrite(image, 1, len - done < SIZE ? len - done : SIZE, f),
                         len - done < SIZE ? len - done : SIZE);
    assert_int_equal(fclose(f), 0);
}

/* The file is `image`. */
static void file_is_image(void)
{
    uint8_t data[SIZE + 1];
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    assert_int_equal(fread(data, 1, sizeof(data), f), SIZE);
    fclose(f);
    assert_memory_equal(data, image, SIZE);
}

static int group_setup(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    return fd < 0 || close(fd);
}

static int group_teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static int setup(void **state)
{
    char error[300];
    (void)state;
    for (size_t i = 0; i < SIZE; i++)
        image[i] = (uint8_t)(i * 5 + i / 256 + 1);
    write_file(SIZE);
    flash = pflash_new(path, error, sizeof(error));
    return !flash;
}

static int teardown(void **state)
{
    (void)state;
    pflash_free(flash);
    return 0;
}

static void put(uint32_t offset, uint8_t value)
{
    pflash_write(flash, offset, value, 1);
}

static uint8_t get(uint32_t offset)
{
    return (uint8_t)pflash_read(flash, offset, 1);
}

static void memory_is_image(void)
{
    for (uint32_t i = 0; i < SIZE; i++)
        assert_int_equal(get(i), image[i]);
}

static void reads_as_memory(void **state)
{
    (void)state;
    assert_int_equal(pflash_size(flash), SIZE);
    memory_is_image();
    for (unsigned len = 1; len <= 8; len++) {
        uint64_t expect = 0;
        memcpy(&expect, image + 0x123, len);
        assert_int_equal(pflash_read(flash, 0x123, len), expect);
    }
    assert_int_equal(pflash_read(flash, SIZE - 1, 2), 0xff00u | image[SIZE - 1]);
    assert_int_equal(pflash_read(flash, UINT32_MAX, 1), 0xff);
    assert_int_equal(pflash_read(flash, UINT32_MAX, 2), 0xffff); /* not the first byte again */
}

/* QemuFlashDetected() */
static void is_detected(void **state)
{
    (void)state;
    put(2, 0x50);
    assert_int_equal(get(2), image[2]);
    put(2, 0x70);
    assert_int_equal(get(2), 0);
    put(2, 0xff);
    memory_is_image();
    file_is_image();
}

/* QemuFlashWrite() */
static void programs(void **state)
{
    (void)state;
    for (uint32_t i = 0x1ffe; i < 0x2002; i++) {
        put(i, 0x10);
        put(i, (uint8_t)(0xa0 + i));
        image[i] = (uint8_t)(0xa0 + i);
    }
    put(0x2001, 0xff);
    memory_is_image();
    file_is_image();
    put(0, 0x40);
    put(0, 0x10); /* data, not a command */
    image[0] = 0x10;
    assert_int_equal(get(0), 0x80);
    put(0, 0xff);
    memory_is_image();
    file_is_image();
}

/* QemuFlashEraseBlock() */
static void erases(void **state)
{
    (void)state;
    put(0x1000, 0x20);
    put(0x1000, 0xd0);
    memset(image + 0x1000, 0xff, 0x1000);
    assert_int_equal(get(0x1000), 0x80);
    put(0x2fff, 0x20);
    put(0x2fff, 0xd0); /* anywhere in the block */
    memset(image + 0x2000, 0xff, 0x1000);
    put(0, 0xff);
    memory_is_image();
    file_is_image();
}

static void wrong_sequences(void **state)
{
    (void)state;
    put(0, 0x20);
    put(0, 0x10); /* not confirmed */
    put(0, 0x70);
    assert_int_equal(get(0), 0xb0);
    put(0, 0x50);
    put(0, 0x70);
    assert_int_equal(get(0), 0);
    put(0, 0xff);
    for (unsigned command = 0; command < 256; command++)
        if (command != 0x10 && command != 0x40 && command != 0x20)
            put(command, (uint8_t)command);
    put(0, 0xff);
    put(SIZE, 0x10);
    put(SIZE, 0x33); /* past the end */
    put(SIZE, 0x20);
    put(SIZE, 0xd0);
    put(UINT32_MAX, 0x10);
    put(UINT32_MAX, 0x33);
    put(0, 0xff);
    memory_is_image();
    file_is_image();
    assert_int_equal(pflash_trouble(flash), 0);
}

static void identifies(void **state)
{
    (void)state;
    put(0, 0x90);
    assert_int_equal(get(0), 0x89);
    assert_int_equal(get(1), 0x18);
    put(0, 0xff);
    memory_is_image();
}

static void wide_data(void **state)
{
    (void)state;
    put(SIZE - 4, 0x10);
    pflash_write(flash, SIZE - 4, UINT64_C(0x8877665544332211), 8); /* half of it is past the end */
    memcpy(image + SIZE - 4, "\x11\x22\x33\x44", 4);
    put(0, 0xff);
    memory_is_image();
    file_is_image();
}

static void reset_and_restore(void **state)
{
    (void)state;
    put(0, 0x10);
    pflash_reset(flash);
    put(0, 0xff);
    memory_is_image();
    for (unsigned command = 0; command < 256; command++) { /* data for no command: a command */
        if (command == 0x10 || command == 0x20 || command == 0x40)
            continue;
        *pflash_state(flash) = (struct pflash_state){(uint8_t)command, 0xff, 0xff};
        put(5, 0x99);
        memory_is_image();
    }
    *pflash_state(flash) = (struct pflash_state){0x40, 0xff, 0xff};
    put(5, 0x99);
    image[5] = 0x99;
    pflash_reset(flash);
    memory_is_image();
    memset(image, 0x42, SIZE);
    memcpy(pflash_contents(flash), image, SIZE);
    pflash_replaced(flash);
    file_is_image();
}

static void refused(const char *file, const char *why)
{
    char error[400] = "", expect[400];

    assert_null(pflash_new(file, error, sizeof(error)));
    snprintf(expect, sizeof(expect), "vars: '%s' cannot be used (%s)", file, why);
    assert_string_equal(error, expect);
}

static void wrong_files(void **state)
{
    (void)state;
    refused(path, "another machine uses it");
    pflash_free(flash);
    flash = NULL;
    write_file(0);
    refused(path, "its size is no multiple of 4096 up to 4 MiB");
    write_file(SIZE - 1);
    refused(path, "its size is no multiple of 4096 up to 4 MiB");
    write_file(PFLASH_MAX + PFLASH_BLOCK);
    refused(path, "its size is no multiple of 4096 up to 4 MiB");
    refused("/nowhere/vars", "No such file or directory");
    refused("/dev/null", "not a regular file");
    refused("/tmp", "Is a directory");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reads_as_memory), TEST(is_detected),       TEST(programs),
        TEST(erases),          TEST(wrong_sequences),   TEST(identifies),
        TEST(wide_data),       TEST(reset_and_restore), TEST(wrong_files),
    };

    return cmocka_run_group_tests_name("pflash", tests, group_setup, group_teardown);
}
