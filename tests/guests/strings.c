/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that a repeated string instruction, which Bochs does in bulk if possible, has the same
 * result as single accesses one after the other: if its pages are new to the TLB, if they may not
 * remain in it (SMAP), if two of them use one entry of it, or if they are not present.
 *
 * The expected results come from the same accesses made one by one. alias.c tests private and
 * shared accesses to one page.
 */
#include "guest.h"

#define CR4_SMAP (1u << 21)
#define PAGES    4u
#define AREA     (PAGES * PAGE_4K)
#define SRC      ((uint8_t *)(uintptr_t)0x60000000)
/* Bits 22:12 of the address choose the entry of the TLB. */
#define DST_SAME  (SRC + (8u << 20))
#define DST_OTHER (SRC + (9u << 20))
#define USER      (SRC + (10u << 20))

enum { SRC_RAM = 8, DST_RAM = 16, USER_RAM = 24 };

struct movs {
    uint8_t *to;
    const uint8_t *from;
    size_t n; /* bytes */
};

static void movsb(void *arg)
{
    struct movs m = *(struct movs *)arg;

    __asm__ volatile("rep movsb" : "+D"(m.to), "+S"(m.from), "+c"(m.n)::"memory");
}

static void movsq(void *arg)
{
    struct movs m = *(struct movs *)arg;

    m.n /= 8;
    __asm__ volatile("rep movsq" : "+D"(m.to), "+S"(m.from), "+c"(m.n)::"memory");
}

static void stosb(void *arg)
{
    struct movs m = *(struct movs *)arg;

    __asm__ volatile("rep stosb" : "+D"(m.to), "+c"(m.n) : "a"(0x5a) : "memory");
}

static void stosq(void *arg)
{
    struct movs m = *(struct movs *)arg;

    m.n /= 8;
    __asm__ volatile("rep stosq" : "+D"(m.to), "+c"(m.n) : "a"(0x1122334455667788) : "memory");
}

static const struct string {
    const char *name;
    void (*fn)(void *);
    bool reads;
} strings[] = {{"REP MOVSB", movsb, true},
               {"REP MOVSQ", movsq, true},
               {"REP STOSB", stosb, false},
               {"REP STOSQ", stosq, false}};
enum { STRINGS = sizeof(strings) / sizeof(strings[0]) };

static void map(uint8_t *at, unsigned ram, unsigned pages, uint64_t flags)
{
    for (unsigned i = 0; i < pages; i++)
        views_map(at + i * PAGE_4K, phys(ram + i), flags | boot_cbit);
}

/* The destination's RAM after `n` bytes from its offset `at` on were written, by `s` or before. */
static bool right(const struct string *s, unsigned at, size_t n)
{
    const uint8_t *got = priv(DST_RAM), *from = priv(SRC_RAM) + at;

    for (size_t i = 0; i < AREA; i++) {
        uint8_t want = 0xee;

        if (i >= at && i < at + n) {
            size_t k = i - at;

            want = s->reads ? from[k] : s->fn == stosb ? 0x5a : 0x88 - 0x11 * (k % 8);
        }
        if (got[i] != want)
            return false;
    }
    return true;
}

/* From the offset `at` on, `n` bytes; nothing of both areas is in the TLB before. */
static struct fault run(const struct string *s, uint8_t *to, unsigned at, size_t n)
{
    struct movs m = {to + at, SRC + at, n};

    memset(priv(DST_RAM), 0xee, AREA);
    fill(priv(SRC_RAM), AREA, at + (uint32_t)n);
    views_reload();
    return trap_call(s->fn, &m);
}

static void plain(uint8_t *to, const char *where)
{
    static const unsigned cases[][2] = {
        {0, AREA}, {8, 8192}, {4091, 24}, {4096 - 4, 4096}, {13, 8}};

    for (unsigned i = 0; i < STRINGS; i++) {
        bool good = true;

        for (unsigned j = 0; j < sizeof(cases) / sizeof(cases[0]); j++)
            good &= run(&strings[i], to, cases[j][0], cases[j][1]).vector == FAULT_NONE &&
                    right(&strings[i], cases[j][0], cases[j][1]);
        ok(good, "%s, %s", strings[i].name, where);
    }
}

/* Forwards, byte by byte: a destination just after the source repeats the bytes between them. */
static void overlapping(void)
{
    static const struct {
        int distance;
        const char *name;
    } cases[] = {
        {1, "one byte up"}, {7, "seven bytes up"}, {-1, "one byte down"}, {4096, "a page up"}};

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t *want = priv(USER_RAM), *base = priv(DST_RAM) + 16;
        struct movs m = {base + cases[i].distance, base, 5000};

        fill(priv(DST_RAM), AREA, i);
        memcpy(want, priv(DST_RAM), AREA);
        for (size_t k = 0; k < m.n; k++)
            *(volatile uint8_t *)(want + 16 + cases[i].distance + (int)k) = want[16 + k];
        movsb(&m);
        ok(!memcmp(want, priv(DST_RAM), AREA), "REP MOVSB onto itself, %s", cases[i].name);
    }
}

