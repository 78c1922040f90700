/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C-bit sanitizer in Bochs: the callbacks of cpu-ext/sanitize.h and the output of its findings, for
 * the parameters sanitize= and sanitize_report= of bochs-sev(5).
 *
 * Uses Bochs 3.0 cpu/cpu.h and cpu/tlb.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "bx_debug/debug.h"
#include "sev_device_memory.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory_map.h"
#include "sev_memory.h"

#include <string.h>

#include "finding.h"
#include "sev_observe.h"
#include "protocol/exit_code.h"
#include "protocol/ghcb.h"
#include "sanitize.h"
#include "walk.h"

/* Bit 11 of a TLB entry's page frame. cpu/paging.cc calls it TLB_NoHostPtr, but does not export it. */
static const bx_address no_host_ptr = 0x800;

struct sev_sanitizer {
    struct sev_machine *machine;
    struct san *san;
    struct findings *findings;
    uint64_t ram_end;
    bool decoding;          /* san_decode() runs */
    unsigned decode_offset; /* the instruction begins here in its page */
    bool summarized;        /* the summary was printed */
};

/* VGA memory, and the RAM of SMM under it, are never encrypted. */
static bool followed(const struct sev_sanitizer *s, uint64_t paddr)
{
    return memmap_kind(bx_sev_machine_memmap(s->machine), paddr) != MEMMAP_KIND_ADAPTER;
}

/* --- callbacks --- */

/* Firmware is executed from ROM or from its copy in shadow RAM. */
static bool firmware_runs(const struct sev_sanitizer *s, const BX_CPU_C *cpu)
{
    return memmap_kind(bx_sev_machine_memmap(s->machine), cpu->pAddrFetchPage) & MEMMAP_FIRMWARE;
}

static void san_ops_who(void *ctx, unsigned index, struct san_who *who)
{
    const struct sev_sanitizer *s = (const struct sev_sanitizer *)ctx;
    BX_CPU_C *cpu = BX_CPU(index == SEV_HOOKS_NO_CPU ? 0 : index);

    who->rip = cpu->get_laddr(BX_SEG_REG_CS, cpu->prev_rip);
    who->tick = bx_pc_system.time_ticks();
    who->by = firmware_runs(s, cpu) ? SAN_BY_FIRMWARE : SAN_BY_CPU;
    /* Instructions are decoded before they are executed. The second half of one that crosses a page
     * is at the start of the next page. */
    if (s->decoding && !(s->decode_offset == 0 && (who->rip & 0xfff) > 0xff0))
        who->rip = (who->rip & ~(uint64_t)0xfff) | s->decode_offset;
}

static uint64_t san_ops_linear(void *, unsigned cpu)
{
    return cpu == SEV_HOOKS_NO_CPU ? 0 : BX_CPU(cpu)->address_xlation.sev_laddr;
}

static struct walk_result walk_now(struct sev_sanitizer *s, unsigned cpu, uint64_t linear)
{
    const struct walk_mode mode = bx_sev_walk_mode(cpu);
    const struct walk_memory memory = bx_sev_walk_memory(s->machine, cpu);

    return walk_linear(&mode, &memory, linear);
}

static bool san_ops_private_now(void *ctx, unsigned cpu, uint64_t linear, uint64_t paddr)
{
    struct walk_result now = walk_now((struct sev_sanitizer *)ctx, cpu, linear);

    if (bx_sev_walk_mode(cpu).levels < 3)
        return true; /* there is no C-bit */
    return now.present && now.is_private && (now.paddr ^ paddr) < 0x1000;
}

static unsigned san_ops_table_level(void *ctx, unsigned cpu, uint64_t paddr)
{
    const struct walk_mode mode = bx_sev_walk_mode(cpu);
    const struct walk_memory memory =
        bx_sev_walk_memory(((struct sev_sanitizer *)ctx)->machine, cpu);

    return walk_level(&mode, &memory, paddr);
}

