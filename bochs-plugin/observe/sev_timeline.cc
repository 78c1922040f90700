/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Feeds the map of guest memory over time (timeline.h) with the accesses that the hooks report and with
 * what the page tables say from time to time, and writes the picture and the changes. Only if map=
 * or map_changes= was given or the debugger is there: otherwise nobody pays.
 *
 * Implements the pictures of bochs-sev-debug(7) over Bochs 3.0 (memory/memory-bochs.h).
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "param_names.h"
#include "sev_log.h"
#include "sev_machine.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <vector>

#include "timeline_log.h"
#include "sev_observe.h"
#include "command_log.h"

struct sev_timeline {
    const struct sev_machine *machine;
    struct timeline *pages;
    struct timeline_log *log; /* NULL: no map_changes=; writes to: */
    FILE *file;
    uint64_t next_us; /* when the page tables are looked at again */
    unsigned wants;
};

static const uint64_t adapter_area = 0xa0000, low_area_end = 0x100000;

/* The file, open. What cannot be written is said now, not at the end. */
static FILE *open_file(const char *name, const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (!file)
        BX_FATAL(("sev: %s: '%.300s' cannot be written: %s", name, path, strerror(errno)));
    return file;
}

static void open_log(struct sev_timeline *m)
{
    m->file = open_file("map_changes", bx_sev_machine_opt(m->machine)->map_changes, "we");
    m->log = timeline_log_new(m->pages, (uint64_t)SIM->get_param_num(BXPN_IPS)->get64(), m->file);
    if (!m->log)
        BX_FATAL(("sev: out of memory"));
}

struct sev_timeline *bx_sev_timeline_new(const struct sev_machine *machine)
{
    const struct opt *opt = bx_sev_machine_opt(machine);
    bool wanted = *opt->map || *opt->map_changes;

#if BX_DEBUGGER
    wanted = wanted || bx_dbg.debugger_active;
#endif
    if (!wanted)
        return NULL;
    if (*opt->map)
        fclose(open_file("map", opt->map, "ae"));
    struct sev_timeline *m = new struct sev_timeline();
    m->machine = machine;
    m->pages = timeline_new((uint32_t)(BX_MEM(0)->get_memory_len() / TIMELINE_PAGE_SIZE),
                            bx_pc_system.time_usec());
    if (!m->pages)
        BX_FATAL(("sev: out of memory"));
    if (*opt->map_changes)
        open_log(m);
    return m;
}

const struct timeline *bx_sev_timeline_pages(const struct sev_timeline *m)
{
    return m->pages;
}

/* What is there, apart from views. RAM below and above the first MiB needs no look; behind
 * C0000h..FFFFFh the chip set decides between ROM and RAM. */
enum timeline_use bx_sev_timeline_kind(uint64_t paddr)
{
    const bx_phy_address page = (bx_phy_address)(paddr & ~(uint64_t)(TIMELINE_PAGE_SIZE - 1));
    const bool ram = page < BX_MEM(0)->get_memory_len();
    const uint64_t bios = (UINT64_C(1) << 32) - BIOSROMSZ;

    if (ram && (page < adapter_area || page >= low_area_end))
        return TIMELINE_PRIVATE;
    if (page >= bios && page < UINT64_C(1) << 32)
        return TIMELINE_ROM;
    const Bit8u *host = page < low_area_end ? BX_MEM(0)->getHostMemAddr(NULL, page, BX_READ) : NULL;
    if (!host)
        return TIMELINE_MMIO;
    return host == BX_MEM(0)->get_vector(page) ? TIMELINE_PRIVATE : TIMELINE_ROM;
}

/* --- what the page tables say --- */

static const unsigned entries_max = 512;
static const uint64_t entry_address = UINT64_C(0x000ffffffffff000);

struct scan {
    std::vector<bool> shared; /* the pages of RAM that are mapped with C=0 */
    uint64_t cbit;
    unsigned tables; /* that may still be read: tables may point at each other */
};

static void mark_leaf(struct scan *scan, uint64_t address, uint64_t size)
{
    uint64_t first = (address & ~(size - 1)) / TIMELINE_PAGE_SIZE, n = size / TIMELINE_PAGE_SIZE;

    for (uint64_t page = first; page < scan->shared.size() && page < first + n; page++)
        scan->shared[page] = true;
}

/* `level` 5 to 1; a PAE machine begins at 3 with four entries. */
static void scan_table(struct scan *scan, uint64_t table, unsigned level, unsigned entries)
{
    uint64_t size = UINT64_C(1) << (12 + 9 * (level - 1)), entry[entries_max];
    bool pae_top = entries != entries_max;

    if (!scan->tables || bx_sev_timeline_kind(table) != TIMELINE_PRIVATE)
        return;
    scan->tables--;
    if (!sev_hooks.peek || !sev_hooks.peek(sev_hooks.ctx, sev_hooks.cpus[0].asid, table, entry,
                                           (unsigned)(entries * sizeof(entry[0]))))
        memcpy(entry, BX_MEM(0)->get_vector((bx_phy_address)table), entries * sizeof(entry[0]));
    for (unsigned i = 0; i < entries; i++) {
        uint64_t address = entry[i] & ~scan->cbit & entry_address;
        bool leaf = level == 1 || (level <= 3 && !pae_top && entry[i] & 0x80);

        if (!(entry[i] & 1))
            continue;
        if (!leaf)
            scan_table(scan, address, level - 1, entries_max);
        else if (!(entry[i] & scan->cbit))
            mark_leaf(scan, address, size);
    }
}

