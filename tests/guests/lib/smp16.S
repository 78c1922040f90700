/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The second CPU from its start-up IPI to ap_main(), in the mode of the first CPU: same CR0, CR3
 * and CR4.
 *
 * Source: Linux Documentation/arch/x86/amd-memory-encryption.rst (real mode and protected mode
 * without paging are private). The steps to long mode are those of start.S. The code is copied to
 * AP_PAGE (guest.h).
 */
#define AP_PAGE 0x8000
#define AP_REAL 0x9000
#define HERE(symbol) (AP_PAGE + symbol - ap_start16)

#define CODE32 0x08
#define DATA   0x10
#define CODE64 0x18

#define MSR_EFER 0xc0000080

    .text
    .code16
    .globl ap_start16, ap_end16
    .balign 16
ap_start16:
    cli
    cld
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw $AP_REAL, %si              /* the question of real mode: copy 16 bytes */
    movw $(AP_REAL + 16), %di
    movw $16, %cx
    rep movsb
    lgdtl HERE(ap_gdt_pointer)
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $CODE32, $ap_start32

    .balign 8
ap_gdt:
    .quad 0
    .quad 0x00cf9a000000ffff
    .quad 0x00cf92000000ffff
    .quad 0x00af9a000000ffff
ap_gdt_pointer:
    .word . - ap_gdt - 1
    .long HERE(ap_gdt)
ap_end16:

    .code32
ap_start32:
    movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    movl ap_cr4, %eax
    movl %eax, %cr4
    movl ap_cr3, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl ap_efer, %eax
    wrmsr
    movl ap_cr0, %eax
    movl %eax, %cr0
#ifdef __x86_64__
    ljmpl $CODE64, $1f
    .code64
1:  mov ap_cr3, %rax                /* now with its C-bit */
    mov %rax, %cr3
#endif
    movl $ap_stack_top, %esp
    call ap_main
    ud2

    .bss
    .balign 16
    .space 16384
ap_stack_top:
