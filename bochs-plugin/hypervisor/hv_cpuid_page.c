/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CPUID page. See hv_cpuid_page.h.
 */
#include "hv_cpuid_page.h"

#include <stdio.h>
#include <string.h>

#include "hv_snp_priv.h"
#include "protocol/buf.h"

/* Linux arch/x86/include/asm/cpuid.h struct snp_cpuid_table: count u32, 12 zero bytes, then rows:
 * EAX and ECX in, XCR0 and XSS in (u64), EAX, EBX, ECX, EDX, 8 zero bytes. */
#define ROWS_MAX 64u
#define HEADER   16u
#define ROW_SIZE 48u

struct list {
    const struct hv *hv;
    struct buf b;
    unsigned n;
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
    const bool sizes = function == xsave && subfunction <= 1;

    if (list->n == ROWS_MAX) {
        list->full = true;
        return;
    }
    buf_put32(&list->b, function);
    buf_put32(&list->b, subfunction);
    buf_put64(&list->b, sizes);
    buf_put64(&list->b, 0);
    buf_put32(&list->b, regs[0]);
    buf_put32(&list->b, sizes ? initial_size : regs[1]);
    buf_put32(&list->b, regs[2]);
    buf_put32(&list->b, regs[3]);
    buf_put64(&list->b, 0);
    list->n++;
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

/* Host policy cpuid_page: a function that no CPU has, or a feature that this one does not have. */
static void spoil(struct list *list, uint8_t *page)
{
    static const uint32_t unknown = 0x8fffffff, ones[4] = {1, 1, 1, 1};
    const uint64_t policy = list->hv->snp->policies.values[HV_POLICY_CPUID_PAGE];

    if (policy == HV_CPUID_PAGE_EXTRA)
        add(list, unknown, 0, ones);
    for (unsigned i = 0; policy == HV_CPUID_PAGE_WRONG && i < list->n; i++) {
        uint8_t *row = page + HEADER + (size_t)i * ROW_SIZE;

        if (row[0] == 1 && !row[1] && !row[2] && !row[3])
            memset(row + 32, 0xff, 4); /* ECX of function 1: all features */
    }
}

bool hv_cpuid_page_build(const struct hv *hv, uint8_t page[HV_PAGE_SIZE])
{
    struct list list = {.hv = hv};
    struct buf count = buf_writer(page, 4);

    memset(page, 0, HV_PAGE_SIZE);
    list.b = buf_writer(page + HEADER, ROWS_MAX * ROW_SIZE);
    add_all(&list, 0);
    add_all(&list, 0x80000000);
    spoil(&list, page);
    buf_put32(&count, list.n);
    return !list.full;
}

struct row {
    uint32_t function, subfunction, regs[4];
};

static struct row read_row(const uint8_t *page, unsigned row)
{
    struct buf b = buf_reader(page + HEADER + (size_t)row * ROW_SIZE, ROW_SIZE);
    struct row got;

    got.function = buf_get32(&b);
    got.subfunction = buf_get32(&b);
    buf_skip(&b, 16);
    for (unsigned i = 0; i < 4; i++)
        got.regs[i] = buf_get32(&b);
    return got;
}

bool hv_cpuid_page_mismatch(const uint8_t *sent, const uint8_t *expected, unsigned *row, char *line,
                            size_t size)
{
    struct row ours, theirs;

    while (*row < ROWS_MAX && memcmp(sent + HEADER + (size_t)*row * ROW_SIZE,
                                     expected + HEADER + (size_t)*row * ROW_SIZE, ROW_SIZE) == 0)
        ++*row;
    if (*row == ROWS_MAX)
        return false;
    ours = read_row(sent, *row);
    theirs = read_row(expected, *row);
    snprintf(
        line, size,
        "CPUID page: function %#x, subfunction %#x: the hypervisor has %08x %08x %08x %08x, the "
        "secure processor expects %08x %08x %08x %08x",
        ours.function, ours.subfunction, ours.regs[0], ours.regs[1], ours.regs[2], ours.regs[3],
        theirs.regs[0], theirs.regs[1], theirs.regs[2], theirs.regs[3]);
    return true;
}
