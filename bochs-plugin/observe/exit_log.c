/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exits of a guest with SEV-ES. See exit_log.h.
 */
#include "exit_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/exit_code.h"
#include "protocol/ghcb.h"

/* A guest can use any number as SW_EXITCODE. Those that do not fit are counted together. */
#define KINDS_MAX 64

enum kind { KIND_VC, KIND_PAGE, KIND_MSR };

struct count {
    enum kind kind;
    uint64_t code; /* KIND_MSR: bits 11:0 of the MSR */
    uint64_t n;
};

struct exit_log {
    struct output_file *file;
    struct count counts[KINDS_MAX];
    unsigned n_counts;
    uint64_t others;
    uint64_t total[3];  /* by kind */
    unsigned unwritten; /* lines */
};

struct exit_log *exit_log_new(struct output_file *file)
{
    struct exit_log *log = calloc(1, sizeof(*log));

    if (log)
        log->file = file;
    else
        output_close(file);
    return log;
}

static void count(struct exit_log *log, enum kind kind, uint64_t code)
{
    log->total[kind]++;
    for (unsigned i = 0; i < log->n_counts; i++)
        if (log->counts[i].kind == kind && log->counts[i].code == code) {
            log->counts[i].n++;
            return;
        }
    if (log->n_counts < KINDS_MAX)
        log->counts[log->n_counts++] = (struct count){kind, code, 1};
    else
        log->others++;
}

/* A guest makes many exits, so lines are written in groups. */
static void line_ends(struct exit_log *log)
{
    static const unsigned group = 64;

    if (++log->unwritten < group)
        return;
    log->unwritten = 0;
    (void)output_flush(log->file);
}

static void place(const struct exit_log *log, const struct exit_log_place *p)
{
    fprintf(output_stream(log->file), "%" PRIu64 " CPU %u %" PRIx64 " ", p->tick, p->cpu, p->rip);
}

void exit_log_vc(struct exit_log *log, const struct exit_log_place *p, uint32_t code)
{
    count(log, KIND_VC, code);
    if (!log->file)
        return;
    place(log, p);
    fprintf(output_stream(log->file), "#VC %" PRIx32 " (%s)\n", code, exit_code_words(code));
    line_ends(log);
}

void exit_log_vmgexit(struct exit_log *log, const struct exit_log_place *p,
                      const struct exit_log_request *r)
{
    count(log, r->msr ? KIND_MSR : KIND_PAGE, r->msr ? r->code & GHCB_MSR_INFO_MASK : r->code);
    if (!log->file)
        return;
    place(log, p);
    if (r->msr)
        fprintf(output_stream(log->file), "VMGEXIT MSR %" PRIx64 " -> %" PRIx64 " (%s)\n", r->code,
                r->result1, r->words);
    else
        fprintf(output_stream(log->file),
                "VMGEXIT %" PRIx64 " %" PRIx64 " %" PRIx64 " -> %" PRIx64 " %" PRIx64 " (%s)\n",
                r->code, r->info1, r->info2, r->result1, r->result2, r->words);
    line_ends(log);
}

uint64_t exit_log_vcs(const struct exit_log *log)
{
    return log->total[KIND_VC];
}

uint64_t exit_log_vmgexits(const struct exit_log *log)
{
    return log->total[KIND_PAGE] + log->total[KIND_MSR];
}

static void describe(const struct count *c, char *line, size_t size)
{
    static const char *const names[] = {"#VC", "VMGEXIT", "VMGEXIT MSR"};

    snprintf(line, size, "%s %" PRIx64 " (%s): %" PRIu64, names[c->kind], c->code,
             c->kind == KIND_MSR ? ghcb_msr_words(c->code) : exit_code_words(c->code), c->n);
}

void exit_log_print(const struct exit_log *log, void (*print)(void *ctx, const char *line),
                    void *ctx)
{
    char line[160];

    for (unsigned i = 0; i < log->n_counts; i++) {
        describe(&log->counts[i], line, sizeof(line));
        print(ctx, line);
    }
    if (log->others) {
        snprintf(line, sizeof(line), "more kinds of exits: %" PRIu64, log->others);
        print(ctx, line);
    }
}

static void write_line(void *ctx, const char *line)
{
    fprintf(output_stream(ctx), "# %s\n", line);
}

void exit_log_free(struct exit_log *log)
{
    if (!log)
        return;
    if (log->file)
        exit_log_print(log, write_line, log->file);
    output_close(log->file);
    free(log);
}
