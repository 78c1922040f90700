/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/firmware/acpi: firmware's part of the table loader is done here as QEMU's
 * docs and EDK2's QemuFwCfgAcpi.c have it, then the tables are read as ACPI 6.4 lays them out.
 *
 *   test_acpi --write DIR   leaves each table in a file of its own, for iasl
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/acpi.h"

/* Where "firmware" puts the two files. */
#define TABLES_AT 0x7ff10000u
#define RSDP_AT   0x000f6000u

static struct acpi *acpi;
static uint8_t rsdp[sizeof(acpi->rsdp)], tables[sizeof(acpi->tables)];

static uint64_t get(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

/* --- firmware --- */

static uint8_t *file_named(const char *name, size_t *size)
{
    if (!strcmp(name, "etc/acpi/rsdp")) {
        *size = sizeof(rsdp);
        return rsdp;
    }
    assert_string_equal(name, "etc/acpi/tables");
    *size = acpi->tables_len;
    return tables;
}

static void run_pointer(const uint8_t *command)
{
    size_t size, offset = (size_t)get(command + 116, 4);
    unsigned width = command[120];
    uint8_t *file = file_named((const char *)command + 4, &size);
    uint64_t value;

    assert_string_equal((const char *)command + 60, "etc/acpi/tables");
    assert_true(width == 4 || width == 8);
    assert_true(offset + width <= size);
    value = get(file + offset, width);
    assert_true(value < acpi->tables_len);
    value += TABLES_AT;
    for (unsigned i = 0; i < width; i++)
        file[offset + i] = (uint8_t)(value >> 8 * i);
}

static void run_checksum(const uint8_t *command)
{
    size_t size, at = (size_t)get(command + 60, 4), start = (size_t)get(command + 64, 4),
                 len = (size_t)get(command + 68, 4);
    uint8_t *file = file_named((const char *)command + 4, &size), sum = 0;

    assert_true(start <= at && at < start + len && start + len <= size);
    assert_int_equal(file[at], 0);
    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + file[start + i]);
    file[at] = (uint8_t)-sum;
}

static void run_loader(void)
{
    unsigned allocated = 0;

    memcpy(rsdp, acpi->rsdp, sizeof(rsdp));
    memcpy(tables, acpi->tables, sizeof(tables));
    assert_int_equal(acpi->loader_len % 128, 0);
    for (const uint8_t *c = acpi->loader; c < acpi->loader + acpi->loader_len; c += 128) {
        uint32_t command = (uint32_t)get(c, 4);

        if (command == 1) {
            uint32_t align = (uint32_t)get(c + 60, 4);
            assert_true(align && !(align & (align - 1)) && align <= 4096);
            assert_true(c[64] == 1 || c[64] == 2);
            assert_int_equal(c - acpi->loader, 128 * allocated++); /* before it is used */
        } else if (command == 2) {
            run_pointer(c);
        } else {
            assert_int_equal(command, 3);
            run_checksum(c);
        }
    }
    assert_int_equal(allocated, 2);
}

/* --- the operating system --- */

static uint8_t sum_of(const uint8_t *data, size_t len)
{
    uint8_t sum = 0;

    while (len--)
        sum = (uint8_t)(sum + *data++);
    return sum;
}

static const uint8_t *at(uint64_t address)
{
    assert_true(address >= TABLES_AT && address < TABLES_AT + acpi->tables_len);
    return tables + (address - TABLES_AT);
}

/* A table that the RSDT names; NULL if it does not. */
static const uint8_t *find(const char *signature)
{
    const uint8_t *rsdt = at(get(rsdp + 16, 4));
    uint32_t len = (uint32_t)get(rsdt + 4, 4);

    assert_memory_equal(rsdt, "RSDT", 4);
    assert_int_equal(sum_of(rsdt, len), 0);
    for (uint32_t i = 36; i < len; i += 4) {
        const uint8_t *table = at(get(rsdt + i, 4));

        assert_int_equal(sum_of(table, (size_t)get(table + 4, 4)), 0);
        if (!memcmp(table, signature, 4))
            return table;
    }
    return NULL;
}

