/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A SEV machine: make its parts, give access to them, free them.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "param_names.h"
#include "sev_certs.h"
#include "sev_cpuid.h"
#include "sev_device_memory.h"
#include "sev_es.h"
#include "sev_hook_table.h"
#include "sev_hv.h"
#include "sev_launch.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_psp_host.h"
#include "sev_save.h"
#include "sev_snp.h"

#include <string.h>

#include "cbit.h"
#include "psp_mailbox.h"
#include "nv_file.h"
#include "psp.h"
#include "rng.h"
#include "control/sev_control.h"
#include "protocol/ovmf_table.h"
#include "hypervisor/hv.h"
#include "observe/command_log.h"
#include "observe/sev_observe.h"

struct sev_machine {
    const struct opt *opt;
    struct ovmf_table ovmf;
    struct cbit *cbit;
    struct command_log *command_log;
    struct hv *hv;
    struct psp_mailbox *mailbox;
    struct memmap *memmap; /* the device's */
    struct nv_file *nv;
    struct psp *psp;
    struct rng *rng;
    struct sev_breaks *breaks;
    struct sev_certs *certs;
    struct sev_control *control;
    struct sev_cpuid *cpuid; /* the device's */
    struct sev_device_memory *device_memory;
    struct sev_es *es;
    struct sev_fwcfg *fwcfg; /* the device's */
    struct sev_memory *memory;
    struct sev_rmp_watch *rmp_watch;
    struct sev_sanitizer *sanitizer;
    struct sev_save *save;
    struct sev_snp *snp;
    struct sev_timeline *timeline;
    struct symbols *symbols;
    bool powered_on;
};

/* Open the files that stay open while the machine runs. */
static void open_files(struct sev_machine *m)
{
    char error[400];

    m->command_log = command_log_new(bx_sev_output_open("trace", m->opt->trace));
    if (!m->command_log)
        BX_FATAL(("sev: out of memory"));
    if (*m->opt->state_dir) {
        m->nv = nv_file_open(m->opt->state_dir, error, sizeof(error));
        if (!m->nv)
            BX_FATAL(("sev: %s", error));
        if (*error)
            BX_ERROR(("%s", error));
    }
}

static void load_symbols(struct sev_machine *m)
{
    char error[300];

    if (!*m->opt->symbols)
        return;
    m->symbols = symbols_load(m->opt->symbols, error, sizeof(error));
    if (!m->symbols)
        BX_FATAL(("sev: symbols: '%s' %s", m->opt->symbols, error));
}

/* Check now that the secret has a place, before the launch takes its time. */
static void check_secret(const struct sev_machine *m)
{
    char error[200];
    uint64_t gpa;

    if (m->opt->secret_header.len && !m->opt->secret_gpa_set &&
        !bx_sev_launch_secret_gpa(m, m->opt->secret_payload.len, &gpa, error, sizeof(error)))
        BX_FATAL(("sev: secret_header: %s", error));
}

/* What attestation reports say of the processor. An API version that is left out is one that has
 * SEV-SNP. */
static void describe_snp(const struct opt *opt, struct psp_config *config,
                         Bit8u chip_id[PSP_CHIP_ID_SIZE])
{
    if (opt->api.major == PSP_API_MAJOR && opt->api.minor == PSP_API_MINOR) {
        config->api_major = PSP_API_SNP_MAJOR;
        config->api_minor = PSP_API_SNP_MINOR;
    }
    config->snp_model = (uint8_t)opt->snp_chip;
    config->snp_report_version = (uint8_t)opt->snp_report;
    config->snp_platform_info = opt->snp_platform_info;
    config->snp_tcb = opt->snp_tcb;
    config->snp_committed_tcb = opt->snp_committed_tcb;
    if (!opt->snp_chip_id.len)
        return;
    memcpy(chip_id, opt->snp_chip_id.bytes, opt->snp_chip_id.len);
    config->chip_id = chip_id;
}

static struct psp *new_psp(struct sev_machine *m)
{
    Bit8u chip_id[PSP_CHIP_ID_SIZE] = {0};
    const struct opt *opt = m->opt;
    const struct psp_host host = bx_sev_psp_host(m);
    struct psp_config config = {};

