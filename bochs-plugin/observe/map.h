/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A map of guest memory over time: how each page was last used (through C=1, through C=0, as ROM,
 * as device registers, not at all), a picture of it in rows of addresses and columns of machine
 * time, and how many pages changed between private and shared. Pure C, bounded in memory: when
 * the columns are full, two become one and last twice as long.
 *
 * Implements the pictures of bochs-sev-debug(7); private and shared are those of AMD64 APM vol. 2,
 * 15.34.5. Nothing here looks into memory: sev_map.cc tells which accesses there were.
 */
#ifndef SEV_MAP_H
#define SEV_MAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MAP_PAGE_SIZE 4096u
#define MAP_COLUMNS   256u
#define MAP_ROWS      256u  /* of the panel with all RAM */
#define MAP_LOW_ROWS  32u   /* of the panel with the first MiB */
#define MAP_AREAS     24u   /* ranges outside RAM that are kept apart */
#define MAP_FIRST_US  1000u /* a column's length at first */

enum map_use {
    MAP_UNTOUCHED, /* nobody was there */
    MAP_PRIVATE,   /* last used through C=1 */
    MAP_SHARED,    /* last used through C=0, or by a device */
    MAP_DECLARED,  /* not used through C=0, but a page table maps it with C=0 */
    MAP_ROM,
    MAP_MMIO, /* device registers and adapter memory */
    MAP_USES
};

struct map;

/* For RAM of `ram_pages` pages from address 0 on, starting at machine time `now_us`. NULL if out of
 * memory or there is no page. */
struct map *map_new(uint32_t ram_pages, uint64_t now_us);
void map_free(struct map *map);

/* --- what happens --- */

/* `page` (address / 4096, RAM or not) is used in this way at `now_us`, which never goes back. True
 * if it changed from private to shared or from shared to private. */
bool map_touch(struct map *map, uint64_t page, enum map_use use, uint64_t now_us);
/* A page of RAM is, or is no longer, mapped through C=0 by the guest's page table. */
void map_declare(struct map *map, uint32_t page, bool declared, uint64_t now_us);
/* How it was used last. Outside RAM: MAP_ROM, MAP_MMIO or MAP_UNTOUCHED. */
enum map_use map_use(const struct map *map, uint64_t page);
/* Nothing happened up to `now_us`: call it before drawing. */
void map_advance(struct map *map, uint64_t now_us);

/* --- what there is to see --- */

struct map_range {
    uint64_t first, pages;
};
/* The next run of RAM pages of that use at or after range->first + range->pages; start with zeros.
 * False after the last one. */
bool map_next_range(const struct map *map, enum map_use use, struct map_range *range);
/* The longest run of pages that are MAP_SHARED or MAP_DECLARED; pages = 0 if there is none. */
struct map_range map_largest_shared(const struct map *map);

/* A range outside RAM, in ascending order. */
struct map_area {
    struct map_range range;
    enum map_use use;
    uint64_t first_us; /* when it was first used */
};
const struct map_area *map_areas(const struct map *map, unsigned *count);

struct map_info {
    uint32_t ram_pages;
    uint32_t pages[MAP_USES]; /* of RAM, now */
    uint64_t changes;         /* private <-> shared so far */
    uint64_t start_us, now_us;
    uint64_t column_us; /* length of a column now */
    unsigned columns;   /* in use, the open one included */
    unsigned rows, rows_low;
    uint64_t row_pages, row_low_pages; /* the last row may have fewer */
};
struct map_info map_info(const struct map *map);

/* What a cell of the picture looks like: one of map_use, or this. */
#define MAP_PARTLY_SHARED MAP_USES
/* Of all RAM (`low` false) or of the first MiB. A row with at least half of its pages shared or
 * declared is what most of them are, with fewer it is partly shared; at any moment of the column,
 * so that short changes are seen. */
unsigned map_cell(const struct map *map, bool low, unsigned row, unsigned column);
/* Pages that changed between private and shared during a column. */
uint64_t map_changes(const struct map *map, unsigned column);

/* --- drawing --- */

struct map_note {
    uint64_t address, bytes;
    const char *text; /* "BIOS" */
};
struct map_caption {
    const char *title, *subtitle;
    const struct map_note *notes; /* launched regions */
    unsigned n_notes;
};

/* map_svg.c: a page for people who never heard of SEV. 0 or -EIO. */
int map_write_svg(const struct map *map, const struct map_caption *caption, FILE *file)
    __attribute__((warn_unused_result));
/* map_text.c: the same for a terminal 80 characters wide, line by line without line ends. */
void map_print(const struct map *map, void (*print)(void *ctx, const char *line), void *ctx);
const char *map_use_name(enum map_use use);
/* "64 KiB", "1.5 GiB"; in `text`, which is returned. */
#define MAP_SIZE_TEXT 24u
const char *map_size_text(uint64_t bytes, char text[MAP_SIZE_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
