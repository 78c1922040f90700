/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What makes one chip this chip: its id, the keys CEK, PEK, OCA and PDH, and their certificates;
 * and the operations that commands perform on them. No states and no status codes here: whether a
 * command is allowed is decided by its handler.
 *
 * Source: AMDESE/sev-tool src/sevapi.h SEV_PLATFORM_STATE, sev_cert_chain_buf, SEV_USAGE. Which
 * command makes which key anew is a choice of this model where the names of the commands leave it
 * open.
 *
 * int results are 0 or a negative errno; a function that fails leaves the identity as it was.
 */
#ifndef PSP_IDENTITY_H
#define PSP_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/cert.h"
#include "protocol/crypto.h"

#define IDENTITY_CHIP_ID_SIZE 64 /* GET_ID, one socket */

struct identity {
    uint8_t chip_id[IDENTITY_CHIP_ID_SIZE];
    bool owned;    /* by an external owner: the OCA's private key is not here */
    bool unsealed; /* a new chip: the CEK's certificate still lacks the ASK's signature */
    uint8_t cek_salt[CRYPTO_SHA384_SIZE]; /* of that signature; zero once it is made */
    struct crypto_p384_key cek, oca, pek, pdh;
    struct cert cek_cert, oca_cert, pek_cert, pdh_cert;
};

/* Where random bytes come from: psp_host.random and its ctx. */
struct identity_random {
    int (*fill)(void *ctx, void *buf, size_t len);
    void *ctx;
};

/* A new chip: id and CEK, then identity_new_pek(). api_major, api_minor go into the PEK's
 * certificate. The chip is unsealed: identity_seal(). */
int identity_create(struct identity *id, const struct identity_random *random, uint8_t api_major,
                    uint8_t api_minor) __attribute__((warn_unused_result));
/* Sign the CEK's certificate with the model's ASK, unless that is done. It takes longer than all of
 * the rest and few launches look at it, so it is made when the certificate leaves the processor:
 * identity_chain() and nv_encode() see to it. The salt was drawn with the CEK, so the signature is
 * the same whenever it is made. */
int identity_seal(struct identity *id) __attribute__((warn_unused_result));
/* PEK_GEN and PLATFORM_RESET: self-owned with a new OCA, PEK and PDH. */
int identity_new_pek(struct identity *id, const struct identity_random *random, uint8_t api_major,
                     uint8_t api_minor) __attribute__((warn_unused_result));
/* PDH_GEN. */
int identity_new_pdh(struct identity *id, const struct identity_random *random)
    __attribute__((warn_unused_result));
/* PEK_CSR: the PEK's certificate without signatures. */
void identity_csr(const struct identity *id, struct cert *csr);
/* PEK_CERT_IMPORT of a CSR that an owner signed, and the owner's certificate: the platform is owned
 * from then on, the PEK signed by OCA and CEK. -EINVAL: not certificates, not
 * an OCA, or not our PEK as the CSR had it (INVALID_CERTIFICATE); -EBADMSG: the OCA is not
 * self-signed or did not sign the PEK (BAD_SIGNATURE). */
int identity_import(struct identity *id, const uint8_t pek[CERT_SIZE], const uint8_t oca[CERT_SIZE])
    __attribute__((warn_unused_result));

/* PDH_CERT_EXPORT: PEK || OCA || CEK. Seals the identity. On failure `wire` is as it was too. */
int identity_chain(struct identity *id, uint8_t wire[CERT_CHAIN_SIZE])
    __attribute__((warn_unused_result));
/* Wipe everything. */
void identity_wipe(struct identity *id);

#endif
