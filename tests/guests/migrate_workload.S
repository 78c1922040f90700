/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guest that moves in migrate.c: a page of code, then a page of data, at any address.
 *
 * Called with the number of steps in RDI. Each step counts, and puts the state through one round of
 * Knuth's MMIX generator, so that the state after n steps shows that all n were done, in order, on
 * this data. Then it prints on port E9h what is known only from its memory.
 */
    .text
    .globl workload
workload:
    movabsq $6364136223846793005, %rcx
    movabsq $1442695040888963407, %rdx
1:  incq counter(%rip)
    movq state(%rip), %rax
    imulq %rcx, %rax
    addq %rdx, %rax
    movq %rax, state(%rip)
    decq %rdi
    jnz 1b
    leaq words(%rip), %rsi
2:  lodsb
    testb %al, %al
    jz 3f
    outb %al, $0xe9
    jmp 2b
3:  ret
    .asciz "the code page of the tide tables: not for the wire"

    .org 4096
counter:
    .quad 0
state:
    .quad 1
words:
    .asciz "# the moon pulls at the far island still\n"

    .org 8192
    .section .note.GNU-stack, "", @progbits
