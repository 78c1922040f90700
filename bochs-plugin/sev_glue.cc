/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one file that knows everybody: it gives the secure processor its host (RAM, keys, random,
 * time, log), fills the table that patched Bochs calls, and sends the hypervisor role to work.
 *
 * Implements psp_host.h over Bochs 3.0 (memory/memory-bochs.h) and hooks.h over cpu-ext.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"

#include <string.h>
#include <time.h>

#include "nv_file.h"
#include "observe/sev_observe.h"
#include "observe/command_log.h"

/* Adapter memory and shadow RAM below 1 MiB, and what stands below 4 GiB besides RAM. */
static const uint64_t low_hole = 0xa0000, low_hole_end = 0x100000;
static const uint64_t high_hole = 0xfec00000, high_hole_end = UINT64_C(1) << 32;

/* --- psp_host: memory --- */

static bool overlaps(uint64_t start, uint64_t end, uint64_t hole, uint64_t hole_end)
{
    return start < hole_end && end > hole;
}

/* Guests' commands reach RAM. The hypervisor's reach its own memory and the ROMs too. */
static bool glue_ram_valid(void *ctx, uint64_t spa, uint64_t len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    uint64_t end = spa + len;
    bool hypervisor = hv_mapped(m->hv, HV_MEMORY_BASE, 0) != NULL;

    if (end < spa)
        return false;
    if (hv_mapped(m->hv, spa, len))
        return true;
    if (hypervisor &&
        ((spa >= low_hole && end <= low_hole_end) || (spa >= high_hole && end <= high_hole_end)))
        return true;
    return end <= BX_MEM(0)->get_memory_len() && !overlaps(spa, end, low_hole, low_hole_end) &&
           !overlaps(spa, end, high_hole, high_hole_end);
}

/* Splits a range at page ends, as Bochs's DMA functions want it. */
template <typename Copy> static void for_pages(uint64_t spa, size_t len, Copy copy)
{
    for (size_t done = 0; done < len;) {
        size_t n = 0x1000 - ((spa + done) & 0xfff);
        if (n > len - done)
            n = len - done;
        copy(spa + done, done, (unsigned)n);
        done += n;
    }
}

static int glue_ram_read(void *ctx, uint32_t asid, uint64_t spa, void *buf, size_t len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    const void *own = hv_mapped(m->hv, spa, len);

    if (!own && m->sanitizer)
        bx_sev_sanitizer_psp(m->sanitizer, spa, len, asid, false);
    if (own)
        memcpy(buf, own, len);
    else if (m->memory)
        return bx_sev_memory_read(m->memory, asid, spa, buf, len);
    else
        for_pages(spa, len, [buf](uint64_t addr, size_t offset, unsigned n) {
            BX_MEM(0)->dmaReadPhysicalPage(addr, n, (Bit8u *)buf + offset);
        });
    return 0;
}

static int glue_ram_write(void *ctx, uint32_t asid, uint64_t spa, const void *buf, size_t len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    void *own = hv_mapped(m->hv, spa, len);

    if (!own && m->sanitizer)
        bx_sev_sanitizer_psp(m->sanitizer, spa, len, asid, true);
    if (own)
        memcpy(own, buf, len);
    else if (m->memory)
        return bx_sev_memory_write(m->memory, asid, spa, buf, len);
    else
        for_pages(spa, len, [buf](uint64_t addr, size_t offset, unsigned n) {
            BX_MEM(0)->dmaWritePhysicalPage(addr, n, (Bit8u *)buf + offset);
        });
    return 0;
}

int bx_sev_machine_write(struct sev_machine *m, uint64_t gpa, const void *data, size_t len)
{
    return glue_ram_write(m, 0, gpa, data, len);
}

/* Without memory encryption a key has nowhere to go. */
static int glue_key_install(void *ctx, uint32_t asid, const uint8_t vek[16])
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    return m->memory ? bx_sev_memory_key_install(m->memory, asid, vek) : 0;
}

static void glue_key_remove(void *ctx, uint32_t asid)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    if (m->memory)
        bx_sev_memory_key_remove(m->memory, asid);
}

/* --- psp_host: the rest --- */

static int glue_random(void *ctx, void *buf, size_t len)
{
    return rng_fill(&((struct sev_machine *)ctx)->rng, buf, len);
}

static int glue_nv_load(void *ctx, void *buf, size_t cap, size_t *len)
{
    return nv_file_load(((struct sev_machine *)ctx)->state, buf, cap, len);
}

static int glue_nv_store(void *ctx, const void *buf, size_t len)
{
    return nv_file_store(((struct sev_machine *)ctx)->state, buf, len);
}

