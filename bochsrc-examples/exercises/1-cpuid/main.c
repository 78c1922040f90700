/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 1, the given part: call find_cbit() and print what it returned. `grade` compares.
 */
#include "kit.h"

uint32_t find_cbit(void);

/* Call it with known values in the registers that a function has to keep. Return 0 if they are
 * unchanged. */
static uint64_t registers_changed(uint32_t *position)
{
    uint64_t changed;

    __asm__ volatile("movq $0x1111, %%rbx\n movq $0x2222, %%r12\n movq $0x3333, %%r13\n"
                     "movq $0x4444, %%r14\n movq $0x5555, %%r15\n"
                     "call find_cbit\n"
                     "subq $0x1111, %%rbx\n subq $0x2222, %%r12\n subq $0x3333, %%r13\n"
                     "subq $0x4444, %%r14\n subq $0x5555, %%r15\n"
                     "orq %%r12, %%rbx\n orq %%r13, %%rbx\n orq %%r14, %%rbx\n orq %%r15, %%rbx\n"
                     "movq %%rbx, %%rdx\n"
                     : "=a"(*position), "=d"(changed)
                     :
                     : "rbx", "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                       "r15", "memory", "cc");
    return changed;
}

void guest_main(uint64_t cbit)
{
    uint32_t position;
    uint64_t changed = registers_changed(&position);

    (void)cbit;
    print("find_cbit: %u\nregisters: %s\n", position, changed ? "changed" : "kept");
    stop();
}
