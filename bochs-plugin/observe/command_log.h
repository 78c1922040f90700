/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What became of the secure processor's commands: one line of text for Bochs's log, one JSON object
 * a line for a trace file (bochs-sev-trace(5)), and the list of launched regions, so that a wrong
 * measurement can be explained region by region.
 *
 * Consumes struct psp_event (psp_host.h).
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
struct command_log_region {
    char name[32]; /* "" if the guest launched it itself */
    uint32_t handle;
    uint64_t gpa;
    uint32_t len;
    uint8_t sha256[32];        /* of the region's plaintext */
    uint8_t launch_digest[32]; /* GCTX.LD after it */
};

struct command_log;

struct command_log *command_log_new(void);
void command_log_free(struct command_log *trace); /* closes the file */

/* Also write JSON lines to `path` (created or emptied). 0 or a negative errno. */
int command_log_open(struct command_log *trace, const char *path)
    __attribute__((warn_unused_result));

/* Take one event, finished at this tick of the machine. `region_name` may be NULL. Writes the text
 * line to `line`. */
void command_log_event(struct command_log *trace, const struct psp_event *event,
                       const char *region_name, uint64_t tick, char *line, size_t line_size);

/* All regions since command_log_new() or command_log_clear(); owned by the trace, valid until the next event.
 */
const struct command_log_region *command_log_regions(const struct command_log *trace,
                                                     unsigned *count);
void command_log_clear(struct command_log *trace);

#ifdef __cplusplus
}
#endif
#endif
