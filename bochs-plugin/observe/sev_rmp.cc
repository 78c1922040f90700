/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The RMP for observers: what happened to each page, for the debugger (rmp_history.h) and its
 * breaks; which pages the guest validates, for the sanitizer (sanitize.h). The debugger's command
 * `rmp`, see bochs-sev-debug(7).
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "bx_debug/debug.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_snp.h"

#include <inttypes.h>

#include "rmp.h"
#include "rmp_history.h"
#include "sev_observe.h"

struct sev_rmp_watch {
    struct sev_machine *machine;
    struct rmp *rmp;
    struct rmp_history *history; /* NULL without a debugger */
    unsigned cpu;                /* executes now, or SEV_HOOKS_NO_CPU */
    bool by_guest;               /* an instruction of the guest changes the RMP */
};

struct sev_rmp_watch *bx_sev_rmp_watch_new(struct sev_machine *m)
{
    struct sev_rmp_watch *watch;

    if (!bx_sev_machine_snp(m) || !(bx_sev_console_exists() || bx_sev_machine_sanitizer(m)))
        return NULL;
    watch = new struct sev_rmp_watch();
    watch->machine = m;
    watch->rmp = bx_sev_snp_rmp(bx_sev_machine_snp(m));
    watch->cpu = SEV_HOOKS_NO_CPU;
    if (bx_sev_console_exists()) {
        watch->history = rmp_history_new(watch->rmp);
        if (!watch->history)
            BX_FATAL(("sev: out of memory"));
    }
    return watch;
}

void bx_sev_rmp_watch_free(struct sev_rmp_watch *watch)
{
    if (!watch)
        return;
    rmp_history_free(watch->history);
    delete watch;
}

/* --- what happens --- */

static struct rmp_cause cause_now(const struct sev_rmp_watch *watch)
{
    struct rmp_cause cause = {bx_pc_system.time_usec(), 0, watch->cpu};

    if (watch->cpu != SEV_HOOKS_NO_CPU)
        cause.rip = BX_CPU(watch->cpu)->get_laddr(BX_SEG_REG_CS, BX_CPU(watch->cpu)->prev_rip);
    return cause;
}

void bx_sev_rmp_watch_begin(struct sev_rmp_watch *watch, unsigned cpu, bool by_guest)
{
    watch->cpu = cpu;
    watch->by_guest = by_guest;
}

void bx_sev_rmp_watch_end(struct sev_rmp_watch *watch)
{
    watch->cpu = SEV_HOOKS_NO_CPU;
    watch->by_guest = false;
}

void bx_sev_rmp_watch_restored(struct sev_rmp_watch *watch)
{
    if (watch->history)
        rmp_history_restart(watch->history);
}

/* Notify the sanitizer of the pages that are not valid any more. */
static void notify_taken(const struct sev_rmp_watch *watch, uint64_t spa, uint64_t n)
{
    for (; n--; spa += RMP_PAGE_SIZE) {
        const struct rmp_entry entry = rmp_get(watch->rmp, spa);

        if (rmp_state(&entry) != RMP_STATE_GUEST_VALID)
            bx_sev_sanitizer_taken(bx_sev_machine_sanitizer(watch->machine), watch->cpu, spa);
    }
}

void bx_sev_rmp_watch_changed(struct sev_rmp_watch *watch, uint64_t spa, uint64_t n)
{
    const struct rmp_cause cause = cause_now(watch);

    if (bx_sev_machine_sanitizer(watch->machine) && !watch->by_guest)
        notify_taken(watch, spa, n);
    if (!watch->history)
        return;
    rmp_history_changed(watch->history, spa, n, &cause);
#if BX_DEBUGGER
    const struct rmp_event *event = rmp_history_get(watch->history, spa, 0);
    char text[RMP_EVENT_TEXT];

    if (event)
        bx_sev_breaks_rmp(bx_sev_machine_breaks(watch->machine), watch->cpu, spa / RMP_PAGE_SIZE,
                          spa / RMP_PAGE_SIZE + n - 1, rmp_event_text(event, "", text));
#endif
}

