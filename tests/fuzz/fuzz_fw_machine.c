/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the description of a machine of any size, with any name of its processors.
 *
 * Firmware's and the operating system's part is done here, after QEMU's docs/specs/fw_cfg.rst and
 * table loader, the ACPI specification and DMTF DSP0134 2.8: all that tables name is inside them,
 * checksums are right, and memory and processors add up to those of the machine.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "firmware/fw_machine.h"
#include "no_memory.h"
#include "pc_memory.h"

enum { FILE_MAX = 0x8000, TABLES_AT = 0x1000000 };

struct file {
    uint8_t data[FILE_MAX];
    uint32_t len;
};

static struct file smbios, anchor, acpi, rsdp, loader, e820;

static uint64_t le(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | in[bytes];
    return value;
}

static uint8_t sum_of(const uint8_t *data, size_t len)
{
    uint8_t sum = 0;

    while (len--)
        sum = (uint8_t)(sum + *data++);
    return sum;
}

/* A file by its name in the directory. */
static bool find_file(struct fwcfg *f, const char *name, struct file *file)
{
    static uint8_t dir[4 + 64 * FWCFG_FILES_MAX];

    file->len = 0;
    fwcfg_write(f, 0, FW_CFG_FILE_DIR, 2);
    fwcfg_read_block(f, dir, sizeof(dir));
    FUZZ_CHECK(!dir[0] && !dir[1] && !dir[2] && dir[3] <= FWCFG_FILES_MAX);
    for (const uint8_t *entry = dir + 4; entry < dir + 4 + 64 * dir[3]; entry += 64) {
        if (strcmp((const char *)entry + 8, name) != 0)
            continue;
        FUZZ_CHECK(!entry[0] && !entry[1]);
        file->len = (uint32_t)entry[2] << 8 | entry[3];
        FUZZ_CHECK(file->len && file->len <= FILE_MAX);
        fwcfg_write(f, 0, (uint32_t)entry[4] << 8 | entry[5], 2);
        fwcfg_read_block(f, file->data, file->len);
        return true;
    }
    return false;
}

/* --- SMBIOS --- */

/* The end of a structure: after its strings, none of which is empty, and two NULs. */
static uint32_t structure_end(uint32_t at, unsigned *strings)
{
    const uint8_t *d = smbios.data;

    *strings = 0;
    FUZZ_CHECK(at + 4 <= smbios.len && d[at + 1] >= 4 && at + d[at + 1] + 2u <= smbios.len);
    at += d[at + 1];
    if (!d[at] && !d[at + 1])
        return at + 2;
    for (; d[at]; ++*strings) {
        while (at < smbios.len && d[at])
            at++;
        FUZZ_CHECK(++at < smbios.len);
    }
    return at + 1;
}

/* Its strings are numbered from 1, 0 is none. */
static void check_processor(const uint8_t *structure, unsigned strings,
                            const struct smbios_cpus *cpus)
{
    FUZZ_CHECK(structure[1] == 42 && structure[4] <= strings && structure[7] <= strings);
    FUZZ_CHECK(!structure[7] == !*cpus->vendor);
    FUZZ_CHECK(le(structure + 8, 4) == cpus->signature && structure[0x25] == cpus->threads);
}

static void check_smbios(const struct fw_machine_config *c)
{
    unsigned count = 0, processors = 0, strings;
    uint32_t largest = 0, end;
    uint64_t memory = 0;
    uint8_t type = 0;

    for (uint32_t at = 0; at < smbios.len; at = end, count++) {
        const uint8_t *structure = smbios.data + at;
        FUZZ_CHECK(type != 127);
        end = structure_end(at, &strings);
        largest = end - at > largest ? end - at : largest;
        type = structure[0];
        processors += type == 4;
        if (type == 4)
            check_processor(structure, strings, &c->processors);
        if (type == 19)
            memory += le(structure + 23, 8) - le(structure + 15, 8) + 1;
    }
    FUZZ_CHECK(type == 127 && processors == c->processors.sockets);
    FUZZ_CHECK(memory == memmap_ram(c->memmap));
    FUZZ_CHECK(anchor.len == 31 && !sum_of(anchor.data, 31) && !sum_of(anchor.data + 16, 15));
    FUZZ_CHECK(le(anchor.data + 8, 2) == largest && le(anchor.data + 22, 2) == smbios.len);
    FUZZ_CHECK(le(anchor.data + 28, 2) == count);
}

/* --- ACPI --- */

static struct file *loaded(const uint8_t *name)
{
    bool is_tables = !strcmp((const char *)name, "etc/acpi/tables");

    FUZZ_CHECK(is_tables || !strcmp((const char *)name, "etc/acpi/rsdp"));
    return is_tables ? &acpi : &rsdp;
}