static uint64_t glue_time_us(void *)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void glue_log(void *ctx, enum psp_log_level level, const char *message)
{
    const struct opt *opt = ((struct sev_machine *)ctx)->opt;

    if (level == PSP_LOG_ERROR)
        BX_ERROR(("%s", message));
    else if (level == PSP_LOG_INFO && opt->log >= OPT_LOG_INFO)
        BX_INFO(("%s", message));
    else if (level == PSP_LOG_DEBUG && opt->log >= OPT_LOG_DEBUG)
        BX_INFO(("%s", message));
}

static void glue_trace(void *ctx, const struct psp_event *event)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    char line[256];

    command_log_event(m->trace, event, hv_region_name(m->hv), bx_pc_system.time_ticks(), line,
                      sizeof(line));
#if BX_DEBUGGER
    if (m->breaks)
        bx_sev_breaks_psp(m->breaks, event);
#endif
    if (event->status != SEV_STATUS_SUCCESS && m->opt->log < OPT_LOG_INFO)
        BX_ERROR(("%s", line));
    else if (m->opt->log >= OPT_LOG_INFO)
        BX_INFO(("%s", line));
}

static const struct psp_host glue_host = {
    .ram_valid = glue_ram_valid,
    .ram_read = glue_ram_read,
    .ram_write = glue_ram_write,
    .key_install = glue_key_install,
    .key_remove = glue_key_remove,
    .random = glue_random,
    .time_us = glue_time_us,
    .nv_load = glue_nv_load,
    .nv_store = glue_nv_store,
    .log = glue_log,
    .trace = glue_trace,
};

/* --- hooks --- */

/* For the map and the debugger; otherwise not called. */
static void glue_observe(struct sev_machine *m, unsigned cpu, uint64_t paddr, enum sev_access view,
                         enum sev_why why, bool write)
{
    bool changed = bx_sev_timeline_access(m->map, paddr, view);

#if BX_DEBUGGER
    if (m->breaks)
        bx_sev_breaks_access(m->breaks, cpu, paddr, view, why, write, changed);
#else
    (void)(changed || cpu || why || write);
#endif
}

static void glue_access(void *ctx, unsigned cpu, uint64_t paddr, enum sev_access view,
                        enum sev_why why, bool write, void *holder)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    cbit_count(&m->cbit, view, why);
    if (m->memory)
        bx_sev_memory_access(m->memory, cpu, paddr, view, why, write, holder);
    if (m->map)
        glue_observe(m, cpu, paddr, view, why, write);
    if (m->sanitizer)
        bx_sev_sanitizer_access(m->sanitizer, cpu, paddr, view, why, write);
}

/* Where only the page views look. */
static void glue_access_memory(void *ctx, unsigned cpu, uint64_t paddr, enum sev_access view,
                               enum sev_why why, bool write, void *holder)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    cbit_count(&m->cbit, view, why);
    bx_sev_memory_access(m->memory, cpu, paddr, view, why, write, holder);
}

static bool glue_watched(void *ctx, uint64_t paddr)
{
    return bx_sev_sanitizer_watched(((struct sev_machine *)ctx)->sanitizer, paddr);
}

static void glue_touch(void *ctx, unsigned cpu, uint64_t paddr, unsigned len, const void *data)
{
    bx_sev_sanitizer_touch(((struct sev_machine *)ctx)->sanitizer, cpu, paddr, len, data);
}

static void glue_decode(void *ctx, unsigned cpu, uint64_t paddr, unsigned len)
{
    bx_sev_sanitizer_decode(((struct sev_machine *)ctx)->sanitizer, cpu, paddr, len);
}

static bool glue_peek(void *ctx, uint64_t paddr, enum sev_access view, void *buf, unsigned len)
{
    return bx_sev_memory_peek(((struct sev_machine *)ctx)->memory, paddr, view, buf, len);
}

static void glue_wbinvd(void *ctx, unsigned cpu)
{
    psp_wbinvd(((struct sev_machine *)ctx)->psp, cpu);
}

void bx_sev_machine_attach(struct sev_machine *m)
{
    struct sev_hooks table = {};

    table.ctx = m;
    table.access = glue_access;
    table.wbinvd = glue_wbinvd;
    if (m->memory)
        table.peek = glue_peek;
    if (m->memory && !m->map && !m->sanitizer) {
        table.access = glue_access_memory;
        table.settled = bx_sev_memory_settled(m->memory);
    }
    if (m->sanitizer) {
        table.watched = glue_watched;
        table.touch = glue_touch;
        table.decode = glue_decode;
    }
    cbit_init(&m->cbit, (unsigned)m->opt->cbitpos);
    if (cbit_attach(&m->cbit, &sev_hooks, &table))
        BX_FATAL(("this Bochs was patched for hook version %u, the plugin needs %u: rebuild both",
                  sev_hooks.version, SEV_HOOKS_VERSION));
}

/* --- the machine --- */

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
    struct psp_host host = glue_host;

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
    if (!m->state)
        host.nv_load = NULL, host.nv_store = NULL;
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
    bx_sev_machine_attach(m);
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
    cbit_detach(&sev_hooks);
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
