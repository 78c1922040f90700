/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The platform's own state: PSTATE, the SEV-ES configuration, and which caches still hold data of
 * an ASID that may not be used again yet.
 *
 * Source: AMDESE/sev-tool src/sevapi.h SEV_PLATFORM_STATE; Linux drivers/crypto/ccp/sev-dev.c
 * __sev_platform_init_locked() and arch/x86/kvm/svm/sev.c sev_flush_asids() (WBINVD, then
 * DF_FLUSH).
 *
 * The flush rule. DEACTIVATE leaves lines of the guest in the caches of every CPU and in the data
 * fabric. ACTIVATE refuses such an ASID (DFFLUSH_REQUIRED) until DF_FLUSH, and DF_FLUSH refuses
 * (WBINVD_REQUIRED) until every CPU has executed WBINVD since. INIT leaves every ASID in need of
 * one DF_FLUSH, as Linux's driver issues it. Caches survive SHUTDOWN; a power cycle empties them.
 */
#ifndef PSP_PLATFORM_H
#define PSP_PLATFORM_H

#include "psp.h"

struct platform {
    uint8_t state;                               /* enum sev_platform_state */
    bool es;                                     /* SEV-ES was enabled by INIT */
    uint8_t asid_dirty[(PSP_ASIDS_MAX + 8) / 8]; /* bit per ASID: needs DF_FLUSH */
    uint8_t cpu_dirty[PSP_CPUS_MAX / 8];         /* bit per CPU: needs WBINVD before DF_FLUSH */
};

/* As after power-on. */
void platform_reset(struct platform *platform);

/* Every ASID needs a DF_FLUSH before it is used. */
void platform_dirty_all_asids(struct platform *platform);
/* `asid` was in use until now: it needs DF_FLUSH, and `cpus` CPUs WBINVD. */
void platform_dirty_asid(struct platform *platform, uint32_t asid, uint32_t cpus);
bool platform_any_asid_dirty(const struct platform *platform);
bool platform_asid_dirty(const struct platform *platform, uint32_t asid);

void platform_wbinvd(struct platform *platform, unsigned cpu);
bool platform_wbinvd_required(const struct platform *platform);
void platform_df_flush(struct platform *platform);

#endif
