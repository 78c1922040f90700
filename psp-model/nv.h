/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The chip's identity as bytes, for psp_host.nv_load/nv_store and for the 32 KiB buffer of INIT_EX.
 * The layout is a choice of this model: no document that we use has AMD's. Real firmware encrypts
 * it under a key of the chip. The model has no such key: whoever can read the file has the keys.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_init_ex and drivers/crypto/ccp/sev-dev.c
 * NV_LENGTH (purpose and size).
 *
 *   offset  bytes     content
 *   000h    8         magic "SEVBXNV\0"
 *   008h    4         version
 *   00Ch    4         number of bytes in all
 *   010h    4         flags, bit 0 = externally owned
 *   014h    12        zero
 *   020h    64        chip id
 *   060h    4 x 48    private keys: CEK, OCA, PEK, PDH
 *   120h    4 x 2084  certificates in the same order
 *           32        SHA-256 of all before
 */
#ifndef PSP_NV_H
#define PSP_NV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identity.h"

#define NV_SIZE         (0x120 + 4 * CERT_SIZE + 32)
#define NV_VERSION      1u
#define NV_INIT_EX_SIZE 0x8000 /* NV_LEN of INIT_EX; bytes after NV_SIZE are ignored */

/* Storage that was never written: all bytes 00h, or all FFh as Linux fills a new file. */
bool nv_blank(const void *data, size_t len);

/* 0, or a negative errno if an cek_unsigned identity cannot be sealed: `out` is as it was then. */
int nv_encode(const struct identity *id, uint8_t out[NV_SIZE]) __attribute__((warn_unused_result));

/* 0; -EINVAL damaged or not such data; -ENOTSUP of a newer version; or another negative errno. On
 * failure `id` is all zero and *reason, unless NULL, names the cause in words (static text). A
 * success means: checksum right, certificates well-formed and each for the private key beside it.
 */
int nv_decode(struct identity *id, const void *data, size_t len, const char **reason)
    __attribute__((warn_unused_result));

#endif
