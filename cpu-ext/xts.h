/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AES-128-XTS (IEEE 1619) under one key that is kept ready, with libgcrypt.
 */
#ifndef CPU_EXT_XTS_H
#define CPU_EXT_XTS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XTS_KEY_SIZE 32u

struct xts;

/* `key` is the data key followed by the tweak key. Return NULL if out of memory, or if libgcrypt
 * failed: it refuses two equal keys, for example. */
struct xts *xts_new(const uint8_t key[XTS_KEY_SIZE]);
/* Wipe the key and free. NULL is allowed. */
void xts_free(struct xts *xts);

/* Encrypt or decrypt in place the data unit with the number `unit`. `len` is 16 bytes or more.
 * Return 0, or -EIO if libgcrypt failed: the data is undefined then. */
int xts_encrypt(struct xts *xts, uint64_t unit, void *data, size_t len)
    __attribute__((warn_unused_result));
int xts_decrypt(struct xts *xts, uint64_t unit, void *data, size_t len)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
