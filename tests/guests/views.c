/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check in long mode that every access is private or shared as it should be, also if one page is
 * used in both ways at once.
 *
 * Data accesses use the C-bit of the leaf entry. Fetches and page walks are private. MMIO and VGA
 * memory are never encrypted. 16-byte blocks are encrypted by address. All pages here are mapped
 * twice, at PRIVATE with the C-bit and at SHARED without.
 *
 * Source: Linux Documentation/arch/x86/amd-memory-encryption.rst.
 */
#include "guest.h"

#define PRIVATE 0x0000100000000000ull
#define SHARED  0x0000200000000000ull
#define PAGES   8u /* the first ones are data, the last two code and a page table */
#define CODE    6u
#define TABLE   7u

static struct table t;
static uint8_t *frames;
static uint8_t copy[4096];

static volatile uint8_t *private_page(unsigned page)
{
    return (volatile uint8_t *)(PRIVATE + page * PAGE_4K);
}

static volatile uint8_t *shrd(unsigned page)
{
    return (volatile uint8_t *)(SHARED + page * PAGE_4K);
}

static uint8_t pattern(unsigned i)
{
    return (uint8_t)(i * 7 + 3);
}

static void fill_page(volatile uint8_t *at)
{
    for (unsigned i = 0; i < 4096; i++)
        at[i] = pattern(i);
}

/* How many 16-byte blocks of the page hold the pattern. */
static unsigned intact(const volatile uint8_t *at)
{
    unsigned n = 0;

    for (unsigned block = 0; block < 256; block++) {
        unsigned same = 0;

        for (unsigned i = 0; i < 16; i++)
            same += at[16 * block + i] == pattern(16 * block + i);
        n += same == 16;
    }
    return n;
}

static void two_views(void)
{
    fill_page(private_page(0));
    is(intact(private_page(0)), 256, "C=1 reads what C=1 wrote");
    is(intact(shrd(0)), 0, "C=0 reads ciphertext of it");
    is(intact(private_page(0)), 256, "and that changed nothing");
    fill_page(shrd(1));
    is(intact(shrd(1)), 256, "C=0 reads what C=0 wrote");
    is(intact(private_page(1)), 0, "C=1 reads garbage of it");
    shrd(0)[100] ^= 1;
    is(intact(private_page(0)), 255,
       "a byte written through C=0 spoils its block of 16 and no other");
    shrd(0)[100] ^= 1;
    is(intact(private_page(0)), 256, "and the same byte back restores it");
}

static void by_place(void)
{
    bool same = true;

    for (unsigned i = 0; i < 4096; i++)
        private_page(0)[i] = private_page(1)[i] = 0x5a;
    for (unsigned i = 0; i < 16; i++)
        same = same && shrd(0)[i] == shrd(0)[16 + i];
    ok(!same, "equal blocks of a page have different ciphertext");
    ok(memcmp((const void *)shrd(0), (const void *)shrd(1), 16) != 0,
       "equal blocks of two pages have different ciphertext");
    fill_page(private_page(0));
    memcpy((void *)shrd(2), (const void *)shrd(0), 4096);
    is(intact(private_page(2)), 0, "moved ciphertext is no plaintext elsewhere");
    memcpy(copy, (const void *)shrd(0), 4096);
    fill_page(private_page(0));
    private_page(0)[0] ^= 1;
    memcpy((void *)shrd(0), copy, 4096);
    is(intact(private_page(0)), 256,
       "old ciphertext back in its place is the old plaintext (no integrity)");
}

static void rep_movs_in_one_page(void)
{
    bool same = true;

    fill_page(private_page(3));
    memcpy((void *)(SHARED + 3 * PAGE_4K + 2048), (const void *)(PRIVATE + 3 * PAGE_4K), 2048);
    for (unsigned i = 0; i < 2048; i++)
        same = same && shrd(3)[2048 + i] == pattern(i);
    ok(same, "REP MOVSB from C=1 to C=0 in one page");
    is(intact(private_page(3)), 128, "and the half that was read is as before");
}

