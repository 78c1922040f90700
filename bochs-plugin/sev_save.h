/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Save and restore: everything of a SEV machine that Bochs does not save itself, as a file of
 * Bochs's saved state, over saved_machine.c.
 */
#ifndef BX_SEV_SAVE_H
#define BX_SEV_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sev_machine;
struct sev_save;

/* Never NULL. */
struct sev_save *bx_sev_save_new(struct sev_machine *machine);
void bx_sev_save_free(struct sev_save *save); /* NULL is allowed */
/* Call it at the first reset, before Bochs saves or restores. */
void bx_sev_save_power_on(struct sev_save *save);

/* Check that the machine can be saved now. Return false with an error phrase if not. */
bool bx_sev_save_possible(struct sev_save *save, char *error, size_t error_size);
/* Let Bochs save everything to the directory `path`. Return false with an error phrase if it could
 * not be saved, or could not be restored. */
bool bx_sev_save_to(struct sev_save *save, const char *path, char *error, size_t error_size);
/* Write the SEV part. Bochs calls this when it saves, at the request of bx_sev_save_to() or of its
 * user interface, where the user sees an error. */
void bx_sev_save_write(struct sev_save *save, FILE *file);
/* The same for the ROM of a machine with encryption=none, just before. */
void bx_sev_save_write_rom(struct sev_save *save, FILE *file);

/* Restore the SEV part, after Bochs has restored RAM, CPUs and devices. What cannot be restored ends
 * Bochs with a message. */
void bx_sev_save_restore(struct sev_save *save, FILE *file);
void bx_sev_save_restore_rom(struct sev_save *save, FILE *file);

#endif
