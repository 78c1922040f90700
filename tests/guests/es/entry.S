/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Entries of the exceptions of a guest with SEV-ES, and run_in()'s way there and back.
 *
 * Source: Linux arch/x86/include/asm/idtentry.h (which vectors push an error code).
 */
    .macro save
    push %rax; push %rcx; push %rdx; push %rbx; push %rsi; push %rdi; push %rbp
    push %r8; push %r9; push %r10; push %r11; push %r12; push %r13; push %r14; push %r15
    .endm
    .macro load
    pop %r15; pop %r14; pop %r13; pop %r12; pop %r11; pop %r10; pop %r9; pop %r8
    pop %rbp; pop %rdi; pop %rsi; pop %rbx; pop %rdx; pop %rcx; pop %rax
    .endm

    .text
    .globl vc_entry
vc_entry:
    save
    mov %rsp, %rdi
    mov %rsp, %rbp
    and $~15, %rsp
    cld
    call vc_handler
    mov %rbp, %rsp
    load
    add $8, %rsp                    /* the error code */
    iretq

/* The other exceptions: 16 bytes each, the error code or 0, the vector. */
    .set vector, 0
    .balign 16
    .globl es_stubs
es_stubs:
    .rept 33
    .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 30)
    push $0
    .endif
    push $vector
    jmp ended
    .set vector, vector + 1
    .endr

/* Back to run_in(): the frame is vector, error, RIP, CS, RFLAGS, RSP, SS. */
ended:
    mov %rax, run_regs + 0
    mov %rbx, run_regs + 8
    mov %rcx, run_regs + 16
    mov %rdx, run_regs + 24
    mov %rsi, run_regs + 32
    mov %rdi, run_regs + 40
    mov (%rsp), %rax
    mov 8(%rsp), %rcx
    mov %rcx, run_error
    mov 16(%rsp), %rcx
    mov %rcx, run_rip
    mov 32(%rsp), %rcx
    mov %rcx, run_regs + 48
    mov run_stack, %rcx
    test %rcx, %rcx
    jz unexpected
    mov %rcx, %rsp
    movq $0, run_stack
    mov $0x10, %ecx
    mov %ecx, %ds
    mov %ecx, %es
    mov %ecx, %ss
    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx
    ret
unexpected:
    mov %rax, %rdi
    mov run_rip, %rsi
    mov run_error, %rdx
    mov $_stack_top, %esp
    call es_unexpected
1:  jmp 1b

/* uint64_t run_enter(const struct { rip, cs, rflags, rsp, ss } *frame): the vector. */
    .globl run_enter
run_enter:
    push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15
    mov %rsp, run_stack
    pushq 32(%rdi)
    pushq 24(%rdi)
    pushq 16(%rdi)
    pushq 8(%rdi)
    pushq 0(%rdi)
    mov 32(%rdi), %eax
    mov %eax, %ds
    mov %eax, %es
    mov run_regs + 0, %rax
    mov run_regs + 8, %rbx
    mov run_regs + 16, %rcx
    mov run_regs + 24, %rdx
    mov run_regs + 32, %rsi
    mov run_regs + 40, %rdi
    iretq

    .bss
    .balign 8
run_stack: .quad 0
    .globl run_regs, run_error, run_rip
run_regs:  .skip 56
run_error: .quad 0
run_rip:   .quad 0
