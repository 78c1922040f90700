/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 2, the given part: walk the new tables as the processor would, and use them only if they
 * are right.
 */
#include "kit.h"

#define SHARED_PAGE 0x300000u
#define MAPPED      0x4000000u

uint64_t build_tables(uint64_t cbit);

/* Return the leaf entry that maps `linear`, and its physical address. Return 0 and a reason on
 * failure. */
static uint64_t walk(uint64_t cr3, uint64_t cbit, uint64_t linear, uint64_t *physical,
                     const char **reason)
{
    uint64_t at = cr3 & ADDRESS & ~cbit;

    for (unsigned level = 4; level > 0; level--) {
        uint64_t entry = 0, size = 1ull << (12 + 9 * (level - 1));

        if (at < 0x400000 || at >= MAPPED) {
            *reason = "a table is not in memory that page_new() gave";
            return 0;
        }
        entry = ((uint64_t *)at)[linear >> (12 + 9 * (level - 1)) & 511];
        if ((entry & 3) != 3) {
            *reason = "an entry is not present and writable";
            return 0;
        }
        at = entry & ADDRESS & ~cbit;
        if (level == 1 || (level == 2 && entry & PTE_LARGE)) {
            *physical = at + (linear & (size - 1));
            return entry;
        }
    }
    return 0;
}

/* Check that every page is mapped to the right address with the right C-bit. */
static int tables_are_right(uint64_t cr3, uint64_t cbit)
{
    for (uint64_t linear = 0; linear < MAPPED; linear += PAGE) {
        const char *reason = "";
        uint64_t physical = 0, entry = walk(cr3, cbit, linear, &physical, &reason);
        int private = (entry & cbit) != 0;

        if (entry && physical != linear)
            reason = "it leads to another physical address (a forgotten C-bit in the mask?)";
        else if (entry && linear == SHARED_PAGE && private)
            reason = "it shall be shared, but its last entry has the C-bit";
        else if (entry && linear != SHARED_PAGE && !private)
            reason = "it shall be private, but its last entry lacks the C-bit";
        if (*reason) {
            print("not tables: linear %xh: %s\n", linear, reason);
            return 0;
        }
    }
    print("ok tables\n");
    return 1;
}

static void check(int good, const char *what, const char *reason)
{
    if (good)
        print("ok %s\n", what);
    else
        print("not %s: %s\n", what, reason);
}

void guest_main(uint64_t cbit)
{
    static const char text[] = "written by guest";
    uint64_t old = read_cr3(), cr3 = build_tables(cbit);
    const uint64_t offset = SHARED_PAGE - 0x200000;

    if (tables_are_right(cr3, cbit)) {
        write_cr3(cr3);
        memcpy((void *)(uintptr_t)SHARED_PAGE, text, 16);
        memcpy((void *)(uintptr_t)(SHARED_PAGE + PAGE), text, 16);
        write_cr3(old);
        check(!memcmp(SHARED_WINDOW + offset, text, 16), "the host can read the shared page",
              "it sees something else");
        check(memcmp(SHARED_WINDOW + offset + PAGE, text, 16) != 0,
              "the host cannot read the page after it", "it can");
    }
    print("done\n");
    stop();
}
