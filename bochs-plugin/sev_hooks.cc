/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fill the hook table that patched Bochs calls (cpu-ext/hooks.h): each hook passes the access on to
 * encrypted memory and to the observers.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_hook_table.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"

#include "cbit.h"
#include "psp.h"
#include "observe/sev_observe.h"

/* For the map and the debugger; otherwise not called. */
static void glue_observe(struct sev_machine *m, unsigned cpu, uint64_t paddr, enum sev_access view,
                         enum sev_why why, bool write)
{
    bool changed = bx_sev_timeline_access(bx_sev_machine_timeline(m), paddr, view);

#if BX_DEBUGGER
    if (bx_sev_machine_breaks(m))
        bx_sev_breaks_access(bx_sev_machine_breaks(m), cpu, paddr, view, why, write, changed);
#else
    (void)(changed || cpu || why || write);
#endif
}

static void glue_access(void *ctx, unsigned cpu, uint64_t paddr, enum sev_access view,
                        enum sev_why why, bool write, void *holder)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    cbit_count(bx_sev_machine_cbit(m), view, why);
    if (bx_sev_machine_memory(m))
        bx_sev_memory_access(bx_sev_machine_memory(m), cpu, paddr, view, why, write, holder);
    if (bx_sev_machine_timeline(m))
        glue_observe(m, cpu, paddr, view, why, write);
    if (bx_sev_machine_sanitizer(m))
        bx_sev_sanitizer_access(bx_sev_machine_sanitizer(m), cpu, paddr, view, why, write);
}

/* Where only the page views look. */
static void glue_access_memory(void *ctx, unsigned cpu, uint64_t paddr, enum sev_access view,
                               enum sev_why why, bool write, void *holder)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    cbit_count(bx_sev_machine_cbit(m), view, why);
    bx_sev_memory_access(bx_sev_machine_memory(m), cpu, paddr, view, why, write, holder);
}

static bool glue_watched(void *ctx, uint64_t paddr)
{
    return bx_sev_sanitizer_watched(bx_sev_machine_sanitizer((struct sev_machine *)ctx), paddr);
}

static void glue_touch(void *ctx, unsigned cpu, uint64_t paddr, unsigned len, const void *data)
{
    bx_sev_sanitizer_touch(bx_sev_machine_sanitizer((struct sev_machine *)ctx), cpu, paddr, len,
                           data);
}

static void glue_decode(void *ctx, unsigned cpu, uint64_t paddr, unsigned len)
{
    bx_sev_sanitizer_decode(bx_sev_machine_sanitizer((struct sev_machine *)ctx), cpu, paddr, len);
}

static bool glue_peek(void *ctx, uint64_t paddr, enum sev_access view, void *buf, unsigned len)
{
    return bx_sev_memory_peek(bx_sev_machine_memory((struct sev_machine *)ctx), paddr, view, buf,
                              len);
}

static void glue_wbinvd(void *ctx, unsigned cpu)
{
    psp_wbinvd(bx_sev_machine_psp((struct sev_machine *)ctx), cpu);
}

void bx_sev_hooks_attach(struct sev_machine *m)
{
    struct sev_hooks table = {};

    table.ctx = m;
    table.access = glue_access;
    table.wbinvd = glue_wbinvd;
    if (bx_sev_machine_memory(m))
        table.peek = glue_peek;
    if (bx_sev_machine_memory(m) && !bx_sev_machine_timeline(m) && !bx_sev_machine_sanitizer(m)) {
        table.access = glue_access_memory;
        table.settled = bx_sev_memory_settled(bx_sev_machine_memory(m));
    }
    if (bx_sev_machine_sanitizer(m)) {
        table.watched = glue_watched;
        table.touch = glue_touch;
        table.decode = glue_decode;
    }
    cbit_init(bx_sev_machine_cbit(m), (unsigned)bx_sev_machine_opt(m)->cbitpos);
    if (cbit_attach(bx_sev_machine_cbit(m), &sev_hooks, &table))
        BX_FATAL(("this Bochs was patched for hook version %u, the plugin needs %u: rebuild both",
                  sev_hooks.version, SEV_HOOKS_VERSION));
}

void bx_sev_hooks_detach(void)
{
    cbit_detach(&sev_hooks);
}
