/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ACPI tables of the machine, and the script by which firmware puts them into memory.
 *
 * Follows QEMU hw/acpi/bios-linker-loader.c and hw/i386/acpi-build.c, and the ACPI specification
 * for the layout of each table. Pointers
 * in the tables are offsets in the file of tables; the script has firmware add the address at which
 * that file ends up, and compute checksums afterwards.
 */
#include "acpi.h"

#include "memory_map.h"
#include "protocol/buf.h"
#include "dsdt.hex" /* of dsdt.asl: dsdt_aml_code[] */

#include <string.h>

/* The hardware: Bochs 3.0 iodev/acpi.cc, pci2isa.cc, ioapic.cc, hpet.cc, and where OVMF puts the
 * PIIX4's power management (EDK2 OvmfPkg/Include/OvmfPlatforms.h, PIIX4_PMBA_VALUE) and PIRQA
 * (OvmfPkg/Library/PlatformBootManagerLib/BdsPlatform.c, PciHostIrqs). */
enum {
    PM_BASE = 0xb000,
    PM1A_EVENT = PM_BASE,
    PM1A_CONTROL = PM_BASE + 4,
    PM_TIMER = PM_BASE + 8, /* 24 bits */
    APM_CONTROL = 0xb2,
    APM_ACPI_ENABLE = 0xf1,
    APM_ACPI_DISABLE = 0xf0,
    RESET_PORT = 0xcf9,
    RESET_HARD = 0x06,
    CMOS_CENTURY = 0x32,
    SCI_IRQ = 10,    /* slot 1, pin A = PIRQA; with the 8259s 10 ... */
    SCI_GSI = 16,    /* ... and on the I/O APIC its input 16 */
    SCI_ISA = 9,     /* after 3.0: this interrupt of both */
    TIMER_GSI = 2,   /* IRQ 0 */
    HPET_MIN = 100,  /* least period in periodic mode, ticks */
    LEVEL_LOW = 0xf, /* flags of an interrupt source override */
};
static const uint32_t hpet_block = 0x8086a201; /* the HPET's capability register, low half */

enum {
    HEADER = 36,
    HEADER_LENGTH = 4, /* offsets in a table */
    HEADER_CHECKSUM = 9,

    FACS_SIZE = 64,
    FADT_FACS = 36,
    FADT_DSDT = 40,
    FADT_X_DSDT = 140,

    RSDP_CHECKSUM = 8,
    RSDP_RSDT = 16,

    COMMAND_SIZE = 128,
    COMMAND_ALLOCATE = 1,
    COMMAND_ADD_POINTER = 2,
    COMMAND_ADD_CHECKSUM = 3,
    ZONE_HIGH = 1,
    ZONE_FSEG = 2,
    FILE_NAME = 56,
};

struct builder {
    struct buf tables, loader;
};

/* --- the script --- */

static void put_name(struct buf *b, const char *name)
{
    buf_put(b, name, strlen(name));
    buf_fill(b, 0, FILE_NAME - strlen(name));
}

/* Fills up the command that began at `start`. */
static void end_command(struct buf *b, size_t start)
{
    buf_fill(b, 0, start + COMMAND_SIZE - b->pos);
}

static void allocate(struct builder *b, const char *file, uint32_t align, uint8_t zone)
{
    size_t start = b->loader.pos;

    buf_put32(&b->loader, COMMAND_ALLOCATE);
    put_name(&b->loader, file);
    buf_put32(&b->loader, align);
    buf_put8(&b->loader, zone);
    end_command(&b->loader, start);
}

/* The field at `offset` of `file` points into the file of tables. */
static void add_pointer(struct builder *b, const char *file, size_t offset, uint8_t size)
{
    size_t start = b->loader.pos;

    buf_put32(&b->loader, COMMAND_ADD_POINTER);
    put_name(&b->loader, file);
    put_name(&b->loader, ACPI_TABLES_FILE);
    buf_put32(&b->loader, (uint32_t)offset);
    buf_put8(&b->loader, size);
    end_command(&b->loader, start);
}

