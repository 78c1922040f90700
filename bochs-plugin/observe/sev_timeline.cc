/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page-state timeline (timeline.h) of Bochs's machine: it gets the accesses of the hooks and, from
 * time to time, the C-bits of the page tables. It writes the picture (map=) and the changes
 * (map_changes=). It exists only with one of these parameters or with the debugger.
 *
 * Uses Bochs 3.0 memory/memory-bochs.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "param_names.h"
#include "sev_es.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory_map.h"
#include "sev_snp.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <vector>

#include "timeline_log.h"
#include "sev_observe.h"
#include "command_log.h"
#include "psp.h"

struct sev_timeline {
    struct sev_machine *machine;
    struct timeline *pages;
    struct timeline_log *log;            /* NULL: no map_changes= */
    struct sev_conversions *conversions; /* NULL: encryption=none, or not in the debugger */
    uint64_t next_us;                    /* when the page tables are read again */
    unsigned wants;
};

static void open_log(struct sev_timeline *m)
{
    struct output_file *file =
        bx_sev_output_open("map_changes", bx_sev_machine_opt(m->machine)->map_changes);
    struct timeline_log_config config = {};

    if (!file)
        return;
    config.ticks_per_second = (uint64_t)SIM->get_param_num(BXPN_IPS)->get64();
    config.bytes_max = TIMELINE_LOG_BYTES;
    m->log = timeline_log_new(m->pages, &config, file);
    if (!m->log)
        BX_FATAL(("sev: out of memory"));
}

/* --- the RMP --- */

static enum timeline_use use_of(const struct rmp_entry *entry)
{
    switch (rmp_state(entry)) {
    case RMP_STATE_HYPERVISOR:
        return TIMELINE_HYPERVISOR;
    case RMP_STATE_GUEST_INVALID:
        return TIMELINE_NOT_VALIDATED;
    case RMP_STATE_GUEST_VALID:
        return entry->vmsa ? TIMELINE_VMSA : TIMELINE_VALIDATED;
    default:
        return TIMELINE_PSP;
    }
}

void bx_sev_timeline_rmp(struct sev_timeline *m, const struct rmp *rmp, uint64_t spa, uint64_t n)
{
    const uint64_t ram_pages = timeline_info(m->pages).ram_pages, now = bx_pc_system.time_usec();
    const uint64_t first = spa / TIMELINE_PAGE_SIZE;

    for (uint64_t page = first; page < first + n && page < ram_pages; page++) {
        const struct rmp_entry entry = rmp_get(rmp, page * TIMELINE_PAGE_SIZE);

        timeline_set_rmp(m->pages, (uint32_t)page, use_of(&entry), now);
    }
}

static void read_rmp(struct sev_timeline *m, const struct rmp *rmp)
{
    struct rmp_run run = {};

    while (rmp_next_run(rmp, &run))
        bx_sev_timeline_rmp(m, rmp, run.spa, run.pages);
}

static std::vector<struct timeline_counter> counters_of(const struct sev_timeline *m)
{
    struct sev_snp *snp = bx_sev_machine_snp(m->machine);

    return snp ? bx_sev_rmp_counters(bx_sev_snp_rmp(snp)) : std::vector<struct timeline_counter>();
}

/* --- start --- */

struct sev_timeline *bx_sev_timeline_new(struct sev_machine *machine)
{
    const struct opt *opt = bx_sev_machine_opt(machine);
    bool wanted = *opt->map || *opt->map_changes;

    wanted = wanted || bx_sev_console_exists();
    if (!wanted)
        return NULL;
    bx_sev_output_check("map", opt->map);
    struct sev_timeline *m = new struct sev_timeline();
    m->machine = machine;
    m->pages = timeline_new((uint32_t)(BX_MEM(0)->get_memory_len() / TIMELINE_PAGE_SIZE),
                            bx_pc_system.time_usec());
    if (!m->pages)
        BX_FATAL(("sev: out of memory"));
    if (bx_sev_machine_snp(machine))
        read_rmp(m, bx_sev_snp_rmp(bx_sev_machine_snp(machine)));
    open_log(m);
#if BX_DEBUGGER
    if (bx_sev_console_exists())
        m->conversions = bx_sev_conversions_new(machine);
#endif
    return m;
}

const struct timeline *bx_sev_timeline_pages(const struct sev_timeline *m)
{
    return m->pages;
}

enum timeline_use bx_sev_timeline_kind(const struct sev_machine *machine, uint64_t paddr)
{
    switch (bx_sev_memmap_read_kind(bx_sev_machine_memmap(machine), paddr)) {
    case MEMMAP_KIND_RAM:
        return TIMELINE_PRIVATE;
    case MEMMAP_KIND_ROM:
        return TIMELINE_ROM;
    default:
        return TIMELINE_MMIO;
    }
}

/* --- page tables --- */

/* Pages of RAM that are mapped with C=0. */
typedef std::vector<bool> shared_pages;

static bool mark_leaf(void *ctx, const struct walk_leaf *leaf)
{
    shared_pages *shared = (shared_pages *)ctx;
    uint64_t first = leaf->paddr / TIMELINE_PAGE_SIZE, n = leaf->size / TIMELINE_PAGE_SIZE;

    if (!leaf->is_private)
        for (uint64_t page = first; page < shared->size() && page < first + n; page++)
            (*shared)[page] = true;
    return true;
}

