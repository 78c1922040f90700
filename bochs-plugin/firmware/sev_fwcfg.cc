/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The firmware configuration device at its ports: the machine description, kernel=, initrd= and
 * append=, and the boot ROM that boots the kernel under a legacy BIOS. OVMF boots it without ROM.
 *
 * DMA of the device uses Bochs's functions for devices, so with SEV these are shared accesses (C=0).
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "param_names.h"
#include "sev_log.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "hypervisor/hv.h"
#include "opt.h"
#include "fw_machine.h"
#include "kernel_boot.h"
#include "fwcfg.h"
#include "memory_map.h"
#include "ovmf_area.h"
#include "sev_firmware.h"

struct sev_fwcfg {
    const struct memmap *memmap;
    struct fwcfg *fwcfg;
    struct fw_machine *machine;
    struct kernel_boot *kernel; /* NULL: no kernel= */
    uint64_t rom_address;       /* 0: no boot ROM */
    uint32_t rom_size;
    uint64_t hashes; /* address of the table of kernel hashes, 0: none */
};

/* The table of hashes follows the boot ROM directly; the page after that is for secrets. */
static const uint32_t rom_secrets = 0x1000, rom_secrets_size = 0x1000;

/* --- fwcfg_dma --- */

static unsigned to_page_end(uint64_t gpa, size_t len)
{
    size_t n = 0x1000 - (gpa & 0xfff);

    return (unsigned)(n < len ? n : len);
}

static int dma_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
    Bit8u *data = (Bit8u *)buf;

    if (!memmap_all((const struct memmap *)ctx, gpa, len, MEMMAP_DMA))
        return -EFAULT;
    for (unsigned n; len; gpa += n, data += n, len -= n)
        BX_MEM(0)->dmaReadPhysicalPage(gpa, n = to_page_end(gpa, len), data);
    return 0;
}

/* Bochs drops writes to ROM, and writes that encrypted memory refuses. So compare with what RAM holds
 * afterwards: the page has raw memory contents then. */
static bool is_in_ram(uint64_t gpa, const Bit8u *data, unsigned len)
{
    return !memcmp(BX_MEM(0)->get_vector(A20ADDR(gpa)), data, len);
}

static int dma_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
    Bit8u *data = (Bit8u *)buf; /* Bochs takes no const; it does not write */

    if (!memmap_all((const struct memmap *)ctx, gpa, len, MEMMAP_DMA))
        return -EFAULT;
    for (unsigned n; len; gpa += n, data += n, len -= n) {
        BX_MEM(0)->dmaWritePhysicalPage(gpa, n = to_page_end(gpa, len), data);
        if (!is_in_ram(gpa, data, n))
            return -EFAULT;
    }
    return 0;
}

/* --- ports --- */

/* A whole REP INSW at the data port: the CPU offers a part of a page and counts what it was given.
 */
static void read_bulk(struct fwcfg *fwcfg)
{
    unsigned words = DEV_bulk_io_quantum_requested();

    fwcfg_read_block(fwcfg, DEV_bulk_io_host_addr(), words * 2);
    DEV_bulk_io_host_addr() += words * 2;
    DEV_bulk_io_quantum_transferred() = words;
}

static Bit32u port_read(void *self, Bit32u address, unsigned len)
{
    struct fwcfg *fwcfg = ((struct sev_fwcfg *)self)->fwcfg;

    if (address == FWCFG_PORT_DATA && len == 2 && DEV_bulk_io_quantum_requested()) {
        read_bulk(fwcfg);
        return 0;
    }
    return fwcfg_read(fwcfg, address - FWCFG_PORT, len);
}

static void port_write(void *self, Bit32u address, Bit32u value, unsigned len)
{
    fwcfg_write(((struct sev_fwcfg *)self)->fwcfg, address - FWCFG_PORT, value, len);
}

/* Bochs after 3.0 has such a device. Its line may come before or after ours in bochsrc. */
static bool bochs_has_fwcfg()
{
    bx_param_c *enabled = SIM->get_param("misc.fw_cfg.enabled");

    return enabled && ((bx_param_bool_c *)enabled)->get();
}

