/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page-state timeline: how each page was last used (through C=1, through C=0, as ROM, as device
 * registers, not at all), a picture of it in rows of addresses and columns of machine time, and how
 * many pages changed between private and shared. Of a guest with SEV-SNP it shows the state of each
 * page in the reverse map table (RMP) too. Memory is bounded: when the columns are full, each pair
 * becomes one column that lasts twice as long.
 *
 * The pictures are described in bochs-sev-debug(7). Pure C. The timeline does not read memory;
 * sev_timeline.cc reports the accesses.
 */
#ifndef SEV_TIMELINE_H
#define SEV_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TIMELINE_PAGE_SIZE 4096u
#define TIMELINE_COLUMNS   256u
#define TIMELINE_ROWS      256u  /* of the panel with all RAM */
#define TIMELINE_LOW_ROWS  32u   /* of the panel with the first MiB */
#define TIMELINE_AREAS     24u   /* separate ranges outside RAM */
#define TIMELINE_FIRST_US  1000u /* a column's length at first */

/* What a page was last used for, and what a cell of the picture looks like. The rows and their meaning
 * are in report/looks.def. */
enum timeline_use {
#define LOOK(id, ...) TIMELINE_##id,
#include "report/looks.def"
};

/* The uses of a page; TIMELINE_PARTLY_SHARED is a look of a cell only. */
#define TIMELINE_USES  ((unsigned)TIMELINE_PARTLY_SHARED)
#define TIMELINE_LOOKS (TIMELINE_USES + 1)
/* Those that the RMP says. */
#define TIMELINE_RMP_FIRST TIMELINE_HYPERVISOR
#define TIMELINE_RMP_LAST  TIMELINE_PSP

struct timeline_look {
    const char *key, *symbol, *name;
    const char *fill, *stroke;
    unsigned width;
    const char *path, *meaning;
};
extern const struct timeline_look timeline_looks[TIMELINE_LOOKS];

struct timeline;

/* Make a timeline for `ram_pages` pages of RAM from address 0 on. It starts at machine time `now_us`.
 * Return NULL if out of memory or if there is no page. */
struct timeline *timeline_new(uint32_t ram_pages, uint64_t now_us);
void timeline_free(struct timeline *timeline);

/* --- recording --- */

/* Record that `page` (address / 4096, RAM or not) is used in this way at `now_us`, which must not
 * decrease. Return true if it changed from private to shared or from shared to private. */
bool timeline_touch(struct timeline *timeline, uint64_t page, enum timeline_use use,
                    uint64_t now_us);
/* Record whether the guest's page tables map a page of RAM with C=0. */
void timeline_declare(struct timeline *timeline, uint32_t page, bool declared, uint64_t now_us);
/* Record what the RMP says of a page of RAM: TIMELINE_RMP_FIRST to TIMELINE_RMP_LAST. A page that
 * always was the hypervisor's has its last use only. */
void timeline_set_rmp(struct timeline *timeline, uint32_t page, enum timeline_use rmp,
                      uint64_t now_us);
/* Return the last use of a page, or what the RMP says if that is more. Outside RAM: TIMELINE_ROM,
 * TIMELINE_MMIO or TIMELINE_UNTOUCHED. */
enum timeline_use timeline_use(const struct timeline *timeline, uint64_t page);
/* Let time pass up to `now_us`. Call it before drawing. */
void timeline_advance(struct timeline *timeline, uint64_t now_us);

/* Let `change` be called at `now_us` before a page gets another use, or, outside RAM, its first one;
 * NULL: nobody. */
typedef void timeline_change(void *ctx, uint64_t page, uint64_t now_us);
void timeline_on_change(struct timeline *timeline, timeline_change *change, void *ctx);

/* --- reading --- */

struct timeline_range {
    uint64_t first, pages;
};
/* Find the next run of RAM pages of that use at or after range->first + range->pages; start with
 * zeros. Return false after the last one. */
bool timeline_next_range(const struct timeline *timeline, enum timeline_use use,
                         struct timeline_range *range);
/* Return the longest run of pages that are TIMELINE_SHARED or TIMELINE_DECLARED; its `pages` is 0 if
 * there is none. */
struct timeline_range timeline_largest_shared(const struct timeline *timeline);

/* A range outside RAM, in ascending order. */
struct timeline_area {
    struct timeline_range range;
    enum timeline_use use;
    uint64_t first_us; /* when it was first used */
};
const struct timeline_area *timeline_areas(const struct timeline *timeline, unsigned *count);

struct timeline_info {
    uint32_t ram_pages;
    uint32_t pages[TIMELINE_USES]; /* of RAM, now */
    uint64_t changes;              /* private <-> shared so far */
    uint64_t start_us, now_us;
    uint64_t column_us; /* length of a column now */
    unsigned columns;   /* in use, the open one included */
    unsigned rows, rows_low;
    uint64_t row_pages, row_low_pages; /* the last row may have fewer */
    bool has_rmp;                      /* timeline_set_rmp() was called */
};
struct timeline_info timeline_info(const struct timeline *timeline);

/* Return the look of a cell, by the rule of report/looks.def. `low`: of the panel with the first MiB. */
enum timeline_use timeline_cell(const struct timeline *timeline, bool low, unsigned row,
                                unsigned column);
/* The same for a block of cells, as if it were one. */
enum timeline_use timeline_block(const struct timeline *timeline, bool low, unsigned row,
                                 unsigned rows, unsigned column, unsigned columns);
/* Return how many pages changed between private and shared during a column. */
uint64_t timeline_changes(const struct timeline *timeline, unsigned column);

/* --- drawing --- */

struct timeline_note {
    uint64_t address, bytes;
    const char *text; /* "BIOS" */
};
/* A number of things that happened, or of pages in a state. */
struct timeline_counter {
    const char *kind, *name; /* "faults", "the page is not validated" */
    uint64_t number;
};
struct timeline_caption {
    const char *title, *subtitle;
    const struct timeline_note *notes; /* launched regions */
    unsigned n_notes;
    const struct timeline_counter *counters; /* of the RMP; only those that are not 0 are shown */
    unsigned n_counters;
};

/* timeline_svg.c: a page that explains itself. The caller checks the file for errors. */
void timeline_write_svg(const struct timeline *timeline, const struct timeline_caption *caption,
                        FILE *file);
/* timeline_text.c: the same for a terminal 80 characters wide. Call `print` for each line, without a
 * line end. */
void timeline_print(const struct timeline *timeline, void (*print)(void *ctx, const char *line),
                    void *ctx);
/* Check that the legend has this look: without the RMP those that it says are left out. */
bool timeline_in_legend(const struct timeline_info *info, unsigned look);
/* Write "64 KiB" or "1.5 GiB" to `text`, which is returned. */
#define TIMELINE_SIZE_TEXT 24u
const char *timeline_size_text(uint64_t bytes, char text[TIMELINE_SIZE_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
