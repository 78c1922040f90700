/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From the boot sector to guest_main(), in the mode for which the guest is compiled (-m32: 32-bit
 * protected mode without paging; -m64: long mode, the first 4 GiB mapped one to one).
 *
 * A SEV guest must set the C-bit in its page tables, because data accesses in long mode are private
 * only with the C-bit.
 *
 * Source: Linux arch/x86/boot/compressed/mem_encrypt.S get_sev_encryption_bit() (CPUID 8000001Fh,
 * SEV_STATUS).
 *
 * Memory: 1000h..6FFFh boot page tables, 7C00h boot sector, 10000h image and bss, stack below
 * 90000h, free RAM from 100000h.
 */
#define CODE32 0x08
#define DATA   0x10
#define CODE64 0x18

#define PML4 0x1000
#define PDPT 0x2000
#define PD   0x3000                 /* four of them */

#define MSR_EFER       0xc0000080
#define MSR_SEV_STATUS 0xc0010131

    .section .start, "ax"
    .code16
    .globl _start
_start:
    movw %cs, %ax                   /* 1000h: the image, by 16-bit offsets */
    movw %ax, %ds
    movw $0x8000, %bx               /* stack below 90000h, as later on */
    movw %bx, %ss
    movw $0xfff0, %sp

    /* A guest that defines real16() (in assembly, .code16) asks its question in real mode first. */
    movl $real16, %eax
    testl %eax, %eax
    jz 1f
    pushw %ds
    subl $_start, %eax
    callw *%ax
    popw %ds

1:  cli
    inb $0x92, %al                  /* A20 */
    orb $2, %al
    andb $0xfe, %al
    outb %al, $0x92
    movb $0xff, %al                 /* no interrupts from here on */
    outb %al, $0x21
    outb %al, $0xa1
    lgdtl gdt_pointer - _start
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $CODE32, $start32

    .weak real16

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff        /* 08h: 32-bit code */
    .quad 0x00cf92000000ffff        /* 10h: data */
    .quad 0x00af9a000000ffff        /* 18h: 64-bit code */
gdt_pointer:
    .word . - gdt - 1
    .long gdt

    .code32
start32:
    movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    movl $_stack_top, %esp

    movl $_bss_start, %edi
    movl $_bss_end, %ecx
    subl %edi, %ecx
    xorl %eax, %eax
    cld
    rep stosb

    call find_cbit                  /* edi = high half of the C-bit mask, or 0 */
    movl %edi, boot_cbit + 4

#ifndef __x86_64__
    call guest_main
    call shutdown
#else
    /* PML4 -> PDPT -> 4 PDs of 2 MiB pages, the C-bit in every entry. */
    pushl %edi
    movl $PML4, %edi
    movl $(0x6000 / 4), %ecx
    xorl %eax, %eax
    rep stosl
    popl %edi

    movl $(PDPT | 3), PML4
    movl %edi, PML4 + 4
    movl $(PD | 3), %eax
    xorl %ecx, %ecx
2:  movl %eax, PDPT(, %ecx, 8)
    movl %edi, PDPT + 4(, %ecx, 8)
    addl $0x1000, %eax
    incl %ecx
    cmpl $4, %ecx
    jb 2b
    movl $0x83, %eax                /* present, writable, 2 MiB */
    xorl %ecx, %ecx
3:  movl %eax, PD(, %ecx, 8)
    movl %edi, PD + 4(, %ecx, 8)
    addl $0x200000, %eax
    incl %ecx
    cmpl $2048, %ecx
    jb 3b

    movl %cr4, %eax
    orl $0x20, %eax                 /* PAE */
    movl %eax, %cr4
    movl $PML4, %eax                /* CR3 from 32-bit code: no room for the C-bit, none needed */
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $0x900, %eax                /* LME, NXE */
    wrmsr
    movl %cr0, %eax
    orl $0x80000000, %eax
    movl %eax, %cr0
    ljmpl $CODE64, $start64

    .code64
start64:
    movl $_stack_top, %esp
    call guest_main
    call shutdown
#endif

    .code32
/* edi = bits 63:32 of the C-bit mask if this is a SEV guest, else 0. */
find_cbit:
    xorl %edi, %edi
    movl $0x80000000, %eax
    cpuid
    cmpl $0x8000001f, %eax
    jb 4f
    movl $0x8000001f, %eax
    cpuid
    testl $2, %eax
    jz 4f
    movl %ebx, %esi
    movl $1, %eax
    cpuid
    testl %ecx, %ecx                /* ECX[31]: a host has the leaf, too, and Bochs without SEV */
    jns 4f                          /* has no such MSR; there is no IDT yet to catch the #GP */
    movl $MSR_SEV_STATUS, %ecx
    rdmsr
    testl $1, %eax
    jz 4f
    movl %esi, %ecx
    andl $0x1f, %ecx                /* position 32..63 -> bit of the high half */
    movl $1, %edi
    shll %cl, %edi
4:  ret
