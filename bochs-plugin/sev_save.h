/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Save and restore: everything of a SEV machine that Bochs does not save itself.
 */
#ifndef BX_SEV_SAVE_H
#define BX_SEV_SAVE_H

#include <stdio.h>

struct sev_machine;

/* Write the machine's state to a file of Bochs's saved state. */
void bx_sev_save(struct sev_machine *machine, FILE *file);
/* Read it again, after Bochs has restored RAM, CPUs and devices. What cannot be restored ends Bochs
 * with a message. */
void bx_sev_restore(struct sev_machine *machine, FILE *file);

#endif
