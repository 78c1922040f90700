/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CPUID and MSRs of a SEV guest, over cpu-ext/cpuid.c and msr.c.
 */
#ifndef BX_SEV_CPUID_H
#define BX_SEV_CPUID_H

#include <stdint.h>

struct msr_state;
struct opt;
struct sev_cpuid;
struct sev_es;

/* Put SEV's CPUID leaves and MSRs over the CPU model of every CPU; with enabled=0 only what the
 * parameters cpuid= and cpu_signature= change. A model that cannot be a SEV guest ends Bochs with its name and the
 * reason. Never NULL. */
struct sev_cpuid *bx_sev_cpuid_new(const struct opt *opt);
/* The CPUs keep their models. NULL is allowed. */
void bx_sev_cpuid_free(struct sev_cpuid *cpuid);
/* Set the MSRs of all CPUs to their values after power-on. */
void bx_sev_cpuid_reset(struct sev_cpuid *cpuid);
/* CPUID 1 EAX, as the guest sees it. */
uint32_t bx_sev_cpuid_signature(void);
/* Who keeps the GHCB MSRs. */
void bx_sev_cpuid_set_es(struct sev_cpuid *cpuid, struct sev_es *es);
/* The MSRs of one CPU of a SEV machine, for save and restore. */
struct msr_state *bx_sev_cpuid_msrs(struct sev_cpuid *cpuid, unsigned cpu);

#endif
