/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The reverse map table (RMP) of SEV-SNP. It says for each page of memory who owns it, where the
 * guest sees it, and whether the guest has validated it. Pure C, without cryptography; it needs no
 * emulator.
 *
 * A page is named by its system physical address. The RMP covers the ranges of rmp_new(). All other
 * pages belong to the hypervisor, and that never changes.
 *
 * An entry is for a page of 4 KiB, or for 2 MiB: then it is the entry of 512 pages, whose guest
 * addresses follow each other. One part of it can change on its own only after PSMASH.
 *
 * Sources. Names, fields and permission bits: Linux arch/x86/include/asm/sev.h and
 * arch/x86/virt/svm/sev.c (struct rmp_state, rmpupdate(), psmash()), AMDESE/sev-tool. The checks of
 * PVALIDATE, RMPADJUST and of accesses, and their order: microsoft/verismo
 * source/verismo/src/arch/rmp/access_s.rs and entry_s.rs. Bits of nested page faults: Linux
 * arch/x86/include/asm/kvm_host.h PFERR_GUEST_*. Choices of this model are marked where they are.
 */
#ifndef CPU_EXT_RMP_H
#define CPU_EXT_RMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RMP_PAGE_SIZE   0x1000u
#define RMP_LARGE_SIZE  0x200000u
#define RMP_LARGE_PAGES (RMP_LARGE_SIZE / RMP_PAGE_SIZE)
#define RMP_VMPLS       4u

/* The results of the instructions, in EAX. */
enum rmp_error {
    RMP_OK = 0,
    RMP_FAIL_INPUT = 1,
    RMP_FAIL_PERMISSION = 2,
    RMP_FAIL_INUSE = 3,
    RMP_FAIL_OVERLAP = 4,
    RMP_FAIL_SIZE_MISMATCH = 6,
};

/* The permissions of a VMPL. */
#define RMP_READ         0x01u
#define RMP_WRITE        0x02u
#define RMP_EXEC_USER    0x04u
#define RMP_EXEC_SUPER   0x08u
#define RMP_SHADOW_STACK 0x10u
#define RMP_ALL          0x1fu

struct rmp_range {
    uint64_t base, size; /* bytes, multiples of RMP_PAGE_SIZE */
};

/* An entry. All zero: a page of the hypervisor. Only `immutable`: it stays the hypervisor's. */
struct rmp_entry {
    uint64_t gpa; /* of this page of 4 KiB, also within an entry of 2 MiB */
    uint32_t asid;
    bool assigned; /* to the guest with this ASID, or with ASID 0 to the secure processor */
    bool size_2m;
    bool immutable; /* RMPUPDATE and the guest cannot change the entry */
    bool validated; /* by the guest */
    bool vmsa;
    bool in_use; /* a CPU runs the VMSA in it */
    uint8_t perms[RMP_VMPLS];
};

struct rmp_ops {
    void *ctx;
    /* The entries of `n` pages from `spa` on were changed: drop their translations from all TLBs.
     * The only place where this is asked for. May be NULL. */
    void (*changed)(void *ctx, uint64_t spa, uint64_t n);
};

struct rmp;

/* Make an RMP for `n` ranges, which must not overlap. All their pages belong to the hypervisor.
 * Return NULL if out of memory or if a range is empty or not aligned. It takes 16 bytes a page. */
struct rmp *rmp_new(const struct rmp_range *ranges, unsigned n, const struct rmp_ops *ops);
void rmp_free(struct rmp *rmp);
/* Give all pages back to the hypervisor (SNP_INIT with init_rmp). */
void rmp_clear(struct rmp *rmp);

/* Check that the RMP has an entry for the page at `spa`. */
bool rmp_covered(const struct rmp *rmp, uint64_t spa);
/* Return the entry of the page at `spa`; of a page that is not covered, that of the hypervisor. */
struct rmp_entry rmp_get(const struct rmp *rmp, uint64_t spa);
/* Replace the entry of the page at `spa`, as only the secure processor can. A page of 4 KiB within an
 * entry of 2 MiB is split off, as by PSMASH. in_use stays; an entry that is not assigned becomes all
 * zero but for `immutable`. Return false, and change nothing, if the page is not covered, if an address
 * or a permission is no valid one, if 2 MiB are not aligned or not covered, or if a page in use would
 * change its size. */
bool rmp_set(struct rmp *rmp, uint64_t spa, const struct rmp_entry *entry);
/* A CPU begins or ends to run the VMSA in the page at `spa`. */
void rmp_set_in_use(struct rmp *rmp, uint64_t spa, bool in_use);

/* --- accesses --- */

/* The first check that an access does not pass, in the order of the processor. */
enum rmp_check {
    RMP_PASSED,
    RMP_NOT_COVERED,  /* a private access to a page outside of the RMP */
    RMP_NOT_ASSIGNED, /* a private access to a page of the hypervisor */
    RMP_WRONG_ASID,
    RMP_WRONG_GPA, /* the guest is assigned the page at another guest address */
    RMP_IMMUTABLE_PAGE,
    RMP_WRONG_SIZE,
    RMP_NOT_VALIDATED, /* #VC 404h; all others are nested page faults */
    RMP_NO_PERMISSION, /* of this VMPL */
    RMP_GUEST_OWNED,   /* a shared write, or one of a device or a guest without SNP */
    RMP_CHECK_COUNT
};
/* Return the check in words: "the page is not validated". Never NULL. */
const char *rmp_check_words(enum rmp_check check);

