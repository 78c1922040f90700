/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Page tables with 64-bit entries: PAE, and long mode with 4 or 5 levels.
 *
 * Sources: Linux arch/x86/include/asm/pgtable_types.h;
 * Linux Documentation/arch/x86/amd-memory-encryption.rst (the C-bit).
 */
#include "guest.h"

#define ADDRESS 0x000ffffffffff000ull

static uintptr_t next_page = 0x400000;

void *page_alloc(unsigned pages)
{
    void *at = (void *)next_page;

    next_page += pages * (uintptr_t)PAGE_4K;
    return memset(at, 0, pages * (size_t)PAGE_4K);
}

static unsigned index_of(uint64_t va, unsigned level)
{
    return va >> (12 + 9 * (level - 1)) & 511;
}

static uint64_t *next_table(const struct table *t, uint64_t entry)
{
    return (uint64_t *)(uintptr_t)(entry & ADDRESS & ~t->cbit);
}

struct table table_new(unsigned levels, uint64_t cbit, uint64_t mapped)
{
    struct table t = {page_alloc(1), levels, cbit};

    for (uint64_t at = 0; at < mapped; at += PAGE_2M)
        table_map(&t, at, at, PAGE_2M, PTE_P | PTE_W | cbit);
    return t;
}

void table_map(struct table *t, uint64_t va, uint64_t pa, uint64_t size, uint64_t flags)
{
    unsigned leaf = size == PAGE_1G ? 3 : size == PAGE_2M ? 2 : 1;
    uint64_t *table = t->root;

    for (unsigned level = t->levels; level > leaf; level--) {
        uint64_t *entry = &table[index_of(va, level)];

        if (!(*entry & PTE_P)) {
            /* The four PDPTEs of PAE have no W and U bits. */
            bool pdpte = t->levels == 3 && level == 3;

            *entry = (uintptr_t)page_alloc(1) | t->cbit | PTE_P | (pdpte ? 0 : PTE_W | PTE_U);
        }
        table = next_table(t, *entry);
    }
    table[index_of(va, leaf)] = pa | flags | (leaf > 1 ? PTE_PS : 0);
}

uint64_t *table_entry(const struct table *t, uint64_t va, unsigned level)
{
    uint64_t *table = t->root;

    for (unsigned at = t->levels; at > level; at--) {
        uint64_t entry = table[index_of(va, at)];

        /* Bit 7 of PML4E and PML5E is reserved, of a PAE PDPTE too. */
        if (!(entry & PTE_P) || ((entry & PTE_PS) && at <= 3 && t->levels > 3) ||
            ((entry & PTE_PS) && at == 2))
            return NULL;
        table = next_table(t, entry);
    }
    return &table[index_of(va, level)];
}

uintptr_t table_cr3(const struct table *t)
{
    return (uintptr_t)t->root | (uintptr_t)(t->levels > 3 ? t->cbit : 0);
}
