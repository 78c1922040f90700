/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/firmware/kernel_boot and bzimage: headers made field by field from Linux
 * Documentation/arch/x86/boot.rst, the items that come of them, and one sentence for each file that
 * cannot be booted.
 */
#include "firmware_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "firmware/bzimage.h"
#include "firmware/kernel_boot.h"
#include "vectors.h"

#define MIB        0x100000u
#define IMAGE_SIZE 0x3000u

static char dir[] = "/tmp/test_kernel_boot.XXXXXX";
static uint8_t image[IMAGE_SIZE];
static char kernel_path[64], initrd_path[64];
static struct kernel_boot_config config;
static struct fwcfg *fwcfg;

static void put(size_t offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        image[offset + i] = (uint8_t)(value >> 8 * i);
}

/* Protocol 2.15 as a distribution's kernel has it: 1 + 3 sectors of setup, 16 MiB, 48 MiB. */
static void make_header(void)
{
    for (size_t i = 0; i < sizeof(image); i++)
        image[i] = (uint8_t)(i * 7 + i / 256);
    put(0x1f1, 1, 3);
    put(0x1f4, 4, (IMAGE_SIZE - 5 * 512) / 16);
    put(0x1fe, 2, 0xaa55);
    memcpy(image + 0x202, "HdrS", 4);
    put(0x206, 2, 0x020f);
    put(0x211, 1, 1);
    put(0x22c, 4, 0x7fffffff);
    put(0x238, 4, 2047);
    put(0x258, 8, 16 * MIB);
    put(0x260, 4, 48 * MIB);
}

static void write_file(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static int group_setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return 1;
    snprintf(kernel_path, sizeof(kernel_path), "%s/kernel", dir);
    snprintf(initrd_path, sizeof(initrd_path), "%s/initrd", dir);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    return unlink(kernel_path) || unlink(initrd_path) || rmdir(dir);
}

static int setup(void **state)
{
    (void)state;
    make_header();
    write_file(kernel_path, image, sizeof(image));
    write_file(initrd_path, "initial RAM disk", 16);
    config = (struct kernel_boot_config){kernel_path, initrd_path, "quiet", 256 * MIB, 255 * MIB};
    fwcfg = fwcfg_without_memory();
    return !fwcfg;
}

static int teardown(void **state)
{
    (void)state;
    fwcfg_free(fwcfg);
    return 0;
}

static void has(uint16_t key, const void *data, size_t len)
{
    choose(fwcfg, key);
    gives(fwcfg, data, len);
}

/* QEMU hw/i386/x86-common.c x86_load_linux() adds each number with fw_cfg_add_i32(). */
static void has_number(uint16_t key, uint32_t value)
{
    assert_int_equal(item_width(fwcfg, key), 4);
    choose(fwcfg, key);
    assert_int_equal(fwcfg_read(fwcfg, 1, 4), value);
}

static void refused(const char *sentence)
{
    char error[400], expect[400];
    const char *at = strchr(sentence, '@');
    int before = at ? (int)(at - sentence) : (int)strlen(sentence);

    snprintf(expect, sizeof(expect), "%.*s%s%s", before, sentence, at ? dir : "", at ? at + 1 : "");
    assert_null(kernel_boot_new(&config, fwcfg, error, sizeof(error)));
    assert_string_equal(error, expect);
}

static void items(void **state)
{
    char error[400];
    struct kernel_boot *d = kernel_boot_new(&config, fwcfg, error, sizeof(error));
    (void)state;
    assert_non_null(d);
    has_number(0x17, 4 * 512);
    has(0x18, image, 4 * 512); /* as in the file */
    has_number(0x08, IMAGE_SIZE - 4 * 512);
    has(0x11, image + 4 * 512, IMAGE_SIZE - 4 * 512);
    has_number(0x07, 0x100000);
    has_number(0x0b, 16);
    has(0x12, "initial RAM disk", 16);
    has_number(0x0a, 255 * MIB - 0x1000); /* the last page below the firmware's */
    has_number(0x14, 6);
    has(0x15, "quiet", 6);
    kernel_boot_free(d);
}

static void without_initrd(void **state)
{
    char error[400];
    struct kernel_boot *d;
    (void)state;
    config.initrd = "";
    config.append = "";
    d = kernel_boot_new(&config, fwcfg, error, sizeof(error));
    assert_non_null(d);
    has_number(0x0b, 0);
    has_number(0x0a, 0);
    has_number(0x14, 1);
    has(0x15, "", 1);
    kernel_boot_free(d);
}

static void wrong_files(void **state)
{
    (void)state;
    write_file(kernel_path, "#!/bin/sh\n", 10);
    refused("kernel: '@/kernel' is not a Linux kernel (bzImage)");
    unlink(kernel_path);
    refused("kernel: '@/kernel' cannot be read (No such file or directory)");
    write_file(kernel_path, image, sizeof(image));
    unlink(initrd_path);
    refused("initrd: '@/initrd' cannot be read (No such file or directory)");
    write_file(initrd_path, "", 0);
    config.kernel = dir;
    refused("kernel: '@' is not a regular file");
}

