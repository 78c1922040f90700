/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that the CPU reads and writes paging structures with the guest's key, whether their pages
 * are encrypted or decrypted, and whatever the C-bits of the entries above are.
 *
 * Sources: Linux Documentation/arch/x86/amd-memory-encryption.rst (guest page tables
 * are always private); Linux arch/x86/include/asm/pgtable_types.h (A and D). That PDPTEs of PAE are
 * read when CR3 is written is in Linux arch/x86/kvm/x86.c load_pdptrs().
 *
 * Arguments: cpu (the CPU that runs the test).
 */
#include "guest.h"

#define LEVELS (sizeof(uintptr_t) == 8 ? 4u : 3u)
#define VA     ((uint8_t *)(uintptr_t)0x60000000)

/* The tables of VA through C=0: page `level` of this window. */
#define TABLES_SHARED ((uint8_t *)(uintptr_t)0x70000000)

static uint8_t before[PAGE_4K], after[PAGE_4K];
static const char *const names[] = {"", "page table", "page directory", "PDPT", "PML4"};

static uint64_t *entry(unsigned level)
{
    return views_entry(VA, level);
}

static uint8_t *shared_table(unsigned level)
{
    return TABLES_SHARED + level * PAGE_4K;
}

static uint8_t *shared_entry(unsigned level)
{
    return shared_table(level) + ((uintptr_t)entry(level) & 4095);
}

static bool reads(uint32_t want)
{
    uint32_t got = ~want;

    return try_read((const volatile void *)VA, &got).vector == FAULT_NONE && got == want;
}

static void map(void)
{
    views_map(VA, phys(1), PTE_P | PTE_W | boot_cbit);
    for (unsigned level = 1; level <= LEVELS; level++)
        views_map(shared_table(level), (uintptr_t)entry(level) & ~(uintptr_t)4095, PTE_P | PTE_W);
    put32(priv(1), 0x5eed0001);
    views_reload();
}

/* Every table is encrypted when the walk begins. */
static void stand_shared(void)
{
    for (unsigned level = 1; level <= LEVELS; level++) {
        views_reload();
        (void)*(volatile uint8_t *)(shared_table(level) + 2048);
        ok(reads(0x5eed0001), "a walk whose %s was encrypted", names[level]);
    }
}

static void accessed_and_dirty(void)
{
    uint64_t fresh = *entry(1) & ~(PTE_A | PTE_D);
    unsigned at = ((uintptr_t)entry(1) & 4095) / 16;

    *entry(1) = fresh;
    memcpy(before, shared_table(1), PAGE_4K);
    views_reload();
    (void)*(volatile uint8_t *)shared_table(1);
    (void)*(volatile uint8_t *)VA;
    memcpy(after, shared_table(1), PAGE_4K);
    is(*entry(1), fresh | PTE_A, "the A bit is written through the key");
    ok(equal_blocks(before, after, PAGE_4K) == 255 &&
           memcmp(before + 16 * at, after + 16 * at, 16) != 0,
       "  one block of the table's ciphertext changed");
    views_reload();
    (void)*(volatile uint8_t *)shared_table(1);
    *(volatile uint8_t *)(VA + 100) = 1;
    is(*entry(1), fresh | PTE_A | PTE_D, "the D bit, too");
    *entry(1) = fresh;
    is(equal_blocks(shared_table(1), before, PAGE_4K), 256,
       "without both it is the old ciphertext");
}

/* An entry written through C=0 is garbage for the walk. Garbage without the P bit is searched, so
 * that what the walk must do is known. */
static void written_shared(void)
{
    uint8_t cipher[16], *block = (uint8_t *)((uintptr_t)shared_entry(1) & ~(uintptr_t)15);
    uint64_t keep = *entry(1), fake;
    struct fault f;
    uint32_t value;

    memcpy(cipher, block, 16);
    put32(priv(2), 0xbad);
    for (fake = phys(2) | PTE_P | PTE_W | boot_cbit;; fake += 1ull << 9) { /* bits for software */
        memcpy(shared_entry(1), &fake, 8);
        if (!(*(volatile uint64_t *)entry(1) & PTE_P) || (fake & 0xe00) == 0xe00)
            break;
    }
    if (*(volatile uint64_t *)entry(1) & PTE_P) { /* one in 256 */
        skip("an entry written through C=0 is not followed", "no such garbage here");
    } else {
        views_reload();
        f = try_read((const volatile void *)VA, &value);
        ok(f.vector == FAULT_PF && !(f.error & PF_P) && f.address == (uintptr_t)VA,
           "an entry written through C=0 is not followed: what C=1 shows is, a page not present");
    }
    memcpy(block, cipher, 16);
    is(*entry(1), keep, "its ciphertext back is the entry");
    views_reload();
    ok(reads(0x5eed0001), "  which is followed");
}

