/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Breaks of Bochs's debugger: at the first private or shared access to some pages, at a page that
 * changes between private and shared, at a command of the secure processor. The machine stops after
 * the instruction that made the access.
 *
 * See bochs-sev-debug(7). Uses Bochs 3.0 bx_debug/debug.h and cpu/tlb.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "bx_debug/debug.h"
#include "sev_machine.h"

#if BX_DEBUGGER

#include <inttypes.h>

#include "psp.h"
#include "sev_observe.h"
#include "command_log.h"
#include "exit_log.h"
#include "protocol/exit_code.h"
#include "protocol/ghcb.h"

static const uint64_t page_size = TIMELINE_PAGE_SIZE;

enum stop_kind { STOP_FREE, STOP_ACCESS, STOP_CHANGE, STOP_COMMAND, STOP_EVENT, STOP_RMP };

struct stop {
    enum stop_kind kind;
    enum sev_access access;  /* STOP_ACCESS */
    uint64_t from, to;       /* pages, the last one included */
    uint16_t command;        /* STOP_COMMAND */
    enum bx_sev_event event; /* STOP_EVENT */
    uint64_t code;
};

static const unsigned n_stops = 32;

struct sev_breaks {
    const struct sev_machine *machine;
    struct stop stops[n_stops];
    bool any; /* one of them is set */
};

struct sev_breaks *bx_sev_breaks_new(const struct sev_machine *machine)
{
    if (!bx_sev_console_exists())
        return NULL;
    struct sev_breaks *breaks = new struct sev_breaks();
    breaks->machine = machine;
    return breaks;
}

void bx_sev_breaks_free(struct sev_breaks *breaks)
{
    delete breaks;
}

/* --- setting and removing --- */

static void print_event(unsigned number, const struct stop *stop)
{
    static const char *const names[] = {"#VC", "VMGEXIT", "VMGEXIT by the GHCB MSR"};
    const char *words =
        stop->event == BX_SEV_EVENT_MSR ? ghcb_msr_words(stop->code) : exit_code_words(stop->code);

    if (stop->code == BX_SEV_ANY_CODE)
        bx_sev_printf("%u: break on every %s\n", number, names[stop->event]);
    else
        bx_sev_printf("%u: break on %s %" PRIx64 "h (%s)\n", number, names[stop->event], stop->code,
                      words);
}

static void print_stop(const struct sev_breaks *breaks, unsigned i)
{
    const struct stop *stop = &breaks->stops[i];
    const char *what = stop->kind == STOP_CHANGE ? "watch the C-bit of accesses to"
                       : stop->kind == STOP_RMP  ? "break on a change of the RMP entries of"
                       : stop->access == SEV_ACCESS_PRIVATE ? "break on the first private access to"
                                                            : "break on the first shared access to";

    if (stop->kind == STOP_EVENT)
        print_event(i + 1, stop);
    else if (stop->kind == STOP_COMMAND)
        bx_sev_printf("%u: break on command %s\n", i + 1, psp_command_name(stop->command));
    else
        bx_sev_printf("%u: %s %#" PRIx64 "-%#" PRIx64 "\n", i + 1, what, stop->from * page_size,
                      (stop->to + 1) * page_size - 1);
}

/* Hooks see an access only if the TLB has no translation of it. So drop those of the pages once. */
template <typename Tlb> static void drop_entries(Tlb &tlb, uint64_t from, uint64_t to)
{
    for (auto &entry : tlb.entry)
        if (entry.valid() && entry.ppf / page_size >= from && entry.ppf / page_size <= to)
            entry.invalidate();
}

void bx_sev_drop_translations(uint64_t from, uint64_t to)
{
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        drop_entries(BX_CPU(i)->DTLB, from, to);
        drop_entries(BX_CPU(i)->ITLB, from, to);
        BX_CPU(i)->invalidate_prefetch_q();
        BX_CPU(i)->invalidate_stack_cache();
    }
}

static void add_stop(struct sev_breaks *breaks, const struct stop &stop)
{
    for (unsigned i = 0; i < n_stops; i++)
        if (breaks->stops[i].kind == STOP_FREE) {
            breaks->stops[i] = stop;
            breaks->any = true;
            if (stop.kind == STOP_ACCESS || stop.kind == STOP_CHANGE)
                bx_sev_drop_translations(stop.from, stop.to);
            print_stop(breaks, i);
            return;
        }
    bx_sev_printf("sev: all %u breaks are in use\n", n_stops);
}

