/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/firmware/smbios: lengths, strings and checksums after DMTF DSP0134 2.8.
 *
 *   test_smbios --write FILE   leaves a dump for dmidecode (tests/ovmf/smbios.tap)
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/smbios.h"

static struct smbios *smbios;

static int setup(void **state)
{
    (void)state;
    smbios = calloc(1, sizeof(*smbios));
    return !smbios;
}

static int teardown(void **state)
{
    (void)state;
    free(smbios);
    return 0;
}

static bool build(uint64_t low, uint64_t high, uint8_t sockets)
{
    const struct smbios_config config = {
        low, high, {sockets, 4, 8, 0x00800f11, 0x178bfbff, "AuthenticAMD"}};

    return smbios_build(smbios, &config);
}

static uint64_t get(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = bytes; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

static uint8_t sum_of(const uint8_t *p, size_t len)
{
    uint8_t sum = 0;

    while (len--)
        sum = (uint8_t)(sum + *p++);
    return sum;
}

/* The structure after `p`: after two NULs that follow the formatted area. */
static const uint8_t *next(const uint8_t *p)
{
    p += p[1];
    while (p[0] || p[1])
        p++;
    return p + 2;
}

/* The structure of that handle. */
static const uint8_t *find(uint16_t handle)
{
    for (const uint8_t *p = smbios->tables; p < smbios->tables + smbios->tables_len; p = next(p))
        if (get(p + 2, 2) == handle)
            return p;
    return NULL;
}

static void anchor(void **state)
{
    const uint8_t *p, *a = smbios->anchor, *last = NULL;
    unsigned count = 0;
    uint64_t largest = 0;
    (void)state;
    assert_true(build(0x20000000, 0, 2));
    for (p = smbios->tables; p < smbios->tables + smbios->tables_len; p = next(p)) {
        count++;
        last = p;
        if ((uint64_t)(next(p) - p) > largest)
            largest = (uint64_t)(next(p) - p);
    }
    assert_ptr_equal(p, smbios->tables + smbios->tables_len);
    assert_int_equal(last[0], 127);
    assert_memory_equal(a, "_SM_", 4);
    assert_memory_equal(a + 16, "_DMI_", 5);
    assert_int_equal(a[5], 31);
    assert_int_equal(sum_of(a, 31), 0);
    assert_int_equal(sum_of(a + 16, 15), 0);
    assert_int_equal(get(a + 8, 2), largest);
    assert_int_equal(get(a + 22, 2), smbios->tables_len);
    assert_int_equal(get(a + 28, 2), count);
}

/* Type and length of each, DSP0134 2.8 chapter 7, and the order. */
static void structures(void **state)
{
    static const uint8_t expected[][2] = {{1, 27},  {3, 22},  {4, 42},  {4, 42}, {16, 23},
                                          {17, 40}, {19, 31}, {32, 11}, {127, 4}};
    const uint8_t *p = smbios->tables;
    (void)state;
    assert_true(build(0x20000000, 0, 2));
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++, p = next(p))
        assert_memory_equal(p, expected[i], 2);
    p = find(0x401);
    assert_string_equal((const char *)p + p[1], "CPU 1");
    assert_string_equal((const char *)p + p[1] + 6, "AuthenticAMD");
    assert_int_equal(get(p + 8, 4), 0x00800f11);
    assert_int_equal(p[0x23], 4);
    assert_int_equal(p[0x25], 8);
}

/* Strings have a character at least (DSP0134, 6.1.3). */
static void no_vendor(void **state)
{
    const struct smbios_config config = {0x20000000, 0, {2, 1, 1, 0, 0, ""}};
    const uint8_t *p;
    (void)state;
    assert_true(smbios_build(smbios, &config));
    p = find(0x401);
    assert_non_null(p);
    assert_string_equal((const char *)p + p[1], "CPU 1");
    assert_int_equal(p[7], 0);
    assert_int_equal(next(p)[0], 16);
}

static void memory(void **state)
{
    (void)state;
    assert_true(build(0xc0000000, 0x40000000, 1));
    assert_int_equal(get(find(0x1000) + 7, 4), 4096 * 1024); /* KiB */
    assert_int_equal(get(find(0x1100) + 12, 2), 4096);       /* MiB */
    assert_int_equal(get(find(0x1300) + 15, 8), 0);
    assert_int_equal(get(find(0x1300) + 23, 8), 0xbfffffff);
    assert_int_equal(get(find(0x1301) + 15, 8), 0x100000000);
    assert_int_equal(get(find(0x1301) + 23, 8), 0x13fffffff);
    assert_true(build(0xc0000000, 0x40000000000, 1)); /* 4 TiB: the extended fields */
    assert_int_equal(get(find(0x1000) + 7, 4), 0x80000000);
    assert_int_equal(get(find(0x1000) + 15, 8), 0x400c0000000);
    assert_int_equal(get(find(0x1100) + 12, 2), 0x7fff);
    assert_int_equal(get(find(0x1100) + 28, 4), 0x400c00);
}

static void processors(void **state)
{
    (void)state;
    assert_false(build(0x20000000, 0, 0));
    assert_true(build(0x20000000, 0, 255));
    assert_non_null(find(0x4fe));
}

/* A dump as dmidecode takes it: entry point, then the tables at 20h. */
static int write_dump(const char *path)
{
    enum { ADDRESS = 24, INTERMEDIATE = 16, INTERMEDIATE_CHECKSUM = 21, CHECKSUM = 4, AT = 0x20 };
    FILE *f = fopen(path, "wb");
    uint8_t dump[AT] = {0};

    smbios = calloc(1, sizeof(*smbios));
    if (!f || !smbios || !build(0x20000000, 0x40000000, 2))
        return 1;
    memcpy(dump, smbios->anchor, sizeof(smbios->anchor));
    dump[ADDRESS] = AT;
    dump[INTERMEDIATE_CHECKSUM] = (uint8_t)(dump[INTERMEDIATE_CHECKSUM] - AT);
    if (sum_of(dump + INTERMEDIATE, 15) || sum_of(dump, 31) || fwrite(dump, AT, 1, f) != 1 ||
        fwrite(smbios->tables, smbios->tables_len, 1, f) != 1 || fclose(f))
        return 1;
    free(smbios);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(anchor, setup, teardown),
        cmocka_unit_test_setup_teardown(structures, setup, teardown),
        cmocka_unit_test_setup_teardown(memory, setup, teardown),
        cmocka_unit_test_setup_teardown(no_vendor, setup, teardown),
        cmocka_unit_test_setup_teardown(processors, setup, teardown),
    };

    if (argc == 3 && !strcmp(argv[1], "--write"))
        return write_dump(argv[2]);
    return cmocka_run_group_tests_name("smbios", tests, NULL, NULL);
}
