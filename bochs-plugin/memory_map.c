/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory map of the PC.
 *
 * Follows Bochs memory/misc_mem.cc (BX_MEM_C::getHostMemAddr(), load_ROM()), iodev/ioapic.cc,
 * iodev/hpet.cc and cpu/apic.h for the addresses.
 */
#include "memory_map.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* --- build --- */

static void append(struct memmap *map, const struct memmap_area *area, uint64_t start,
                   uint64_t last)
{
    map->areas[map->n] = *area;
    map->areas[map->n].start = start;
    map->areas[map->n].last = last;
    map->n++;
}

/* Put an area over what is there. */
static void place(struct memmap *map, uint64_t start, uint64_t last, enum memmap_kind kind,
                  const char *name)
{
    const struct memmap_area area = {start, last, kind, name};
    const struct memmap old = *map;

    map->n = 0;
    for (unsigned i = 0; i < old.n && old.areas[i].start < start; i++)
        append(map, &old.areas[i], old.areas[i].start,
               old.areas[i].last < start ? old.areas[i].last : start - 1);
    append(map, &area, start, last);
    for (unsigned i = 0; i < old.n; i++)
        if (old.areas[i].last > last)
            append(map, &old.areas[i], old.areas[i].start > last ? old.areas[i].start : last + 1,
                   old.areas[i].last);
}

static bool is_pc(const struct memmap_config *c)
{
    uint64_t flash_end = c->flash_start + c->flash_size;

    if (c->ram_size < MEMMAP_1M || c->ram_size % MEMMAP_PAGE_SIZE || c->ram_size > INT64_MAX)
        return false;
    if (c->rom_start < MEMMAP_FIRMWARE_LOWEST || c->rom_start >= MEMMAP_4G)
        return false;
    return !c->flash_size ||
           (c->flash_start >= MEMMAP_FIRMWARE_LOWEST && c->flash_start % MEMMAP_PAGE_SIZE == 0 &&
            c->flash_size % MEMMAP_PAGE_SIZE == 0 && c->flash_size <= c->rom_start &&
            flash_end <= c->rom_start);
}

static void place_ram(struct memmap *map, const struct memmap_config *c)
{
    const uint64_t first_high = c->moves_ram ? MEMMAP_PCI_HOLE : MEMMAP_4G;

    map->low_ram_end = c->ram_size < MEMMAP_PCI_HOLE ? c->ram_size : MEMMAP_PCI_HOLE;
    map->high_ram_end = MEMMAP_4G + (c->ram_size > first_high ? c->ram_size - first_high : 0);
    place(map, 0, map->low_ram_end - 1, MEMMAP_KIND_RAM, "RAM");
    place(map, MEMMAP_ADAPTER, MEMMAP_SHADOW - 1, MEMMAP_KIND_ADAPTER, "VGA memory");
    place(map, MEMMAP_SHADOW, MEMMAP_1M - 1, MEMMAP_KIND_SHADOW, "ROM and shadow RAM");
    if (map->high_ram_end > MEMMAP_4G)
        place(map, MEMMAP_4G, map->high_ram_end - 1, MEMMAP_KIND_RAM, "RAM");
}

static void place_devices(struct memmap *map, const struct memmap_config *c)
{
    if (c->ioapic)
        place(map, MEMMAP_IOAPIC, MEMMAP_IOAPIC + MEMMAP_PAGE_SIZE - 1, MEMMAP_KIND_MMIO,
              "I/O APIC");
    if (c->hpet)
        place(map, MEMMAP_HPET, MEMMAP_HPET + MEMMAP_PAGE_SIZE - 1, MEMMAP_KIND_MMIO, "HPET");
    place(map, MEMMAP_LOCAL_APIC, MEMMAP_LOCAL_APIC + MEMMAP_PAGE_SIZE - 1, MEMMAP_KIND_MMIO,
          "local APIC");
    if (c->flash_size)
        place(map, c->flash_start, c->flash_start + c->flash_size - 1, MEMMAP_KIND_FLASH,
              "flash memory");
    place(map, c->rom_start - c->rom_start % MEMMAP_PAGE_SIZE, MEMMAP_4G - 1, MEMMAP_KIND_ROM,
          "ROM");
}

int memmap_init(struct memmap *map, const struct memmap_config *config)
{
    const struct memmap_config c = *config; /* may be the map's own */

    if (!is_pc(&c))
        return -EINVAL;
    memset(map, 0, sizeof(*map));
    map->config = c;
    map->n = 1;
    map->areas[0] = (struct memmap_area){0, UINT64_MAX, MEMMAP_KIND_NOTHING, "nothing"};
    place(map, 0, MEMMAP_4G - 1, MEMMAP_KIND_MMIO, "PCI devices or nothing");
    place_ram(map, &c);
    place_devices(map, &c);
    return 0;
}

void memmap_set_frame_buffer(struct memmap *map, uint64_t start, uint64_t size)
{
    const struct memmap_area *area;

    (void)!memmap_init(map, &map->config); /* it was good when the map was made */
    area = memmap_at(map, start);
    if (!size || start % MEMMAP_PAGE_SIZE || size % MEMMAP_PAGE_SIZE ||
        area->kind != MEMMAP_KIND_MMIO || area->last - start < size - 1)
        return;
    map->frame_buffer = start;
    map->frame_buffer_size = size;
    place(map, start, start + size - 1, MEMMAP_KIND_FRAME_BUFFER, "frame buffer");
}

/* --- ask --- */

const struct memmap_area *memmap_at(const struct memmap *map, uint64_t paddr)
{
    const struct memmap_area *area = map->areas;

    while (area->last < paddr) /* the last one ends at 2^64 - 1 */
        area++;
    return area;
}

bool memmap_all(const struct memmap *map, uint64_t start, uint64_t len, unsigned kinds)
{
    const struct memmap_area *area;

    if (!len)
        return true;
    if (len - 1 > UINT64_MAX - start)
        return false;
    for (area = memmap_at(map, start); area->kind & kinds; area++)
        if (area->last >= start + (len - 1))
            return true;
    return false;
}
