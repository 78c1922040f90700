/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that instructions are fetched with the guest's key, whatever the C-bit of their page.
 *
 * Source: Linux Documentation/arch/x86/amd-memory-encryption.rst (instruction pages
 * are always private).
 *
 * Arguments: cpu (the CPU that runs the test).
 */
#include "guest.h"

#define NOTHING 0xdeadbeefu

struct call {
    uint8_t *at;
    uint32_t result;
};

/* The code's own EAX; it is NOTHING before. */
static void do_call(void *arg)
{
    struct call *c = arg;

    __asm__ volatile("call *%1"
                     : "=a"(c->result)
                     : "r"(c->at), "a"(NOTHING)
                     : "ecx", "edx", "memory");
}

static uint32_t run(uint8_t *at)
{
    struct call c = {at, 0};

    do_call(&c);
    return c.result;
}

/* One block: MOV EAX, value; RET; NOPs. */
static void code(uint8_t block[16], uint32_t value)
{
    memset(block, 0x90, 16);
    block[0] = 0xb8;
    put32(block + 1, value);
    block[5] = 0xc3;
}

static uint8_t one[16], two[16], cipher_one[16], cipher_two[16], block[16];

/* Both routines and their ciphertext at the beginning of page 0; left there: the second. */
static void prepare(void)
{
    code(one, 1);
    code(two, 2);
    memcpy(priv(0), one, 16);
    memcpy(cipher_one, shr(0), 16);
    memcpy(priv(0), two, 16);
    memcpy(cipher_two, shr(0), 16);
}

static void always_private(void)
{
    is(run(priv(0)), 2, "code written through C=1 runs");
    is(run(shr(0)), 2, "and runs at an address without the C-bit");
    (void)*(volatile uint8_t *)shr(0);
    is(run(priv(0)), 2, "after the page was read through C=0");
    (void)*(volatile uint8_t *)shr(0);
    is(run(shr(0)), 2, "also at the address without the C-bit");
    memcpy(shr(0), cipher_one, 16);
    is(run(priv(0)), 1, "ciphertext of other code, written through C=0, runs as that code");
    memcpy(shr(0), cipher_two, 16);
    is(run(shr(0)), 2, "also at the address without the C-bit");
    memcpy(priv(0), one, 16);
    is(run(shr(0)), 1, "code changed through C=1 runs changed where there is no C-bit");
}

/* Code written through C=0 is garbage for the fetch. C=1 shows beforehand which garbage: of
 * many routines, one is taken whose garbage begins with an instruction that cannot be mistaken. */
static bool garbage_that_begins_with(uint8_t opcode)
{
    for (uint32_t value = 1; value < 20000; value++) {
        code(block, value);
        memcpy(shr(0), block, 16);
        if (*(volatile uint8_t *)priv(0) == opcode)
            return true;
    }
    return false;
}

static void written_shared(uint8_t *at, const char *name)
{
    struct call c = {at, 0};
    struct fault f;

    if (!ok(garbage_that_begins_with(0xc3), "garbage that begins with RET"))
        return;
    is(run(at), NOTHING, name);
    if (!ok(garbage_that_begins_with(0xcc), "garbage that begins with INT3"))
        return;
    f = trap_call(do_call, &c);
    is((uint64_t)f.vector, 3, "  and raises #BP");
    is(f.ip, (uintptr_t)at + 1, "  there");
    memcpy(priv(0), block, 16);
    is(run(at), get32(block + 1), "  the same bytes written through C=1 run");
}

/* An instruction that crosses a page end, each of the pages encrypted before it. */
static void crossing(void)
{
    uint8_t *at = priv(3) - 3;

    for (unsigned i = 0; i < 4; i++) {
        code(block, 0x11223344 + i);
        memcpy(at, block, 16);
        if (i & 1)
            (void)*(volatile uint8_t *)shr(2);
        if (i & 2)
            (void)*(volatile uint8_t *)shr(3);
        is(run(i & 1 ? at : shr(3) - 3), 0x11223344 + i,
           "an instruction across a page end, its pages encrypted by turns");
    }
}

/* The code writes the block that it runs into next; ESI and EDI from ECX and EDX. */
static void modifier(uint8_t *at)
{
    static const uint8_t bytes[32] = {
        0x56, 0x57,                /* push esi; push edi */
        0x89, 0xce, 0x89, 0xd7,    /* mov esi, ecx; mov edi, edx */
        0xb9, 16,   0,    0,    0, /* mov ecx, 16 */
        0xf3, 0xa4,                /* rep movsb */
        0x5f, 0x5e,                /* pop edi; pop esi */
        0xeb, 15,                  /* jmp to the next block but one */
    };

    memcpy(at, bytes, sizeof(bytes));
    code(at + 32, 0);
}

static uint32_t modify(uint8_t *at, const uint8_t *from, uint8_t *to)
{
    uint32_t result, from32 = (uint32_t)(uintptr_t)from, to32 = (uint32_t)(uintptr_t)to;

    __asm__ volatile("call *%3" : "=a"(result), "+c"(from32), "+d"(to32) : "r"(at) : "memory");
    return result;
}

static void self_modifying(void)
{
    static uint8_t ciphertext[10][16];
    bool right = true;

    for (unsigned i = 0; i < 10; i++) {
        code(block, 100 + i);
        memcpy(priv(5) + 32, block, 16);
        memcpy(ciphertext[i], shr(5) + 32, 16);
    }
    modifier(priv(5));
    is(run(priv(5) + 32), 0, "a routine that another one shall change");
    for (unsigned i = 0; i < 100; i++) {
        code(block, i);
        right &= modify(i & 1 ? priv(5) : shr(5), block, priv(5) + 32) == i;
    }
    ok(right, "code that changes its next instruction through C=1 runs the new one");
    for (unsigned i = 0; i < 100; i++)
        right &= modify(i & 1 ? priv(5) : shr(5), ciphertext[i % 10], shr(5) + 32) == 100 + i % 10;
    ok(right, "so does code that writes the ciphertext of its next instruction through C=0");
    for (unsigned i = 0; i < 100; i++) {
        code(block, i);
        right &= modify(priv(5), i & 1 ? ciphertext[i % 10] : block,
                        (i & 1 ? shr(5) : priv(5)) + 32) == (i & 1 ? 100 + i % 10 : i);
    }
    ok(right, "and code that does both in turn");
}

/* Read and execute of one page in turn: data through C=0, the next instruction from the same page.
 */
static void reads_itself(void)
{
    /* mov eax, [edx + 32]; 64-bit code has the same bytes for [rdx + 32]. */
    static const uint8_t bytes[] = {0x8b, 0x42, 0x20, 0x8b, 0x42, 0x20, 0x03, 0x42, 0x24, 0xc3};
    uint32_t want;

    memcpy(priv(6), bytes, sizeof(bytes));
    fill(priv(6) + 32, 16, 4);
    want = get32(shr(6) + 32) + get32(shr(6) + 36);
    is(modify(priv(6), block, shr(6)), want, "code reads its own page through C=0 and goes on");
    want = get32(priv(6) + 32) + get32(priv(6) + 36);
    is(modify(shr(6), block, priv(6)), want, "and through C=1, itself without the C-bit");
}

static void body(void *arg)
{
    (void)arg;
    prepare();
    always_private();
    written_shared(priv(0), "code written through C=0 runs as what C=1 shows, not as written");
    written_shared(shr(0), "also where the page has no C-bit");
    crossing();
    self_modifying();
    reads_itself();
}

void guest_main(void)
{
    views_main(body);
}
