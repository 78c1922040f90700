/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C-bit: where it can be, and the hook table. See cbit.h.
 */
#include "cbit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *cbit_check(unsigned pos, uint64_t ram_end, char *reason, size_t cap)
{
    if (pos < CBIT_POS_MIN) {
        snprintf(reason, cap, "guests look for the C-bit in the upper half of a page table entry");
        return reason;
    }
    if (pos > CBIT_POS_MAX) {
        snprintf(reason, cap, "an address in a page table entry ends at bit %u", CBIT_POS_MAX);
        return reason;
    }
    if (ram_end > UINT64_C(1) << pos) {
        snprintf(reason, cap, "bit %u is part of the address of guest RAM, which ends at 0x%llx",
                 pos, (unsigned long long)ram_end);
        return reason;
    }
    return NULL;
}

void cbit_init(struct cbit *cbit, unsigned pos)
{
    memset(cbit, 0, sizeof(*cbit));
    cbit->pos = pos;
}

int cbit_attach(const struct cbit *cbit, struct sev_hooks *hooks, const struct sev_hooks *table)
{
    if (hooks->version != SEV_HOOKS_VERSION || hooks->size != sizeof(*hooks))
        return -EPROTO;
    *hooks = *table;
    hooks->version = SEV_HOOKS_VERSION;
    hooks->size = sizeof(*hooks);
    for (unsigned cpu = 0; cpu < SEV_CPUS_MAX; cpu++)
        hooks->cpus[cpu].cbit_mask = cbit->pos ? UINT64_C(1) << cbit->pos : 0;
    return 0;
}

void cbit_detach(struct sev_hooks *hooks)
{
    memset(hooks, 0, sizeof(*hooks));
    hooks->version = SEV_HOOKS_VERSION;
    hooks->size = sizeof(*hooks);
}

uint64_t cbit_accesses(const struct cbit *cbit, const struct sev_hooks *hooks,
                       enum sev_access access, enum sev_why why)
{
    uint64_t n = cbit->accesses[access][why];

    if (access == SEV_ACCESS_PRIVATE && why == SEV_WHY_WALK)
        for (unsigned cpu = 0; cpu < SEV_CPUS_MAX; cpu++)
            n += hooks->cpus[cpu].walks;
    return n;
}

const char *cbit_access_name(enum sev_access access)
{
    return access == SEV_ACCESS_PRIVATE ? "private" : "shared";
}

const char *cbit_why_name(enum sev_why why)
{
    static const char *const names[SEV_WHY_COUNT] = {
        [SEV_WHY_DATA] = "data", [SEV_WHY_FETCH] = "fetch", [SEV_WHY_WALK] = "walk",
        [SEV_WHY_AD] = "ad",     [SEV_WHY_HOST] = "host",   [SEV_WHY_DEVICE] = "device",
    };

    return (unsigned)why < SEV_WHY_COUNT ? names[why] : "?";
}
