/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The map of guest memory over time. See map.h.
 */
#include "map.h"

#include <stdlib.h>
#include <string.h>

#define LOW_PAGES 256u  /* the first MiB */
#define DECLARED  0x80u /* flag in map->use[] */

/* How many of a row's pages are of each use. In a finished column that is the state at its end, but
 * of shared and declared ones it is the greatest number at any moment of it. */
struct cell {
    uint32_t pages[MAP_USES];
};

/* A range of addresses from 0 on as rows, and the columns of all of them. */
struct panel {
    uint32_t pages, row_pages;
    unsigned rows;
    struct cell now[MAP_ROWS];
    struct cell columns[MAP_COLUMNS][MAP_ROWS];
};

struct map {
    uint64_t start_us, now_us, column_us;
    unsigned column; /* the open one */
    uint64_t changes, column_changes[MAP_COLUMNS];
    uint32_t pages[MAP_USES];
    struct map_area areas[MAP_AREAS + 1]; /* one more, until the closest two are joined */
    unsigned n_areas;
    struct panel all, low;
    uint32_t ram_pages;
    uint8_t use[]; /* of each page of RAM; with DECLARED if a page table says so */
};

static void panel_init(struct panel *panel, uint32_t pages, unsigned max_rows)
{
    panel->pages = pages;
    panel->row_pages = (pages + max_rows - 1) / max_rows;
    panel->rows = (pages + panel->row_pages - 1) / panel->row_pages;
    for (uint32_t page = 0; page < pages; page++)
        panel->now[page / panel->row_pages].pages[MAP_UNTOUCHED]++;
    memcpy(panel->columns[0], panel->now, sizeof(panel->now));
}

struct map *map_new(uint32_t ram_pages, uint64_t now_us)
{
    struct map *map = ram_pages ? calloc(1, sizeof(*map) + ram_pages) : NULL;

    if (!map)
        return NULL;
    map->ram_pages = ram_pages;
    map->start_us = map->now_us = now_us;
    map->column_us = MAP_FIRST_US;
    map->pages[MAP_UNTOUCHED] = ram_pages;
    panel_init(&map->all, ram_pages, MAP_ROWS);
    panel_init(&map->low, ram_pages < LOW_PAGES ? ram_pages : LOW_PAGES, MAP_LOW_ROWS);
    return map;
}

void map_free(struct map *map)
{
    free(map);
}

/* --- time --- */

