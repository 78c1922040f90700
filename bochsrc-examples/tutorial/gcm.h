/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AES-256-GCM for a guest without an operating system: short, and slow. Its time depends on the key, so do not take
 * it for anything but learning.
 */
#ifndef GCM_H
#define GCM_H

#include "kit.h"

#define GCM_TAG 16

/* Encrypt `len` bytes in place and compute the tag of them and of `aad`. */
void gcm_encrypt(const uint8_t key[32], const uint8_t iv[12], const uint8_t *aad, size_t aad_len,
                 uint8_t *text, size_t len, uint8_t tag[GCM_TAG]);

/* Decrypt in place. Return 0, or -1 with the text unchanged if the tag is wrong. */
int gcm_decrypt(const uint8_t key[32], const uint8_t iv[12], const uint8_t *aad, size_t aad_len,
                uint8_t *text, size_t len, const uint8_t tag[GCM_TAG]);

#endif
