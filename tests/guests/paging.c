/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that the C-bit is legal in every paging entry, and in CR3 of long mode; that it is never
 * part of an address and never lost; and that every other reserved bit stays reserved. Run with 4
 * and 5 levels in long mode and, in the 32-bit guest, with the 3 levels of PAE paging.
 *
 * Sources: Linux arch/x86/include/asm/pgtable_types.h (entries), arch/x86/include/asm/trap_pf.h
 * (error codes); Linux Documentation/arch/x86/amd-memory-encryption.rst (the C-bit).
 *
 * Arguments: cbitpos; levels (4 or 5) in long mode.
 */
#include "guest.h"

#define RAM_PRIVATE (PTE_P | PTE_W | cbit)

static uint64_t cbit;
static unsigned levels, width;
static struct table t;
static volatile uint32_t *page; /* a page of RAM, one to one and private */

static const struct size {
    uint64_t size;
    unsigned leaf; /* level of its entry */
    const char *name;
} sizes[] = {{PAGE_4K, 1, "4 KiB"}, {PAGE_2M, 2, "2 MiB"}, {PAGE_1G, 3, "1 GiB"}};

/* Where it is tried: an index that is not 0 at every level, a canonical address. */
static uint64_t base_of(const struct size *s)
{
    static const uint64_t by_levels[] = {
        [3] = 0xb3456000, [4] = 0x0000330cc0000000, [5] = 0x0055330cc0000000};

    return by_levels[levels] & ~(s->size - 1);
}

/* The highest level whose entries a walk marks as accessed: PDPTEs of PAE are loaded with CR3. */
static unsigned walked(void)
{
    return levels == 3 ? 2 : levels;
}

static volatile uint32_t *address_of(const struct size *s)
{
    return (volatile uint32_t *)(uintptr_t)(base_of(s) | ((uintptr_t)page & (s->size - 1)));
}

static void reload(void)
{
    write_cr3(table_cr3(&t));
}

/* A fresh mapping of the page: A and D clear, C where the table has it. */
static uint64_t *map(const struct size *s, uint64_t flags)
{
    table_map(&t, base_of(s), (uintptr_t)page & ~(s->size - 1), s->size, flags);
    for (unsigned level = s->leaf + 1; level <= walked(); level++) {
        uint64_t *entry = table_entry(&t, base_of(s), level);

        *entry = (*entry & ~PTE_A) | cbit;
    }
    reload();
    return table_entry(&t, base_of(s), s->leaf);
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
    uint64_t *leaf = map(s, RAM_PRIVATE), fresh = *leaf, upper = PTE_A | cbit;
    uint64_t *top = table_entry(&t, base_of(s), levels), before = *top;

    *page = 0x5eed0001;
    ok(reads(s, 0x5eed0001), "%s: the C-bit is no part of the address", s->name);
    is(*leaf, fresh | PTE_A, "  a read sets A and keeps C");
    ok(try_write(address_of(s), 0x5eed0002).vector == FAULT_NONE && *page == 0x5eed0002,
       "%s: a write arrives", s->name);
    is(*leaf, fresh | PTE_A | PTE_D, "  a write sets D and keeps C");
    for (unsigned level = s->leaf + 1; level <= walked(); level++)
        upper &= *table_entry(&t, base_of(s), level);
    is(upper, PTE_A | cbit, "  every level above has A, and C as before");
    if (levels == 3)
        is(*top, before, "  the PDPTE is as before");
}

