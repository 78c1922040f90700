/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A page walk for observers: what the page tables say, with the C-bit of every level, without a
 * TLB, without A and D bits and without a fault.
 *
 * Implements AMD64 APM vol. 2: PAE, long mode, and the C-bit.
 */
#ifndef CPU_EXT_WALK_H
#define CPU_EXT_WALK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WALK_LEVELS 5u

struct walk_mode {
    uint64_t cr3;
    uint64_t cbit_mask;
    unsigned levels; /* 3 = PAE, 4 or 5 = long mode; 0 = paging without C-bits, or none */
};

/* Page tables as the CPU reads them, through C=1: `len` bytes within a page. False: no memory. */
struct walk_memory {
    void *ctx;
    bool (*read)(void *ctx, uint64_t paddr, void *buf, unsigned len);
};

struct walk_entry {
    uint64_t paddr; /* where it is */
    uint64_t value;
};

struct walk_result {
    bool present;
    bool is_private; /* by the leaf */
    uint64_t paddr;
    unsigned n;                           /* entries read */
    struct walk_entry entry[WALK_LEVELS]; /* from the top; the last one is the leaf */
};

/* Where `linear` goes. Without levels nothing is present. */
struct walk_result walk_linear(const struct walk_mode *mode, const struct walk_memory *memory,
                               uint64_t linear);

/* The level at which the page at `paddr` is a page table below CR3 (1 = its entries map 4 KiB), 0
 * if it is none. Looks at 8192 tables at most and says 0 then. */
unsigned walk_level(const struct walk_mode *mode, const struct walk_memory *memory, uint64_t paddr);

#ifdef __cplusplus
}
#endif

#endif
