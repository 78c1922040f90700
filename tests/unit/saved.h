/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Machines to save and to restore, for the tests of saved machines: a real secure processor and a real
 * hypervisor, with memory encryption that has no pages.
 */
#ifndef TESTS_SAVED_H
#define TESTS_SAVED_H

#include "harness.h"

#include "hypervisor/hv.h"
#include "msr.h"
#include "psp_mailbox.h"
#include "rng.h"
#include "saved_machine.h"

#define PAGES 8u

/* Memory encryption without pages: the ASID of each. */
struct memory {
    uint32_t asid[PAGES];
    unsigned forgotten;
};

struct machine {
    struct harness *h;
    struct hv *hv;
    struct psp_mailbox mailbox;
    struct rng rng;
    struct msr_state msr[CPUS], *msrs[CPUS];
    struct memory memory;
    struct saved_parts parts;
};

struct file {
    uint8_t *data;
    size_t len;
};

/* A machine after power-on. */
struct machine *machine_new(void);
void machine_free(struct machine *m);
/* A machine with something in every section, whose guest is in this state; or runs. */
struct machine *with_guest(enum hv_state state);
struct machine *running(void);
/* The file of a machine. The caller frees its data. */
struct file save(const struct machine *m);

#endif