static bool claim_port(struct sev_fwcfg *f, unsigned port)
{
    if (!DEV_register_ioread_handler(f, port_read, port, "sev fw_cfg", 7))
        return false;
    if (DEV_register_iowrite_handler(f, port_write, port, "sev fw_cfg", 7))
        return true;
    DEV_unregister_ioread_handler(f, port_read, port, 7);
    return false;
}

/* All ports, or none. */
static bool claim_ports(struct sev_fwcfg *f)
{
    unsigned port = FWCFG_PORT;

    while (port < FWCFG_PORT + FWCFG_PORTS && claim_port(f, port))
        port++;
    if (port == FWCFG_PORT + FWCFG_PORTS)
        return true;
    while (port-- > FWCFG_PORT) {
        DEV_unregister_ioread_handler(f, port_read, port, 7);
        DEV_unregister_iowrite_handler(f, port_write, port, 7);
    }
    return false;
}

/* The other device describes the machine to the firmware; a kernel it cannot take from us. */
static void step_back(const struct opt *opt)
{
    const char *other = bochs_has_fwcfg() ? "Bochs's own (fw_cfg: enabled=1)" : "another one";

    if (*opt->kernel)
        BX_FATAL(("sev: kernel: firmware asks the firmware configuration device at I/O ports "
                  "%#x-%#x for it, and %s is there, which cannot be given a kernel",
                  FWCFG_PORT, FWCFG_PORT + FWCFG_PORTS - 1, other));
    BX_INFO(("the firmware configuration device is %s", other));
}

/* --- the boot ROM --- */

/* It is one directory above the plugin. */
static std::string find_rom()
{
    Dl_info info;
    std::string path = dladdr((void *)bx_sev_fwcfg_new, &info) ? info.dli_fname : "";
    size_t slash = path.rfind('/');

    return (slash == std::string::npos ? "." : path.substr(0, slash)) + "/../bootrom.rom";
}

/* Find `size` bytes for an option ROM that no option ROM of the user has, above a VGA BIOS of 64 KiB.
 * Return 0 if there are none. */
static uint64_t find_place(uint64_t size)
{
    static const uint64_t first = MEMMAP_SHADOW + 0x10000, last = first + 0x10000, step = 0x1000;

    for (uint64_t at = first; at + size <= last; at += step) {
        bool is_free = true;
        for (unsigned i = 1; i <= BX_N_OPTROM_IMAGES; i++) {
            std::string base = std::string(BXPN_OPTROM_BASE) + "." + std::to_string(i);
            bx_list_c *list = (bx_list_c *)SIM->get_param(base.c_str());
            uint64_t rom = (uint64_t)SIM->get_param_num("address", list)->get64();
            struct stat st;

            if (!stat(SIM->get_param_string("file", list)->getptr(), &st) &&
                at < rom + (uint64_t)st.st_size && rom < at + size)
                is_free = false;
        }
        if (is_free)
            return at;
    }
    return 0;
}

