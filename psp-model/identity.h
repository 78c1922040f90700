/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The identity of a chip: its id, the keys CEK, PEK, OCA and PDH, and their certificates; and the
 * operations that commands perform on them. There are no states and no status codes here: the
 * command bodies check whether a command is allowed.
 *
 * Source: AMDESE/sev-tool src/sevapi.h SEV_PLATFORM_STATE, sev_cert_chain_buf, SEV_USAGE, and
 * src/tests.cpp test_pek_gen(), test_pdh_gen(), test_pek_cert_import(): which command makes which
 * key anew. The API versions in the certificates are as in those of two real chips, virtee/sev
 * tests/naples and tests/rome.
 *
 * int results are 0 or a negative errno. A function that fails does not change the identity.
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
    bool owned;        /* externally owned: the private key of the OCA is not here */
    bool cek_unsigned; /* a new chip: the ASK has not signed the certificate of the CEK */
    uint8_t cek_salt[CRYPTO_SHA384_SIZE]; /* of that signature; zero once it is made */
    struct crypto_p384_key cek, oca, pek, pdh;
    struct cert cek_cert, oca_cert, pek_cert, pdh_cert;
};

/* The source of random bytes: psp_host.random and its ctx. */
struct identity_random {
    int (*fill)(void *ctx, void *buf, size_t len);
    void *ctx;
};

/* Make a new chip: id and CEK, then as identity_new_pek(). The CEK certificate is not signed yet:
 * identity_sign_cek(). */
int identity_create(struct identity *id, const struct identity_random *random, uint8_t api_major,
                    uint8_t api_minor) __attribute__((warn_unused_result));
/* Sign the certificate of the CEK with the model's ASK, unless that is done. The signature takes
 * longer than everything else, and few launches need it. So it is made when the certificate leaves
 * the processor: identity_chain() and nv_encode() call this. The salt is drawn with the CEK, so the
 * signature does not depend on when it is made. */
int identity_sign_cek(struct identity *id) __attribute__((warn_unused_result));
/* Make the platform self-owned, with a new OCA, PEK and PDH (PEK_GEN, FACTORY_RESET). Their
 * certificates carry api_major and api_minor, the version of the firmware. */
int identity_new_pek(struct identity *id, const struct identity_random *random, uint8_t api_major,
                     uint8_t api_minor) __attribute__((warn_unused_result));
/* Make a new PDH (PDH_GEN). */
int identity_new_pdh(struct identity *id, const struct identity_random *random)
    __attribute__((warn_unused_result));
/* Return the certificate of the PEK without signatures (PEK_CSR). */
void identity_csr(const struct identity *id, struct cert *csr);
/* Take the PEK certificate that an owner signed, and the certificate of that owner
 * (PEK_CERT_IMPORT). The platform is externally owned afterwards, OCA and CEK sign the PEK, and the
 * PDH is new.
 *   -EINVAL   not certificates, not an OCA, or not our PEK as the CSR had it (INVALID_CERTIFICATE)
 *   -EBADMSG  the OCA is not self-signed, or did not sign the PEK (BAD_SIGNATURE) */
int identity_import(struct identity *id, const struct identity_random *random,
                    const uint8_t pek[CERT_SIZE], const uint8_t oca[CERT_SIZE])
    __attribute__((warn_unused_result));

/* Write PEK || OCA || CEK (PDH_CERT_EXPORT); signs the certificate of the CEK. On failure `wire` is
 * not changed. */
int identity_chain(struct identity *id, uint8_t wire[CERT_CHAIN_SIZE])
    __attribute__((warn_unused_result));
/* Wipe everything. */
void identity_wipe(struct identity *id);

#endif
