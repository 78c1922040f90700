/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pages of the RMP by state, and in runs. See rmp.h.
 */
#include "rmp.h"

#include <string.h>

#include "rmp_table.h"

enum rmp_state rmp_state(const struct rmp_entry *entry)
{
    if (!entry->assigned)
        return RMP_STATE_HYPERVISOR;
    if (entry->asid && !entry->immutable)
        return entry->validated ? RMP_STATE_GUEST_VALID : RMP_STATE_GUEST_INVALID;
    if (entry->asid)
        return entry->validated ? RMP_STATE_PRE_SWAP : RMP_STATE_PRE_GUEST;
    if (!entry->immutable)
        return RMP_STATE_RECLAIM;
    if (entry->gpa)
        return RMP_STATE_METADATA;
    return entry->vmsa ? RMP_STATE_CONTEXT : RMP_STATE_FIRMWARE;
}

const char *rmp_state_name(enum rmp_state state)
{
    static const char *const names[RMP_STATES] = {
        [RMP_STATE_HYPERVISOR] = "hypervisor",   [RMP_STATE_FIRMWARE] = "firmware",
        [RMP_STATE_RECLAIM] = "reclaim",         [RMP_STATE_CONTEXT] = "context",
        [RMP_STATE_METADATA] = "metadata",       [RMP_STATE_PRE_GUEST] = "pre-guest",
        [RMP_STATE_PRE_SWAP] = "pre-swap",       [RMP_STATE_GUEST_INVALID] = "guest-invalid",
        [RMP_STATE_GUEST_VALID] = "guest-valid",
    };

    return (unsigned)state < RMP_STATES ? names[state] : "unknown";
}

bool rmp_next_run(const struct rmp *rmp, struct rmp_run *run)
{
    const struct rmp_part *part = run->pages ? rmp_part_of(rmp, run->spa) : rmp->parts;
    uint64_t page = 0;

    if (run->pages && part)
        page = (run->spa - part->base) / RMP_PAGE_SIZE + run->pages;
    else if (run->pages)
        return false;
    if (part < rmp->parts + rmp->n && page >= part->pages) {
        part++;
        page = 0;
    }
    if (part >= rmp->parts + rmp->n)
        return false;
    run->spa = part->base + page * RMP_PAGE_SIZE;
    run->pages = rmp_run_length(part, page);
    run->entry = rmp_get(rmp, run->spa);
    return true;
}

void rmp_count_states(const struct rmp *rmp, uint64_t pages[RMP_STATES])
{
    struct rmp_run run = {0};

    memset(pages, 0, RMP_STATES * sizeof(*pages));
    while (rmp_next_run(rmp, &run))
        pages[rmp_state(&run.entry)] += run.pages;
}
