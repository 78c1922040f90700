/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ID block of a SEV-SNP guest, in which its owner says what is to be launched, and the
 * structure that authenticates it: the ID key signs the block, and an author key may sign the ID
 * key. Read by the secure processor (SNP_LAUNCH_FINISH), made by the owner's tools.
 *
 * Source: AMDESE/sev-tool src/sevapi.h snp_launch_finish_id_block, snp_launch_finish_id_auth_page;
 * virtee/sev-snp-measure sevsnpmeasure/id_block.py.
 */
#ifndef PSP_ID_BLOCK_H
#define PSP_ID_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ID_BLOCK_SIZE             0x60u
#define ID_AUTH_SIZE              0x1000u
#define ID_KEY_SIZE               0x404u /* a public key on the wire: curve, x, y, zeros */
#define ID_BLOCK_VERSION          1u
#define ID_ALGO_ECDSA_P384_SHA384 1u

struct id_block {
    uint8_t launch_digest[CRYPTO_SHA384_SIZE];
    uint8_t family_id[16], image_id[16];
    uint32_t version, guest_svn;
    uint64_t policy;
};

void id_block_read(struct id_block *block, const uint8_t wire[ID_BLOCK_SIZE]);
void id_block_write(const struct id_block *block, uint8_t wire[ID_BLOCK_SIZE]);

/* Attestation reports name the keys by SHA-384 of their 404h bytes. */
struct id_digests {
    uint8_t id_key[CRYPTO_SHA384_SIZE];
    uint8_t author_key[CRYPTO_SHA384_SIZE]; /* zero without an author key */
};

enum id_verdict {
    ID_GOOD,
    ID_BAD_FORM,             /* a reserved byte is not zero, or the curve is not P-384 */
    ID_BAD_ALGORITHM,        /* not ECDSA P-384 with SHA-384 */
    ID_BAD_BLOCK_SIGNATURE,  /* the ID key did not sign the block */
    ID_BAD_AUTHOR_SIGNATURE, /* the author key did not sign the ID key */
    ID_FAILED,               /* the cryptographic library failed */
};

/* Check the authentication structure of a block in this order, and with `author` that of the ID key
 * too. Fill `digests` if it is good. */
enum id_verdict id_auth_check(const uint8_t auth[ID_AUTH_SIZE], const uint8_t block[ID_BLOCK_SIZE],
                              bool author, struct id_digests *digests);

/* Sign a block. `author` may be NULL. 0 or a negative errno. */
int id_auth_make(uint8_t auth[ID_AUTH_SIZE], const uint8_t block[ID_BLOCK_SIZE],
                 const struct crypto_p384_key *id_key,
                 const struct crypto_p384_key *author) CRYPTO_CHECKED;

/* The digests of the keys in an authentication structure. */
void id_auth_digests(const uint8_t auth[ID_AUTH_SIZE], bool author, struct id_digests *digests);

#ifdef __cplusplus
}
#endif
#endif
