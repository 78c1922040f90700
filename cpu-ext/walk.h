/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Page walks for observers: they read what the page tables say, with the C-bit of every level. They
 * use no TLB, set no A or D bit and raise no fault.
 *
 * No other file outside Bochs interprets paging entries. Sources of their layout: Bochs 3.0
 * cpu/paging.cc translate_linear_legacy(), translate_linear_PAE(), translate_linear_long_mode(), and
 * Linux arch/x86/include/asm/pgtable_types.h _PAGE_BIT_PRESENT to _PAGE_BIT_NX. The C-bit is taken
 * from the address bits (Linux arch/x86/include/asm/processor-flags.h CR3_ADDR_MASK).
 */
#ifndef CPU_EXT_WALK_H
#define CPU_EXT_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WALK_LEVELS     5u
#define WALK_ENTRY_SIZE 8u /* bytes of an entry that can have a C-bit */

/* How a CPU translates linear addresses. */
struct walk_mode {
    uint64_t cr3;
    uint64_t cbit_mask; /* the C-bit; 0 = there is none */
    /* 0: paging is off; 2: entries of 32 bits, which have no C-bit; 3: PAE; 4 or 5: long mode. */
    unsigned levels;
    bool pse; /* with 2 levels only: CR4.PSE, there are pages of 4 MiB */
};

/* Memory as the CPU reads page tables, through C=1. */
struct walk_memory {
    void *ctx;
    /* Read `len` bytes, all in one page. Return false if no memory is at `paddr`. */
    bool (*read)(void *ctx, uint64_t paddr, void *buf, unsigned len);
};

struct walk_entry {
    uint64_t paddr; /* address of the entry itself */
    uint64_t value;
    unsigned level; /* 1: entries of its table map 4 KiB */
    unsigned index; /* in its table */
};

struct walk_result {
    bool present;
    bool no_memory;  /* entry[n].paddr could not be read */
    bool is_private; /* the C-bit of the leaf; true where entries have none */
    uint64_t paddr;
    uint64_t size;                        /* bytes of the page */
    unsigned n;                           /* entries read; 0 with paging off */
    struct walk_entry entry[WALK_LEVELS]; /* from the top; the last one is the leaf if present */
};

/* Translate `linear`. With paging off it is present, private and its own physical address. The walk
 * ends at an entry that is not present or cannot be read. */
struct walk_result walk_linear(const struct walk_mode *mode, const struct walk_memory *memory,
                               uint64_t linear);

/* A page that the page tables map. */
struct walk_leaf {
    uint64_t linear; /* its first byte */
    uint64_t paddr;
    uint64_t size;
    bool is_private;
    struct walk_entry entry;
};

/* Return false to end the walk. */
typedef bool walk_visit(void *ctx, const struct walk_leaf *leaf);

/* Call `visit` for each page that holds a part of the linear addresses [first, last], in ascending
 * order. Tables that cannot be read are left out. Return false if `visit` ended the walk, or if it
 * ended after 8192 tables, because tables can point to each other without end. With paging off there
 * are no pages. */
bool walk_leaves(const struct walk_mode *mode, const struct walk_memory *memory, uint64_t first,
                 uint64_t last, walk_visit *visit, void *ctx);

/* Return the level at which the page at `paddr` is a page table below CR3 (1: its entries map
 * 4 KiB), 0 if it is none or was not found among the first 8192 tables. */
unsigned walk_level(const struct walk_mode *mode, const struct walk_memory *memory, uint64_t paddr);

/* --- one entry --- */

bool walk_entry_private(const struct walk_mode *mode, uint64_t value);
/* Return true if a store that replaces `before` by `after` changes the C-bit of a present entry and
 * leaves its address as it is. */
bool walk_cbit_changed(uint64_t cbit_mask, uint64_t before, uint64_t after);
/* Return the physical address of what an entry maps if that has `size` bytes. */
uint64_t walk_entry_target(uint64_t cbit_mask, uint64_t value, uint64_t size);
/* Return true if the entry maps a large page, unless its level is 1. There the bit means PAT. */
bool walk_entry_large(uint64_t value);
/* Return the bytes that one entry of 64 bits maps at a level. */
uint64_t walk_entry_size(unsigned level);

/* "PTE", "PDE", "PDPTE", "PML4E" or "PML5E". */
const char *walk_level_name(unsigned level);
/* Write the flags of an entry, one character each, "-" for those that are clear: "PW-AD G NX". Return
 * `text`. */
#define WALK_FLAGS_TEXT 12u
const char *walk_flags(const struct walk_mode *mode, uint64_t value, char text[WALK_FLAGS_TEXT]);

#ifdef __cplusplus
}
#endif

#endif
