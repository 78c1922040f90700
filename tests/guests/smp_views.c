/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that no CPU uses old contents of a page through a TLB entry that it had before another CPU
 * used the page in the other way. Both CPUs keep their translations and do not flush.
 *
 * A page has one content. Private and shared are properties of the access, not of a CPU or of a
 * time.
 *
 * Source: Linux Documentation/arch/x86/amd-memory-encryption.rst.
 */
#include "guest.h"

#define ROUNDS 3000u

static uint8_t plain[PAGE_4K], cipher[PAGE_4K];

struct look {
    const uint8_t *at;
    uint8_t copy[64];
};

static void do_look(void *arg)
{
    struct look *l = arg;

    memcpy(l->copy, l->at, sizeof(l->copy));
}

static struct look second_sees(const uint8_t *at)
{
    struct look l = {at, {0}};

    on_cpu(1, do_look, &l);
    return l;
}

struct store {
    uint8_t *to;
    const uint8_t *from;
    unsigned len;
};

static void do_store(void *arg)
{
    struct store *s = arg;

    memcpy(s->to, s->from, s->len);
}

static void second_writes(uint8_t *to, const uint8_t *from, unsigned len)
{
    struct store s = {to, from, len};

    on_cpu(1, do_store, &s);
}

static void prepare(unsigned page)
{
    fill(priv(page), PAGE_4K, page);
    memcpy(plain, priv(page), PAGE_4K);
    memcpy(cipher, shr(page), PAGE_4K);
}

static void looks(void)
{
    prepare(0);
    ok(!memcmp(second_sees(priv(0)).copy, plain, 64), "CPU 1 reads through C=1");
    ok(!memcmp(shr(0), cipher, 64), "CPU 0 reads through C=0");
    ok(!memcmp(second_sees(priv(0)).copy, plain, 64), "CPU 1 sees the data as before");
    ok(!memcmp(priv(0), plain, 64), "CPU 0 through C=1");
    ok(!memcmp(second_sees(shr(0)).copy, cipher, 64), "CPU 1 through C=0");
    ok(!memcmp(priv(0), plain, 64), "CPU 0 as before");
}

static void stores(void)
{
    prepare(1);
    second_sees(priv(1));
    memcpy(shr(1), plain, 16);
    ok(memcmp(second_sees(priv(1)).copy, plain, 16) != 0 &&
           !memcmp(second_sees(priv(1)).copy + 16, plain + 16, 48),
       "CPU 0 writes a block through C=0: garbage for CPU 1's C=1, that block alone");
    second_writes(shr(1), cipher, 16);
    ok(!memcmp(priv(1), plain, 64), "CPU 1 writes its ciphertext back: the data for CPU 0");
    second_sees(shr(1));
    memcpy(priv(1), plain + 64, 16);
    ok(memcmp(second_sees(shr(1)).copy, cipher, 16) != 0 &&
           !memcmp(second_sees(priv(1)).copy, plain + 64, 16),
       "CPU 0 writes through C=1: other ciphertext and the data for CPU 1");
}

/* --- both at once, one CPU with C=1 and one with C=0 in one page: no step may be lost --- */

struct counter {
    volatile uint32_t *at;
    unsigned steps;
};

static void do_count(void *arg)
{
    struct counter *c = arg;

    for (unsigned i = 0; i < c->steps; i++)
        (*c->at)++;
}

static void do_count_locked(void *arg)
{
    struct counter *c = arg;

    for (unsigned i = 0; i < c->steps; i++)
        __asm__ volatile("lock; incl %0" : "+m"(*c->at));
}

static void count(void (*how)(void *), uint8_t *mine, uint8_t *its, uint32_t want_mine,
                  uint32_t want_its, const char *name)
{
    struct counter a = {(volatile uint32_t *)(uintptr_t)mine, ROUNDS};
    struct counter b = {(volatile uint32_t *)(uintptr_t)its, ROUNDS};

    *a.at = 0;
    *b.at = 0;
    ap_begin(how, &b);
    how(&a);
    ap_wait();
    ok(*a.at == want_mine && *b.at == want_its, "%s (%u, %u)", name, *a.at, *b.at);
}

static void counters(void)
{
    count(do_count, priv(2), shr(2) + 64, ROUNDS, ROUNDS,
          "two counters in one page, CPU 0 through C=1, CPU 1 through C=0");
    count(do_count, shr(2) + 128, priv(2) + 4092, ROUNDS, ROUNDS, "and the other way round");
    count(do_count_locked, priv(2) + 16, priv(2) + 16, 2 * ROUNDS, 2 * ROUNDS,
          "one counter, LOCK INC by both through C=1");
    count(do_count_locked, shr(2) + 48, priv(2) + 32, ROUNDS, ROUNDS,
          "two counters in neighbouring blocks, LOCK INC");
}

/* --- the second CPU works in a page that the first one looks at through C=0 --- */