void bx_sev_timeline_look(struct sev_timeline *m)
{
    const uint64_t now = bx_pc_system.time_usec();

    if (opt_is_host(bx_sev_machine_opt(m->machine)))
        return; /* its page tables have no C-bit */
    shared_pages shared(timeline_info(m->pages).ram_pages);

    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        const struct walk_mode mode = bx_sev_walk_mode(i);
        const struct walk_memory memory = bx_sev_walk_memory(m->machine, i);

        (void)walk_leaves(&mode, &memory, 0, UINT64_MAX, mark_leaf, &shared);
    }
    if (m->log)
        timeline_log_pass(m->log, now);
    for (uint32_t page = 0; page < shared.size(); page++)
        timeline_declare(m->pages, page, shared[page], now);
    timeline_advance(m->pages, now);
}

/* --- accesses --- */

/* Read the page tables once a column, at most every 10 ms of the machine's time. */
static void look_sometimes(struct sev_timeline *m)
{
    const uint64_t now = bx_pc_system.time_usec(), least = 10000;

    if (now < m->next_us)
        return;
    bx_sev_timeline_look(m);
    uint64_t column_us = timeline_info(m->pages).column_us;
    m->next_us = now + (column_us > least ? column_us : least);
}

bool bx_sev_timeline_access(struct sev_timeline *m, unsigned cpu, uint64_t paddr,
                            enum sev_access access, enum sev_why why, bool write)
{
    enum timeline_use use = bx_sev_timeline_kind(m->machine, paddr);
    uint64_t page = paddr / TIMELINE_PAGE_SIZE;

    if (m->conversions)
        bx_sev_conversions_access(m->conversions, cpu, paddr, access, why, write);
    if (++m->wants % 256 == 0)
        look_sometimes(m);
    if (use == TIMELINE_PRIVATE && access == SEV_ACCESS_SHARED)
        use = TIMELINE_SHARED;
    if (timeline_use(m->pages, page) == use)
        return false;
    return timeline_touch(m->pages, page, use, bx_pc_system.time_usec());
}

void bx_sev_timeline_psp(struct sev_timeline *m, const struct psp_event *event)
{
    if (m->conversions)
        bx_sev_conversions_psp(m->conversions, event->command);
}

struct sev_conversions *bx_sev_timeline_conversions(const struct sev_timeline *m)
{
    return m->conversions;
}

/* --- the picture --- */

static void draw(const struct sev_timeline *m, struct output_file *file)
{
    unsigned n;
    const struct command_log_region *regions =
        command_log_regions(bx_sev_machine_command_log(m->machine), &n);
    std::vector<struct timeline_note> notes;
    const std::vector<struct timeline_counter> counters = counters_of(m);
    char subtitle[200];
    struct timeline_caption caption = {};

    for (unsigned i = 0; i < n && i < 8; i++)
        notes.push_back({regions[i].gpa, regions[i].len,
                         *regions[i].name ? regions[i].name : "by a command of the guest"});
    snprintf(subtitle, sizeof(subtitle),
             "An AMD %s guest in Bochs: %u processor(s), C-bit %u, encryption=%s, %u MiB of RAM",
             bx_sev_machine_snp(m->machine)                     ? "SEV-SNP"
             : bx_sev_es_wanted(bx_sev_machine_opt(m->machine)) ? "SEV-ES"
                                                                : "SEV",
             BX_SMP_PROCESSORS, (unsigned)bx_sev_machine_opt(m->machine)->cbitpos,
             bx_sev_machine_memory(m->machine) ? "aes" : "none",
             timeline_info(m->pages).ram_pages / (1024 * 1024 / TIMELINE_PAGE_SIZE));
    caption.title = "Guest memory over time: what is private, what is shared";
    caption.subtitle = subtitle;
    caption.notes = notes.data();
    caption.n_notes = (unsigned)notes.size();
    caption.counters = counters.data();
    caption.n_counters = (unsigned)counters.size();
    timeline_write_svg(m->pages, &caption, output_stream(file));
}

int bx_sev_timeline_write(const struct sev_timeline *m, const char *path)
{
    int err;
    struct output_file *file = output_open("", path, NULL, NULL, &err);

    if (!file)
        return err;
    draw(m, file);
    return output_close(file);
}

void bx_sev_timeline_free(struct sev_timeline *m)
{
    struct output_file *picture;

    if (!m)
        return;
    const std::vector<struct timeline_counter> counters = counters_of(m);
    (void)timeline_log_close(m->log, bx_pc_system.time_usec(), counters.data(),
                             (unsigned)counters.size());
    timeline_advance(m->pages, bx_pc_system.time_usec()); /* the CPUs' memory is gone already */
    picture = bx_sev_output_last("map", bx_sev_machine_opt(m->machine)->map);
    if (picture)
        draw(m, picture);
    (void)output_close(picture); /* it reports its error itself */
    bx_sev_conversions_free(m->conversions);
    timeline_free(m->pages);
    delete m;
}
