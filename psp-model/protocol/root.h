/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model's own roots of trust: their keys, and ARK and ASK in the format of legacy SEV. The X.509
 * certificates with the same keys, for SEV-SNP, are in kds.h. The private keys are public on
 * purpose: everybody can compute them from the phrase in tests/interop/model_root.py. So a CEK that
 * chains to them proves that it came from a model of the secure processor, never that it came from
 * a chip. Their key ids say so: "SEV-ON-BOCHS ARK" and "SEV-ON-BOCHS ASK".
 *
 * Source: AMDESE/sev-tool src/sevapi.h amd_cert, AMD_SIG_USAGE (format). The keys are a choice of
 * this model.
 */
#ifndef PSP_ROOT_H
#define PSP_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "cert.h"

/* The ASVK signs keys that are loaded into a chip; legacy SEV has none. */
enum root_key { ROOT_ARK, ROOT_ASK, ROOT_ASVK };
const struct crypto_rsa_private *root_private(enum root_key key);

void root_ark(struct cert_root *ark);
void root_ask(struct cert_root *ask);
/* Return whether this root is the model's, by its key and not by its id. */
bool root_is_model(const struct cert_root *root);

/* Sign a CEK with the model's ASK into `slot`. `salt` is 48 random bytes. 0 or a negative errno. */
int root_sign_cek(struct cert *cek, unsigned slot, const uint8_t salt[CRYPTO_SHA384_SIZE])
    __attribute__((warn_unused_result));

#endif
