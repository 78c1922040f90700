/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A model of the rules of the RMP. See rmp_model.h.
 */
#include "rmp_model.h"

#include <stddef.h>
#include <string.h>

struct model_page model[MODEL_PAGES];

static const struct model_page hosts;

void model_reset(void)
{
    memset(model, 0, sizeof(model));
}

static struct model_page *at(uint64_t page)
{
    return page >= MODEL_FIRST && page < MODEL_FIRST + MODEL_PAGES ? &model[page - MODEL_FIRST]
                                                                   : NULL;
}

/* The 512 pages that `page` is among, or NULL if the model has only some of them. */
static struct model_page *block(uint64_t page)
{
    const uint64_t first = page & ~UINT64_C(511);

    return at(first) && at(first + 511) ? at(first) : NULL;
}

static enum model_reason ownership(const struct model_page *p, uint32_t guest, uint64_t frame)
{
    return !p                  ? OUTSIDE
           : !p->owned         ? HOSTS_OWN
           : p->guest != guest ? OTHER_GUEST
           : p->frame != frame ? MOVED
           : p->locked         ? LOCKED
                               : FINE;
}

enum model_reason model_allows(uint64_t page, const struct model_access *access)
{
    const struct model_page *p = at(page);
    const bool fetch = access->bits & 12, change = access->bits & 18;
    enum model_reason reason;

    if (!access->snp)
        return (change || access->walk) && p && p->owned ? TAKEN : FINE;
    if (!access->encrypted && !fetch && !access->walk)
        return change && p && p->owned ? TAKEN : FINE;
    reason = ownership(p, access->who.guest, access->frame);
    if (reason != FINE)
        return reason;
    if (access->large && !p->large)
        return SIZE;
    if (!p->accepted)
        return UNACCEPTED;
    for (unsigned bit = 1; bit <= 16; bit *= 2)
        if (access->bits & bit && !(p->may[access->who.level] & bit))
            return FORBIDDEN;
    /* Permission to write counts only with permission to read. */
    return access->bits & 2 && !(p->may[access->who.level] & 1) ? FORBIDDEN : FINE;
}

/* fault_rmp_update(): a page of 2 MiB is also refused if 4 KiB are asked for. */
static enum model_reason target(const struct model_page *p, struct model_who who, uint64_t frame,
                                bool large)
{
    const enum model_reason reason = ownership(p, who.guest, frame);

    return reason == FINE && p->large && !large ? SIZE : reason;
}

static struct model_answer fault(enum model_reason reason)
{
    return (struct model_answer){reason, 0, false};
}

static struct model_answer code(unsigned number)
{
    return (struct model_answer){FINE, number, false};
}

struct model_answer model_pvalidate(struct model_who who, uint64_t page, uint64_t frame, bool large,
                                    bool accept)
{
    struct model_page *p = at(page);

    if (large && (page & 511 || frame & 511))
        return code(1);
    if (target(p, who, frame, large) != FINE)
        return fault(target(p, who, frame, large));
    if (large && !p->large)
        return code(6);
    if (p->accepted == accept)
        return (struct model_answer){FINE, 0, true};
    for (unsigned i = 0; i < (large ? 512 : 1); i++)
        p[i].accepted = accept;
    return code(0);
}

struct model_answer model_rmpadjust(struct model_who who, uint64_t page, uint64_t frame, bool large,
                                    unsigned level, unsigned may, bool state)
{
    struct model_page *p = at(page);

    if (large && (page & 511 || frame & 511))
        return code(1);
    if (level > 3)
        return code(1);
    if (level <= who.level)
        return code(2);
    if (target(p, who, frame, large) != FINE)
        return fault(target(p, who, frame, large));
    if (!p->accepted)
        return fault(UNACCEPTED);
    if (large && !p->large)
        return code(6);
    if ((may & p->may[who.level]) != may)
        return code(2);
    if (who.level == 0 && p->running && p->state != state)
        return code(3);
    for (unsigned i = 0; i < (large ? 512 : 1); i++) {
        p[i].may[level] = (uint8_t)may;
        if (who.level == 0)
            p[i].state = state;
    }
    return code(0);
}

struct model_answer model_rmpquery(struct model_who who, uint64_t page, uint64_t frame,
                                   unsigned level, unsigned *may, bool *state, bool *large)
{
    const struct model_page *p = at(page);

    if (level > 3)
        return code(1);
    if (level < who.level)
        return code(2);
    if (ownership(p, who.guest, frame) != FINE)
        return fault(ownership(p, who.guest, frame));
    if (!p->accepted)
        return fault(UNACCEPTED);
    *may = p->may[level];
    *state = p->state;
    *large = p->large;
    return code(0);
}

/* Write `wanted` to one page or to 512 that follow each other. */
static void fill(struct model_page *p, const struct model_page *wanted)
{
    const unsigned n = wanted->large ? 512 : 1;

    for (unsigned i = 0; i < n; i++) {
        p[i] = wanted->owned ? *wanted : hosts;
        p[i].locked = wanted->locked; /* only the secure processor locks pages of the host */
        if (wanted->owned)
            p[i].frame += i;
    }
}

static bool well_formed(const struct model_page *wanted)
{
    return !wanted->owned ||
           (wanted->frame < UINT64_C(1) << 40 && (!wanted->large || !(wanted->frame & 511)));
}

unsigned model_rmpupdate(uint64_t page, const struct model_page *wanted)
{
    struct model_page *p = at(page), new = *wanted;

    if (!p || !well_formed(wanted))
        return 1;
    if (wanted->large && (page & 511 || !block(page)))
        return 1;
    if (!wanted->owned && (wanted->guest || wanted->locked))
        return 1;
    if (p->locked)
        return 2;
    if (p->running)
        return 3;
    if (p->large && !wanted->large)
        return 4;
    for (unsigned i = 0; wanted->large && i < 512; i++)
        if ((p[i].owned || p[i].locked) && !p[i].large)
            return 4;
    /* What the guest did is kept if nothing but the lock changes. */
    new.accepted = new.state = new.running = false;
    new.may[0] = 31;
    new.may[1] = new.may[2] = new.may[3] = 0;
    if (p->owned && wanted->owned && p->guest == wanted->guest && p->frame == wanted->frame &&
        p->large == wanted->large) {
        new = *p;
        new.locked = wanted->locked;
    }
    fill(p, &new);
    return 0;
}

unsigned model_psmash(uint64_t page)
{
    struct model_page *p = at(page);

    if (!p || page & 511 || !p->large)
        return 1;
    if (p->locked)
        return 2;
    if (p->running)
        return 3;
    for (unsigned i = 0; i < 512; i++)
        p[i].large = false;
    return 0;
}

bool model_write(uint64_t page, const struct model_page *wanted)
{
    struct model_page *p = at(page), new = *wanted, *all = block(page);

    if (!p || !well_formed(wanted) ||
        (new.owned && (new.may[0] | new.may[1] | new.may[2] | new.may[3]) > 31))
        return false;
    if (new.large && (page & 511 || !all))
        return false;
    if (new.large && !p->large)
        for (unsigned i = 0; i < 512; i++)
            if (p[i].running)
                return false;
    if (!new.large && p->large) {
        if (p->running)
            return false;
        for (unsigned i = 0; i < 512; i++)
            all[i].large = false;
    }
    new.running = p->running;
    fill(p, &new);
    return true;
}

void model_run(uint64_t page, bool running)
{
    struct model_page *p = at(page);

    if (!p || !p->owned)
        return;
    if (!p->large)
        p->running = running;
    else
        for (unsigned i = 0; i < 512; i++)
            block(page)[i].running = running;
}