static void page_crossing(void)
{
    volatile uint64_t *across = (volatile uint64_t *)(PRIVATE + 64 * PAGE_4K + 4092);
    uint64_t old = 1ull << 32 | 1;

    /* Two linear pages, one frame: the first half private, the second shared. */
    table_map(&t, PRIVATE + 64 * PAGE_4K, (uintptr_t)frames, PAGE_4K, PTE_P | PTE_W | boot_cbit);
    table_map(&t, PRIVATE + 65 * PAGE_4K, (uintptr_t)frames, PAGE_4K, PTE_P | PTE_W);
    write_cr3(table_cr3(&t));
    fill_page(private_page(0));
    *(volatile uint32_t *)(private_page(0) + 4092) = 0x11223344;
    *(volatile uint32_t *)shrd(0) = 0x55667788;
    is(*across, 0x5566778811223344, "a read across pages: one frame, C=1 and C=0");
    *across = 0xa5a5a5a55a5a5a5a;
    is(*(volatile uint32_t *)(private_page(0) + 4092), 0x5a5a5a5a,
       "a write across them: private half");
    is(*(volatile uint32_t *)shrd(0), 0xa5a5a5a5, "  shared half");
    __asm__ volatile("lock xaddq %0, %1" : "+r"(old), "+m"(*across));
    is(old, 0xa5a5a5a55a5a5a5a, "XADD across them reads both");
    is(*(volatile uint32_t *)(private_page(0) + 4092), 0x5a5a5a5b, "  and writes the private half");
    is(*(volatile uint32_t *)shrd(0), 0xa5a5a5a6, "  and the shared half");
}

static void stack_and_16_bytes(void)
{
    uint64_t popped;
    bool equal;

    /* A stack in a page that is read with C=0 between PUSH and POP. */
    __asm__ volatile("movq %%rsp, %%rbx\n\tmovq %1, %%rsp\n\t"
                     "pushq $0x1234567\n\tpushq $0x89abcde\n\t"
                     "movb (%2), %%al\n\t"
                     "popq %0\n\taddq %0, (%%rsp)\n\t"
                     "movb (%2), %%al\n\t"
                     "popq %0\n\tmovq %%rbx, %%rsp"
                     : "=&r"(popped)
                     : "r"(private_page(4) + 4096), "r"(shrd(4))
                     : "rax", "rbx", "memory");
    is(popped, 0x1234567 + 0x89abcde, "PUSH and POP in a page that is converted in between");

    fill_page(private_page(4));
    (void)shrd(4)[0];
    __asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
                     : "=q"(equal), "+m"(*(volatile __int128 *)private_page(4))
                     : "a"(*(volatile uint64_t *)copy), "d"(0), "b"(1ull), "c"(2ull)
                     : "memory");
    ok(!equal && intact(private_page(4)) == 256, "CMPXCHG16B that does not match leaves the page");
    const uint64_t lo = *(volatile uint64_t *)private_page(4),
                   hi = *(volatile uint64_t *)(private_page(4) + 8);
    (void)shrd(4)[0];
    __asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
                     : "=q"(equal), "+m"(*(volatile __int128 *)private_page(4))
                     : "a"(lo), "d"(hi), "b"(1ull), "c"(2ull)
                     : "memory");
    ok(equal && *(volatile uint64_t *)private_page(4) == 1 &&
           *(volatile uint64_t *)(private_page(4) + 8) == 2 && intact(private_page(4)) == 255,
       "CMPXCHG16B that matches writes its block");
}

typedef uint32_t number(void);

/* mov eax, imm32; ret */
static void write_code(volatile uint8_t *at, uint32_t value)
{
    at[0] = 0xb8;
    *(volatile uint32_t *)(at + 1) = value;
    at[5] = 0xc3;
}

static void fetches(void)
{
    number *through_c = (number *)(uintptr_t)private_page(CODE),
           *without = (number *)(uintptr_t)shrd(CODE);

    write_code(private_page(CODE), 0x1001);
    is(through_c(), 0x1001, "code in a private page");
    is(without(), 0x1001, "the same through C=0: fetches are private");
    ok(*(volatile uint32_t *)(shrd(CODE) + 1) != 0x1001, "though C=0 data reads see ciphertext");
    is(without(), 0x1001, "and again after that");
    write_code(private_page(CODE), 0x1002);
    is(through_c(), 0x1002, "code changed through C=1");
    (void)shrd(CODE)[0];
    write_code(private_page(CODE), 0x1003);
    is(without(), 0x1003, "changed while the page was encrypted");
    memcpy(copy, (const void *)shrd(CODE), 16);
    write_code(private_page(CODE), 0x1004);
    is(through_c(), 0x1004, "changed again");
    memcpy((void *)shrd(CODE), copy, 16);
    is(through_c(), 0x1003, "old ciphertext written through C=0 is the old code");
}

