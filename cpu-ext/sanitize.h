/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C-bit sanitizer. It records with which C-bit each 16-byte block of memory was last written,
 * and reports each access that uses the other one. A real processor gives such an access ciphertext
 * or garbage (Linux Documentation/arch/x86/amd-memory-encryption.rst: the C-bit of the page table
 * says whether a page is encrypted; instruction pages and page tables are always private).
 *
 * The sanitizer sees the accesses that hooks.h reports. It costs nothing where a TLB entry has a host
 * pointer. There are three kinds of pages:
 *
 *   unmixed     All accesses so far had the same C-bit. One word of state: that C-bit, and the store
 *               for which the page was translated for writing. It counts as the writer of all blocks.
 *   mixed       Accesses with both values of the C-bit. One bit and one writer for each 16-byte block,
 *               exact from then on: TLB entries of the page have no host pointer, so each access
 *               reaches san_touch(). When all blocks were written with one C-bit, the page is unmixed
 *               again.
 *   page table  The CPU walks it. Stores to it are seen for as long as it is in use.
 *
 * Two consequences. A block that was never written can be reported, because its page counts as
 * written as a whole; a guest that reads it sees garbage too. No read of a block that was written
 * with the other C-bit is missed, except in pages that were dropped because the pool of mixed pages
 * was full (struct san_stats).
 */
#ifndef CPU_EXT_SANITIZE_H
#define CPU_EXT_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SAN_BLOCK_SIZE 16u

/* The kinds of findings. Page walks and instruction fetches are always private. */
enum san_kind {
    /* A load through C=0 of data that was written through C=1. */
    SAN_SHARED_READ,
    /* A load through C=1 of data that was written through C=0 or by a device. */
    SAN_PRIVATE_READ,
    /* A load through C=0 of data that the launch measured or that firmware wrote. */
    SAN_FIRMWARE_READ,
    /* A device reads data that was written through C=1. */
    SAN_DEVICE_READ,
    /* A device writes to a page that the guest maps with C=1. */
    SAN_DEVICE_WRITE,
    /* An instruction is fetched that was written through C=0. */
    SAN_FETCH,
    /* A page-table entry is walked that was written through C=0. */
    SAN_WALK,
    /* A store through C=0 to a page that is in use as a page table. */
    SAN_TABLE_STORE,
    /* An access through a translation whose entry has another C-bit now. */
    SAN_STALE_TRANSLATION,
    /* An access through C=1 to memory that the host has in a device: flash, a frame buffer. */
    SAN_HOST_MEMORY,
    /* A guest with SEV-ES sends an exit that needs a field of its GHCB, and the field's valid bit is
     * clear. */
    SAN_GHCB_FIELD,
    /* With SEV-SNP, san_snp_*(). A private access to a page that the guest has not validated. */
    SAN_NOT_VALIDATED,
    /* PVALIDATE of a page that the guest has validated before, and not given back since. */
    SAN_VALIDATED_TWICE,
    /* The hypervisor takes a page that the guest has validated and not given back. */
    SAN_PAGE_LOST,
    /* VMGEXIT with a GHCB whose page the guest has made private. */
    SAN_GHCB_PRIVATE,
    SAN_KINDS
};

/* Return true for the kinds of SEV-SNP, whose writer is the last PVALIDATE of the page. */
bool san_kind_snp(enum san_kind kind);

/* The source of an access. */
enum san_by {
    SAN_BY_NOBODY,
    SAN_BY_CPU,
    SAN_BY_FIRMWARE,
    SAN_BY_DEVICE,
    SAN_BY_PSP,
    SAN_BY_HYPERVISOR, /* the GHCB of a guest with SEV-ES */
};

struct san_who {
    uint64_t rip;  /* linear address of the instruction; of CPU 0 if no CPU made the access */
    uint64_t tick; /* emulated time */
    uint32_t cpu;
    uint8_t by; /* enum san_by */
    bool exact; /* false: the store for which the page was translated, not every store to it */
};

/* A field of a GHCB that an exit needs. */
struct san_ghcb_field {
    uint64_t gpa;    /* of the GHCB */
    uint16_t offset; /* of the field in it */
    uint8_t size;    /* bytes */
    const char *name;
    uint64_t exit;          /* SW_EXITCODE */
    const char *exit_words; /* the same in words */
};

/* A finding. */
struct san_report {
    enum san_kind kind;
    enum sev_access how; /* of the access */
    bool write;
    uint64_t paddr; /* the first byte of the access that is wrong */
    unsigned len;   /* of the whole access */
    struct san_who who, writer;
    uint64_t entry; /* SAN_STALE_TRANSLATION: physical address of the changed entry, else 0 */
    struct san_ghcb_field ghcb; /* SAN_GHCB_FIELD; else all zero */
};