static void build(uint32_t pci_base, uint16_t cpus, uint32_t devices)
{
    const struct acpi_config config = {pci_base, cpus, devices, false};

    assert_true(acpi_build(acpi, &config));
    run_loader();
}

static int setup(void **state)
{
    (void)state;
    acpi = calloc(1, sizeof(*acpi));
    return !acpi;
}

static int teardown(void **state)
{
    (void)state;
    free(acpi);
    return 0;
}

static void roots(void **state)
{
    (void)state;
    build(0x20000000, 1, ACPI_DEVICE_COM1 | ACPI_DEVICE_HPET);
    assert_memory_equal(rsdp, "RSD PTR ", 8);
    assert_int_equal(sum_of(rsdp, 20), 0);
    assert_int_equal(rsdp[15], 0);
    for (size_t i = 0; i < 4; i++)
        assert_non_null(find((const char *[]){"FACP", "SSDT", "APIC", "HPET"}[i]));
}

/* Offsets: ACPI 6.4, table 5.9. */
static void fadt(void **state)
{
    const uint8_t *t, *dsdt;
    (void)state;
    build(0x20000000, 1, 0);
    t = find("FACP");
    assert_int_equal(get(t + 4, 4), 244);
    assert_int_equal(t[8], 3);
    assert_memory_equal(at(get(t + 36, 4)), "FACS", 4);
    assert_int_equal(get(at(get(t + 36, 4)) + 4, 4), 64);
    assert_int_equal(get(t + 36, 4) % 64, 0);
    dsdt = at(get(t + 40, 4));
    assert_memory_equal(dsdt, "DSDT", 4);
    assert_int_equal(sum_of(dsdt, (size_t)get(dsdt + 4, 4)), 0);
    assert_int_equal(get(t + 140, 8), get(t + 40, 4));
    assert_int_equal(get(t + 46, 2), 10); /* SCI_INT */
    assert_int_equal(get(t + 48, 4), 0xb2);
    assert_int_equal(t[52], 0xf1);
    assert_int_equal(t[53], 0xf0);
    assert_int_equal(get(t + 56, 4), 0xb000); /* PM1a event, PM1b, PM1a control, PM1b, PM2 */
    assert_int_equal(get(t + 60, 4), 0);
    assert_int_equal(get(t + 64, 4), 0xb004);
    assert_int_equal(get(t + 68, 8), 0);
    assert_int_equal(get(t + 76, 4), 0xb008); /* timer, GPEs */
    assert_int_equal(get(t + 80, 8), 0);
    assert_int_equal(t[88], 4);
    assert_int_equal(t[89], 2);
    assert_int_equal(t[91], 4);
    assert_int_equal(t[108], 0x32);
    assert_int_equal(get(t + 112, 4) & 1 << 10, 1 << 10); /* there is a reset register: */
    assert_int_equal(t[116], 1);
    assert_int_equal(get(t + 120, 8), 0xcf9);
    assert_int_equal(t[128], 6);
    assert_int_equal(get(t + 112, 4) & 1 << 8, 0); /* the timer has 24 bits */
    assert_int_equal(get(t + 152, 8), 0xb000);     /* the same ports again */
    assert_int_equal(get(t + 176, 8), 0xb004);
    assert_int_equal(get(t + 212, 8), 0xb008);
}

static void madt(void **state)
{
    const uint8_t *t, *e;
    unsigned cpus = 0, io_apics = 0, overrides = 0, nmis = 0;
    (void)state;
    build(0x20000000, 4, 0);
    t = find("APIC");
    assert_int_equal(get(t + 36, 4), 0xfee00000);
    for (e = t + 44; e < t + get(t + 4, 4); e += e[1]) {
        assert_true(e[1] >= 2);
        if (e[0] == 0) {
            assert_int_equal(e[3], cpus++);
            assert_int_equal(get(e + 4, 4), 1);
        } else if (e[0] == 1) {
            io_apics++;
            assert_int_equal(e[2], 4);
            assert_int_equal(get(e + 4, 4), 0xfec00000);
            assert_int_equal(get(e + 8, 4), 0);
        } else if (e[0] == 2) {
            overrides++;
            assert_int_equal(get(e + 4, 4), e[3] ? 16 : 2); /* IRQ 10 or 0 */
            assert_int_equal(get(e + 8, 2), e[3] ? 0xf : 0);
        } else {
            assert_int_equal(e[0], 4);
            assert_int_equal(e[2], 0xff);
            nmis++;
        }
    }
    assert_ptr_equal(e, t + get(t + 4, 4));
    assert_int_equal(cpus, 4);
    assert_int_equal(io_apics, 1);
    assert_int_equal(overrides, 2);
    assert_int_equal(nmis, 1);
}