static void walks(void)
{
    uint64_t *entry = (uint64_t *)(uintptr_t)(private_page(TABLE) + 8), before;
    volatile uint8_t *va = (volatile uint8_t *)(PRIVATE + PAGE_2M * 16 + PAGE_4K);
    uint64_t *pde;
    uint32_t value;

    /* A page table in the last frame, mapped into the tables by hand. */
    fill_page(private_page(5));
    table_map(&t, (uintptr_t)va, (uintptr_t)frames + 5 * PAGE_4K, PAGE_4K,
              PTE_P | PTE_W | boot_cbit);
    pde = table_entry(&t, (uintptr_t)va, 2);
    *entry = ((uintptr_t)frames + 5 * PAGE_4K) | PTE_P | PTE_W | boot_cbit;
    *pde = ((uintptr_t)frames + TABLE * PAGE_4K) | PTE_P | PTE_W; /* no C: walks are private */
    before = *entry;
    (void)shrd(TABLE)[8];
    write_cr3(table_cr3(&t));
    ok(va[16] == pattern(16), "a walk through a table that was encrypted");
    is(*entry, before | PTE_A, "  and its A bit is written as private data");
    (void)shrd(TABLE)[8];
    va[16] = pattern(16);
    is(*entry, before | PTE_A | PTE_D, "  the D bit, too");
    *(volatile uint64_t *)(shrd(TABLE) + 8) = before;
    write_cr3(table_cr3(&t));
    ok(try_read(va, &value).vector != FAULT_NONE || value != *(volatile uint32_t *)private_page(5),
       "an entry written through C=0 is no entry");
    *pde = 0;
    write_cr3(table_cr3(&t));
}

static void no_views(void)
{
    volatile uint16_t *vga1 = (volatile uint16_t *)(PRIVATE + PAGE_1G + 0xb8000);
    volatile uint16_t *vga0 = (volatile uint16_t *)(SHARED + PAGE_1G + 0xb8000);
    volatile uint32_t *apic1 = (volatile uint32_t *)(PRIVATE + 4 * PAGE_1G + 0x3ee00030);
    volatile uint32_t *apic0 = (volatile uint32_t *)(SHARED + 4 * PAGE_1G + 0x3ee00030);
    volatile uint8_t *rom1 = (volatile uint8_t *)(PRIVATE + 4 * PAGE_1G + 0x3ffffff0);
    volatile uint8_t *rom0 = (volatile uint8_t *)(SHARED + 4 * PAGE_1G + 0x3ffffff0);

    vga1[0] = 0x1e41;
    is(vga0[0], 0x1e41, "VGA memory is the same with C=1 and C=0");
    vga0[0] = 0x1e42;
    is(vga1[0], 0x1e42, "  both ways");
    is(*apic0, *apic1, "MMIO is the same with C=1 and C=0");
    is(rom1[0], 0xea, "the measured ROM through C=1: the far jump of the reset vector");
    ok(memcmp((const void *)rom0, (const void *)rom1, 16) != 0, "through C=0: ciphertext");
    is(rom1[0], 0xea, "and through C=1 again");
}

void guest_main(void)
{
    trap_init();
    frames = page_alloc(PAGES);
    t = table_new(4, boot_cbit, 64 << 20);
    for (unsigned i = 0; i < PAGES; i++) {
        const uint64_t frame = (uintptr_t)frames + i * PAGE_4K;

        table_map(&t, PRIVATE + i * PAGE_4K, frame, PAGE_4K, PTE_P | PTE_W | boot_cbit);
        table_map(&t, SHARED + i * PAGE_4K, frame, PAGE_4K, PTE_P | PTE_W);
    }
    for (unsigned gib = 0; gib < 4; gib += 3) {
        table_map(&t, PRIVATE + (gib + 1) * PAGE_1G, gib * PAGE_1G, PAGE_1G,
                  PTE_P | PTE_W | boot_cbit);
        table_map(&t, SHARED + (gib + 1) * PAGE_1G, gib * PAGE_1G, PAGE_1G, PTE_P | PTE_W);
    }
    write_cr3(table_cr3(&t));
    ok(boot_cbit != 0, "a SEV guest");
    two_views();
    by_place();
    rep_movs_in_one_page();
    page_crossing();
    stack_and_16_bytes();
    fetches();
    walks();
    no_views();
    done_testing();
}
