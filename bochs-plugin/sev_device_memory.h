/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory of the host in devices: a flash chip that reads as memory, and the frame buffer of the
 * display adapter. It is never encrypted by a launch, but the CPU decrypts what it reads through C=1.
 */
#ifndef BX_SEV_DEVICE_MEMORY_H
#define BX_SEV_DEVICE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memmap;
struct sev_device_memory;
struct sev_memory;

/* Never NULL. `memory` is NULL with encryption=none: then both values of the C-bit see the same. */
struct sev_device_memory *bx_sev_device_memory_new(struct memmap *memmap,
                                                   struct sev_memory *memory);
void bx_sev_device_memory_free(struct sev_device_memory *dm); /* NULL is allowed */

/* A translation of a page becomes valid, as the access hook of hooks.h says. After it no CPU has a
 * translation of the page with the other C-bit. */
void bx_sev_device_memory_access(struct sev_device_memory *dm, uint64_t spa, uint32_t flags);
/* Check that the CPUs' translations of the page have C=1. */
bool bx_sev_device_memory_private(const struct sev_device_memory *dm, uint64_t spa);

/* Change `len` bytes at `spa`, within a page, from what the device has to what an access through C=1
 * reads. `page` is the whole page that contains them, and is overwritten. */
void bx_sev_device_memory_decrypt(struct sev_device_memory *dm, uint64_t spa, unsigned len,
                                  void *data, uint8_t *page);

/* The same for the frame buffer. A write returns false if the CPUs access the page through C=0: the
 * device takes it as it is. */
void bx_sev_frame_buffer_read(struct sev_device_memory *dm, uint64_t spa, unsigned len, void *data);
bool bx_sev_frame_buffer_write(struct sev_device_memory *dm, uint64_t spa, unsigned len,
                               const void *data);

#endif
