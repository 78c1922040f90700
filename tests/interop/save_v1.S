/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guest of save_v1.tap: a firmware of one page that is saved in a long loop and then checks its
 * memory. It uses PAE paging with C-bit 47. Its pages, all below 1 MiB:
 *
 *   20000h  shared
 *   21000h  private
 *   23000h  written as private memory, then read as shared memory at 24000h: the page holds
 *           ciphertext while the guest is saved, and is decrypted afterwards
 */
        .code16
        .globl _start
_start:
start:  cli
        cld
        lgdtl   %cs:gdtr - start + 0xf000
        movl    %cr0, %eax
        orb     $1, %al
        movl    %eax, %cr0
        ljmpl   $8, $protected

        .code32
protected:
        movw    $16, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $0x9f000, %esp

        /* Tables: PDPT 10000h, page directories 11000h and 13000h, page table 12000h. */
        movl    $0x10000, %edi
        xorl    %eax, %eax
        movl    $0x1000, %ecx
        rep stosl
        movl    $0x11001, 0x10000
        movl    $0x13001, 0x10018
        movl    $0x12003, 0x11000
        movl    $0x8000, 0x11004
        movl    $0xffe00083, 0x13ff8            /* 2 MiB below 4 GiB: this firmware */
        movl    $0x8000, 0x13ffc
        movl    $0x12000, %edi
        movl    $3, %eax
        movl    $256, %ecx
1:      movl    %eax, (%edi)
        movl    $0x8000, 4(%edi)                /* the C-bit, bit 47 */
        addl    $0x1000, %eax
        addl    $8, %edi
        loop    1b
        movl    $0, 0x12000 + 8 * 0x20 + 4      /* 20000h: shared */
        movl    $0x23003, 0x12000 + 8 * 0x24    /* 24000h: 23000h, shared */
        movl    $0, 0x12000 + 8 * 0x24 + 4

        movl    %cr4, %eax
        orl     $0x20, %eax                     /* PAE */
        movl    %eax, %cr4
        movl    $0x10000, %eax
        movl    %eax, %cr3
        movl    %cr0, %eax
        orl     $0x80000000, %eax
        movl    %eax, %cr0
        jmp     1f
1:
        movl    $0x20000, %edi
        call    fill
        movl    $0x21000, %edi
        call    fill
        movl    $0x23000, %edi
        call    fill
        movl    0x24000, %ebx                   /* ciphertext */

        movl    $ready, %esi
        call    print
        movl    $LOOPS, %ecx
1:      loop    1b

        movl    $0x20000, %edi
        call    check
        movl    $0x21000, %edi
        call    check
        cmpl    0x24000, %ebx
        jne     bad
        movl    $0x23000, %edi
        call    check
        movl    $good, %esi
        call    print
        jmp     off
bad:    movl    $wrong, %esi
        call    print
off:    movw    $0x8900, %dx                    /* Bochs's port to switch off */
        movl    $shutdown, %esi
        movl    $8, %ecx
        rep outsb
1:      hlt
        jmp     1b

/* Fill the page at %edi with words that tell pages and places apart. */
fill:   movl    $0x400, %ecx
1:      imull   $0x9e3779b1, %edi, %eax
        stosl
        loop    1b
        ret

/* Check what fill wrote; does not return if it is not there. */
check:  movl    $0x400, %ecx
1:      imull   $0x9e3779b1, %edi, %eax
        scasl
        loope   1b
        jne     bad
        ret

/* Print the string at %esi. */
print:  lodsb
        testb   %al, %al
        jz      1f
        outb    %al, $0xe9
        jmp     print
1:      ret

ready:  .asciz  "# ready\n"
good:   .asciz  ":OK:\n"
wrong:  .asciz  ":BAD:\n"
shutdown:
        .ascii  "Shutdown"

        .byte   0x8d, 0xb4, 0, 0 /* to 8 bytes, as the assembler of the kept file did it */
gdt:    .quad   0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr:   .word   23
        .long   gdt

        .code16
        .org    0xff0, 0x90
        jmp     start
        .org    0xfff, 0x90
        .byte   0
