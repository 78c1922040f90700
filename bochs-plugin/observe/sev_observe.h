/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The observers of the machine: page-state timeline, sanitizer, Bochs's debugger. They change nothing.
 * sev_hooks.cc notifies them of accesses, sev_psp_host.cc of commands.
 *
 * For C++ files, after Bochs's own headers.
 */
#ifndef BX_SEV_OBSERVE_H
#define BX_SEV_OBSERVE_H

#include <stddef.h>
#include <stdint.h>

#include <vector>

#include "hooks.h"
#include "output_file.h"
#include "rmp.h"
#include "symbols.h"
#include "timeline.h"
#include "walk.h"

struct exit_log_request;
struct psp_event;
struct sev_machine;

/* --- sev_output.cc: files that observers write --- */

/* Open the file of a parameter. Its errors are reported in Bochs's log. Return NULL if `path` is
 * empty. If the file cannot be opened, end Bochs with a message. */
struct output_file *bx_sev_output_open(const char *name, const char *path);
/* For a file that is written when the machine ends. Check at the start that it can be opened, and
 * leave it as it is; end Bochs with a message if it cannot. */
void bx_sev_output_check(const char *name, const char *path);
/* Open it at the end. Return NULL if `path` is empty or, with a message, if it cannot be opened. */
struct output_file *bx_sev_output_last(const char *name, const char *path);

/* --- sev_walk.cc: page tables --- */

struct walk_mode bx_sev_walk_mode(unsigned cpu);
/* What a CPU reads through C=1. `machine` must outlive it. */
struct walk_memory bx_sev_walk_memory(struct sev_machine *machine, unsigned cpu);
/* Return true if the CPU of a host is between VMRUN and #VMEXIT. */
bool bx_sev_runs_guest(unsigned cpu);
/* Translate a physical address that a CPU uses: with nested paging, that of a guest. Return false if
 * the nested page tables do not map it. */
bool bx_sev_system_address(struct sev_machine *machine, unsigned cpu, uint64_t guest,
                           uint64_t *system);
/* Read `len` bytes, all in one page, through C=1. Change nothing. Return false if there is neither
 * RAM nor ROM. */
bool bx_sev_read_private(struct sev_machine *machine, uint64_t paddr, void *buf, unsigned len);

/* --- sev_conversions.cc: why was a page converted? For the debugger --- */

struct sev_conversions;
/* NULL with encryption=none. */
struct sev_conversions *bx_sev_conversions_new(struct sev_machine *machine);
void bx_sev_conversions_free(struct sev_conversions *conversions);
/* After memory has done the access. */
void bx_sev_conversions_access(struct sev_conversions *conversions, unsigned cpu, uint64_t paddr,
                               enum sev_access access, enum sev_why why, bool write);
/* After a command of the secure processor. */
void bx_sev_conversions_psp(struct sev_conversions *conversions, uint16_t command);
void bx_sev_conversions_print(struct sev_conversions *conversions, uint64_t paddr,
                              void (*print)(const char *line));

/* --- sev_timeline.cc: the page-state timeline --- */

struct sev_timeline;
/* NULL unless map=, map_changes= or the debugger needs one. An error ends Bochs with a message. */
struct sev_timeline *bx_sev_timeline_new(struct sev_machine *machine);
/* Write map= and the end of map_changes= first. NULL is allowed. */
void bx_sev_timeline_free(struct sev_timeline *timeline);
/* Take an access as hooks.h reports it. Return true if the page changed between private and shared. */
bool bx_sev_timeline_access(struct sev_timeline *timeline, unsigned cpu, uint64_t paddr,
                            enum sev_access access, enum sev_why why, bool write);
void bx_sev_timeline_psp(struct sev_timeline *timeline, const struct psp_event *event);
/* The RMP entries of `n` pages from `spa` on were changed. */
void bx_sev_timeline_rmp(struct sev_timeline *timeline, const struct rmp *rmp, uint64_t spa,
                         uint64_t n);
/* NULL with encryption=none, and outside the debugger. */
struct sev_conversions *bx_sev_timeline_conversions(const struct sev_timeline *timeline);
/* Read which pages the page tables of all CPUs map with C=0. Change nothing. */
void bx_sev_timeline_look(struct sev_timeline *timeline);
/* Return the timeline. It belongs to the argument. */
const struct timeline *bx_sev_timeline_pages(const struct sev_timeline *timeline);
/* Return TIMELINE_PRIVATE for all RAM, TIMELINE_ROM or TIMELINE_MMIO. */
enum timeline_use bx_sev_timeline_kind(const struct sev_machine *machine, uint64_t paddr);
/* Write the picture up to now. Return 0 or a negative errno. */
int bx_sev_timeline_write(const struct sev_timeline *timeline, const char *path);

