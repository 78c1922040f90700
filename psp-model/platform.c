/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The platform's own state and the bookkeeping of cache flushes.
 */
#include "platform.h"

#include <string.h>

static void bit_set(uint8_t *bits, unsigned n)
{
    bits[n / 8] |= (uint8_t)(1u << (n % 8));
}

static bool bit_get(const uint8_t *bits, unsigned n)
{
    return bits[n / 8] >> (n % 8) & 1;
}

void platform_reset(struct platform *platform)
{
    memset(platform, 0, sizeof(*platform));
    platform->state = SEV_PLATFORM_UNINIT;
}

void platform_dirty_all_asids(struct platform *platform)
{
    memset(platform->asid_dirty, 0xff, sizeof(platform->asid_dirty));
}

void platform_dirty_asid(struct platform *platform, uint32_t asid, uint32_t cpus)
{
    bit_set(platform->asid_dirty, asid);
    for (unsigned cpu = 0; cpu < cpus; cpu++)
        bit_set(platform->cpu_dirty, cpu);
}

bool platform_any_asid_dirty(const struct platform *platform)
{
    for (unsigned i = 0; i < sizeof(platform->asid_dirty); i++) {
        if (platform->asid_dirty[i])
            return true;
    }
    return false;
}

bool platform_asid_dirty(const struct platform *platform, uint32_t asid)
{
    return bit_get(platform->asid_dirty, asid);
}

void platform_wbinvd(struct platform *platform, unsigned cpu)
{
    if (cpu < PSP_CPUS_MAX)
        platform->cpu_dirty[cpu / 8] &= 0xFF ^ (1u << (cpu % 8));
}

bool platform_wbinvd_required(const struct platform *platform)
{
    for (unsigned i = 0; i < sizeof(platform->cpu_dirty); i++) {
        if (platform->cpu_dirty[i])
            return true;
    }
    return false;
}

void platform_df_flush(struct platform *platform)
{
    memset(platform->asid_dirty, 0, sizeof(platform->asid_dirty));
}