void bx_sev_break_on_access(struct sev_breaks *breaks, enum sev_access access, uint64_t from,
                            uint64_t to)
{
    add_stop(breaks, {STOP_ACCESS, access, from, to, 0, BX_SEV_EVENT_VC, 0});
}

void bx_sev_break_on_change(struct sev_breaks *breaks, uint64_t from, uint64_t to)
{
    add_stop(breaks, {STOP_CHANGE, SEV_ACCESS_PRIVATE, from, to, 0, BX_SEV_EVENT_VC, 0});
}

void bx_sev_break_on_command(struct sev_breaks *breaks, uint16_t command)
{
    add_stop(breaks, {STOP_COMMAND, SEV_ACCESS_PRIVATE, 0, 0, command, BX_SEV_EVENT_VC, 0});
}

void bx_sev_break_on_event(struct sev_breaks *breaks, enum bx_sev_event event, uint64_t code)
{
    add_stop(breaks, {STOP_EVENT, SEV_ACCESS_PRIVATE, 0, 0, 0, event, code});
}

void bx_sev_break_on_rmp(struct sev_breaks *breaks, uint64_t from, uint64_t to)
{
    add_stop(breaks, {STOP_RMP, SEV_ACCESS_PRIVATE, from, to, 0, BX_SEV_EVENT_VC, 0});
}

bool bx_sev_breaks_delete(struct sev_breaks *breaks, unsigned number)
{
    bool found = false;

    breaks->any = false;
    for (unsigned i = 0; i < n_stops; i++) {
        struct stop *stop = &breaks->stops[i];

        if (stop->kind != STOP_FREE && (!number || number == i + 1)) {
            *stop = {};
            found = true;
        }
        breaks->any |= stop->kind != STOP_FREE;
    }
    return found;
}

void bx_sev_breaks_print(const struct sev_breaks *breaks)
{
    for (unsigned i = 0; i < n_stops; i++)
        if (breaks->stops[i].kind != STOP_FREE)
            print_stop(breaks, i);
    if (!breaks->any)
        bx_sev_printf("no breaks\n");
}

/* --- stopping --- */

/* Print the instruction that a CPU executes. */
static void print_instruction(const struct sev_breaks *breaks, unsigned index)
{
    BX_CPU_C *cpu = BX_CPU(index);
    const bx_segment_reg_t *cs = &cpu->sregs[BX_SEG_REG_CS];
    bx_address base = cpu->get_segment_base(BX_SEG_REG_CS), rip = cpu->prev_rip;
    bool is_64 = cpu->get_cpu_mode() == BX_MODE_LONG_64;
    Bit8u code[16];
    char text[256], name[SYMBOLS_TEXT];

    for (unsigned i = 0; i < sizeof(code); i++) {
        bx_phy_address paddr;

        code[i] = 0;
        if (cpu->dbg_xlate_linear2phy(base + rip + i, &paddr) &&
            bx_sev_timeline_kind(breaks->machine, paddr) != TIMELINE_MMIO)
            BX_MEM(0)->dbg_fetch_mem(cpu, paddr, 1, &code[i]);
        else if (!i)
            return;
    }
    bx_dbg_disasm_wrapper(!is_64 && cs->cache.u.segment.d_b, is_64, base, rip, code, text);
    bx_sev_printf("  CPU %u at %04x:%016" PRIx64 "%s: %s\n", index, cs->selector.value,
                  (uint64_t)rip,
                  symbols_text(bx_sev_machine_symbols(breaks->machine), base + rip, name), text);
}

static void report_access(const struct sev_breaks *breaks, unsigned number, unsigned cpu,
                          uint64_t paddr, enum sev_access access, enum sev_why why, bool write)
{
    static const char *const verbs[SEV_WHY_COUNT] = {"reads",  "fetches from", "walks",
                                                     "writes", "reads",        "reads"};

    bx_sev_printf("\nsev: %u: ", number);
    if (cpu == SEV_HOOKS_NO_CPU)
        bx_sev_printf("a device");
    else
        bx_sev_printf("CPU %u", cpu);
    bx_sev_printf(" %s page %#" PRIx64 " %s\n", write ? "writes" : verbs[why],
                  paddr & ~(page_size - 1),
                  access == SEV_ACCESS_PRIVATE ? "private (C=1)" : "shared (C=0)");
    if (cpu != SEV_HOOKS_NO_CPU)
        print_instruction(breaks, cpu);
    bx_sev_console_stop(cpu);
}

