/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CPUID and MSRs of a SEV guest, over cpu-ext/cpuid.c and msr.c.
 */
#ifndef BX_SEV_CPUID_H
#define BX_SEV_CPUID_H

#include <stdint.h>

struct opt;

/* Puts SEV's view of CPUID and MSRs over the CPU model of every CPU. A model that cannot be a SEV
 * guest ends Bochs with its name and the reason. */
void bx_sev_cpuid_install(const struct opt *opt);
/* The MSRs as after power-on, on all CPUs. */
void bx_sev_cpuid_reset(void);
/* HWCR of a CPU, for save and restore. */
uint64_t bx_sev_cpuid_hwcr(unsigned cpu);
void bx_sev_cpuid_hwcr_set(unsigned cpu, uint64_t value);

#endif
