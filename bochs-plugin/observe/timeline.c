/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page-state timeline. See timeline.h.
 */
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#define LOW_PAGES 256u /* the first MiB */

/* A byte of timeline->use[]. */
#define USED      0x07u /* enum timeline_use, up to TIMELINE_MMIO */
#define RMP_SHIFT 3u    /* 0, or 1 + the number after TIMELINE_RMP_FIRST */
#define RMP_MASK  0x38u
#define UNUSED    0x40u /* the use is one of before the last change of the RMP */
#define DECLARED  0x80u /* a page table maps the page with C=0 */

/* The number of a row's pages of each use. In a finished column it is the number at its end, but for
 * shared and declared pages the greatest number at any moment of the column. */
struct cell {
    uint32_t pages[TIMELINE_USES];
};

/* A range of addresses from 0 on, as rows with their columns. */
struct panel {
    uint32_t pages, row_pages;
    unsigned rows;
    struct cell now[TIMELINE_ROWS];
    struct cell columns[TIMELINE_COLUMNS][TIMELINE_ROWS];
};

struct timeline {
    uint64_t start_us, now_us, column_us;
    unsigned column; /* the open one */
    uint64_t changes, column_changes[TIMELINE_COLUMNS];
    uint32_t pages[TIMELINE_USES];
    struct timeline_area areas[TIMELINE_AREAS + 1]; /* one more, until the closest two are joined */
    unsigned n_areas;
    struct panel all, low;
    timeline_change *change; /* NULL: nobody */
    void *change_ctx;
    uint32_t ram_pages;
    bool has_rmp;
    uint8_t use[]; /* of each page of RAM */
};

static void panel_init(struct panel *panel, uint32_t pages, unsigned max_rows)
{
    panel->pages = pages;
    panel->row_pages = (pages + max_rows - 1) / max_rows;
    panel->rows = (pages + panel->row_pages - 1) / panel->row_pages;
    for (uint32_t page = 0; page < pages; page++)
        panel->now[page / panel->row_pages].pages[TIMELINE_UNTOUCHED]++;
    memcpy(panel->columns[0], panel->now, sizeof(panel->now));
}

struct timeline *timeline_new(uint32_t ram_pages, uint64_t now_us)
{
    struct timeline *timeline = ram_pages ? calloc(1, sizeof(*timeline) + ram_pages) : NULL;

    if (!timeline)
        return NULL;
    timeline->ram_pages = ram_pages;
    timeline->start_us = timeline->now_us = now_us;
    timeline->column_us = TIMELINE_FIRST_US;
    timeline->pages[TIMELINE_UNTOUCHED] = ram_pages;
    panel_init(&timeline->all, ram_pages, TIMELINE_ROWS);
    panel_init(&timeline->low, ram_pages < LOW_PAGES ? ram_pages : LOW_PAGES, TIMELINE_LOW_ROWS);
    return timeline;
}

void timeline_free(struct timeline *timeline)
{
    free(timeline);
}

/* --- time --- */

/* Keep the greatest number of pages that were shared for a part of the column only. */
static void keep_most(struct cell *cell, const struct cell *before)
{
    static const enum timeline_use kept[] = {TIMELINE_SHARED, TIMELINE_DECLARED};

    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (before->pages[kept[i]] > cell->pages[kept[i]])
            cell->pages[kept[i]] = before->pages[kept[i]];
}

/* Finish the open column. */
static void panel_close(struct panel *panel, unsigned column)
{
    for (unsigned row = 0; row < panel->rows; row++) {
        struct cell before = panel->columns[column][row];

        panel->columns[column][row] = panel->now[row];
        keep_most(&panel->columns[column][row], &before);
    }
}

static void panel_merge(struct panel *panel, unsigned to, unsigned from)
{
    for (unsigned row = 0; row < panel->rows; row++) {
        struct cell before = panel->columns[from][row];

        panel->columns[to][row] = panel->columns[from + 1][row];
        keep_most(&panel->columns[to][row], &before);
    }
}

/* Join each two columns to one. All of them are finished. */
static void coarsen(struct timeline *timeline)
{
    for (unsigned to = 0; to < TIMELINE_COLUMNS / 2; to++) {
        panel_merge(&timeline->all, to, 2 * to);
        panel_merge(&timeline->low, to, 2 * to);
        timeline->column_changes[to] =
            timeline->column_changes[2 * to] + timeline->column_changes[2 * to + 1];
    }
    timeline->column_us *= 2;
    timeline->column = TIMELINE_COLUMNS / 2 - 1;
}

static void next_column(struct timeline *timeline)
{
    panel_close(&timeline->all, timeline->column);
    panel_close(&timeline->low, timeline->column);
    if (timeline->column == TIMELINE_COLUMNS - 1)
        coarsen(timeline);
    timeline->column++;
    timeline->column_changes[timeline->column] = 0;
    memcpy(timeline->all.columns[timeline->column], timeline->all.now, sizeof(timeline->all.now));
    memcpy(timeline->low.columns[timeline->column], timeline->low.now, sizeof(timeline->low.now));
}

