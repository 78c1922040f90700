/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory map of the PC: what is at a physical address. All parts of the plugin ask here: commands of the PSP, DMA, conversion of pages, timeline, sanitizer, debugger and
 * the tables for firmware. Pure C; sev_memory_map.cc describes Bochs's machine.
 *
 * The map has no gaps and no overlaps, and every area begins and ends at a page boundary.
 *
 * RAM never appears between C0000000h and 4 GiB: Bochs reserves these addresses for PCI, and its
 * CMOS memory size ends there (Bochs iodev/devices.cc bx_devices_c::init(), CMOS 34h and 35h). What
 * becomes of RAM of that range differs. Bochs 3.0 (memory/misc_mem.cc BX_MEM_C::getHostMemAddr())
 * still answers with RAM where no device is, although no firmware reports it. Later versions
 * (memory/memory-bochs.h bx_translate_gpa_to_linear()) move it above 4 GiB. That this map calls the
 * range PCI with both is a choice of this model. QEMU's machine "pc" ends RAM at the same address if
 * it has to divide it (hw/i386/pc_piix.c pc_init1()).
 */
#ifndef SEV_MEMORY_MAP_H
#define SEV_MEMORY_MAP_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MEMMAP_PAGE_SIZE 4096u
#define MEMMAP_ADAPTER   UINT64_C(0xa0000)
#define MEMMAP_SHADOW    UINT64_C(0xc0000)
#define MEMMAP_1M        UINT64_C(0x100000)
#define MEMMAP_PCI_HOLE  UINT64_C(0xc0000000)
/* Registers of these devices at power-on, a page each. A guest may move its APICs within the PCI
 * hole; the map does not follow. */
#define MEMMAP_IOAPIC          UINT64_C(0xfec00000)
#define MEMMAP_HPET            UINT64_C(0xfed00000)
#define MEMMAP_LOCAL_APIC      UINT64_C(0xfee00000)
#define MEMMAP_4G              (UINT64_C(1) << 32)
#define MEMMAP_FIRMWARE_LOWEST UINT64_C(0xff000000) /* a ROM or flash chip is not below */

/* The kinds of memory, as bits so that a caller can name several. */
enum memmap_kind {
    MEMMAP_KIND_RAM = 0x01,
    MEMMAP_KIND_ADAPTER = 0x02, /* A0000h to BFFFFh: VGA memory, and the RAM of SMM */
    MEMMAP_KIND_SHADOW = 0x04,  /* C0000h to FFFFFh: ROM and RAM, the chip set selects which */
    MEMMAP_KIND_ROM = 0x08,     /* firmware, below 4 GiB */
    MEMMAP_KIND_FLASH = 0x10,   /* a flash chip: reads and writes go to a device */
    MEMMAP_KIND_FRAME_BUFFER = 0x20,
    MEMMAP_KIND_MMIO = 0x40,    /* device registers, or addresses that PCI may assign to devices */
    MEMMAP_KIND_NOTHING = 0x80, /* above 4 GiB and above RAM */
};

/* What each user of the map takes. */
#define MEMMAP_PSP        MEMMAP_KIND_RAM /* buffers of PSP commands */
#define MEMMAP_PSP_LAUNCH (MEMMAP_KIND_RAM | MEMMAP_KIND_SHADOW | MEMMAP_KIND_ROM)
#define MEMMAP_DMA        (MEMMAP_KIND_RAM | MEMMAP_KIND_SHADOW) /* DMA of our own devices */
#define MEMMAP_ENCRYPTED  (MEMMAP_KIND_RAM | MEMMAP_KIND_SHADOW | MEMMAP_KIND_ROM)
/* RAM of the host under KVM, which only the CPU encrypts: a flash chip that reads as memory, VRAM. */
#define MEMMAP_HOST (MEMMAP_KIND_FLASH | MEMMAP_KIND_FRAME_BUFFER)
/* Executed by firmware before it moves to RAM; also its copy in shadow RAM. */
#define MEMMAP_FIRMWARE (MEMMAP_KIND_SHADOW | MEMMAP_KIND_ROM)
/* Readable without a side effect. */
#define MEMMAP_MEMORY (MEMMAP_KIND_RAM | MEMMAP_KIND_SHADOW | MEMMAP_KIND_ROM)

struct memmap_area {
    uint64_t start, last; /* `last` is the last byte, because the map ends at 2^64 - 1 */
    enum memmap_kind kind;
    const char *name; /* for people: "RAM", "I/O APIC" */
};

#define MEMMAP_AREAS_MAX 32

struct memmap_config {
    uint64_t ram_size;                /* a multiple of the page size, at least 1 MiB */
    bool moves_ram;                   /* RAM from C0000000h on appears at 4 GiB and above */
    uint64_t rom_start;               /* of the firmware's ROM, which ends at 4 GiB */
    uint64_t flash_start, flash_size; /* size 0: no flash chip */
    bool ioapic, hpet;
};

struct memmap {
    struct memmap_area areas[MEMMAP_AREAS_MAX];
    unsigned n;
    uint64_t low_ram_end;                     /* RAM below 4 GiB ends here */
    uint64_t high_ram_end;                    /* RAM above 4 GiB ends here; 4 GiB: there is none */
    uint64_t frame_buffer, frame_buffer_size; /* size 0: none */
    struct memmap_config config;
};

/* Make the map, without frame buffer. Return 0, or -EINVAL for a description that is not a PC:
 * RAM below 1 MiB or with a part of a page, a ROM or flash chip that is not in the last 16 MiB
 * below 4 GiB, or a flash chip that overlaps the ROM. */
int memmap_init(struct memmap *map, const struct memmap_config *config);

/* Set the place of the linear frame buffer, which firmware may change at any time. With size 0,
 * and with a place that is not entirely in one area of MEMMAP_KIND_MMIO, the map has no frame
 * buffer. */
void memmap_set_frame_buffer(struct memmap *map, uint64_t start, uint64_t size);

/* Return the area that contains `paddr`. Never NULL. */
const struct memmap_area *memmap_at(const struct memmap *map, uint64_t paddr);

static inline enum memmap_kind memmap_kind(const struct memmap *map, uint64_t paddr)
{
    return memmap_at(map, paddr)->kind;
}

/* Check that every byte of a range is of one of `kinds` (bits of enum memmap_kind). A range that
 * passes 2^64 - 1 is not; an empty range is. */
bool memmap_all(const struct memmap *map, uint64_t start, uint64_t len, unsigned kinds);

/* All RAM of the map, in bytes. */
static inline uint64_t memmap_ram(const struct memmap *map)
{
    return map->low_ram_end + (map->high_ram_end - MEMMAP_4G);
}

/* Bytes of RAM above 4 GiB. */
static inline uint64_t memmap_high_ram(const struct memmap *map)
{
    return map->high_ram_end - MEMMAP_4G;
}

#ifdef __cplusplus
}
#endif
#endif
