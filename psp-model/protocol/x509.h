/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The X.509 certificates of SEV-SNP, byte for byte in the form in which AMD's key distribution
 * service (KDS) gives them out:
 *
 *   ARK            root of a line of processors, RSA-4096, signed by itself
 *   ASK, ASVK      for keys of chips and for loaded keys, RSA-4096, signed by the ARK
 *   VCEK           the key of one chip at one TCB, P-384, signed by the ASK
 *   VLEK           the key of a cloud provider at one TCB, P-384, signed by the ASVK
 *   CRL            revoked ASKs and ASVKs of a line, signed by the ARK
 *
 * The forms differ between lines: in the VCEK of Turin, the extension of the FMC's level is in place of
 * the fourth level, the chip's id has 8 bytes, and the parameters of the signature leave out the
 * trailer, which is the default.
 *
 * Source: AMD's certificates themselves: google/go-sev-guest verify/trust/ask_ark_*.pem (ARK, ASK and
 * ASVK of three lines), verify/testdata/vcek.testcer; virtee/sev tests/certs_data/vcek_milan.der,
 * vcek_turin.der. tests/unit/test_x509.c compares with them. Names of the extensions:
 * google/go-sev-guest kds/kds.go OidStructVersion and those after it; virtee/snpguest src/verify.rs
 * SnpOid. A VLEK and a CRL of AMD were not available: the order of a VLEK's extensions is that of a
 * VCEK, with CspID for HWID (kds.go kdsOidMapToExtensions()), and the CRL is the least that RFC 5280,
 * 5.1 and 5.2 ask for.
 */
#ifndef PSP_X509_H
#define PSP_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto.h"
#include "tcb.h"

#ifdef __cplusplus
extern "C" {
#endif

#define X509_MAX         2048 /* bytes of a certificate or CRL */
#define X509_RSA_SIZE    512  /* RSA-4096 */
#define X509_CHIP_ID_MAX 64
#define X509_CSP_ID_MAX  64

enum x509_kind { X509_ARK, X509_ASK, X509_ASVK, X509_VCEK, X509_VLEK };

struct x509_cert {
    enum x509_kind kind;
    enum tcb_model model; /* the line */
    uint64_t serial;
    int64_t not_before;                /* seconds since 1970; the kind says how long it is valid */
    const uint8_t *n;                  /* ARK, ASK, ASVK: the modulus, X509_RSA_SIZE bytes */
    const uint8_t *issuer;             /* ASK, ASVK: the modulus of the ARK */
    struct crypto_p384_public pub;     /* VCEK, VLEK: the key */
    struct tcb tcb;                    /* VCEK, VLEK: its levels */
    uint8_t chip_id[X509_CHIP_ID_MAX]; /* VCEK: tcb_chip_id_size() bytes of it */
    const char *csp_id;                /* VLEK: the provider's name, printable ASCII */
};

/* A CRL of one line. It names the ASK or the ASVK or none. */
struct x509_crl {
    enum tcb_model model;
    uint64_t number;
    int64_t this_update, next_update;
    const uint8_t *issuer; /* the modulus of the ARK */
    bool revoked;
    uint64_t revoked_serial;
};

/* Years that a certificate of the kind is valid. */
unsigned x509_years(enum x509_kind kind);

/* Write the part that is signed. Return its length, 0 if a value cannot be written (a date after the
 * year 9999, a CSP id that is too long or not printable). */
size_t x509_tbs(const struct x509_cert *cert, uint8_t tbs[X509_MAX]);
size_t x509_crl_tbs(const struct x509_crl *crl, uint8_t tbs[X509_MAX]);

/* Sign that part with RSASSA-PSS and write the whole. The salt is the SHA-384 of what is signed, so the
 * same certificate has the same bytes each time: a choice of this model. -ENOSPC if it does not fit in
 * X509_MAX bytes; errors of crypto_rsa_pss_sign(). */
int x509_sign(enum x509_kind kind, enum tcb_model model, const struct crypto_rsa_private *by,
              const uint8_t *tbs, size_t tbs_len, uint8_t out[X509_MAX],
              size_t *len) CRYPTO_CHECKED;
int x509_crl_sign(const struct crypto_rsa_private *by, const uint8_t *tbs, size_t tbs_len,
                  uint8_t out[X509_MAX], size_t *len) CRYPTO_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
