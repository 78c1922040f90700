/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C-bit: where it may be, the hook table of a Bochs that has one, and the count of accesses by
 * view and reason. One struct cbit is one guest.
 *
 * Implements AMD64 APM vol. 2, 15.34.6 "Page table support". What 15.34.5 says of each access,
 * private or shared, is decided where Bochs translates: patches/sev/03-wanted-view.patch.
 */
#ifndef CPU_EXT_CBIT_H
#define CPU_EXT_CBIT_H

#include <stddef.h>
#include <stdint.h>

#include "hooks.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Guests test the bit in the upper half of an entry, and an entry's address ends at bit 51. */
#define CBIT_POS_MIN 32u
#define CBIT_POS_MAX 51u

/* Is `pos` a place for the C-bit in a machine with RAM below `ram_end` (bytes; the first address
 * past the highest RAM)? NULL if so, else the reason as a part of a sentence, written to `reason`
 * (`cap` bytes). */
const char *cbit_check(unsigned pos, uint64_t ram_end, char *reason, size_t cap);

struct cbit {
    unsigned pos;
    /* Accesses so far, by view and reason; one CPU runs at a time, so no lock. */
    uint64_t wants[2][SEV_WHY_COUNT];
};

/* Set up for a checked position. */
void cbit_init(struct cbit *cbit, unsigned pos);

/* Fill the hook table of the running Bochs with the functions, `ctx` and `settled` of `table` (any
 * may be zero; its other members mean nothing) and the C-bit, or take all out again (stock
 * behaviour). `cbit` stays the caller's and must outlive its time in the table. -EPROTO if Bochs's
 * table is not of this version. */
int cbit_attach(struct cbit *cbit, struct sev_hooks *hooks, const struct sev_hooks *table)
    __attribute__((warn_unused_result));
void cbit_detach(struct sev_hooks *hooks);

/* What each want() of `table` begins with; settled walks are counted by themselves. */
static inline void cbit_count(struct cbit *cbit, enum sev_access view, enum sev_why why)
{
    cbit->wants[view][why]++;
}

/* Names for `info device` and reports. */
const char *cbit_access_name(enum sev_access view);
const char *cbit_why_name(enum sev_why why);

#ifdef __cplusplus
}
#endif

#endif