static void add_checksum(struct builder *b, const char *file, size_t at, size_t start, size_t len)
{
    size_t command = b->loader.pos;

    buf_put32(&b->loader, COMMAND_ADD_CHECKSUM);
    put_name(&b->loader, file);
    buf_put32(&b->loader, (uint32_t)at);
    buf_put32(&b->loader, (uint32_t)start);
    buf_put32(&b->loader, (uint32_t)len);
    end_command(&b->loader, command);
}

/* --- parts of tables --- */

/* Returns the table's offset, for end_table(). */
static size_t begin_table(struct buf *b, const char *signature, uint8_t revision)
{
    size_t start = b->pos;

    buf_put(b, signature, 4);
    buf_put32(b, 0); /* length */
    buf_put8(b, revision);
    buf_put8(b, 0); /* checksum */
    buf_put(b, "BOCHS\0BXSEV\0\0", 14);
    buf_put32(b, 1);
    buf_put(b, "BXSV", 4);
    buf_put32(b, 1);
    return start;
}

static void end_table(struct builder *b, size_t start)
{
    size_t len = b->tables.pos - start;

    if (buf_ok(&b->tables)) {
        struct buf field = buf_writer(b->tables.data + start + HEADER_LENGTH, 4);
        buf_put32(&field, (uint32_t)len);
    }
    add_checksum(b, ACPI_TABLES_FILE, start + HEADER_CHECKSUM, start, len);
}

/* Generic address structure of a port; none for port 0. */
static void put_port(struct buf *b, uint16_t port, uint8_t bits, uint8_t access)
{
    buf_put8(b, port ? 1 : 0);
    buf_put8(b, port ? bits : 0);
    buf_put8(b, 0);
    buf_put8(b, port ? access : 0);
    buf_put64(b, port);
}

/* --- tables --- */

static size_t put_facs(struct buf *b)
{
    size_t start = b->pos;

    buf_put(b, "FACS", 4);
    buf_put32(b, FACS_SIZE);
    buf_fill(b, 0, 24); /* hardware signature, waking vectors, global lock, flags */
    buf_put8(b, 1);
    buf_fill(b, 0, FACS_SIZE - (b->pos - start));
    return start;
}

static size_t put_dsdt(struct buf *b)
{
    size_t start = b->pos;

    buf_put(b, dsdt_aml_code, sizeof(dsdt_aml_code)); /* its checksum is right already */
    return start;
}

/* Ports, each 0 or 4 bytes, in the order of the FADT. */
static void put_fadt_blocks(struct buf *b)
{
    static const uint32_t blocks[] = {PM1A_EVENT, 0, PM1A_CONTROL, 0, 0, PM_TIMER, 0, 0};
    static const uint8_t lengths[] = {4, 2, 0, 4, 0, 0, 0, 0}; /* .. GPE1_BASE, CST_CNT */

    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        buf_put32(b, blocks[i]);
    buf_put(b, lengths, sizeof(lengths));
}

static void put_fadt_extended(struct buf *b, size_t dsdt)
{
    put_port(b, RESET_PORT, 8, 1);
    buf_put8(b, RESET_HARD);
    buf_fill(b, 0, 3);
    buf_put64(b, 0); /* the FACS is below 4 GiB */
    buf_put64(b, dsdt);
    put_port(b, PM1A_EVENT, 32, 2);
    put_port(b, 0, 0, 0);
    put_port(b, PM1A_CONTROL, 16, 2);
    put_port(b, 0, 0, 0);
    put_port(b, 0, 0, 0);
    put_port(b, PM_TIMER, 32, 3);
    put_port(b, 0, 0, 0);
    put_port(b, 0, 0, 0);
}

