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

#include "observe/sev_observe.h"

/* For the map and the debugger; otherwise not called. */
static void glue_observe(struct sev_machine *m, unsigned cpu, uint64_t paddr, enum sev_access view,
                         enum sev_why why, bool write)
{
    bool changed = bx_sev_timeline_access(m->map, paddr, view);

#if BX_DEBUGGER
    if (m->breaks)
        bx_sev_breaks_access(m->breaks, cpu, paddr, view, why, write, changed);
#else
    (void)(changed || cpu || why || write);
#endif
}

static void glue_access(void *ctx, unsigned cpu, uint64_t paddr, enum sev_access view,
                        enum sev_why why, bool write, void *holder)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    cbit_count(&m->cbit, view, why);
    if (m->memory)
        bx_sev_memory_access(m->memory, cpu, paddr, view, why, write, holder);
    if (m->map)
        glue_observe(m, cpu, paddr, view, why, write);
    if (m->sanitizer)
        bx_sev_sanitizer_access(m->sanitizer, cpu, paddr, view, why, write);
}

/* Where only the page views look. */
static void glue_access_memory(void *ctx, unsigned cpu, uint64_t paddr, enum sev_access view,
                               enum sev_why why, bool write, void *holder)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    cbit_count(&m->cbit, view, why);
    bx_sev_memory_access(m->memory, cpu, paddr, view, why, write, holder);
}

static bool glue_watched(void *ctx, uint64_t paddr)
{
    return bx_sev_sanitizer_watched(((struct sev_machine *)ctx)->sanitizer, paddr);
}

static void glue_touch(void *ctx, unsigned cpu, uint64_t paddr, unsigned len, const void *data)
{
    bx_sev_sanitizer_touch(((struct sev_machine *)ctx)->sanitizer, cpu, paddr, len, data);
}

static void glue_decode(void *ctx, unsigned cpu, uint64_t paddr, unsigned len)
{
    bx_sev_sanitizer_decode(((struct sev_machine *)ctx)->sanitizer, cpu, paddr, len);
}

static bool glue_peek(void *ctx, uint64_t paddr, enum sev_access view, void *buf, unsigned len)
{
    return bx_sev_memory_peek(((struct sev_machine *)ctx)->memory, paddr, view, buf, len);
}

static void glue_wbinvd(void *ctx, unsigned cpu)
{
    psp_wbinvd(((struct sev_machine *)ctx)->psp, cpu);
}

void bx_sev_hooks_attach(struct sev_machine *m)
{
    struct sev_hooks table = {};

    table.ctx = m;
    table.access = glue_access;
    table.wbinvd = glue_wbinvd;
    if (m->memory)
        table.peek = glue_peek;
    if (m->memory && !m->map && !m->sanitizer) {
        table.access = glue_access_memory;
        table.settled = bx_sev_memory_settled(m->memory);
    }
    if (m->sanitizer) {
        table.watched = glue_watched;
        table.touch = glue_touch;
        table.decode = glue_decode;
    }
    cbit_init(&m->cbit, (unsigned)m->opt->cbitpos);
    if (cbit_attach(&m->cbit, &sev_hooks, &table))
        BX_FATAL(("this Bochs was patched for hook version %u, the plugin needs %u: rebuild both",
                  sev_hooks.version, SEV_HOOKS_VERSION));
}

void bx_sev_hooks_detach(void)
{
    cbit_detach(&sev_hooks);
}
