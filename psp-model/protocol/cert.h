/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SEV certificates: PDH, PEK, OCA, CEK, the owner's DH certificate and the CSR, all of one format;
 * and the format of the two roots, ASK and ARK. Shared by the secure processor and the owner's
 * tools.
 *
 *   PDH <- PEK <- OCA (self-signed)
 *             <- CEK <- ASK <- ARK (self-signed)
 *
 * Source: AMDESE/sev-tool src/sevapi.h sev_cert, sev_cert_chain_buf, SEV_USAGE, SEV_SIG_ALGO,
 * amd_cert; AMDESE/sev-tool src/sevcert.cpp SEVCert::verify_sev_cert().
 *
 * int results are 0, -EINVAL (malformed, or of a kind that the operation does not take), -EBADMSG
 * (no valid signature), or another negative errno.
 */
#ifndef PSP_CERT_H
#define PSP_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CERT_SIZE        2084
#define CERT_SIGNED_SIZE 0x414 /* version to public key: what signatures cover */
#define CERT_KEY_SIZE    1028
#define CERT_SIG_SIZE    512
/* What PDH_CERT_EXPORT writes beside the PDH: PEK || OCA || CEK. */
#define CERT_CHAIN_SIZE (3 * CERT_SIZE)

enum cert_usage {
    CERT_USAGE_ARK = 0x0000,
    CERT_USAGE_ASK = 0x0013,
    CERT_USAGE_INVALID = 0x1000, /* no signature */
    CERT_USAGE_OCA = 0x1001,
    CERT_USAGE_PEK = 0x1002,
    CERT_USAGE_PDH = 0x1003,
    CERT_USAGE_CEK = 0x1004,
};

enum cert_algo {
    CERT_ALGO_NONE = 0x000,
    CERT_ALGO_RSA_SHA256 = 0x001,
    CERT_ALGO_ECDSA_SHA256 = 0x002,
    CERT_ALGO_ECDH_SHA256 = 0x003,
    CERT_ALGO_RSA_SHA384 = 0x101,
    CERT_ALGO_ECDSA_SHA384 = 0x102,
    CERT_ALGO_ECDH_SHA384 = 0x103,
};

/* "PEK", "ECDSA-SHA256"; "?" if unknown. */
const char *cert_usage_name(uint32_t usage);
const char *cert_algo_name(uint32_t algo);

struct cert_signature {
    uint32_t usage, algo;         /* of the key that signed */
    uint8_t value[CERT_SIG_SIZE]; /* as on the wire: little endian R, S of 72 bytes, or RSA */
};

struct cert {
    uint8_t api_major, api_minor; /* of the firmware, see identity.h */
    uint32_t usage, algo;         /* of the key that it certifies */
    uint8_t key[CERT_KEY_SIZE];   /* as on the wire */
    struct cert_signature sig[2];
};

/* Decode. -EINVAL: version other than 1, reserved bytes not zero, or a usage, algorithm or key that
 * the format does not have (an EC key must be a point of P-384). Signatures are not verified. */
int cert_read(struct cert *cert, const uint8_t wire[CERT_SIZE]) __attribute__((warn_unused_result));
void cert_write(const struct cert *cert, uint8_t wire[CERT_SIZE]);

/* Make a certificate of a P-384 key without signatures: ECDH for a PDH, ECDSA otherwise. */
void cert_init(struct cert *cert, enum cert_usage usage, const struct crypto_p384_public *pub);
/* Get the P-384 key of a certificate; -EINVAL if it has another kind of key. */
int cert_public(const struct cert *cert, struct crypto_p384_public *pub)
    __attribute__((warn_unused_result));

/* Sign with ECDSA-SHA256 and the key of usage `signer`; `slot` is 0 or 1. */
int cert_sign(struct cert *cert, unsigned slot, enum cert_usage signer,
              const struct crypto_p384_key *key) __attribute__((warn_unused_result));
/* Check that one of the two signatures is a valid one by `parent`, which may be the same
 * certificate. */
int cert_verify(const struct cert *cert, const struct cert *parent)
    __attribute__((warn_unused_result));

/* EC signatures as other structures carry them (attestation report): R, S, 72 bytes little endian
 * each. Reading gives -EINVAL if a number is longer than 48 bytes. */
#define CERT_EC_SIG_SIZE 144
void cert_ec_sig_write(const struct crypto_p384_signature *sig, uint8_t wire[CERT_EC_SIG_SIZE]);
int cert_ec_sig_read(struct crypto_p384_signature *sig, const uint8_t wire[CERT_EC_SIG_SIZE])
    __attribute__((warn_unused_result));

/* ASK and ARK. RSA of 2048 bits with SHA-256 (first generation) or 4096 bits with SHA-384. */
#define CERT_ROOT_MAX      1600
#define CERT_ROOT_KEY_SIZE 512

struct cert_root {
    uint8_t key_id[16], certifying_id[16];
    uint32_t usage;                                       /* CERT_USAGE_ASK or CERT_USAGE_ARK */
    size_t len;                                           /* bytes of each number: 256 or 512 */
    uint8_t e[CERT_ROOT_KEY_SIZE], n[CERT_ROOT_KEY_SIZE]; /* big endian, `len` bytes used */
    uint8_t sig[CERT_ROOT_KEY_SIZE];
};

/* Decode the root at the start of `data`. Returns the number of its bytes (832 or 1600), or
 *   -EINVAL   malformed
 *   -ENODATA  `data` ends where the signature would begin: AMD published the ARK of its first chips
 *             without one (virtee/sev tests/naples/ark.cert.bad)
 * cert_root_write() returns the same number. */
long cert_root_read(struct cert_root *root, const void *data, size_t len)
    __attribute__((warn_unused_result));
size_t cert_root_write(const struct cert_root *root, uint8_t wire[CERT_ROOT_MAX]);
/* Check that `parent`, which may be the same one, signed `root`. */
int cert_root_verify(const struct cert_root *root, const struct cert_root *parent)
    __attribute__((warn_unused_result));
/* Check that `ask` signed `cert`, a CEK. */
int cert_verify_by_root(const struct cert *cert, const struct cert_root *ask)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
