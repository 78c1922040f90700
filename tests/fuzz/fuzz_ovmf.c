/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: OVMF's table of GUIDed structures in a firmware image.
 *
 * An area that is found is written in the image as it was read, and one that may be used lies in
 * RAM; a damaged table names no area.
 */
#include "fuzz.h"

#include <string.h>

#include "firmware/ovmf_area.h"
#include "pc_memory.h"

static void try_area(const struct ovmf_table *table, enum ovmf_kind kind, const uint8_t *data,
                     size_t size)
{
    const struct memmap memory = pc_memory(0x8000000);
    const struct ovmf_area *area = &table->areas[kind];
    uint8_t wire[8];
    char error[200] = "";
    bool usable = ovmf_area_find(table, kind, &memory, 176, error, sizeof(error));

    FUZZ_CHECK(usable == !*error);
    FUZZ_CHECK(!usable || (area->present && area->base && area->size >= 176 &&
                           memmap_all(&memory, area->base, area->size, MEMMAP_KIND_RAM)));
    for (unsigned i = 0; i < 4; i++) {
        wire[i] = (uint8_t)(area->base >> 8 * i);
        wire[4 + i] = (uint8_t)(area->size >> 8 * i);
    }
    FUZZ_CHECK(!area->present || memmem(data, size, wire, sizeof(wire)));
}

/* A SEV-ES reset block in the place of the table, before the last 32 bytes. */
static bool has_reset_block(const uint8_t *data, size_t size)
{
    static const uint8_t guid[16] = {0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
                                     0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e};

    return size >= 48 && memcmp(data + size - 48, guid, sizeof(guid)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ovmf_table table;
    bool damaged = ovmf_table_parse(&table, data, size) != NULL;

    FUZZ_CHECK(!damaged || table.present || has_reset_block(data, size));
    for (unsigned kind = 0; kind < OVMF_KINDS; kind++) {
        FUZZ_CHECK(!table.areas[kind].present || (table.present && !damaged));
        try_area(&table, (enum ovmf_kind)kind, data, size);
    }
    return 0;
}
