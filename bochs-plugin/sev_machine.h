/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One emulated SEV machine: what the C++ files of the plugin share behind sev.h. sev_glue.cc makes
 * it, sev_launch.cc launches it, sev_control.cc lets a client look at it, sev_dump.cc prints it.
 */
#ifndef BX_SEV_MACHINE_H
#define BX_SEV_MACHINE_H

#include "hv.h"
#include "mailbox.h"
#include "opt.h"
#include "psp.h"
#include "rng.h"
#include "state.h"
#include "trace.h"

extern "C" {
#include "cbit.h"
}

struct sev_machine {
    const struct opt *opt;
    struct psp *psp;
    struct mailbox mailbox;
    struct hv *hv;
    struct trace *trace;
    struct rng rng;
    struct state *state; /* NULL: every start is a new chip */
    struct cbit cbit;
};

/* The machine's own guest context; false before the launch. */
bool bx_sev_machine_guest(const struct sev_machine *machine, struct psp_guest_info *guest);

#endif
