/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: does a machine without a `sev:` line spend the same number of ticks on the same work as
 * stock Bochs 3.0? Bochs's time-stamp counter counts ticks: one for every instruction, and for
 * every iteration of a repeated one. The work is assembly, so that no compiler's choice enters, and
 * goes through everything that the patches touch: page walks after INVLPG and MOV CR3, A/D updates,
 * 4 KiB and 2 MiB pages, stores into code, REP MOVS across pages, WBINVD, page faults.
 *
 * STOCK_TICKS is what this image prints under an unpatched Bochs 3.0 built with cpu-ext's options;
 * `make bench` repeats that comparison.
 */
#include "guest.h"

#define ROUNDS     1000u
#define PAGES      64u
#define COPY_BYTES 8192u
#define AREA       0x70000000u

/* A round is 12 instructions outside of the loop over pages, 5 for each page, and one tick for each
 * byte of the REP: that can be counted in work(). The 5 around the rounds were measured. */
#define STOCK_TICKS (ROUNDS * (12u + 5u * PAGES + COPY_BYTES) + 5u)

static struct table t;

/* Ticks that the work took. */
static __attribute__((noinline)) uint64_t work(void)
{
    uint64_t start, end = 0;

    __asm__ volatile(
        "cpuid\n\t" /* both readings are right after a serialising instruction */
        "rdtsc\n\t"
        "shl $32, %%rdx\n\t"
        "or %%rdx, %%rax\n\t"
        "mov %%rax, %[start]\n\t"
        "mov %[rounds], %%r10d\n"
        "1:\n\t"
        "mov %%cr3, %%rax\n\t"
        "mov %%rax, %%cr3\n\t"
        "mov %[area], %%edi\n\t"
        "mov %[pages], %%ecx\n"
        "2:\n\t"
        "addl $1, (%%rdi)\n\t"
        "invlpg (%%rdi)\n\t"
        "add $0x1000, %%rdi\n\t"
        "dec %%ecx\n\t"
        "jnz 2b\n\t"
        "mov %[area], %%esi\n\t"
        "lea 0x10ff8(%%rsi), %%rdi\n\t"
        "mov %[bytes], %%ecx\n\t"
        "rep movsb\n\t"
        "wbinvd\n\t"
        "movb $0x90, 3f(%%rip)\n\t" /* a store into code that runs next */
        "3: nop\n\t"
        "dec %%r10d\n\t"
        "jnz 1b\n\t"
        "xor %%eax, %%eax\n\t"
        "cpuid\n\t"
        "rdtsc\n\t"
        "shl $32, %%rdx\n\t"
        "or %%rdx, %%rax\n\t"
        : "+a"(end), [start] "=&r"(start)
        : [rounds] "i"(ROUNDS), [area] "i"(AREA), [pages] "i"(PAGES), [bytes] "i"(COPY_BYTES)
        : "rbx", "rcx", "rdx", "rsi", "rdi", "r10", "memory", "cc");
    return end - start;
}

/* A #PF in every round of its own: walks that end in a fault. */
static unsigned faults(void)
{
    unsigned seen = 0;
    uint32_t value;

    for (unsigned i = 0; i < 100; i++) {
        struct fault f = try_read((const void *)(uintptr_t)(AREA + 0x200000 + i * PAGE_4K), &value);

        seen += f.vector == FAULT_PF && f.error == 0;
    }
    return seen;
}

void guest_main(void)
{
    uint64_t first, second;

    trap_init();
    t = table_new(4, 0, 16 * PAGE_2M);
    for (unsigned i = 0; i < PAGES; i++)
        table_map(&t, AREA + i * PAGE_4K, 0x1000000 + i * PAGE_4K, PAGE_4K, PTE_P | PTE_W);
    write_cr3(table_cr3(&t));
    first = work();
    is(faults(), 100, "page faults");
    second = work();
    print("# ticks %llu\n", (llu)first);
    is(second, first, "the same work takes the same ticks");
    is(first, STOCK_TICKS, "and as many as in stock Bochs");
    done_testing();
}
