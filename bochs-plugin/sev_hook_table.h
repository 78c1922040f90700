/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The hook table of patched Bochs, filled for a SEV machine.
 */
#ifndef BX_SEV_HOOK_TABLE_H
#define BX_SEV_HOOK_TABLE_H

#include <stdint.h>

struct sev_machine;

/* Fill Bochs's hook table for `machine`. Call it again after bx_sev_memory_forget(), because the
 * page-walk fast path of the table points into memory's page states. A Bochs with another version of
 * the table is an error that ends Bochs with a message. */
void bx_sev_hooks_attach(struct sev_machine *machine);
/* A CPU of a host runs the guest of an ASID, 0 = the host, with its key and the C-bit. Its TLBs are
 * flushed after it. */
void bx_sev_hooks_run_guest(unsigned cpu, uint32_t asid);
/* Make Bochs behave as stock Bochs again. */
void bx_sev_hooks_detach(void);

#endif
