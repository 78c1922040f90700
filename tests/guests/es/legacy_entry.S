/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-ES outside of long mode: 32-bit protected mode, without paging or with PAE page tables,
 * and real mode. legacy_call() goes there, runs code that ends with a near RET, and comes back; a #VC on the
 * way is recorded, and the code goes on at legacy_resume. See legacy.h.
 *
 * Data is below 64 KiB of the image, so that real mode reaches it by CS.
 */
#define CODE32 0x08
#define DATA   0x10
#define CODE64 0x18
#define CODE16 0x20             /* its base is the image */
#define TSS_A  0x28             /* the current one */
#define TSS_B  0x30

#define IMAGE   0x10000
#define SEGMENT 0x1000          /* the same in real mode */
#define REAL(symbol) ((symbol) - IMAGE)

#define MSR_EFER 0xc0000080
#define CR0_PE   1
#define CR0_PG   0x80000000
#define EFER_LME 0x100

    .text
    .code64
    .globl legacy_call
legacy_call:                    /* edi: enum legacy_mode */
    push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15
    mov %rsp, legacy_stack
    mov %edi, legacy_mode
    mov %cr3, %rax
    mov %eax, legacy_cr3
    sidt legacy_idt64
    lgdt legacy_gdt_pointer
    lidt legacy_idt_pointer
    mov $DATA, %eax
    mov %eax, %ss
    pushq $CODE32
    pushq $1f
    lretq
    .code32
1:  mov %eax, %ds
    mov %eax, %es
    mov %cr0, %eax
    and $~CR0_PG, %eax          /* long mode ends here */
    mov %eax, %cr0
    mov $TSS_A, %eax
    ltr %ax
    cmpl $2, legacy_mode
    je to_real
    cmpl $1, legacy_mode
    jne 1f
    mov $MSR_EFER, %ecx
    rdmsr
    and $~EFER_LME, %eax
    wrmsr
    mov $legacy_pdpt, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    or $CR0_PG, %eax
    mov %eax, %cr0
1:  mov legacy_regs + 0, %eax
    mov legacy_regs + 4, %ecx
    mov legacy_regs + 8, %edx
    mov legacy_regs + 12, %esi
    mov %esi, %edi
    lea -4(%esp), %ebx          /* ESP in the code */
    mov %ebx, legacy_sp_in
    call *legacy_code
    mov %eax, legacy_regs + 0
    mov %ecx, legacy_regs + 4
    mov %edx, legacy_regs + 8
    str legacy_regs + 16

back:
    pushl $2                    /* IRET of the tests leaves NT */
    popfl
    mov %cr0, %eax
    and $~CR0_PG, %eax
    mov %eax, %cr0
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME, %eax
    wrmsr
    mov legacy_cr3, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    or $CR0_PG, %eax
    mov %eax, %cr0
    ljmpl $CODE64, $1f
    .code64
1:  mov legacy_stack, %rsp
    lidt legacy_idt64
    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx
    ret

/* #VC in 32-bit protected mode: error code, EIP, CS, EFLAGS. */
    .code32
    .globl legacy_vc32
legacy_vc32:
    push %eax
    incl legacy_vc
    mov 4(%esp), %eax
    mov %eax, legacy_vc + 4
    mov 8(%esp), %eax
    mov %eax, legacy_vc + 8
    mov 12(%esp), %eax
    mov %eax, legacy_vc + 12
    mov 16(%esp), %eax
    mov %eax, legacy_vc + 16
    lea 4(%esp), %eax
    mov %eax, legacy_vc + 20
    mov legacy_resume, %eax
    mov %eax, 8(%esp)
    pop %eax
    add $4, %esp
    iretl

/* --- real mode --- */

to_real:
    mov %esp, legacy_esp
    ljmpl $CODE16, $REAL(1f)
    .code16
1:  mov %cr0, %eax
    and $~CR0_PE, %eax
    mov %eax, %cr0
    ljmpw $SEGMENT, $REAL(2f)
2:  mov $SEGMENT, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $REAL(legacy_stack16_end), %esp
    lidtl REAL(legacy_ivt_pointer)
    mov REAL(legacy_regs + 0), %eax
    mov REAL(legacy_regs + 4), %ecx
    mov REAL(legacy_regs + 8), %edx
    mov REAL(legacy_regs + 12), %esi
    mov %esi, %edi
    lea -2(%esp), %ebx
    mov %ebx, REAL(legacy_sp_in)
    mov REAL(legacy_code), %ebx
    sub $IMAGE, %ebx
    callw *%bx
    mov %eax, REAL(legacy_regs + 0)
    mov %ecx, REAL(legacy_regs + 4)
    mov %edx, REAL(legacy_regs + 8)
    mov %cr0, %eax
    or $CR0_PE, %eax
    mov %eax, %cr0
    ljmpl $CODE32, $1f
    .code32
1:  mov $DATA, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov legacy_esp, %esp
    jmp back

/* #VC in real mode: IP, CS, FLAGS. */
    .code16
    .globl legacy_vc16
legacy_vc16:
    push %eax
    push %bp
    mov %sp, %bp
    incl %cs:REAL(legacy_vc)
    movzwl 6(%bp), %eax
    mov %eax, %cs:REAL(legacy_vc + 8)
    movzwl 8(%bp), %eax
    mov %eax, %cs:REAL(legacy_vc + 12)
    movzwl 10(%bp), %eax
    mov %eax, %cs:REAL(legacy_vc + 16)
    lea 6(%bp), %ax
    movzwl %ax, %eax
    mov %eax, %cs:REAL(legacy_vc + 20)
    mov %cs:REAL(legacy_resume), %eax
    sub $IMAGE, %eax
    mov %ax, 6(%bp)
    pop %bp
    pop %eax
    iretw

    .data
    .balign 8
    .globl legacy_gdt, legacy_idt, legacy_ivt, legacy_tss, legacy_pdpt
legacy_gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* 32-bit code */
    .quad 0x00cf93000000ffff    /* data */
    .quad 0x00af9b000000ffff    /* 64-bit code */
    .quad 0x00009b010000ffff    /* 16-bit code at IMAGE */
    .quad 0, 0                  /* TSS_A, TSS_B */
legacy_gdt_end:
legacy_gdt_pointer:
    .word legacy_gdt_end - legacy_gdt - 1
    .quad legacy_gdt
legacy_idt_pointer:
    .word 64 * 8 - 1
    .quad legacy_idt
legacy_ivt_pointer:
    .word 64 * 4 - 1
    .long legacy_ivt
    .balign 8
    .globl legacy_code, legacy_resume, legacy_regs, legacy_vc, legacy_sp_in
legacy_code:   .long 0
legacy_resume: .long 0
legacy_regs:   .skip 20
legacy_vc:     .skip 24
legacy_sp_in:  .long 0
legacy_mode:   .long 0
legacy_esp:    .long 0
legacy_cr3:    .long 0
legacy_stack:  .quad 0
legacy_idt64:  .skip 10
    .balign 8
legacy_idt:    .skip 64 * 8
legacy_ivt:    .skip 64 * 4
legacy_tss:    .skip 2 * 104
    .balign 32
legacy_pdpt:   .skip 32
    .skip 512
legacy_stack16_end:
