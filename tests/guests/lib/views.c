/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The same RAM through both values of the C-bit, and checks for ciphertext.
 *
 * Source: Linux Documentation/arch/x86/amd-memory-encryption.rst (data accesses use
 * the C-bit of the leaf entry, in long mode and PAE).
 */
#include "guest.h"

static struct table tables;

uint64_t *views_entry(const void *va, unsigned level)
{
    return table_entry(&tables, (uintptr_t)va, level);
}

void views_map(void *va, uint64_t pa, uint64_t flags)
{
    table_map(&tables, (uintptr_t)va, pa, PAGE_4K, flags);
    invlpg(va);
}

void views_reload(void)
{
    write_cr3(table_cr3(&tables));
}

uint8_t *priv(unsigned page)
{
    return (uint8_t *)(VIEWS_PRIVATE + page * (uintptr_t)PAGE_4K);
}

uint8_t *shr(unsigned page)
{
    return (uint8_t *)(VIEWS_SHARED + page * (uintptr_t)PAGE_4K);
}

uint64_t phys(unsigned page)
{
    return VIEWS_RAM + page * PAGE_4K;
}

static void map_windows(uint64_t size)
{
    const uint64_t flags = PTE_P | PTE_W;

    for (uint64_t at = 0; at < VIEWS_PAGES * PAGE_4K; at += size) {
        table_map(&tables, VIEWS_PRIVATE + at, VIEWS_RAM + at, size, flags | boot_cbit);
        table_map(&tables, VIEWS_SHARED + at, VIEWS_RAM + at, size, flags);
    }
}

void views_init(void)
{
    if (!boot_cbit)
        bail_out("this is no SEV guest");
    tables = table_new(sizeof(uintptr_t) == 8 ? 4 : 3, boot_cbit, 64 << 20);
    table_map(&tables, 0xfee00000, 0xfee00000, PAGE_2M, PTE_P | PTE_W); /* the local APIC */
    map_windows(argument("leaf", 1) == 2 ? PAGE_2M : PAGE_4K);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    write_cr4(read_cr4() | CR4_PAE);
    views_reload();
    write_cr0(read_cr0() | CR0_PG);
}

void fill(void *to, size_t len, uint32_t seed)
{
    uint8_t *at = to;

    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        at[i] = (uint8_t)(seed >> 24);
    }
}

bool filled(const void *with, size_t len, uint32_t seed)
{
    const uint8_t *at = with;

    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        if (at[i] != (uint8_t)(seed >> 24))
            return false;
    }
    return true;
}

unsigned equal_blocks(const void *a, const void *b, size_t len)
{
    unsigned n = 0;

    for (size_t at = 0; at < len; at += 16)
        n += !memcmp((const uint8_t *)a + at, (const uint8_t *)b + at, 16);
    return n;
}

/* Among 32,768 fair bits the number of ones is 16,384, standard deviation 90; two equal blocks have
 * a chance of 2^-113. */
bool random_page(const void *page)
{
    const uint8_t *at = page;
    unsigned ones = 0;

    for (unsigned i = 0; i < PAGE_4K; i++)
        for (unsigned v = at[i]; v; v &= v - 1)
            ones++;
    for (unsigned i = 0; i < PAGE_4K; i += 16)
        for (unsigned j = i + 16; j < PAGE_4K; j += 16)
            if (!memcmp(at + i, at + j, 16))
                return false;
    return ones > 16384 - 900 && ones < 16384 + 900;
}
