/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 7: accept memory, and give it back, with SEV-SNP.
 *
 *   int accept_range(uint64_t first, uint64_t end);
 *
 * Accept all memory from `first` up to, but not including, `end`; both are multiples of 4 KiB. Return 0. Use one
 * PVALIDATE for 2 MiB where all of them lie in the range and are aligned: 512 times fewer instructions. If the
 * hypervisor has that memory in pages of 4 KiB, the answer is PV_FAIL_SIZE_MISMATCH: accept these 2 MiB page by
 * page then. If a page was accepted before (PV_UNCHANGED), or with any other answer, return 1 at once: somebody
 * plays tricks with this memory.
 *
 *   int give_back(uint64_t page);
 *
 * Make a page that was accepted shared: the hypervisor gets it. Return 0, or 1 if something failed. In which order?
 * A hypervisor takes a page that you have not given up, too; but then its contents are lost to you
 * without a trace, and you would not notice if it did so when you had not asked.
 *
 * pvalidate() and ask_shared() are in accept.h. As they are now, the functions do nothing.
 */
#include "accept.h"

int accept_range(uint64_t first, uint64_t end)
{
    (void)first;
    (void)end;
    return 0;
}

int give_back(uint64_t page)
{
    (void)page;
    return 0;
}