/* The ROM's file. */
static std::string read_rom()
{
    std::string path = find_rom();
    std::ifstream file(path, std::ios::binary);
    std::string image((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());

    if (!file || image.empty() || image.size() > rom_secrets - KERNEL_HASHES_SIZE)
        BX_FATAL(("sev: kernel: the boot ROM '%s' cannot be read", path.c_str()));
    return image;
}

/* Bochs loads a ROM only from a file. So the ROM, with what follows it, becomes a file without a
 * name. */
static void load_image(const std::string &image, uint64_t address)
{
    int fd = memfd_create("boot ROM", MFD_CLOEXEC);
    std::string path = "/proc/self/fd/" + std::to_string(fd);

    if (fd < 0 || write(fd, image.data(), image.size()) != (ssize_t)image.size())
        BX_FATAL(("sev: kernel: the boot ROM cannot be put together: %s", strerror(errno)));
    BX_MEM(0)->load_ROM(path.c_str(), address, 2);
    close(fd);
}

static void load_rom(struct sev_fwcfg *f)
{
    std::string image = read_rom();

    f->rom_size = (uint32_t)image.size();
    image.resize(rom_secrets + rom_secrets_size);
    f->rom_address = find_place(image.size());
    if (!f->rom_address)
        BX_FATAL(("sev: kernel: the boot ROM needs %u free bytes from 0xd0000 to 0xdffff, which "
                  "the option ROMs of the machine do not leave",
                  (unsigned)image.size()));
    load_image(image, f->rom_address);
}

/* --- life --- */

/* End of RAM below 4 GiB, less what the BIOS takes at its top for ACPI tables. */
static uint64_t usable_ram_end(const struct memmap *memmap)
{
    static const uint64_t for_firmware = 0x100000;

    return memmap->low_ram_end - for_firmware;
}

static void add_kernel(struct sev_fwcfg *f, const struct opt *opt)
{
    struct kernel_boot_config config = {};
    char error[400];

    config.kernel = opt->kernel;
    config.initrd = opt->initrd;
    config.append = opt->append;
    config.ram_size = memmap_ram(f->memmap);
    config.ram_end = usable_ram_end(f->memmap);
    f->kernel = kernel_boot_new(&config, f->fwcfg, error, sizeof(error));
    if (!f->kernel)
        BX_FATAL(("sev: %s", error));
}

/* Where the launch writes the table of hashes: OVMF says where it wants it. */
static uint64_t find_hashes(const struct sev_fwcfg *f, const struct ovmf_table *ovmf)
{
    char error[200];

    if (f->rom_address)
        return f->rom_address + f->rom_size;
    if (!ovmf_area_find(ovmf, OVMF_HASHES, f->memmap, KERNEL_HASHES_SIZE, error, sizeof(error)))
        BX_FATAL(("sev: kernel_hashes: %s", error));
    return ovmf->areas[OVMF_HASHES].base;
}

struct sev_fwcfg *bx_sev_fwcfg_new(const struct opt *opt, const struct ovmf_table *ovmf,
                                   const struct memmap *memmap)
{
    const struct fwcfg_dma dma = {(void *)memmap, dma_read, dma_write};

    if (!*opt->kernel && !ovmf->present)
        return NULL;
    struct sev_fwcfg *f = new struct sev_fwcfg();
    f->memmap = memmap;
    if (bochs_has_fwcfg() || !claim_ports(f)) {
        step_back(opt);
        delete f;
        return NULL;
    }
    f->fwcfg = fwcfg_new(&dma);
    if (!f->fwcfg)
        BX_FATAL(("sev: the firmware configuration device could not be made: out of memory"));
    f->machine = bx_sev_fw_machine_new(f->fwcfg, memmap);
    if (*opt->kernel)
        add_kernel(f, opt);
    if (f->kernel && !ovmf->present)
        load_rom(f);
    if (opt->kernel_hashes)
        f->hashes = find_hashes(f, ovmf);
    return f;
}

void bx_sev_fwcfg_free(struct sev_fwcfg *f)
{
    if (!f)
        return;
    fwcfg_free(f->fwcfg);
    kernel_boot_free(f->kernel);
    fw_machine_free(f->machine);
    delete f;
}

bool bx_sev_fwcfg_hashes(const struct sev_fwcfg *f, uint8_t table[KERNEL_HASHES_SIZE],
                         uint64_t *gpa)
{
    if (!f || !f->kernel)
        return false;
    kernel_boot_hashes(f->kernel, table);
    *gpa = f->hashes;
    return true;
}

bool bx_sev_fwcfg_rom(const struct sev_fwcfg *f, struct hv_region *rom)
{
    if (!f || !f->rom_address)
        return false;
    *rom = {"boot ROM", f->rom_address, f->rom_size};
    return true;
}

bool bx_sev_fwcfg_secrets(const struct sev_fwcfg *f, struct ovmf_area *area)
{
    if (!f || !f->rom_address)
        return false;
    *area = {true, (uint32_t)f->rom_address + rom_secrets, rom_secrets_size};
    return true;
}

void bx_sev_fwcfg_reset(struct sev_fwcfg *f)
{
    *fwcfg_state(f->fwcfg) = {};
}

void bx_sev_fwcfg_register_state(struct sev_fwcfg *f, bx_list_c *list)
{
    struct fwcfg_state *state = fwcfg_state(f->fwcfg);
    bx_list_c *own = new bx_list_c(list, "fwcfg", "firmware configuration device");

    new bx_shadow_num_c(own, "dma_address", &state->dma_address);
    new bx_shadow_num_c(own, "offset", &state->offset);
    new bx_shadow_num_c(own, "selector", &state->selector);
}
