/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A page walk for observers. See walk.h.
 */
#include "walk.h"

#include <string.h>

#define ENTRY_P       1u
#define ENTRY_PS      0x80u
#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000)
#define TABLE_SIZE    4096u
#define TABLES_MAX    8192u /* a table that maps itself would have no end */

/* PAE's CR3 is aligned to 32 bytes, its first level has four entries. */
static uint64_t root_of(const struct walk_mode *mode)
{
    uint64_t mask = mode->levels == 3 ? UINT64_C(0xffffffe0) : ENTRY_ADDRESS;

    return mode->cr3 & mask & ~mode->cbit_mask;
}

static unsigned entries_of(const struct walk_mode *mode, unsigned level)
{
    return mode->levels == 3 && level == 3 ? 4 : TABLE_SIZE / 8;
}

static uint64_t little_endian(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (unsigned i = 8; i--;)
        value = value << 8 | bytes[i];
    return value;
}

/* Bit 7 of a PDPTE of PAE, PML4E and PML5E is no page size. */
static bool is_leaf(const struct walk_mode *mode, unsigned level, uint64_t value)
{
    return level == 1 || ((value & ENTRY_PS) && (level == 2 || (level == 3 && mode->levels > 3)));
}

struct walk_result walk_linear(const struct walk_mode *mode, const struct walk_memory *memory,
                               uint64_t linear)
{
    struct walk_result result = {.present = false};
    uint64_t table = root_of(mode);

    for (unsigned level = mode->levels; level > 0; level--) {
        unsigned shift = 12 + 9 * (level - 1);
        uint64_t paddr = table + 8 * ((linear >> shift) & (entries_of(mode, level) - 1)), value;
        uint8_t bytes[8];

        if (!memory->read(memory->ctx, paddr, bytes, sizeof(bytes)))
            break;
        value = little_endian(bytes);
        result.entry[result.n++] = (struct walk_entry){paddr, value};
        if (!(value & ENTRY_P))
            break;
        table = value & ENTRY_ADDRESS & ~mode->cbit_mask;
        if (is_leaf(mode, level, value)) {
            uint64_t offset = linear & ((UINT64_C(1) << shift) - 1);

            result.present = true;
            result.is_private = (value & mode->cbit_mask) != 0;
            result.paddr = (table & ~((UINT64_C(1) << shift) - 1)) | offset;
            break;
        }
    }
    return result;
}

static unsigned search(const struct walk_mode *mode, const struct walk_memory *memory,
                       uint64_t table, unsigned level, uint64_t wanted, unsigned *budget)
{
    uint8_t bytes[TABLE_SIZE];
    unsigned n = entries_of(mode, level), found = 0;

    if ((table & ENTRY_ADDRESS) == wanted)
        return level;
    if (level == 1 || !*budget || !memory->read(memory->ctx, table, bytes, 8 * n))
        return 0;
    --*budget;
    for (unsigned i = 0; i < n && !found; i++) {
        uint64_t value = little_endian(bytes + 8 * i);

        if ((value & ENTRY_P) && !is_leaf(mode, level, value))
            found = search(mode, memory, value & ENTRY_ADDRESS & ~mode->cbit_mask, level - 1,
                           wanted, budget);
    }
    return found;
}

unsigned walk_level(const struct walk_mode *mode, const struct walk_memory *memory, uint64_t paddr)
{
    unsigned budget = TABLES_MAX;

    if (!mode->levels)
        return 0;
    return search(mode, memory, root_of(mode), mode->levels, paddr & ENTRY_ADDRESS, &budget);
}
