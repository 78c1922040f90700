/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch of the machine's own guest: which ROMs Bochs has, and where a secret goes. The steps
 * are hypervisor/hv_launch.c's.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "param_names.h"
#include "sev_cpuid.h"
#include "sev_es.h"
#include "sev_launch.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_snp.h"

#include <string.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "protocol/b64.h"
#include "protocol/hex.h"
#include "memory_map.h"
#include "psp.h"
#include "firmware/ovmf_area.h"
#include "firmware/sev_firmware.h"
#include "hypervisor/hv.h"

/* The region of a ROM as Bochs's load_ROM() placed it; `address` 0: it ends at 4 GiB. Length 0 if
 * there is no such ROM; Bochs has reported a missing file. */
static struct hv_region rom_region(const char *name, const char *path, uint64_t address)
{
    struct hv_region region = {name, address, 0};
    struct stat st;

    if (!*path || stat(path, &st) || st.st_size <= 0)
        return region;
    region.len = (uint32_t)st.st_size;
    if (!address)
        region.gpa = (UINT64_C(1) << 32) - region.len;
    return region;
}

static struct hv_region vga_bios()
{
    static const char name[] = "VGA BIOS";

    if (!SIM->is_pci_device("pcivga") && !SIM->is_pci_device("cirrus") &&
        !SIM->is_pci_device("voodoo"))
        return rom_region(name, SIM->get_param_string(BXPN_VGA_ROM_PATH)->getptr(), 0xc0000);
    BX_INFO(("the VGA BIOS is in a PCI device: the BIOS will copy it, the launch does not measure "
             "it"));
    return {name, 0, 0};
}

static struct hv_region option_rom(unsigned i)
{
    static const char *const names[] = {"option ROM 1", "option ROM 2", "option ROM 3",
                                        "option ROM 4"};
    std::string base = std::string(BXPN_OPTROM_BASE) + "." + std::to_string(i + 1);
    bx_list_c *list = (bx_list_c *)SIM->get_param(base.c_str());

    return rom_region(names[i], SIM->get_param_string("file", list)->getptr(),
                      (uint64_t)SIM->get_param_num("address", list)->get64());
}

/* The ROMs that a legacy BIOS calls: VGA BIOS, option ROMs, boot ROM. */
static void list_option_roms(const struct sev_machine *m, struct hv_firmware *firmware)
{
    static_assert(1 + 4 + 1 <= HV_OPTION_ROMS_MAX, "VGA BIOS, option ROMs, boot ROM");
    struct hv_region *roms = firmware->option_roms;
    struct hv_region boot_rom;
    unsigned n = 0;

    roms[n++] = vga_bios();
    for (unsigned i = 0; i < BX_N_OPTROM_IMAGES && i < 4; i++)
        roms[n++] = option_rom(i);
    if (bx_sev_fwcfg_rom(bx_sev_machine_fwcfg(m), &boot_rom))
        roms[n++] = boot_rom;
    firmware->n_option_roms = n;
}

/* --- SEV-ES --- */

struct vmsa_page {
    uint8_t bytes[VMSA_SIZE];
};
static_assert(sizeof(struct vmsa_page) == VMSA_SIZE, "an array of them is an array of pages");

/* The registers with which each CPU starts. */
static std::vector<struct vmsa_page> build_vmsas(const struct sev_machine *m)
{
    const struct opt *opt = bx_sev_machine_opt(m);
    struct vmsa_start start = {VMSA_BSP_EIP, bx_sev_cpuid_signature(),
                               bx_sev_snp_wanted(opt) ? opt->sev_features : 0,
                               (enum vmsa_host)opt->vmsa};
    std::vector<struct vmsa_page> pages(BX_SMP_PROCESSORS);

    for (size_t cpu = 0; cpu < pages.size(); cpu++) {
        if (cpu)
            start.reset_eip = bx_sev_machine_ovmf(m)->reset_eip;
        vmsa_build(pages[cpu].bytes, &start);
    }
    return pages;
}

/* Firmware without a SEV-ES reset block cannot handle #VC. QEMU ends here too:
 * target/i386/sev.c sev_es_find_reset_vector() finds no address for the second CPU. */
void bx_sev_launch_check(const struct sev_machine *m)
{
    const struct ovmf_table *ovmf = bx_sev_machine_ovmf(m);

    if (bx_sev_snp_wanted(bx_sev_machine_opt(m)) && ovmf->snp_wrong)
        BX_FATAL(("sev: snp: the firmware '%s' %s; use an OVMF.fd for SEV-SNP, such as "
                  "/usr/share/ovmf/OVMF.fd of the package ovmf of Debian 13",
                  SIM->get_param_string(BXPN_ROM_PATH)->getptr(), ovmf->snp_wrong));
    if (bx_sev_es_wanted(bx_sev_machine_opt(m)) && !bx_sev_machine_ovmf(m)->reset_eip)
        BX_FATAL(("sev: policy: bit 2 asks for SEV-ES, but the firmware '%s' has no SEV-ES reset "
                  "block, so it cannot start in a SEV-ES guest; use an OVMF.fd for SEV-ES, such "
                  "as /usr/share/ovmf/OVMF.fd of the Debian package ovmf",
                  SIM->get_param_string(BXPN_ROM_PATH)->getptr()));
}

/* Everything that the CPU executes first. `hashes` has room for the table of kernel hashes. */
static struct hv_firmware list_firmware(const struct sev_machine *m, uint8_t *hashes)
{
    struct hv_firmware firmware = {};

