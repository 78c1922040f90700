/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/firmware/fwcfg: every layout as QEMU's docs/specs/fw_cfg.rst prints it, and
 * a guest that asks for what is not there.
 */
#include "firmware_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t ram[0x4000];
static struct fwcfg *fwcfg;
static const uint8_t kernel[10] = {10, 11, 12, 13, 14, 15, 16, 17, 18, 19};

static bool in_ram(uint64_t gpa, size_t len)
{
    return gpa <= sizeof(ram) && len <= sizeof(ram) - gpa;
}

static int ram_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
    assert_ptr_equal(ctx, ram);
    if (!in_ram(gpa, len))
        return -EFAULT;
    memcpy(buf, ram + gpa, len);
    return 0;
}

static int ram_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
    assert_ptr_equal(ctx, ram);
    if (!in_ram(gpa, len))
        return -EFAULT;
    memcpy(ram + gpa, buf, len);
    return 0;
}

static int setup(void **state)
{
    const struct fwcfg_dma dma = {ram, ram_read, ram_write};
    (void)state;
    memset(ram, 0xee, sizeof(ram));
    fwcfg = fwcfg_new(&dma);
    return !fwcfg || fwcfg_add(fwcfg, FW_CFG_KERNEL_DATA, kernel, sizeof(kernel));
}

static int teardown(void **state)
{
    (void)state;
    fwcfg_free(fwcfg);
    return 0;
}

static uint32_t swap(uint32_t v)
{
    return v >> 24 | (v >> 8 & 0xff00) | (v & 0xff00) << 8 | v << 24;
}

/* Starts a transfer with a descriptor at `at`; returns the control field afterwards. */
static uint32_t transfer(uint64_t at, uint32_t control, uint32_t len, uint64_t gpa)
{
    uint32_t fields[4] = {swap(control), swap(len), swap((uint32_t)(gpa >> 32)),
                          swap((uint32_t)gpa)};
    if (in_ram(at, sizeof(fields)))
        memcpy(ram + at, fields, sizeof(fields));
    fwcfg_write(fwcfg, 4, swap((uint32_t)(at >> 32)), 4);
    fwcfg_write(fwcfg, 8, swap((uint32_t)at), 4);
    if (!in_ram(at, sizeof(fields)))
        return UINT32_MAX;
    memcpy(fields, ram + at, 4);
    return swap(fields[0]);
}

static void signature_and_id(void **state)
{
    (void)state;
    choose(fwcfg, FW_CFG_SIGNATURE);
    gives(fwcfg, "QEMU\0\0", 6);
    choose(fwcfg, FW_CFG_ID);
    gives(fwcfg, "\3\0\0\0\0", 5); /* traditional interface, DMA */
}

static void data_port(void **state)
{
    (void)state;
    choose(fwcfg, FW_CFG_KERNEL_DATA);
    gives(fwcfg, kernel, sizeof(kernel));
    gives(fwcfg, "\0\0\0", 3);
    choose(fwcfg, FW_CFG_KERNEL_DATA); /* from the beginning again */
    gives(fwcfg, kernel, 2);
    choose(fwcfg, FW_CFG_KERNEL_DATA | 0x4000); /* write mode selects the same item */
    fwcfg_write(fwcfg, 1, 0x55, 1);             /* ... which takes no write */
    gives(fwcfg, kernel, sizeof(kernel));
}

/* In one go what single reads give, the zeros after the end too. */
static void block(void **state)
{
    uint8_t got[sizeof(kernel) + 5], want[sizeof(got)] = {0};

    (void)state;
    memcpy(want, kernel, sizeof(kernel));
    choose(fwcfg, FW_CFG_KERNEL_DATA);
    gives(fwcfg, kernel, 2);
    fwcfg_read_block(fwcfg, got, 3);
    assert_memory_equal(got, kernel + 2, 3);
    gives(fwcfg, kernel + 5, 1);
    choose(fwcfg, FW_CFG_KERNEL_DATA);
    memset(got, 0x55, sizeof(got));
    fwcfg_read_block(fwcfg, got, sizeof(got));
    assert_memory_equal(got, want, sizeof(want));
    fwcfg_read_block(fwcfg, got, 1);
    assert_int_equal(got[0], 0);
    choose(fwcfg, 0x7777); /* no item */
    got[0] = 0x55;
    fwcfg_read_block(fwcfg, got, 1);
    assert_int_equal(got[0], 0);
}

static void wide_data_port(void **state)
{
    (void)state;
    choose(fwcfg, FW_CFG_KERNEL_DATA);
    assert_int_equal(fwcfg_read(fwcfg, 1, 4), 0x0d0c0b0a);
    assert_int_equal(fwcfg_read(fwcfg, 1, 2), 0x0f0e);
    assert_int_equal(fwcfg_read(fwcfg, 1, 1), 0x10);
    assert_int_equal(fwcfg_read(fwcfg, 1, 4), 0x00131211);
    assert_int_equal(fwcfg_read(fwcfg, 1, 4), 0);
}

