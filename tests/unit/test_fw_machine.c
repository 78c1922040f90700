/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/firmware/fw_machine: the items that describe the machine, byte by byte as QEMU
 * lays them out and OVMF reads them.
 */
#include "firmware_reader.h"

#include <stdlib.h>
#include <string.h>

#include "firmware/fw_machine.h"
#include "pc_memory.h"

#define MIB 0x100000u
#define GIB 0x40000000ull

static struct fwcfg *fwcfg;
static struct fw_machine *machine;
static struct memmap memory;

static int setup(void **state)
{
    (void)state;
    machine = NULL;
    memory = pc_memory(512 * MIB);
    fwcfg = fwcfg_without_memory();
    return !fwcfg;
}

static int teardown(void **state)
{
    (void)state;
    fw_machine_free(machine);
    fwcfg_free(fwcfg);
    return 0;
}

static void make(uint64_t ram_size, uint16_t cpus)
{
    const struct fw_machine_config config = {.memmap = &memory, .cpus = cpus};

    memory = pc_memory(ram_size);
    machine = fw_machine_new(&config, fwcfg);
    assert_non_null(machine);
}

/* Selects a file through the directory; its size, 0 if there is none of that name. */
static uint32_t open_file(const char *name)
{
    uint32_t count;

    choose(fwcfg, 0x19);
    count = get_be(fwcfg, 4);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = get_be(fwcfg, 4), key = get_be(fwcfg, 2);
        char found[56];

        get_be(fwcfg, 2);
        for (size_t n = 0; n < sizeof(found); n++)
            found[n] = (char)get(fwcfg, 1);
        if (!strcmp(found, name)) {
            choose(fwcfg, key);
            return size;
        }
    }
    return 0;
}

static void e820_is(uint64_t address, uint64_t length)
{
    assert_int_equal(get(fwcfg, 8), address);
    assert_int_equal(get(fwcfg, 8), length);
    assert_int_equal(get(fwcfg, 4), 1);
}

static void counts(void **state)
{
    (void)state;
    make(512 * MIB, 4);
    choose(fwcfg, 0x05);
    assert_int_equal(get(fwcfg, 2), 4);
    choose(fwcfg, 0x0f);
    assert_int_equal(get(fwcfg, 2), 4);
}

/* Widths of QEMU: hw/i386/fw_cfg.c fw_cfg_arch_create(), fw_cfg_add_i16() or fw_cfg_add_i64() of each
 * key; hw/nvram/fw_cfg.c fw_cfg_common_realize() for FW_CFG_ID. */
static void widths(void **state)
{
    static const struct {
        uint16_t key;
        unsigned width;
    } items[] = {{FW_CFG_ID, 4}, {FW_CFG_RAM_SIZE, 8}, {FW_CFG_NB_CPUS, 2}, {FW_CFG_MAX_CPUS, 2}};

    (void)state;
    make(512 * MIB, 1);
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
        assert_int_equal(item_width(fwcfg, items[i].key), items[i].width);
}

static void ram_size_is(uint64_t ram_size, uint64_t expect)
{
    make(ram_size, 1);
    choose(fwcfg, FW_CFG_RAM_SIZE);
    assert_int_equal(get(fwcfg, 8), expect);
}

static void ram_size(void **state)
{
    (void)state;
    ram_size_is(512 * MIB, 512 * MIB);
}

/* What is in the PCI hole does not count: low RAM and high RAM add up to the item. */
static void large_ram_size(void **state)
{
    (void)state;
    ram_size_is(22 * GIB, 21 * GIB);
}

static void low_memory(void **state)
{
    (void)state;
    make(512 * MIB, 1);
    assert_int_equal(open_file("etc/e820"), 20);
    e820_is(0, 512 * MIB);
}

static void memory_into_the_hole(void **state)
{
    (void)state;
    make(GIB * 7 / 2, 1);
    assert_int_equal(open_file("etc/e820"), 20);
    e820_is(0, 3 * GIB);
}

static void memory_above_the_hole(void **state)
{
    (void)state;
    make(6 * GIB, 1);
    assert_int_equal(open_file("etc/e820"), 40);
    e820_is(0, 3 * GIB);
    e820_is(4 * GIB, 2 * GIB);
}

static void boot_order(void **state)
{
    static const char expect[] = "/pci@i0cf8/ide@1,1/drive@1/disk@0\n"
                                 "/pci@i0cf8/ide@1,1/drive@0/disk@0\n";
    const struct fw_machine_config config = {
        .memmap = &memory,
        .cpus = 1,
        .boot = {"/pci@i0cf8/ide@1,1/drive@1/disk@0", "/pci@i0cf8/ide@1,1/drive@0/disk@0", NULL}};
    (void)state;
    machine = fw_machine_new(&config, fwcfg);
    assert_non_null(machine);
    assert_int_equal(open_file("bootorder"), sizeof(expect));
    for (size_t i = 0; i < sizeof(expect); i++)
        assert_int_equal(get(fwcfg, 1), expect[i]);
}

static void tables(void **state)
{
    struct fw_machine_config config = {.memmap = &memory, .cpus = 2, .acpi = true};
    (void)state;
    machine = fw_machine_new(&config, fwcfg);
    assert_non_null(machine);
    assert_int_equal(open_file("etc/acpi/rsdp"), 20);
    assert_true(open_file("etc/acpi/tables") > 1000);
    assert_int_equal(open_file("etc/table-loader") % 128, 0);
    assert_int_equal(get(fwcfg, 4), 1); /* ALLOCATE */
    assert_int_equal(open_file("bootorder"), 0);
}

static void too_many_cpus(void **state)
{
    const struct fw_machine_config config = {.memmap = &memory, .cpus = 255, .acpi = true};
    (void)state;
    assert_null(fw_machine_new(&config, fwcfg));
}

static void twice(void **state)
{
    const struct fw_machine_config config = {.memmap = &memory, .cpus = 1};
    (void)state;
    make(512 * MIB, 1);
    assert_null(fw_machine_new(&config, fwcfg));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts, setup, teardown),
        cmocka_unit_test_setup_teardown(widths, setup, teardown),
        cmocka_unit_test_setup_teardown(ram_size, setup, teardown),
        cmocka_unit_test_setup_teardown(large_ram_size, setup, teardown),
        cmocka_unit_test_setup_teardown(low_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_into_the_hole, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_above_the_hole, setup, teardown),
        cmocka_unit_test_setup_teardown(boot_order, setup, teardown),
        cmocka_unit_test_setup_teardown(tables, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_cpus, setup, teardown),
        cmocka_unit_test_setup_teardown(twice, setup, teardown),
    };

    return cmocka_run_group_tests_name("fw_machine", tests, NULL, NULL);
}
