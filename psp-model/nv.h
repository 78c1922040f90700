/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The chip's identity as bytes, for psp_host.nv_load/nv_store and for the 32 KiB buffer of INIT_EX.
 * The layout is ours: AMD's is not published. Real firmware encrypts it under a key of the chip;
 * the model has no such key, so whoever may read its state file knows its keys.
 *
 * Source: AMD pub. 55766, section 5.1 "INIT_EX" (size and purpose only).
 *
 *   0   8  magic "SEVBXNV\0"          c  4  bytes in all        20  64  chip id
 *   8   4  version                    10 4  flags (bit 0 owned) 60  4 x 48 private keys CEK OCA PEK
 * PDH 14 c  zero                120 4 x 2084 certificates, same order then 32 bytes SHA-256 of all
 * before
 */
#ifndef PSP_NV_H
#define PSP_NV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identity.h"

#define NV_SIZE         (0x120 + 4 * CERT_SIZE + 32)
#define NV_VERSION      1u
#define NV_INIT_EX_SIZE 0x8000 /* NV_LEN of INIT_EX: what follows NV_SIZE is not looked at */

/* Storage that was never written: all bytes 00h, or all FFh as Linux fills a new file. */
bool nv_blank(const void *data, size_t len);

/* 0, or a negative errno if an unsealed identity cannot be sealed: `out` is as it was then. */
int nv_encode(const struct identity *id, uint8_t out[NV_SIZE]) __attribute__((warn_unused_result));

/* 0; -EINVAL damaged or not such data; -ENOTSUP of a newer version; or another negative errno. On
 * failure `id` is all zero and *reason, unless NULL, names the cause in words (static text). A
 * success means: checksum right, certificates well-formed and each for the private key beside it.
 */
int nv_decode(struct identity *id, const void *data, size_t len, const char **reason)
    __attribute__((warn_unused_result));

#endif