static void run_command(const uint8_t *c)
{
    const uint32_t command = (uint32_t)le(c, 4);
    struct file *file = loaded(c + 4);
    uint64_t value, at, start, len;

    if (command == 2) { /* add a pointer */
        at = le(c + 116, 4), len = c[120];
        FUZZ_CHECK((len == 4 || len == 8) && at + len <= file->len && loaded(c + 60) == &acpi);
        value = le(file->data + at, (unsigned)len);
        FUZZ_CHECK(value < acpi.len);
        for (unsigned i = 0; i < len; i++)
            file->data[at + i] = (uint8_t)((value + TABLES_AT) >> 8 * i);
    } else if (command == 3) { /* add a checksum */
        at = le(c + 60, 4), start = le(c + 64, 4), len = le(c + 68, 4);
        FUZZ_CHECK(start <= at && at < start + len && start + len <= file->len);
        file->data[at] = (uint8_t)(file->data[at] - sum_of(file->data + start, len));
    } else {
        FUZZ_CHECK(command == 1);
    }
}

static const uint8_t *table_at(uint64_t address, uint32_t *len)
{
    const uint64_t offset = address - TABLES_AT;

    FUZZ_CHECK(offset + 36 <= acpi.len);
    *len = (uint32_t)le(acpi.data + offset + 4, 4);
    FUZZ_CHECK(*len >= 36 && offset + *len <= acpi.len && !sum_of(acpi.data + offset, *len));
    return acpi.data + offset;
}

static void check_madt(const uint8_t *madt, uint32_t len, unsigned cpus)
{
    unsigned found = 0;
    uint32_t at = 44;

    for (; at + 2 <= len && madt[at + 1] >= 2; at += madt[at + 1])
        found += madt[at] == 0 && madt[at + 1] == 8 && madt[at + 3] == found;
    FUZZ_CHECK(at == len && found == cpus);
}

static void check_acpi(const struct fw_machine_config *c)
{
    uint32_t len, table_len;
    const uint8_t *rsdt;
    bool has_madt = false, has_hpet = false;

    FUZZ_CHECK(rsdp.len == 20 && loader.len % 128 == 0);
    for (uint32_t at = 0; at < loader.len; at += 128)
        run_command(loader.data + at);
    FUZZ_CHECK(!memcmp(rsdp.data, "RSD PTR ", 8) && !sum_of(rsdp.data, 20));
    rsdt = table_at(le(rsdp.data + 16, 4), &len);
    for (uint32_t at = 36; at + 4 <= len; at += 4) {
        const uint8_t *table = table_at(le(rsdt + at, 4), &table_len);
        has_hpet |= !memcmp(table, "HPET", 4);
        if (memcmp(table, "APIC", 4) != 0)
            continue;
        has_madt = true;
        check_madt(table, table_len, c->cpus);
    }
    FUZZ_CHECK(has_madt && has_hpet == !!(c->devices & 0x10));
}

/* --- all of it --- */

/* Apart from the areas below 1 MiB, which firmware takes out, all that e820 calls RAM is RAM, and
 * that is all RAM. */
static void check_e820(const struct memmap *memory)
{
    uint64_t total = 0;

    FUZZ_CHECK(e820.len == 20 || e820.len == 40);
    for (uint32_t at = 0; at < e820.len; at += 20) {
        const uint64_t start = le(e820.data + at, 8), len = le(e820.data + at + 8, 8);
        const uint64_t skip = at ? 0 : MEMMAP_1M;

        FUZZ_CHECK(start == (at ? MEMMAP_4G : 0) && le(e820.data + at + 16, 4) == 1);
        FUZZ_CHECK(len >= skip && memmap_all(memory, start + skip, len - skip, MEMMAP_KIND_RAM));
        total += len;
    }
    FUZZ_CHECK(total == memmap_ram(memory));
}

static void check_machine(struct fwcfg *f, const struct fw_machine_config *c)
{
    FUZZ_CHECK(find_file(f, "etc/e820", &e820));
    check_e820(c->memmap);
    FUZZ_CHECK(find_file(f, "etc/smbios/smbios-tables", &smbios) == !!c->processors.sockets);
    if (find_file(f, "etc/smbios/smbios-anchor", &anchor))
        check_smbios(c);
    FUZZ_CHECK(find_file(f, "etc/acpi/tables", &acpi) == c->acpi);
    if (find_file(f, "etc/acpi/rsdp", &rsdp) && find_file(f, "etc/table-loader", &loader))
        check_acpi(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fw_machine_config c = {0};
    struct fwcfg *f = fwcfg_no_memory();
    struct memmap memory;
    struct fw_machine *machine;
    uint8_t in[20];
    char vendor[13];

    fuzz_take(&data, &size, in, sizeof(in));
    fuzz_take(&data, &size, vendor, sizeof(vendor) - 1);
    vendor[sizeof(vendor) - 1] = '\0';
    memory = pc_memory(le(in, 5) / MEMMAP_PAGE_SIZE * MEMMAP_PAGE_SIZE + MEMMAP_1M);
    c.memmap = &memory;
    c.cpus = (uint16_t)le(in + 5, 2);
    c.acpi = in[7] & 1;
    c.sci_irq9 = in[7] & 2;
    c.devices = (uint32_t)le(in + 8, 1);
    c.processors = (struct smbios_cpus){
        in[9], in[10], in[11], (uint32_t)le(in + 12, 4), (uint32_t)le(in + 16, 4), vendor};
    machine = fw_machine_new(&c, f);
    FUZZ_CHECK(!machine == (c.acpi && (!c.cpus || c.cpus > 254)));
    if (machine)
        check_machine(f, &c);
    fw_machine_free(machine);
    fwcfg_free(f);
    return 0;
}
