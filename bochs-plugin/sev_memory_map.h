/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory map of Bochs's machine, over memory_map.c.
 */
#ifndef BX_SEV_MEMORY_MAP_H
#define BX_SEV_MEMORY_MAP_H

#include <stddef.h>

#include "memory_map.h"

/* Describe Bochs's machine. `flash_size` 0: there is no flash chip. A machine that is not a PC ends
 * Bochs with a message. */
void bx_sev_memmap_init(struct memmap *map, uint64_t flash_start, uint64_t flash_size);

/* Take over the place of the frame buffer, if the guest moved it. */
void bx_sev_memmap_update(struct memmap *map);

/* Return the kind of memory that a read at `paddr` finds: as memmap_kind(), but in place of
 * MEMMAP_KIND_SHADOW what the chip set selects for reads, MEMMAP_KIND_RAM or MEMMAP_KIND_ROM. */
enum memmap_kind bx_sev_memmap_read_kind(const struct memmap *map, uint64_t paddr);

/* Return what is at `paddr` for a person, e.g. "shadow RAM" or "frame buffer". Takes over the place
 * of the frame buffer first. */
const char *bx_sev_memmap_name(struct memmap *map, uint64_t paddr);

/* Where Bochs loads the firmware, from romimage: of bochsrc. Return its size, 0 if there is no such
 * file. */
uint64_t bx_sev_memmap_firmware(uint64_t *start);

/* Return Bochs's ROM array: BX_SEV_ROM_SIZE bytes, what it stores for the addresses below 4 GiB, then
 * the option ROMs. A20 is open. */
#define BX_SEV_ROM_SIZE ((size_t)(BIOSROMSZ + EXROMSIZE))
uint8_t *bx_sev_memmap_rom(void);

#endif
