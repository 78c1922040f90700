/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 2: page tables of a SEV guest.
 *
 *   uint64_t build_tables(uint64_t cbit);
 *
 * returns the value for CR3 of new 4-level tables that map linear 0 to 64 MiB to the same physical
 * addresses, present and writable: all private, but for one page of 4 KiB at SHARED_PAGE, which is
 * shared. `cbit` is the mask of the C-bit. Pages of 2 MiB are welcome where they fit.
 *
 * kit/start.S builds such tables in assembly. page_new() gives an empty page.
 */
#include "kit.h"

#define SHARED_PAGE 0x300000u
#define MAPPED      0x4000000u /* 64 MiB */

uint64_t build_tables(uint64_t cbit);

uint64_t build_tables(uint64_t cbit)
{
    const uint64_t flags = cbit | PTE_PRESENT | PTE_WRITE;
    uint64_t *pml4 = page_new(), *pdpt = page_new(), *directory = page_new(), *table = page_new();

    pml4[0] = (uintptr_t)pdpt | flags;
    pdpt[0] = (uintptr_t)directory | flags;
    for (uint64_t at = 0; at < MAPPED; at += PAGE_2M)
        directory[at / PAGE_2M] = at | flags | PTE_LARGE;

    /* The 2 MiB around SHARED_PAGE in small pages, one of them without the C-bit. */
    for (unsigned i = 0; i < 512; i++)
        table[i] = ((SHARED_PAGE & ~(PAGE_2M - 1ull)) + i * PAGE) | flags;
    table[SHARED_PAGE / PAGE % 512] &= ~cbit;
    directory[SHARED_PAGE / PAGE_2M] = (uintptr_t)table | flags;
    return (uintptr_t)pml4 | cbit;
}
