/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ID block and its authentication; see id_block.h.
 */
#include "id_block.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "buf.h"

/* The authentication structure: the parts, and what is reserved between them. */
#define AUTH_ID_ALGO     0x000u
#define AUTH_AUTHOR_ALGO 0x004u
#define AUTH_BLOCK_SIG   0x040u
#define AUTH_ID_KEY      0x240u
#define AUTH_ID_KEY_SIG  0x680u
#define AUTH_AUTHOR_KEY  0x880u

#define CURVE_P384  2u
#define NUMBER_SIZE 72u /* a number on the wire: little endian */

static const struct {
    uint16_t from, to;
    bool author; /* reserved only if there is an author key */
} reserved[] = {
    {AUTH_AUTHOR_ALGO + 4, AUTH_BLOCK_SIG, false},
    {AUTH_BLOCK_SIG + 2 * NUMBER_SIZE, AUTH_ID_KEY, false},
    {AUTH_ID_KEY + ID_KEY_SIZE, AUTH_ID_KEY_SIG, false},
    {AUTH_ID_KEY_SIG + 2 * NUMBER_SIZE, AUTH_AUTHOR_KEY, true},
    {AUTH_AUTHOR_KEY + ID_KEY_SIZE, ID_AUTH_SIZE, false},
};

/* --- the block ------------------------------------------------------------------------------- */

void id_block_read(struct id_block *block, const uint8_t wire[ID_BLOCK_SIZE])
{
    struct buf b = buf_reader(wire, ID_BLOCK_SIZE);

    buf_get(&b, block->launch_digest, sizeof(block->launch_digest));
    buf_get(&b, block->family_id, sizeof(block->family_id));
    buf_get(&b, block->image_id, sizeof(block->image_id));
    block->version = buf_get32(&b);
    block->guest_svn = buf_get32(&b);
    block->policy = buf_get64(&b);
    assert(buf_done(&b));
}

void id_block_write(const struct id_block *block, uint8_t wire[ID_BLOCK_SIZE])
{
    struct buf b = buf_writer(wire, ID_BLOCK_SIZE);

    buf_put(&b, block->launch_digest, sizeof(block->launch_digest));
    buf_put(&b, block->family_id, sizeof(block->family_id));
    buf_put(&b, block->image_id, sizeof(block->image_id));
    buf_put32(&b, block->version);
    buf_put32(&b, block->guest_svn);
    buf_put64(&b, block->policy);
    assert(buf_done(&b));
}

/* --- numbers, keys and signatures ------------------------------------------------------------ */

static void reverse(uint8_t *to, const uint8_t *from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = from[len - 1 - i];
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    struct buf b = buf_reader(bytes, len);

    return buf_get_zero(&b, len);
}

/* False: the number is longer than P-384's. */
static bool get_number(uint8_t number[CRYPTO_P384_SIZE], const uint8_t wire[NUMBER_SIZE])
{
    reverse(number, wire, CRYPTO_P384_SIZE);
    return is_zero(wire + CRYPTO_P384_SIZE, NUMBER_SIZE - CRYPTO_P384_SIZE);
}

static void put_number(uint8_t wire[NUMBER_SIZE], const uint8_t number[CRYPTO_P384_SIZE])
{
    memset(wire, 0, NUMBER_SIZE);
    reverse(wire, number, CRYPTO_P384_SIZE);
}

static bool key_form_ok(const uint8_t wire[ID_KEY_SIZE])
{
    struct buf b = buf_reader(wire, ID_KEY_SIZE);

    return buf_get32(&b) == CURVE_P384 &&
           is_zero(wire + 4 + 2 * NUMBER_SIZE, ID_KEY_SIZE - 4 - 2 * NUMBER_SIZE);
}

static void put_key(uint8_t wire[ID_KEY_SIZE], const struct crypto_p384_public *pub)
{
    struct buf b = buf_writer(wire, ID_KEY_SIZE);

    buf_fill(&b, 0, ID_KEY_SIZE);
    b = buf_writer(wire, ID_KEY_SIZE);
    buf_put32(&b, CURVE_P384);
    put_number(wire + 4, pub->x);
    put_number(wire + 4 + NUMBER_SIZE, pub->y);
}

