/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C-bit: where it can be, the hook table of a Bochs that has one, and how many accesses there
 * were.
 *
 * Source: Linux Documentation/arch/x86/amd-memory-encryption.rst, which says too which accesses are
 * private. bochs/sev.cc decides that where Bochs translates addresses.
 */
#ifndef CPU_EXT_CBIT_H
#define CPU_EXT_CBIT_H

#include <stddef.h>
#include <stdint.h>

#include "hooks.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Guests look for the bit in the upper half of an entry, and an entry's address ends at bit 51. */
#define CBIT_POS_MIN 32u
#define CBIT_POS_MAX 51u

/* Check that `pos` is a valid C-bit position for a machine whose RAM ends at `ram_end` (bytes; the
 * first address above the highest RAM). Return NULL if it is, else an error phrase, written to
 * `reason` (`cap` bytes). */
const char *cbit_check(unsigned pos, uint64_t ram_end, char *reason, size_t cap);

struct cbit {
    unsigned pos;
    /* Calls of the access hook, by access and reason. All CPUs run in one thread: no lock. */
    uint64_t accesses[2][SEV_WHY_COUNT];
};

/* Set up for a checked position, or 0: the CPUs have no C-bit. */
void cbit_init(struct cbit *cbit, unsigned pos);

/* Put the functions, `ctx` and the CPUs' contexts of `table` and the C-bit (none if the position is 0)
 * into the hook table of the running Bochs. Any member of `table` may be zero; `version`, `size` and
 * the CPUs' `cbit_mask` are ignored. Return 0, or -EPROTO if Bochs's table is of another version: it is unchanged then. */
int cbit_attach(const struct cbit *cbit, struct sev_hooks *hooks, const struct sev_hooks *table)
    __attribute__((warn_unused_result));
/* Make the table all zero but for version and size: stock behaviour. */
void cbit_detach(struct sev_hooks *hooks);

/* Count an access of the guest or of a device. Bochs counts the page walks of the fast path. */
static inline void cbit_count(struct cbit *cbit, uint32_t flags)
{
    if (!(flags & SEV_FLAG_OBSERVER))
        cbit->accesses[sev_flags_access(flags)][sev_flags_why(flags)]++;
}

/* Return the number of accesses so far, with those of the fast path. */
uint64_t cbit_accesses(const struct cbit *cbit, const struct sev_hooks *hooks,
                       enum sev_access access, enum sev_why why);

/* Names for the debugger and reports. */
const char *cbit_access_name(enum sev_access access);
const char *cbit_why_name(enum sev_why why);

#ifdef __cplusplus
}
#endif

#endif
