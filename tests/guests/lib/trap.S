/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The stubs of the 32 exceptions, and the return from a function that faulted.
 *
 * Source: Linux arch/x86/include/asm/idtentry.h (which vectors push an error code).
 */
#ifdef __x86_64__
#define REG(name) %r##name
    .macro pushes
    push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15
    .endm
    .macro pops
    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx
    .endm
#else
#define REG(name) %e##name
    .macro pushes
    push %ebx; push %ebp; push %esi; push %edi
    .endm
    .macro pops
    pop %edi; pop %esi; pop %ebp; pop %ebx
    .endm
#endif

    .text

/* bool trap_enter(void (*fn)(void *), void *arg): 0 if fn returned, 1 if trap_leave() ended it. */
    .globl trap_enter
trap_enter:
#ifdef __x86_64__
    pushes
    mov %rsp, trap_stack
    mov %rdi, %rax
    mov %rsi, %rdi
    push %rax                       /* keeps the stack 16-byte aligned at the call */
    call *%rax
    pop %rax
#else
    mov 4(%esp), %eax
    mov 8(%esp), %edx
    pushes
    mov %esp, trap_stack
    push %edx
    call *%eax
    pop %eax
#endif
    xor %eax, %eax
    pops
    ret

/* void trap_leave(void): back to trap_enter()'s caller, its registers restored. */
    .globl trap_leave
trap_leave:
    mov trap_stack, REG(sp)
    mov $1, %eax
    pops
    ret

/* Each stub leaves vector, error code, then the CPU's frame (IP first). */
    .set vector, 0
    .rept 32
    .balign 16
    .if vector == 0
    .globl trap_stubs
trap_stubs:
    .endif
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    push $0
    .endif
    push $vector
    jmp trap_common
    .set vector, vector + 1
    .endr

trap_common:
#ifdef __x86_64__
    mov %rcx, trap_rcx
    mov %rsp, %rdi
    and $~15, %rsp
#else
    mov %esp, %eax
    push %eax
#endif
    call trap_fault                 /* does not return */
    ud2

    .bss
    .balign 8
trap_stack: .quad 0
    .globl trap_rcx                 /* RCX when the latest exception came (long mode) */
trap_rcx: .quad 0
