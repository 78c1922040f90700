/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 1: where is the C-bit?
 *
 *   uint32_t find_cbit(void);
 *
 * returns in eax the number of the C-bit if this is a SEV guest, and 0 if it is not. Long mode,
 * called from C: rbx, rbp, r12 to r15 must come back unchanged (and CPUID writes to rbx).
 *
 * What you need (Linux Documentation/arch/x86/amd-memory-encryption.rst):
 *   CPUID 80000000h      EAX: the highest leaf there is
 *   CPUID 8000001Fh      EAX[1]: this processor can do SEV; EBX[5:0]: the number of the C-bit
 *   MSR   C0010131h      bit 0: SEV is on in this machine (RDMSR: ecx = number, result in edx:eax)
 */
    .text
    .globl find_cbit
find_cbit:
    pushq %rbx                  /* the caller's; CPUID writes to it */
    movl $0x80000000, %eax      /* the highest leaf */
    cpuid
    cmpl $0x8000001f, %eax
    jb no
    movl $0x8000001f, %eax      /* bit 1: the processor has SEV */
    cpuid
    testl $2, %eax
    jz no
    andl $0x3f, %ebx
    movl $0xc0010131, %ecx      /* bit 0: it is on (keeps ebx) */
    rdmsr
    testl $1, %eax
    jz no
    movl $47, %eax
    popq %rbx
    ret
no: xorl %eax, %eax
    popq %rbx
    ret