static size_t put_fadt(struct builder *b, const struct acpi_config *c, size_t facs, size_t dsdt)
{
    enum { /* flags */
           WBINVD = 1 << 0,
           PROC_C1 = 1 << 2,
           PWR_BUTTON = 1 << 4, /* there is no such button ... */
           SLP_BUTTON = 1 << 5,
           FIX_RTC = 1 << 6, /* ... and no wake by the clock */
           RESET_REG_SUP = 1 << 10,
           LEGACY_DEVICES = 1 << 0, /* boot architecture */
           I8042 = 1 << 1,
    };
    struct buf *t = &b->tables;
    size_t start = begin_table(t, "FACP", 3);

    buf_put32(t, (uint32_t)facs);
    buf_put32(t, (uint32_t)dsdt);
    buf_put16(t, 0); /* reserved, any profile of power management */
    buf_put16(t, c->sci_irq9 ? SCI_ISA : SCI_IRQ);
    buf_put32(t, APM_CONTROL);
    buf_put8(t, APM_ACPI_ENABLE);
    buf_put8(t, APM_ACPI_DISABLE);
    buf_put16(t, 0); /* no S4BIOS_REQ, no PSTATE_CNT */
    put_fadt_blocks(t);
    buf_put16(t, 0xfff); /* no C2 ... */
    buf_put16(t, 0xfff); /* ... and no C3 */
    buf_fill(t, 0, 8);   /* WBINVD works; no duty cycle, no alarm of days */
    buf_put8(t, CMOS_CENTURY);
    buf_put16(t, LEGACY_DEVICES | I8042);
    buf_put8(t, 0);
    buf_put32(t, WBINVD | PROC_C1 | PWR_BUTTON | SLP_BUTTON | FIX_RTC | RESET_REG_SUP);
    put_fadt_extended(t, dsdt);
    add_pointer(b, ACPI_TABLES_FILE, start + FADT_FACS, 4);
    add_pointer(b, ACPI_TABLES_FILE, start + FADT_DSDT, 4);
    add_pointer(b, ACPI_TABLES_FILE, start + FADT_X_DSDT, 8);
    end_table(b, start);
    return start;
}

static void put_override(struct buf *b, uint8_t irq, uint32_t gsi, uint16_t flags)
{
    buf_put8(b, 2);
    buf_put8(b, 10);
    buf_put8(b, 0); /* ISA */
    buf_put8(b, irq);
    buf_put32(b, gsi);
    buf_put16(b, flags);
}

static size_t put_madt(struct builder *b, const struct acpi_config *c)
{
    struct buf *t = &b->tables;
    size_t start = begin_table(t, "APIC", 1);

    buf_put32(t, (uint32_t)MEMMAP_LOCAL_APIC);
    buf_put32(t, 1); /* there are 8259s, too */
    for (uint16_t i = 0; i < c->cpus; i++) {
        buf_put8(t, 0); /* local APIC */
        buf_put8(t, 8);
        buf_put8(t, (uint8_t)i); /* _UID */
        buf_put8(t, (uint8_t)i);
        buf_put32(t, 1); /* enabled */
    }
    buf_put8(t, 1); /* I/O APIC */
    buf_put8(t, 12);
    buf_put8(t, (uint8_t)c->cpus);
    buf_put8(t, 0);
    buf_put32(t, (uint32_t)MEMMAP_IOAPIC);
    buf_put32(t, 0);
    put_override(t, 0, TIMER_GSI, 0);
    if (c->sci_irq9)
        put_override(t, SCI_ISA, SCI_ISA, LEVEL_LOW);
    else
        put_override(t, SCI_IRQ, SCI_GSI, LEVEL_LOW);
    buf_put8(t, 4); /* NMI is LINT1 of every local APIC */
    buf_put8(t, 6);
    buf_put8(t, 0xff);
    buf_put16(t, 0);
    buf_put8(t, 1);
    end_table(b, start);
    return start;
}

static size_t put_hpet(struct builder *b)
{
    struct buf *t = &b->tables;
    size_t start = begin_table(t, "HPET", 1);

    buf_put32(t, hpet_block);
    buf_put32(t, 0); /* in memory: space, width, offset, access */
    buf_put64(t, MEMMAP_HPET);
    buf_put8(t, 0);
    buf_put16(t, HPET_MIN);
    buf_put8(t, 0);
    end_table(b, start);
    return start;
}

/* --- the SSDT: AML, ACPI 6.4 section 20 --- */

enum { AML_NAME = 0x08, AML_DWORD = 0x0c, AML_STRING = 0x0d, AML_SCOPE = 0x10 };