static void upper_levels_without(const struct size *s)
{
    map(s, RAM_PRIVATE);
    *page = 0x5eed0003;
    for (unsigned level = s->leaf + 1; level <= levels; level++) {
        uint64_t *entry = table_entry(&t, base_of(s), level);

        *entry &= ~(cbit | PTE_A);
        reload();
        ok(reads(s, 0x5eed0003), "%s: level %u may lack the C-bit", s->name, level);
        is(*entry & (cbit | PTE_A), level <= walked() ? PTE_A : 0, "  and gets none with A");
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

/* Every bit of [from, to) but the C-bit, in the entry at `level`: does it fault? */
static void reserved_bits(const struct size *s, unsigned level, unsigned from, unsigned to,
                          const char *name)
{
    uint64_t *entry, keep, missed = 0;

    map(s, RAM_PRIVATE);
    entry = table_entry(&t, base_of(s), level);
    keep = *entry;
    for (unsigned bit = from; bit < to; bit++) {
        if (1ull << bit == cbit)
            continue;
        *entry = keep | 1ull << bit;
        reload();
        if (!reserved_fault(s))
            missed |= 1ull << bit;
        *entry = keep & ~cbit;
        *entry |= 1ull << bit;
        reload();
        if (!reserved_fault(s))
            missed |= 1ull << bit;
    }
    *entry = keep;
    reload();
    ok(!missed, "%s, level %u: %s are reserved, with C and without (not: %llx)", s->name, level,
       name, (llu)missed);
}

/* Bits 52..58 are for software; 59..62 a protection key in a leaf. */
static void ignored_bits(const struct size *s, unsigned level)
{
    uint64_t *entry = (map(s, RAM_PRIVATE), table_entry(&t, base_of(s), level)), keep = *entry;

    *page = 0x5eed0005;
    *entry |= 0x07f0000000000000;
    reload();
    ok(reads(s, 0x5eed0005), "%s, level %u: bits 52..58 stay ignored", s->name, level);
    *entry = keep;
}

static void no_execute(const struct size *s)
{
    uint64_t *leaf = map(s, RAM_PRIVATE | PTE_NX);
    struct fault f;

    *page = 0xc3c3c3c3; /* RET */
    reload();
    f = try_exec((const void *)address_of(s));
    ok(f.vector == FAULT_PF && f.error == (PF_P | PF_ID), "%s: NX faults beside the C-bit",
       s->name);
    *leaf &= ~PTE_NX;
    reload();
    ok(try_exec((const void *)address_of(s)).vector == FAULT_NONE,
       "%s: code in a page with the C-bit runs", s->name);
    *leaf |= PTE_NX;
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~(uint64_t)EFER_NXE);
    reload();
    ok(reserved_fault(s), "%s: NX is reserved while EFER.NXE is 0", s->name);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    *leaf &= ~PTE_NX;
    reload();
}

static void one_size(const struct size *s)
{
    const bool pae = levels == 3;

    accessed_and_dirty(s);
    upper_levels_without(s);
    shared_leaf(s);
    for (unsigned level = s->leaf; level <= walked(); level++) {
        reserved_bits(s, level, width, pae ? 63 : 52, "the bits past the address");
        if (!pae)
            ignored_bits(s, level);
    }
    if (s->leaf > 1)
        reserved_bits(s, s->leaf, 13, s->leaf == 2 ? 21 : 30, "the address bits below the page");
    no_execute(s);
    *table_entry(&t, base_of(s), s->leaf) = 0;
}

static void every_size(void)
{
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && sizes[i].leaf <= walked(); i++)
        one_size(&sizes[i]);
    for (unsigned level = 4; level <= levels; level++)
        reserved_bits(&sizes[0], level, 7, 8, "the page size bit");
}

#ifdef __x86_64__
/* --- long mode --- */

static void cr3(void)
{
    uintptr_t root = (uintptr_t)t.root, before;
    unsigned wrong = 0;

    write_cr3(root | cbit);
    is(read_cr3(), root | cbit, "CR3 keeps the C-bit");
    write_cr3(root);
    is(read_cr3(), root, "CR3 needs no C-bit");
    write_cr3(root | cbit | 0x18);
    is(read_cr3(), root | cbit | 0x18, "CR3 keeps PWT and PCD beside it");
    write_cr3(root | cbit);
    before = read_cr3();
    for (unsigned bit = width; bit < 64; bit++) {
        struct fault f;

        if (1ull << bit == cbit)
            continue;
        f = try_cr3(root | cbit | 1ull << bit);
        wrong += f.vector != FAULT_GP || f.error != 0 || read_cr3() != before;
        f = try_cr3(root | 1ull << bit);
        wrong += f.vector != FAULT_GP || f.error != 0 || read_cr3() != before;
    }
    is(wrong, 0, "every other bit past the address in CR3: #GP(0), CR3 unchanged");
}

/* Leaves long mode and comes back with CR4.LA57 set and `root` in CR3. */
void enter_la57(uintptr_t root);
__asm__(".text\n.globl enter_la57\nenter_la57:\n\t"
        "pushq $0x08\n\tpushq $1f\n\tlretq\n"
        ".code32\n1:\tmovl %cr0, %eax\n\tandl $0x7fffffff, %eax\n\tmovl %eax, %cr0\n\t"
        "movl %cr4, %eax\n\torl $0x1000, %eax\n\tmovl %eax, %cr4\n\t"
        "movl %edi, %cr3\n\t"
        "movl %cr0, %eax\n\torl $0x80000000, %eax\n\tmovl %eax, %cr0\n\t"
        "ljmpl $0x18, $2f\n"
        ".code64\n2:\tret\n");

static void enter(void)
{
    levels = (unsigned)argument("levels", 4);
    t = table_new(levels, cbit, 64 << 20);
    if (levels == 5) {
        enter_la57((uintptr_t)t.root);
        ok(read_cr4() & CR4_LA57, "five levels");
    }
    cr3();
}
#else
/* --- PAE --- */

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

static void enter(void)
{
    levels = 3;
    t = table_new(levels, cbit, 64 << 20);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    write_cr4(read_cr4() | CR4_PAE);
    reload();
    write_cr0(read_cr0() | CR0_PG);
    is(read_cr3(), table_cr3(&t), "PAE paging is on");
    pdptes();
}
#endif

void guest_main(void)
{
    trap_init();
    cbit = 1ull << argument("cbitpos", 63);
    width = cpuid(0x80000008, 0).eax & 0xff;
    page = page_alloc(1);
    is(boot_cbit, cbit, "the C-bit is where it was asked for");
    enter();
    every_size();
    done_testing();
}