/* --- sev_sanitize.cc: the C-bit sanitizer --- */

struct sev_sanitizer;
/* Needs the machine's memory. Never NULL: an error ends Bochs with a message. */
struct sev_sanitizer *bx_sev_sanitizer_new(struct sev_machine *machine);
/* Print the summary and free. NULL is allowed. */
void bx_sev_sanitizer_free(struct sev_sanitizer *sanitizer);

/* As in hooks.h. `access` is called after memory was converted. */
void bx_sev_sanitizer_access(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t paddr,
                             enum sev_access access, enum sev_why why, bool write);
bool bx_sev_sanitizer_watched(const struct sev_sanitizer *sanitizer, uint64_t paddr);
void bx_sev_sanitizer_touch(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t paddr,
                            unsigned len, enum sev_why why, const void *data);
void bx_sev_sanitizer_decode(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t paddr,
                             unsigned len);
/* The secure processor reads or writes memory through the key of an ASID; 0: raw memory contents. */
void bx_sev_sanitizer_psp(struct sev_sanitizer *sanitizer, uint64_t spa, size_t len, uint32_t asid,
                          bool write);

/* The hypervisor reads or writes raw memory: a GHCB, what a guest is launched with. */
void bx_sev_sanitizer_hypervisor(struct sev_sanitizer *sanitizer, uint64_t spa, size_t len,
                                 bool write);

/* An exit needs a field (enum ghcb_offset) of the GHCB at `gpa` whose valid bit is clear. */
void bx_sev_sanitizer_ghcb_field(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t gpa,
                                 unsigned field, uint64_t code);

/* With SEV-SNP, as san_snp_*() in sanitize.h. */
void bx_sev_sanitizer_pvalidate(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t spa,
                                uint64_t pages, bool validate, bool unchanged);
void bx_sev_sanitizer_taken(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t spa);
void bx_sev_sanitizer_not_validated(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t spa,
                                    bool write);
void bx_sev_sanitizer_ghcb(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t spa);

struct bx_sev_sanitizer_info {
    uint64_t reports, mixed_ever, touches, forgotten; /* as in struct san_stats */
    uint32_t sites, mixed;
};
void bx_sev_sanitizer_info(const struct sev_sanitizer *sanitizer,
                           struct bx_sev_sanitizer_info *info);

/* --- sev_rmp.cc: the RMP of SEV-SNP --- */

struct sev_rmp_watch;
/* After the breaks and the sanitizer. NULL without SEV-SNP, or if nothing observes. */
struct sev_rmp_watch *bx_sev_rmp_watch_new(struct sev_machine *machine);
void bx_sev_rmp_watch_free(struct sev_rmp_watch *watch); /* NULL is allowed */

/* All changes and faults from here to the end belong to what CPU `cpu` executes. `by_guest`: it is an
 * instruction of the guest that changes the RMP, and not the hypervisor for it. */
void bx_sev_rmp_watch_begin(struct sev_rmp_watch *watch, unsigned cpu, bool by_guest);
void bx_sev_rmp_watch_end(struct sev_rmp_watch *watch);
/* The machine was restored, and the RMP with it. */
void bx_sev_rmp_watch_restored(struct sev_rmp_watch *watch);
/* As rmp_ops.changed() in rmp.h. */
void bx_sev_rmp_watch_changed(struct sev_rmp_watch *watch, uint64_t spa, uint64_t n);
/* An access to the page at `spa` did not pass. */
void bx_sev_rmp_watch_fault(struct sev_rmp_watch *watch, uint64_t spa,
                            const struct rmp_access *access, enum rmp_check check);
/* PVALIDATE ended. */
void bx_sev_rmp_watch_pvalidate(struct sev_rmp_watch *watch, uint64_t spa, bool is_2m,
                                bool validate, const struct rmp_result *result);
/* VMGEXIT with this value of the GHCB MSR. */
void bx_sev_rmp_watch_vmgexit(struct sev_rmp_watch *watch, uint64_t ghcb);
/* Print how many pages are in each state, and the counters. */
void bx_sev_rmp_print_states(const struct rmp *rmp, void (*print)(const char *line));
/* Return the same as a list. */
std::vector<struct timeline_counter> bx_sev_rmp_counters(const struct rmp *rmp);

/* --- sev_console.cc: the debugger's console --- */

