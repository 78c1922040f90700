/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The changes of the page-state timeline (timeline.h) as JSON lines, one line for each slice of time
 * in which there were any. They give the use of every page at the end of every slice;
 * the timeline itself keeps only columns. The file is bounded: slices become twice as long every
 * TIMELINE_LOG_LINES lines, and a file of TIMELINE_LOG_BYTES takes no further changes.
 *
 * The format is bochs-sev-map(5). Pure C.
 */
#ifndef SEV_TIMELINE_LOG_H
#define SEV_TIMELINE_LOG_H

#include <stdint.h>

#include "output_file.h"
#include "timeline.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TIMELINE_LOG_FIRST_US 1000u /* a slice's length at first */
#define TIMELINE_LOG_LINES    4096u /* of one slice length */
#define TIMELINE_LOG_BYTES    (UINT64_C(256) << 20)

struct timeline_log;

struct timeline_log_config {
    uint64_t ticks_per_second; /* relates the ticks of other files to microseconds */
    uint64_t bytes_max;        /* no further changes are written to a larger file */
};

/* Record all changes of `timeline`, which must outlive the log, in `file`, which belongs to the log
 * from now on. Write the first line. Return NULL if out of memory; the file is closed then. */
struct timeline_log *timeline_log_new(struct timeline *timeline,
                                      const struct timeline_log_config *config,
                                      struct output_file *file);
/* Write the line of the open slice if the slice is over at `now_us`. Changes call this themselves. */
void timeline_log_pass(struct timeline_log *log, uint64_t now_us);
/* Write the open slice and the last line with `n` counters, close the file and free the log. Return 0
 * or the file's first error, which the file has reported. NULL is allowed. */
int timeline_log_close(struct timeline_log *log, uint64_t now_us,
                       const struct timeline_counter *counters, unsigned n);

#ifdef __cplusplus
}
#endif
#endif
