/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Describes Bochs's machine to memory_map.c: the one place where the map's facts come from.
 *
 * Reads Bochs's parameters, and the state of the display adapter as Bochs saves it
 * (iodev/display/vga.cc bx_vga_c::register_state(), svga_cirrus.cc).
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "param_names.h"
#include "sev_log.h"
#include "sev_memory_map.h"

#include <sys/stat.h>

/* Bochs after 3.0 asks whether it is a core device. */
static bool device_present(const char *name)
{
#ifdef BX_PLUGIN_FW_CFG
    return PLUG_device_present(name, false) || PLUG_device_present(name, true);
#else
    return PLUG_device_present(name);
#endif
}

/* As load_ROM() of Bochs does: without address the ROM ends at 4 GiB. */
uint64_t bx_sev_memmap_firmware(uint64_t *start)
{
    const char *path = SIM->get_param_string(BXPN_ROM_PATH)->getptr();
    const uint64_t address = (uint64_t)SIM->get_param_num(BXPN_ROM_ADDRESS)->get64() & 0xffffffff;
    struct stat st;

    *start = 0;
    if (!*path || stat(path, &st) || st.st_size <= 0)
        return 0; /* Bochs ends with a message of its own */
    *start = address ? address : MEMMAP_4G - (uint64_t)st.st_size;
    return (uint64_t)st.st_size;
}

void bx_sev_memmap_init(struct memmap *map, uint64_t flash_start, uint64_t flash_size)
{
    struct memmap_config config = {};

    config.ram_size = BX_MEM(0)->get_memory_len();
#ifdef BX_SEV_PCI_HOLE
    config.moves_ram = true;
#endif
    if (!bx_sev_memmap_firmware(&config.rom_start))
        config.rom_start = MEMMAP_4G - BIOSROMSZ;
    config.flash_start = flash_start;
    config.flash_size = flash_size;
    config.ioapic = device_present(BX_PLUGIN_IOAPIC);
    config.hpet = device_present("hpet");
    if (memmap_init(map, &config))
        BX_FATAL(("sev: romimage: the firmware starts at %#lx, it must be one image that ends at "
                  "4 GiB",
                  (unsigned long)config.rom_start));
}

uint8_t *bx_sev_memmap_rom(void)
{
    return BX_MEM(0)->getHostMemAddr(NULL, MEMMAP_SHADOW, BX_READ) - BIOSROMSZ;
}

/* --- the frame buffer --- */

static bx_shadow_data_c *find_data(const char *device, const char *name)
{
    bx_list_c *list = (bx_list_c *)SIM->get_param(device, SIM->get_bochs_root());

    return list ? (bx_shadow_data_c *)SIM->get_param(name, list) : NULL;
}

/* The base address register 0 of a PCI display adapter, 0 if memory is not enabled. */
static uint64_t pci_frame_buffer(const Bit8u *config)
{
    static const unsigned command = 0x04, bar0 = 0x10;
    static const Bit8u memory_enabled = 0x02;
    uint32_t base = 0;

    for (unsigned i = 0; i < 4; i++)
        base |= (uint32_t)config[bar0 + i] << 8 * i;
    return config[command] & memory_enabled ? base & ~15u : 0;
}

/* Bochs's VBE adapter without PCI has it at a fixed place (iodev/display/vga.h). */
static const uint64_t vbe_frame_buffer = 0xe0000000;

void bx_sev_memmap_update(struct memmap *map)
{
    static const char *const devices[] = {"vga", "svga_cirrus"};
    uint64_t start = 0, size = 0;

    for (auto device : devices) {
        bx_shadow_data_c *memory = find_data(device, "vgacore.memory");
        bx_shadow_data_c *config = find_data(device, "pci_conf");

        if (!memory)
            continue;
        start = config ? pci_frame_buffer(config->getptr()) : vbe_frame_buffer;
        size = start ? memory->get_size() & ~(MEMMAP_PAGE_SIZE - 1) : 0;
    }
    if (start != map->frame_buffer || size != map->frame_buffer_size)
        memmap_set_frame_buffer(map, start, size);
}

/* --- C0000h to FFFFFh --- */

enum memmap_kind bx_sev_memmap_read_kind(const struct memmap *map, uint64_t paddr)
{
    const bx_phy_address page = (bx_phy_address)(paddr & ~(uint64_t)(MEMMAP_PAGE_SIZE - 1));
    const enum memmap_kind kind = memmap_kind(map, paddr);

    if (kind != MEMMAP_KIND_SHADOW)
        return kind;
    return BX_MEM(0)->getHostMemAddr(NULL, page, BX_READ) == BX_MEM(0)->get_vector(page)
               ? MEMMAP_KIND_RAM
               : MEMMAP_KIND_ROM;
}

const char *bx_sev_memmap_name(struct memmap *map, uint64_t paddr)
{
    bx_sev_memmap_update(map);
    if (memmap_kind(map, paddr) == MEMMAP_KIND_SHADOW)
        return bx_sev_memmap_read_kind(map, paddr) == MEMMAP_KIND_RAM ? "shadow RAM"
                                                                      : "ROM, shadow RAM is off";
    return memmap_at(map, paddr)->name;
}
