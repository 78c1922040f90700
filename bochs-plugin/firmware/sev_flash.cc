/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * vars=: the flash chip with OVMF's variables, below the firmware's code, where OVMF looks for it.
 *
 * Connects pflash.h to memory handlers of Bochs. The launch does not measure it, as with QEMU's second
 * pflash drive. While the chip reads as memory, C=1 sees noise (sev_device_memory.h). Commands to it,
 * and what it answers to them, are the same through both values of the C-bit.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_device_memory.h"
#include "sev_log.h"

#include <string.h>

#include "pflash.h"
#include "sev_firmware.h"
#include "sev_memory_map.h"

struct sev_flash {
    struct pflash *chip;
    bx_phy_address base;
    struct sev_device_memory *device_memory; /* NULL: a machine without SEV */
};

static const uint8_t reads_as_memory = 0xff; /* struct pflash_state command */

/* The access lies within a page. */
static void decrypt(struct sev_flash *f, bx_phy_address address, unsigned len, void *data)
{
    const size_t offset = (size_t)(address - f->base) & ~(size_t)(MEMMAP_PAGE_SIZE - 1);
    uint8_t page[MEMMAP_PAGE_SIZE];

    if (!f->device_memory || pflash_state(f->chip)->command != reads_as_memory)
        return;
    memcpy(page, pflash_contents(f->chip) + offset, sizeof(page));
    bx_sev_device_memory_decrypt(f->device_memory, address, len, data, page);
}

static void check(struct sev_flash *f)
{
    int trouble = pflash_trouble(f->chip);

    if (trouble)
        BX_ERROR(("sev: vars: the file cannot be written: %s", strerror(trouble)));
}

static bool flash_read(bx_phy_address address, unsigned len, void *data, void *param)
{
    struct sev_flash *f = (struct sev_flash *)param;
    Bit8u *bytes = (Bit8u *)data;

    for (unsigned i = 0; i < len; i++)
        bytes[i] = (Bit8u)pflash_read(f->chip, (uint32_t)(address - f->base) + i, 1);
    decrypt(f, address, len, data);
    return true;
}

static bool flash_write(bx_phy_address address, unsigned len, void *data, void *param)
{
    struct sev_flash *f = (struct sev_flash *)param;
    Bit64u value = 0;

    memcpy(&value, data, len < sizeof(value) ? len : sizeof(value));
    pflash_write(f->chip, (uint32_t)(address - f->base), value, len);
    check(f);
    return true;
}

struct sev_flash *bx_sev_flash_new(const char *path, bool ovmf)
{
    char error[300];
    uint64_t code;

    if (!ovmf)
        BX_FATAL(("sev: vars needs OVMF as firmware, which keeps its variables there"));
    struct sev_flash *f = new struct sev_flash();
    f->chip = pflash_new(path, error, sizeof(error));
    if (!f->chip)
        BX_FATAL(("sev: %s", error));
    bx_sev_memmap_firmware(&code);
    f->base = code - pflash_size(f->chip);
    if (f->base < MEMMAP_FIRMWARE_LOWEST || f->base > code || f->base % PFLASH_BLOCK)
        BX_FATAL(("sev: vars: '%s' does not fit between 0xff000000 and the firmware's code", path));
    bx_phy_address last = f->base + pflash_size(f->chip) - 1;
    if (!DEV_register_memory_handlers(f, flash_read, flash_write, f->base, last))
        BX_FATAL(("sev: vars: another device is at %#lx", (unsigned long)f->base));
    BX_INFO(("variables of OVMF at %#lx in '%s'", (unsigned long)f->base, path));
    return f;
}

void bx_sev_flash_attach(struct sev_flash *f, struct sev_device_memory *device_memory)
{
    f->device_memory = device_memory;
}

uint64_t bx_sev_flash_base(const struct sev_flash *f)
{
    return f->base;
}

uint64_t bx_sev_flash_size(const struct sev_flash *f)
{
    return pflash_size(f->chip);
}

/* Bochs has forgotten its memory handlers by then. */
void bx_sev_flash_free(struct sev_flash *f)
{
    if (!f)
        return;
    pflash_free(f->chip);
    delete f;
}

void bx_sev_flash_reset(struct sev_flash *f)
{
    pflash_reset(f->chip);
}

void bx_sev_flash_register_state(struct sev_flash *f, bx_list_c *list)
{
    struct pflash_state *state = pflash_state(f->chip);
    bx_list_c *own = new bx_list_c(list, "flash", "variables of OVMF");

    new bx_shadow_num_c(own, "command", &state->command);
    new bx_shadow_num_c(own, "data", &state->data);
    new bx_shadow_num_c(own, "status", &state->status);
    new bx_shadow_data_c(own, "contents", pflash_contents(f->chip), pflash_size(f->chip));
}

void bx_sev_flash_restored(struct sev_flash *f)
{
    pflash_replaced(f->chip);
    check(f);
}