static void aml_dword(struct buf *b, const char name[4], uint32_t value)
{
    buf_put8(b, AML_NAME);
    buf_put(b, name, 4);
    buf_put8(b, AML_DWORD);
    buf_put32(b, value);
}

/* Device (Cxxx) { Name (_HID, "ACPI0007") Name (_UID, index) } */
static void aml_processor(struct buf *b, uint16_t index)
{
    enum { LENGTH = 1 + 4 + 15 + 10 }; /* of itself, of the name, of _HID and _UID */
    static const char digits[] = "0123456789ABCDEF";
    const char name[4] = {'C', digits[index >> 8 & 15], digits[index >> 4 & 15],
                          digits[index & 15]};

    buf_put16(b, 0x825b);
    buf_put8(b, LENGTH);
    buf_put(b, name, 4);
    buf_put8(b, AML_NAME);
    buf_put(b, "_HID", 4);
    buf_put8(b, AML_STRING);
    buf_put(b, "ACPI0007", 9);
    aml_dword(b, "_UID", index);
}

static size_t put_ssdt(struct builder *b, const struct acpi_config *c)
{
    enum { PROCESSOR = 32 };
    const uint32_t scope = 3 + 4 + (uint32_t)c->cpus * PROCESSOR; /* with the length itself */
    struct buf *t = &b->tables;
    size_t start = begin_table(t, "SSDT", 1);

    aml_dword(t, "PCIB", c->pci_base);
    aml_dword(t, "DEVS", c->devices);
    buf_put8(t, AML_SCOPE);
    buf_put8(t, (uint8_t)(0x80 | (scope & 15))); /* two more bytes of length */
    buf_put16(t, (uint16_t)(scope >> 4));
    buf_put(t, "_SB_", 4);
    for (uint16_t i = 0; i < c->cpus; i++)
        aml_processor(t, i);
    end_table(b, start);
    return start;
}

/* --- roots --- */

static size_t put_rsdt(struct builder *b, const size_t *tables, unsigned n)
{
    size_t start = begin_table(&b->tables, "RSDT", 1);

    for (unsigned i = 0; i < n; i++) {
        add_pointer(b, ACPI_TABLES_FILE, b->tables.pos, 4);
        buf_put32(&b->tables, (uint32_t)tables[i]);
    }
    end_table(b, start);
    return start;
}

static void put_rsdp(struct builder *b, uint8_t out[20], size_t rsdt)
{
    struct buf r = buf_writer(out, 20);

    buf_put(&r, "RSD PTR ", 8);
    buf_put8(&r, 0);
    buf_put(&r, "BOCHS\0", 6);
    buf_put8(&r, 0); /* ACPI 1.0: the RSDT is below 4 GiB */
    buf_put32(&r, (uint32_t)rsdt);
    add_pointer(b, ACPI_RSDP_FILE, RSDP_RSDT, 4);
    add_checksum(b, ACPI_RSDP_FILE, RSDP_CHECKSUM, 0, 20);
}

bool acpi_build(struct acpi *a, const struct acpi_config *c)
{
    struct builder b = {buf_writer(a->tables, sizeof(a->tables)),
                        buf_writer(a->loader, sizeof(a->loader))};
    size_t tables[4], facs, dsdt;
    unsigned n = 0;

    if (!c->cpus || c->cpus > ACPI_CPUS_MAX)
        return false;
    allocate(&b, ACPI_RSDP_FILE, 16, ZONE_FSEG);
    allocate(&b, ACPI_TABLES_FILE, 64, ZONE_HIGH);
    facs = put_facs(&b.tables);
    dsdt = put_dsdt(&b.tables);
    tables[n++] = put_fadt(&b, c, facs, dsdt);
    tables[n++] = put_ssdt(&b, c);
    tables[n++] = put_madt(&b, c);
    if (c->devices & ACPI_DEVICE_HPET)
        tables[n++] = put_hpet(&b);
    put_rsdp(&b, a->rsdp, put_rsdt(&b, tables, n));
    a->tables_len = (uint32_t)b.tables.pos;
    a->loader_len = (uint32_t)b.loader.pos;
    return buf_ok(&b.tables) && buf_ok(&b.loader);
}
