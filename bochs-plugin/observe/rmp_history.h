/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What happened to the pages of the RMP (cpu-ext/rmp.h): who gave a page to whom, when it was
 * validated, which accesses did not pass. For the debugger. Pure C.
 *
 * The latest events are kept, of all pages together. Events of one instruction that follow each
 * other, page after page, are one event.
 */
#ifndef SEV_RMP_HISTORY_H
#define SEV_RMP_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rmp.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RMP_HISTORY_KEPT 16384u
#define RMP_EVENT_TEXT   320u

/* Where an event has its cause. */
struct rmp_cause {
    uint64_t us;  /* the machine's time */
    uint64_t rip; /* linear address of the instruction */
    uint32_t cpu; /* SEV_HOOKS_NO_CPU: none, the launch or a command of the secure processor */
};

struct rmp_event {
    struct rmp_cause cause;
    uint64_t spa, pages;
    enum rmp_check check;           /* RMP_PASSED: the entry changed, else an access did not pass */
    enum rmp_state before, after;   /* of an entry that changed */
    bool large_before, large_after; /* entries of 2 MiB */
    bool write, private_;           /* of an access */
};

struct rmp_history;

/* For this table as it is now. `rmp` must outlive it. NULL if out of memory. */
struct rmp_history *rmp_history_new(const struct rmp *rmp);
void rmp_history_free(struct rmp_history *history);

/* The machine was restored: forget all events, and take the table as it is now. */
void rmp_history_restart(struct rmp_history *history);

/* `n` entries from `spa` on were changed. */
void rmp_history_changed(struct rmp_history *history, uint64_t spa, uint64_t n,
                         const struct rmp_cause *cause);
/* An access to the page at `spa` did not pass. */
void rmp_history_fault(struct rmp_history *history, uint64_t spa, enum rmp_check check, bool write,
                       bool private_, const struct rmp_cause *cause);

/* Return event `n` of the page at `spa`, 0 = the latest. NULL if there is none, or it is not kept. */
const struct rmp_event *rmp_history_get(const struct rmp_history *history, uint64_t spa,
                                        unsigned n);
/* Return the number of events, also of those that are not kept any more. */
uint64_t rmp_history_count(const struct rmp_history *history);

/* Write one line about an event to `text`, which is returned. `symbol` follows the address of the
 * instruction. */
const char *rmp_event_text(const struct rmp_event *event, const char *symbol,
                           char text[RMP_EVENT_TEXT]);
/* Write the entry of the page at `spa` to `text`, which is returned: "guest-valid, ASID 1, ...". */
const char *rmp_entry_text(const struct rmp *rmp, uint64_t spa, char text[RMP_EVENT_TEXT]);
/* Write the permissions of a VMPL: "rwxXs" (x: user, X: supervisor, s: shadow stack), "-" for each
 * that is not there. */
const char *rmp_perms_text(uint8_t perms, char text[6]);

#ifdef __cplusplus
}
#endif
#endif
