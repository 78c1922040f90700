/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C-bit sanitizer: by which view was each 16-byte block of memory last written, and who looks
 * at it the other way?
 *
 * Real processors answer such an access with garbage (AMD64 APM vol. 2, SEV); here it is also
 * named. The sanitizer sees what hooks.h reports and costs nothing where a TLB entry has a host
 * pointer:
 *
 *   - A page that was only ever used through one view has one word of state: that view, and the
 *     store that opened it for writing. All of its blocks count as written by it.
 *   - A page that is used through both views is *mixed*: one bit and one writer for each 16-byte
 *     block, exact from then on, because a watched page gets no host pointers and each access to it
 *     arrives in san_touch(). When all its blocks were written through one view it is ordinary
 *     again.
 *   - A page that the CPU walks as a page table is watched for stores for as long as it is one.
 *
 * So a report of a block that nobody wrote at all is possible (its neighbours in the page were
 * written, through the other view): a guest that reads such memory sees garbage as well. No read of
 * a block that was written through the other view is missed, except in pages that were forgotten
 * for want of room (struct san_stats).
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

enum san_kind {
    SAN_SHARED_READ,   /* load through C=0 of what was written through C=1 */
    SAN_PRIVATE_READ,  /* load through C=1 of what was written through C=0 or by a device */
    SAN_FIRMWARE_READ, /* load through C=0 of what the launch measured or firmware wrote */
    SAN_DEVICE_READ,   /* a device reads what was written through C=1 */
    SAN_DEVICE_WRITE,  /* a device writes to a page that is mapped C=1 */
    SAN_FETCH,         /* an instruction is fetched (always private) that was written shared */
    SAN_WALK,          /* a page-table entry is walked (always private) that was written shared */
    SAN_TABLE_STORE,   /* store through C=0 to a page that is in use as a page table */
    SAN_STALE_TRANSLATION, /* access through a translation whose entry has another C-bit now */
    SAN_KINDS
};

/* Who made an access. */
enum san_by { SAN_BY_NOBODY, SAN_BY_CPU, SAN_BY_FIRMWARE, SAN_BY_DEVICE, SAN_BY_PSP };

struct san_who {
    uint64_t rip;  /* linear address of the instruction, for the CPU; where CPU 0 was, for others */
    uint64_t tick; /* emulated time */
    uint32_t cpu;
    uint8_t by; /* enum san_by */
    bool exact; /* false: the store that opened the page for writing, not every store to it */
};

struct san_report {
    enum san_kind kind;
    enum sev_access view; /* of the access */
    bool write;
    uint64_t paddr; /* the first byte of the access that is wrong */
    unsigned len;   /* of the whole access */
    struct san_who who, writer;
    uint64_t entry; /* SAN_STALE_TRANSLATION: physical address of the changed entry, else 0 */
};

struct san_ops {
    void *ctx;
    /* Who is accessing memory now: rip, tick, and SAN_BY_CPU or SAN_BY_FIRMWARE. `cpu` may be
     * SEV_HOOKS_NO_CPU. */
    void (*who)(void *ctx, unsigned cpu, struct san_who *who);
    /* The linear address that the CPU translated last. */
    uint64_t (*linear)(void *ctx, unsigned cpu);
    /* Does `linear` map the page at `paddr`, and privately, by the page tables as they are now? */
    bool (*private_now)(void *ctx, unsigned cpu, uint64_t linear, uint64_t paddr);
    /* The level at which the page at `paddr` is a page table below CR3 (1 = its entries map 4 KiB),
     * 0 if it is none. Slow, asked rarely. */
    unsigned (*table_level)(void *ctx, unsigned cpu, uint64_t paddr);
    /* 8 bytes of memory through C=1; false if there are none. */
    bool (*peek)(void *ctx, uint64_t paddr, uint64_t *value);
    /* Take the host pointers out of the TLB entries for data of `n` pages from `paddr` on, on all
     * CPUs; the translations stay. True if one of the entries was valid. */
    bool (*watch)(void *ctx, uint64_t paddr, uint64_t n);
    /* Something is wrong. Nothing but reading may happen here. */
    void (*report)(void *ctx, const struct san_report *report);
};

struct san;

/* Follows RAM below `ram_end`, a multiple of 4096; all accesses elsewhere are ignored. `cbit_mask`
 * as in hooks.h. NULL if out of memory. 40 bytes a page, and up to 26 MiB for mixed pages.
 */
struct san *san_new(uint64_t ram_end, uint64_t cbit_mask, const struct san_ops *ops);
void san_free(struct san *san);

/* --- what happens; the contracts are those of hooks.h --- */

/* After memory is in the wanted view. */
void san_access(struct san *san, unsigned cpu, uint64_t paddr, enum sev_access view,
                enum sev_why why, bool write);
/* Before the access is made. `data` is what will be stored, NULL for a load. */
void san_touch(struct san *san, unsigned cpu, uint64_t paddr, unsigned len, const void *data);
/* An instruction of `len` bytes was fetched and decoded. */
void san_decode(struct san *san, unsigned cpu, uint64_t paddr, unsigned len);
/* The page shall have no host pointer in a TLB entry for data. */
bool san_watched(const struct san *san, uint64_t paddr);
/* The secure processor accesses memory through a guest's key or as stored. Within one page. */
void san_psp(struct san *san, uint64_t paddr, unsigned len, enum sev_access view, bool write);

struct san_stats {
    uint32_t mixed;      /* pages with blocks now */
    uint64_t mixed_ever; /* and all in all */
    uint64_t touches;    /* accesses of watched pages */
    uint64_t forgotten;  /* pages whose blocks were given up for others */
};
struct san_stats san_stats(const struct san *san);

/* "shared-read-of-private" and so on; and one sentence on what it means. */
const char *san_kind_name(enum san_kind kind);
const char *san_kind_meaning(enum san_kind kind);
const char *san_by_name(enum san_by by);

#ifdef __cplusplus
}
#endif

#endif
