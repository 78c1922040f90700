/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys of SEV-SNP; see snp_key.h.
 */
#include "snp_key.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "buf.h"
#include "kdf.h"

#define CSP_ID_MAX  64u
#define CONTEXT_MAX 192u

/* The wrapped VLEK: offsets. The wrapped part is the private key, big endian, then zeros. */
#define STICK_RESERVED 0x00cu
#define STICK_WRAPPED  0x010u
#define STICK_TCB      0x190u
#define STICK_TAG      0x1a0u
#define WRAPPED_SIZE   (STICK_TCB - STICK_WRAPPED)

int snp_chip_init(struct snp_chip *chip, enum tcb_model model, const uint8_t id[SNP_CHIP_ID_SIZE],
                  const struct crypto_p384_key *cek)
{
    chip->model = model;
    memcpy(chip->id, id, sizeof(chip->id));
    return kdf_derive_sha384(cek->d, sizeof(cek->d), "snp-chip", chip->id, sizeof(chip->id),
                             chip->secret, sizeof(chip->secret));
}

/* A key pair from `secret`. */
static int key_pair(const void *secret, size_t secret_len, const char *label,
                    const struct buf *context, struct crypto_p384_key *key)
{
    uint8_t seed[CRYPTO_P384_SEED_SIZE];
    int err = kdf_derive_sha384(secret, secret_len, label, context->data, context->pos, seed,
                                sizeof(seed));

    if (!err)
        err = crypto_p384_from_seed(seed, key);
    crypto_wipe(seed, sizeof(seed));
    return err;
}

int snp_key_vcek(const struct snp_chip *chip, uint64_t tcb, struct crypto_p384_key *key)
{
    static const char root[] = "snp-model";
    uint8_t wire[CONTEXT_MAX];
    struct buf context = buf_writer(wire, sizeof(wire));

    buf_put8(&context, (uint8_t)chip->model);
    buf_put64(&context, tcb);
    buf_put(&context, chip->id, sizeof(chip->id));
    return key_pair(root, sizeof(root) - 1, "snp-vcek", &context, key);
}

int snp_key_vlek(enum tcb_model model, uint64_t tcb, const char *csp_id,
                 struct crypto_p384_key *key)
{
    static const char root[] = "snp-csp";
    uint8_t wire[CONTEXT_MAX];
    struct buf context = buf_writer(wire, sizeof(wire));

    if (strlen(csp_id) > CSP_ID_MAX)
        return -EINVAL;
    buf_put8(&context, (uint8_t)model);
    buf_put64(&context, tcb);
    buf_put(&context, csp_id, strlen(csp_id));
    return key_pair(root, sizeof(root) - 1, "snp-vlek", &context, key);
}

/* --- wrapping a VLEK ------------------------------------------------------------------------- */

static int wrapping_key(const struct snp_chip *chip, uint8_t key[CRYPTO_AES256_SIZE])
{
    return kdf_derive_sha384(chip->secret, sizeof(chip->secret), "snp-vlek-wrap", NULL, 0, key,
                             CRYPTO_AES256_SIZE);
}

int snp_vlek_wrap(const struct snp_chip *chip, const uint8_t iv[SNP_VLEK_IV_SIZE], uint64_t tcb,
                  const struct crypto_p384_key *key, uint8_t wrapped[SNP_VLEK_SIZE])
{
    struct buf b = buf_writer(wrapped, SNP_VLEK_SIZE);
    uint8_t wrapping[CRYPTO_AES256_SIZE];
    int err = wrapping_key(chip, wrapping);

    buf_put(&b, iv, SNP_VLEK_IV_SIZE);
    buf_fill(&b, 0, STICK_WRAPPED - STICK_RESERVED);
    buf_put(&b, key->d, sizeof(key->d));
    buf_fill(&b, 0, WRAPPED_SIZE - sizeof(key->d));
    buf_put64(&b, tcb);
    buf_fill(&b, 0, SNP_VLEK_SIZE - b.pos);
    assert(buf_done(&b));
    if (!err)
        err = crypto_aes256_gcm_seal(wrapping, iv, wrapped + STICK_TCB, STICK_TAG - STICK_TCB,
                                     wrapped + STICK_WRAPPED, WRAPPED_SIZE, wrapped + STICK_TAG);
    crypto_wipe(wrapping, sizeof(wrapping));
    if (err)
        crypto_wipe(wrapped, SNP_VLEK_SIZE);
    return err;
}

/* The reserved words of a wrapped VLEK. */
static bool reserved_zero(const uint8_t wrapped[SNP_VLEK_SIZE])
{
    struct buf before = buf_reader(wrapped + STICK_RESERVED, STICK_WRAPPED - STICK_RESERVED);
    struct buf after = buf_reader(wrapped + STICK_TCB + 8, STICK_TAG - STICK_TCB - 8);

    return buf_get_zero(&before, before.len) && buf_get_zero(&after, after.len);
}

int snp_vlek_unwrap(const struct snp_chip *chip, const uint8_t wrapped[SNP_VLEK_SIZE],
                    uint64_t *tcb, struct crypto_p384_key *key)
{
    uint8_t wrapping[CRYPTO_AES256_SIZE], plain[WRAPPED_SIZE];
    struct buf b = buf_reader(wrapped + STICK_TCB, 8);
    int err = reserved_zero(wrapped) ? wrapping_key(chip, wrapping) : -EINVAL;

    if (err)
        return err;
    memcpy(plain, wrapped + STICK_WRAPPED, sizeof(plain));
    err = crypto_aes256_gcm_open(wrapping, wrapped, wrapped + STICK_TCB, STICK_TAG - STICK_TCB,
                                 plain, sizeof(plain), wrapped + STICK_TAG);
    if (!err) {
        *tcb = buf_get64(&b);
        memcpy(key->d, plain, sizeof(key->d));
        err = crypto_p384_from_private(key);
    }
    crypto_wipe(wrapping, sizeof(wrapping));
    crypto_wipe(plain, sizeof(plain));
    return err;
}

/* --- keys of guests -------------------------------------------------------------------------- */

static void put_selected(struct buf *b, const struct snp_mix *mix)
{
    if (mix->select & SNP_MIX_POLICY)
        buf_put64(b, mix->policy);
    if (mix->select & SNP_MIX_IMAGE_ID)
        buf_put(b, mix->image_id, sizeof(mix->image_id));
    if (mix->select & SNP_MIX_FAMILY_ID)
        buf_put(b, mix->family_id, sizeof(mix->family_id));
    if (mix->select & SNP_MIX_MEASUREMENT)
        buf_put(b, mix->measurement, sizeof(mix->measurement));
    if (mix->select & SNP_MIX_GUEST_SVN)
        buf_put32(b, mix->guest_svn);
    if (mix->select & SNP_MIX_TCB)
        buf_put64(b, mix->tcb);
    if (mix->select & SNP_MIX_MITIGATION)
        buf_put64(b, mix->mitigation);
}

int snp_key_derive(const struct snp_mix *mix, const void *secret, size_t secret_len,
                   uint8_t key[SNP_GUEST_KEY_SIZE])
{
    uint8_t wire[CONTEXT_MAX];
    struct buf context = buf_writer(wire, sizeof(wire));

    buf_put8(&context, (uint8_t)mix->root);
    buf_put32(&context, mix->vmpl);
    buf_put64(&context, mix->select);
    put_selected(&context, mix);
    assert(buf_ok(&context));
    return kdf_derive_sha384(secret, secret_len, "snp-guest-key", wire, context.pos, key,
                             SNP_GUEST_KEY_SIZE);
}
