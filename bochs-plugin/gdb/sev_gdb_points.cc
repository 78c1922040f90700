/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Breakpoints and watchpoints for gdb, without a cost where instructions are executed: see "a
 * debugger outside of Bochs" and "for a sanitizer" in cpu-ext/hooks.h.
 *
 * A breakpoint is a linear address in any address space, mapped or not. So Bochs calls hit() for all
 * instructions with its offset in a page, and their linear addresses are compared.
 *
 * A watchpoint is the physical memory that its linear address has when it is set; gdb sets its
 * watchpoints anew each time the machine runs. All aliases of the memory are watched, with C=1 and
 * C=0, and devices are.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "sev_memory_map.h"

#include <errno.h>
#include <string.h>

#include <algorithm>
#include <vector>

#include "observe/sev_observe.h"
#include "sev_gdb_priv.h"

static const uint64_t page_size = MEMMAP_PAGE_SIZE;
static const uint64_t watch_max = MEMMAP_PAGE_SIZE; /* bytes */
static const size_t points_max = 4096;

struct breakpoint {
    uint64_t linear;
    enum gdb_point point;
};

/* The part of a watchpoint that is in one page. */
struct watched {
    enum gdb_point point;
    uint64_t linear, len; /* of the whole watchpoint */
    uint64_t paddr, end;
};

struct gdb_points {
    const struct gdb_memory *memory;
    gdb_touched *touched;
    void *ctx;
    std::vector<breakpoint> breakpoints;
    std::vector<watched> watches;
    uint8_t offsets[MEMMAP_PAGE_SIZE / 8], everywhere[MEMMAP_PAGE_SIZE / 8];
    bool new_offsets;
    /* What the hook table had before the first watchpoint. */
    bool hooked;
    bool (*next_watched)(void *ctx, uint64_t spa);
    void (*next_touch)(void *ctx, unsigned cpu, uint64_t spa, unsigned len, enum sev_why why,
                       const void *data);
};

static struct gdb_points *the_points; /* the hooks have the context of the sanitizer */

struct gdb_points *bx_sev_gdb_points_new(const struct gdb_memory *memory, gdb_touched *touched,
                                         void *ctx)
{
    struct gdb_points *points = new struct gdb_points();

    points->memory = memory;
    points->touched = touched;
    points->ctx = ctx;
    memset(points->everywhere, 0xff, sizeof(points->everywhere));
    the_points = points;
    return points;
}

void bx_sev_gdb_points_free(struct gdb_points *points)
{
    if (!points)
        return;
    bx_sev_gdb_points_clear(points);
    the_points = NULL;
    delete points;
}

/* --- watchpoints --- */

static bool hook_watched(void *ctx, uint64_t spa)
{
    const uint64_t page = spa / page_size;

    for (const watched &w : the_points->watches)
        if (w.paddr / page_size == page)
            return true;
    return the_points->next_watched && the_points->next_watched(ctx, spa);
}

/* A page walk reads an entry for every access below it; that is no read by the program. */
static void hook_touch(void *ctx, unsigned cpu, uint64_t spa, unsigned len, enum sev_why why,
                       const void *data)
{
    if (the_points->next_touch)
        the_points->next_touch(ctx, cpu, spa, len, why, data);
    if (why == SEV_WHY_WALK)
        return;
    for (const watched &w : the_points->watches) {
        if (spa + len <= w.paddr || spa >= w.end || (w.point == GDB_WATCH_WRITE && !data) ||
            (w.point == GDB_WATCH_READ && data))
            continue;
        the_points->touched(the_points->ctx, cpu, w.point,
                            w.linear + (w.paddr > spa ? 0 : spa - w.paddr));
        return;
    }
}

/* Enter or leave the hook table. */
static void hook(struct gdb_points *points, bool wanted)
{
    if (wanted == points->hooked)
        return;
    points->hooked = wanted;
    if (wanted) {
        points->next_watched = sev_hooks.watched;
        points->next_touch = sev_hooks.touch;
    }
    sev_hooks.watched = wanted ? hook_watched : points->next_watched;
    sev_hooks.touch = wanted ? hook_touch : points->next_touch;
}

