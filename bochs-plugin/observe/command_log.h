/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The PSP command log: for each finished command of the secure processor a line of text for Bochs's
 * log and a JSON object on a line of the file of trace= (bochs-sev-trace(5)). It also keeps the list
 * of launched regions, from which a wrong measurement can be explained.
 *
 * Consumes struct psp_event (psp_host.h).
 */
#ifndef SEV_COMMAND_LOG_H
#define SEV_COMMAND_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "output_file.h"
#include "psp_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One region that LAUNCH_UPDATE_* of SEV took, in launch order. */
struct command_log_region {
    char name[32]; /* "" if a command of the guest launched it */
    uint32_t handle;
    uint64_t gpa;
    uint32_t len;
    uint8_t sha256[32];        /* of the region's plaintext */
    uint8_t launch_digest[32]; /* GCTX.LD after it */
};

struct command_log;

/* Write JSON lines to `file`, which belongs to the log from now on; NULL: none. Return NULL if out of
 * memory. */
struct command_log *command_log_new(struct output_file *file);
void command_log_free(struct command_log *log); /* closes the file */

/* Take one event, finished at this tick of the machine. `region_name` may be NULL. Write the text
 * line to `line`. */
void command_log_event(struct command_log *log, const struct psp_event *event,
                       const char *region_name, uint64_t tick, char *line, size_t line_size);

/* Return all launched regions. They belong to the log and are valid until the next event. */
const struct command_log_region *command_log_regions(const struct command_log *log,
                                                     unsigned *count);

#ifdef __cplusplus
}
#endif
#endif
