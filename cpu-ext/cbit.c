/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C-bit: position rules and the dispatch of accesses. See cbit.h.
 */
#include "cbit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *cbit_check(unsigned pos, uint64_t ram_end, char *reason, size_t cap)
{
    if (pos < CBIT_POS_MIN) {
        snprintf(reason, cap, "guests look for the C-bit in the upper half of a page table entry");
        return reason;
    }
    if (pos > CBIT_POS_MAX) {
        snprintf(reason, cap, "an address in a page table entry ends at bit %u", CBIT_POS_MAX);
        return reason;
    }
    if (ram_end > UINT64_C(1) << pos) {
        snprintf(reason, cap, "bit %u is part of the address of guest RAM, which ends at 0x%llx",
                 pos, (unsigned long long)ram_end);
        return reason;
    }
    return NULL;
}

void cbit_init(struct cbit *cbit, unsigned pos)
{
    memset(cbit, 0, sizeof(*cbit));
    cbit->pos = pos;
}

/* The hooks: count, then hand on. */

static void hook_want(void *ctx, unsigned cpu, uint64_t paddr, enum sev_view view, enum sev_why why,
                      bool write, void *holder)
{
    struct cbit *cbit = ctx;

    cbit->wants[view][why]++;
    if (cbit->sink.want)
        cbit->sink.want(cbit->sink.ctx, cpu, paddr, view, why, write, holder);
}

static bool hook_peek(void *ctx, uint64_t paddr, enum sev_view view, void *buf, unsigned len)
{
    struct cbit *cbit = ctx;

    return cbit->sink.peek && cbit->sink.peek(cbit->sink.ctx, paddr, view, buf, len);
}

static void hook_wbinvd(void *ctx, unsigned cpu)
{
    struct cbit *cbit = ctx;

    cbit->wbinvds++;
    if (cbit->sink.wbinvd)
        cbit->sink.wbinvd(cbit->sink.ctx, cpu);
}

static bool hook_watched(void *ctx, uint64_t paddr)
{
    const struct cbit *cbit = ctx;

    return cbit->sink.watched(cbit->sink.ctx, paddr);
}

static void hook_touch(void *ctx, unsigned cpu, uint64_t paddr, unsigned len, const void *data)
{
    const struct cbit *cbit = ctx;

    cbit->sink.touch(cbit->sink.ctx, cpu, paddr, len, data);
}

static void hook_decode(void *ctx, unsigned cpu, uint64_t paddr, unsigned len)
{
    const struct cbit *cbit = ctx;

    cbit->sink.decode(cbit->sink.ctx, cpu, paddr, len);
}

int cbit_attach(struct cbit *cbit, struct sev_hooks *hooks)
{
    if (hooks->version != SEV_HOOKS_VERSION || hooks->size != sizeof(*hooks))
        return -EPROTO;
    hooks->ctx = cbit;
    hooks->want = hook_want;
    hooks->peek = hook_peek;
    hooks->wbinvd = hook_wbinvd;
    /* Where nobody watches, Bochs shall not even call. */
    hooks->watched = cbit->sink.watched ? hook_watched : NULL;
    hooks->touch = cbit->sink.touch ? hook_touch : NULL;
    hooks->decode = cbit->sink.decode ? hook_decode : NULL;
    hooks->settled = cbit->sink.settled;
    hooks->settled.walks = &cbit->wants[SEV_VIEW_PRIVATE][SEV_WHY_WALK];
    hooks->cbit_mask = UINT64_C(1) << cbit->pos;
    return 0;
}

void cbit_detach(struct sev_hooks *hooks)
{
    hooks->cbit_mask = 0;
    hooks->want = NULL;
    hooks->settled = (struct sev_settled){0};
    hooks->peek = NULL;
    hooks->wbinvd = NULL;
    hooks->watched = NULL;
    hooks->touch = NULL;
    hooks->decode = NULL;
    hooks->ctx = NULL;
}

void cbit_reset(struct cbit *cbit)
{
    memset(cbit->wants, 0, sizeof(cbit->wants));
    cbit->wbinvds = 0;
}

const char *cbit_view_name(enum sev_view view)
{
    return view == SEV_VIEW_PRIVATE ? "private" : "shared";
}

const char *cbit_why_name(enum sev_why why)
{
    static const char *const names[SEV_WHY_COUNT] = {
        [SEV_WHY_DATA] = "data",
        [SEV_WHY_FETCH] = "fetch",
        [SEV_WHY_WALK] = "walk",
        [SEV_WHY_DEVICE] = "device",
    };

    return (unsigned)why < SEV_WHY_COUNT ? names[why] : "?";
}
