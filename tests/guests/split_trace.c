/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An instruction across a page end whose fetch faults, in the place of Bochs's cache of decoded instructions where
 * another such instruction was. Then the first one's second page is written. Bochs 3.0 took the instructions of
 * an unrelated trace for those that the write changed, and executed nothing, for ever.
 *
 * Source: Bochs 3.0 cpu/icache.cc serveICacheMiss(), cpu/icache.h bxICache_c::handleSMC().
 */
#include "guest.h"

#define VA          0x40000000u
#define SAME_PLACE  16u /* pages: Bochs has 64 Ki entries, of which the address selects one */
#define PAGES       (SAME_PLACE + 2)
#define CODE_ACROSS (PAGE_4K - 2)

static uint8_t *ram;

static uint8_t *at(unsigned page)
{
    return (uint8_t *)(uintptr_t)VA + page * PAGE_4K;
}

/* MOV EAX, value; RET */
static void code(uint8_t *to, uint32_t value)
{
    to[0] = 0xb8;
    put32(to + 1, value);
    to[5] = 0xc3;
}

__attribute__((noinline)) static uint32_t run(const uint8_t *from)
{
    uint32_t result;

    __asm__ volatile("call *%1" : "=a"(result) : "r"(from) : "memory");
    return result;
}

static void fetch_fault(void)
{
    const struct fault f = try_exec(at(SAME_PLACE) + CODE_ACROSS);

    is((uint64_t)f.vector, 14, "an instruction whose second page is not there: #PF");
    is(read_cr2(), (uintptr_t)at(SAME_PLACE + 1), "CR2 is the second page");
}

/* All but at(2) is decoded the second time. */
static void once(unsigned i)
{
    is(run(at(0) + CODE_ACROSS), 1, "an instruction across a page end");
    fetch_fault();
    is(run(at(2) + 16 * i), 100 + i, "new code of another page");
    at(1)[64] = 1;
    is(run(at(2) + 16 * i), 100 + i, "it runs after a write to the second page of the instruction");
}

void guest_main(void)
{
    struct table t;

    trap_init();
    ram = page_alloc(PAGES + 1);
    t = table_new(4, 0, PAGE_2M * 32);
    for (unsigned page = 0; page <= PAGES; page++)
        if (page != SAME_PLACE + 1)
            table_map(&t, (uintptr_t)at(page), (uintptr_t)ram + page * PAGE_4K, PAGE_4K,
                      PTE_P | PTE_W);
    write_cr3(table_cr3(&t));
    code(at(0) + CODE_ACROSS, 1);
    at(SAME_PLACE)[CODE_ACROSS] = 0xb8;
    for (unsigned i = 0; i < 64; i++)
        code(at(2) + 16 * i, 100 + i);

    for (unsigned i = 0; i < 4; i++)
        once(i);
    done_testing();
}
