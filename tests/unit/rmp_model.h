/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A model of the rules of the RMP, to compare cpu-ext/rmp.c with. It shares no code, no constant and
 * no data structure with it: each page of 4 KiB has a record of its own, also within 2 MiB, and each
 * rule is one line of a list.
 *
 * The rules are those of the machine model of microsoft/verismo, restated in C:
 * source/verismo/src/arch/rmp/access_s.rs check_access_no_addr_check(), rmpupdate(), rmpadjust(),
 * pvalidate(), entry_s.rs fault_rmp_update(), db_s.rs, perm_s.rs rmp_perm_init(). verismo has no
 * entries of 2 MiB, no PSMASH and no RMPQUERY, and no order among the checks that end in a nested
 * fault; rmp.h names the sources of these.
 */
#ifndef TESTS_RMP_MODEL_H
#define TESTS_RMP_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/* Why a page cannot be used; the number is the place in the order of checks. */
enum model_reason {
    FINE,
    OUTSIDE,
    HOSTS_OWN,
    OTHER_GUEST,
    MOVED,
    LOCKED,
    SIZE,
    UNACCEPTED,
    FORBIDDEN,
    TAKEN /* not for a private access of a guest with SNP */
};

struct model_page {
    bool owned, large, locked, accepted, state, running;
    uint32_t guest;
    uint64_t frame; /* guest page number */
    uint8_t may[4];
};

/* What an instruction answers. */
struct model_answer {
    enum model_reason reason; /* FINE: no fault */
    unsigned code;            /* EAX */
    bool same;                /* PVALIDATE changed nothing */
};

struct model_who {
    uint32_t guest;
    unsigned level; /* VMPL */
};

/* An access, as in struct rmp_access. */
struct model_access {
    struct model_who who;
    bool snp, encrypted, large, walk;
    unsigned bits; /* 1 read, 2 write, 4 user fetch, 8 supervisor fetch, 16 shadow stack */
    uint64_t frame;
};

/* Pages are named by their number; those that the model does not have are outside. */
#define MODEL_FIRST 0x100u /* not at a boundary of 2 MiB */
#define MODEL_PAGES 0x503u /* 256, two times 512, and 3 */

extern struct model_page model[MODEL_PAGES];

void model_reset(void);
enum model_reason model_allows(uint64_t page, const struct model_access *access);
struct model_answer model_pvalidate(struct model_who who, uint64_t page, uint64_t frame, bool large,
                                    bool accept);
struct model_answer model_rmpadjust(struct model_who who, uint64_t page, uint64_t frame, bool large,
                                    unsigned target, unsigned may, bool state);
struct model_answer model_rmpquery(struct model_who who, uint64_t page, uint64_t frame,
                                   unsigned target, unsigned *may, bool *state, bool *large);
unsigned model_rmpupdate(uint64_t page, const struct model_page *wanted);
unsigned model_psmash(uint64_t page);
/* The secure processor writes an entry; false: it cannot. */
bool model_write(uint64_t page, const struct model_page *wanted);
void model_run(uint64_t page, bool running);

#endif
