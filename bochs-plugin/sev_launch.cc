/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch of the machine at power-on: which ROMs it has, and the built-in hypervisor's steps
 * over them.
 *
 * Follows QEMU target/i386/sev.c (sev_launch_start .. sev_launch_finish) for what is measured.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "param_names.h"
#include "sev_launch.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_psp_host.h"

#include <string.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "protocol/b64.h"
#include "protocol/measure.h"
#include "memory_map.h"
#include "firmware/ovmf_table.h"
#include "firmware/sev_firmware.h"
#include "hypervisor/hv.h"

/* Adds a ROM as Bochs's load_ROM() placed it: `address` 0 = ends at 4 GiB. */
static void add_rom(std::vector<struct hv_region> &roms, const char *name, const char *path,
                    uint64_t address)
{
    struct stat st;

    if (!*path || stat(path, &st) || st.st_size <= 0)
        return; /* Bochs has already said so, or the machine has no such ROM */
    uint64_t gpa = address ? address : (UINT64_C(1) << 32) - (uint64_t)st.st_size;
    roms.push_back({name, gpa, (uint32_t)st.st_size});
}

/* VGA BIOS, option ROMs, boot ROM: what a legacy BIOS calls. */
static void list_option_roms(const struct sev_machine *m, std::vector<struct hv_region> &roms)
{
    static const char *const optroms[] = {"option ROM 1", "option ROM 2", "option ROM 3",
                                          "option ROM 4"};
    struct hv_region boot_rom;

    if (SIM->is_pci_device("pcivga") || SIM->is_pci_device("cirrus") ||
        SIM->is_pci_device("voodoo"))
        BX_INFO(("the VGA BIOS is on a PCI adapter: the BIOS copies it, so the launch does not "
                 "measure it"));
    else
        add_rom(roms, "VGA BIOS", SIM->get_param_string(BXPN_VGA_ROM_PATH)->getptr(),
                MEMMAP_SHADOW);
    for (unsigned i = 0; i < BX_N_OPTROM_IMAGES && i < 4; i++) {
        std::string base = std::string(BXPN_OPTROM_BASE) + "." + std::to_string(i + 1);
        bx_list_c *list = (bx_list_c *)SIM->get_param(base.c_str());
        add_rom(roms, optroms[i], SIM->get_param_string("file", list)->getptr(),
                (uint64_t)SIM->get_param_num("address", list)->get64());
    }
    if (bx_sev_fwcfg_rom(bx_sev_machine_fwcfg(m), &boot_rom))
        roms.push_back(boot_rom);
}

/* QEMU's table of kernel hashes, which the hypervisor writes and then launches. */
static void place_hashes(struct sev_machine *m, std::vector<struct hv_region> &regions)
{
    uint8_t table[KERNEL_HASHES_SIZE];
    uint64_t gpa;

    if (!bx_sev_fwcfg_hashes(bx_sev_machine_fwcfg(m), table, &gpa) || !gpa)
        return;
    int err = bx_sev_psp_host_write(m, gpa, table, sizeof(table));
    if (err)
        BX_FATAL(("sev: kernel_hashes: the table cannot be written to %#lx: %s", (unsigned long)gpa,
                  strerror(-err)));
    regions.push_back({"kernel hashes", gpa, sizeof(table)});
}

/* All that the CPU will execute and that is there before its first instruction; OVMF runs no legacy
 * ROM. */
static std::vector<struct hv_region> list_regions(struct sev_machine *m)
{
    std::vector<struct hv_region> regions;

    add_rom(regions, "BIOS", SIM->get_param_string(BXPN_ROM_PATH)->getptr(),
            (uint64_t)SIM->get_param_num(BXPN_ROM_ADDRESS)->get64());
    if (!bx_sev_machine_ovmf(m)->present)
        list_option_roms(m, regions);
    place_hashes(m, regions);
    return regions;
}

/* --- secrets --- */

bool bx_sev_launch_secret_gpa(const struct sev_machine *m, size_t len, uint64_t *gpa, char *error,
                              size_t error_size)
{
    struct ovmf_area area;

    if (bx_sev_fwcfg_secrets(bx_sev_machine_fwcfg(m), &area)) {
        if (len > area.size)
            snprintf(error, error_size, "the secret does not fit after the boot ROM (size=%#x)",
                     area.size);
        *gpa = area.base;
        return len <= area.size;
    }
    *gpa = bx_sev_machine_ovmf(m)->areas[OVMF_SECRETS].base;
    return ovmf_table_area(bx_sev_machine_ovmf(m), OVMF_SECRETS, bx_sev_machine_memmap(m), len,
                           error, error_size);
}

/* --- the launch --- */

static void launch_failed(const struct hv_failure &failure)
{
    BX_FATAL(("the launch failed: %s%s%s: %s (%02Xh)", failure.step, *failure.what ? " of " : "",
              failure.what, psp_status_name(failure.status), failure.status));
}

void bx_sev_launch(struct sev_machine *m)
{
    const struct opt *opt = bx_sev_machine_opt(m);
    const bool session = opt->session.len != 0;
    const struct hv_owner owner = {(uint32_t)opt->policy, session ? opt->session.bytes : NULL,
                                   session ? opt->dh_cert.bytes : NULL};
    struct hv_secret secret = {opt->secret_header.bytes, opt->secret_payload.bytes,
                               (uint32_t)opt->secret_payload.len, opt->secret_gpa};
    std::vector<struct hv_region> regions = list_regions(m);
    struct hv_failure failure = {};
    char error[200];
    char text[B64_TEXT_SIZE(MEASURE_BLOB_SIZE)];

    if (!hv_launch(bx_sev_machine_hv(m), &owner, regions.data(), (unsigned)regions.size(),
                   &failure))
        launch_failed(failure);
    b64_encode(hv_measurement(bx_sev_machine_hv(m)), MEASURE_BLOB_SIZE, text);
    BX_INFO(("launch measurement %s", text));
    if (!opt->secret_header.len)
        return;
    if (!opt->secret_gpa_set &&
        !bx_sev_launch_secret_gpa(m, secret.len, &secret.gpa, error, sizeof(error)))
        BX_FATAL(("sev: secret_header: %s", error));
    if (!hv_inject(bx_sev_machine_hv(m), &secret, &failure))
        launch_failed(failure);
}

void bx_sev_launch_finish(struct sev_machine *m)
{
    struct hv_failure failure = {};

    if (!hv_finish(bx_sev_machine_hv(m), &failure))
        launch_failed(failure);
}
