/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What firmware asks the firmware configuration device about the machine: memory and processors.
 *
 * Follows QEMU hw/i386/fw_cfg.c (fw_cfg_arch_create) and hw/i386/e820_memory_layout.h.
 */
#include "board.h"

#include "buf.h"

#include <stdlib.h>

enum {
    E820_ENTRY = 20, /* address and length, 64 bits each, type */
    E820_RAM = 1,
    E820_ENTRIES_MAX = 2,
};

struct board {
    uint8_t e820[E820_ENTRIES_MAX * E820_ENTRY];
};

/* RAM as it is wired, one entry on each side of the PCI hole; holes of the PC itself (640 KiB to 1
 * MiB) are firmware's business. Returns the length. */
static uint32_t make_e820(struct board *p, uint64_t ram_size)
{
    struct buf b = buf_writer(p->e820, sizeof(p->e820));

    buf_put64(&b, 0);
    buf_put64(&b, ram_size < BOARD_PCI_HOLE ? ram_size : BOARD_PCI_HOLE);
    buf_put32(&b, E820_RAM);
    if (ram_size > BOARD_4G) {
        buf_put64(&b, BOARD_4G);
        buf_put64(&b, ram_size - BOARD_4G);
        buf_put32(&b, E820_RAM);
    }
    return (uint32_t)b.pos;
}

struct board *board_new(const struct board_config *c, struct fwcfg *fwcfg)
{
    struct board *p = calloc(1, sizeof(*p));
    int err;

    if (!p)
        return NULL;
    err = fwcfg_add_u32(fwcfg, FW_CFG_RAM_SIZE, (uint32_t)c->ram_size);
    err |= fwcfg_add_u16(fwcfg, FW_CFG_NB_CPUS, c->cpus);
    err |= fwcfg_add_u16(fwcfg, FW_CFG_MAX_CPUS, c->cpus);
    err |= fwcfg_add_file(fwcfg, "etc/e820", p->e820, make_e820(p, c->ram_size));
    if (!err)
        return p;
    board_free(p);
    return NULL;
}

void board_free(struct board *p)
{
    free(p);
}
