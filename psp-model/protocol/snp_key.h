/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys of SEV-SNP: the VCEK, which signs attestation reports; the key that wraps a VLEK for a chip;
 * keys that a guest asks for. AMD has not published how any of
 * them is derived: all derivations are choices of this model. They are NIST SP 800-108 in counter
 * mode over HMAC-SHA-384 (kdf.h), with these labels and contexts:
 *
 *   key          from                label          context
 *   chip secret  private key of CEK  snp-chip       chip id
 *   VCEK seed    "snp-model"         snp-vcek       line u8, TCB u64, chip id
 *   VLEK seed    "snp-csp"           snp-vlek       line u8, TCB u64, CSP id
 *   wrapping key chip secret         snp-vlek-wrap  none
 *   guest's key  root                snp-guest-key  see snp_key_derive()
 *
 * The VCEK follows from what a report says, and from nothing secret. So the model's key distribution
 * service (kds.h) can certify the VCEK of every chip, as AMD's can, and needs no storage of chips. It
 * also means that everybody can sign a report of every model chip; but with the private keys of the
 * model's roots, which are public on purpose (root.h), everybody can anyway.
 *
 * A VLEK belongs to a cloud service provider (CSP) and is the same on many chips. AMD's service gives it
 * out; in the model everybody can derive it, as everybody has the private keys of the model's roots.
 *
 * Source: virtee/sev src/firmware/guest/types/snp.rs DerivedKey, GuestFieldSelect; Linux
 * include/uapi/linux/psp-sev.h struct sev_user_data_snp_wrapped_vlek_hashstick, and for what its 432
 * bytes are COMMANDS.md.
 */
#ifndef PSP_SNP_KEY_H
#define PSP_SNP_KEY_H

#include <stdint.h>

#include "crypto.h"
#include "snp_report.h"
#include "tcb.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SNP_SECRET_SIZE    48u
#define SNP_GUEST_KEY_SIZE 32u
#define SNP_VLEK_SIZE      432u /* a wrapped VLEK */
#define SNP_VLEK_IV_SIZE   12u

/* What makes a chip one that signs. */
struct snp_chip {
    enum tcb_model model;
    uint8_t id[SNP_CHIP_ID_SIZE]; /* Turin: 8 bytes, then zeros */
    uint8_t secret[SNP_SECRET_SIZE];
};

/* The chip with this id whose CEK has this private key; 0 or a negative errno, like all below. */
int snp_chip_init(struct snp_chip *chip, enum tcb_model model, const uint8_t id[SNP_CHIP_ID_SIZE],
                  const struct crypto_p384_key *cek) CRYPTO_CHECKED;
int snp_key_vcek(const struct snp_chip *chip, uint64_t tcb,
                 struct crypto_p384_key *key) CRYPTO_CHECKED;
int snp_key_vlek(enum tcb_model model, uint64_t tcb, const char *csp_id,
                 struct crypto_p384_key *key) CRYPTO_CHECKED;

/* Wrap a VLEK for a chip, and the other way. snp_vlek_unwrap(): -EBADMSG if it was not wrapped for this
 * chip or is damaged, -EINVAL if a reserved byte is not zero. */
int snp_vlek_wrap(const struct snp_chip *chip, const uint8_t iv[SNP_VLEK_IV_SIZE], uint64_t tcb,
                  const struct crypto_p384_key *key, uint8_t wrapped[SNP_VLEK_SIZE]) CRYPTO_CHECKED;
int snp_vlek_unwrap(const struct snp_chip *chip, const uint8_t wrapped[SNP_VLEK_SIZE],
                    uint64_t *tcb, struct crypto_p384_key *key) CRYPTO_CHECKED;

/* What a guest mixes into its key. A field that `select` leaves out is not part of it, whatever its
 * value. */
#define SNP_MIX_POLICY      0x01u
#define SNP_MIX_IMAGE_ID    0x02u
#define SNP_MIX_FAMILY_ID   0x04u
#define SNP_MIX_MEASUREMENT 0x08u
#define SNP_MIX_GUEST_SVN   0x10u
#define SNP_MIX_TCB         0x20u
#define SNP_MIX_MITIGATION  0x40u /* version 2 of the request */
#define SNP_MIX_ALL         0x7fu

enum snp_root { SNP_ROOT_VCEK, SNP_ROOT_VLEK, SNP_ROOT_VMRK };

struct snp_mix {
    enum snp_root root;
    uint64_t select; /* SNP_MIX_* */
    uint32_t vmpl;   /* always part of it */
    uint64_t policy;
    uint8_t image_id[16], family_id[16], measurement[48];
    uint32_t guest_svn;
    uint64_t tcb, mitigation;
};

/* Derive a key from the secret of `mix->root`: that of the chip, the private key of a VLEK, or a VMRK.
 * The context is: root u8, vmpl u32, select u64, then every selected field in the order of the bits,
 * numbers little endian. The root does not depend on a TCB: that is what SNP_MIX_TCB is for. */
int snp_key_derive(const struct snp_mix *mix, const void *secret, size_t secret_len,
                   uint8_t key[SNP_GUEST_KEY_SIZE]) CRYPTO_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
