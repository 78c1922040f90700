/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of kernel hashes that a launch measures in place of the kernel itself: QEMU writes it
 * to guest memory for kernel-hashes=on, firmware compares kernel, initial RAM disk and command line
 * with it.
 *
 * Source: QEMU target/i386/sev.c struct SevHashTable, PaddedSevHashTable,
 * sev_add_kernel_loader_hashes().
 */
#ifndef PSP_KERNEL_HASHES_H
#define PSP_KERNEL_HASHES_H

#include <stdint.h>

#include "crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A header and three entries, padded with zeros to a multiple of 16. */
#define KERNEL_HASHES_SIZE 176

/* SHA-256 of each part. The command line counts with its terminating NUL; no initial RAM disk is
 * one of 0 bytes. */
struct kernel_hashes {
    uint8_t cmdline[CRYPTO_SHA256_SIZE], initrd[CRYPTO_SHA256_SIZE], kernel[CRYPTO_SHA256_SIZE];
};

void kernel_hashes_write(const struct kernel_hashes *hashes, uint8_t table[KERNEL_HASHES_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
