/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Encrypted memory: cpu-ext/pages.c over the memory and the TLBs of Bochs.
 */
#ifndef BX_SEV_MEMORY_H
#define BX_SEV_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"

struct rng;
struct sev_machine;
struct sev_memory;

/* Make it. An error ends Bochs with a message; the result is never NULL. */
struct sev_memory *bx_sev_memory_new(struct sev_machine *machine);
/* Call it after all ROMs were loaded (the display loads the VGA BIOS) and before the launch. */
void bx_sev_memory_power_on(struct sev_memory *memory, struct rng *rng);
void bx_sev_memory_free(struct sev_memory *memory);

/* The key callbacks of psp_host. 0 or a negative errno. */
int bx_sev_memory_key_install(struct sev_memory *memory, uint32_t asid, const uint8_t vek[16]);
void bx_sev_memory_key_remove(struct sev_memory *memory, uint32_t asid);

/* RAM and ROM as the PSP sees them: through the key of an ASID, with 0 raw memory contents. 0 or a
 * negative errno: -EFAULT (neither RAM nor ROM), -ENOKEY, -EIO (the cipher failed). */
int bx_sev_memory_read(struct sev_memory *memory, uint32_t asid, uint64_t spa, void *buf,
                       size_t len);
int bx_sev_memory_write(struct sev_memory *memory, uint32_t asid, uint64_t spa, const void *buf,
                        size_t len);

/* The access hook of hooks.h. */
struct sev_verdict bx_sev_memory_access(struct sev_memory *memory, unsigned cpu, uint64_t spa,
                                        uint32_t flags, void *tlb_entry);
/* In a host: give `cpu` the key of the guest `asid`, which it runs from now on, 0 = the host. Its TLBs are
 * flushed afterwards. */
void bx_sev_memory_vmrun(struct sev_memory *memory, unsigned cpu, uint32_t asid);
/* With SEV-SNP: let page walks read the page of RAM at `spa` without a call of the access hook, until
 * its translations are dropped the next time. */
void bx_sev_memory_allow_walks(struct sev_memory *memory, uint64_t spa);
/* Drop all translations of `n` pages from `spa` on, because their owner has changed. `for_code`: in the
 * course of a fetch or a page walk. */
void bx_sev_memory_drop(struct sev_memory *memory, uint64_t spa, uint64_t n, bool for_code);
/* Drop all translations of all CPUs. */
void bx_sev_memory_flush_tlbs(void);
/* Encrypt or decrypt a copy of a page through the key of an ASID (0: of the machine's guest), for
 * memory that is not converted in place. Return false if the cipher failed or the ASID has no key. */
bool bx_sev_memory_cipher(struct sev_memory *memory, uint32_t asid, uint64_t spa, uint8_t *page,
                          bool encrypt);
/* Fill the guest and the page-walk fast path of the contexts of all CPUs. After that, memory itself
 * changes the guest of the contexts in the hook table whenever the machine gets another key. */
void bx_sev_memory_contexts(const struct sev_memory *memory, struct sev_cpu *cpus);
/* The peek hook of hooks.h. */
bool bx_sev_memory_peek(struct sev_memory *memory, uint32_t asid, uint64_t spa, void *buf,
                        unsigned len);

/* Save and restore. Bochs saves RAM as it is; this is the rest: the contents of ROMs, the temporary
 * key, the states of pages. To restore, call forget(), which drops keys and states without a change
 * to memory, then psp_load(), then restore(). 0 or a negative errno. */
size_t bx_sev_memory_save_size(const struct sev_memory *memory);
void bx_sev_memory_save(const struct sev_memory *memory, uint8_t *out);
void bx_sev_memory_forget(struct sev_memory *memory);
int bx_sev_memory_restore(struct sev_memory *memory, const uint8_t *in, size_t len);
/* Check what bx_sev_memory_restore() would take, where `has_key` returns true for the ASIDs of the
 * saved guests. 0 or a negative errno. */
int bx_sev_memory_check(const struct sev_memory *memory, const uint8_t *in, size_t len,
                        bool (*has_key)(void *ctx, uint32_t asid), void *ctx);

/* Return the state of the page at `paddr` in `asid`: the ASID whose key it is kept decrypted with, or 0
 * for raw memory contents. Return false if no page has that address. */
bool bx_sev_memory_state(const struct sev_memory *mem, uint64_t paddr, uint32_t *asid);

struct bx_sev_memory_info {
    uint64_t conversions;
    uint64_t failures;                 /* the cipher failed */
    uint32_t asid;                     /* of the machine, 0 = not activated yet */
    uint32_t private_pages, raw_pages; /* of RAM, now */
};
void bx_sev_memory_info(const struct sev_memory *memory, struct bx_sev_memory_info *info);

#endif
