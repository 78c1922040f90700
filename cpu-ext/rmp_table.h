/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The entries of the RMP in memory, for rmp*.c only.
 */
#ifndef CPU_EXT_RMP_TABLE_H
#define CPU_EXT_RMP_TABLE_H

#include "rmp.h"

/* An entry in memory. The raw form of a processor is not public for all models, so this one is a
 * choice of this model. `word` has the guest address in 51:12, and RMP_W_* below. In an entry of
 * 2 MiB only the head, its first page, is used; the other 511 are zero. */
struct rmp_slot {
    uint64_t word;
    uint32_t asid;
    uint8_t perms[RMP_VMPLS];
};

#define RMP_W_ASSIGNED  0x01u
#define RMP_W_SIZE_2M   0x02u
#define RMP_W_IMMUTABLE 0x04u
#define RMP_W_VALIDATED 0x08u
#define RMP_W_VMSA      0x10u
#define RMP_W_IN_USE    0x20u
#define RMP_W_FLAGS     0x3fu
#define RMP_W_GPA       UINT64_C(0xffffffffff000)

struct rmp_part {
    uint64_t base, pages;
    struct rmp_slot *slots;
};

struct rmp {
    struct rmp_ops ops;
    struct rmp_stats stats;
    unsigned n;
    struct rmp_part parts[];
};

/* Return the number of pages of an entry. */
static inline uint64_t rmp_slot_pages(const struct rmp_slot *slot)
{
    return slot->word & RMP_W_SIZE_2M ? RMP_LARGE_PAGES : 1;
}

/* Return the range that has the page at `spa`, NULL if none has it. */
const struct rmp_part *rmp_part_of(const struct rmp *rmp, uint64_t spa);
/* Report that all entries were changed. */
void rmp_all_changed(const struct rmp *rmp);
/* Return the number of pages from `page` on, at least one, whose entries continue each other. */
uint64_t rmp_run_length(const struct rmp_part *part, uint64_t page);
/* Check that `slot` can be the entry of a page of 4 KiB, or of 2 MiB if its flag says so. */
bool rmp_slot_valid(const struct rmp_slot *slot);

#endif
