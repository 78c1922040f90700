/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 7: what the given part has for the answer.
 */
#ifndef ACCEPT_H
#define ACCEPT_H

#include "kit.h"

/* What PVALIDATE left in EAX. UNCHANGED: EAX is 0 and the carry flag is set. */
enum { PV_OK = 0, PV_FAIL_INPUT = 1, PV_FAIL_SIZE_MISMATCH = 6, PV_UNCHANGED = 0x100 };
/* Its size in ECX. */
enum { SIZE_4K = 0, SIZE_2M = 1 };

/* Execute PVALIDATE for the page at `page`; `validate`: 1 accepts it, 0 ends that. */
unsigned pvalidate(uint64_t page, unsigned size, unsigned validate);
/* Ask the hypervisor for a page state change of the page of 4 KiB at `page`. Return 0 if it was done. */
int ask_shared(uint64_t page);

/* You write these two. */
int accept_range(uint64_t first, uint64_t end);
int give_back(uint64_t page);

#endif