    firmware.bios = rom_region("BIOS", SIM->get_param_string(BXPN_ROM_PATH)->getptr(),
                               (uint64_t)SIM->get_param_num(BXPN_ROM_ADDRESS)->get64());
    firmware.is_ovmf = bx_sev_machine_ovmf(m)->present;
    if (!firmware.is_ovmf)
        list_option_roms(m, &firmware);
    if (bx_sev_fwcfg_hashes(bx_sev_machine_fwcfg(m), hashes, &firmware.hashes_gpa) &&
        firmware.hashes_gpa)
        firmware.hashes = hashes;
    return firmware;
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
    return ovmf_area_find(bx_sev_machine_ovmf(m), OVMF_SECRETS, bx_sev_machine_memmap(m), len,
                          error, error_size);
}

/* --- the launch --- */

static void launch_failed(const struct hv_failure &failure)
{
    char status[20] = "";

    if (failure.status != SEV_STATUS_SUCCESS)
        snprintf(status, sizeof(status), " (%02Xh)", failure.status);
    BX_FATAL(("the launch failed: %s%s%s: %s%s", failure.step, *failure.what ? " of " : "",
              failure.what, failure.words, status));
}

static void inject_secret(struct sev_machine *m)
{
    const struct opt *opt = bx_sev_machine_opt(m);
    struct hv_secret secret = {opt->secret_header.bytes, opt->secret_payload.bytes,
                               (uint32_t)opt->secret_payload.len, opt->secret_gpa};
    struct hv_failure failure = {};
    char error[200];

    if (!opt->secret_gpa_set &&
        !bx_sev_launch_secret_gpa(m, secret.len, &secret.gpa, error, sizeof(error)))
        BX_FATAL(("sev: secret_header: %s", error));
    if (!hv_guest_inject(hv_guest(bx_sev_machine_hv(m), 0), &secret, &failure))
        launch_failed(failure);
}

static void copy_blob(uint8_t *to, size_t size, const struct opt_blob *blob)
{
    if (blob->len == size)
        memcpy(to, blob->bytes, size);
}

static void launch_snp(struct sev_machine *m, struct hv_firmware *firmware)
{
    const struct opt *opt = bx_sev_machine_opt(m);
    struct hv_snp_launch launch = {};
    struct hv_failure failure = {};

    launch.policy = opt->snp_policy;
    launch.id_block = opt->id_block.len ? opt->id_block.bytes : NULL;
    launch.id_auth = opt->id_auth.len ? opt->id_auth.bytes : NULL;
    launch.author_key = opt->author_key_enabled != 0;
    launch.vcek_disabled = opt->vcek_disabled != 0;
    launch.reported_tcb = opt->snp_reported_tcb;
    launch.config_flags = (uint32_t)opt->snp_mask; /* the bits of SNP_CONFIG */
    launch.vlek = opt->snp_vlek.len ? opt->snp_vlek.bytes : NULL;
    copy_blob(launch.gosvw, sizeof(launch.gosvw), &opt->guest_visible_workarounds);
    copy_blob(launch.host_data, sizeof(launch.host_data), &opt->host_data);
    firmware->sections = bx_sev_machine_ovmf(m)->sections;
    firmware->n_sections = bx_sev_machine_ovmf(m)->n_sections;
    if (!hv_guest_snp_launch(hv_guest(bx_sev_machine_hv(m), 0), &launch, firmware, &failure))
        launch_failed(failure);
}

void bx_sev_launch(struct sev_machine *m)
{
    const struct opt *opt = bx_sev_machine_opt(m);
    const bool session = opt->session.len != 0;
    const struct hv_owner owner = {(uint32_t)opt->policy, session ? opt->session.bytes : NULL,
                                   session ? opt->dh_cert.bytes : NULL};
    struct hv_guest *guest = hv_guest(bx_sev_machine_hv(m), 0);
    uint8_t hashes[KERNEL_HASHES_SIZE];
    struct hv_firmware firmware = list_firmware(m, hashes);
    struct hv_failure failure = {};
    char text[B64_TEXT_SIZE(HV_MEASUREMENT_SIZE)];
    std::vector<struct vmsa_page> vmsas;

    if (bx_sev_machine_es(m)) {
        vmsas = build_vmsas(m);
        firmware.vmsas = (const uint8_t(*)[VMSA_SIZE])vmsas.data();
        firmware.n_vmsas = (unsigned)vmsas.size();
    }
    if (bx_sev_snp_wanted(opt)) {
        launch_snp(m, &firmware);
        return;
    }
    if (!hv_guest_launch(guest, &owner, &firmware, &failure))
        launch_failed(failure);
    b64_encode(hv_guest_measurement(guest), HV_MEASUREMENT_SIZE, text);
    BX_INFO(("launch measurement %s", text));
    if (opt->secret_header.len)
        inject_secret(m);
}

static void log_digest(const struct sev_machine *m)
{
    struct psp_snp_guest_info guest;
    char text[2 * sizeof(guest.launch_digest) + 1];

    for (unsigned i = 0; i < psp_snp_guest_slots(); i++)
        if (psp_get_snp_guest(bx_sev_machine_psp(m), i, &guest) &&
            guest.asid == hv_guest_asid(hv_guest(bx_sev_machine_hv(m), 0))) {
            hex_encode(guest.launch_digest, sizeof(guest.launch_digest), text);
            BX_INFO(("launch digest %s", text));
        }
}

void bx_sev_launch_finish(struct sev_machine *m)
{
    struct hv_failure failure = {};

    if (!hv_guest_finish(hv_guest(bx_sev_machine_hv(m), 0), &failure))
        launch_failed(failure);
    if (bx_sev_machine_snp(m))
        log_digest(m);
}