static bool san_ops_peek(void *ctx, uint64_t paddr, uint64_t *value)
{
    return bx_sev_read_private(((struct sev_sanitizer *)ctx)->machine, paddr, value,
                               sizeof(*value));
}

static bool san_ops_watch(void *, uint64_t paddr, uint64_t n)
{
    bool found = false;

    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        BX_CPU_C *cpu = BX_CPU(i);

        for (unsigned k = 0; k < BX_DTLB_SIZE; k++) {
            bx_TLB_entry *entry = &cpu->DTLB.entry[k];

            if (entry->valid() && entry->ppf - paddr < n * 0x1000) {
                entry->lpf |= no_host_ptr;
                entry->hostPageAddr = 0;
                found = true;
            }
        }
        if (cpu->pAddrStackPage - paddr < n * 0x1000)
            cpu->invalidate_stack_cache();
    }
    return found;
}

/* --- findings --- */

/* Read and disassemble the instruction as the CPU fetched it. */
static void describe_code(struct sev_sanitizer *s, struct finding *f)
{
    const struct san_who *who = &f->report.who;
    BX_CPU_C *cpu = BX_CPU(who->cpu);

    while (f->code_len < sizeof(f->code)) {
        uint64_t at = who->rip + f->code_len;
        struct walk_result now = walk_now(s, who->cpu, at);
        unsigned n = 0x1000 - (unsigned)(at & 0xfff);

        if (n > sizeof(f->code) - f->code_len)
            n = (unsigned)sizeof(f->code) - f->code_len;
        if (!now.present || !bx_sev_read_private(s->machine, now.paddr, f->code + f->code_len, n))
            break;
        f->code_len += n;
    }
    if (f->code_len == sizeof(f->code)) {
        char text[256];
        unsigned len =
            bx_disasm_wrapper(cpu->sregs[BX_SEG_REG_CS].cache.u.segment.d_b, cpu->long64_mode(),
                              cpu->get_segment_base(BX_SEG_REG_CS), who->rip, f->code, text);

        for (size_t n = strlen(text); n && text[n - 1] == ' ';
             n--) /* after a name without operands */
            text[n - 1] = '\0';
        snprintf(f->disasm, sizeof(f->disasm), "%s", text);
        if (len <= sizeof(f->code))
            f->code_len = len;
    }
}

static void describe(struct sev_sanitizer *s, const struct san_report *report, struct finding *f)
{
    *f = {};
    f->report = *report;
    if (report->who.by != SAN_BY_CPU && report->who.by != SAN_BY_FIRMWARE)
        return;
    describe_code(s, f);
    if (report->kind == SAN_GHCB_FIELD) /* the hypervisor reads the field, not the instruction */
        return;
    f->linear = report->kind == SAN_FETCH ? report->who.rip : san_ops_linear(s, report->who.cpu);
    f->linear_known = true;
    f->mode = bx_sev_walk_mode(report->who.cpu);
    f->walk = walk_now(s, report->who.cpu, f->linear);
    /* The hypervisor can take a page for a VMGEXIT, which has no address. */
    if (san_kind_snp(report->kind) && (f->walk.paddr ^ report->paddr) >= 0x1000) {
        f->linear_known = false;
        f->walk = {};
    }
}

static void print_info(void *, const char *line)
{
    BX_INFO(("%s", line));
}

static void summary(struct sev_sanitizer *s)
{
    struct san_stats stats = san_stats(s->san);

    if (s->summarized)
        return;
    s->summarized = true;
    findings_summary(s->findings, print_info, NULL);
    BX_INFO(("sanitizer: %llu pages were used with both values of the C-bit, %llu accesses to "
             "watched pages",
             (unsigned long long)stats.mixed_ever, (unsigned long long)stats.touches));
    if (stats.forgotten)
        BX_INFO(("sanitizer: %llu pages were dropped because too many were mixed: findings can be "
                 "missing",
                 (unsigned long long)stats.forgotten));
}

