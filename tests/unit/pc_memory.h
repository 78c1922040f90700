/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory map of a PC with this much RAM, for tests that need one.
 */
#ifndef TESTS_PC_MEMORY_H
#define TESTS_PC_MEMORY_H

#include <stdlib.h>

#include "memory_map.h"

static inline struct memmap pc_memory(uint64_t ram_size)
{
    const struct memmap_config config = {.ram_size = ram_size, .rom_start = 0xffe00000};
    struct memmap map;

    if (memmap_init(&map, &config))
        abort();
    return map;
}

#endif
