/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AES-256-GCM; see gcm.h. Sources: NIST FIPS 197 (AES) and SP 800-38D (GCM).
 */
#include "gcm.h"

enum { BLOCK = 16, ROUNDS = 14, WORDS = 4 * (ROUNDS + 1) };

/* --- AES-256 --- */

static uint8_t sbox[256];
static uint8_t schedule[4 * WORDS];

/* Multiply in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
static uint8_t times(uint8_t a, uint8_t b)
{
    uint8_t r = 0;

    for (; b; b >>= 1) {
        r ^= b & 1 ? a : 0;
        a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
    }
    return r;
}

static void make_sbox(void)
{
    for (unsigned a = 0; a < 256; a++) {
        unsigned inverse = 0, bits;

        for (unsigned b = 1; b < 256 && a; b++)
            if (times((uint8_t)a, (uint8_t)b) == 1)
                inverse = b;
        /* The sum of five rotations of 8 bits. */
        bits = inverse ^ inverse << 1 ^ inverse << 2 ^ inverse << 3 ^ inverse << 4;
        sbox[a] = (uint8_t)(bits ^ bits >> 8 ^ 0x63);
    }
}

static void expand(const uint8_t key[32])
{
    uint8_t round = 1;

    if (!sbox[0])
        make_sbox();
    memcpy(schedule, key, 32);
    for (unsigned i = 8; i < WORDS; i++) {
        const uint8_t *before = schedule + 4 * (i - 1), *old = schedule + 4 * (i - 8);

        for (unsigned j = 0; j < 4; j++) {
            uint8_t v = before[i % 8 ? j : (j + 1) % 4];

            v = i % 4 ? v : sbox[v];
            schedule[4 * i + j] = old[j] ^ v ^ (i % 8 == 0 && j == 0 ? round : 0);
        }
        round = i % 8 == 0 ? times(round, 2) : round;
    }
}

static void encrypt_block(const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
    uint8_t s[BLOCK], t[BLOCK];

    for (unsigned i = 0; i < BLOCK; i++)
        s[i] = in[i] ^ schedule[i];
    for (unsigned round = 1; round <= ROUNDS; round++) {
        for (unsigned i = 0; i < BLOCK; i++) /* SubBytes and ShiftRows */
            t[i] = sbox[s[(i + 4 * (i % 4)) % BLOCK]];
        for (unsigned i = 0; i < BLOCK; i++) { /* MixColumns, but not in the last round */
            const uint8_t *c = t + i / 4 * 4;
            const unsigned j = i % 4;

            s[i] = round == ROUNDS ? t[i]
                                   : times(c[j], 2) ^ times(c[(j + 1) % 4], 3) ^ c[(j + 2) % 4] ^
                                         c[(j + 3) % 4];
            s[i] ^= schedule[BLOCK * round + i];
        }
    }
    memcpy(out, s, BLOCK);
}

/* --- GCM --- */

struct ghash {
    uint8_t h[BLOCK], sum[BLOCK];
};

/* sum = (sum + block) * h in GF(2^128), whose first bit is the highest of the first byte. */
static void ghash_block(struct ghash *g, const uint8_t block[BLOCK])
{
    uint8_t v[BLOCK], z[BLOCK] = {0};

    memcpy(v, g->h, BLOCK);
    for (unsigned i = 0; i < BLOCK; i++)
        g->sum[i] ^= block[i];
    for (unsigned bit = 0; bit < 128; bit++) {
        const unsigned last = v[BLOCK - 1] & 1;

        for (unsigned i = 0; i < BLOCK; i++)
            z[i] ^= g->sum[bit / 8] & 0x80 >> bit % 8 ? v[i] : 0;
        for (unsigned i = BLOCK - 1; i > 0; i--)
            v[i] = (uint8_t)(v[i] >> 1 | v[i - 1] << 7);
        v[0] = (uint8_t)(v[0] >> 1 ^ (last ? 0xe1 : 0));
    }
    memcpy(g->sum, z, BLOCK);
}

static void ghash_bytes(struct ghash *g, const uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len; at += BLOCK) {
        uint8_t block[BLOCK] = {0};

        memcpy(block, bytes + at, len - at < BLOCK ? len - at : BLOCK);
        ghash_block(g, block);
    }
}

static void counter_block(const uint8_t iv[12], uint32_t counter, uint8_t out[BLOCK])
{
    uint8_t in[BLOCK];

    memcpy(in, iv, 12);
    for (unsigned i = 0; i < 4; i++)
        in[12 + i] = (uint8_t)(counter >> (24 - 8 * i));
    encrypt_block(in, out);
}

static void crypt(const uint8_t iv[12], uint8_t *text, size_t len)
{
    uint8_t stream[BLOCK];

    for (size_t at = 0; at < len; at++) {
        if (at % BLOCK == 0)
            counter_block(iv, (uint32_t)(at / BLOCK) + 2, stream);
        text[at] ^= stream[at % BLOCK];
    }
}

/* The tag of a ciphertext. */
static void tag_of(const uint8_t iv[12], const uint8_t *aad, size_t aad_len, const uint8_t *text,
                   size_t len, uint8_t tag[GCM_TAG])
{
    struct ghash g = {{0}, {0}};
    uint8_t lengths[BLOCK];

    encrypt_block(g.h, g.h);
    ghash_bytes(&g, aad, aad_len);
    ghash_bytes(&g, text, len);
    for (unsigned i = 0; i < 8; i++) {
        lengths[i] = (uint8_t)((uint64_t)aad_len * 8 >> (56 - 8 * i));
        lengths[8 + i] = (uint8_t)((uint64_t)len * 8 >> (56 - 8 * i));
    }
    ghash_block(&g, lengths);
    counter_block(iv, 1, tag);
    for (unsigned i = 0; i < BLOCK; i++)
        tag[i] ^= g.sum[i];
}

void gcm_encrypt(const uint8_t key[32], const uint8_t iv[12], const uint8_t *aad, size_t aad_len,
                 uint8_t *text, size_t len, uint8_t tag[GCM_TAG])
{
    expand(key);
    crypt(iv, text, len);
    tag_of(iv, aad, aad_len, text, len, tag);
}

int gcm_decrypt(const uint8_t key[32], const uint8_t iv[12], const uint8_t *aad, size_t aad_len,
                uint8_t *text, size_t len, const uint8_t tag[GCM_TAG])
{
    uint8_t want[GCM_TAG];

    expand(key);
    tag_of(iv, aad, aad_len, text, len, want);
    if (memcmp(want, tag, GCM_TAG))
        return -1;
    crypt(iv, text, len);
    return 0;
}
