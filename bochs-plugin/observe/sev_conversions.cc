/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The conversions of pages for Bochs's debugger: which access, or which command of the secure
 * processor, changed the state of a page. See conversions.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"

#include "conversions.h"
#include "psp.h"
#include "sev_observe.h"

struct sev_conversions {
    struct sev_machine *machine;
    struct conversions *pages;
    uint32_t n;
    bool ready; /* the states of all pages are known */
};

static const unsigned page_size = TIMELINE_PAGE_SIZE;

struct sev_conversions *bx_sev_conversions_new(struct sev_machine *machine)
{
    struct sev_conversions *c;

    if (!bx_sev_machine_memory(machine))
        return NULL;
    c = new struct sev_conversions();
    c->machine = machine;
    c->n = (uint32_t)(BX_MEM(0)->get_memory_len() / page_size);
    c->pages = conversions_new(c->n);
    if (!c->pages)
        BX_FATAL(("sev: out of memory"));
    return c;
}

void bx_sev_conversions_free(struct sev_conversions *c)
{
    if (!c)
        return;
    conversions_free(c->pages);
    delete c;
}

/* Read the states of all pages. Before the first access this is not yet possible: memory gets its key
 * at power-on. */
static bool get_ready(struct sev_conversions *c)
{
    uint32_t asid;

    if (c->ready)
        return true;
    for (uint32_t page = 0; page < c->n; page++)
        if (bx_sev_memory_state(bx_sev_machine_memory(c->machine), (uint64_t)page * page_size,
                                &asid))
            conversions_set(c->pages, page, asid != 0);
    c->ready = true;
    return false;
}

static void update(struct sev_conversions *c, uint32_t page, const struct conversion *reason)
{
    uint32_t asid;

    if (bx_sev_memory_state(bx_sev_machine_memory(c->machine), (uint64_t)page * page_size, &asid))
        (void)conversions_update(c->pages, page, asid != 0, reason);
}

void bx_sev_conversions_access(struct sev_conversions *c, unsigned cpu, uint64_t paddr,
                               enum sev_access access, enum sev_why why, bool write)
{
    struct conversion reason = {};
    BX_CPU_C *by = BX_CPU(cpu == SEV_HOOKS_NO_CPU ? 0 : cpu);

    if (!get_ready(c) || paddr / page_size >= c->n)
        return;
    reason.us = bx_pc_system.time_usec();
    reason.rip = by->get_laddr(BX_SEG_REG_CS, by->prev_rip);
    reason.cpu = cpu;
    reason.write = write;
    reason.access = access;
    reason.why = why;
    update(c, (uint32_t)(paddr / page_size), &reason);
}

void bx_sev_conversions_psp(struct sev_conversions *c, uint16_t command)
{
    struct conversion reason = {};

    if (!get_ready(c))
        return;
    reason.us = bx_pc_system.time_usec();
    reason.by_command = true;
    reason.command = command;
    for (uint32_t page = 0; page < c->n; page++)
        update(c, page, &reason);
}

void bx_sev_conversions_print(struct sev_conversions *c, uint64_t paddr,
                              void (*print)(const char *line))
{
    const uint32_t page = (uint32_t)(paddr / page_size);
    const struct conversion *conversion;
    const struct symbols *symbols = bx_sev_machine_symbols(c->machine);
    char text[CONVERSIONS_TEXT], line[CONVERSIONS_TEXT + 80], name[SYMBOLS_TEXT];
    uint32_t asid;

    (void)get_ready(c);
    if (paddr / page_size >= c->n ||
        !bx_sev_memory_state(bx_sev_machine_memory(c->machine), paddr, &asid)) {
        snprintf(line, sizeof(line), "sev: page %#llx is not RAM that is kept encrypted",
                 (unsigned long long)page * page_size);
        print(line);
        return;
    }
    snprintf(line, sizeof(line), "page %#llx %s, conversions: %llu",
             (unsigned long long)page * page_size,
             asid ? "is kept decrypted" : "holds raw memory contents",
             (unsigned long long)conversions_count(c->pages, page));
    print(line);
    for (unsigned n = 0; (conversion = conversions_get(c->pages, page, n)); n++) {
        conversions_text(conversion, psp_command_name(conversion->command),
                         symbols_text(symbols, conversion->rip, name), text);
        snprintf(line, sizeof(line), "  %s", text);
        print(line);
    }
}
