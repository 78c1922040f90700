/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Page walks for observers. See walk.h.
 */
#include "walk.h"

#include <stdio.h>

#define ENTRY_P   0x001u
#define ENTRY_W   0x002u
#define ENTRY_U   0x004u
#define ENTRY_A   0x020u
#define ENTRY_D   0x040u
#define ENTRY_PS  0x080u /* PAT at level 1 */
#define ENTRY_G   0x100u
#define ENTRY_NX  (UINT64_C(1) << 63)
#define ADDRESS   UINT64_C(0x000ffffffffff000)
#define PAGE_SIZE 4096u

#define LEGACY_LEVELS     2u
#define LEGACY_ADDRESS    UINT64_C(0xfffff000)
#define LEGACY_LARGE_LOW  UINT64_C(0xffc00000)
#define LEGACY_LARGE_HIGH UINT64_C(0x001fe000) /* PSE-36: address bits 39:32 */
#define PAE_LEVELS        3u
#define PAE_ROOT          UINT64_C(0xffffffe0)
#define PAE_ROOT_ENTRIES  4u

#define TABLES_MAX 8192u

static bool is_legacy(const struct walk_mode *mode)
{
    return mode->levels == LEGACY_LEVELS;
}

static unsigned entry_bytes(const struct walk_mode *mode)
{
    return is_legacy(mode) ? 4 : WALK_ENTRY_SIZE;
}

static unsigned entries_of(const struct walk_mode *mode, unsigned level)
{
    if (mode->levels == PAE_LEVELS && level == PAE_LEVELS)
        return PAE_ROOT_ENTRIES;
    return PAGE_SIZE / entry_bytes(mode);
}

/* The bits of a linear address below those that choose an entry at `level`. */
static unsigned shift_of(const struct walk_mode *mode, unsigned level)
{
    return 12 + (is_legacy(mode) ? 10 : 9) * (level - 1);
}

static uint64_t root_of(const struct walk_mode *mode)
{
    if (is_legacy(mode))
        return mode->cr3 & LEGACY_ADDRESS;
    return mode->cr3 & (mode->levels == PAE_LEVELS ? PAE_ROOT : ADDRESS) & ~mode->cbit_mask;
}

static uint64_t little_endian(const uint8_t *bytes, unsigned len)
{
    uint64_t value = 0;

    while (len--)
        value = value << 8 | bytes[len];
    return value;
}

/* --- entries --- */

/* PML5E, PML4E and the first level of PAE never map a page. */
static bool is_leaf(const struct walk_mode *mode, unsigned level, uint64_t value)
{
    if (level == 1)
        return true;
    if (!(value & ENTRY_PS))
        return false;
    return level == 2 ? !is_legacy(mode) || mode->pse : level == 3 && mode->levels > PAE_LEVELS;
}

/* The address of the next table, or of the page if the entry is a leaf. */
static uint64_t target_of(const struct walk_mode *mode, unsigned level, uint64_t value)
{
    if (is_legacy(mode) && level == 1)
        return value & LEGACY_ADDRESS;
    if (is_legacy(mode) && is_leaf(mode, level, value))
        return (value & LEGACY_LARGE_LOW) | (value & LEGACY_LARGE_HIGH) << 19;
    if (is_legacy(mode))
        return value & LEGACY_ADDRESS;
    return walk_entry_target(mode->cbit_mask, value,
                             is_leaf(mode, level, value) ? walk_entry_size(level) : PAGE_SIZE);
}

bool walk_entry_private(const struct walk_mode *mode, uint64_t value)
{
    return is_legacy(mode) || (value & mode->cbit_mask);
}

bool walk_cbit_changed(uint64_t cbit_mask, uint64_t before, uint64_t after)
{
    return (before & after & ENTRY_P) && ((before ^ after) & cbit_mask) &&
           !((before ^ after) & ADDRESS & ~cbit_mask);
}

uint64_t walk_entry_target(uint64_t cbit_mask, uint64_t value, uint64_t size)
{
    return value & ADDRESS & ~cbit_mask & ~(size - 1);
}

bool walk_entry_large(uint64_t value)
{
    return value & ENTRY_PS;
}

uint64_t walk_entry_size(unsigned level)
{
    return UINT64_C(1) << (12 + 9 * (level - 1));
}

