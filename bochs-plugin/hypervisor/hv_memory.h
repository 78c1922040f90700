/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The hypervisor's own memory: pages in system physical space above all RAM of the guest, so that
 * command buffers change no byte of the guest. Pages exist from their allocation to their release.
 */
#ifndef SEV_HV_MEMORY_H
#define SEV_HV_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HV_PAGE_SIZE   4096u
#define HV_MEMORY_SIZE 0x400000u
#define HV_MEMORY_BASE (UINT64_C(0x1000000000) - HV_MEMORY_SIZE)

struct hv_memory {
    uint8_t *page[HV_MEMORY_SIZE / HV_PAGE_SIZE]; /* NULL: not allocated */
};

/* Allocate zeroed pages at consecutive addresses for `len` bytes, at least one page. Return the
 * address of the first, 0 if there is no room. */
uint64_t hv_memory_alloc(struct hv_memory *memory, size_t len) __attribute__((warn_unused_result));
/* The same at an address, a multiple of HV_PAGE_SIZE. Return false if a page there is allocated, or
 * if there is no memory. */
bool hv_memory_alloc_at(struct hv_memory *memory, uint64_t spa, size_t len)
    __attribute__((warn_unused_result));
/* Release the pages of an allocation of `len` bytes. Address 0 is allowed. */
void hv_memory_free(struct hv_memory *memory, uint64_t spa, size_t len);
void hv_memory_free_all(struct hv_memory *memory);

/* Check that all bytes of a range are allocated. */
bool hv_memory_valid(const struct hv_memory *memory, uint64_t spa, uint64_t len);
/* Copy from and to a valid range. */
void hv_memory_read(const struct hv_memory *memory, uint64_t spa, void *buf, size_t len);
void hv_memory_write(struct hv_memory *memory, uint64_t spa, const void *buf, size_t len);

#ifdef __cplusplus
}
#endif
#endif
