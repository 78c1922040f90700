/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory of the host in devices. See sev_device_memory.h.
 *
 * Under KVM, flash in read-array mode and the frame buffer are RAM of the host, mapped into the guest
 * (QEMU hw/block/pflash_cfi01.c, memory_region_init_rom_device() and its romd_mode; hw/display/vga.c,
 * memory_region_init_ram_nomigrate()). So a guest that maps them with C=1 reads what the CPU makes of
 * them with its key: noise that depends on key and address (edk2 issue 10392). Registers of devices
 * have no such memory, and read the same through both values of the C-bit.
 *
 * The memory itself stays as the device has it, because the device shows it: only what an access
 * returns is changed.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "sev_device_memory.h"
#include "sev_log.h"
#include "sev_memory.h"
#include "sev_memory_map.h"

#include <string.h>

#include <unordered_set>

struct sev_device_memory {
    struct memmap *memmap;
    struct sev_memory *memory;
    std::unordered_set<uint64_t> private_pages; /* numbers of pages that CPUs access through C=1 */
};

struct sev_device_memory *bx_sev_device_memory_new(struct memmap *memmap, struct sev_memory *memory)
{
    struct sev_device_memory *dm = new struct sev_device_memory();

    dm->memmap = memmap;
    dm->memory = memory;
    return dm;
}

void bx_sev_device_memory_free(struct sev_device_memory *dm)
{
    delete dm;
}

/* Firmware places the frame buffer after the map was made. */
static bool is_device_memory(struct sev_device_memory *dm, uint64_t spa)
{
    if (spa < MEMMAP_PCI_HOLE || spa >= MEMMAP_4G)
        return false;
    if (memmap_kind(dm->memmap, spa) & (MEMMAP_KIND_MMIO | MEMMAP_KIND_FRAME_BUFFER))
        bx_sev_memmap_update(dm->memmap);
    return memmap_kind(dm->memmap, spa) & MEMMAP_HOST;
}

void bx_sev_device_memory_access(struct sev_device_memory *dm, uint64_t spa, uint32_t flags)
{
    const uint64_t page = spa / MEMMAP_PAGE_SIZE;
    const bool is_private = sev_flags_access(flags) == SEV_ACCESS_PRIVATE;

    if (sev_flags_why(flags) != SEV_WHY_DATA && sev_flags_why(flags) != SEV_WHY_DEVICE)
        return; /* code and page tables cannot be there */
    if (!is_device_memory(dm, spa) || is_private == bx_sev_device_memory_private(dm, spa))
        return;
    if (is_private)
        dm->private_pages.insert(page);
    else
        dm->private_pages.erase(page);
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        BX_CPU(i)->TLB_flush();
}

bool bx_sev_device_memory_private(const struct sev_device_memory *dm, uint64_t spa)
{
    return dm->private_pages.count(spa / MEMMAP_PAGE_SIZE) != 0;
}

void bx_sev_device_memory_decrypt(struct sev_device_memory *dm, uint64_t spa, unsigned len,
                                  void *data, uint8_t *page)
{
    const uint64_t start = spa & ~(uint64_t)(MEMMAP_PAGE_SIZE - 1);

    if (!dm->memory || !bx_sev_device_memory_private(dm, spa))
        return;
    if (bx_sev_memory_cipher(dm->memory, start, page, false))
        memcpy(data, page + (spa - start), len);
    else
        BX_ERROR(("sev: the cipher failed: %#lx is read as the device has it", (unsigned long)spa));
}
