/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What firmware asks the firmware configuration device about the machine: memory, processors,
 * ACPI and SMBIOS tables and the order of boot devices.
 *
 * Follows QEMU hw/i386/fw_cfg.c (fw_cfg_arch_create), hw/i386/e820_memory_layout.h and
 * softmmu/bootdevice.c.
 */
#include "board.h"

#include "acpi.h"
#include "memory_map.h"
#include "protocol/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    E820_ENTRY = 20, /* address and length, 64 bits each, type */
    E820_RAM = 1,
    E820_ENTRIES_MAX = 2,
};

struct board {
    uint8_t e820[E820_ENTRIES_MAX * E820_ENTRY];
    char boot_order[512];
    struct acpi acpi;
    struct smbios smbios;
};

/* RAM below and above the PCI hole, one entry each. As in QEMU, the first entry includes A0000h to
 * FFFFFh: firmware takes that out. Return the length. */
static uint32_t make_e820(struct board *p, const struct memmap *memmap)
{
    struct buf b = buf_writer(p->e820, sizeof(p->e820));

    buf_put64(&b, 0);
    buf_put64(&b, memmap->low_ram_end);
    buf_put32(&b, E820_RAM);
    if (memmap_high_ram(memmap)) {
        buf_put64(&b, MEMMAP_4G);
        buf_put64(&b, memmap_high_ram(memmap));
        buf_put32(&b, E820_RAM);
    }
    return (uint32_t)b.pos;
}

/* A path a line, with a NUL at the end. Returns the length with it, 0 if no device is named. */
static uint32_t make_boot_order(struct board *p, const char *const boot[3])
{
    struct buf b = buf_writer(p->boot_order, sizeof(p->boot_order) - 1);

    for (unsigned i = 0; i < 3 && boot[i]; i++) {
        buf_put(&b, boot[i], strlen(boot[i]));
        buf_put8(&b, '\n');
    }
    return b.pos ? (uint32_t)b.pos + 1 : 0;
}

static int add_acpi(struct board *p, const struct board_config *c, struct fwcfg *fwcfg)
{
    const struct acpi_config config = {(uint32_t)c->memmap->low_ram_end, c->cpus, c->devices,
                                       c->sci_irq9};
    int err;

    if (!acpi_build(&p->acpi, &config))
        return -EINVAL;
    err = fwcfg_add_file(fwcfg, ACPI_RSDP_FILE, p->acpi.rsdp, sizeof(p->acpi.rsdp));
    err |= fwcfg_add_file(fwcfg, ACPI_TABLES_FILE, p->acpi.tables, p->acpi.tables_len);
    return err | fwcfg_add_file(fwcfg, ACPI_LOADER_FILE, p->acpi.loader, p->acpi.loader_len);
}

static int add_smbios(struct board *p, const struct board_config *c, struct fwcfg *fwcfg)
{
    const struct smbios_config config = {c->memmap->low_ram_end, memmap_high_ram(c->memmap),
                                         c->processors};
    int err;

    if (!smbios_build(&p->smbios, &config))
        return -EINVAL;
    err = fwcfg_add_file(fwcfg, SMBIOS_TABLES_FILE, p->smbios.tables, p->smbios.tables_len);
    return err |
           fwcfg_add_file(fwcfg, SMBIOS_ANCHOR_FILE, p->smbios.anchor, sizeof(p->smbios.anchor));
}

struct board *board_new(const struct board_config *c, struct fwcfg *fwcfg)
{
    struct board *p = calloc(1, sizeof(*p));
    uint32_t boot_order;
    int err;

    if (!p)
        return NULL;
    boot_order = make_boot_order(p, c->boot);
    err = fwcfg_add_u64(fwcfg, FW_CFG_RAM_SIZE, memmap_ram(c->memmap));
    err |= fwcfg_add_u16(fwcfg, FW_CFG_NB_CPUS, c->cpus);
    err |= fwcfg_add_u16(fwcfg, FW_CFG_MAX_CPUS, c->cpus);
    err |= fwcfg_add_file(fwcfg, "etc/e820", p->e820, make_e820(p, c->memmap));
    if (boot_order)
        err |= fwcfg_add_file(fwcfg, "bootorder", p->boot_order, boot_order);
    if (c->acpi)
        err |= add_acpi(p, c, fwcfg);
    if (c->processors.sockets)
        err |= add_smbios(p, c, fwcfg);
    if (!err)
        return p;
    board_free(p);
    return NULL;
}

void board_free(struct board *p)
{
    free(p);
}
