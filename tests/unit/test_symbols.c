/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/observe/symbols: lines as Linux prints them, ELF files as the system's compiler makes
 * them (this program itself), and files that are damaged.
 */
#include "unit.h"

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/symbols.h"

static char path[64];

static void make(const void *data, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static struct symbols *load(const char *text)
{
    char error[300];

    make(text, strlen(text));
    return symbols_load(path, error, sizeof(error));
}

static void named(const struct symbols *s, uint64_t address, const char *want)
{
    char text[SYMBOLS_TEXT];

    assert_string_equal(symbols_text(s, address, text), want);
}

/* Lines of Debian's kernel 6.1, and one of a module. */
static void kallsyms(void **state)
{
    struct symbols *s = load("0000000000000000 A fixed_percpu_data\n"
                             "ffffffff82e2f000 T start_kernel\n"
                             "ffffffff81000000 T _text\nffffffff81000000 T startup_64\n"
                             "ffffffff81a3b2c0 t memcpy_orig\r\n"
                             "ffffffffc0002000 t init\t[dmi_sysfs]\n\nno line\n");
    uint64_t address = 0;

    (void)state;
    assert_non_null(s);
    assert_int_equal(symbols_count(s), 5);
    named(s, 0xffffffff82e2f012, " <start_kernel+0x12>");
    named(s, 0xffffffff81000000, " <_text+0>");
    named(s, 0xffffffff81a3b2c0, " <memcpy_orig+0>");
    named(s, 0xffffffffc0002001, " <init+0x1>");
    named(s, 0xffffffff80ffffff, "");
    named(s, 0xffffffff84000000, ""); /* too far */
    named(NULL, 0xffffffff81000000, "");
    assert_true(symbols_address(s, "memcpy_orig", &address) && address == 0xffffffff81a3b2c0);
    assert_false(symbols_address(s, "memcpy", &address));
    symbols_free(s);
}

static void refused(const char *text, const char *words)
{
    char error[300];

    make(text, strlen(text));
    assert_null(symbols_load(path, error, sizeof(error)));
    assert_non_null(strstr(error, words));
}

static void without_symbols(void **state)
{
    char error[300];

    (void)state;
    refused("", "has no symbols");
    refused("0000000000000000 T start_kernel\n", "has no symbols"); /* read without root */
    refused("ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n" +
                17,
            "has no symbols");
    refused("\x7f"
            "ELF",
            "has no symbols");
    unlink(path);
    assert_null(symbols_load(path, error, sizeof(error)));
    assert_non_null(strstr(error, "No such file"));
}

/* --- ELF --- */

static uint8_t *whole;
static size_t whole_len;

static int read_self(void **state)
{
    FILE *file = fopen("/proc/self/exe", "rb");

    (void)state;
    if (!file || fseek(file, 0, SEEK_END))
        return -1;
    whole_len = (size_t)ftell(file);
    rewind(file);
    whole = malloc(whole_len);
    return whole && fread(whole, 1, whole_len, file) == whole_len && !fclose(file) ? 0 : -1;
}

static int free_self(void **state)
{
    (void)state;
    free(whole);
    return unlink(path) * 0;
}

/* Functions are as far from each other as they are in this process. */
static void this_program(void **state)
{
    uint64_t one, two;
    char error[300];
    struct symbols *s = symbols_load("/proc/self/exe", error, sizeof(error));

    (void)state;
    if (!s)
        skip(); /* stripped */
    assert_true(symbols_address(s, "this_program", &one) && symbols_address(s, "kallsyms", &two));
    assert_int_equal(one - two, (uint64_t)this_program - (uint64_t)kallsyms);
    named(s, one + 1, " <this_program+0x1>");
    symbols_free(s);
}

static void damaged(void **state)
{
    uint8_t *copy = malloc(whole_len);
    char error[300];
    Elf64_Ehdr header;

    (void)state;
    assert_non_null(copy);
    memcpy(&header, whole, sizeof(header));
    for (unsigned i = 0; i < 600; i++) {
        const size_t at =
            i < 200 ? i % sizeof(header)
                    : (size_t)header.e_shoff + (i * 37) % (header.e_shnum * sizeof(Elf64_Shdr));
        memcpy(copy, whole, whole_len);
        copy[at] = (uint8_t)(copy[at] + 1 + i * 101);
        make(copy, whole_len - (i % 3 ? 0 : i * 50 % whole_len));
        symbols_free(symbols_load(path, error, sizeof(error)));
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kallsyms),
        cmocka_unit_test(without_symbols),
        cmocka_unit_test(this_program),
        cmocka_unit_test(damaged),
    };

    snprintf(path, sizeof(path), "/tmp/test_symbols.%ld", (long)getpid());
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, read_self, free_self);
}
