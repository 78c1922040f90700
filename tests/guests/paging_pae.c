/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: in 32-bit PAE paging, is the C-bit legal in PDPTEs, PDEs and PTEs, never part of an
 * address and never lost, while every other reserved bit stays reserved?
 *
 * AMD64 APM vol. 2: 5.2.3 (PAE paging), 5.4 (A and D bits, reserved bits), 15.34.5 and 15.34.6.
 *
 * Argument: cbitpos.
 */
#include "guest.h"

#define RAM_PRIVATE (PTE_P | PTE_W | cbit)

static uint64_t cbit;
static unsigned width;
static struct table t;
static volatile uint32_t *page; /* a page of RAM, one to one and private */

static const struct size {
    uint32_t size, base;
    unsigned leaf;
    const char *name;
} sizes[] = {{PAGE_4K, 0xb3456000, 1, "4 KiB"}, {PAGE_2M, 0xb5600000, 2, "2 MiB"}};

static volatile uint32_t *address_of(const struct size *s)
{
    return (volatile uint32_t *)(s->base | ((uintptr_t)page & (s->size - 1)));
}

static void reload(void)
{
    write_cr3(table_cr3(&t));
}

static uint64_t *map(const struct size *s, uint64_t flags)
{
    table_map(&t, s->base, (uintptr_t)page & ~(s->size - 1), s->size, flags);
    if (s->leaf == 1) {
        uint64_t *pde = table_entry(&t, s->base, 2);

        *pde = (*pde & ~PTE_A) | cbit;
    }
    reload();
    return table_entry(&t, s->base, s->leaf);
}

static bool reads(const struct size *s, uint32_t want)
{
    uint32_t got = ~want;

    return try_read(address_of(s), &got).vector == FAULT_NONE && got == want;
}

static bool reserved_fault(const struct size *s)
{
    uint32_t value;
    struct fault f = try_read(address_of(s), &value);

    return f.vector == FAULT_PF && f.error == (PF_P | PF_RSVD) &&
           f.address == (uintptr_t)address_of(s);
}

static void accessed_and_dirty(const struct size *s)
{
    uint64_t *leaf = map(s, RAM_PRIVATE), fresh = *leaf;
    uint64_t *pdpte = table_entry(&t, s->base, 3), top = *pdpte;

    *page = 0x5eed0001;
    ok(reads(s, 0x5eed0001), "%s: the C-bit is no part of the address", s->name);
    is(*leaf, fresh | PTE_A, "  a read sets A and keeps C");
    ok(try_write(address_of(s), 0x5eed0002).vector == FAULT_NONE && *page == 0x5eed0002,
       "%s: a write arrives", s->name);
    is(*leaf, fresh | PTE_A | PTE_D, "  a write sets D and keeps C");
    if (s->leaf == 1)
        is(*table_entry(&t, s->base, 2) & (PTE_A | cbit), PTE_A | cbit, "  the PDE has A and C");
    is(*pdpte, top, "  the PDPTE is as before");
}

static void upper_levels_without(const struct size *s)
{
    map(s, RAM_PRIVATE);
    *page = 0x5eed0003;
    for (unsigned level = s->leaf + 1; level <= 3; level++) {
        uint64_t *entry = table_entry(&t, s->base, level);

        *entry &= ~cbit;
        reload();
        ok(reads(s, 0x5eed0003), "%s: level %u may lack the C-bit", s->name, level);
        ok(!(*entry & cbit), "  and gets none");
        *entry |= cbit;
    }
}

static void shared_leaf(const struct size *s)
{
    uint64_t *leaf = map(s, PTE_P | PTE_W), fresh = *leaf;

    ok(try_write(address_of(s), 0x5eed0004).vector == FAULT_NONE && reads(s, 0x5eed0004),
       "%s: a page without the C-bit holds what is written there", s->name);
    is(*leaf, fresh | PTE_A | PTE_D, "  and gets none with A and D");
}

static void reserved_bits(const struct size *s, unsigned level, unsigned from, unsigned to,
                          const char *name)
{
    uint64_t *entry, keep, missed = 0;

    map(s, RAM_PRIVATE);
    entry = table_entry(&t, s->base, level);
    keep = *entry;
    for (unsigned bit = from; bit < to; bit++) {
        if (1ull << bit == cbit)
            continue;
        *entry = keep | 1ull << bit;
        reload();
        if (!reserved_fault(s))
            missed |= 1ull << bit;
        *entry = (keep & ~cbit) | 1ull << bit;
        reload();
        if (!reserved_fault(s))
            missed |= 1ull << bit;
    }
    *entry = keep;
    reload();
    ok(!missed, "%s, level %u: %s are reserved, with C and without (not: %llx)", s->name, level,
       name, (llu)missed);
}

static void no_execute(const struct size *s)
{
    uint64_t *leaf = map(s, RAM_PRIVATE | PTE_NX);
    struct fault f;

    *page = 0xc3c3c3c3; /* RET */
    f = try_exec((const void *)address_of(s));
    ok(f.vector == FAULT_PF && f.error == (PF_P | PF_ID), "%s: NX faults beside the C-bit",
       s->name);
    *leaf &= ~PTE_NX;
    reload();
    ok(try_exec((const void *)address_of(s)).vector == FAULT_NONE, "%s: code behind the C-bit runs",
       s->name);
}

/* A wrong PDPTE is found when CR3 is loaded. */
static void pdptes(void)
{
    const uint64_t legal =
        PTE_P | 0x18 | 0xe00 | 0xfffff000; /* P, PWT, PCD, for software, address */
    uint64_t *pdpte = &t.root[1], missed = 0;
    uintptr_t root = table_cr3(&t);

    for (unsigned bit = 0; bit < 64; bit++) {
        struct fault f;

        if (legal >> bit & 1 || 1ull << bit == cbit || (bit >= 32 && bit < width))
            continue;
        *pdpte = (uintptr_t)page | PTE_P | cbit | 1ull << bit;
        f = try_cr3(root);
        if (f.vector != FAULT_GP || f.error != 0)
            missed |= 1ull << bit;
    }
    ok(!missed, "every reserved bit of a PDPTE: MOV CR3 raises #GP(0) (not: %llx)", (llu)missed);
    *pdpte = (uintptr_t)page | PTE_P | cbit;
    ok(try_cr3(root).vector == FAULT_NONE, "the C-bit of a PDPTE: MOV CR3 takes it");
    *pdpte = 0;
    reload();
}

void guest_main(void)
{
    trap_init();
    cbit = 1ull << argument("cbitpos", 63);
    width = cpuid(0x80000008, 0).eax & 0xff;
    page = page_alloc(1);
    is(boot_cbit, cbit, "the C-bit is where it was asked for");
    t = table_new(3, cbit, 64 << 20);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    write_cr4(read_cr4() | CR4_PAE);
    reload();
    write_cr0(read_cr0() | CR0_PG);
    is(read_cr3(), table_cr3(&t), "PAE paging is on");
    pdptes();
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct size *s = &sizes[i];

        accessed_and_dirty(s);
        upper_levels_without(s);
        shared_leaf(s);
        for (unsigned level = s->leaf; level <= 2; level++)
            reserved_bits(s, level, width, 63, "the bits past the address");
        if (s->leaf == 2)
            reserved_bits(s, 2, 13, 21, "the address bits below the page");
        no_execute(s);
        *table_entry(&t, s->base, s->leaf) = 0;
    }
    done_testing();
}
