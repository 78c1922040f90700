/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The map of guest memory over time. See timeline.h.
 */
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#define LOW_PAGES 256u  /* the first MiB */
#define DECLARED  0x80u /* flag in map->use[] */

/* How many of a row's pages are of each use. In a finished column that is the state at its end, but
 * of shared and declared ones it is the greatest number at any moment of it. */
struct cell {
    uint32_t pages[TIMELINE_USES];
};

/* A range of addresses from 0 on as rows, and the columns of all of them. */
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
    uint8_t use[]; /* of each page of RAM; with DECLARED if a page table says so */
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
    struct timeline *map = ram_pages ? calloc(1, sizeof(*map) + ram_pages) : NULL;

    if (!map)
        return NULL;
    map->ram_pages = ram_pages;
    map->start_us = map->now_us = now_us;
    map->column_us = TIMELINE_FIRST_US;
    map->pages[TIMELINE_UNTOUCHED] = ram_pages;
    panel_init(&map->all, ram_pages, TIMELINE_ROWS);
    panel_init(&map->low, ram_pages < LOW_PAGES ? ram_pages : LOW_PAGES, TIMELINE_LOW_ROWS);
    return map;
}

void timeline_free(struct timeline *map)
{
    free(map);
}

/* --- time --- */

/* What was so for a while only, but shall be seen. */
static void keep_most(struct cell *cell, const struct cell *before)
{
    static const enum timeline_use kept[] = {TIMELINE_SHARED, TIMELINE_DECLARED};

    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (before->pages[kept[i]] > cell->pages[kept[i]])
            cell->pages[kept[i]] = before->pages[kept[i]];
}

/* The open column becomes a finished one. */
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

/* Two columns become one. All are finished when this is called. */
static void coarsen(struct timeline *map)
{
    for (unsigned to = 0; to < TIMELINE_COLUMNS / 2; to++) {
        panel_merge(&map->all, to, 2 * to);
        panel_merge(&map->low, to, 2 * to);
        map->column_changes[to] = map->column_changes[2 * to] + map->column_changes[2 * to + 1];
    }
    map->column_us *= 2;
    map->column = TIMELINE_COLUMNS / 2 - 1;
}

static void next_column(struct timeline *map)
{
    panel_close(&map->all, map->column);
    panel_close(&map->low, map->column);
    if (map->column == TIMELINE_COLUMNS - 1)
        coarsen(map);
    map->column++;
    map->column_changes[map->column] = 0;
    memcpy(map->all.columns[map->column], map->all.now, sizeof(map->all.now));
    memcpy(map->low.columns[map->column], map->low.now, sizeof(map->low.now));
}

/* At most TIMELINE_COLUMNS / 2 steps for each doubling of the machine's time. */
static void pass_time(struct timeline *map, uint64_t now_us)
{
    if (now_us <= map->now_us)
        return;
    map->now_us = now_us;
    while ((now_us - map->start_us) / map->column_us > map->column)
        next_column(map);
}

void timeline_advance(struct timeline *map, uint64_t now_us)
{
    pass_time(map, now_us);
    panel_close(&map->all, map->column);
    panel_close(&map->low, map->column);
}

void timeline_on_change(struct timeline *map, timeline_change *change, void *ctx)
{
    map->change = change;
    map->change_ctx = ctx;
}

static void notify(struct timeline *map, uint64_t page, uint64_t now_us)
{
    if (map->change)
        map->change(map->change_ctx, page, now_us);
}

/* --- touching --- */

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

/* Neighbours of one use become one range; if there are too many, the two that are closest do. */
static void join_areas(struct timeline *map)
{
    uint64_t least = UINT64_MAX;
    unsigned at = 0;

    for (unsigned i = 0; i + 1 < map->n_areas; i++) {
        const struct timeline_area *a = &map->areas[i], *b = a + 1;
        uint64_t gap = b->range.first - (a->range.first + a->range.pages);

        if (gap < least && (a->use == b->use || map->n_areas > TIMELINE_AREAS))
            least = gap, at = i;
    }
    if (least && map->n_areas <= TIMELINE_AREAS)
        return;
    struct timeline_area *a = &map->areas[at], *b = a + 1;

    a->range.pages = b->range.first + b->range.pages - a->range.first;
    if (b->first_us < a->first_us)
        a->first_us = b->first_us;
    memmove(b, b + 1, (size_t)(&map->areas[map->n_areas] - (b + 1)) * sizeof(*b));
    map->n_areas--;
}

static void touch_area(struct timeline *map, uint64_t page, enum timeline_use use, uint64_t now_us)
{
    unsigned i = 0;

    if (timeline_use(map, page) != TIMELINE_UNTOUCHED)
        return;
    notify(map, page, now_us);
    while (i < map->n_areas && map->areas[i].range.first < page)
        i++;
    memmove(&map->areas[i + 1], &map->areas[i], (map->n_areas - i) * sizeof(map->areas[0]));
    map->areas[i] = (struct timeline_area){{page, 1}, use, now_us};
    map->n_areas++;
    /* The new one may close the gap between two. */
    join_areas(map);
    join_areas(map);
}

