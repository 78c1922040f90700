/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that RAM is what the C-bit of the leaf entry says. Data that was written through C=1 is
 * ciphertext through C=0, and data that was written through C=0 is garbage through C=1, in 16-byte
 * blocks that depend on their address.
 *
 * Source: Linux Documentation/arch/x86/amd-memory-encryption.rst (data accesses use
 * the C-bit in long mode and PAE). That the physical address tweaks the encryption is what the
 * tests compare; how it does is a choice of this model.
 *
 * Arguments: cpu (the CPU that runs the test), leaf (1 or 2: size of the pages), real (1: start CPU
 * 1 and test its real mode).
 */
#include "guest.h"

static uint8_t plain[PAGE_4K], cipher[PAGE_4K], other[PAGE_4K];

static void ciphertext(void)
{
    fill(priv(0), PAGE_4K, 1);
    ok(filled(priv(0), PAGE_4K, 1), "data written through C=1 is read back through C=1");
    memcpy(plain, priv(0), PAGE_4K);
    memcpy(cipher, shr(0), PAGE_4K);
    is(equal_blocks(plain, cipher, PAGE_4K), 0, "through C=0 no block of it is the same");
    memset(priv(1), 0, PAGE_4K);
    ok(random_page(shr(1)), "a page of zeros looks random through C=0");
    ok(filled(priv(0), PAGE_4K, 1), "looking through C=0 changed nothing");
    memcpy(other, shr(0), PAGE_4K);
    is(equal_blocks(other, cipher, PAGE_4K), 256, "and what is there does not change");
    memset(priv(0), 0, PAGE_4K);
    fill(priv(0), PAGE_4K, 1);
    is(equal_blocks(shr(0), cipher, PAGE_4K), 256, "the same data gives the same ciphertext again");
}

static void address_bound(void)
{
    fill(priv(1), PAGE_4K, 1);
    is(equal_blocks(shr(1), cipher, PAGE_4K), 0, "the same data elsewhere is other ciphertext");
    for (unsigned at = 0; at < PAGE_4K; at += 16)
        memcpy(priv(1) + at, plain, 16);
    ok(random_page(shr(1)), "equal blocks of a page are other ciphertext, too");
    memcpy(shr(1), cipher, PAGE_4K);
    is(equal_blocks(priv(1), plain, PAGE_4K), 0, "ciphertext in another page is garbage");
    ok(random_page(priv(1)), "and looks random");
    memcpy(cipher + 32, cipher, 16);
    memcpy(shr(0), cipher, PAGE_4K);
    is(equal_blocks(priv(0), plain, PAGE_4K), 255, "ciphertext in another block is garbage");
    ok(memcmp(priv(0) + 32, plain, 16) != 0, "and not what it was in its own");
}

static void granularity(void)
{
    unsigned changed = 0;

    fill(priv(0), PAGE_4K, 1);
    memcpy(cipher, shr(0), PAGE_4K);
    priv(0)[0x123] ^= 0x40;
    memcpy(other, shr(0), PAGE_4K);
    is(equal_blocks(other, cipher, PAGE_4K), 255, "one bit through C=1 changes one block");
    for (unsigned i = 0; i < 16; i++)
        changed += other[0x120 + i] != cipher[0x120 + i];
    ok(changed >= 12, "all of it (%u of 16 bytes)", changed);
    priv(0)[0x123] ^= 0x40;
    is(equal_blocks(shr(0), cipher, PAGE_4K), 256, "and the bit back brings the block back");
}

static void shared_write(void)
{
    uint8_t block[16];

    shr(0)[0x200] ^= 1;
    is(equal_blocks(priv(0), plain, PAGE_4K), 255, "one bit through C=0: one block is garbage");
    memcpy(block, priv(0) + 0x200, 16);
    ok(memcmp(block, plain + 0x200, 16) != 0 && !memcmp(block, priv(0) + 0x200, 16),
       "it is that one, and stays what it is");
    shr(0)[0x200] ^= 1;
    is(equal_blocks(priv(0), plain, PAGE_4K), 256, "the ciphertext put back is the data again");
    fill(shr(2), PAGE_4K, 2);
    ok(filled(shr(2), PAGE_4K, 2), "data written through C=0 is read back through C=0");
    memcpy(other, priv(2), PAGE_4K);
    memcpy(plain, shr(2), PAGE_4K);
    ok(random_page(other) && equal_blocks(other, plain, PAGE_4K) == 0, "through C=1 it is garbage");
    memcpy(priv(2), other, PAGE_4K);
    ok(filled(shr(2), PAGE_4K, 2), "the garbage written back through C=1 is the data again");
}

