/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What became of the secure processor's commands: one line of text for Bochs's log, one JSON object
 * a line for a trace file (bochs-sev-trace(5)), and the list of launched regions, so that a wrong
 * measurement can be explained region by region.
 *
 * Consumes struct psp_trace (psp_host.h).
 */
#ifndef SEV_TRACE_H
#define SEV_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "psp_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One region that LAUNCH_UPDATE_* took, in launch order. */
struct trace_region {
    char name[32]; /* "" if the guest launched it itself */
    uint32_t handle;
    uint64_t gpa;
    uint32_t len;
    uint8_t sha256[32];        /* of the region's plaintext */
    uint8_t launch_digest[32]; /* GCTX.LD after it */
};

struct trace;

struct trace *trace_new(void);
void trace_free(struct trace *trace); /* closes the file */

/* Also write JSON lines to `path` (created or emptied). 0 or a negative errno. */
int trace_open(struct trace *trace, const char *path) __attribute__((warn_unused_result));

/* Take one event, finished at this tick of the machine. `region_name` may be NULL. Writes the text
 * line to `line`. */
void trace_event(struct trace *trace, const struct psp_trace *event, const char *region_name,
                 uint64_t tick, char *line, size_t line_size);

/* All regions since trace_new() or trace_clear(); owned by the trace, valid until the next event.
 */
const struct trace_region *trace_regions(const struct trace *trace, unsigned *count);
void trace_clear(struct trace *trace);

#ifdef __cplusplus
}
#endif
#endif