    config.api_major = opt->api.major;
    config.api_minor = opt->api.minor;
    config.build = (uint8_t)opt->build;
    config.asids = (uint32_t)opt->asids;
    config.cpus = BX_SMP_PROCESSORS;
    if (bx_sev_snp_wanted(opt))
        describe_snp(opt, &config, chip_id);
    config.tik = opt->tik.set ? opt->tik.bytes : NULL;
    config.tek = opt->tek.set ? opt->tek.bytes : NULL;
    config.mnonce = opt->mnonce.set ? opt->mnonce.bytes : NULL;
    return psp_new(&host, m, &config);
}

/* Refuse a machine that cannot have the C-bit, or cannot have its memory encrypted. */
static void check_memory(const struct opt *opt)
{
    char reason[200];
    const char *wrong =
        cbit_check((unsigned)opt->cbitpos, BX_MEM(0)->get_memory_len(), reason, sizeof(reason));

    if (wrong)
        BX_FATAL(("sev: cbitpos: '%u' %s", (unsigned)opt->cbitpos, wrong));
#ifdef BX_SEV_PCI_HOLE
    if (BX_MEM(0)->get_memory_len() > BX_PCI_HOLE_START)
        BX_FATAL(("sev: megs: more than 3072 MiB is not supported with this version of Bochs"));
#endif
}

struct sev_machine *bx_sev_machine_new(const struct opt *opt, struct memmap *memmap,
                                       const struct ovmf_table *ovmf, struct sev_cpuid *cpuid,
                                       struct sev_fwcfg *fwcfg)
{
    struct sev_machine *m = new struct sev_machine();

    check_memory(opt);
    m->opt = opt;
    m->memmap = memmap;
    m->ovmf = *ovmf;
    m->cpuid = cpuid;
    m->fwcfg = fwcfg;
    m->cbit = new struct cbit();
    m->mailbox = new struct psp_mailbox();
    m->certs = bx_sev_certs_new();
    m->rng = new struct rng();
    rng_init(m->rng, opt->seed);
    open_files(m);
    load_symbols(m);
    m->psp = new_psp(m);
    m->hv = m->psp ? bx_sev_hv_new(m) : NULL;
    if (!m->hv)
        BX_FATAL(("the secure processor could not be started (out of memory)"));
    psp_mailbox_init(m->mailbox, m->psp);
    if (opt->encryption == OPT_ENCRYPTION_AES)
        m->memory = bx_sev_memory_new(m);
    m->device_memory = bx_sev_device_memory_new(memmap, m->memory);
    m->es = bx_sev_es_new(m);
    m->snp = bx_sev_snp_new(m);
    bx_sev_cpuid_set_es(m->cpuid, m->es);
    m->timeline = bx_sev_timeline_new(m);
#if BX_DEBUGGER
    m->breaks = bx_sev_breaks_new(m);
#endif
    if (opt->sanitize != OPT_SANITIZE_OFF)
        m->sanitizer = bx_sev_sanitizer_new(m);
    m->rmp_watch = bx_sev_rmp_watch_new(m);
    check_secret(m);
    bx_sev_launch_check(m);
    bx_sev_hooks_attach(m);
    m->save = bx_sev_save_new(m);
    if (*opt->control)
        m->control = bx_sev_control_new(m);
    return m;
}

static void power_on(struct sev_machine *m)
{
    m->powered_on = true;
    bx_sev_save_power_on(m->save);
    if (m->memory)
        bx_sev_memory_power_on(m->memory, m->rng);
    if (opt_is_host(m->opt) || m->opt->launch == OPT_LAUNCH_GUEST ||
        SIM->get_param_bool(BXPN_RESTORE_FLAG)->get())
        return; /* a restored machine was launched before it was saved */
    bx_sev_launch(m);
    if (m->opt->launch == OPT_LAUNCH_WAIT)
        bx_sev_control_wait(m->control);
    bx_sev_launch_finish(m);
    if (m->es)
        bx_sev_es_start(m->es);
}

void bx_sev_machine_reset(struct sev_machine *m)
{
    bx_sev_cpuid_reset(m->cpuid);
    if (!m->powered_on)
        power_on(m);
}