static volatile uint32_t turns;
static volatile bool stop, wrong;

/* MOV EAX, 0; ADD EAX, 1; CMP EAX, ECX; JB -8; RET: all of it in the page. */
static const uint8_t loop_code[] = {0xb8, 0,    0,    0,    0,    0x83, 0xc0,
                                    0x01, 0x39, 0xc8, 0x72, 0xf9, 0xc3};

static void do_run(void *arg)
{
    uint8_t *at = arg;

    while (!stop) {
        uint32_t result, steps = 200;

        __asm__ volatile("call *%2" : "=&a"(result), "+c"(steps) : "r"(at) : "memory");
        turns += result == 200;
        wrong |= result != 200;
    }
}

static void run_and_look(uint8_t *at, const char *name)
{
    uint32_t before;
    bool same = true;

    memcpy(priv(3), loop_code, sizeof(loop_code));
    memcpy(cipher, shr(3), 64);
    stop = wrong = false;
    turns = 0;
    ap_begin(do_run, at);
    for (unsigned i = 0; i < ROUNDS; i++)
        same &= !memcmp(shr(3), cipher, 64);
    before = turns;
    for (unsigned i = 0; i < 1000000 && turns == before; i++)
        same &= !memcmp(shr(3), cipher, 64);
    stop = true;
    ap_wait();
    ok(same && !wrong && turns > before && before > 0, "%s (%u turns)", name, turns);
}

static uint32_t stack_sum;

/* Runs on a stack in page 4: pushes, pops and calls, again and again. */
static void do_stack(void *arg)
{
    uint8_t *top = arg;
    uint32_t sum = 0;

    while (!stop) {
        uintptr_t out;

#ifdef __x86_64__
#define SP "rsp"
#else
#define SP "esp"
#endif
        __asm__ volatile("xchg %%" SP ", %1\n"
                         "push %2\n push %3\n pop %0\n add (%%" SP "), %0\n add $%c4, %%" SP "\n"
                         "xchg %%" SP ", %1\n"
                         : "=&r"(out), "+r"(top)
                         : "r"((uintptr_t)40), "r"((uintptr_t)2), "i"(sizeof(uintptr_t))
                         : "memory", "cc");
        wrong |= out != 42;
        sum++;
    }
    stack_sum = sum;
}

static void stack_and_look(uint8_t *top, uint8_t *other, const char *name)
{
    uint32_t seen = 0;

    memset(priv(4), 0, PAGE_4K);
    stop = wrong = false;
    stack_sum = 0;
    ap_begin(do_stack, top);
    for (unsigned i = 0; i < ROUNDS; i++)
        seen += *(volatile uint8_t *)(other + i % 2048);
    for (unsigned i = 0; i < ROUNDS; i++)
        *(volatile uint8_t *)(other + i % 2048) = (uint8_t)i;
    stop = true;
    ap_wait();
    ok(!wrong && stack_sum > 100, "%s (%u turns, %x)", name, stack_sum, seen);
}

/* A page table of CPU 1's work is in a page that CPU 0 reads with C=0. */
static void do_walk(void *arg)
{
    uint8_t *at = arg;

    while (!stop) {
        invlpg(at);
        wrong |= *(volatile uint32_t *)(uintptr_t)at != 0x5eed;
        turns++;
    }
}

static void walk_and_look(void)
{
    uint8_t *va = (uint8_t *)(uintptr_t)0x60000000, *table;

    views_map(va, phys(5), PTE_P | PTE_W | boot_cbit);
    table = (uint8_t *)((uintptr_t)views_entry(va, 1) & ~(uintptr_t)4095);
    views_map(va + PAGE_2M, (uintptr_t)table, PTE_P | PTE_W); /* C=0 */
    put32(priv(5), 0x5eed);
    memcpy(cipher, va + PAGE_2M + 16, 64);
    stop = wrong = false;
    turns = 0;
    ap_begin(do_walk, va);
    bool same = true;
    for (unsigned i = 0; i < ROUNDS; i++)
        same &= !memcmp(va + PAGE_2M + 16, cipher, 64);
    stop = true;
    ap_wait();
    ok(same && !wrong && turns > 100,
       "CPU 1 walks a page table that CPU 0 reads through C=0 (%u walks)", turns);
}

void guest_main(void)
{
    trap_init();
    views_init();
    if (!ok(ap_start(NULL), "the second CPU starts"))
        bail_out("no second CPU");
    looks();
    stores();
    counters();
    run_and_look(priv(3), "CPU 1 runs code in a page that CPU 0 reads through C=0");
    run_and_look(shr(3), "the same, without the C-bit where CPU 1 runs it");
    stack_and_look(priv(5) - 64, shr(4), "CPU 1's stack in a page that CPU 0 uses through C=0");
    stack_and_look(shr(5) - 64, priv(4), "and the other way round");
    walk_and_look();
    done_testing();
}
