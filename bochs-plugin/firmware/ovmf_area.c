/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The areas of OVMF in the machine's memory; see ovmf_area.h.
 */
#include "ovmf_area.h"

#include <stdio.h>

#include "memory_map.h"

static const struct {
    const char *missing, *invalid, *small;
} kinds[OVMF_KINDS] = {
    [OVMF_HASHES] = {"kernel specified but guest firmware has no hashes table GUID",
                     "guest firmware hashes table area is invalid",
                     "guest firmware hashes table area is invalid"},
    [OVMF_SECRETS] = {"no secret area found in OVMF, gpa must be specified",
                      "guest firmware secret area is invalid, gpa must be specified",
                      "the secret does not fit in the guest firmware's secret area"},
};

bool ovmf_area_find(const struct ovmf_table *table, enum ovmf_kind kind,
                    const struct memmap *memmap, size_t need, char *error, size_t error_size)
{
    const struct ovmf_area *area = &table->areas[kind];

    /* OVMF without such an area, as Debian's, has an entry of zeros. */
    if (!area->present || (kind == OVMF_SECRETS && !area->base && !area->size))
        snprintf(error, error_size, "%s", kinds[kind].missing);
    else if (!area->base || area->base % 16 ||
             !memmap_all(memmap, area->base, area->size, MEMMAP_PSP))
        snprintf(error, error_size, "%s (base=0x%x size=0x%x)", kinds[kind].invalid, area->base,
                 area->size);
    else if (area->size < need)
        snprintf(error, error_size, "%s (base=0x%x size=0x%x)", kinds[kind].small, area->base,
                 area->size);
    else
        return true;
    return false;
}