/* At most TIMELINE_COLUMNS / 2 steps for each doubling of the machine's time. */
static void pass_time(struct timeline *timeline, uint64_t now_us)
{
    if (now_us <= timeline->now_us)
        return;
    timeline->now_us = now_us;
    while ((now_us - timeline->start_us) / timeline->column_us > timeline->column)
        next_column(timeline);
}

void timeline_advance(struct timeline *timeline, uint64_t now_us)
{
    pass_time(timeline, now_us);
    panel_close(&timeline->all, timeline->column);
    panel_close(&timeline->low, timeline->column);
}

void timeline_on_change(struct timeline *timeline, timeline_change *change, void *ctx)
{
    timeline->change = change;
    timeline->change_ctx = ctx;
}

static void notify(struct timeline *timeline, uint64_t page, uint64_t now_us)
{
    if (timeline->change)
        timeline->change(timeline->change_ctx, page, now_us);
}

/* --- recording --- */

static void panel_touch(struct panel *panel, unsigned column, uint32_t page, enum timeline_use from,
                        enum timeline_use to)
{
    unsigned row = page / panel->row_pages;
    struct cell *now, *cell;

    if (page >= panel->pages)
        return;
    now = &panel->now[row];
    cell = &panel->columns[column][row];
    now->pages[from]--;
    now->pages[to]++;
    keep_most(cell, now);
}

/* Join two neighbours of one use. If there are too many ranges, join the two that are closest. */
static void join_areas(struct timeline *timeline)
{
    uint64_t least = UINT64_MAX;
    unsigned at = 0;

    for (unsigned i = 0; i + 1 < timeline->n_areas; i++) {
        const struct timeline_area *a = &timeline->areas[i], *b = a + 1;
        uint64_t gap = b->range.first - (a->range.first + a->range.pages);

        if (gap < least && (a->use == b->use || timeline->n_areas > TIMELINE_AREAS))
            least = gap, at = i;
    }
    if (least && timeline->n_areas <= TIMELINE_AREAS)
        return;
    struct timeline_area *a = &timeline->areas[at], *b = a + 1;

    a->range.pages = b->range.first + b->range.pages - a->range.first;
    if (b->first_us < a->first_us)
        a->first_us = b->first_us;
    memmove(b, b + 1, (size_t)(&timeline->areas[timeline->n_areas] - (b + 1)) * sizeof(*b));
    timeline->n_areas--;
}

static void touch_area(struct timeline *timeline, uint64_t page, enum timeline_use use,
                       uint64_t now_us)
{
    unsigned i = 0;

    if (timeline_use(timeline, page) != TIMELINE_UNTOUCHED)
        return;
    notify(timeline, page, now_us);
    while (i < timeline->n_areas && timeline->areas[i].range.first < page)
        i++;
    memmove(&timeline->areas[i + 1], &timeline->areas[i],
            (timeline->n_areas - i) * sizeof(timeline->areas[0]));
    timeline->areas[i] = (struct timeline_area){{page, 1}, use, now_us};
    timeline->n_areas++;
    /* The new one can close the gap between two. */
    join_areas(timeline);
    join_areas(timeline);
}

static bool is_view(enum timeline_use use)
{
    return use == TIMELINE_PRIVATE || use == TIMELINE_SHARED;
}

static uint8_t rmp_bits(enum timeline_use rmp)
{
    return (uint8_t)((rmp - TIMELINE_RMP_FIRST + 1u) << RMP_SHIFT);
}

/* Return what the RMP says if it hides the use, else the use. */
static enum timeline_use seen_rmp(uint8_t use)
{
    const unsigned rmp = (use & RMP_MASK) >> RMP_SHIFT;
    const enum timeline_use state = (enum timeline_use)(TIMELINE_RMP_FIRST + rmp - 1);
    const bool by_use = state == TIMELINE_HYPERVISOR || state == TIMELINE_VALIDATED;

    if (rmp && (use & UNUSED || !by_use))
        return state;
    return (enum timeline_use)(use & USED);
}

/* Return the use that a byte of timeline->use[] means. */
static enum timeline_use seen(uint8_t use)
{
    const enum timeline_use used = seen_rmp(use);
    const bool quiet = used == TIMELINE_PRIVATE || used == TIMELINE_UNTOUCHED ||
                       used == TIMELINE_VALIDATED || used == TIMELINE_HYPERVISOR;

    return use & DECLARED && quiet ? TIMELINE_DECLARED : used;
}

static void set_use(struct timeline *timeline, uint32_t page, uint8_t use, uint64_t now_us)
{
    enum timeline_use from = seen(timeline->use[page]), to = seen(use);

    if (from != to)
        notify(timeline, page, now_us);
    pass_time(timeline, now_us);
    timeline->use[page] = use;
    timeline->pages[from]--;
    timeline->pages[to]++;
    panel_touch(&timeline->all, timeline->column, page, from, to);
    panel_touch(&timeline->low, timeline->column, page, from, to);
}

