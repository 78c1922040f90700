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
    bool writing;                               /* to a device, on behalf of a CPU */
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
    if (dm->writing)
        return;
    if (!is_device_memory(dm, spa) || is_private == bx_sev_device_memory_private(dm, spa))
        return;
    if (is_private)
        dm->private_pages.insert(page);
    else
        dm->private_pages.erase(page);
    bx_sev_memory_flush_tlbs();
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
    if (bx_sev_memory_cipher(dm->memory, 0, start, page, false))
        memcpy(data, page + (spa - start), len);
    else
        BX_ERROR(("sev: the cipher failed: %#lx is read as the device has it", (unsigned long)spa));
}

/* --- the frame buffer: Bochs's display adapter answers, and has what is shown --- */

static const unsigned block = 16; /* of the cipher */

/* The blocks that contain an access. */
struct blocks {
    uint64_t start; /* of the page */
    unsigned offset, len;
    uint8_t page[MEMMAP_PAGE_SIZE]; /* only these blocks are read */
};

static bool is_private_frame_buffer(const struct sev_device_memory *dm, uint64_t spa)
{
    return memmap_kind(dm->memmap, spa) == MEMMAP_KIND_FRAME_BUFFER &&
           bx_sev_device_memory_private(dm, spa);
}

static bool decrypt_blocks(struct sev_device_memory *dm, uint64_t spa, unsigned len,
                           struct blocks *b)
{
    const unsigned in_page = (unsigned)(spa % MEMMAP_PAGE_SIZE);

    b->start = spa - in_page;
    b->offset = in_page - in_page % block;
    b->len = (in_page + len + block - 1) / block * block - b->offset;
    memset(b->page, 0, sizeof(b->page));
    BX_MEM(0)->dbg_fetch_mem(BX_CPU(0), b->start + b->offset, b->len, b->page + b->offset);
    return bx_sev_memory_cipher(dm->memory, 0, b->start, b->page, false);
}

static void failed(uint64_t spa)
{
    BX_ERROR(("sev: the cipher failed: the access to %#lx in the frame buffer is as through C=0",
              (unsigned long)spa));
}

void bx_sev_frame_buffer_read(struct sev_device_memory *dm, uint64_t spa, unsigned len, void *data)
{
    struct blocks b;

    if (!is_private_frame_buffer(dm, spa))
        return;
    if (decrypt_blocks(dm, spa, len, &b))
        memcpy(data, b.page + (spa - b.start), len);
    else
        failed(spa);
}

bool bx_sev_frame_buffer_write(struct sev_device_memory *dm, uint64_t spa, unsigned len,
                               const void *data)
{
    struct blocks b;

    if (!is_private_frame_buffer(dm, spa))
        return false;
    if (!decrypt_blocks(dm, spa, len, &b)) {
        failed(spa);
        return false;
    }
    memcpy(b.page + (spa - b.start), data, len);
    if (!bx_sev_memory_cipher(dm->memory, 0, b.start, b.page, true)) {
        failed(spa);
        return false;
    }
    dm->writing = true;
    BX_MEM(0)->writePhysicalPage(NULL, b.start + b.offset, b.len, b.page + b.offset);
    dm->writing = false;
    return true;
}
