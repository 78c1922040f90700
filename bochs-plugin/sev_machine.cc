/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Make and free a SEV machine: the secure processor, the built-in hypervisor, encrypted memory, the
 * observers.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_hook_table.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_psp_host.h"

#include <string.h>

#include "nv_file.h"
#include "observe/command_log.h"
#include "observe/sev_observe.h"

/* The files that stay open while the machine runs. */
static void open_files(struct sev_machine *m)
{
    char error[400];
    int failed;

    m->trace = command_log_new();
    if (!m->trace)
        BX_FATAL(("sev: out of memory"));
    failed = *m->opt->trace ? command_log_open(m->trace, m->opt->trace) : 0;
    if (failed)
        BX_FATAL(("sev: trace: '%.300s' cannot be written: %s", m->opt->trace, strerror(-failed)));
    if (*m->opt->state_dir) {
        m->state = nv_file_open(m->opt->state_dir, error, sizeof(error));
        if (!m->state)
            BX_FATAL(("sev: %s", error));
    }
}

/* Said now, not after a launch. */
static void check_secret(const struct sev_machine *m)
{
    char error[200];
    uint64_t gpa;

    if (m->opt->secret_header.len && !m->opt->secret_gpa_set &&
        !bx_sev_machine_secret_gpa(m, m->opt->secret_payload.len, &gpa, error, sizeof(error)))
        BX_FATAL(("sev: secret_header: %s", error));
}

struct sev_machine *bx_sev_machine_new(const struct opt *opt, const struct ovmf_table *ovmf,
                                       struct sev_fwcfg *fwcfg)
{
    struct sev_machine *m = new struct sev_machine();
    char reason[200];
    const char *wrong =
        cbit_check((unsigned)opt->cbitpos, BX_MEM(0)->get_memory_len(), reason, sizeof(reason));
    struct psp_config config = {};
    struct psp_host host;

    if (wrong)
        BX_FATAL(("sev: cbitpos: '%u' %s", (unsigned)opt->cbitpos, wrong));
#ifdef BX_SEV_PCI_HOLE
    if (BX_MEM(0)->get_memory_len() > BX_PCI_HOLE_START)
        BX_FATAL(("sev: megs: more than 3072 MiB is not supported with this version of Bochs"));
#endif
    config.api_major = opt->api.major;
    config.api_minor = opt->api.minor;
    config.build = (uint8_t)opt->build;
    config.asids = (uint32_t)opt->asids;
    config.cpus = BX_SMP_PROCESSORS;
    config.tik = opt->tik.set ? opt->tik.bytes : NULL;
    config.tek = opt->tek.set ? opt->tek.bytes : NULL;
    config.mnonce = opt->mnonce.set ? opt->mnonce.bytes : NULL;

    m->opt = opt;
    m->ovmf = *ovmf;
    m->fwcfg = fwcfg;
    rng_init(&m->rng, opt->seed);
    open_files(m);
    host = bx_sev_psp_host(m);
    m->psp = psp_new(&host, m, &config);
    m->hv = m->psp ? hv_new(m->psp, BX_SMP_PROCESSORS) : NULL;
    if (!m->hv)
        BX_FATAL(("the secure processor could not be started (out of memory)"));
    mailbox_init(&m->mailbox, m->psp);
    if (opt->encryption == OPT_ENCRYPTION_AES)
        m->memory = bx_sev_memory_new(m);
    m->map = bx_sev_timeline_new(m);
#if BX_DEBUGGER
    m->breaks = bx_sev_breaks_new();
#endif
    if (opt->sanitize != OPT_SANITIZE_OFF)
        m->sanitizer = bx_sev_sanitizer_new(m);
    check_secret(m);
    bx_sev_hooks_attach(m);
    return m;
}

void bx_sev_machine_power_on(struct sev_machine *m)
{
    if (m->memory)
        bx_sev_memory_power_on(m->memory, &m->rng);
}

void bx_sev_machine_free(struct sev_machine *m)
{
    if (!m)
        return;
    bx_sev_hooks_detach();
    bx_sev_timeline_free(m->map);
#if BX_DEBUGGER
    bx_sev_breaks_free(m->breaks);
#endif
    bx_sev_sanitizer_free(m->sanitizer);
    m->sanitizer = NULL;
    bx_sev_memory_free(m->memory);
    m->memory = NULL;
    hv_free(m->hv);
    psp_free(m->psp);
    nv_file_close(m->state);
    command_log_free(m->trace);
    delete m;
}

bool bx_sev_machine_guest(const struct sev_machine *m, struct psp_guest_info *guest)
{
    for (unsigned i = 0; i < psp_guest_slots(); i++)
        if (psp_get_guest(m->psp, i, guest) && guest->handle == hv_handle(m->hv))
            return true;
    return false;
}