/* What was so for a while only, but shall be seen. */
static void keep_most(struct cell *cell, const struct cell *before)
{
    static const enum map_use kept[] = {MAP_SHARED, MAP_DECLARED};

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
static void coarsen(struct map *map)
{
    for (unsigned to = 0; to < MAP_COLUMNS / 2; to++) {
        panel_merge(&map->all, to, 2 * to);
        panel_merge(&map->low, to, 2 * to);
        map->column_changes[to] = map->column_changes[2 * to] + map->column_changes[2 * to + 1];
    }
    map->column_us *= 2;
    map->column = MAP_COLUMNS / 2 - 1;
}

static void next_column(struct map *map)
{
    panel_close(&map->all, map->column);
    panel_close(&map->low, map->column);
    if (map->column == MAP_COLUMNS - 1)
        coarsen(map);
    map->column++;
    map->column_changes[map->column] = 0;
    memcpy(map->all.columns[map->column], map->all.now, sizeof(map->all.now));
    memcpy(map->low.columns[map->column], map->low.now, sizeof(map->low.now));
}

/* At most MAP_COLUMNS / 2 steps for each doubling of the machine's time. */
static void pass_time(struct map *map, uint64_t now_us)
{
    if (now_us <= map->now_us)
        return;
    map->now_us = now_us;
    while ((now_us - map->start_us) / map->column_us > map->column)
        next_column(map);
}

void map_advance(struct map *map, uint64_t now_us)
{
    pass_time(map, now_us);
    panel_close(&map->all, map->column);
    panel_close(&map->low, map->column);
}

/* --- touching --- */

static void panel_touch(struct panel *panel, unsigned column, uint32_t page, enum map_use from,
                        enum map_use to)
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
static void join_areas(struct map *map)
{
    uint64_t least = UINT64_MAX;
    unsigned at = 0;

    for (unsigned i = 0; i + 1 < map->n_areas; i++) {
        const struct map_area *a = &map->areas[i], *b = a + 1;
        uint64_t gap = b->range.first - (a->range.first + a->range.pages);

        if (gap < least && (a->use == b->use || map->n_areas > MAP_AREAS))
            least = gap, at = i;
    }
    if (least && map->n_areas <= MAP_AREAS)
        return;
    struct map_area *a = &map->areas[at], *b = a + 1;

    a->range.pages = b->range.first + b->range.pages - a->range.first;
    if (b->first_us < a->first_us)
        a->first_us = b->first_us;
    memmove(b, b + 1, (size_t)(&map->areas[map->n_areas] - (b + 1)) * sizeof(*b));
    map->n_areas--;
}

static void touch_area(struct map *map, uint64_t page, enum map_use use, uint64_t now_us)
{
    unsigned i = 0;

    if (map_use(map, page) != MAP_UNTOUCHED)
        return;
    while (i < map->n_areas && map->areas[i].range.first < page)
        i++;
    memmove(&map->areas[i + 1], &map->areas[i], (map->n_areas - i) * sizeof(map->areas[0]));
    map->areas[i] = (struct map_area){{page, 1}, use, now_us};
    map->n_areas++;
    /* The new one may close the gap between two. */
    join_areas(map);
    join_areas(map);
}

static bool is_view(enum map_use use)
{
    return use == MAP_PRIVATE || use == MAP_SHARED;
}

/* What is seen of a byte of map->use[]. */
static enum map_use seen(uint8_t use)
{
    enum map_use used = (enum map_use)(use & ~DECLARED);

    return use & DECLARED && (used == MAP_PRIVATE || used == MAP_UNTOUCHED) ? MAP_DECLARED : used;
}

static void set_use(struct map *map, uint32_t page, uint8_t use, uint64_t now_us)
{
    enum map_use from = seen(map->use[page]), to = seen(use);

    pass_time(map, now_us);
    map->use[page] = use;
    map->pages[from]--;
    map->pages[to]++;
    panel_touch(&map->all, map->column, page, from, to);
    panel_touch(&map->low, map->column, page, from, to);
}

bool map_touch(struct map *map, uint64_t page, enum map_use use, uint64_t now_us)
{
    enum map_use from;

    if (page >= map->ram_pages) {
        touch_area(map, page, use, now_us);
        return false;
    }
    from = (enum map_use)(map->use[page] & ~DECLARED);
    if (from == use)
        return false;
    set_use(map, (uint32_t)page, (uint8_t)(use | (map->use[page] & DECLARED)), now_us);
    if (!is_view(from) || !is_view(use))
        return false;
    map->changes++;
    map->column_changes[map->column]++;
    return true;
}

void map_declare(struct map *map, uint32_t page, bool declared, uint64_t now_us)
{
    uint8_t use = (uint8_t)(map->use[page] & ~DECLARED);

    if (declared)
        use |= DECLARED;
    if (use != map->use[page])
        set_use(map, page, use, now_us);
}

enum map_use map_use(const struct map *map, uint64_t page)
{
    if (page < map->ram_pages)
        return seen(map->use[page]);
    for (unsigned i = 0; i < map->n_areas; i++)
        if (page - map->areas[i].range.first < map->areas[i].range.pages)
            return map->areas[i].use;
    return MAP_UNTOUCHED;
}

/* --- looking --- */

const char *map_use_name(enum map_use use)
{
    static const char *const names[MAP_USES] = {
        "never touched", "private", "shared", "mapped shared, not used", "ROM", "device registers"};

    return names[use];
}

bool map_next_range(const struct map *map, enum map_use use, struct map_range *range)
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

struct map_range map_largest_shared(const struct map *map)
{
    struct map_range run = {0, 0}, largest = {0, 0};

    for (uint32_t page = 0; page < map->ram_pages; page++) {
        enum map_use use = seen(map->use[page]);

        if (use == MAP_SHARED || use == MAP_DECLARED)
            run.pages++;
        else
            run = (struct map_range){page + 1, 0};
        if (run.pages > largest.pages)
            largest = run;
    }
    return largest;
}

const struct map_area *map_areas(const struct map *map, unsigned *count)
{
    *count = map->n_areas;
    return map->areas;
}

struct map_info map_info(const struct map *map)
{
    struct map_info info = {
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

unsigned map_cell(const struct map *map, bool low, unsigned row, unsigned column)
{
    /* What decides after the shared pages, if there is any of it. */
    static const enum map_use order[] = {MAP_PRIVATE, MAP_ROM, MAP_MMIO};
    const struct panel *panel = low ? &map->low : &map->all;
    const struct cell *cell = &panel->columns[column][row];
    uint32_t shared = cell->pages[MAP_SHARED] + cell->pages[MAP_DECLARED], total = 0;

    for (unsigned use = 0; use < MAP_USES; use++)
        total += panel->now[row].pages[use];
    if (shared && 2 * shared < total)
        return MAP_PARTLY_SHARED;
    if (shared)
        return cell->pages[MAP_SHARED] >= cell->pages[MAP_DECLARED] ? MAP_SHARED : MAP_DECLARED;
    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (cell->pages[order[i]])
            return order[i];
    return MAP_UNTOUCHED;
}

uint64_t map_changes(const struct map *map, unsigned column)
{
    return map->column_changes[column];
}