struct san_ops {
    void *ctx;
    /* Fill in rip, tick and by (SAN_BY_CPU or SAN_BY_FIRMWARE) of the access that is made now. `cpu`
     * may be SEV_HOOKS_NO_CPU. */
    void (*who)(void *ctx, unsigned cpu, struct san_who *who);
    /* Return the linear address that the CPU translated last. */
    uint64_t (*linear)(void *ctx, unsigned cpu);
    /* Check that the page tables, as they are now, map `linear` to the page at `paddr` with C=1. */
    bool (*private_now)(void *ctx, unsigned cpu, uint64_t linear, uint64_t paddr);
    /* Return the level at which the page at `paddr` is a page table below CR3 (1: its entries map
     * 4 KiB), 0 if it is none. Slow, called rarely. */
    unsigned (*table_level)(void *ctx, unsigned cpu, uint64_t paddr);
    /* Read 8 bytes of memory through C=1. Return false if there is no memory. */
    bool (*peek)(void *ctx, uint64_t paddr, uint64_t *value);
    /* Remove the host pointers of all CPUs' TLB entries for data of `n` pages from `paddr` on; keep
     * the translations. Return true if one of the entries was valid. */
    bool (*watch)(void *ctx, uint64_t paddr, uint64_t n);
    /* Take a finding. The callback must not change memory. */
    void (*report)(void *ctx, const struct san_report *report);
};

struct san;

/* Check accesses to RAM below `ram_end`, a multiple of 4096; ignore all others. `cbit_mask` as in
 * hooks.h. Return NULL if out of memory. Needs 40 bytes a page, and up to 26 MiB for mixed pages. */
struct san *san_new(uint64_t ram_end, uint64_t cbit_mask, const struct san_ops *ops);
void san_free(struct san *san);

/* --- accesses, as hooks.h reports them --- */

/* Take an access after memory was converted for it. */
void san_access(struct san *san, unsigned cpu, uint64_t paddr, enum sev_access how,
                enum sev_why why, bool write);
/* Take an access to a watched page before it is made. `data` will be stored; NULL for a load. */
void san_touch(struct san *san, unsigned cpu, uint64_t paddr, unsigned len, enum sev_why why,
               const void *data);
/* Take an instruction of `len` bytes that was fetched and decoded. */
void san_decode(struct san *san, unsigned cpu, uint64_t paddr, unsigned len);
/* Return true if TLB entries for data of the page must have no host pointer. */
bool san_watched(const struct san *san, uint64_t paddr);
/* Take an access of the secure processor, within one page: private through a guest's key, shared to
 * raw memory contents. */
void san_psp(struct san *san, uint64_t paddr, unsigned len, enum sev_access how, bool write,
             enum san_by by);

/* Take an access of a CPU through C=1 to memory of the host in a device, which has no blocks here. */
void san_host_memory(struct san *san, unsigned cpu, uint64_t paddr, unsigned len, bool write);

/* Take a field without its valid bit. `cpu` executes the VMGEXIT now. The texts must live on. */
void san_ghcb_field(struct san *san, unsigned cpu, const struct san_ghcb_field *field);

/* --- SEV-SNP (sanitize_snp.c): does the guest validate each page once? ---
 *
 * A guest must remember which pages it has validated. If it validates a page again because an access
 * faulted, the hypervisor can replace the page by another one. */

/* Take a PVALIDATE of `n` pages from `paddr` on that completed with EAX = 0. `unchanged`: with CF = 1. */
void san_snp_pvalidate(struct san *san, unsigned cpu, uint64_t paddr, uint64_t n, bool validate,
                       bool unchanged);
/* The hypervisor took `n` pages, or their validation, from the guest. `cpu` executes the instruction
 * for which it did so: VMGEXIT, or an access. */
void san_snp_taken(struct san *san, unsigned cpu, uint64_t paddr, uint64_t n);
/* Take an access that raises #VC 404h. */
void san_snp_not_validated(struct san *san, unsigned cpu, uint64_t paddr, bool write);
/* Take a VMGEXIT with a GHCB at `paddr` whose page is assigned to the guest. */
void san_snp_ghcb(struct san *san, unsigned cpu, uint64_t paddr);

struct san_stats {
    uint32_t mixed;      /* mixed pages now */
    uint64_t mixed_ever; /* pages that became mixed so far */
    uint64_t touches;    /* accesses to watched pages */
    uint64_t forgotten;  /* mixed pages that were dropped because the pool was full */
};
struct san_stats san_stats(const struct san *san);

/* "shared-read-of-private" and so on; and one sentence about its effect. */
const char *san_kind_name(enum san_kind kind);
const char *san_kind_meaning(enum san_kind kind);
const char *san_by_name(enum san_by by);

#ifdef __cplusplus
}
#endif

#endif
