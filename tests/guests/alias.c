/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that one instruction that reaches the same page through C=1 and C=0, or whose page is
 * converted between two of its accesses, has the same result as single bytes one after the other.
 *
 * The expected results come from the same accesses made byte by byte.
 *
 * Arguments: cpu (the CPU that runs the test).
 */
#include "guest.h"

static uint8_t plain[PAGE_4K], slow[PAGE_4K], fast[PAGE_4K];

/* --- string instructions --- */

static void rep_movsb(void *to, const void *from, size_t n)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
}

static void rep_movsw(void *to, const void *from, size_t n)
{
    n /= 2;
    __asm__ volatile("rep movsw" : "+D"(to), "+S"(from), "+c"(n)::"memory");
}

static void rep_movsd(void *to, const void *from, size_t n)
{
    n /= 4;
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(n)::"memory");
}

static void rep_movsb_down(void *to, const void *from, size_t n)
{
    uint8_t *d = (uint8_t *)to + n - 1;
    const uint8_t *s = (const uint8_t *)from + n - 1;

    __asm__ volatile("std\n rep movsb\n cld" : "+D"(d), "+S"(s), "+c"(n)::"memory", "cc");
}

static void slowly(uint8_t *to, const uint8_t *from, size_t n, unsigned size, bool down)
{
    for (size_t i = 0; i < n; i += size) {
        size_t at = down ? n - size - i : i;

        if (size == 1)
            *(volatile uint8_t *)(to + at) = *(const volatile uint8_t *)(from + at);
        if (size == 2)
            *(volatile uint16_t *)(void *)(to + at) =
                *(const volatile uint16_t *)(const void *)(from + at);
        if (size == 4)
            *(volatile uint32_t *)(void *)(to + at) =
                *(const volatile uint32_t *)(const void *)(from + at);
    }
}

static const struct movs {
    void (*fn)(void *to, const void *from, size_t n);
    const char *name;
    unsigned size;
    bool down;
} movs[] = {{rep_movsb, "REP MOVSB", 1, false},
            {rep_movsw, "REP MOVSW", 2, false},
            {rep_movsd, "REP MOVSD", 4, false},
            {rep_movsb_down, "REP MOVSB downwards", 1, true}};

/* From and to are offsets in page 1, each with C=1 or C=0; the same again step by step from
 * the same beginning. What counts is the ciphertext of all the page. */
static bool same_as_slow(const struct movs *m, bool to_private, unsigned to, bool from_private,
                         unsigned from, unsigned n)
{
    uint8_t *d = (to_private ? priv(1) : shr(1)) + to;
    const uint8_t *s = (from_private ? priv(1) : shr(1)) + from;

    fill(priv(1), PAGE_4K, n);
    slowly(d, s, n, m->size, m->down);
    memcpy(slow, shr(1), PAGE_4K);
    fill(priv(1), PAGE_4K, n);
    m->fn(d, s, n);
    memcpy(fast, shr(1), PAGE_4K);
    return !memcmp(slow, fast, PAGE_4K);
}

static void strings(void)
{
    static const unsigned places[][3] = {{0, 2048, 1024}, {0, 0, 1024},    {0, 4, 256},
                                         {4, 0, 256},     {17, 1000, 100}, {1000, 17, 100},
                                         {3072, 0, 1024}};

    for (unsigned i = 0; i < sizeof(movs) / sizeof(movs[0]); i++) {
        bool same = true;

        for (unsigned j = 0; j < sizeof(places) / sizeof(places[0]); j++)
            same &= same_as_slow(&movs[i], false, places[j][0], true, places[j][1], places[j][2]) &&
                    same_as_slow(&movs[i], true, places[j][0], false, places[j][1], places[j][2]);
        ok(same, "%s within a page, C=1 to C=0 and back: as step by step", movs[i].name);
        same = true;
        fill(priv(2), PAGE_4K, 5);
        movs[i].fn(shr(3), priv(2), PAGE_4K);
        ok(filled(shr(3), PAGE_4K, 5), "%s, a page to another, C=1 to C=0", movs[i].name);
        movs[i].fn(shr(4) - 512, priv(2), 1024);
        same = filled(priv(2), PAGE_4K, 5) && !memcmp(shr(4) - 512, priv(2), 1024);
        ok(same, "%s across a page end", movs[i].name);
    }
}

