/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exits of a guest with SEV-ES: how many of each kind there were, and, for the file of exits=, a line for
 * each (bochs-sev-exits(5)).
 */
#ifndef SEV_EXIT_LOG_H
#define SEV_EXIT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output_file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where and when. */
struct exit_log_place {
    uint64_t tick; /* of the machine */
    unsigned cpu;
    uint64_t rip;
};

/* A VMGEXIT and its answer. */
struct exit_log_request {
    bool msr;                  /* by the GHCB MSR, whose values are `code` and `result1` */
    uint64_t code;             /* SW_EXITCODE */
    uint64_t info1, info2;     /* SW_EXITINFO1 and 2 */
    uint64_t result1, result2; /* the same of the answer */
    const char *words;         /* what the guest asks for */
};

struct exit_log;

/* Write lines to `file`, which belongs to the log from now on; NULL: only count. Return NULL if out of
 * memory. */
struct exit_log *exit_log_new(struct output_file *file);
/* Write the numbers of exits and close the file. NULL is allowed. */
void exit_log_free(struct exit_log *log);

/* A #VC with this error code is raised. */
void exit_log_vc(struct exit_log *log, const struct exit_log_place *place, uint32_t code);
/* The hypervisor has answered a VMGEXIT. */
void exit_log_vmgexit(struct exit_log *log, const struct exit_log_place *place,
                      const struct exit_log_request *request);

uint64_t exit_log_vcs(const struct exit_log *log);
uint64_t exit_log_vmgexits(const struct exit_log *log);
/* Call `print` for each kind of exit that came, with a line without its end. */
void exit_log_print(const struct exit_log *log, void (*print)(void *ctx, const char *line),
                    void *ctx);

#ifdef __cplusplus
}
#endif
#endif