const char *walk_level_name(unsigned level)
{
    static const char *const names[] = {"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};

    return names[level];
}

const char *walk_flags(const struct walk_mode *mode, uint64_t value, char text[WALK_FLAGS_TEXT])
{
    snprintf(text, WALK_FLAGS_TEXT, "%c%c%c%c%c%s%s", /* clang-format off */
             value & ENTRY_P ? 'P' : '-',
             value & ENTRY_W ? 'W' : '-',
             value & ENTRY_U ? 'U' : '-',
             value & ENTRY_A ? 'A' : '-',
             value & ENTRY_D ? 'D' : '-',
             value & ENTRY_G && !is_legacy(mode) ? " G" : "",
             value & ENTRY_NX ? " NX" : ""); /* clang-format on */
    return text;
}

/* --- one address --- */

struct walk_result walk_linear(const struct walk_mode *mode, const struct walk_memory *memory,
                               uint64_t linear)
{
    struct walk_result result = {.present = !mode->levels, .is_private = true, .paddr = linear};
    uint64_t table = root_of(mode);

    if (mode->levels == LEGACY_LEVELS || mode->levels == PAE_LEVELS)
        linear &= UINT32_MAX;
    for (unsigned level = mode->levels; level > 0; level--) {
        struct walk_entry *entry = &result.entry[result.n];
        unsigned shift = shift_of(mode, level), len = entry_bytes(mode);
        uint8_t bytes[WALK_ENTRY_SIZE];

        entry->level = level;
        entry->index = (unsigned)(linear >> shift) & (entries_of(mode, level) - 1);
        entry->paddr = table + len * entry->index;
        result.no_memory = !memory->read(memory->ctx, entry->paddr, bytes, len);
        if (result.no_memory)
            break;
        result.n++;
        entry->value = little_endian(bytes, len);
        if (!(entry->value & ENTRY_P))
            break;
        table = target_of(mode, level, entry->value);
        if (is_leaf(mode, level, entry->value)) {
            result.present = true;
            result.is_private = walk_entry_private(mode, entry->value);
            result.size = UINT64_C(1) << shift;
            result.paddr = table | (linear & (result.size - 1));
            break;
        }
    }
    return result;
}

/* --- all tables --- */

/* A walk over all tables, in ascending order of the linear addresses that they map. */
struct tour {
    const struct walk_mode *mode;
    const struct walk_memory *memory;
    uint64_t first, last; /* addresses; without sign extension */
    walk_visit *visit;    /* NULL: look for `table` */
    void *ctx;            /* for `visit` */
    uint64_t table;       /* the physical page of a table that is looked for */
    unsigned found;       /* its level */
    unsigned budget;      /* tables that may still be read */
};

static unsigned linear_bits(const struct walk_mode *mode)
{
    return mode->levels <= PAE_LEVELS ? 32 : 12 + 9 * mode->levels;
}

/* Bits of a linear address above the translated ones are copies of the highest of these. */
static uint64_t sign_extended(const struct walk_mode *mode, uint64_t linear)
{
    unsigned bits = linear_bits(mode);

    return bits == 32 || !(linear >> (bits - 1)) ? linear : linear | ~UINT64_C(0) << bits;
}

static bool tour_table(struct tour *t, uint64_t table, unsigned level, uint64_t linear);

/* Return false to end the tour. `linear` is the first address that the entry maps. */
static bool tour_entry(struct tour *t, const struct walk_entry *entry, uint64_t linear)
{
    uint64_t size = UINT64_C(1) << shift_of(t->mode, entry->level);
    uint64_t target = target_of(t->mode, entry->level, entry->value);
    struct walk_leaf leaf = {.linear = sign_extended(t->mode, linear),
                             .paddr = target,
                             .size = size,
                             .is_private = walk_entry_private(t->mode, entry->value),
                             .entry = *entry};

    if (!(entry->value & ENTRY_P) || linear > t->last || linear + (size - 1) < t->first)
        return true;
    if (!is_leaf(t->mode, entry->level, entry->value))
        return tour_table(t, target, entry->level - 1, linear);
    return !t->visit || t->visit(t->ctx, &leaf);
}

static bool tour_table(struct tour *t, uint64_t table, unsigned level, uint64_t linear)
{
    unsigned n = entries_of(t->mode, level), len = entry_bytes(t->mode);
    uint8_t bytes[PAGE_SIZE];
    bool go_on = true;

    if (!t->visit && (table & ADDRESS) == t->table) {
        t->found = level;
        return false;
    }
    if (!t->visit && level == 1)
        return true; /* its entries point to pages */
    if (!t->budget)
        return false;
    t->budget--;
    if (!t->memory->read(t->memory->ctx, table, bytes, n * len))
        return true;
    for (unsigned i = 0; i < n && go_on; i++) {
        struct walk_entry entry = {table + i * len, little_endian(bytes + i * len, len), level, i};

        go_on = tour_entry(t, &entry, linear + ((uint64_t)i << shift_of(t->mode, level)));
    }
    return go_on;
}

/* Between the lower and the upper half of the canonical addresses nothing is mapped. */
static void set_range(struct tour *t, uint64_t first, uint64_t last)
{
    const uint64_t half = UINT64_C(1) << (linear_bits(t->mode) - 1), mask = half * 2 - 1;

    if (linear_bits(t->mode) == 32) {
        t->first = first;
        t->last = last;
        return;
    }
    t->first = first < half ? first : first < ~(half - 1) ? half : first & mask;
    t->last = last < half ? last : last < ~(half - 1) ? half - 1 : last & mask;
}

bool walk_leaves(const struct walk_mode *mode, const struct walk_memory *memory, uint64_t first,
                 uint64_t last, walk_visit *visit, void *ctx)
{
    struct tour t = {.mode = mode, .memory = memory, .visit = visit, .ctx = ctx};

    if (!mode->levels)
        return true;
    t.budget = TABLES_MAX;
    set_range(&t, first, last);
    return tour_table(&t, root_of(mode), mode->levels, 0);
}

unsigned walk_level(const struct walk_mode *mode, const struct walk_memory *memory, uint64_t paddr)
{
    struct tour t = {.mode = mode, .memory = memory, .last = UINT64_MAX};

    if (!mode->levels)
        return 0;
    t.budget = TABLES_MAX;
    t.table = paddr & ADDRESS;
    (void)tour_table(&t, root_of(mode), mode->levels, 0);
    return t.found;
}