static void other_strings(void)
{
    size_t n = 1024;
    uint8_t *d = priv(5), *s;

    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(0x5a) : "memory");
    (void)*(volatile uint8_t *)shr(5);
    n = 1024;
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(0xa5) : "memory");
    ok(*(volatile uint8_t *)priv(5) == 0x5a && priv(5)[1023] == 0x5a && priv(5)[1024] == 0xa5 &&
           priv(5)[2047] == 0xa5,
       "REP STOSB in two parts, C=0 between them");
    d = priv(5);
    s = shr(5);
    n = 2048;
    __asm__ volatile("repne cmpsb" : "+D"(d), "+S"(s), "+c"(n)::"memory", "cc");
    n = 2048 - n; /* as many were compared; the last was the first equal pair */
    for (unsigned i = 0; i < n; i++)
        slow[i] = *(volatile uint8_t *)(priv(5) + i) == *(volatile uint8_t *)(shr(5) + i);
    ok(n > 0 && (slow[n - 1] || n == 2048),
       "REPNE CMPSB of a page with itself: the first equal byte");
    for (unsigned i = 0; i + 1 < n; i++)
        slow[0] |= slow[i];
    ok(n < 2 || !slow[0], "  and none before it");
}

/* --- accesses across a page end --- */

#define PAIR ((uint8_t *)(uintptr_t)0x60001000)

/* Two pages side by side: frames and their C-bits. */
static const struct pair {
    unsigned first, second;
    bool first_private, second_private;
    const char *name;
} pairs[] = {{6, 6, true, false, "one frame, C=1 then C=0"},
             {6, 6, false, true, "one frame, C=0 then C=1"},
             {6, 7, true, false, "two frames, C=1 then C=0"},
             {6, 7, false, true, "two frames, C=0 then C=1"}};

static uint8_t *byte_of(const struct pair *p, unsigned at)
{
    uint8_t *first = p->first_private ? priv(p->first) : shr(p->first);
    uint8_t *second = p->second_private ? priv(p->second) : shr(p->second);

    return at < PAGE_4K ? first + at : second + (at - PAGE_4K);
}

static void map_pair(const struct pair *p)
{
    const uint64_t flags = PTE_P | PTE_W;

    views_map(PAIR, phys(p->first), flags | (p->first_private ? boot_cbit : 0));
    views_map(PAIR + PAGE_4K, phys(p->second), flags | (p->second_private ? boot_cbit : 0));
}

static void set_bytes(const struct pair *p, unsigned at, const void *from, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        *(volatile uint8_t *)byte_of(p, at + i) = ((const uint8_t *)from)[i];
}

static bool has_bytes(const struct pair *p, unsigned at, const void *want, unsigned n)
{
    bool same = true;

    for (unsigned i = 0; i < n; i++)
        same &= *(volatile uint8_t *)byte_of(p, at + i) == ((const uint8_t *)want)[i];
    return same;
}