void bx_sev_timeline_look(struct sev_timeline *m)
{
    const uint64_t now = bx_pc_system.time_usec();
    struct scan scan = {std::vector<bool>(timeline_info(m->pages).ram_pages), sev_hooks.cbit_mask,
                        8192};

    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        BX_CPU_C *cpu = BX_CPU(i);
        uint64_t root = cpu->cr3 & ~scan.cbit;

        if (!cpu->cr0.get_PG() || !cpu->cr4.get_PAE())
            continue; /* all is private */
        if (cpu->long_mode())
            scan_table(&scan, root & entry_address, cpu->cr4.get_LA57() ? 5 : 4, entries_max);
        else
            scan_table(&scan, root & 0xffffffe0, 3, 4);
    }
    if (m->log)
        timeline_log_pass(m->log, now);
    for (uint32_t page = 0; page < scan.shared.size(); page++) {
        enum timeline_use before = timeline_use(m->pages, page);

        timeline_declare(m->pages, page, scan.shared[page], now);
        if (m->log && timeline_use(m->pages, page) != before)
            timeline_log_note(m->log, page, now);
    }
    timeline_advance(m->pages, now);
}

/* --- what happens --- */

/* Once a column, but not more often than every 10 ms of the machine's time. */
static void look_sometimes(struct sev_timeline *m)
{
    const uint64_t now = bx_pc_system.time_usec(), least = 10000;

    if (now < m->next_us)
        return;
    bx_sev_timeline_look(m);
    uint64_t column_us = timeline_info(m->pages).column_us;
    m->next_us = now + (column_us > least ? column_us : least);
}

bool bx_sev_timeline_access(struct sev_timeline *m, uint64_t paddr, enum sev_access view)
{
    enum timeline_use use = bx_sev_timeline_kind(paddr);
    uint64_t page = paddr / TIMELINE_PAGE_SIZE;

    if (++m->wants % 256 == 0)
        look_sometimes(m);
    if (use == TIMELINE_PRIVATE && view == SEV_ACCESS_SHARED)
        use = TIMELINE_SHARED;
    if (timeline_use(m->pages, page) == use)
        return false;
    const uint64_t now = bx_pc_system.time_usec();
    if (m->log) {
        timeline_log_pass(m->log, now);
        timeline_log_note(m->log, page, now);
    }
    return timeline_touch(m->pages, page, use, now);
}

/* --- the picture --- */

int bx_sev_timeline_write(const struct sev_timeline *m, const char *path)
{
    unsigned n;
    const struct command_log_region *regions =
        command_log_regions(bx_sev_machine_command_log(m->machine), &n);
    std::vector<struct timeline_note> notes;
    char subtitle[200];
    struct timeline_caption caption = {};
    FILE *file = fopen(path, "we");
    int err;

    if (!file)
        return -errno;
    for (unsigned i = 0; i < n && i < 8; i++)
        notes.push_back({regions[i].gpa, regions[i].len,
                         *regions[i].name ? regions[i].name : "by the guest itself"});
    snprintf(subtitle, sizeof(subtitle),
             "An AMD SEV guest in Bochs: %u processor(s), C-bit %u, encryption=%s, %u MiB of RAM",
             BX_SMP_PROCESSORS, (unsigned)bx_sev_machine_opt(m->machine)->cbitpos,
             bx_sev_machine_memory(m->machine) ? "aes" : "none",
             timeline_info(m->pages).ram_pages / (1024 * 1024 / TIMELINE_PAGE_SIZE));
    caption.title = "Guest memory over time: what is private, what is shared";
    caption.subtitle = subtitle;
    caption.notes = notes.data();
    caption.n_notes = (unsigned)notes.size();
    err = timeline_write_svg(m->pages, &caption, file);
    if (fclose(file) && !err)
        err = -errno;
    return err;
}

static void finish_log(struct sev_timeline *m)
{
    int err = timeline_log_finish(m->log, bx_pc_system.time_usec());

    if (fclose(m->file) && !err)
        err = -errno;
    if (err)
        BX_ERROR(("sev: map_changes: '%.300s' cannot be written: %s",
                  bx_sev_machine_opt(m->machine)->map_changes, strerror(-err)));
    timeline_log_free(m->log);
}

void bx_sev_timeline_free(struct sev_timeline *m)
{
    if (!m)
        return;
    if (m->log)
        finish_log(m);
    timeline_advance(m->pages, bx_pc_system.time_usec()); /* the CPUs' memory is gone already */
    const char *path = bx_sev_machine_opt(m->machine)->map;
    int err = *path ? bx_sev_timeline_write(m, path) : 0;

    if (err)
        BX_ERROR(("sev: map: '%.300s' cannot be written: %s", path, strerror(-err)));
    timeline_free(m->pages);
    delete m;
}
