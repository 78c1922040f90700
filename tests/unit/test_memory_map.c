/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/memory_map: what is at an address, and what each user of the map takes
 * there. The table below is the contract between the users: each of them asks the map with one of
 * these masks.
 *
 * Sources of the expectations: Bochs memory/misc_mem.cc BX_MEM_C::getHostMemAddr(),
 * memory/memory-bochs.h bx_translate_gpa_to_linear(), iodev/devices.cc bx_devices_c::init().
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "memory_map.h"

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static const struct memmap_config plain = {
    .ram_size = 6 * GIB,
    .rom_start = 0xffe00000,
    .flash_start = 0xffd80000,
    .flash_size = 0x80000,
    .ioapic = true,
    .hpet = true,
};

static struct memmap map;

static void make(uint64_t ram_size, bool moves_ram)
{
    struct memmap_config config = plain;

    config.ram_size = ram_size;
    config.moves_ram = moves_ram;
    assert_int_equal(memmap_init(&map, &config), 0);
}

/* --- addresses and users --- */

/* clang-format off */
enum user {
    PSP = 0x01, LAUNCH = 0x02, DMA = 0x04, ENCRYPTED = 0x08, FIRMWARE = 0x10, MEMORY = 0x20,
    RAM_USERS = PSP | LAUNCH | DMA | ENCRYPTED | MEMORY,
    SHADOW_USERS = LAUNCH | DMA | ENCRYPTED | FIRMWARE | MEMORY,
    ROM_USERS = LAUNCH | ENCRYPTED | FIRMWARE | MEMORY,
};

static const struct {
    uint64_t first, last;
    enum memmap_kind kind;
    unsigned users;
} table[] = {
    {0x000000000, 0x00009ffff, MEMMAP_KIND_RAM,          RAM_USERS},
    {0x0000a0000, 0x0000bffff, MEMMAP_KIND_ADAPTER,      0},
    {0x0000c0000, 0x0000fffff, MEMMAP_KIND_SHADOW,       SHADOW_USERS},
    {0x000100000, 0x0bfffffff, MEMMAP_KIND_RAM,          RAM_USERS},
    {0x0c0000000, 0x0dfffffff, MEMMAP_KIND_MMIO,         0},
    {0x0e0000000, 0x0e0ffffff, MEMMAP_KIND_FRAME_BUFFER, 0},
    {0x0e1000000, 0x0febfffff, MEMMAP_KIND_MMIO,         0},
    {0x0fec00000, 0x0fec00fff, MEMMAP_KIND_MMIO,         0}, /* I/O APIC */
    {0x0fec01000, 0x0fecfffff, MEMMAP_KIND_MMIO,         0},
    {0x0fed00000, 0x0fed00fff, MEMMAP_KIND_MMIO,         0}, /* HPET */
    {0x0fed01000, 0x0fedfffff, MEMMAP_KIND_MMIO,         0},
    {0x0fee00000, 0x0fee00fff, MEMMAP_KIND_MMIO,         0}, /* local APIC */
    {0x0fee01000, 0x0ffd7ffff, MEMMAP_KIND_MMIO,         0},
    {0x0ffd80000, 0x0ffdfffff, MEMMAP_KIND_FLASH,        0},
    {0x0ffe00000, 0x0ffffffff, MEMMAP_KIND_ROM,          ROM_USERS},
    {0x100000000, 0x17fffffff, MEMMAP_KIND_RAM,          RAM_USERS},
    {0x180000000, UINT64_MAX,  MEMMAP_KIND_NOTHING,      0},
};

static const struct {
    unsigned user, kinds;
} users[] = {
    {PSP, MEMMAP_PSP},             {LAUNCH, MEMMAP_PSP_LAUNCH},  {DMA, MEMMAP_DMA},
    {ENCRYPTED, MEMMAP_ENCRYPTED}, {FIRMWARE, MEMMAP_FIRMWARE}, {MEMORY, MEMMAP_MEMORY},
};
/* clang-format on */

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void addresses_and_users(void **state)
{
    (void)state;
    make(6 * GIB, false);
    memmap_set_frame_buffer(&map, 0xe0000000, 16 * MIB);
    for (size_t i = 0; i < N(table); i++) {
        assert_int_equal(memmap_kind(&map, table[i].first), table[i].kind);
        assert_int_equal(memmap_kind(&map, table[i].last), table[i].kind);
        for (size_t u = 0; u < N(users); u++) {
            const bool takes = table[i].users & users[u].user;
            const uint64_t len = table[i].last - table[i].first;

            assert_int_equal(memmap_all(&map, table[i].first, 1, users[u].kinds), takes);
            assert_int_equal(memmap_all(&map, table[i].last, 1, users[u].kinds), takes);
            assert_int_equal(memmap_all(&map, table[i].first, len, users[u].kinds), takes);
        }
    }
}