/* The other page's entry comes as ciphertext through C=0. */
static void ciphertext_entry(void)
{
    uint8_t first[16], second[16],
        *block = (uint8_t *)((uintptr_t)shared_entry(1) & ~(uintptr_t)15);
    bool right = true;

    put32(priv(2), 0x5eed0002);
    memcpy(first, block, 16);
    views_map(VA, phys(2), PTE_P | PTE_W | PTE_A | PTE_D | boot_cbit);
    memcpy(second, block, 16);
    for (unsigned i = 0; i < 100; i++) {
        memcpy(block, i & 1 ? second : first, 16);
        views_reload();
        right &= *(volatile uint32_t *)(void *)VA == (i & 1 ? 0x5eed0002 : 0x5eed0001);
    }
    ok(right, "an entry that comes as ciphertext through C=0 is followed, 100 times in turn");
    memcpy(block, first, 16);
    views_reload();
}

/* The C-bit of an entry that points to a table says nothing about that table, nor does CR3's. */
static void upper_without(void)
{
    for (unsigned level = 2; level <= LEVELS; level++) {
        *entry(level) &= ~boot_cbit;
        (void)*(volatile uint8_t *)shared_table(level - 1);
        views_reload();
        ok(reads(0x5eed0001), "a %s below an entry without the C-bit is read through the key",
           names[level - 1]);
        *entry(level) |= boot_cbit;
    }
    (void)*(volatile uint8_t *)shared_table(LEVELS);
    write_cr3(read_cr3() & ~(uintptr_t)boot_cbit);
    ok(reads(0x5eed0001), "so is the %s below a CR3 without it", names[LEVELS]);
    views_reload();
}

/* The page of the data is the table of its own translation, with C=1 and with C=0. */
static void self_map(void)
{
    uint8_t *window = shared_table(5);
    uint64_t *here;

    views_map(window, (uintptr_t)views_entry(window, 1) & ~(uintptr_t)4095, PTE_P | PTE_W);
    here = views_entry(window, 1);
    *here &= ~(PTE_A | PTE_D);
    views_reload();
    memcpy(before, window, PAGE_4K);
    is(*here & (PTE_A | PTE_D), PTE_A, "a page table read through its own mapping, C=0: A is set");
    is(equal_blocks(before, (uint8_t *)((uintptr_t)here & ~(uintptr_t)4095), PAGE_4K), 0,
       "  and ciphertext is read");
    views_reload();
    window[((uintptr_t)here + 2048) % PAGE_4K] = before[((uintptr_t)here + 2048) % PAGE_4K];
    is(*here & (PTE_A | PTE_D), PTE_A | PTE_D, "written through itself: D is set");
}

/* Two pages, one of them global, whose entries change without an INVLPG. */
static void global(void)
{
    uint8_t *at[] = {VA + PAGE_4K, VA + 2 * PAGE_4K};
    const uint64_t flags[] = {PTE_P | PTE_W | PTE_A | PTE_D | boot_cbit,
                              PTE_P | PTE_W | PTE_A | PTE_D | PTE_G | boot_cbit};

    write_cr4(read_cr4() | CR4_PGE);
    put32(priv(1), 0x5eed0001);
    put32(priv(2), 0x5eed0002);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 2; i++) {
            views_map(at[i], phys(1), flags[i]);
            (void)*(volatile uint32_t *)(void *)at[i];
            *views_entry(at[i], 1) = phys(2) | flags[i];
        }
        views_reload();
        is(*(volatile uint32_t *)(void *)at[0], 0x5eed0002, "a write to CR3 forgets a page");
        is(*(volatile uint32_t *)(void *)at[1], 0x5eed0001, "  not a global one");
        invlpg(at[1]);
        is(*(volatile uint32_t *)(void *)at[1], 0x5eed0002, "  which INVLPG does");
    }
    write_cr4(read_cr4() & ~(uintptr_t)CR4_PGE);
}

static void body(void *arg)
{
    (void)arg;
    map();
    stand_shared();
    accessed_and_dirty();
    written_shared();
    ciphertext_entry();
    upper_without();
    self_map();
    global();
}

void guest_main(void)
{
    views_main(body);
}