void bx_sev_breaks_access(struct sev_breaks *breaks, unsigned cpu, uint64_t paddr,
                          enum sev_access access, enum sev_why why, bool write, bool changed)
{
    const uint64_t page = paddr / page_size;

    if (!breaks->any)
        return;
    for (unsigned i = 0; i < n_stops; i++) {
        const struct stop *stop = &breaks->stops[i];
        bool hit = (stop->kind == STOP_ACCESS && stop->access == access) ||
                   (stop->kind == STOP_CHANGE && changed);

        if (!hit || page < stop->from || page > stop->to)
            continue;
        report_access(breaks, i + 1, cpu, paddr, access, why, write);
        if (stop->kind == STOP_ACCESS)
            bx_sev_breaks_delete(breaks, i + 1); /* the first one only */
    }
}

/* Stop if a break is for this event. `text` says what happened. */
static void stop_on_event(struct sev_breaks *breaks, unsigned cpu, enum bx_sev_event event,
                          uint64_t code, const char *text)
{
    for (unsigned i = 0; i < n_stops; i++) {
        const struct stop *stop = &breaks->stops[i];

        if (stop->kind != STOP_EVENT || stop->event != event ||
            (stop->code != BX_SEV_ANY_CODE && stop->code != code))
            continue;
        bx_sev_printf("\nsev: %u: CPU %u: %s\n", i + 1, cpu, text);
        print_instruction(breaks, cpu);
        bx_sev_console_stop(cpu);
        return;
    }
}

void bx_sev_breaks_vc(struct sev_breaks *breaks, unsigned cpu, uint32_t code, uint64_t info1)
{
    char text[120];

    if (!breaks->any)
        return;
    snprintf(text, sizeof(text), "#VC %xh (%s), information %" PRIx64 "h", code,
             exit_code_words(code), info1);
    stop_on_event(breaks, cpu, BX_SEV_EVENT_VC, code, text);
}

void bx_sev_breaks_vmgexit(struct sev_breaks *breaks, unsigned cpu,
                           const struct exit_log_request *r)
{
    char text[200];

    if (!breaks->any)
        return;
    if (r->msr)
        snprintf(text, sizeof(text), "VMGEXIT, GHCB MSR %" PRIx64 "h -> %" PRIx64 "h (%s)", r->code,
                 r->result1, r->words);
    else
        snprintf(text, sizeof(text),
                 "VMGEXIT %" PRIx64 "h (%s), information %" PRIx64 "h, %" PRIx64 "h -> %" PRIx64
                 "h, %" PRIx64 "h",
                 r->code, r->words, r->info1, r->info2, r->result1, r->result2);
    if (r->msr)
        stop_on_event(breaks, cpu, BX_SEV_EVENT_MSR, r->code & GHCB_MSR_INFO_MASK, text);
    else
        stop_on_event(breaks, cpu, BX_SEV_EVENT_VMGEXIT, r->code, text);
}

void bx_sev_breaks_rmp(struct sev_breaks *breaks, unsigned cpu, uint64_t first, uint64_t last,
                       const char *text)
{
    if (!breaks->any)
        return;
    for (unsigned i = 0; i < n_stops; i++) {
        const struct stop *stop = &breaks->stops[i];

        if (stop->kind != STOP_RMP || last < stop->from || first > stop->to)
            continue;
        bx_sev_printf("\nsev: %u: RMP entry of page %#" PRIx64 ": %s\n", i + 1, first * page_size,
                      text);
        if (cpu != SEV_HOOKS_NO_CPU)
            print_instruction(breaks, cpu);
        bx_sev_console_stop(cpu);
        return;
    }
}

void bx_sev_breaks_psp(struct sev_breaks *breaks, const struct psp_event *event)
{
    if (!breaks->any)
        return;
    for (unsigned i = 0; i < n_stops; i++) {
        const struct stop *stop = &breaks->stops[i];

        if (stop->kind != STOP_COMMAND || stop->command != event->command)
            continue;
        bx_sev_printf("\nsev: %u: %s answered %s\n", i + 1, psp_command_name(event->command),
                      psp_status_name(event->status));
        bx_sev_console_stop(SEV_HOOKS_NO_CPU);
    }
}

#endif