static void numbers(void **state)
{
    (void)state;
    assert_int_equal(fwcfg_add_u16(fwcfg, FW_CFG_NB_CPUS, 0x1234), 0);
    assert_int_equal(fwcfg_add_u32(fwcfg, FW_CFG_KERNEL_SIZE, 0x12345678), 0);
    choose(fwcfg, FW_CFG_NB_CPUS);
    gives(fwcfg, "\x34\x12\0", 3);
    choose(fwcfg, FW_CFG_KERNEL_SIZE);
    gives(fwcfg, "\x78\x56\x34\x12\0", 5);
    assert_int_equal(fwcfg_add_u32(fwcfg, FW_CFG_KERNEL_SIZE, 0), -EEXIST);
    choose(fwcfg, FW_CFG_KERNEL_SIZE);
    gives(fwcfg, "\x78\x56\x34\x12\0", 5);
    assert_int_equal(fwcfg_add_u32(fwcfg, FW_CFG_FILE_FIRST, 0), -EINVAL);
    assert_int_equal(fwcfg_add_u32(fwcfg, FW_CFG_ID, 0), -EEXIST);
    assert_int_equal(fwcfg_add(fwcfg, FW_CFG_FILE_DIR, kernel, 1), -EEXIST);
    assert_int_equal(fwcfg_add(fwcfg, FW_CFG_FILE_FIRST, kernel, 1), -EINVAL);
}

static void directory(void **state)
{
    static const uint8_t empty[5];
    uint8_t expect[4 + 2 * 64] = {0, 0, 0, 2, 0, 0, 0, 10, 0, 0x20};
    (void)state;
    choose(fwcfg, FW_CFG_FILE_DIR);
    gives(fwcfg, empty, sizeof(empty));
    assert_int_equal(fwcfg_add_file(fwcfg, "etc/e820", kernel, sizeof(kernel)), 0);
    assert_int_equal(fwcfg_add_file(fwcfg, "bootorder", kernel, 3), 0);
    memcpy(expect + 4 + 8, "etc/e820", 8);
    expect[4 + 64 + 3] = 3;
    expect[4 + 64 + 5] = 0x21;
    memcpy(expect + 4 + 64 + 8, "bootorder", 9);
    choose(fwcfg, FW_CFG_FILE_DIR);
    gives(fwcfg, expect, sizeof(expect));
    gives(fwcfg, empty, sizeof(empty));
    choose(fwcfg, 0x20);
    gives(fwcfg, kernel, sizeof(kernel));
    choose(fwcfg, 0x21);
    gives(fwcfg, kernel, 3);
    gives(fwcfg, empty, sizeof(empty));
}

static void files_refused(void **state)
{
    char name[64];
    (void)state;
    memset(name, 'n', sizeof(name));
    name[56] = 0;
    assert_int_equal(fwcfg_add_file(fwcfg, name, kernel, 1), -EINVAL);
    assert_int_equal(fwcfg_add_file(fwcfg, "", kernel, 1), -EINVAL);
    name[55] = 0;
    assert_int_equal(fwcfg_add_file(fwcfg, name, kernel, 1), 0);
    assert_int_equal(fwcfg_add_file(fwcfg, name, kernel, 1), -EEXIST);
    for (unsigned i = 1; i < FWCFG_FILES_MAX; i++) {
        snprintf(name, sizeof(name), "file%u", i);
        assert_int_equal(fwcfg_add_file(fwcfg, name, NULL, 0), 0);
    }
    assert_int_equal(fwcfg_add_file(fwcfg, "one more", kernel, 1), -ENOSPC);
    choose(fwcfg, FW_CFG_FILE_DIR);
    gives(fwcfg, "\0\0\0\x20", 4);
}

static void nothing_there(void **state)
{
    static const uint16_t keys[] = {0x02, 0x1f, 0x20, 0x3f, 0x40, 0x3fff, 0x8000, 0xffff};
    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        choose(fwcfg, keys[i]);
        gives(fwcfg, "\0\0", 2);
        assert_int_equal(fwcfg_read(fwcfg, 1, 4), 0);
    }
    assert_int_equal(fwcfg_read(fwcfg, 0, 2), UINT32_MAX); /* the selector is write-only */
    assert_int_equal(fwcfg_read(fwcfg, 2, 1), UINT32_MAX);
    assert_int_equal(fwcfg_read(fwcfg, 10, 4), UINT32_MAX);
    choose(fwcfg, FW_CFG_KERNEL_DATA);
    gives(fwcfg, kernel, 1);
    for (unsigned offset = 0; offset < FWCFG_PORTS; offset++)
        fwcfg_write(fwcfg, offset, 0, 1); /* only whole registers take a write */
    gives(fwcfg, kernel + 1, 1);
}