void bx_sev_rmp_watch_fault(struct sev_rmp_watch *watch, uint64_t spa,
                            const struct rmp_access *access, enum rmp_check check)
{
    const struct rmp_cause cause = cause_now(watch);
    const bool write = access->needs & RMP_WRITE, private_ = access->private_ || access->walk;

    if (bx_sev_machine_sanitizer(watch->machine) && check == RMP_NOT_VALIDATED)
        bx_sev_sanitizer_not_validated(bx_sev_machine_sanitizer(watch->machine), watch->cpu, spa,
                                       write && !access->walk);
    if (watch->history)
        rmp_history_fault(watch->history, spa, check, write, private_, &cause);
}

void bx_sev_rmp_watch_pvalidate(struct sev_rmp_watch *watch, uint64_t spa, bool is_2m,
                                bool validate, const struct rmp_result *result)
{
    if (bx_sev_machine_sanitizer(watch->machine) && result->fault == RMP_PASSED &&
        result->eax == RMP_OK)
        bx_sev_sanitizer_pvalidate(bx_sev_machine_sanitizer(watch->machine), watch->cpu, spa,
                                   is_2m ? RMP_LARGE_PAGES : 1, validate, result->cf);
}

void bx_sev_rmp_watch_vmgexit(struct sev_rmp_watch *watch, uint64_t ghcb)
{
    const bool is_address = !(ghcb & (RMP_PAGE_SIZE - 1));

    if (bx_sev_machine_sanitizer(watch->machine) && is_address &&
        rmp_get(watch->rmp, ghcb).assigned)
        bx_sev_sanitizer_ghcb(bx_sev_machine_sanitizer(watch->machine), watch->cpu, ghcb);
}

/* --- for people --- */

std::vector<struct timeline_counter> bx_sev_rmp_counters(const struct rmp *rmp)
{
    const struct rmp_stats stats = rmp_stats(rmp);
    std::vector<struct timeline_counter> counters;
    uint64_t pages[RMP_STATES];

    rmp_count_states(rmp, pages);
    for (unsigned state = 0; state < RMP_STATES; state++)
        counters.push_back({"pages", rmp_state_name((enum rmp_state)state), pages[state]});
    counters.push_back({"changes", "RMPUPDATE", stats.updates});
    counters.push_back({"changes", "PSMASH", stats.psmashes});
    counters.push_back({"changes", "PVALIDATE", stats.pvalidates});
    counters.push_back({"changes", "RMPADJUST", stats.rmpadjusts});
    counters.push_back({"no change", "PVALIDATE", stats.unchanged});
    for (unsigned check = RMP_PASSED + 1; check < RMP_CHECK_COUNT; check++)
        counters.push_back({check == RMP_NOT_VALIDATED ? "#VC 404h" : "faults",
                            rmp_check_words((enum rmp_check)check), stats.faults[check]});
    return counters;
}

void bx_sev_rmp_print_states(const struct rmp *rmp, void (*print)(const char *line))
{
    const struct rmp_stats stats = rmp_stats(rmp);
    uint64_t pages[RMP_STATES];
    char line[160];

    rmp_count_states(rmp, pages);
    for (unsigned state = 0; state < RMP_STATES; state++)
        if (pages[state]) {
            snprintf(line, sizeof(line), "RMP: %8" PRIu64 " pages %s", pages[state],
                     rmp_state_name((enum rmp_state)state));
            print(line);
        }
    snprintf(line, sizeof(line),
             "RMP: %" PRIu64 " RMPUPDATE, %" PRIu64 " PSMASH, %" PRIu64 " PVALIDATE (and %" PRIu64
             " without change), %" PRIu64 " RMPADJUST",
             stats.updates, stats.psmashes, stats.pvalidates, stats.unchanged, stats.rmpadjusts);
    print(line);
    for (unsigned check = RMP_PASSED + 1; check < RMP_CHECK_COUNT; check++)
        if (stats.faults[check]) {
            snprintf(line, sizeof(line), "RMP: %8" PRIu64 " faults: %s", stats.faults[check],
                     rmp_check_words((enum rmp_check)check));
            print(line);
        }
}

