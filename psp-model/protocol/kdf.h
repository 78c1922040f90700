/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key derivations. That of SEV: NIST SP 800-108 in counter mode over HMAC-SHA-256, one block, 128 bits
 * out. Counter and length are 32-bit little endian here, which is AMD's reading of the standard.
 * That of this model's own keys: the same mode over HMAC-SHA-384, any length, with the big endian
 * numbers of the standard.
 *
 * Source: virtee/sev src/session/key.rs Key::derive(); NIST SP 800-108 (KDF in counter mode).
 */
#ifndef PSP_KDF_H
#define PSP_KDF_H

#include <stddef.h>
#include <stdint.h>

#define KDF_SIZE 16

/* out = HMAC(key, 1 || label || 00h || context || 128), first 16 bytes. `context` may be NULL with
 * length 0. 0 or a negative errno. */
int kdf_derive(const void *key, size_t key_len, const char *label, const void *context,
               size_t context_len, uint8_t out[KDF_SIZE]) __attribute__((warn_unused_result));

/* out = HMAC(key, 1 || label || 00h || context || bits) || HMAC(key, 2 || ...) ..., its first `len`
 * bytes. `context` may be NULL with length 0. 0 or a negative errno. */
int kdf_derive_sha384(const void *key, size_t key_len, const char *label, const void *context,
                      size_t context_len, uint8_t *out, size_t len)
    __attribute__((warn_unused_result));

#endif
