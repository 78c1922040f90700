/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Start of the small guests of the tutorial, the exercises and the teaching example: go from real
 * mode to long mode as a SEV guest, then call guest_main().
 *
 * The boot sector (boot.S) has read the image to 10000h and jumped here.
 *
 * Sources: Linux arch/x86/boot/compressed/mem_encrypt.S get_sev_encryption_bit() (find SEV and the
 * C-bit) and head_64.S startup_32 (enter long mode); Linux
 * Documentation/arch/x86/amd-memory-encryption.rst (the C-bit in page tables).
 */
#define CODE32 0x08
#define DATA   0x10
#define CODE64 0x18

/* Addresses of the page tables, in RAM that is free here. */
#define PML4   0x1000
#define PDPT   0x2000
#define PD_0   0x3000           /* linear 0..1 GiB */
#define PD_1   0x4000           /* linear 1..2 GiB */

/* 2 MiB of RAM that are mapped twice: shared at linear 2 MiB, private at linear 1 GiB. */
#define WINDOW 0x200000

    .section .start, "ax"
    .code16
    .globl _start
_start:
    cli
    movw %cs, %ax
    movw %ax, %ds
    movb $0xff, %al             /* no interrupts: all lines of both controllers masked */
    outb %al, $0x21
    outb %al, $0xa1
    lgdtl gdt_pointer - _start
    movl %cr0, %eax
    orl $1, %eax                /* protected mode */
    movl %eax, %cr0
    ljmpl $CODE32, $start32

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff    /* 32-bit code */
    .quad 0x00cf92000000ffff    /* data */
    .quad 0x00af9a000000ffff    /* 64-bit code */
gdt_pointer:
    .word . - gdt - 1
    .long gdt

    .code32
start32:
    movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $_stack_top, %esp

    /* Step 1: CPUID. Check that leaf 8000001Fh exists and that its EAX[1], SEV, is set. (edi = the upper
     * half of the C-bit's mask, 0 until the C-bit is found) */
    xorl %edi, %edi
    movl $0x80000000, %eax
    cpuid
    cmpl $0x8000001f, %eax
    jb tables
    movl $0x8000001f, %eax
    cpuid
    testl $2, %eax
    jz tables
    andl $0x3f, %ebx            /* EBX[5:0]: the C-bit's position in a page-table entry */
    movl %ebx, %esi

    /* Step 2: the SEV_STATUS MSR. CPUID says what the processor can do; bit 0 of the MSR says that this
     * guest runs with SEV. A host has the CPUID leaf too, and may lack the MSR. So check for a hypervisor
     * first (CPUID 1 ECX[31]), because there is no handler for #GP yet. */
    movl $1, %eax
    cpuid
    testl %ecx, %ecx
    jns tables
    movl $0xc0010131, %ecx
    rdmsr
    testl $1, %eax
    jz tables

    /* The C-bit is always one of bits 32..63. */
    leal -32(%esi), %ecx
    movl $1, %edi
    shll %cl, %edi
    movl %edi, cbit + 4

    /* Step 3: page tables. They are written private, as is everything while paging is off.
     *   linear 0..1 GiB      -> the same physical addresses, private, 2 MiB pages
     *   linear WINDOW        -> physical WINDOW, shared: the only page without the C-bit
     *   linear 1 GiB         -> physical WINDOW, private: the same memory with the C-bit
     * Data accesses use the C-bit of the last entry. Page walks and code fetches are always private.
     * Without SEV the mask is 0, and these are ordinary page tables. */
tables:
    pushl %edi
    movl $PML4, %edi
    movl $(4 * 1024), %ecx
    xorl %eax, %eax
    cld
    rep stosl
    popl %edi
    movl $(PDPT | 3), PML4      /* present, writable */
    movl %edi, PML4 + 4
    movl $(PD_0 | 3), PDPT
    movl %edi, PDPT + 4
    movl $(PD_1 | 3), PDPT + 8
    movl %edi, PDPT + 12

    movl $0x83, %eax            /* present, writable, 2 MiB page */
    xorl %ecx, %ecx
1:  movl %eax, PD_0(, %ecx, 8)
    movl %edi, PD_0 + 4(, %ecx, 8)
    addl $0x200000, %eax
    incl %ecx
    cmpl $512, %ecx
    jb 1b
    movl $0, PD_0 + (WINDOW >> 21) * 8 + 4
    movl $(WINDOW | 0x83), PD_1
    movl %edi, PD_1 + 4

    /* Step 4: long mode. CR3 can have the C-bit too. 32-bit code cannot set it, and need not, because
     * page walks are always private. */
    movl %cr4, %eax
    orl $0x20, %eax             /* PAE */
    movl %eax, %cr4
    movl $PML4, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx      /* EFER.LME */
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80000000, %eax       /* paging: from here on the C-bit counts */
    movl %eax, %cr0
    ljmpl $CODE64, $start64

    .code64
start64:
    movl $_stack_top, %esp
    movq cbit, %rdi
    call guest_main             /* guest_main(uint64_t cbit) */
1:  hlt
    jmp 1b

    .data
    .balign 8
cbit: .quad 0                   /* the whole mask; 0: no SEV guest */
