/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in hypervisor in Bochs: its ops (hypervisor/hv_ops.h) over the machine.
 */
#ifndef BX_SEV_HV_H
#define BX_SEV_HV_H

#include <stdint.h>

struct hv;
struct sev_machine;

/* Make the hypervisor of a machine. NULL without memory. */
struct hv *bx_sev_hv_new(struct sev_machine *machine);
/* CPUID of a CPU as its guest finds it, with `xcr0`; regs are EAX, EBX, ECX, EDX. */
void bx_sev_hv_cpuid(unsigned cpu, uint32_t function, uint32_t subfunction, uint64_t xcr0,
                     uint32_t regs[4]);

#endif
