/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CPUID page. See hv_cpuid_page.h.
 */
#include "hv_cpuid_page.h"

#include <stdio.h>
#include <string.h>

#include "hv_snp_priv.h"
#include "protocol/cpuid_page.h"

struct list {
    const struct hv *hv;
    struct cpuid_page page;
    bool full;
};

static void get(const struct list *list, uint32_t function, uint32_t subfunction, uint32_t regs[4])
{
    static const uint64_t initial_xcr0 = 1;

    list->hv->ops.cpuid(list->hv->machine, 0, function, subfunction, initial_xcr0, regs);
}

/* Functions Dh have EBX for the initial XCR0: guests compute the size of an area themselves. */
static void add(struct list *list, uint32_t function, uint32_t subfunction, const uint32_t regs[4])
{
    static const uint32_t xsave = 0xd, initial_size = 0x240;
    struct cpuid_row *row = &list->page.rows[list->page.count];

    if (list->page.count == CPUID_PAGE_ROWS) {
        list->full = true;
        return;
    }
    list->page.count++;
    *row = (struct cpuid_row){.leaf = function, .subleaf = subfunction};
    memcpy(row->result, regs, sizeof(row->result));
    if (function == xsave && subfunction <= 1) {
        row->xcr0 = 1;
        row->result[CPUID_EBX] = initial_size;
    }
}

/* A function without subfunctions; one that is all zero is left out. */
static void add_single(struct list *list, uint32_t function)
{
    uint32_t regs[4];

    get(list, function, 0, regs);
    if (regs[0] || regs[1] || regs[2] || regs[3])
        add(list, function, 0, regs);
}

/* The last subfunction of each kind, which is in the list too. */
static bool no_cache(const uint32_t regs[4])
{
    return regs[0] == 0;
}

static bool no_cache_amd(const uint32_t regs[4])
{
    return (regs[0] & 31) == 0;
}

static bool no_level(const uint32_t regs[4])
{
    return (regs[2] & 0xff00) == 0;
}

static void add_until(struct list *list, uint32_t function, bool (*last)(const uint32_t regs[4]))
{
    uint32_t regs[4], subfunction = 0;

    do {
        get(list, function, subfunction, regs);
        add(list, function, subfunction++, regs);
    } while (!list->full && !last(regs));
}

static void add_xsave(struct list *list, uint32_t function)
{
    uint32_t regs[4];

    for (uint32_t subfunction = 0; subfunction < 64; subfunction++) {
        get(list, function, subfunction, regs);
        if (subfunction < 2 || regs[0])
            add(list, function, subfunction, regs);
    }
}

/* EAX of subfunction 0 is the number of the last one. */
static void add_features(struct list *list, uint32_t function)
{
    uint32_t regs[4], last;

    get(list, function, 0, regs);
    last = regs[0];
    add(list, function, 0, regs);
    for (uint32_t subfunction = 1; subfunction <= last && !list->full; subfunction++) {
        get(list, function, subfunction, regs);
        add(list, function, subfunction, regs);
    }
}

static void add_function(struct list *list, uint32_t function)
{
    switch (function) {
    case 0x4:
        add_until(list, function, no_cache);
        break;
    case 0x7:
        add_features(list, function);
        break;
    case 0xb:
    case 0x1f:
        add_until(list, function, no_level);
        break;
    case 0xd:
        add_xsave(list, function);
        break;
    case 0x8000001d:
        add_until(list, function, no_cache_amd);
        break;
    default:
        add_single(list, function);
    }
}

static void add_all(struct list *list, uint32_t first)
{
    uint32_t regs[4];

    get(list, first, 0, regs);
    for (uint32_t function = first; function <= regs[0] && !list->full; function++)
        add_function(list, function);
}

/* Host policy cpuid_page: a function that no CPU has, or features that this one does not have. */
static void spoil(struct list *list)
{
    static const uint32_t unknown = 0x8fffffff, ones[4] = {1, 1, 1, 1};
    const uint64_t policy = list->hv->snp->policies.values[HV_POLICY_CPUID_PAGE];

    if (policy == HV_CPUID_PAGE_EXTRA)
        add(list, unknown, 0, ones);
    for (unsigned i = 0; policy == HV_CPUID_PAGE_WRONG && i < list->page.count; i++)
        if (list->page.rows[i].leaf == 1)
            list->page.rows[i].result[CPUID_ECX] = UINT32_MAX;
}

bool hv_cpuid_page_build(const struct hv *hv, uint8_t page[HV_PAGE_SIZE])
{
    struct list list = {.hv = hv};

    add_all(&list, 0);
    add_all(&list, 0x80000000);
    spoil(&list);
    cpuid_page_write(&list.page, page);
    return !list.full;
}

bool hv_cpuid_page_mismatch(const uint8_t *sent, const uint8_t *expected, unsigned *row, char *line,
                            size_t size)
{
    struct cpuid_page ours, theirs;
    const struct cpuid_row *a, *b;

    if (cpuid_page_read(&ours, sent) || cpuid_page_read(&theirs, expected))
        return false;
    while (*row < ours.count && *row < theirs.count &&
           memcmp(&ours.rows[*row], &theirs.rows[*row], sizeof(ours.rows[0])) == 0)
        ++*row;
    if (*row >= ours.count || *row >= theirs.count)
        return false;
    a = &ours.rows[*row];
    b = &theirs.rows[*row];
    snprintf(
        line, size,
        "CPUID page: function %#x, subfunction %#x: the hypervisor has %08x %08x %08x %08x, the "
        "secure processor expects %08x %08x %08x %08x",
        a->leaf, a->subleaf, a->result[0], a->result[1], a->result[2], a->result[3], b->result[0],
        b->result[1], b->result[2], b->result[3]);
    return true;
}
