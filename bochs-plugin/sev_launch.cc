/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch of the machine at power-on: which ROMs it has, and the hypervisor role's steps over
 * them.
 *
 * Follows QEMU target/i386/sev.c (sev_launch_start .. sev_launch_finish) for what is measured.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "param_names.h"
#include "sev.h"
#include "sev_machine.h"

#include <sys/stat.h>

#include <string>
#include <vector>

#include "b64.h"
#include "measure.h"

#define LOG_THIS bx_sev_device->

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

/* BIOS, VGA BIOS, option ROMs, boot ROM: all that the CPU will execute, in that order. */
static std::vector<struct hv_region> list_roms(const struct sev_machine *m)
{
    static const char *const optroms[] = {"option ROM 1", "option ROM 2", "option ROM 3",
                                          "option ROM 4"};
    std::vector<struct hv_region> roms;

    add_rom(roms, "BIOS", SIM->get_param_string(BXPN_ROM_PATH)->getptr(),
            (uint64_t)SIM->get_param_num(BXPN_ROM_ADDRESS)->get64());
    if (SIM->is_pci_device("pcivga") || SIM->is_pci_device("cirrus") ||
        SIM->is_pci_device("voodoo"))
        BX_INFO(
            ("the VGA BIOS is behind PCI: the BIOS will copy it, the launch does not measure it"));
    else
        add_rom(roms, "VGA BIOS", SIM->get_param_string(BXPN_VGA_ROM_PATH)->getptr(), 0xc0000);
    for (unsigned i = 0; i < BX_N_OPTROM_IMAGES && i < 4; i++) {
        std::string base = std::string(BXPN_OPTROM_BASE) + "." + std::to_string(i + 1);
        bx_list_c *list = (bx_list_c *)SIM->get_param(base.c_str());
        add_rom(roms, optroms[i], SIM->get_param_string("file", list)->getptr(),
                (uint64_t)SIM->get_param_num("address", list)->get64());
    }
    if (m->fwcfg) {
        struct hv_region regions[2];
        roms.insert(roms.end(), regions, regions + bx_sev_fwcfg_regions(m->fwcfg, regions));
    }
    return roms;
}

static void launch_failed(const struct hv_failure &failure)
{
    BX_FATAL(("the launch failed: %s%s%s: %s (%02Xh)", failure.step, *failure.what ? " of " : "",
              failure.what, psp_status_name(failure.status), failure.status));
}

void bx_sev_machine_launch(struct sev_machine *m)
{
    const struct opt *opt = m->opt;
    const bool session = opt->session.len != 0;
    const struct hv_owner owner = {(uint32_t)opt->policy, session ? opt->session.bytes : NULL,
                                   session ? opt->dh_cert.bytes : NULL};
    const struct hv_secret secret = {opt->secret_header.bytes, opt->secret_payload.bytes,
                                     (uint32_t)opt->secret_payload.len, opt->secret_gpa};
    std::vector<struct hv_region> roms = list_roms(m);
    struct hv_failure failure = {};
    char text[B64_TEXT_SIZE(MEASURE_BLOB_SIZE)];

    if (!hv_launch(m->hv, &owner, roms.data(), (unsigned)roms.size(), &failure))
        launch_failed(failure);
    b64_encode(hv_measurement(m->hv), MEASURE_BLOB_SIZE, text);
    BX_INFO(("launch measurement %s", text));
    if (opt->secret_header.len && !hv_inject(m->hv, &secret, &failure))
        launch_failed(failure);
}

void bx_sev_machine_finish(struct sev_machine *m)
{
    struct hv_failure failure = {};

    if (!hv_finish(m->hv, &failure))
        launch_failed(failure);
}