static bool is_view(enum timeline_use use)
{
    return use == TIMELINE_PRIVATE || use == TIMELINE_SHARED;
}

/* What is seen of a byte of map->use[]. */
static enum timeline_use seen(uint8_t use)
{
    enum timeline_use used = (enum timeline_use)(use & ~DECLARED);

    return use & DECLARED && (used == TIMELINE_PRIVATE || used == TIMELINE_UNTOUCHED)
               ? TIMELINE_DECLARED
               : used;
}

static void set_use(struct timeline *map, uint32_t page, uint8_t use, uint64_t now_us)
{
    enum timeline_use from = seen(map->use[page]), to = seen(use);

    if (from != to)
        notify(map, page, now_us);
    pass_time(map, now_us);
    map->use[page] = use;
    map->pages[from]--;
    map->pages[to]++;
    panel_touch(&map->all, map->column, page, from, to);
    panel_touch(&map->low, map->column, page, from, to);
}

bool timeline_touch(struct timeline *map, uint64_t page, enum timeline_use use, uint64_t now_us)
{
    enum timeline_use from;

    if (page >= map->ram_pages) {
        touch_area(map, page, use, now_us);
        return false;
    }
    from = (enum timeline_use)(map->use[page] & ~DECLARED);
    if (from == use)
        return false;
    set_use(map, (uint32_t)page, (uint8_t)(use | (map->use[page] & DECLARED)), now_us);
    if (!is_view(from) || !is_view(use))
        return false;
    map->changes++;
    map->column_changes[map->column]++;
    return true;
}

void timeline_declare(struct timeline *map, uint32_t page, bool declared, uint64_t now_us)
{
    uint8_t use = (uint8_t)(map->use[page] & ~DECLARED);

    if (declared)
        use |= DECLARED;
    if (use != map->use[page])
        set_use(map, page, use, now_us);
}

enum timeline_use timeline_use(const struct timeline *map, uint64_t page)
{
    if (page < map->ram_pages)
        return seen(map->use[page]);
    for (unsigned i = 0; i < map->n_areas; i++)
        if (page - map->areas[i].range.first < map->areas[i].range.pages)
            return map->areas[i].use;
    return TIMELINE_UNTOUCHED;
}

/* --- looking --- */

const struct timeline_look timeline_looks[TIMELINE_LOOKS] = {
#define LOOK(id, ...) [TIMELINE_##id] = {__VA_ARGS__},
#include "report/looks.def"
};

bool timeline_next_range(const struct timeline *map, enum timeline_use use,
                         struct timeline_range *range)
{
    uint64_t page = range->first + range->pages;

    while (page < map->ram_pages && seen(map->use[page]) != use)
        page++;
    range->first = page;
    while (page < map->ram_pages && seen(map->use[page]) == use)
        page++;
    range->pages = page - range->first;
    return range->pages != 0;
}

struct timeline_range timeline_largest_shared(const struct timeline *map)
{
    struct timeline_range run = {0, 0}, largest = {0, 0};

    for (uint32_t page = 0; page < map->ram_pages; page++) {
        enum timeline_use use = seen(map->use[page]);

        if (use == TIMELINE_SHARED || use == TIMELINE_DECLARED)
            run.pages++;
        else
            run = (struct timeline_range){page + 1, 0};
        if (run.pages > largest.pages)
            largest = run;
    }
    return largest;
}

const struct timeline_area *timeline_areas(const struct timeline *map, unsigned *count)
{
    *count = map->n_areas;
    return map->areas;
}

struct timeline_info timeline_info(const struct timeline *map)
{
    struct timeline_info info = {
        .ram_pages = map->ram_pages,
        .changes = map->changes,
        .start_us = map->start_us,
        .now_us = map->now_us,
        .column_us = map->column_us,
        .columns = map->column + 1,
        .rows = map->all.rows,
        .rows_low = map->low.rows,
        .row_pages = map->all.row_pages,
        .row_low_pages = map->low.row_pages,
    };

    memcpy(info.pages, map->pages, sizeof(info.pages));
    return info;
}

static enum timeline_use look_of(const uint64_t pages[TIMELINE_USES], uint64_t total)
{
#define CELL_RULE(expression) return expression;
#include "report/looks.def"
}

enum timeline_use timeline_block(const struct timeline *map, bool low, unsigned row, unsigned rows,
                                 unsigned column, unsigned columns)
{
    const struct panel *panel = low ? &map->low : &map->all;
    uint64_t pages[TIMELINE_USES] = {0}, total = 0;

    for (unsigned r = row; r < row + rows; r++)
        for (unsigned use = 0; use < TIMELINE_USES; use++) {
            total += (uint64_t)panel->now[r].pages[use] * columns;
            for (unsigned c = column; c < column + columns; c++)
                pages[use] += panel->columns[c][r].pages[use];
        }
    return look_of(pages, total);
}

enum timeline_use timeline_cell(const struct timeline *map, bool low, unsigned row, unsigned column)
{
    return timeline_block(map, low, row, 1, column, 1);
}

uint64_t timeline_changes(const struct timeline *map, unsigned column)
{
    return map->column_changes[column];
}
