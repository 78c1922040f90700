/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One emulated SEV machine: sev_machine.cc makes it, sev_launch.cc launches it, sev_save.cc saves it.
 */
#ifndef BX_SEV_MACHINE_H
#define BX_SEV_MACHINE_H

#include <stdio.h>

#include "hypervisor/hv.h"
#include "mailbox.h"
#include "opt.h"
#include "psp.h"
#include "rng.h"
#include "firmware/ovmf_table.h"
#include "cbit.h"

struct sev_breaks;
struct sev_fwcfg;
struct sev_timeline;
struct sev_memory;
struct sev_sanitizer;
struct nv_file;
struct command_log;

struct sev_machine {
    const struct opt *opt;
    struct psp *psp;
    struct mailbox mailbox;
    struct hv *hv;
    struct command_log *trace;
    struct rng rng;
    struct nv_file *state; /* NULL: every start is a new chip */
    struct cbit cbit;
    struct sev_memory *memory;       /* NULL: encryption=none */
    struct sev_timeline *map;        /* NULL: nobody wants to see one */
    struct sev_breaks *breaks;       /* NULL: not in the debugger */
    struct sev_sanitizer *sanitizer; /* NULL: sanitize=off */
    struct ovmf_table ovmf;          /* of the firmware; its `present`: it is OVMF */
    struct sev_fwcfg *fwcfg;         /* NULL: neither kernel= nor OVMF; not ours */
};

/* --- sev_machine.cc --- */

/* Builds secure processor, hypervisor role and hooks for a machine with this firmware and this
 * firmware configuration device (NULL: none), which stays the caller's. Never NULL: trouble ends
 * Bochs with one sentence. */
struct sev_machine *bx_sev_machine_new(const struct opt *opt, const struct ovmf_table *ovmf,
                                       struct sev_fwcfg *fwcfg);
void bx_sev_machine_free(struct sev_machine *machine);
/* Once, before the launch. */
void bx_sev_machine_power_on(struct sev_machine *machine);

/* The machine's own guest context; false before the launch. */
bool bx_sev_machine_guest(const struct sev_machine *machine, struct psp_guest_info *guest);

/* --- sev_launch.cc --- */

/* The measured launch of all ROMs, up to the secret. Once, before the first instruction. */
void bx_sev_machine_launch(struct sev_machine *machine);
/* LAUNCH_FINISH: the guest may run. */
void bx_sev_machine_finish(struct sev_machine *machine);
/* Where a secret of `len` bytes goes that names no address: where OVMF or the boot ROM has room for
 * secrets. False with one sentence. */
bool bx_sev_machine_secret_gpa(const struct sev_machine *machine, size_t len, uint64_t *gpa,
                               char *error, size_t error_size);

/* --- sev_save.cc --- */

/* Everything that Bochs does not know, to and from a file of its saved state. What cannot be
 * restored ends Bochs with one sentence. The flag says whether power-on is over. */
void bx_sev_machine_save(struct sev_machine *machine, bool launched, FILE *file);
bool bx_sev_machine_restore(struct sev_machine *machine, FILE *file);

#endif