static void too_large(void **state)
{
    static char append[2100];
    (void)state;
    config.ram_size = 65 * MIB;
    config.ram_end = 64 * MIB - 1;
    refused("kernel: '@/kernel' needs 66 MiB of memory, the machine has 65");
    config.ram_end = 64 * MIB;
    refused("initrd: '@/initrd' (1 MiB) is too large for 65 MiB of memory with this kernel");
    config.ram_end = 255 * MIB;
    memset(append, 'a', 2048);
    config.append = append;
    refused("append: the kernel takes a command line of 2047 characters, not 2048");
}

static void headers(void **state)
{
    static const struct {
        size_t offset;
        unsigned size;
        uint64_t value;
        const char *wrong;
    } cases[] = {
        {0x1fe, 2, 0xaa54, "is not a Linux kernel (bzImage)"},
        {0x202, 4, 0, "is not a Linux kernel (bzImage)"},
        {0x206, 2, 0x0205, "is a kernel older than boot protocol 2.06"},
        {0x211, 1, 0x80, "is a zImage, not a bzImage"},
        {0x1f1, 1, 23, "is a truncated or damaged kernel"}, /* setup = the whole file */
        {0x1f1, 1, 255, "is a truncated or damaged kernel"},
        {0x1f4, 4, 0x100000, "is a truncated or damaged kernel"}, /* without its end */
        {0x1f4, 4, UINT32_MAX, "is a truncated or damaged kernel"},
    };
    struct bzimage got = {.setup_size = 77};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_header();
        put(cases[i].offset, cases[i].size, cases[i].value);
        assert_string_equal(bzimage_parse(&got, image, IMAGE_SIZE, IMAGE_SIZE), cases[i].wrong);
        assert_int_equal(got.setup_size, 77);
    }
    make_header();
    for (size_t len = 0; len < 0x264; len++)
        assert_non_null(bzimage_parse(&got, image, len, len));
    assert_non_null(bzimage_parse(&got, image, IMAGE_SIZE, UINT64_C(1) << 33));
    put(0x1f1, 1, 255);
    assert_non_null(bzimage_parse(&got, image, IMAGE_SIZE, UINT32_MAX)); /* setup over 32 KiB */
    make_header();
    put(0x1f1, 1, 0); /* means 4 */
    assert_null(bzimage_parse(&got, image, IMAGE_SIZE, IMAGE_SIZE));
    assert_int_equal(got.setup_size, 5 * 512);
    assert_int_equal(got.kernel_end, 64 * MIB);
    put(0x206, 2, 0x0209); /* has no pref_address yet */
    assert_null(bzimage_parse(&got, image, IMAGE_SIZE, IMAGE_SIZE));
    assert_int_equal(got.kernel_end, MIB + IMAGE_SIZE - 5 * 512);
    put(0x206, 2, 0x020f);
    put(0x258, 8, UINT64_MAX); /* overflows nothing */
    assert_null(bzimage_parse(&got, image, IMAGE_SIZE, IMAGE_SIZE));
    assert_int_equal(got.kernel_end, MIB + IMAGE_SIZE - 5 * 512);
}

static void places(void **state)
{
    struct bzimage k = {.initrd_addr_max = 0x37ffffff, .kernel_end = 0x4000000};
    (void)state;
    assert_int_equal(bzimage_place_initrd(&k, 0x1001, 0x10000000), 0x0fffe000);
    assert_int_equal(bzimage_place_initrd(&k, 0x1000, 0xbff00000), 0x37fff000);
    assert_int_equal(bzimage_place_initrd(&k, 0x34000000, 0xbff00000), 0x4000000);
    assert_int_equal(bzimage_place_initrd(&k, 0x34000001, 0xbff00000), 0);
    assert_int_equal(bzimage_place_initrd(&k, UINT64_MAX, 0xbff00000), 0);
    assert_int_equal(bzimage_place_initrd(&k, 1, 0x4000000), 0);
    k.initrd_addr_max = UINT32_MAX;
    assert_int_equal(bzimage_place_initrd(&k, 1, UINT64_C(1) << 32), 0xfffff000);
}

/* tests/vectors/ovmf.py computes them for the same files with Python's hashlib. */
static void hashes_are(const char *name)
{
    uint8_t expect[KERNEL_HASHES_SIZE], got[KERNEL_HASHES_SIZE];
    char error[400];
    struct kernel_boot *d = kernel_boot_new(&config, fwcfg, error, sizeof(error));

    assert_non_null(d);
    vector_exact("ovmf.txt", name, expect, sizeof(expect));
    memset(got, 0xee, sizeof(got));
    kernel_boot_hashes(d, got);
    assert_memory_equal(got, expect, sizeof(expect));
    kernel_boot_free(d);
}

static void hashes(void **state)
{
    (void)state;
    hashes_are("hashes");
}

static void hashes_of_a_kernel_alone(void **state)
{
    (void)state;
    config.initrd = "";
    config.append = "";
    hashes_are("hashes_kernel_only");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(items, setup, teardown),
        cmocka_unit_test_setup_teardown(without_initrd, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_files, setup, teardown),
        cmocka_unit_test_setup_teardown(too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(headers, setup, teardown),
        cmocka_unit_test_setup_teardown(places, setup, teardown),
        cmocka_unit_test_setup_teardown(hashes, setup, teardown),
        cmocka_unit_test_setup_teardown(hashes_of_a_kernel_alone, setup, teardown),
    };

    return cmocka_run_group_tests_name("kernel_boot", tests, group_setup, group_teardown);
}