/* The map is the table: the same areas, in the same number of steps. */
static void few_steps(void **state)
{
    uint64_t at = 0;
    unsigned steps = 0;

    (void)state;
    make(6 * GIB, false);
    memmap_set_frame_buffer(&map, 0xe0000000, 16 * MIB);
    do {
        const struct memmap_area *area = memmap_at(&map, at);

        assert_int_equal(area->start, table[steps].first);
        assert_int_equal(area->last, table[steps].last);
        assert_true(area->name && *area->name);
        steps++;
        at = area->last + 1;
    } while (at);
    assert_int_equal(steps, N(table));
}

/* --- the shape of every map --- */

static void whole(void)
{
    uint64_t at = 0;

    assert_true(map.n <= MEMMAP_AREAS_MAX);
    for (unsigned i = 0; i < map.n; i++) {
        assert_int_equal(map.areas[i].start, at);
        assert_true(map.areas[i].last > at);
        assert_int_equal(at % MEMMAP_PAGE_SIZE, 0);
        at = map.areas[i].last + 1;
    }
    assert_int_equal(at, 0); /* after 2^64 - 1 */
}

static void no_gaps(void **state)
{
    static const uint64_t sizes[] = {1 * MIB,
                                     2 * MIB,
                                     512 * MIB,
                                     3 * GIB - MIB,
                                     3 * GIB,
                                     3 * GIB + MIB,
                                     4 * GIB,
                                     4 * GIB + MIB,
                                     0xfec00000,
                                     64 * GIB,
                                     INT64_MAX - MEMMAP_PAGE_SIZE + 1};
    (void)state;
    for (size_t i = 0; i < N(sizes); i++)
        for (unsigned moves = 0; moves < 2; moves++) {
            make(sizes[i], moves);
            whole();
            for (uint64_t at = 0; at < 4 * GIB + MIB; at += 0x77777000) {
                memmap_set_frame_buffer(&map, at, 16 * MIB);
                whole();
            }
        }
}

/* --- RAM --- */

static void ram_is(uint64_t ram_size, bool moves, uint64_t low, uint64_t high)
{
    make(ram_size, moves);
    assert_int_equal(map.low_ram_end, low);
    assert_int_equal(memmap_high_ram(&map), high);
    assert_true(memmap_all(&map, MEMMAP_1M, low - MEMMAP_1M, MEMMAP_PSP));
    assert_false(memmap_all(&map, low, 1, MEMMAP_PSP));
    assert_false(memmap_all(&map, low - 1, 2, MEMMAP_PSP));
    assert_int_equal(memmap_all(&map, MEMMAP_4G, 1, MEMMAP_PSP), high != 0);
    if (high)
        assert_true(memmap_all(&map, MEMMAP_4G, high, MEMMAP_PSP));
    assert_false(memmap_all(&map, MEMMAP_4G, high + 1, MEMMAP_PSP));
}

/* Bochs 3.0: RAM from C0000000h to 4 GiB is not in the map, because no firmware reports it. */
static void ram_in_place(void **state)
{
    (void)state;
    ram_is(512 * MIB, false, 512 * MIB, 0);
    ram_is(3 * GIB, false, 3 * GIB, 0);
    ram_is(7 * GIB / 2, false, 3 * GIB, 0);
    ram_is(4 * GIB, false, 3 * GIB, 0);
    ram_is(6 * GIB, false, 3 * GIB, 2 * GIB);
}

static void ram_moved(void **state)
{
    (void)state;
    ram_is(512 * MIB, true, 512 * MIB, 0);
    ram_is(3 * GIB, true, 3 * GIB, 0);
    ram_is(7 * GIB / 2, true, 3 * GIB, GIB / 2);
    ram_is(6 * GIB, true, 3 * GIB, 3 * GIB);
}

/* --- ranges --- */

static void ranges(void **state)
{
    (void)state;
    make(6 * GIB, false);
    assert_true(memmap_all(&map, 0x9f000, 0x1000, MEMMAP_PSP));
    assert_false(memmap_all(&map, 0x9f000, 0x1001, MEMMAP_PSP));
    assert_false(memmap_all(&map, 0, 2 * MIB, MEMMAP_PSP));
    assert_true(memmap_all(&map, MEMMAP_SHADOW, 2 * MIB, MEMMAP_DMA)); /* two areas */
    assert_false(memmap_all(&map, MEMMAP_SHADOW, 2 * MIB, MEMMAP_PSP));
    assert_true(memmap_all(&map, 0xa0000, 0, MEMMAP_PSP));
    assert_true(memmap_all(&map, 0, UINT64_MAX, 0xff));
    assert_true(memmap_all(&map, UINT64_MAX, 1, 0xff));
    assert_false(memmap_all(&map, UINT64_MAX, 2, 0xff));
    assert_true(memmap_all(&map, 1, UINT64_MAX, 0xff));
    assert_false(memmap_all(&map, 2, UINT64_MAX, 0xff));
    assert_true(memmap_all(&map, UINT64_MAX - 15, 16, 0xff));
}