struct bx_sev_console {
    void *ctx;
    void (*print)(void *ctx, const char *text);
    void (*stop)(void *ctx, unsigned cpu); /* stop the machine soon; `cpu` is the cause */
};
/* Take the place of Bochs's debugger. */
void bx_sev_console_set(const struct bx_sev_console *console);
/* Return true if there is a debugger: Bochs's, or one that took its place. */
bool bx_sev_console_exists(void);
void bx_sev_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* `cpu`: the cause, or SEV_HOOKS_NO_CPU. */
void bx_sev_console_stop(unsigned cpu);

/* --- sev_debug.cc, sev_break.cc: commands and breaks of the debugger --- */

struct sev_breaks;
/* NULL if there is no debugger. */
struct sev_breaks *bx_sev_breaks_new(const struct sev_machine *machine);
void bx_sev_breaks_free(struct sev_breaks *breaks);
/* Check an access of hooks.h, and a command, against all breaks. */
void bx_sev_breaks_access(struct sev_breaks *breaks, unsigned cpu, uint64_t paddr,
                          enum sev_access access, enum sev_why why, bool write, bool changed);
/* A #VC is raised, with EXITINFO1; the hypervisor has answered a VMGEXIT. */
void bx_sev_breaks_vc(struct sev_breaks *breaks, unsigned cpu, uint32_t code, uint64_t info1);
void bx_sev_breaks_vmgexit(struct sev_breaks *breaks, unsigned cpu,
                           const struct exit_log_request *request);
void bx_sev_breaks_psp(struct sev_breaks *breaks, const struct psp_event *event);
/* Set a break on the pages [from, to] and print it. */
void bx_sev_break_on_access(struct sev_breaks *breaks, enum sev_access access, uint64_t from,
                            uint64_t to);
void bx_sev_break_on_change(struct sev_breaks *breaks, uint64_t from, uint64_t to);
/* Which events of SEV-ES a break is for. */
enum bx_sev_event { BX_SEV_EVENT_VC, BX_SEV_EVENT_VMGEXIT, BX_SEV_EVENT_MSR };
#define BX_SEV_ANY_CODE UINT64_MAX
/* `code`: an exit code, for BX_SEV_EVENT_MSR a request (bits 11:0 of the MSR), or BX_SEV_ANY_CODE. */
void bx_sev_break_on_event(struct sev_breaks *breaks, enum bx_sev_event event, uint64_t code);
void bx_sev_break_on_command(struct sev_breaks *breaks, uint16_t command);
/* Stop at changes of the RMP entries of the pages [from, to]. */
void bx_sev_break_on_rmp(struct sev_breaks *breaks, uint64_t from, uint64_t to);
/* The RMP entries of the pages [first, last] changed, as `text` says. */
void bx_sev_breaks_rmp(struct sev_breaks *breaks, unsigned cpu, uint64_t first, uint64_t last,
                       const char *text);
/* Drop the TLB entries of the pages [from, to] on all CPUs, so that the next access to them is seen. */
void bx_sev_drop_translations(uint64_t from, uint64_t to);
/* --- sev_es_debug.cc: commands of the debugger for SEV-ES --- */
void bx_sev_debug_ghcb(struct sev_machine *machine, int argc, char **argv);
void bx_sev_debug_vmsa(struct sev_machine *machine, int argc, char **argv);
void bx_sev_debug_exits(struct sev_machine *machine, int argc, char **argv);
/* Set a break for "vc", "vmgexit" or "msr". Return false if `event` is another word. */
bool bx_sev_debug_break(struct sev_machine *machine, const char *event, const char *what);

/* --- sev_rmp.cc --- */
void bx_sev_debug_rmp(struct sev_machine *machine, int argc, char **argv);
/* Read a number, or with symbols= a name. Return false with a message if it is none. */
bool bx_sev_debug_number(const struct sev_machine *machine, const char *text, uint64_t *number);

void bx_sev_breaks_print(const struct sev_breaks *breaks);
/* Delete a break; 0: all. Return false if there was none. */
bool bx_sev_breaks_delete(struct sev_breaks *breaks, unsigned number);

#if BX_DEBUGGER
/* Carry out the command `sev ARGV[0] ...` for the CPU `dbg_cpu`. */
void bx_sev_debug_command(struct sev_machine *machine, int argc, char **argv);
/* A line that begins with the word "sev". Return false if it is another. NULL: without SEV. */
bool bx_sev_debug_line(struct sev_machine *machine, const char *line);
#endif

/* --- sev_dump.cc --- */

/* Print the text of `sev state` line by line. */
void bx_sev_machine_dump(struct sev_machine *machine, void (*print)(const char *line));

#endif
