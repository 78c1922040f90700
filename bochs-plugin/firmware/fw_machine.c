/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The items of the firmware configuration device that describe the machine.
 *
 * Follows QEMU hw/i386/fw_cfg.c fw_cfg_arch_create(), hw/i386/e820_memory_layout.h struct
 * e820_entry and softmmu/bootdevice.c get_boot_devices_list().
 */
#include "fw_machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acpi.h"
#include "memory_map.h"
#include "protocol/buf.h"

enum {
    E820_ENTRY = 20, /* address and length, 64 bits each, type */
    E820_RAM = 1,
    E820_ENTRIES_MAX = 2,
};

struct fw_machine {
    uint8_t e820[E820_ENTRIES_MAX * E820_ENTRY];
    char boot_order[512];
    struct acpi acpi;
    struct smbios smbios;
};

/* RAM below and above the PCI hole, one entry each. As in QEMU, the first entry includes A0000h to
 * FFFFFh: firmware takes that out. Return the length. */
static uint32_t make_e820(struct fw_machine *m, const struct memmap *memmap)
{
    struct buf b = buf_writer(m->e820, sizeof(m->e820));

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

/* One path a line, with a NUL at the end, which counts. Return the length, or 0 if there is no boot
 * device. */
static uint32_t make_boot_order(struct fw_machine *m, const char *const boot[3])
{
    struct buf b = buf_writer(m->boot_order, sizeof(m->boot_order) - 1);

    for (unsigned i = 0; i < 3 && boot[i]; i++) {
        buf_put(&b, boot[i], strlen(boot[i]));
        buf_put8(&b, '\n');
    }
    return b.pos ? (uint32_t)b.pos + 1 : 0;
}

static int add_acpi(struct fw_machine *m, const struct fw_machine_config *c, struct fwcfg *fwcfg)
{
    const struct acpi_config config = {(uint32_t)c->memmap->low_ram_end, c->cpus, c->devices,
                                       c->sci_irq9};
    int err;

    if (!acpi_build(&m->acpi, &config))
        return -EINVAL;
    err = fwcfg_add_file(fwcfg, ACPI_RSDP_FILE, m->acpi.rsdp, sizeof(m->acpi.rsdp));
    err |= fwcfg_add_file(fwcfg, ACPI_TABLES_FILE, m->acpi.tables, m->acpi.tables_len);
    return err | fwcfg_add_file(fwcfg, ACPI_LOADER_FILE, m->acpi.loader, m->acpi.loader_len);
}

static int add_smbios(struct fw_machine *m, const struct fw_machine_config *c, struct fwcfg *fwcfg)
{
    const struct smbios_config config = {c->memmap->low_ram_end, memmap_high_ram(c->memmap),
                                         c->processors};
    int err;

    if (!smbios_build(&m->smbios, &config))
        return -EINVAL;
    err = fwcfg_add_file(fwcfg, SMBIOS_TABLES_FILE, m->smbios.tables, m->smbios.tables_len);
    return err |
           fwcfg_add_file(fwcfg, SMBIOS_ANCHOR_FILE, m->smbios.anchor, sizeof(m->smbios.anchor));
}

struct fw_machine *fw_machine_new(const struct fw_machine_config *c, struct fwcfg *fwcfg)
{
    struct fw_machine *m = calloc(1, sizeof(*m));
    uint32_t boot_order;
    int err;

    if (!m)
        return NULL;
    boot_order = make_boot_order(m, c->boot);
    err = fwcfg_add_u64(fwcfg, FW_CFG_RAM_SIZE, memmap_ram(c->memmap));
    err |= fwcfg_add_u16(fwcfg, FW_CFG_NB_CPUS, c->cpus);
    err |= fwcfg_add_u16(fwcfg, FW_CFG_MAX_CPUS, c->cpus);
    err |= fwcfg_add_file(fwcfg, "etc/e820", m->e820, make_e820(m, c->memmap));
    if (boot_order)
        err |= fwcfg_add_file(fwcfg, "bootorder", m->boot_order, boot_order);
    if (c->acpi)
        err |= add_acpi(m, c, fwcfg);
    if (c->processors.sockets)
        err |= add_smbios(m, c, fwcfg);
    if (!err)
        return m;
    fw_machine_free(m);
    return NULL;
}

void fw_machine_free(struct fw_machine *m)
{
    free(m);
}
