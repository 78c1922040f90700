/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What happened to the pages of the RMP. See rmp_history.h.
 */
#include "rmp_history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hooks.h"

/* A piece of the table with what was last seen of each page: its state and LARGE. */
struct piece {
    uint64_t base, pages;
    uint8_t *seen;
};

#define LARGE 0x80u

struct rmp_history {
    const struct rmp *rmp;
    uint64_t count; /* of events; the next one goes to count % RMP_HISTORY_KEPT */
    unsigned n;
    struct piece *pieces;
    struct rmp_event kept[RMP_HISTORY_KEPT];
};

static uint8_t look(const struct rmp *rmp, uint64_t spa)
{
    const struct rmp_entry entry = rmp_get(rmp, spa);

    return (uint8_t)(rmp_state(&entry) | (entry.size_2m ? LARGE : 0));
}

/* Add a run of entries to the piece that it continues, or to a new one. */
static bool add_run(struct rmp_history *history, const struct rmp_run *run)
{
    struct piece *last = history->n ? &history->pieces[history->n - 1] : NULL;
    uint8_t *seen;

    if (!last || last->base + last->pages * RMP_PAGE_SIZE != run->spa) {
        struct piece *more = realloc(history->pieces, (history->n + 1) * sizeof(*more));

        if (!more)
            return false;
        history->pieces = more;
        last = &more[history->n++];
        *last = (struct piece){run->spa, 0, NULL};
    }
    seen = realloc(last->seen, last->pages + run->pages);
    if (!seen)
        return false;
    last->seen = seen;
    memset(seen + last->pages, look(history->rmp, run->spa), run->pages);
    last->pages += run->pages;
    return true;
}

struct rmp_history *rmp_history_new(const struct rmp *rmp)
{
    struct rmp_history *history = calloc(1, sizeof(*history));
    struct rmp_run run = {0};

    if (!history)
        return NULL;
    history->rmp = rmp;
    while (rmp_next_run(rmp, &run))
        if (!add_run(history, &run)) {
            rmp_history_free(history);
            return NULL;
        }
    return history;
}

void rmp_history_free(struct rmp_history *history)
{
    if (!history)
        return;
    for (unsigned i = 0; i < history->n; i++)
        free(history->pieces[i].seen);
    free(history->pieces);
    free(history);
}

void rmp_history_restart(struct rmp_history *history)
{
    history->count = 0;
    for (unsigned i = 0; i < history->n; i++)
        for (uint64_t page = 0; page < history->pieces[i].pages; page++)
            history->pieces[i].seen[page] =
                look(history->rmp, history->pieces[i].base + page * RMP_PAGE_SIZE);
}

static uint8_t *seen_at(struct rmp_history *history, uint64_t spa)
{
    for (unsigned i = 0; i < history->n; i++) {
        const struct piece *piece = &history->pieces[i];

        if (spa >= piece->base && (spa - piece->base) / RMP_PAGE_SIZE < piece->pages)
            return &piece->seen[(spa - piece->base) / RMP_PAGE_SIZE];
    }
    return NULL;
}

/* --- events --- */

/* Check that `next` continues `last`: the same, for the pages after it. */
static bool continues(const struct rmp_event *last, const struct rmp_event *next)
{
    return last->spa + last->pages * RMP_PAGE_SIZE == next->spa &&
           last->cause.cpu == next->cause.cpu && last->cause.rip == next->cause.rip &&
           last->check == next->check && last->before == next->before &&
           last->after == next->after && last->large_before == next->large_before &&
           last->large_after == next->large_after && last->write == next->write &&
           last->private_ == next->private_;
}

static void add(struct rmp_history *history, const struct rmp_event *event)
{
    struct rmp_event *last = &history->kept[(history->count - 1) % RMP_HISTORY_KEPT];

    if (history->count && continues(last, event)) {
        last->pages += event->pages;
        last->cause.us = event->cause.us;
        return;
    }
    history->kept[history->count++ % RMP_HISTORY_KEPT] = *event;
}

void rmp_history_changed(struct rmp_history *history, uint64_t spa, uint64_t n,
                         const struct rmp_cause *cause)
{
    for (uint64_t at = spa; n--; at += RMP_PAGE_SIZE) {
        uint8_t *seen = seen_at(history, at);
        const uint8_t now = look(history->rmp, at);
        const struct rmp_event event = {.cause = *cause,
                                        .spa = at,
                                        .pages = 1,
                                        .before = seen ? *seen & ~LARGE : 0,
                                        .after = (enum rmp_state)(now & ~LARGE),
                                        .large_before = seen && *seen & LARGE,
                                        .large_after = now & LARGE};

        if (!seen)
            continue;
        if (*seen != now || event.after != RMP_STATE_HYPERVISOR)
            add(history, &event);
        *seen = now;
    }
}

void rmp_history_fault(struct rmp_history *history, uint64_t spa, enum rmp_check check, bool write,
                       bool private_, const struct rmp_cause *cause)
{
    const struct rmp_event event = {.cause = *cause,
                                    .spa = spa - spa % RMP_PAGE_SIZE,
                                    .pages = 1,
                                    .check = check,
                                    .write = write,
                                    .private_ = private_};

    if (check != RMP_PASSED)
        add(history, &event);
}

