/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that a ROM that was launched is private memory. Through C=1 its code is readable and runs,
 * through C=0 it is ciphertext, whichever was read last. For a ROM that was not launched it is the
 * other way round, so its code is garbage.
 *
 * Arguments: unmeasured=1 (the VGA BIOS is not launched).
 *
 * Source: QEMU docs/system/i386/amd-memory-encryption.rst (LAUNCH_UPDATE_DATA encrypts the memory
 * region).
 */
#include "guest.h"

static uint8_t through_key[PAGE_4K], bus[PAGE_4K];

static void look(uint8_t *private_at, uint8_t *shared_at, uint64_t paddr, const char *name)
{
    views_map(private_at, paddr, PTE_P | PTE_W | boot_cbit);
    views_map(shared_at, paddr, PTE_P | PTE_W);
    memcpy(through_key, private_at, PAGE_4K);
    memcpy(bus, shared_at, PAGE_4K);
    is(equal_blocks(through_key, bus, PAGE_4K), 0, name);
    ok(random_page(bus) && !random_page(through_key), "  random through C=0, not so through C=1");
    ok(equal_blocks(through_key, private_at, PAGE_4K) == 256 &&
           equal_blocks(bus, shared_at, PAGE_4K) == 256,
       "  and it stays what it is");
}

/* A RET somewhere in the BIOS, after its page was looked at through C=0. */
static void run(const uint8_t *private_at, const uint8_t *shared_at)
{
    for (unsigned i = 0; i < PAGE_4K; i++)
        if (private_at[i] == 0xc3) {
            (void)*(const volatile uint8_t *)shared_at;
            is((uint64_t)try_exec(private_at + i).vector, (uint64_t)FAULT_NONE, "its code runs");
            (void)*(const volatile uint8_t *)shared_at;
            is((uint64_t)try_exec(shared_at + i).vector, (uint64_t)FAULT_NONE,
               "also without the C-bit");
            return;
        }
    skip("its code runs", "no RET in this page");
}

static void look_unmeasured(uint8_t *private_at, uint8_t *shared_at, uint64_t paddr)
{
    views_map(private_at, paddr, PTE_P | PTE_W | boot_cbit);
    views_map(shared_at, paddr, PTE_P | PTE_W);
    is(shared_at[0] | shared_at[1] << 8, 0xaa55, "through C=0 an unmeasured ROM is its image");
    ok(!random_page(shared_at) && random_page(private_at), "through C=1 it is garbage");
    run(private_at, shared_at); /* garbage, but a RET is a RET */
    is(shared_at[0] | shared_at[1] << 8, 0xaa55, "the image is as it was");
}

void guest_main(void)
{
    uint8_t *window = (uint8_t *)(uintptr_t)0x60000000;

    trap_init();
    views_init();
    if (argument("unmeasured", 0)) {
        look_unmeasured(window, window + PAGE_4K, 0xc0000);
        done_testing();
        return;
    }
    look(window, window + PAGE_4K, 0xfffff000, "the last page below 4 GiB: no block is the same");
    run(window, window + PAGE_4K);
    look(window + 2 * PAGE_4K, window + 3 * PAGE_4K, 0xffff0000, "the first of the last 64 KiB");
    run(window + 2 * PAGE_4K, window + 3 * PAGE_4K);
    look(window + 4 * PAGE_4K, window + 5 * PAGE_4K, 0xc0000, "the VGA BIOS");
    done_testing();
}