/* The second page is missing: all of the first is done, the fault is at the first byte beyond. */
static void faults(uint8_t *to, const char *where)
{
    for (unsigned i = 0; i < STRINGS; i++) {
        views_map(to + PAGE_4K, 0, 0);
        struct fault f = run(&strings[i], to, 64, 8192);

        ok(f.vector == FAULT_PF && f.error == PF_RW && f.address == (uintptr_t)to + PAGE_4K &&
               right(&strings[i], 64, PAGE_4K - 64),
           "%s to a page that is not there, %s", strings[i].name, where);
        if (strings[i].reads) {
            views_map(SRC + PAGE_4K, 0, 0);
            f = run(&strings[i], to, 64, 8192);
            ok(f.vector == FAULT_PF && f.error == 0 && f.address == (uintptr_t)SRC + PAGE_4K &&
                   right(&strings[i], 64, PAGE_4K - 64),
               "  nor is the page that it comes from: that is the first to be missed");
            map(SRC, SRC_RAM, PAGES, PTE_P | PTE_W);
        }
        map(to, DST_RAM, PAGES, PTE_P | PTE_W);
    }
}

static void other_faults(void)
{
    struct movs m = {DST_OTHER, (const uint8_t *)(uintptr_t)0x8000000000000000, 64};
    struct fault f = trap_call(movsb, &m);

    ok(f.vector == FAULT_GP && f.error == 0, "REP MOVSB from no canonical address");
    m = (struct movs){(uint8_t *)(uintptr_t)0x8000000000000000, SRC, 64};
    f = trap_call(movsb, &m);
    ok(f.vector == FAULT_GP && f.error == 0, "  to no canonical address");
    write_cr0(read_cr0() | CR0_WP);
    views_map(DST_OTHER + PAGE_4K, phys(DST_RAM + 1), PTE_P | boot_cbit);
    f = run(&strings[0], DST_OTHER, 64, 8192);
    ok(f.vector == FAULT_PF && f.error == (PF_P | PF_RW) &&
           f.address == (uintptr_t)DST_OTHER + PAGE_4K && right(&strings[0], 64, PAGE_4K - 64),
       "REP MOVSB to a page that may not be written");
    map(DST_OTHER, DST_RAM, PAGES, PTE_P | PTE_W);
}

/* Written in bulk: the entry says so. */
static void dirty(void)
{
    for (unsigned i = 0; i < STRINGS; i++) {
        map(SRC, SRC_RAM, PAGES, PTE_P | PTE_W);
        map(DST_SAME, DST_RAM, PAGES, PTE_P | PTE_W);
        (void)run(&strings[i], DST_SAME, 0, 8192);
        ok((*views_entry(DST_SAME, 1) & (PTE_A | PTE_D)) == (PTE_A | PTE_D) &&
               (*views_entry(SRC, 1) & (PTE_A | PTE_D)) == (strings[i].reads ? PTE_A : 0),
           "%s sets accessed and dirty where it writes, accessed where it reads", strings[i].name);
    }
}

/* A user's pages, for the supervisor: with AC as any others, without it not at all. */
static void smap(void)
{
    struct movs in = {DST_OTHER, USER, AREA}, out = {USER, SRC, AREA};
    struct fault f;

    map(USER, USER_RAM, PAGES, PTE_P | PTE_W | PTE_U);
    for (unsigned level = 2; level <= 4; level++)
        *views_entry(USER, level) |= PTE_U;
    write_cr4(read_cr4() | CR4_SMAP);
    fill(priv(USER_RAM), AREA, 77);
    memset(priv(DST_RAM), 0xee, AREA);
    views_reload();
    f = trap_call(movsb, &in);
    ok(f.vector == FAULT_PF && f.error == PF_P && f.address == (uintptr_t)USER &&
           *priv(DST_RAM) == 0xee,
       "SMAP: no REP MOVSB from a user's page");
    f = trap_call(stosq, &out);
    ok(f.vector == FAULT_PF && f.error == (PF_P | PF_RW) && f.address == (uintptr_t)USER &&
           filled(priv(USER_RAM), AREA, 77),
       "  no REP STOSQ to it");
    __asm__ volatile("stac" ::: "cc");
    movsb(&in);
    ok(filled(priv(DST_RAM), AREA, 77), "AC set: REP MOVSB from four of a user's pages");
    fill(priv(SRC_RAM), AREA, 78);
    movsq(&out);
    ok(filled(priv(USER_RAM), AREA, 78), "  REP MOVSQ to them");
    stosb(&out);
    ok(*priv(USER_RAM) == 0x5a && !memcmp(priv(USER_RAM), priv(USER_RAM) + 1, AREA - 1),
       "  REP STOSB to them");
    __asm__ volatile("clac" ::: "cc");
    f = trap_call(movsb, &in);
    ok(f.vector == FAULT_PF && f.error == PF_P && filled(priv(DST_RAM), AREA, 77),
       "AC clear again: what the bulk knew of them is forgotten");
    write_cr4(read_cr4() & ~(uintptr_t)CR4_SMAP);
}

void guest_main(void)
{
    trap_init();
    views_init();
    map(SRC, SRC_RAM, PAGES, PTE_P | PTE_W);
    map(DST_SAME, DST_RAM, PAGES, PTE_P | PTE_W);
    map(DST_OTHER, DST_RAM, PAGES, PTE_P | PTE_W);
    plain(DST_OTHER, "pages that are new to the TLB");
    plain(DST_SAME, "pages that fall upon the same entry of it");
    overlapping();
    faults(DST_OTHER, "another entry");
    faults(DST_SAME, "the same entry");
    other_faults();
    dirty();
    if (cpuid(7, 0).ebx & 1u << 20)
        smap();
    else
        skip("SMAP", "this CPU has none");
    done_testing();
}
