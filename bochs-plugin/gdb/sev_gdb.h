/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gdb server in Bochs's machine, with and without SEV.
 */
#ifndef BX_SEV_GDB_H
#define BX_SEV_GDB_H

struct memmap;
struct opt;
struct sev_gdb;
struct sev_machine;

/* Listen as gdb= says. NULL without gdb=; an error ends Bochs with a message. Call it before the
 * parts of a SEV machine are made, because it becomes their console. */
struct sev_gdb *bx_sev_gdb_new(const struct opt *opt, struct memmap *memmap);
/* `machine` must outlive it. */
void bx_sev_gdb_set_machine(struct sev_gdb *gdb, struct sev_machine *machine);
/* Tell gdb that the machine ended, and close the socket. NULL is allowed. */
void bx_sev_gdb_free(struct sev_gdb *gdb);
/* The machine was reset or restored, and its CPUs did not run since. NULL is allowed. */
void bx_sev_gdb_reset(struct sev_gdb *gdb);

#endif