/* --- frame buffer --- */

static void frame_buffer(void **state)
{
    (void)state;
    make(512 * MIB, false);
    memmap_set_frame_buffer(&map, 0x90000000, 16 * MIB); /* where Bochs's BIOS puts it */
    assert_int_equal(memmap_kind(&map, 0x90000000), MEMMAP_KIND_FRAME_BUFFER);
    memmap_set_frame_buffer(&map, 0xd0000000, 16 * MIB); /* the guest moves it */
    assert_int_equal(memmap_kind(&map, 0x90000000), MEMMAP_KIND_MMIO);
    assert_int_equal(memmap_kind(&map, 0xd0ffffff), MEMMAP_KIND_FRAME_BUFFER);
    assert_int_equal(memmap_kind(&map, 0xd1000000), MEMMAP_KIND_MMIO);
    memmap_set_frame_buffer(&map, 0, 0);
    assert_int_equal(memmap_kind(&map, 0xd0000000), MEMMAP_KIND_MMIO);
}

/* A guest may write anything into the register that holds the address. */
static void frame_buffer_elsewhere(void **state)
{
    static const struct {
        uint64_t start, size;
    } bad[] = {
        {0, 16 * MIB},          {0xa0000, 0x20000},     {0xbf800000, 16 * MIB},
        {0xfe800000, 16 * MIB}, {0xff800000, 16 * MIB}, {0xe0000800, 16 * MIB},
        {0xe0000000, 0x800},    {5 * GIB, 16 * MIB},    {UINT64_MAX - 0xfff, 0x2000},
    };
    (void)state;
    for (size_t i = 0; i < N(bad); i++) {
        make(6 * GIB, false);
        const struct memmap before = map;

        memmap_set_frame_buffer(&map, bad[i].start, bad[i].size);
        assert_int_equal(map.n, before.n);
        assert_int_equal(map.frame_buffer_size, 0);
        for (unsigned a = 0; a < map.n; a++)
            assert_int_equal(map.areas[a].last, before.areas[a].last);
    }
}

/* --- descriptions that are refused --- */

static void refused(struct memmap_config config)
{
    assert_int_equal(memmap_init(&map, &config), -EINVAL);
}

static void bad_descriptions(void **state)
{
    struct memmap_config c;

    (void)state;
    c = plain, c.ram_size = 0, refused(c);
    c = plain, c.ram_size = MIB - 0x1000, refused(c);
    c = plain, c.ram_size = 512 * MIB + 1, refused(c);
    c = plain, c.ram_size = UINT64_MAX - 0xfff, refused(c);
    c = plain, c.rom_start = 0xf0000, refused(c);
    c = plain, c.rom_start = 0xfeffffff, refused(c);
    c = plain, c.rom_start = 4 * GIB, refused(c);
    c = plain, c.flash_start = 0xfe000000, refused(c);
    c = plain, c.flash_size = 0x81000, refused(c);
    c = plain, c.flash_size = 0x7ffff, refused(c);
    c = plain, c.flash_start += 1, refused(c);
    c = plain, c.flash_size = UINT64_MAX - 0xfff, refused(c);
    c = plain, c.flash_size = 0, c.flash_start = 5;
    assert_int_equal(memmap_init(&map, &c), 0);
}

/* A ROM whose size is no multiple of the page size fills its first page, as Bochs's array does. */
static void odd_rom(void **state)
{
    struct memmap_config c = plain;

    (void)state;
    c.rom_start = 0xffe00804;
    assert_int_equal(memmap_init(&map, &c), 0);
    assert_int_equal(memmap_kind(&map, 0xffe00000), MEMMAP_KIND_ROM);
    whole();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_users),
        cmocka_unit_test(few_steps),
        cmocka_unit_test(no_gaps),
        cmocka_unit_test(ram_in_place),
        cmocka_unit_test(ram_moved),
        cmocka_unit_test(ranges),
        cmocka_unit_test(frame_buffer),
        cmocka_unit_test(frame_buffer_elsewhere),
        cmocka_unit_test(bad_descriptions),
        cmocka_unit_test(odd_rom),
    };

    return cmocka_run_group_tests_name("memory_map", tests, NULL, NULL);
}