struct rmp_access {
    uint32_t asid; /* of the guest; 0: a device or the hypervisor */
    bool snp;      /* the guest has SEV-SNP */
    uint8_t vmpl;
    bool private_; /* effective C-bit. Fetches and page walks are private whatever it says. */
    uint8_t needs; /* RMP_READ, RMP_WRITE, RMP_EXEC_*, RMP_SHADOW_STACK */
    uint64_t gpa;  /* any address in the page */
    bool leaf_2m;  /* the nested translation maps 2 MiB */
    bool walk;     /* of a page-table entry; with RMP_WRITE: of its accessed or dirty bit */
    bool user;     /* at CPL 3, for rmp_npf() */
};

/* Check an access to the page at `spa`. Changes and counts nothing. */
enum rmp_check rmp_check(const struct rmp *rmp, uint64_t spa, const struct rmp_access *access);
/* Return EXITINFO1 of the nested page fault for a check that failed, 0 for one that is none. */
uint64_t rmp_npf(enum rmp_check check, const struct rmp_access *access);
/* Count a fault that the caller raises for a check of rmp_check(). Instructions count theirs. */
void rmp_count_fault(struct rmp *rmp, enum rmp_check check);

/* --- instructions; each checks everything before it changes an entry --- */

/* An instruction of a guest raises a fault, or completes with EAX and CF. */
struct rmp_result {
    enum rmp_check
        fault; /* RMP_PASSED: complete. RMP_NOT_VALIDATED: #VC 404h. Else a nested fault. */
    enum rmp_error eax;
    bool cf; /* PVALIDATE: the page had this state before */
};

struct rmp_guest {
    uint32_t asid;
    uint8_t vmpl;
};

/* PVALIDATE, RMPADJUST and RMPQUERY of the page at `spa` that RAX translates to, which the guest sees
 * at `gpa`. The caller has checked privilege, mode and C-bit; and for PVALIDATE that the VMPL is 0
 * (else #GP). */
struct rmp_result rmp_pvalidate(struct rmp *rmp, const struct rmp_guest *guest, uint64_t spa,
                                uint64_t gpa, bool is_2m, bool validate);
/* `rdx`: target VMPL in 7:0, permissions in 15:8, VMSA in 16. */
struct rmp_result rmp_rmpadjust(struct rmp *rmp, const struct rmp_guest *guest, uint64_t spa,
                                uint64_t gpa, bool is_2m, uint64_t rdx);
/* `rdx` in: target VMPL in 7:0; out, if EAX is 0: as for RMPADJUST. `is_2m` out: size of the entry. */
struct rmp_result rmp_rmpquery(struct rmp *rmp, const struct rmp_guest *guest, uint64_t spa,
                               uint64_t gpa, uint64_t *rdx, bool *is_2m);

/* RMPUPDATE and PSMASH of the hypervisor, as EAX says. */
struct rmp_update {
    uint64_t gpa;
    uint32_t asid;
    bool assigned, size_2m, immutable;
};
enum rmp_error rmp_rmpupdate(struct rmp *rmp, uint64_t spa, const struct rmp_update *update);
enum rmp_error rmp_psmash(struct rmp *rmp, uint64_t spa);
/* Return a result in words: "FAIL_OVERLAP". Never NULL. */
const char *rmp_error_name(enum rmp_error error);

/* --- for people --- */

struct rmp_stats {
    uint64_t updates, psmashes, pvalidates, rmpadjusts; /* that changed an entry */
    uint64_t unchanged;                                 /* PVALIDATE with CF = 1 */
    uint64_t faults[RMP_CHECK_COUNT];
};
struct rmp_stats rmp_stats(const struct rmp *rmp);

/* Who owns a page, and what it is used for: the page states of the secure processor's firmware
 * (AMDESE/sev-tool src/rmp.h SNP_PAGE_STATE_*). */
enum rmp_state {
    RMP_STATE_HYPERVISOR,
    RMP_STATE_FIRMWARE,
    RMP_STATE_RECLAIM,
    RMP_STATE_CONTEXT,
    RMP_STATE_METADATA,
    RMP_STATE_PRE_GUEST,
    RMP_STATE_PRE_SWAP,
    RMP_STATE_GUEST_INVALID,
    RMP_STATE_GUEST_VALID,
    RMP_STATES
};
enum rmp_state rmp_state(const struct rmp_entry *entry);
/* "hypervisor", "guest-valid"; never NULL. */
const char *rmp_state_name(enum rmp_state state);

/* Pages that follow each other and whose entries are equal, but for the guest address. */
struct rmp_run {
    uint64_t spa, pages;
    struct rmp_entry entry; /* of the first page */
};
/* Set *run to the run after it; {0} is before the first one. Return false after the last one. */
bool rmp_next_run(const struct rmp *rmp, struct rmp_run *run);

/* Count the pages in each state. */
void rmp_count_states(const struct rmp *rmp, uint64_t pages[RMP_STATES]);

/* --- saved machines: runs of equal entries (rmp_save.c) --- */

/* Return the bytes that rmp_save() needs. */
size_t rmp_save_size(const struct rmp *rmp);
/* Write to `out`, which has `cap` bytes. Return the bytes written, 0 if `cap` is too small. */
size_t rmp_save(const struct rmp *rmp, uint8_t *out, size_t cap);
/* Check what rmp_save() wrote for an RMP with the same ranges. Return NULL if it is right, else an
 * error phrase. */
const char *rmp_check_saved(const struct rmp *rmp, const uint8_t *in, size_t len);
/* Restore what rmp_check_saved() has found right. */
void rmp_restore(struct rmp *rmp, const uint8_t *in, size_t len);

#ifdef __cplusplus
}
#endif

#endif