/* Offsets: ACPI 6.4, tables 5.9 and 5.25. */
static void sci(void **state)
{
    const struct acpi_config config = {0x20000000, 1, 0, true};
    const uint8_t *t, *e;
    unsigned found = 0;
    (void)state;
    assert_true(acpi_build(acpi, &config));
    run_loader();
    assert_int_equal(get(find("FACP") + 46, 2), 9);
    t = find("APIC");
    for (e = t + 44; e < t + get(t + 4, 4); e += e[1])
        if (e[0] == 2 && e[3]) {
            found++;
            assert_int_equal(e[3], 9);
            assert_int_equal(get(e + 4, 4), 9);
            assert_int_equal(get(e + 8, 2), 0xf);
        }
    assert_int_equal(found, 1);
}

static void hpet(void **state)
{
    const uint8_t *t;
    (void)state;
    build(0x20000000, 1, ACPI_DEVICE_HPET);
    t = find("HPET");
    assert_int_equal(get(t + 4, 4), 56);
    assert_int_equal(get(t + 36, 4), 0x8086a201);
    assert_int_equal(get(t + 44, 8), 0xfed00000);
    build(0x20000000, 1, ACPI_DEVICE_COM1);
    assert_null(find("HPET"));
}

static void many_cpus(void **state)
{
    const struct acpi_config none = {0x20000000, 0, 0, false},
                             more = {0x20000000, ACPI_CPUS_MAX + 1, 0, false};
    const uint8_t *t;
    (void)state;
    build(0xc0000000, ACPI_CPUS_MAX, 0);
    t = find("APIC");
    assert_int_equal(get(t + 4, 4), 44 + ACPI_CPUS_MAX * 8 + 12 + 10 + 10 + 6);
    assert_false(acpi_build(acpi, &none));
    assert_false(acpi_build(acpi, &more));
}

/* What iasl shall see (tests/ovmf/acpi.tap). */
static int write_tables(const char *dir)
{
    static const char *const names[] = {"FACP", "APIC", "HPET", "SSDT"};
    const uint8_t *table;
    char path[300];

    acpi = calloc(1, sizeof(*acpi));
    if (!acpi)
        return 1;
    build(0x20000000, 4, ACPI_DEVICE_COM1 | ACPI_DEVICE_HPET);
    for (size_t i = 0; i <= sizeof(names) / sizeof(names[0]); i++) {
        FILE *f;

        table = i < 4 ? find(names[i]) : at(get(find("FACP") + 40, 4));
        snprintf(path, sizeof(path), "%s/%.4s.aml", dir, (const char *)table);
        f = fopen(path, "wb");
        if (!f || fwrite(table, 1, (size_t)get(table + 4, 4), f) != get(table + 4, 4) || fclose(f))
            return 1;
    }
    free(acpi);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(roots, setup, teardown),
        cmocka_unit_test_setup_teardown(fadt, setup, teardown),
        cmocka_unit_test_setup_teardown(madt, setup, teardown),
        cmocka_unit_test_setup_teardown(sci, setup, teardown),
        cmocka_unit_test_setup_teardown(hpet, setup, teardown),
        cmocka_unit_test_setup_teardown(many_cpus, setup, teardown),
    };

    if (argc == 3 && !strcmp(argv[1], "--write"))
        return write_tables(argv[2]);
    return cmocka_run_group_tests_name("acpi", tests, NULL, NULL);
}