/* Bochs's debugger stops as at a watchpoint: after the instruction. */
static void stop(struct sev_sanitizer *s, const struct san_report *report, const char *line)
{
#if BX_DEBUGGER
    if (bx_dbg.debugger_active) {
        BX_CPU_C *cpu = BX_CPU(report->who.cpu == SEV_HOOKS_NO_CPU ? 0 : report->who.cpu);

        dbg_printf("%s\n", line);
        cpu->watchpoint = report->paddr;
        cpu->break_point = report->write ? BREAK_POINT_WRITE : BREAK_POINT_READ;
        return;
    }
#endif
    if (bx_sev_console_exists()) {
        bx_sev_printf("%s\n", line);
        bx_sev_console_stop(report->who.cpu);
        return;
    }
    summary(s);
    BX_FATAL(("sanitize=break: %s at %#lx; run bochs-sev -dbg, or with gdb=, to stop in a debugger "
              "instead",
              san_kind_name(report->kind), (unsigned long)report->who.rip));
}

static void san_ops_report(void *ctx, const struct san_report *report)
{
    struct sev_sanitizer *s = (struct sev_sanitizer *)ctx;
    struct finding f;
    char line[1024];

    if (!findings_count(s->findings, report))
        return;
    describe(s, report, &f);
    findings_tell(s->findings, &f, line, sizeof(line));
    BX_ERROR(("%s", line));
    if (bx_sev_machine_opt(s->machine)->sanitize == OPT_SANITIZE_BREAK)
        stop(s, report, line);
}

/* --- start and end --- */

static const struct san_ops san_ops = {
    .ctx = NULL,
    .who = san_ops_who,
    .linear = san_ops_linear,
    .private_now = san_ops_private_now,
    .table_level = san_ops_table_level,
    .peek = san_ops_peek,
    .watch = san_ops_watch,
    .report = san_ops_report,
};

struct sev_sanitizer *bx_sev_sanitizer_new(struct sev_machine *machine)
{
    struct sev_sanitizer *s = new struct sev_sanitizer();
    struct san_ops ops = san_ops;

    ops.ctx = s;
    s->machine = machine;
    s->findings = findings_new(
        bx_sev_output_open("sanitize_report", bx_sev_machine_opt(machine)->sanitize_report));
    s->ram_end = BX_MEM(0)->get_memory_len();
    s->san = san_new(s->ram_end, UINT64_C(1) << bx_sev_machine_opt(machine)->cbitpos, &ops);
    if (!s->findings || !s->san)
        BX_FATAL(("sev: sanitize: out of memory"));
    findings_set_symbols(s->findings, bx_sev_machine_symbols(machine));
    return s;
}

void bx_sev_sanitizer_free(struct sev_sanitizer *s)
{
    if (!s)
        return;
    summary(s);
    findings_free(s->findings);
    san_free(s->san);
    delete s;
}

/* --- accesses --- */

void bx_sev_sanitizer_access(struct sev_sanitizer *s, unsigned cpu, uint64_t paddr,
                             enum sev_access access, enum sev_why why, bool write)
{
    if (followed(s, paddr))
        san_access(s->san, cpu, paddr, access, why, write);
}

bool bx_sev_sanitizer_watched(const struct sev_sanitizer *s, uint64_t paddr)
{
    return followed(s, paddr) && san_watched(s->san, paddr);
}

/* A store to flash is a command to the chip, whatever the C-bit. */
static bool host_memory(const struct sev_sanitizer *s, uint64_t paddr, bool write)
{
    const enum memmap_kind kind = memmap_kind(bx_sev_machine_memmap(s->machine), paddr);

    return (kind & MEMMAP_HOST) && !(write && kind == MEMMAP_KIND_FLASH) &&
           bx_sev_device_memory_private(bx_sev_machine_device_memory(s->machine), paddr);
}

void bx_sev_sanitizer_touch(struct sev_sanitizer *s, unsigned cpu, uint64_t paddr, unsigned len,
                            enum sev_why why, const void *data)
{
    bx_TLB_entry *entry;
    bx_address linear;