static const uint8_t ten[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

#define CROSS(type, insn)                                                                          \
    static bool cross_##type(const struct pair *p, unsigned split)                                 \
    {                                                                                              \
        unsigned at = PAGE_4K - split;                                                             \
        type *here = (type *)(void *)(PAIR + at);                                                  \
        type want, got, add = (type)0x0101010101010101ull;                                         \
        bool same;                                                                                 \
                                                                                                   \
        set_bytes(p, at, ten, sizeof(type));                                                       \
        memcpy(&want, ten, sizeof(type));                                                          \
        same = *(volatile type *)here == want;                                                     \
        want = (type)~want;                                                                        \
        *(volatile type *)here = want;                                                             \
        same &= has_bytes(p, at, &want, sizeof(type));                                             \
        got = add;                                                                                 \
        __asm__ volatile("lock; " insn " %0, %1" : "+r"(got), "+m"(*here)::"cc", "memory");        \
        same &= got == want;                                                                       \
        want = (type)(want + add);                                                                 \
        same &= has_bytes(p, at, &want, sizeof(type));                                             \
        got = 0;                                                                                   \
        __asm__ volatile("xchg %0, %1" : "+r"(got), "+m"(*here)::"memory");                        \
        same &= got == want && *(volatile type *)here == 0;                                        \
        return same;                                                                               \
    }

CROSS(uint16_t, "xaddw")
CROSS(uint32_t, "xaddl")
#ifdef __x86_64__
CROSS(uint64_t, "xaddq")
#endif

/* CMPXCHG8B takes any address. */
static bool cross_cmpxchg8b(const struct pair *p, unsigned split)
{
    unsigned at = PAGE_4K - split;
    uint32_t lo, hi;
    uint8_t equal;

    set_bytes(p, at, ten, 8);
    lo = get32(ten);
    hi = get32(ten + 4);
    __asm__ volatile("lock; cmpxchg8b %0; sete %3"
                     : "+m"(*(uint64_t *)(void *)(PAIR + at)), "+a"(lo), "+d"(hi), "=q"(equal)
                     : "b"(get32(ten + 8)), "c"(get32(ten + 12))
                     : "cc", "memory");
    if (!equal || !has_bytes(p, at, ten + 8, 8))
        return false;
    __asm__ volatile("lock; cmpxchg8b %0; sete %3"
                     : "+m"(*(uint64_t *)(void *)(PAIR + at)), "+a"(lo), "+d"(hi), "=q"(equal)
                     : "b"(0), "c"(0)
                     : "cc", "memory");
    return !equal && lo == get32(ten + 8) && hi == get32(ten + 12);
}

/* 16 bytes by MOVUPS; 512 by FXSAVE and FXRSTOR, of which the first 160 are compared (they hold no
 * register that anybody changes here). */
static bool cross_sse(const struct pair *p, unsigned split)
{
    unsigned at = PAGE_4K - split;
    bool same;

    set_bytes(p, at, ten, 16);
    memset(slow, 0, 16);
    __asm__ volatile("movups %1, %%xmm0; movups %%xmm0, %0"
                     : "=m"(*(uint8_t(*)[16])slow)
                     : "m"(*(uint8_t(*)[16])(PAIR + at)));
    same = !memcmp(slow, ten, 16);
    slow[0] = 99;
    __asm__ volatile("movups %1, %%xmm0; movups %%xmm0, %0"
                     : "=m"(*(uint8_t(*)[16])(PAIR + at))
                     : "m"(*(uint8_t(*)[16])slow)
                     : "memory");
    return same && has_bytes(p, at, slow, 16);
}

static bool cross_fxsave(const struct pair *p)
{
    static uint8_t want[512] __attribute__((aligned(16)));
    unsigned at = PAGE_4K - 80;

    memset(want, 0, sizeof(want));
    set_bytes(p, at, want, 176);
    __asm__ volatile("fninit; fld1; fldpi; fxsave %0; fxsave %1"
                     : "=m"(want), "=m"(*(uint8_t(*)[512])(PAIR + at))
                     :
                     : "memory");
    if (!has_bytes(p, at, want, 160))
        return false;
    __asm__ volatile("fninit; fxrstor %1; fxsave %0"
                     : "=m"(want)
                     : "m"(*(uint8_t(*)[512])(PAIR + at)));
    return has_bytes(p, at, want, 160);
}

/* PUSH and POP with the stack pointer across the end. */
static bool cross_stack(const struct pair *p)
{
    uint8_t *top = PAIR + PAGE_4K + sizeof(uintptr_t) / 2;
    uintptr_t value = (uintptr_t)0x1122334455667788ull, got = 0;

#ifdef __x86_64__
    __asm__ volatile("xchg %%rsp, %1; push %2; pop %0; push %2; add $8, %%rsp; xchg %%rsp, %1"
                     : "=&r"(got), "+r"(top)
                     : "r"(value)
                     : "memory");
#else
    __asm__ volatile("xchg %%esp, %1; push %2; pop %0; push %2; add $4, %%esp; xchg %%esp, %1"
                     : "=&r"(got), "+r"(top)
                     : "r"(value)
                     : "memory");
#endif
    return got == value && has_bytes(p, PAGE_4K - sizeof(value) / 2, &value, sizeof(value));
}

static void crossing(void)
{
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const struct pair *p = &pairs[i];
        bool words = true, doubles = true, pairs8 = true, sse = true;

        map_pair(p);
        words = cross_uint16_t(p, 1);
        for (unsigned split = 1; split < 4; split++)
            doubles &= cross_uint32_t(p, split);
        for (unsigned split = 1; split < 8; split++) {
#ifdef __x86_64__
            doubles &= cross_uint64_t(p, split);
#endif
            pairs8 &= cross_cmpxchg8b(p, split);
        }
        for (unsigned split = 1; split < 16; split++)
            sse &= cross_sse(p, split);
        ok(words, "across a page end, %s: 2 bytes read, written, XADD, XCHG", p->name);
        ok(doubles, "  4 and 8 bytes");
        ok(pairs8, "  CMPXCHG8B");
        ok(sse, "  MOVUPS");
        ok(cross_fxsave(p), "  FXSAVE and FXRSTOR");
        ok(cross_stack(p), "  PUSH and POP");
    }
}

/* The second half's walk goes through the table that the first half writes with C=0. */
static void table_half(void)
{
    uint8_t *at = (uint8_t *)(uintptr_t)0x60400000 - 2, *table;
    uint32_t value;

    views_map(at + 2, phys(10), PTE_P | PTE_W | boot_cbit); /* its table is used for nothing else */
    table = (uint8_t *)((uintptr_t)views_entry(at + 2, 1) & ~(uintptr_t)4095);
    views_map(at - 4094, (uintptr_t)table, PTE_P | PTE_W); /* the table itself, C=0 */
    put32(priv(10), 0x44332211);
    views_reload();
    value = *(volatile uint32_t *)(void *)at;
    memcpy(slow, at - 4094, PAGE_4K);
    is(value, 0x22110000u | slow[4094] | (uint32_t)slow[4095] << 8,
       "a read whose second half is mapped by the page of the first");
    views_reload();
    *(volatile uint32_t *)(void *)at = 0xddccbbaa;
    is(*(volatile uint16_t *)(void *)(at), 0xbbaa, "a write: the first half, through C=0");
    is(get32(priv(10)), 0x4433ddcc, "  the second half, through C=1");
    *(volatile uint16_t *)(void *)at = (uint16_t)(slow[4094] | slow[4095] << 8);
}