static enum id_verdict verify(const uint8_t *key, const void *data, size_t len,
                              const uint8_t *signature, enum id_verdict bad)
{
    struct crypto_p384_signature sig;
    struct crypto_p384_public pub;
    int err;

    if (!get_number(pub.x, key + 4) || !get_number(pub.y, key + 4 + NUMBER_SIZE) ||
        !get_number(sig.r, signature) || !get_number(sig.s, signature + NUMBER_SIZE))
        return bad;
    err = crypto_p384_verify(&pub, CRYPTO_HASH_SHA384, data, len, &sig);
    if (!err)
        return ID_GOOD;
    return err == -EIO ? ID_FAILED : bad; /* a point that is not on the curve signed nothing */
}

static int sign(uint8_t *wire, const struct crypto_p384_key *key, const void *data, size_t len)
{
    struct crypto_p384_signature sig;
    int err = crypto_p384_sign(key, CRYPTO_HASH_SHA384, data, len, &sig);

    if (err)
        return err;
    put_number(wire, sig.r);
    put_number(wire + NUMBER_SIZE, sig.s);
    return 0;
}

/* --- the authentication ---------------------------------------------------------------------- */

static bool form_ok(const uint8_t auth[ID_AUTH_SIZE], bool author)
{
    for (unsigned i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if ((author || !reserved[i].author) &&
            !is_zero(auth + reserved[i].from, reserved[i].to - reserved[i].from))
            return false;
    }
    return key_form_ok(auth + AUTH_ID_KEY) && (!author || key_form_ok(auth + AUTH_AUTHOR_KEY));
}

static bool algorithms_ok(const uint8_t auth[ID_AUTH_SIZE], bool author)
{
    struct buf b = buf_reader(auth, ID_AUTH_SIZE);
    bool id_ok = buf_get32(&b) == ID_ALGO_ECDSA_P384_SHA384;

    return id_ok && (!author || buf_get32(&b) == ID_ALGO_ECDSA_P384_SHA384);
}

void id_auth_digests(const uint8_t auth[ID_AUTH_SIZE], bool author, struct id_digests *digests)
{
    memset(digests, 0, sizeof(*digests));
    crypto_digest(CRYPTO_HASH_SHA384, auth + AUTH_ID_KEY, ID_KEY_SIZE, digests->id_key);
    if (author)
        crypto_digest(CRYPTO_HASH_SHA384, auth + AUTH_AUTHOR_KEY, ID_KEY_SIZE, digests->author_key);
}

enum id_verdict id_auth_check(const uint8_t auth[ID_AUTH_SIZE], const uint8_t block[ID_BLOCK_SIZE],
                              bool author, struct id_digests *digests)
{
    const uint8_t *id_key = auth + AUTH_ID_KEY;
    enum id_verdict verdict;

    if (!algorithms_ok(auth, author))
        return ID_BAD_ALGORITHM;
    if (!form_ok(auth, author))
        return ID_BAD_FORM;
    verdict = verify(id_key, block, ID_BLOCK_SIZE, auth + AUTH_BLOCK_SIG, ID_BAD_BLOCK_SIGNATURE);
    if (verdict == ID_GOOD && author)
        verdict = verify(auth + AUTH_AUTHOR_KEY, id_key, ID_KEY_SIZE, auth + AUTH_ID_KEY_SIG,
                         ID_BAD_AUTHOR_SIGNATURE);
    if (verdict == ID_GOOD)
        id_auth_digests(auth, author, digests);
    return verdict;
}

int id_auth_make(uint8_t auth[ID_AUTH_SIZE], const uint8_t block[ID_BLOCK_SIZE],
                 const struct crypto_p384_key *id_key, const struct crypto_p384_key *author)
{
    struct buf b = buf_writer(auth, ID_AUTH_SIZE);
    int err;

    memset(auth, 0, ID_AUTH_SIZE);
    buf_put32(&b, ID_ALGO_ECDSA_P384_SHA384);
    buf_put32(&b, author ? ID_ALGO_ECDSA_P384_SHA384 : 0);
    put_key(auth + AUTH_ID_KEY, &id_key->pub);
    err = sign(auth + AUTH_BLOCK_SIG, id_key, block, ID_BLOCK_SIZE);
    if (err || !author)
        return err;
    put_key(auth + AUTH_AUTHOR_KEY, &author->pub);
    return sign(auth + AUTH_ID_KEY_SIG, author, auth + AUTH_ID_KEY, ID_KEY_SIZE);
}
