/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model's own roots; see root.h.
 */
#include "root.h"

#include <assert.h>
#include <string.h>

#include "root_keys.h"

#define ARK_ID "SEV-ON-BOCHS ARK"
#define ASK_ID "SEV-ON-BOCHS ASK"

static const uint8_t exponent[] = {0x01, 0x00, 0x01};

/* clang-format off */
static const struct crypto_rsa_private keys[] = {
    [ROOT_ARK]  = {{ark_n, exponent, sizeof(ark_n), sizeof(exponent)}, ark_p, ark_q, sizeof(ark_p)},
    [ROOT_ASK]  = {{ask_n, exponent, sizeof(ask_n), sizeof(exponent)}, ask_p, ask_q, sizeof(ask_p)},
    [ROOT_ASVK] = {{asvk_n, exponent, sizeof(asvk_n), sizeof(exponent)}, asvk_p, asvk_q, sizeof(asvk_p)},
};
/* clang-format on */

static_assert(sizeof(ark_n) == CERT_ROOT_KEY_SIZE && sizeof(ask_n) == CERT_ROOT_KEY_SIZE,
              "the model's roots are RSA of 4096 bits");

static void fill(struct cert_root *root, enum cert_usage usage, const char *id, const uint8_t *n,
                 const uint8_t *sig)
{
    *root = (struct cert_root){.usage = usage, .len = CERT_ROOT_KEY_SIZE};
    memcpy(root->key_id, id, sizeof(root->key_id));
    memcpy(root->certifying_id, ARK_ID, sizeof(root->certifying_id));
    memcpy(root->e + sizeof(root->e) - sizeof(exponent), exponent, sizeof(exponent));
    memcpy(root->n, n, sizeof(root->n));
    memcpy(root->sig, sig, sizeof(root->sig));
}

const struct crypto_rsa_private *root_private(enum root_key key)
{
    return &keys[key];
}

void root_ark(struct cert_root *ark)
{
    fill(ark, CERT_USAGE_ARK, ARK_ID, ark_n, ark_sig);
}

void root_ask(struct cert_root *ask)
{
    fill(ask, CERT_USAGE_ASK, ASK_ID, ask_n, ask_sig);
}

bool root_is_model(const struct cert_root *root)
{
    return root->len == CERT_ROOT_KEY_SIZE && (memcmp(root->n, ark_n, sizeof(ark_n)) == 0 ||
                                               memcmp(root->n, ask_n, sizeof(ask_n)) == 0);
}

int root_sign_cek(struct cert *cek, unsigned slot, const uint8_t salt[CRYPTO_SHA384_SIZE])
{
    uint8_t wire[CERT_SIZE], sig[CERT_SIG_SIZE];
    cert_write(cek, wire);
    int err =
        crypto_rsa_pss_sign(&keys[ROOT_ASK], CRYPTO_HASH_SHA384, wire, CERT_SIGNED_SIZE, salt, sig);
    if (err)
        return err;
    struct cert_signature *to = &cek->sig[slot];
    to->usage = CERT_USAGE_ASK;
    to->algo = CERT_ALGO_RSA_SHA384;
    for (unsigned i = 0; i < CERT_SIG_SIZE; i++)
        to->value[i] = sig[CERT_SIG_SIZE - 1 - i];
    return 0;
}
