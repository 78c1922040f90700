/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory encryption engine: the keys of the ASIDs, and a page through one of them.
 *
 * Implements what AMD64 APM vol. 2, 15.34.1 and 7.10 say of it: AES-128, a key for each ASID,
 * tweaked by the system physical address, so that equal data differs from place to place and moved
 * ciphertext is no longer its plaintext. The mode is not published; here it is XTS with the 4 KiB
 * page as data unit (number: address / 4096), whose 16-byte blocks are as independent as a real
 * engine's. The tweak key is derived from the VEK: HMAC-SHA-256(VEK, "sev-mee-tweak"), first half.
 */
#ifndef CPU_EXT_MEE_H
#define CPU_EXT_MEE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MEE_PAGE_SIZE  4096u
#define MEE_BLOCK_SIZE 16u

/* Keys are loaded in slots 1..MEE_SLOTS, few enough for one byte a page. Slot 0 is "no key". */
#define MEE_SLOTS 254u
#define MEE_NONE  0u

struct mee;

/* NULL if out of memory. */
struct mee *mee_new(void);
/* Wipes the keys. NULL is fine. */
void mee_free(struct mee *mee);

/* Load the key of an ASID that has none. -EEXIST, -ENOSPC (all slots taken), -EINVAL (ASID 0), -EIO
 * (the cryptographic library failed). */
int mee_key_install(struct mee *mee, uint32_t asid, const uint8_t vek[16])
    __attribute__((warn_unused_result));
void mee_key_remove(struct mee *mee, uint32_t asid);

/* The slot of an ASID's key, MEE_NONE if it has none; and back. */
unsigned mee_slot(const struct mee *mee, uint32_t asid);
uint32_t mee_asid(const struct mee *mee, unsigned slot);

/* A page in place, from or to ciphertext; `spa` is where it stands (4 KiB aligned). `slot` has a
 * key. -EIO if the cryptographic library failed; the page is undefined then. */
int mee_encrypt(struct mee *mee, unsigned slot, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
    __attribute__((warn_unused_result));
int mee_decrypt(struct mee *mee, unsigned slot, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif

#endif
