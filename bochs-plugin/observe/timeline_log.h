/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The changes of the map of guest memory (timeline.h) as JSON lines, one for each slice of time in which
 * there were any: from them the state of every page at every moment can be told, which the map with
 * its columns forgets. Bounded: slices grow twice as long every TIMELINE_LOG_LINES lines, and the file
 * ends with a word when it is full.
 *
 * Implements bochs-sev-map(5). Pure C; sev_timeline.cc feeds it.
 */
#ifndef SEV_MAP_LOG_H
#define SEV_MAP_LOG_H

#include <stdint.h>
#include <stdio.h>

#include "timeline.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TIMELINE_LOG_FIRST_US 1000u /* a slice's length at first */
#define TIMELINE_LOG_LINES    4096u /* of one slice length */
#define TIMELINE_LOG_BYTES    (UINT64_C(256) << 20)

struct timeline_log;

/* Writes the first line. `map` and `file` stay the caller's and must outlive the log.
 * `ticks_per_second` of the machine joins microseconds with the ticks of other files. NULL if out
 * of memory. */
struct timeline_log *timeline_log_new(const struct timeline *map, uint64_t ticks_per_second,
                                      FILE *file);
void timeline_log_free(struct timeline_log *log);
/* For tests: no further lines after so many bytes. */
void timeline_log_limit(struct timeline_log *log, uint64_t bytes);

/* Before the map learns of something at `now_us`, which never goes back: the slice may be over. */
void timeline_log_pass(struct timeline_log *log, uint64_t now_us);
/* `page` (address / 4096) gets another use in the map at `now_us`. Outside RAM only the first use
 * counts, so the map must not know it yet. */
void timeline_log_note(struct timeline_log *log, uint64_t page, uint64_t now_us);
/* The last slice and the last line. 0 or -EIO. */
int timeline_log_finish(struct timeline_log *log, uint64_t now_us)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
