/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory encryption engine: the keys of the ASIDs, and a page encrypted or decrypted with one
 * of them.
 *
 * Each guest has its own key (Linux Documentation/arch/x86/amd-memory-encryption.rst), and a tweak
 * makes equal pages at different addresses have different ciphertexts (Linux
 * Documentation/virt/kvm/api.rst KVM_MEMORY_ENCRYPT_REG_REGION). No document that we use gives the
 * mode. Here it is AES-128-XTS, and the data unit is the 4 KiB page with the number (system physical
 * address / 4096), whose 16-byte blocks are independent. The tweak key is derived from the VEK: the
 * first half of HMAC-SHA-256(VEK, "sev-mee-tweak"). Mode and derivation are choices of this model.
 */
#ifndef CPU_EXT_MEE_H
#define CPU_EXT_MEE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MEE_PAGE_SIZE  4096u
#define MEE_BLOCK_SIZE 16u

/* A key has an index from 1 to MEE_KEYS, so that one byte a page can hold it. 0 is "no key". */
#define MEE_KEYS   254u
#define MEE_NO_KEY 0u

struct mee;

/* Return NULL if out of memory, or if libgcrypt is too old. */
struct mee *mee_new(void);
/* Wipe the keys and free. NULL is allowed. */
void mee_free(struct mee *mee);

/* Load the key of an ASID that has none. Return 0, -EEXIST, -ENOSPC (all indices are used), -EINVAL
 * (ASID 0), or -EIO (libgcrypt failed). */
int mee_key_install(struct mee *mee, uint32_t asid, const uint8_t vek[16])
    __attribute__((warn_unused_result));
void mee_key_remove(struct mee *mee, uint32_t asid);

/* Return the index of an ASID's key, MEE_NO_KEY if it has none; and the ASID of an index, or 0. */
unsigned mee_key(const struct mee *mee, uint32_t asid);
uint32_t mee_asid(const struct mee *mee, unsigned key);

/* Encrypt or decrypt a page in place. `spa` is its system physical address (4 KiB aligned), and the
 * index `key` is in use. Return 0, or -EIO if libgcrypt failed: the page is undefined then. */
int mee_encrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
    __attribute__((warn_unused_result));
int mee_decrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif

#endif
