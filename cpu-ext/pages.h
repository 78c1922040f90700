/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The encrypted or decrypted state of every page: memory is really encrypted, at no cost where the
 * TLB hits.
 *
 * A page of RAM or ROM either holds raw memory contents, which is what accesses with C=0 see, or it
 * is kept decrypted with the key of one ASID, which is what accesses of that guest with C=1 see.
 * When an access needs another state, the page is converted in place (encrypted, decrypted, or
 * both) and every translation of it is dropped from the TLBs of all CPUs. So all valid translations
 * of a page agree with the state of the page. A conversion is a bijection of 16-byte blocks:
 * converting to and fro loses nothing.
 *
 * Which state an access needs is decided in Bochs (cpu-ext/bochs/sev.cc); the cipher is in mee.c.
 *
 * The owner of the memory numbers the pages: RAM by address / 4096, other storage after it. One
 * number is one piece of storage, also where two pieces (ROM and the RAM under it) have the same
 * address.
 */
#ifndef CPU_EXT_PAGES_H
#define CPU_EXT_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tlb_index.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEV_PAGE_SIZE 4096u

/* A page as its owner describes it. */
struct page {
    uint32_t number;
    uint64_t spa;  /* system physical address, 4 KiB aligned: the tweak of the encryption */
    uint8_t *host; /* its storage, SEV_PAGE_SIZE bytes */
};

struct pages_ops {
    void *ctx;
    /* Describe page `number`, which is below the number of pages. */
    struct page (*describe)(void *ctx, uint32_t number);
    /* The page was converted, or pages_drop() was called; its TLB entries are gone. Drop what else points into it: the fetch
     * window and the stack cache of each CPU. Decoded instructions may stay: they are made from
     * decrypted contents, and every write drops them. */
    void (*converted)(void *ctx, const struct page *page);
    /* The contents changed, but not by a CPU or a device: drop decoded instructions too. */
    void (*changed)(void *ctx, const struct page *page);
    struct tlb_index_ops tlb;
};

struct pages;

/* Make the state of `n` pages, which all hold raw memory contents. Return NULL if out of memory. It
 * takes one byte a page. */
struct pages *pages_new(uint32_t n, const struct pages_ops *ops);
/* Wipe the keys and free; memory stays as it is. NULL is allowed. */
void pages_free(struct pages *pages);

/* --- keys --- */

/* Load the key of an ASID. Return 0 or the error of mee_key_install(). */
int pages_key_install(struct pages *pages, uint32_t asid, const uint8_t vek[16])
    __attribute__((warn_unused_result));
/* Encrypt every page that is kept decrypted with the key of `asid`, then forget the key. Return 0,
 * or -EIO if a page could not be encrypted: it is filled with zeros then. */
int pages_key_remove(struct pages *pages, uint32_t asid) __attribute__((warn_unused_result));
/* Return the index of the ASID's key, 0 if it has none. */
uint8_t pages_key(const struct pages *pages, uint32_t asid);

/* Declare that the pages [first, first + n) are kept decrypted with the key of `asid` (0: hold raw
 * memory contents), without a change to a byte: this is memory at power-on. Return 0 or -ENOKEY. */
int pages_declare(struct pages *pages, uint32_t first, uint32_t n, uint32_t asid)
    __attribute__((warn_unused_result));

/* Declare that the pages that are kept decrypted with the key of `from` are decrypted with the key
 * of `to`. Their plaintext stays, so their ciphertext changes; pages with raw memory contents keep
 * their ciphertext. This is for a machine that runs before it has a key of its own. The caller
 * flushes all TLBs. Return 0 or -ENOKEY. */
int pages_rekey(struct pages *pages, uint32_t from, uint32_t to)
    __attribute__((warn_unused_result));

/* --- accesses --- */

/* Convert `page`, unless it is so already, to the state that an access through the key with the
 * index `key` needs (0: raw memory contents). `tlb_entry`, unless it is TLB_INDEX_NONE, will hold a
 * translation of the page. Return 0, or -EIO if the cipher failed: nothing changed, and the access
 * must not happen. */
int pages_access(struct pages *pages, const struct page *page, uint8_t key, uint32_t tlb_entry)
    __attribute__((warn_unused_result));
/* `tlb_entry` will hold a translation of a page that needs no conversion. */
void pages_translated(struct pages *pages, uint32_t number, uint32_t tlb_entry);
/* Drop all translations of a page, without a change to its state: its owner has changed. */
void pages_drop(struct pages *pages, uint32_t number);
/* One byte for each page: the index of the key that the page is kept decrypted with, 0 = raw memory
 * contents. The array is valid as long as `pages` is, and changes with every conversion. */
const uint8_t *pages_keys(const struct pages *pages);

/* Copy `len` bytes at `offset`, within the page, as an access through the key of `asid` sees them
 * (0: raw memory contents). Nothing changes. Return 0, -ENOKEY or -EIO. */
int pages_read(struct pages *pages, uint32_t asid, uint32_t number, unsigned offset, void *buf,
               unsigned len) __attribute__((warn_unused_result));
/* Store so. The page is in the state that the store needs then. */
int pages_write(struct pages *pages, uint32_t asid, uint32_t number, unsigned offset,
                const void *buf, unsigned len) __attribute__((warn_unused_result));

/* Encrypt or decrypt a copy of a page at `spa` with the key of the index `key`, which is in use: for
 * memory that its owner never converts. Return 0 or -EIO; the copy is undefined then. */
int pages_cipher(struct pages *pages, uint8_t key, uint64_t spa, uint8_t data[SEV_PAGE_SIZE],
                 bool encrypt) __attribute__((warn_unused_result));

/* --- save and restore: memory itself is saved as it is --- */

/* Return the number of bytes that pages_save() writes. */
size_t pages_save_size(const struct pages *pages);
/* `guest` is the ASID of the guest that runs. */
void pages_save(const struct pages *pages, uint32_t guest, uint8_t *out);
/* Take what pages_save() wrote for the same number of pages. The keys of all ASIDs that it names
 * must be loaded. Return 0, -EINVAL (not such a block, or of another size) or -ENOKEY; nothing
 * changed after an error. The caller flushes all TLBs. */
int pages_restore(struct pages *pages, const uint8_t *in, size_t len, uint32_t *guest)
    __attribute__((warn_unused_result));
/* Check what pages_restore() would check, but with the ASIDs for which `has_key` returns true
 * instead of the loaded keys. The result is the same. */
int pages_check(const struct pages *pages, const uint8_t *in, size_t len,
                bool (*has_key)(void *ctx, uint32_t asid), void *ctx)
    __attribute__((warn_unused_result));

/* --- for observers --- */

/* Return the ASID whose key the page is kept decrypted with, 0 = raw memory contents. */
uint32_t pages_asid(const struct pages *pages, uint32_t number);

struct pages_stats {
    uint64_t conversions;
    uint64_t failures; /* the cipher failed: a page was not converted, or not read or written */
};
struct pages_stats pages_stats(const struct pages *pages);

#ifdef __cplusplus
}
#endif

#endif