void bx_sev_machine_free(struct sev_machine *m)
{
    if (!m)
        return;
    bx_sev_control_free(m->control);
    bx_sev_hooks_detach();
    bx_sev_rmp_watch_free(m->rmp_watch);
    m->rmp_watch = NULL;
    bx_sev_timeline_free(m->timeline);
    m->timeline = NULL; /* freeing the guests changes the RMP */
#if BX_DEBUGGER
    bx_sev_breaks_free(m->breaks);
#endif
    bx_sev_sanitizer_free(m->sanitizer);
    m->sanitizer = NULL; /* freeing the secure processor's guests writes memory */
    bx_sev_cpuid_set_es(m->cpuid, NULL);
    bx_sev_es_free(m->es);
    bx_sev_device_memory_free(m->device_memory);
    bx_sev_memory_free(m->memory);
    m->memory = NULL;
    hv_free(m->hv);
    psp_free(m->psp);
    bx_sev_snp_free(m->snp);
    bx_sev_certs_free(m->certs);
    nv_file_close(m->nv);
    command_log_free(m->command_log);
    bx_sev_save_free(m->save);
    symbols_free(m->symbols);
    delete m->mailbox;
    delete m->rng;
    delete m->cbit;
    delete m;
}

/* --- the parts --- */

const struct opt *bx_sev_machine_opt(const struct sev_machine *m)
{
    return m->opt;
}

struct cbit *bx_sev_machine_cbit(const struct sev_machine *m)
{
    return m->cbit;
}

struct command_log *bx_sev_machine_command_log(const struct sev_machine *m)
{
    return m->command_log;
}

struct hv *bx_sev_machine_hv(const struct sev_machine *m)
{
    return m->hv;
}

struct psp_mailbox *bx_sev_machine_mailbox(const struct sev_machine *m)
{
    return m->mailbox;
}

struct memmap *bx_sev_machine_memmap(const struct sev_machine *m)
{
    return m->memmap;
}

struct nv_file *bx_sev_machine_nv(const struct sev_machine *m)
{
    return m->nv;
}

struct psp *bx_sev_machine_psp(const struct sev_machine *m)
{
    return m->psp;
}

struct rng *bx_sev_machine_rng(const struct sev_machine *m)
{
    return m->rng;
}

struct sev_breaks *bx_sev_machine_breaks(const struct sev_machine *m)
{
    return m->breaks;
}

struct sev_control *bx_sev_machine_control(const struct sev_machine *m)
{
    return m->control;
}

struct sev_certs *bx_sev_machine_certs(const struct sev_machine *m)
{
    return m->certs;
}

struct sev_cpuid *bx_sev_machine_cpuid(const struct sev_machine *m)
{
    return m->cpuid;
}

struct sev_device_memory *bx_sev_machine_device_memory(const struct sev_machine *m)
{
    return m->device_memory;
}

struct sev_es *bx_sev_machine_es(const struct sev_machine *m)
{
    return m->es;
}

struct sev_fwcfg *bx_sev_machine_fwcfg(const struct sev_machine *m)
{
    return m->fwcfg;
}

struct sev_memory *bx_sev_machine_memory(const struct sev_machine *m)
{
    return m->memory;
}

struct sev_sanitizer *bx_sev_machine_sanitizer(const struct sev_machine *m)
{
    return m->sanitizer;
}

struct sev_save *bx_sev_machine_save(const struct sev_machine *m)
{
    return m->save;
}

struct sev_snp *bx_sev_machine_snp(const struct sev_machine *m)
{
    return m->snp;
}

struct sev_rmp_watch *bx_sev_machine_rmp_watch(const struct sev_machine *m)
{
    return m->rmp_watch;
}

const struct symbols *bx_sev_machine_symbols(const struct sev_machine *m)
{
    return m->symbols;
}

struct sev_timeline *bx_sev_machine_timeline(const struct sev_machine *m)
{
    return m->timeline;
}

const struct ovmf_table *bx_sev_machine_ovmf(const struct sev_machine *m)
{
    return &m->ovmf;
}

bool bx_sev_machine_guest(const struct sev_machine *m, struct psp_guest_info *guest)
{
    const uint32_t handle = hv_guest_handle(hv_guest(m->hv, 0));

    for (unsigned i = 0; handle && i < psp_guest_slots(); i++)
        if (psp_get_guest(m->psp, i, guest) && guest->handle == handle)
            return true;
    return false;
}
