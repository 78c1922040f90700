/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The map of guest memory over time. See map.h.
 */
#include "map.h"

#include <stdlib.h>
#include <string.h>

#define LOW_PAGES 256u /* the first MiB */

/* How many of a row's pages are of each use. In a finished column that is the state at its end,
 * but MAP_SHARED is the greatest number at any moment of it. */
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
    uint8_t use[]; /* of each page of RAM */
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

/* The open column becomes a finished one: what is there now, but the most that was shared. */
static void panel_close(struct panel *panel, unsigned column)
{
    for (unsigned row = 0; row < panel->rows; row++) {
        struct cell *cell = &panel->columns[column][row];
        uint32_t most = cell->pages[MAP_SHARED];

        *cell = panel->now[row];
        if (most > cell->pages[MAP_SHARED])
            cell->pages[MAP_SHARED] = most;
    }
}

static void panel_merge(struct panel *panel, unsigned to, unsigned from)
{
    for (unsigned row = 0; row < panel->rows; row++) {
        struct cell *cell = &panel->columns[to][row];
        uint32_t most = panel->columns[from][row].pages[MAP_SHARED];

        *cell = panel->columns[from + 1][row];
        if (most > cell->pages[MAP_SHARED])
            cell->pages[MAP_SHARED] = most;
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
    if (now->pages[MAP_SHARED] > cell->pages[MAP_SHARED])
        cell->pages[MAP_SHARED] = now->pages[MAP_SHARED];
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

bool map_touch(struct map *map, uint64_t page, enum map_use use, uint64_t now_us)
{
    enum map_use from = map_use(map, page);

    if (page >= map->ram_pages) {
        touch_area(map, page, use, now_us);
        return false;
    }
    if (from == use)
        return false;
    pass_time(map, now_us);
    map->use[page] = (uint8_t)use;
    map->pages[from]--;
    map->pages[use]++;
    panel_touch(&map->all, map->column, (uint32_t)page, from, use);
    panel_touch(&map->low, map->column, (uint32_t)page, from, use);
    if (!is_view(from) || !is_view(use))
        return false;
    map->changes++;
    map->column_changes[map->column]++;
    return true;
}

enum map_use map_use(const struct map *map, uint64_t page)
{
    if (page < map->ram_pages)
        return (enum map_use)map->use[page];
    for (unsigned i = 0; i < map->n_areas; i++)
        if (page - map->areas[i].range.first < map->areas[i].range.pages)
            return map->areas[i].use;
    return MAP_UNTOUCHED;
}

/* --- looking --- */

bool map_next_range(const struct map *map, enum map_use use, struct map_range *range)
{
    uint64_t page = range->first + range->pages;

    while (page < map->ram_pages && map->use[page] != use)
        page++;
    range->first = page;
    while (page < map->ram_pages && map->use[page] == use)
        page++;
    range->pages = page - range->first;
    return range->pages != 0;
}

struct map_range map_largest_range(const struct map *map, enum map_use use)
{
    struct map_range range = {0, 0}, largest = {0, 0};

    while (map_next_range(map, use, &range))
        if (range.pages > largest.pages)
            largest = range;
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
    uint32_t total = 0;

    for (unsigned use = 0; use < MAP_USES; use++)
        total += panel->now[row].pages[use];
    if (cell->pages[MAP_SHARED])
        return 2 * cell->pages[MAP_SHARED] >= total ? (unsigned)MAP_SHARED : MAP_PARTLY_SHARED;
    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (cell->pages[order[i]])
            return order[i];
    return MAP_UNTOUCHED;
}

uint64_t map_changes(const struct map *map, unsigned column)
{
    return map->column_changes[column];
}
