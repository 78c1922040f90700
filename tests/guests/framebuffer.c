/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: is the frame buffer memory of the host, whose bytes the CPU encrypts and decrypts through
 * C=1? Under KVM it is (QEMU hw/display/vga.c vga_common_init(), RAM of the host). The registers of the
 * adapter are not: VGA memory below 1 MiB and the local APIC read the same through both.
 *
 * Source: QEMU docs/specs/standard-vga.rst (the ports of the Bochs display interface); Linux
 * Documentation/arch/x86/amd-memory-encryption.rst.
 */
#include "guest.h"

#define FRAME_BUFFER 0xe0000000u /* of the adapter without PCI */
#define APIC         0xfee00000u

enum { VBE_XRES = 1, VBE_YRES, VBE_BPP, VBE_ENABLE };

static uint8_t *const through_key = (uint8_t *)(uintptr_t)0x60000000;
static uint8_t *const bus = (uint8_t *)(uintptr_t)0x60001000;
static uint8_t copy[PAGE_4K], other[PAGE_4K];

static void vbe(uint16_t index, uint16_t value)
{
    outw(0x1ce, index);
    outw(0x1cf, value);
}

static void show(void)
{
    vbe(VBE_ENABLE, 0);
    vbe(VBE_XRES, 640);
    vbe(VBE_YRES, 480);
    vbe(VBE_BPP, 32);
    vbe(VBE_ENABLE, 0x41); /* linear frame buffer */
}

static void map(uint64_t paddr)
{
    views_map(through_key, paddr, PTE_P | PTE_W | boot_cbit);
    views_map(bus, paddr, PTE_P | PTE_W);
    views_reload();
}

static void reads(void)
{
    fill(bus, PAGE_4K, 7);
    ok(filled(bus, PAGE_4K, 7), "C=0 reads what C=0 wrote");
    memcpy(copy, through_key, PAGE_4K);
    ok(!filled(copy, PAGE_4K, 7) && random_page(copy), "C=1 reads noise");
    memset(bus, 0x5a, PAGE_4K);
    memcpy(copy, through_key, PAGE_4K);
    ok(random_page(copy), "noise that depends on the address");
    ok(bus[0] == 0x5a && bus[PAGE_4K - 1] == 0x5a, "which changes nothing in the frame buffer");
}

static void writes(void)
{
    memset(bus, 0, PAGE_4K);
    fill(through_key, PAGE_4K, 9);
    memcpy(copy, through_key, PAGE_4K);
    ok(filled(copy, PAGE_4K, 9), "C=1 reads what C=1 wrote");
    memcpy(other, bus, PAGE_4K);
    ok(random_page(other), "the screen shows ciphertext");
    *(volatile uint16_t *)(through_key + 15) = 0x1234; /* two blocks */
    memcpy(copy, through_key, PAGE_4K);
    is(*(const volatile uint16_t *)(copy + 15), 0x1234, "a store to two blocks");
    memcpy(copy, bus, PAGE_4K);
    is(equal_blocks(copy, other, PAGE_4K), 254, "changes these two");
}

static void registers(void)
{
    map(APIC);
    is(*(volatile uint32_t *)(through_key + 0x30), *(volatile uint32_t *)(bus + 0x30),
       "a register of the local APIC is the same through both");
    vbe(VBE_ENABLE, 0);
    map(0xb8000);
    bus[0] = 'x';
    is(through_key[0], 'x', "VGA memory is the same through both");
}

void guest_main(void)
{
    trap_init();
    views_init();
    show();
    map(FRAME_BUFFER);
    reads();
    writes();
    registers();
    done_testing();
}