bool timeline_touch(struct timeline *timeline, uint64_t page, enum timeline_use use,
                    uint64_t now_us)
{
    enum timeline_use from;

    if (page >= timeline->ram_pages) {
        touch_area(timeline, page, use, now_us);
        return false;
    }
    from = (enum timeline_use)(timeline->use[page] & USED);
    if (from == use && !(timeline->use[page] & UNUSED))
        return false;
    set_use(timeline, (uint32_t)page, (uint8_t)(use | (timeline->use[page] & ~(USED | UNUSED))),
            now_us);
    if (from == use || !is_view(from) || !is_view(use))
        return false;
    timeline->changes++;
    timeline->column_changes[timeline->column]++;
    return true;
}

void timeline_declare(struct timeline *timeline, uint32_t page, bool declared, uint64_t now_us)
{
    uint8_t use = (uint8_t)(timeline->use[page] & ~DECLARED);

    if (declared)
        use |= DECLARED;
    if (use != timeline->use[page])
        set_use(timeline, page, use, now_us);
}

void timeline_set_rmp(struct timeline *timeline, uint32_t page, enum timeline_use rmp,
                      uint64_t now_us)
{
    const uint8_t use = timeline->use[page], bits = rmp_bits(rmp);

    timeline->has_rmp = true;
    if ((use & RMP_MASK) == bits || (!(use & RMP_MASK) && rmp == TIMELINE_HYPERVISOR))
        return;
    set_use(timeline, page, (uint8_t)((use & ~RMP_MASK) | UNUSED | bits), now_us);
}

enum timeline_use timeline_use(const struct timeline *timeline, uint64_t page)
{
    if (page < timeline->ram_pages)
        return seen(timeline->use[page]);
    for (unsigned i = 0; i < timeline->n_areas; i++)
        if (page - timeline->areas[i].range.first < timeline->areas[i].range.pages)
            return timeline->areas[i].use;
    return TIMELINE_UNTOUCHED;
}

/* --- reading --- */

const struct timeline_look timeline_looks[TIMELINE_LOOKS] = {
#define LOOK(id, ...) [TIMELINE_##id] = {__VA_ARGS__},
#include "report/looks.def"
};

bool timeline_next_range(const struct timeline *timeline, enum timeline_use use,
                         struct timeline_range *range)
{
    uint64_t page = range->first + range->pages;

    while (page < timeline->ram_pages && seen(timeline->use[page]) != use)
        page++;
    range->first = page;
    while (page < timeline->ram_pages && seen(timeline->use[page]) == use)
        page++;
    range->pages = page - range->first;
    return range->pages != 0;
}

struct timeline_range timeline_largest_shared(const struct timeline *timeline)
{
    struct timeline_range run = {0, 0}, largest = {0, 0};

    for (uint32_t page = 0; page < timeline->ram_pages; page++) {
        enum timeline_use use = seen(timeline->use[page]);

        if (use == TIMELINE_SHARED || use == TIMELINE_DECLARED)
            run.pages++;
        else
            run = (struct timeline_range){page + 1, 0};
        if (run.pages > largest.pages)
            largest = run;
    }
    return largest;
}

const struct timeline_area *timeline_areas(const struct timeline *timeline, unsigned *count)
{
    *count = timeline->n_areas;
    return timeline->areas;
}

struct timeline_info timeline_info(const struct timeline *timeline)
{
    struct timeline_info info = {
        .ram_pages = timeline->ram_pages,
        .changes = timeline->changes,
        .start_us = timeline->start_us,
        .now_us = timeline->now_us,
        .column_us = timeline->column_us,
        .columns = timeline->column + 1,
        .rows = timeline->all.rows,
        .rows_low = timeline->low.rows,
        .row_pages = timeline->all.row_pages,
        .row_low_pages = timeline->low.row_pages,
        .has_rmp = timeline->has_rmp,
    };

    memcpy(info.pages, timeline->pages, sizeof(info.pages));
    return info;
}

bool timeline_in_legend(const struct timeline_info *info, unsigned look)
{
    return info->has_rmp || look < TIMELINE_RMP_FIRST || look > TIMELINE_RMP_LAST;
}

static enum timeline_use look_of(const uint64_t pages[TIMELINE_USES], uint64_t total)
{
#define CELL_RULE(expression) return expression;
#include "report/looks.def"
}

enum timeline_use timeline_block(const struct timeline *timeline, bool low, unsigned row,
                                 unsigned rows, unsigned column, unsigned columns)
{
    const struct panel *panel = low ? &timeline->low : &timeline->all;
    uint64_t pages[TIMELINE_USES] = {0}, total = 0;

    for (unsigned r = row; r < row + rows; r++)
        for (unsigned use = 0; use < TIMELINE_USES; use++) {
            total += (uint64_t)panel->now[r].pages[use] * columns;
            for (unsigned c = column; c < column + columns; c++)
                pages[use] += panel->columns[c][r].pages[use];
        }
    return look_of(pages, total);
}

enum timeline_use timeline_cell(const struct timeline *timeline, bool low, unsigned row,
                                unsigned column)
{
    return timeline_block(timeline, low, row, 1, column, 1);
}

uint64_t timeline_changes(const struct timeline *timeline, unsigned column)
{
    return timeline->column_changes[column];
}