/* Every size of access sees the same bytes. */
static void sizes(void)
{
    bool same = true;

    fill(priv(3), PAGE_4K, 3);
    memcpy(plain, priv(3), PAGE_4K);
    memcpy(cipher, shr(3), PAGE_4K);
    for (unsigned at = 0; at < PAGE_4K - 8; at += 3) {
        uint16_t w = *(volatile uint16_t *)(uintptr_t)(shr(3) + at);
        uint8_t first = *(volatile uint8_t *)priv(3);
        uint32_t d = *(volatile uint32_t *)(uintptr_t)(shr(3) + at);
        uint8_t second = *(volatile uint8_t *)(priv(3) + 1), b = shr(3)[at];

        same &= b == cipher[at] && !memcmp(&w, cipher + at, 2) && !memcmp(&d, cipher + at, 4) &&
                first == plain[0] && second == plain[1];
    }
    ok(same, "bytes, words and double words through C=0, C=1 between them: one ciphertext");
    for (unsigned at = 0; at < 64; at++) {
        (void)*(volatile uint8_t *)shr(3);
        priv(4)[at] = (uint8_t)(at * 5);
        (void)*(volatile uint8_t *)shr(4);
        *(volatile uint16_t *)(uintptr_t)(priv(4) + 64 + 2 * at) = (uint16_t)(at * 257);
        (void)*(volatile uint8_t *)shr(4);
        *(volatile uint32_t *)(uintptr_t)(priv(4) + 192 + 4 * at) = at * 65537;
    }
    for (unsigned at = 0; at < 64; at++) {
        uint16_t w;
        uint32_t d = get32(priv(4) + 192 + 4 * at);

        memcpy(&w, priv(4) + 64 + 2 * at, 2);
        same &= priv(4)[at] == (uint8_t)(at * 5) && w == (uint16_t)(at * 257) && d == at * 65537;
    }
    ok(same, "and all sizes are written through C=1 with C=0 between them");
}

/* Many pages, C=1 or C=0 by turns: more than one TLB set, in an order that does not repeat. */
static void many(void)
{
    uint32_t x = 12345;
    bool same = true;

    for (unsigned page = 8; page < 72; page++)
        fill(priv(page), 64, page);
    for (unsigned page = 8; page < 72; page++)
        memcpy(plain + (page - 8) * 32, shr(page), 32);
    for (unsigned i = 0; i < 5000; i++) {
        unsigned page = 8 + (x = x * 1664525 + 1013904223) / 0x4000000u;

        same &= x & 0x10000 ? filled(priv(page), 64, page)
                            : !memcmp(shr(page), plain + (page - 8) * 32, 32);
    }
    ok(same, "64 pages, 5000 looks through either: always what it should be");
}

/* VGA memory and the local APIC have no key. */
static void devices(void)
{
    uint8_t *vga = (uint8_t *)(uintptr_t)0x60000000, *vga_shared = vga + PAGE_4K;
    volatile uint32_t *apic = (volatile uint32_t *)(uintptr_t)0x60002000;
    volatile uint32_t *apic_private = (volatile uint32_t *)(uintptr_t)0x60003000;

    views_map(vga, 0xb8000, PTE_P | PTE_W | boot_cbit);
    views_map(vga_shared, 0xb8000, PTE_P | PTE_W);
    views_map((void *)(uintptr_t)apic, 0xfee00000, PTE_P | PTE_W);
    views_map((void *)(uintptr_t)apic_private, 0xfee00000, PTE_P | PTE_W | boot_cbit);
    fill(vga, 256, 9);
    ok(filled(vga_shared, 256, 9), "VGA memory written through C=1 reads the same through C=0");
    fill(vga_shared, 256, 10);
    ok(filled(vga, 256, 10), "and the other way round");
    ok(apic[0x30 / 4] != 0 && apic[0x30 / 4] == apic_private[0x30 / 4],
       "so does a register of the local APIC");
}

static void body(void *arg)
{
    (void)arg;
    ciphertext();
    address_bound();
    granularity();
    shared_write();
    sizes();
    many();
    devices();
}

/* The page that real mode reads is encrypted, and so is the code that it runs. */
static void real_mode(void)
{
    volatile uint8_t *code = (volatile uint8_t *)(uintptr_t)0x60004000;
    uint8_t *data = (uint8_t *)(uintptr_t)AP_REAL, *data_shared = (uint8_t *)(uintptr_t)0x60005000;

    views_map((void *)(uintptr_t)code, AP_PAGE, PTE_P | PTE_W);
    views_map(data_shared, AP_REAL, PTE_P | PTE_W);
    memset(data, 0, 32);
    fill(data, 16, 77);
    memcpy(cipher, data_shared, 32);
    if (!ok(ap_start(code), "the second CPU starts"))
        bail_out("no second CPU");
    ok(filled(data, 16, 77) && filled(data + 16, 16, 77),
       "real mode reads and writes through the key");
    ok(!memcmp(data_shared, cipher, 16) && memcmp(data_shared + 16, cipher + 16, 16) != 0 &&
           memcmp(data_shared + 16, data, 16) != 0,
       "what it wrote is ciphertext through C=0");
}

void guest_main(void)
{
    trap_init();
    views_init();
    if (argument("cpu", 0))
        real_mode();
    on_cpu((unsigned)argument("cpu", 0), body, NULL);
    done_testing();
}