/* --- atomics with one kind of access while the page is in the other state --- */

#ifdef __x86_64__
static void cmpxchg16b(void)
{
    uint8_t *at = priv(8) + 48;
    uint64_t lo, hi, equal;

    memset(priv(8), 0, PAGE_4K);
    memcpy(at, ten, 16);
    memcpy(fast, shr(8), PAGE_4K);
    memcpy(&lo, ten, 8);
    memcpy(&hi, ten + 8, 8);
    __asm__ volatile("lock; cmpxchg16b %0; setz %b3"
                     : "+m"(*(uint8_t(*)[16])at), "+a"(lo), "+d"(hi), "=q"(equal)
                     : "b"(7ull), "c"(8ull)
                     : "cc", "memory");
    ok((equal & 1) && get32(at) == 7 && get32(at + 8) == 8,
       "CMPXCHG16B through C=1, C=0 before it");
    is(equal_blocks(shr(8), fast, PAGE_4K), 255, "  one block of ciphertext changed");
    memcpy(&lo, fast + 64, 8);
    memcpy(&hi, fast + 72, 8);
    (void)*(volatile uint8_t *)priv(8);
    __asm__ volatile("lock; cmpxchg16b %0; setz %b3"
                     : "+m"(*(uint8_t(*)[16])(shr(8) + 64)), "+a"(lo), "+d"(hi), "=q"(equal)
                     : "b"(0ull), "c"(0ull)
                     : "cc", "memory");
    ok((equal & 1) && memcmp(priv(8) + 64, slow, 16) != 0, "CMPXCHG16B of ciphertext through C=0");
    memcpy(shr(8) + 64, fast + 64, 16);
    ok(!get32(priv(8) + 64) && !get32(priv(8) + 76),
       "  and the old ciphertext back is the old data");
    __asm__ volatile("lock; cmpxchg16b %0; setz %b3"
                     : "+m"(*(uint8_t(*)[16])at), "+a"(lo), "+d"(hi), "=q"(equal)
                     : "b"(0ull), "c"(0ull)
                     : "cc", "memory");
    ok(!(equal & 1) && lo == 7 && hi == 8, "CMPXCHG16B that does not match reads the data");
}
#endif

/* --- what the CPU itself reads and writes: descriptor table and exception frame --- */

struct __attribute__((packed)) pointer {
    uint16_t limit;
    uintptr_t base;
};

static void breakpoint(void *arg)
{
    uint8_t *top = arg, *spare = top;

    (void)*(volatile uint8_t *)shr(11);
    (void)*(volatile uint8_t *)shr(12);
#ifdef __x86_64__
    __asm__ volatile("mov %0, %%rsp; int3" : "+r"(spare)::"memory");
#else
    __asm__ volatile("mov %0, %%esp; int3" : "+r"(spare)::"memory");
#endif
}

static void exceptions(void)
{
    struct pointer old, here;

    __asm__ volatile("sidt %0" : "=m"(old));
    here = (struct pointer){old.limit, (uintptr_t)priv(11)};
    memcpy(priv(11), (void *)old.base, old.limit + 1u);
    __asm__ volatile("lidt %0" ::"m"(here));
    is((uint64_t)trap_call(breakpoint, priv(13)).vector, 3,
       "IDT and stack in private pages that C=0 looked at: #BP arrives");
    memcpy(shr(11), (void *)old.base, old.limit + 1u);
    here.base = (uintptr_t)shr(11);
    __asm__ volatile("lidt %0" ::"m"(here));
    is((uint64_t)trap_call(breakpoint, shr(13)).vector, 3, "in shared pages, too");
    __asm__ volatile("lidt %0" ::"m"(old));
}

static void body(void *arg)
{
    (void)arg;
    write_cr0(read_cr0() & ~0xcu); /* EM and TS off */
    write_cr4(read_cr4() | 0x600); /* SSE */
    fill(plain, PAGE_4K, 1);
    strings();
    other_strings();
    crossing();
    table_half();
#ifdef __x86_64__
    cmpxchg16b();
#endif
    exceptions();
}

void guest_main(void)
{
    views_main(body);
}