static int watch(struct gdb_points *points, unsigned cpu, enum gdb_point point, uint64_t linear,
                 uint64_t len)
{
    std::vector<watched> parts;

    if (!len || len > watch_max || len - 1 > ~linear)
        return -EINVAL;
    for (uint64_t at = linear; at < linear + len;) {
        const uint64_t n = std::min(linear + len - at, page_size - at % page_size);
        uint64_t paddr;
        bool is_private;

        if (!bx_sev_gdb_translate(points->memory, cpu, at, &paddr, &is_private))
            return -EFAULT;
        parts.push_back({point, linear, len, paddr, paddr + n});
        at += n;
    }
    points->watches.insert(points->watches.end(), parts.begin(), parts.end());
    hook(points, true);
    for (const watched &w : parts)
        bx_sev_drop_translations(w.paddr / page_size, w.paddr / page_size);
    return 0;
}

/* --- both --- */

static void forget(struct gdb_points *points, enum gdb_point point, uint64_t linear, uint64_t len)
{
    if (point <= GDB_HARDWARE_BREAK) {
        auto &all = points->breakpoints;

        all.erase(std::remove_if(
                      all.begin(), all.end(),
                      [&](const breakpoint &b) { return b.linear == linear && b.point == point; }),
                  all.end());
        return;
    }
    auto &all = points->watches;

    all.erase(std::remove_if(all.begin(), all.end(),
                             [&](const watched &w) {
                                 return w.linear == linear && w.len == len && w.point == point;
                             }),
              all.end());
}

int bx_sev_gdb_points_set(struct gdb_points *points, unsigned cpu, enum gdb_point point,
                          uint64_t linear, uint64_t len)
{
    forget(points, point, linear, len);
    if (points->breakpoints.size() + points->watches.size() >= points_max)
        return -ENOSPC;
    if (point > GDB_HARDWARE_BREAK)
        return watch(points, cpu, point, linear, len);
    const unsigned offset = (unsigned)(linear % page_size);

    points->breakpoints.push_back({linear, point});
    if (!(points->offsets[offset / 8] >> offset % 8 & 1)) {
        points->offsets[offset / 8] |= (uint8_t)(1 << offset % 8);
        points->new_offsets = true;
    }
    return 0;
}

int bx_sev_gdb_points_remove(struct gdb_points *points, enum gdb_point point, uint64_t linear,
                             uint64_t len)
{
    forget(points, point, linear, len);
    hook(points, !points->watches.empty());
    return 0;
}

void bx_sev_gdb_points_clear(struct gdb_points *points)
{
    points->breakpoints.clear();
    points->watches.clear();
    hook(points, false);
    memset(points->offsets, 0, sizeof(points->offsets));
    points->new_offsets = false;
    if (sev_debugger.offsets) {
        sev_debugger.offsets = NULL;
        flushICaches();
    }
}

bool bx_sev_gdb_points_hit(const struct gdb_points *points, uint64_t linear, enum gdb_point *point)
{
    for (const breakpoint &b : points->breakpoints)
        if (b.linear == linear) {
            *point = b.point;
            return true;
        }
    return false;
}

/* gdb removes its breakpoints at each stop. The offsets of those remain, so that the decoded
 * instructions need not be dropped each time. */
void bx_sev_gdb_points_apply(struct gdb_points *points, bool everywhere)
{
    const uint8_t *offsets = everywhere ? points->everywhere
                             : points->breakpoints.empty() && !sev_debugger.offsets
                                 ? NULL
                                 : points->offsets;

    if (offsets == sev_debugger.offsets && !points->new_offsets)
        return;
    sev_debugger.offsets = offsets;
    points->new_offsets = false;
    flushICaches();
}
