/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keys that sign attestation reports: VCEK, of one chip at one TCB, and VLEK, of one cloud provider
 * at one TCB.
 *
 * How AMD derives them is not public. Here they follow from the chip's id (or the provider's name),
 * the line of processors and the TCB alone, under a phrase that is public on purpose. So a key
 * distribution service for the model needs no database of chips: it can certify the key of every
 * chip, as AMD's can. It also means that everybody can sign a report of every model chip. That gives
 * nothing away that the public keys of the model's roots (root.h) do not.
 *
 * Source: NIST SP 800-108 (KDF in counter mode, HMAC-SHA-256); FIPS 186-5, A.2.1. The inputs are a
 * choice of this model.
 */
#ifndef PSP_VEK_H
#define PSP_VEK_H

#include <stdint.h>

#include "crypto.h"
#include "tcb.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VEK_CHIP_ID_SIZE 64 /* as in a report; of Turin's, the first 8 bytes count */

/* 0 or a negative errno. Wipe the key after use. */
int vek_chip_key(enum tcb_model model, const struct tcb *tcb,
                 const uint8_t chip_id[VEK_CHIP_ID_SIZE],
                 struct crypto_p384_key *key) CRYPTO_CHECKED;
int vek_loaded_key(enum tcb_model model, const struct tcb *tcb, const char *csp_id,
                   struct crypto_p384_key *key) CRYPTO_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
