/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A small guest as firmware: the start of one with SEV-ES or SEV-SNP, which cannot use a BIOS, because no
 * BIOS of Bochs has a handler for #VC. From the reset vector to long mode and guest_main(), without an
 * instruction that SEV-ES intercepts. So there is no CPUID, no port I/O and no MSR but EFER and GHCB.
 *
 * With SEV-SNP the memory from 1000h to 91FFFh is a part of the launch. All other memory belongs to the
 * hypervisor until the guest asks for it (page state change) and accepts it (PVALIDATE).
 *
 * rom.ld places the image, which runs at 10000h, at the beginning of the ROM.
 *
 * Sources: EDK2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm (the table below the reset vector) and
 * Ia32/AmdSev.nasm.inc (the GHCB MSR), X64/OvmfSevMetadata.asm (SEV metadata); kit/start.S (page
 * tables).
 */
#define CODE32 0x08
#define DATA   0x10
#define CODE64 0x18

#define PML4   0x1000
#define PDPT   0x2000
#define PD_0   0x3000           /* linear 0..1 GiB */
#define PD_1   0x4000           /* linear 1..2 GiB */
#define PD_3   0x5000           /* linear 3..4 GiB */
#define WINDOW 0x200000         /* as in start.S */

#define MSR_EFER 0xc0000080
#define MSR_GHCB 0xc0010130

    /* --- in RAM ------------------------------------------------------------------------------- */
    .section .start, "ax"
    /* The first bytes of the image file: what a program writes there for the guest, text that ends with a
     * zero byte. */
    .globl boot_arguments
boot_arguments:
    .skip 128

    .globl start64
    .code64
start64:
    movl $DATA, %eax
    movl %eax, %ss
    movl $_stack_top, %esp
    movq cbit, %rdi
    call guest_main
1:  hlt
    jmp 1b

    .data
    .balign 8
cbit: .quad 0

    /* --- in ROM ------------------------------------------------------------------------------- */
    .section .rom, "ax"
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff    /* 32-bit code */
    .quad 0x00cf92000000ffff    /* data */
    .quad 0x00af9a000000ffff    /* 64-bit code */
gdt_pointer:
    .word . - gdt - 1
    .long gdt

    .code16
start16:
    cli
    lgdtl %cs:gdt_pointer - 0xffff0000
    movl %cr0, %eax
    orl $1, %eax                /* protected mode */
    movl %eax, %cr0
    ljmpl $CODE32, $start32

    .code32
start32:
    movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss

    /* The image: from ROM to RAM, and zeros for what it has no bytes for. Paging is off, so both are
     * private. */
    cld
    movl $_rom_image, %esi
    movl $_image, %edi
    movl $_image_size, %ecx
    rep movsb
    movl $_bss_start, %edi
    movl $_bss_size, %ecx
    xorl %eax, %eax
    rep stosb

    /* The GHCB MSR of a CPU that has just started says what a guest has to know: bits 31:24 are the
     * position of the C-bit. (edi = the upper half of its mask) */
    movl $MSR_GHCB, %ecx
    rdmsr
    movl %eax, %ecx
    shrl $24, %ecx
    subl $32, %ecx
    movl $1, %edi
    shll %cl, %edi
    movl %edi, cbit + 4

    /* Page tables, written private, as is everything while paging is off.
     *   linear 0..1 GiB, 3..4 GiB  -> the same physical addresses, private, 2 MiB pages
     *   linear WINDOW              -> physical WINDOW, shared
     *   linear 1 GiB               -> physical WINDOW, private */
    movl $_stack_top, %esp
    pushl %edi
    movl $PML4, %edi
    movl $(5 * 1024), %ecx
    xorl %eax, %eax
    rep stosl
    popl %edi
    movl $(PDPT | 7), PML4      /* present, writable, user */
    movl %edi, PML4 + 4
    movl $(PD_0 | 7), PDPT
    movl %edi, PDPT + 4
    movl $(PD_1 | 7), PDPT + 8
    movl %edi, PDPT + 12
    movl $(PD_3 | 7), PDPT + 24
    movl %edi, PDPT + 28
    movl $0x87, %eax            /* present, writable, user, 2 MiB page */
    xorl %ecx, %ecx
1:  movl %eax, PD_0(, %ecx, 8)
    movl %edi, PD_0 + 4(, %ecx, 8)
    leal 0xc0000000(%eax), %edx
    movl %edx, PD_3(, %ecx, 8)
    movl %edi, PD_3 + 4(, %ecx, 8)
    addl $0x200000, %eax
    incl %ecx
    cmpl $512, %ecx
    jb 1b
    movl $0, PD_0 + (WINDOW >> 21) * 8 + 4
    movl $(WINDOW | 0x87), PD_1
    movl %edi, PD_1 + 4

    /* Long mode. EFER is one of the MSRs that are not intercepted. */
    movl %cr4, %eax
    orl $0x20, %eax             /* PAE */
    movl %eax, %cr4
    movl $PML4, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $0x900, %eax            /* LME, NXE */
    wrmsr
    movl %cr0, %eax
    orl $0x80000000, %eax
    movl %eax, %cr0
    ljmpl $CODE64, $start64

    /* Another CPU begins here, in real mode: CS base FFFF0000h, as the table below says. A guest of
     * several CPUs defines ap_start, 16-bit code below 64 KiB. */
    .code16
    .weak ap_start
start_ap:
    cli
    movl $ap_start, %eax
    testl %eax, %eax
    jz 1f
    pushw %ss                   /* 0 */
    pushw %ax
    lretw
1:  hlt
    jmp 1b

    /* --- which pages SEV-SNP needs before the first instruction --------------------------------- */
    .section .metadata, "a"
metadata:
    .ascii "ASEV"
    .long metadata_end - metadata
    .long 1, (metadata_end - metadata - 16) / 12
    .long 0x1000, 0x8f000, 1    /* memory of the guest: page tables, image, stack */
    .long 0x90000, 0x1000, 2    /* secrets page */
    .long 0x91000, 0x1000, 3    /* CPUID page */
metadata_end:

    /* --- the last bytes below 4 GiB ------------------------------------------------------------- */
    .section .table, "a"
    /* From its end to its beginning, each entry ends with its length and its GUID. */
table:
    .long 0x100                 /* bytes from the metadata to 4 GiB: rom.ld */
    .word 22
    .byte 0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47, 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc
    .long start_ap              /* where CPUs after the first begin: SEV-ES reset block */
    .word 22
    .byte 0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f, 0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e
    .word table_end - table
    .byte 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d
table_end:

    .section .reset, "ax"
    .code16
    jmp start16
