/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keys that sign attestation reports; see vek.h.
 */
#include "vek.h"

#include <string.h>

static const char phrase[] = "SEV on Bochs: endorsement keys of a model, public on purpose";

/* Two blocks of HMAC(phrase, counter || label || 0 || line || TCB || owner || bits). */
static int derive(const char *label, enum tcb_model model, const struct tcb *tcb, const void *owner,
                  size_t owner_len, struct crypto_p384_key *key)
{
    enum { BLOCKS = 2 };
    static const uint8_t separator[1] = {0};
    uint8_t seed[BLOCKS * CRYPTO_SHA256_SIZE], counter[1], levels[8], bits[2];
    const struct crypto_piece pieces[] = {
        {counter, sizeof(counter)},
        {label, strlen(label)},
        {separator, sizeof(separator)},
        {tcb_model_name(model), strlen(tcb_model_name(model))},
        {separator, sizeof(separator)},
        {levels, sizeof(levels)},
        {owner, owner_len},
        {bits, sizeof(bits)},
    };
    uint64_t packed = tcb_pack(model, tcb);
    int err = 0;

    for (unsigned i = 0; i < sizeof(levels); i++)
        levels[i] = (uint8_t)(packed >> 8 * i);
    bits[0] = (uint8_t)(8 * CRYPTO_P384_SEED_SIZE);
    bits[1] = 8 * CRYPTO_P384_SEED_SIZE >> 8;
    for (unsigned i = 0; i < BLOCKS && !err; i++) {
        counter[0] = (uint8_t)(i + 1);
        err = crypto_hmac_sha256(phrase, sizeof(phrase) - 1, pieces,
                                 sizeof(pieces) / sizeof(pieces[0]), seed + i * CRYPTO_SHA256_SIZE);
    }
    if (!err)
        err = crypto_p384_from_seed(seed, key);
    crypto_wipe(seed, sizeof(seed));
    return err;
}

int vek_chip_key(enum tcb_model model, const struct tcb *tcb,
                 const uint8_t chip_id[VEK_CHIP_ID_SIZE], struct crypto_p384_key *key)
{
    return derive("VCEK", model, tcb, chip_id, tcb_chip_id_size(model), key);
}

int vek_loaded_key(enum tcb_model model, const struct tcb *tcb, const char *csp_id,
                   struct crypto_p384_key *key)
{
    return derive("VLEK", model, tcb, csp_id, strlen(csp_id), key);
}
