/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Page views: memory is really encrypted, at no cost on the TLB-hit path.
 *
 * A page of RAM (or ROM) stands in one of these views: as stored, which is what C=0 readers see, or
 * as one guest sees it through C=1. When somebody needs another view the page is transformed in
 * place and every translation of it is dropped, on all CPUs. Invariant: all valid translations of a
 * page agree with the view that it stands in. A transformation is a bijection of 16-byte blocks, so
 * nothing is ever lost by going to and fro.
 *
 * Implements AMD64 APM vol. 2, 15.34.5 (which view an access gets is decided in cbit.c and in
 * Bochs) over the engine in mee.c.
 *
 * Pages are numbered by the owner of the memory: RAM by address / 4096, other storage behind. Each
 * number is one piece of storage, even where two pieces (ROM and the RAM under it) share an
 * address.
 */
#ifndef CPU_EXT_VIEW_H
#define CPU_EXT_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tlb_index.h"
#include "hooks.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEV_PAGE_SIZE 4096u

struct pages_ops {
    void *ctx;
    /* The storage of a page, SEV_PAGE_SIZE bytes. Never NULL for a page below `pages`. */
    uint8_t *(*host)(void *ctx, uint32_t page);
    /* Its system physical address: the tweak of its encryption. */
    uint64_t (*spa)(void *ctx, uint32_t page);
    /* It stands in another view now; its TLB entries are gone. Drops what else points into it: the
     * fetch window and the stack cache of each CPU. Decoded instructions may stay: they are of the
     * private view, and a write through any view drops them as always. */
    void (*flipped)(void *ctx, uint32_t page);
    /* Its contents changed without a CPU's or device's doing: drop decoded instructions too. */
    void (*changed)(void *ctx, uint32_t page);
    struct tlb_index_ops tlb;
};

struct pages;

/* For `pages` pages, all as stored, and no running guest. NULL if out of memory. One byte a page.
 */
struct pages *pages_new(uint32_t pages, const struct pages_ops *ops);
/* Wipes the keys; memory stays as it stands. NULL is fine. */
void pages_free(struct pages *view);

/* --- keys and the running guest --- */

/* Load the key of an ASID; errors as mee_key_install(). */
int pages_key_install(struct pages *view, uint32_t asid, const uint8_t vek[16])
    __attribute__((warn_unused_result));
/* Put every page of that ASID back as stored, then forget the key. If it is the running guest's,
 * that guest sees ciphertext from now on. */
void pages_key_remove(struct pages *view, uint32_t asid);

/* Whose private view the CPUs' accesses mean; 0 or an ASID without a key: private is as stored. The
 * caller flushes all TLBs if that changes anything: the translations of the old guest do not agree
 * with the new one. */
void pages_guest_set(struct pages *view, uint32_t asid);
uint32_t pages_guest(const struct pages *view);

/* Declare what pages [first, first + n) hold to be the private data of `asid` (0: as stored)
 * without touching a byte: memory at power-on. -ENOKEY */
int pages_declare(struct pages *view, uint32_t first, uint32_t n, uint32_t asid)
    __attribute__((warn_unused_result));

/* Declare every page that stands in the view of one ASID to stand in that of another, and make the
 * second the running guest if the first was: such a page keeps the plaintext that it shows, its
 * ciphertext changes; pages that stand as stored keep their ciphertext. For a machine that runs
 * before it has a key of its own. The caller flushes all TLBs. -ENOKEY */
int pages_rekey(struct pages *view, uint32_t from, uint32_t to) __attribute__((warn_unused_result));

/* --- the hooks --- */

/* On return `page` stands in that view of the running guest, and `holder`, a TLB entry or
 * TLB_INDEX_NONE, is known to be about to hold a translation of it. */
void pages_access(struct pages *view, uint32_t page, enum sev_access wanted, uint32_t holder);
/* Which of the pages [first, first + n) stand as the running guest sees them, for Bochs to look at
 * by itself; valid as long as the view is. */
struct sev_settled pages_settled(const struct pages *view, uint32_t first, uint32_t n);
/* Copy `len` bytes from `offset` of the page as the running guest (or everybody else) sees them;
 * nothing changes. */
int pages_peek(struct pages *view, uint32_t page, enum sev_access wanted, unsigned offset,
               void *buf, unsigned len) __attribute__((warn_unused_result));

/* --- the secure processor's access: through the key of an ASID, or as stored (0); within a page,
 * any alignment. -ENOKEY if the ASID has no key, -EIO if the cryptographic library failed. --- */

int pages_read(struct pages *view, uint32_t asid, uint32_t page, unsigned offset, void *buf,
               unsigned len) __attribute__((warn_unused_result));
int pages_write(struct pages *view, uint32_t asid, uint32_t page, unsigned offset, const void *buf,
                unsigned len) __attribute__((warn_unused_result));

/* --- save and restore: memory itself is saved as it stands --- */

/* Bytes that pages_save() writes. */
size_t pages_save_size(const struct pages *view);
void pages_save(const struct pages *view, uint8_t *out);
/* Takes what pages_save() wrote for the same number of pages, after the keys of all ASIDs that it
 * names were loaded. -EINVAL (not such a block, or of another size), -ENOKEY; nothing changed then.
 * The caller flushes all TLBs. */
int pages_restore(struct pages *view, const uint8_t *in, size_t len)
    __attribute__((warn_unused_result));

/* --- what there is to see --- */

/* Whose private view a page stands in, 0 = as stored. */
uint32_t pages_asid(const struct pages *view, uint32_t page);
struct pages_stats {
    uint64_t flips;  /* transformations in place */
    uint32_t errors; /* of the cryptographic library: the page kept its old view */
};
struct pages_stats pages_stats(const struct pages *view);

#ifdef __cplusplus
}
#endif

#endif
