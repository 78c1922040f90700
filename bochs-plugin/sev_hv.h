/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in hypervisor in Bochs: its ops (hypervisor/hv_ops.h) over the machine.
 */
#ifndef BX_SEV_HV_H
#define BX_SEV_HV_H

struct hv;
struct sev_machine;

/* Make the hypervisor of a machine. NULL without memory. */
struct hv *bx_sev_hv_new(struct sev_machine *machine);

#endif