#if BX_DEBUGGER

static const unsigned events_max = 16; /* of a page, in one answer */

/* The ranges of pages of one state, which several runs of entries can make. */
static void print_ranges(const struct rmp *rmp)
{
    struct rmp_run run = {};
    uint64_t first = 0, pages = 0;
    enum rmp_state state = RMP_STATE_HYPERVISOR;

    for (bool more = true; more;) {
        more = rmp_next_run(rmp, &run);
        if (pages && more && run.spa == first + pages * RMP_PAGE_SIZE &&
            rmp_state(&run.entry) == state) {
            pages += run.pages;
            continue;
        }
        if (pages && state != RMP_STATE_HYPERVISOR)
            bx_sev_printf("0x%010" PRIx64 "-0x%010" PRIx64 " %8" PRIu64 " page(s): %s\n", first,
                          first + pages * RMP_PAGE_SIZE - 1, pages, rmp_state_name(state));
        first = run.spa;
        pages = run.pages;
        state = rmp_state(&run.entry);
    }
}

static void print_access(const struct sev_rmp_watch *watch, unsigned cpu, uint64_t spa,
                         const char *name, bool is_private, uint8_t needs)
{
    const enum rmp_check check =
        bx_sev_snp_check(bx_sev_machine_snp(watch->machine), cpu, spa, is_private, needs);

    bx_sev_printf("  %-22s %s%s\n", name,
                  check == RMP_PASSED          ? ""
                  : check == RMP_NOT_VALIDATED ? "#VC 404h: "
                                               : "nested page fault: ",
                  rmp_check_words(check));
}

static void print_page(const struct sev_rmp_watch *watch, uint64_t spa)
{
    const struct symbols *symbols = bx_sev_machine_symbols(watch->machine);
    const struct rmp_event *event;
    char text[RMP_EVENT_TEXT], name[SYMBOLS_TEXT];

    bx_sev_printf("page %#" PRIx64 ": %s\n", spa, rmp_entry_text(watch->rmp, spa, text));
    print_access(watch, dbg_cpu, spa, "a read through C=1:", true, RMP_READ);
    print_access(watch, dbg_cpu, spa, "a write through C=1:", true, RMP_WRITE);
    print_access(watch, dbg_cpu, spa, "a fetch:", true, RMP_EXEC_SUPER);
    print_access(watch, dbg_cpu, spa, "a write through C=0:", false, RMP_WRITE);
    for (unsigned n = 0; n < events_max && (event = rmp_history_get(watch->history, spa, n)); n++)
        bx_sev_printf("  %s\n",
                      rmp_event_text(event, symbols_text(symbols, event->cause.rip, name), text));
    if (rmp_history_count(watch->history) > RMP_HISTORY_KEPT)
        bx_sev_printf("  only the latest %u events of all pages are kept\n", RMP_HISTORY_KEPT);
}

/* rmp [ADDRESS] */
void bx_sev_debug_rmp(struct sev_machine *m, int argc, char **argv)
{
    const struct sev_rmp_watch *watch = bx_sev_machine_rmp_watch(m);
    uint64_t spa;

    if (!watch) {
        bx_sev_printf("sev: the guest has no SEV-SNP (snp=1)\n");
        return;
    }
    if (argc == 1) {
        print_ranges(watch->rmp);
        bx_sev_rmp_print_states(watch->rmp, [](const char *line) { bx_sev_printf("%s\n", line); });
        return;
    }
    if (bx_sev_debug_number(m, argv[1], &spa))
        print_page(watch, spa & ~(uint64_t)(RMP_PAGE_SIZE - 1));
}

#endif
