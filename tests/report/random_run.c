/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A run of a machine that never was: random uses of pages, written as picture (map=) and as changes
 * (map_changes=). pictures.tap compares the two.
 *
 *   random_run SEED PICTURE CHANGES [rmp]
 *
 * With "rmp" a part of the pages has states of SEV-SNP's reverse map table.
 *
 * All changes of a moment have one time, and moments are more than a slice of the changes apart. So
 * the changes hold every state that a page was in, and no state in between is in the picture only.
 */
#include <stdio.h>
#include <stdlib.h>

#include "observe/timeline.h"
#include "observe/timeline_log.h"

#define PAGES     3000u
#define START_US  5000u
#define MOMENTS   900u
#define RUNS      12u
#define RUN_PAGES 40u
#define BLOCK     50u

static struct timeline *timeline;
static bool with_rmp;
static uint8_t taken[PAGES]; /* by which moment a page was changed last, modulo 256 */

/* In a third of the blocks only the page tables change. So no change of one of the two numbers of a
 * cell, shared pages and pages mapped shared, changes the other. */
static void change(uint32_t page, bool towards_shared, uint64_t us)
{
    uint32_t block = page / BLOCK;
    enum timeline_use use = block % 5 == 1 ? TIMELINE_ROM : TIMELINE_PRIVATE;

    if (with_rmp && block % 4 == 2) { /* never shared */
        const unsigned all = TIMELINE_RMP_LAST - TIMELINE_RMP_FIRST + 1;
        const unsigned n = block / 4 % 3 == 0 ? all : block / 4 % 3 == 1 ? 3 : 1;

        timeline_set_rmp(timeline, page, TIMELINE_NOT_VALIDATED, us);
        timeline_set_rmp(timeline, page, TIMELINE_RMP_FIRST + (unsigned)random() % n, us);
        if (n > 1 && random() % 2)
            (void)timeline_touch(timeline, page, TIMELINE_PRIVATE, us);
    } else if (block % 3 == 0) {
        timeline_declare(timeline, page, towards_shared, us);
    } else {
        (void)timeline_touch(timeline, page, towards_shared ? TIMELINE_SHARED : use, us);
    }
}

/* Pages that leave a shared use come first: the greatest number of shared pages is that of before or
 * of after the moment. */
static void moment(unsigned n, uint64_t us)
{
    uint32_t first[RUNS];

    for (unsigned run = 0; run < RUNS; run++)
        first[run] = (uint32_t)random() % (n % 5 ? PAGES : 256);
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned run = pass; run < RUNS; run += 2)
            for (uint32_t page = first[run]; page < first[run] + RUN_PAGES && page < PAGES;
                 page++) {
                if (taken[page] == (uint8_t)n)
                    continue;
                taken[page] = (uint8_t)n;
                change(page, pass == 1, us);
            }
    if (n % 100 == 7)
        (void)timeline_touch(timeline, 0xfec00 + n, TIMELINE_MMIO, us);
}

int main(int argc, char **argv)
{
    const struct timeline_log_config config = {50000000, TIMELINE_LOG_BYTES};
    const struct timeline_counter counters[] = {{"changes", "PVALIDATE", 17},
                                                {"faults", "none", 0}};
    struct timeline_caption caption = {.title = "random", .subtitle = ""};
    uint64_t us = START_US;
    struct output_file *picture, *changes;
    struct timeline_log *log;
    int err;

    if (argc != 4 && argc != 5)
        return 2;
    with_rmp = argc == 5;
    caption.counters = counters;
    caption.n_counters = with_rmp ? 2 : 0;
    srandom((unsigned)atoi(argv[1]));
    timeline = timeline_new(PAGES, us);
    picture = output_open("map", argv[2], NULL, NULL, &err);
    changes = output_open("map_changes", argv[3], NULL, NULL, &err);
    log = timeline && picture && changes ? timeline_log_new(timeline, &config, changes) : NULL;
    if (!log)
        return 1;
    for (unsigned n = 1; n <= MOMENTS; n++) {
        us += 1500 + (uint64_t)random() % 9000;
        moment(n, us);
    }
    err = timeline_log_close(log, us, counters, caption.n_counters);
    timeline_advance(timeline, us);
    timeline_write_svg(timeline, &caption, output_stream(picture));
    err |= output_close(picture);
    timeline_free(timeline);
    return err ? 1 : 0;
}
