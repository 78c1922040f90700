/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The changes of the page-state timeline as JSON lines. See timeline_log.h.
 */
#include "timeline_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#define GROUP_PAGES 512u /* groups without changes are skipped */

struct timeline_log {
    struct timeline *timeline;
    struct output_file *file;
    uint64_t slice_us, slice_start_us, last_us;
    uint64_t changes; /* of the timeline when the last line was written */
    uint64_t lines, bytes_max;
    uint64_t *outside; /* new pages outside RAM in this slice */
    unsigned n_outside;
    bool pending, full;
    uint32_t ram_pages;
    uint8_t *changed; /* of each group: one of its pages changed in this slice */
    uint8_t was[];    /* of each page: the use that the file has */
};

#define OUTSIDE_MAX 256u

static uint32_t groups(const struct timeline_log *log)
{
    return (log->ram_pages + GROUP_PAGES - 1) / GROUP_PAGES;
}

static void free_log(struct timeline_log *log)
{
    free(log->changed);
    free(log->outside);
    free(log);
}

static timeline_change note_change;

struct timeline_log *timeline_log_new(struct timeline *timeline,
                                      const struct timeline_log_config *config,
                                      struct output_file *file)
{
    struct timeline_info info = timeline_info(timeline);
    struct timeline_log *log = calloc(1, sizeof(*log) + info.ram_pages);

    if (log) {
        log->timeline = timeline;
        log->file = file;
        log->ram_pages = info.ram_pages;
        log->slice_us = TIMELINE_LOG_FIRST_US;
        log->bytes_max = config->bytes_max;
        log->last_us = info.start_us;
        log->changed = calloc(groups(log), 1);
        log->outside = calloc(OUTSIDE_MAX, sizeof(*log->outside));
    }
    if (!log || !log->changed || !log->outside) {
        if (log)
            free_log(log);
        (void)output_close(file);
        return NULL;
    }
    fprintf(output_stream(file),
            "{\"kind\":\"map\",\"version\":1,\"page_size\":%u,\"ram_pages\":%" PRIu32
            ",\"ticks_per_second\":%" PRIu64 ",\"usec\":%" PRIu64 "}\n",
            TIMELINE_PAGE_SIZE, info.ram_pages, config->ticks_per_second, info.start_us);
    (void)output_flush(file);
    timeline_on_change(timeline, note_change, log);
    return log;
}

/* --- a line --- */

/* Write a run of pages with a new use; with the first one, start the list of that use. */
static void put_run(struct timeline_log *log, enum timeline_use use, uint64_t first, uint64_t pages,
                    unsigned *runs)
{
    if (!*runs)
        fprintf(output_stream(log->file), ",\"%s\":[", timeline_looks[use].key);
    fprintf(output_stream(log->file), "%s[%" PRIu64 ",%" PRIu64 "]", *runs ? "," : "", first,
            pages);
    ++*runs;
}

/* Check that `page` has a new use, and that it is this one. */
static bool is_new(const struct timeline_log *log, uint32_t page, enum timeline_use use)
{
    return log->was[page] != (uint8_t)use && timeline_use(log->timeline, page) == use;
}

static void put_ram(struct timeline_log *log, enum timeline_use use, unsigned *runs)
{
    for (uint32_t page = 0, first; page < log->ram_pages;) {
        if (page % GROUP_PAGES == 0 && !log->changed[page / GROUP_PAGES]) {
            page += GROUP_PAGES;
        } else if (!is_new(log, page, use)) {
            page++;
        } else {
            for (first = page; page < log->ram_pages && is_new(log, page, use); page++)
                ;
            put_run(log, use, first, page - first, runs);
        }
    }
}

static void put_outside(struct timeline_log *log, enum timeline_use use, unsigned *runs)
{
    for (unsigned i = 0; i < log->n_outside; i++)
        if (timeline_use(log->timeline, log->outside[i]) == use)
            put_run(log, use, log->outside[i], 1, runs);
}

/* Record that the file has the uses of now. */
static void remember(struct timeline_log *log)
{
    for (uint32_t group = 0; group < groups(log); group++) {
        if (!log->changed[group])
            continue;
        log->changed[group] = 0;
        for (uint32_t page = group * GROUP_PAGES;
             page < log->ram_pages && page < (group + 1) * GROUP_PAGES; page++)
            log->was[page] = (uint8_t)timeline_use(log->timeline, page);
    }
    log->changes = timeline_info(log->timeline).changes;
    log->n_outside = 0;
    log->pending = false;
}

static void put_line(struct timeline_log *log)
{
    fprintf(output_stream(log->file), "{\"usec\":%" PRIu64 ",\"changes\":%" PRIu64, log->last_us,
            timeline_info(log->timeline).changes - log->changes);
    for (unsigned use = 0; use < TIMELINE_USES; use++) {
        unsigned runs = 0;

        put_ram(log, (enum timeline_use)use, &runs);
        put_outside(log, (enum timeline_use)use, &runs);
        if (runs)
            fprintf(output_stream(log->file), "]");
    }
    fprintf(output_stream(log->file), "}\n");
    (void)output_flush(log->file); /* a reader may follow while the machine runs */
    remember(log);
    if (++log->lines % TIMELINE_LOG_LINES == 0)
        log->slice_us *= 2;
    if (output_bytes(log->file) >= log->bytes_max) {
        log->full = true;
        fprintf(output_stream(log->file), "{\"kind\":\"truncated\",\"usec\":%" PRIu64 "}\n",
                log->last_us);
        (void)output_flush(log->file);
    }
}

/* --- changes --- */

void timeline_log_pass(struct timeline_log *log, uint64_t now_us)
{
    if (log->pending && !log->full &&
        (now_us - log->slice_start_us >= log->slice_us || log->n_outside == OUTSIDE_MAX))
        put_line(log);
}

/* The timeline still has the use of before. */
static void note_change(void *ctx, uint64_t page, uint64_t now_us)
{
    struct timeline_log *log = ctx;

    timeline_log_pass(log, now_us);
    if (log->full)
        return;
    if (!log->pending)
        log->slice_start_us = now_us;
    log->pending = true;
    log->last_us = now_us;
    if (page < log->ram_pages)
        log->changed[page / GROUP_PAGES] = 1;
    else if (log->n_outside < OUTSIDE_MAX)
        log->outside[log->n_outside++] = page;
}

static void put_counters(FILE *file, const struct timeline_counter *counters, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        fprintf(file, "%s\"%s: %s\":%" PRIu64, i ? "," : ",\"rmp\":{", counters[i].kind,
                counters[i].name, counters[i].number);
    if (n)
        fprintf(file, "}");
}

int timeline_log_close(struct timeline_log *log, uint64_t now_us,
                       const struct timeline_counter *counters, unsigned n)
{
    int err;

    if (!log)
        return 0;
    timeline_on_change(log->timeline, NULL, NULL);
    if (log->pending && !log->full)
        put_line(log);
    fprintf(output_stream(log->file), "{\"kind\":\"end\",\"usec\":%" PRIu64 ",\"changes\":%" PRIu64,
            now_us, timeline_info(log->timeline).changes);
    put_counters(output_stream(log->file), counters, n);
    fprintf(output_stream(log->file), "}\n");
    err = output_close(log->file);
    free_log(log);
    return err;
}