static void dma_signature(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(fwcfg_read(fwcfg, 4 + i, 1), "QEMU CFG"[i]);
    assert_int_equal(fwcfg_read(fwcfg, 4, 4), 0x554d4551);
    assert_int_equal(fwcfg_read(fwcfg, 10, 2), 0x4746);
}

static void dma_reads(void **state)
{
    (void)state;
    /* select and read; four bytes more than there are */
    assert_int_equal(transfer(0x100, 0x11 << 16 | 8 | 2, 14, 0x1001), 0);
    assert_memory_equal(ram + 0x1001, kernel, 10);
    assert_memory_equal(ram + 0x1001 + 10, "\0\0\0\0\xee", 5);
    assert_int_equal(ram[0x1000], 0xee);
    /* select, skip, then read on without a selection */
    assert_int_equal(transfer(0x100, 0x11 << 16 | 8 | 4, 4, UINT64_MAX), 0);
    assert_int_equal(transfer(0x100, 2, 3, 0x2000), 0);
    assert_memory_equal(ram + 0x2000, "\x0e\x0f\x10\xee", 4);
    /* the data port goes on where DMA stopped */
    gives(fwcfg, kernel + 7, 3);
    /* read goes before write and skip, as in QEMU */
    assert_int_equal(transfer(0x100, 0x11 << 16 | 8 | 2 | 4 | 16, 1, 0x2000), 0);
    assert_memory_equal(ram + 0x2000, "\x0a", 1);
    gives(fwcfg, kernel + 1, 9);
    /* nothing to do is no error */
    assert_int_equal(transfer(0x100, 0, 1, 0x2000), 0);
    assert_int_equal(transfer(0x100, 0x8000u << 16 | 8 | 2, 2, 0x2000), 0);
    assert_memory_equal(ram + 0x2000, "\0\0", 2);
}

static void dma_refused(void **state)
{
    static uint8_t before[sizeof(ram)];
    (void)state;
    assert_int_equal(transfer(0x100, 0x11 << 16 | 8 | 16, 4, 0x1000), 1); /* write */
    assert_int_equal(transfer(0x100, 0x11 << 16 | 8 | 2, 4, 0x3ffd), 1);
    assert_int_equal(transfer(0x100, 0x11 << 16 | 8 | 2, 4, UINT64_MAX - 1), 1);
    assert_int_equal(transfer(0x100, 0x11 << 16 | 8 | 2, UINT32_MAX, 0x3000), 1);
    assert_int_equal(transfer(0x100, 0x3f << 16 | 8 | 2, UINT32_MAX, UINT64_C(1) << 40), 1);
    memcpy(before, ram, sizeof(ram));
    transfer(0x3ff1, 0x11 << 16 | 8 | 2, 4, 0x1000); /* descriptor outside RAM */
    transfer(UINT64_MAX, 0x11 << 16 | 8 | 2, 4, 0x1000);
    assert_memory_equal(before, ram, sizeof(ram));
    /* the upper half of the address is used once */
    fwcfg_write(fwcfg, 4, swap(1), 4);
    fwcfg_write(fwcfg, 8, swap(0x100), 4);
    assert_int_equal(transfer(0x100, 0x11 << 16 | 8 | 2, 10, 0x1000), 0);
    assert_memory_equal(ram + 0x1000, kernel, 10);
}

static void restored_state(void **state)
{
    (void)state;
    *fwcfg_state(fwcfg) = (struct fwcfg_state){UINT64_MAX, UINT32_MAX, 0xffff};
    gives(fwcfg, "\0\0\0", 3);
    *fwcfg_state(fwcfg) = (struct fwcfg_state){0, UINT32_MAX, FW_CFG_KERNEL_DATA};
    gives(fwcfg, "\0\0\0", 3);
    *fwcfg_state(fwcfg) = (struct fwcfg_state){0, 9, FW_CFG_KERNEL_DATA};
    gives(fwcfg, "\x13\0\0", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signature_and_id, setup, teardown),
        cmocka_unit_test_setup_teardown(data_port, setup, teardown),
        cmocka_unit_test_setup_teardown(block, setup, teardown),
        cmocka_unit_test_setup_teardown(wide_data_port, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(directory, setup, teardown),
        cmocka_unit_test_setup_teardown(files_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_there, setup, teardown),
        cmocka_unit_test_setup_teardown(dma_signature, setup, teardown),
        cmocka_unit_test_setup_teardown(dma_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(dma_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(restored_state, setup, teardown),
    };

    return cmocka_run_group_tests_name("fwcfg", tests, NULL, NULL);
}
