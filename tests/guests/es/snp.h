/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Instructions of SEV-SNP for test guests, as bytes, because not every assembler has their names.
 *
 * Sources: Linux arch/x86/include/asm/sev.h pvalidate(), rmpadjust(); LLVM
 * llvm/lib/Target/X86/X86InstrSNP.td (encodings).
 */
#ifndef SNP_H
#define SNP_H

#include "es.h"

enum { FAIL_INPUT = 1, FAIL_PERMISSION = 2, FAIL_SIZE_MISMATCH = 6, UNCHANGED = 255 };
enum { SIZE_4K, SIZE_2M };

/* Returns EAX, or UNCHANGED if that is 0 and the carry flag is set. */
static inline uint32_t pvalidate(const volatile void *at, uint32_t size, uint32_t validate)
{
    uint64_t rax = (uintptr_t)at;
    bool carry;

    __asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
                     : "+a"(rax), "=@ccc"(carry)
                     : "c"(size), "d"(validate)
                     : "memory");
    return (uint32_t)rax ? (uint32_t)rax : carry ? UNCHANGED : 0;
}

/* `rdx`: target VMPL, permissions in 15:8, VMSA in 16. Returns EAX. */
static inline uint32_t rmpadjust(const volatile void *at, uint64_t size, uint64_t rdx)
{
    uint64_t rax = (uintptr_t)at;

    __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
                     : "+a"(rax)
                     : "c"(size), "d"(rdx)
                     : "memory", "cc");
    return (uint32_t)rax;
}

/* Returns EAX; *rdx in: target VMPL. */
static inline uint32_t rmpquery(const volatile void *at, uint64_t *size, uint64_t *rdx)
{
    uint64_t rax = (uintptr_t)at;

    __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfd"
                     : "+a"(rax), "=c"(*size), "+d"(*rdx)
                     :
                     : "memory", "cc");
    return (uint32_t)rax;
}

#endif