    if (cpu != SEV_HOOKS_NO_CPU && host_memory(s, paddr, data != NULL))
        san_host_memory(s->san, cpu, paddr, len, data != NULL);
    if (!followed(s, paddr) || paddr >= s->ram_end)
        return;
    san_touch(s->san, cpu, paddr, len, why, data);
    if (cpu == SEV_HOOKS_NO_CPU ||
        memmap_kind(bx_sev_machine_memmap(s->machine), paddr) == MEMMAP_KIND_SHADOW ||
        san_watched(s->san, paddr))
        return;
    /* The translation can have a host pointer again. Drop it; the next access makes a new one. */
    linear = BX_CPU(cpu)->address_xlation.sev_laddr;
    entry = BX_CPU(cpu)->DTLB.get_entry_of(linear, 0);
    if (entry->valid() && entry->lpf == (LPFOf(linear) | no_host_ptr) && entry->ppf == PPFOf(paddr))
        entry->invalidate();
}

void bx_sev_sanitizer_decode(struct sev_sanitizer *s, unsigned cpu, uint64_t paddr, unsigned len)
{
    if (!followed(s, paddr))
        return;
    s->decoding = true;
    s->decode_offset = (unsigned)(paddr & 0xfff);
    san_decode(s->san, cpu, paddr, len);
    s->decoding = false;
}

/* An access that no CPU makes, split at page ends. */
static void other_access(struct sev_sanitizer *s, uint64_t spa, size_t len, enum sev_access how,
                         bool write, enum san_by by)
{
    while (len) {
        unsigned n = 0x1000 - (unsigned)(spa & 0xfff);

        if (n > len)
            n = (unsigned)len;
        if (followed(s, spa))
            san_psp(s->san, spa, n, how, write, by);
        spa += n;
        len -= n;
    }
}

void bx_sev_sanitizer_hypervisor(struct sev_sanitizer *s, uint64_t spa, size_t len, bool write)
{
    other_access(s, spa, len, SEV_ACCESS_SHARED, write, SAN_BY_HYPERVISOR);
}

void bx_sev_sanitizer_ghcb_field(struct sev_sanitizer *s, unsigned cpu, uint64_t gpa,
                                 unsigned field, uint64_t code)
{
    const struct ghcb_field *row = ghcb_find_field(field);
    const struct san_ghcb_field taken = {gpa,  (uint16_t)field,      row->size, row->name,
                                         code, exit_code_words(code)};

    san_ghcb_field(s->san, cpu, &taken);
}

void bx_sev_sanitizer_psp(struct sev_sanitizer *s, uint64_t spa, size_t len, uint32_t asid,
                          bool write)
{
    other_access(s, spa, len, asid ? SEV_ACCESS_PRIVATE : SEV_ACCESS_SHARED, write, SAN_BY_PSP);
}

void bx_sev_sanitizer_pvalidate(struct sev_sanitizer *s, unsigned cpu, uint64_t spa, uint64_t pages,
                                bool validate, bool unchanged)
{
    san_snp_pvalidate(s->san, cpu, spa, pages, validate, unchanged);
}

void bx_sev_sanitizer_taken(struct sev_sanitizer *s, unsigned cpu, uint64_t spa)
{
    san_snp_taken(s->san, cpu, spa, 1);
}

void bx_sev_sanitizer_not_validated(struct sev_sanitizer *s, unsigned cpu, uint64_t spa, bool write)
{
    san_snp_not_validated(s->san, cpu, spa, write);
}

void bx_sev_sanitizer_ghcb(struct sev_sanitizer *s, unsigned cpu, uint64_t spa)
{
    san_snp_ghcb(s->san, cpu, spa);
}

void bx_sev_sanitizer_info(const struct sev_sanitizer *s, struct bx_sev_sanitizer_info *info)
{
    struct san_stats stats = san_stats(s->san);

    info->reports = findings_reports(s->findings);
    info->sites = findings_sites(s->findings);
    info->mixed = stats.mixed;
    info->mixed_ever = stats.mixed_ever;
    info->touches = stats.touches;
    info->forgotten = stats.forgotten;
}