uint64_t rmp_history_count(const struct rmp_history *history)
{
    return history->count;
}

const struct rmp_event *rmp_history_get(const struct rmp_history *history, uint64_t spa, unsigned n)
{
    for (uint64_t i = 1; i <= history->count && i <= RMP_HISTORY_KEPT; i++) {
        const struct rmp_event *event = &history->kept[(history->count - i) % RMP_HISTORY_KEPT];

        if (spa >= event->spa && (spa - event->spa) / RMP_PAGE_SIZE < event->pages && n-- == 0)
            return event;
    }
    return NULL;
}

/* --- text --- */

/* What a change of the state is, for those that have a word. */
static const char *change_words(const struct rmp_event *event)
{
    static const struct {
        enum rmp_state before, after;
        const char *words;
    } rows[] = {
        {RMP_STATE_HYPERVISOR, RMP_STATE_GUEST_INVALID, "assigned to the guest"},
        {RMP_STATE_GUEST_INVALID, RMP_STATE_GUEST_VALID, "validated"},
        {RMP_STATE_GUEST_VALID, RMP_STATE_GUEST_INVALID, "validation ended"},
        {RMP_STATE_GUEST_INVALID, RMP_STATE_HYPERVISOR, "given to the hypervisor"},
        {RMP_STATE_GUEST_VALID, RMP_STATE_HYPERVISOR, "taken by the hypervisor while valid"},
        {RMP_STATE_PRE_GUEST, RMP_STATE_GUEST_VALID, "launched"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (event->before == rows[i].before && event->after == rows[i].after)
            return rows[i].words;
    if (event->before == event->after && event->large_before != event->large_after)
        return event->large_after ? "joined to 2 MiB" : "split into 4 KiB (PSMASH)";
    return event->before == event->after ? "permissions, VMSA or address changed" : "changed";
}

const char *rmp_event_text(const struct rmp_event *event, const char *symbol,
                           char text[RMP_EVENT_TEXT])
{
    int n = snprintf(text, RMP_EVENT_TEXT, "%.6f s: ", (double)event->cause.us / 1e6);

    if (event->check != RMP_PASSED)
        n += snprintf(text + n, RMP_EVENT_TEXT - (size_t)n, "%s through C=%d: %s: %s",
                      event->write ? "write" : "read", event->private_,
                      event->check == RMP_NOT_VALIDATED ? "#VC 404h" : "nested page fault",
                      rmp_check_words(event->check));
    else
        n += snprintf(text + n, RMP_EVENT_TEXT - (size_t)n, "%s: %s to %s%s", change_words(event),
                      rmp_state_name(event->before), rmp_state_name(event->after),
                      event->large_after ? ", 2 MiB" : "");
    if (event->cause.cpu != SEV_HOOKS_NO_CPU)
        n += snprintf(text + n, RMP_EVENT_TEXT - (size_t)n,
                      ", CPU %" PRIu32 " at RIP %#" PRIx64 "%s", event->cause.cpu, event->cause.rip,
                      symbol);
    if (event->pages > 1)
        snprintf(text + n, RMP_EVENT_TEXT - (size_t)n,
                 " (with %" PRIu64 " pages from %#" PRIx64 " on)", event->pages, event->spa);
    return text;
}

const char *rmp_perms_text(uint8_t perms, char text[6])
{
    static const char letters[] = "rwxXs";

    for (unsigned i = 0; i < 5; i++)
        text[i] = perms >> i & 1 ? letters[i] : '-';
    text[5] = '\0';
    return text;
}

const char *rmp_entry_text(const struct rmp *rmp, uint64_t spa, char text[RMP_EVENT_TEXT])
{
    const struct rmp_entry entry = rmp_get(rmp, spa);
    char perms[6];
    int n;

    if (!rmp_covered(rmp, spa)) {
        snprintf(text, RMP_EVENT_TEXT, "not covered by the RMP: the hypervisor's for ever");
        return text;
    }
    n = snprintf(text, RMP_EVENT_TEXT, "%s%s", rmp_state_name(rmp_state(&entry)),
                 !entry.assigned && entry.immutable ? ", immutable" : "");
    if (!entry.assigned)
        return text;
    n +=
        snprintf(text + n, RMP_EVENT_TEXT - (size_t)n,
                 ", ASID %" PRIu32 " at guest address %#" PRIx64 ", %s%s%s%s", entry.asid,
                 entry.gpa, entry.size_2m ? "2 MiB" : "4 KiB", entry.immutable ? ", immutable" : "",
                 entry.vmsa ? ", VMSA" : "", entry.in_use ? " (a CPU runs it)" : "");
    for (unsigned vmpl = 0; vmpl < RMP_VMPLS; vmpl++)
        n += snprintf(text + n, RMP_EVENT_TEXT - (size_t)n, "%s%s",
                      vmpl ? " " : ", VMPL 0-3: ", rmp_perms_text(entry.perms[vmpl], perms));
    return text;
}
