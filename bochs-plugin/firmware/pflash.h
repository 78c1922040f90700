/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A flash chip whose contents are a file: OVMF keeps its variables in it. Pure C.
 *
 * Behaves as the chip that OVMF expects, Intel's command set 1 as in QEMU hw/block/pflash_cfi01.c,
 * one byte wide with blocks of 4 KiB (hw/i386/pc_sysfw.c). Everything that the guest writes is
 * hostile.
 */
#ifndef SEV_PFLASH_H
#define SEV_PFLASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PFLASH_BLOCK 4096u
#define PFLASH_MAX   0x400000u /* bytes */

struct pflash;

/* Open and lock the file. Every change is written to it at once. If it cannot be read or written,
 * if its size is not a multiple of PFLASH_BLOCK up to PFLASH_MAX, or if another machine uses it,
 * return NULL and write one sentence to `error`. */
struct pflash *pflash_new(const char *path, char *error, size_t error_size);
void pflash_free(struct pflash *flash); /* NULL is allowed */
uint32_t pflash_size(const struct pflash *flash);

/* `len` is 1 to 8. Bytes past the end read as ones, and writes there are ignored. */
uint64_t pflash_read(const struct pflash *flash, uint32_t offset, unsigned len);
void pflash_write(struct pflash *flash, uint32_t offset, uint64_t value, unsigned len);

/* The chip reads as memory again. */
void pflash_reset(struct pflash *flash);
/* 0, or the errno of the last change that did not reach the file; asking forgets it. */
int pflash_trouble(struct pflash *flash);

/* For save and restore; any value may be restored. */
struct pflash_state {
    uint8_t command; /* that the chip is in; FFh = it reads as memory */
    uint8_t data;    /* the next write is data for it */
    uint8_t status;
};
struct pflash_state *pflash_state(struct pflash *flash);
uint8_t *pflash_contents(struct pflash *flash);
/* After the contents were replaced: all of them go to the file. */
void pflash_replaced(struct pflash *flash);

#ifdef __cplusplus
}
#endif
#endif
