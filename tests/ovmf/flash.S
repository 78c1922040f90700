/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Code of a firmware (tests/lib/amdsev_image.py) that reads the flash chip of vars= at FLASH through both
 * values of the C-bit, 32 bytes at a time, and sends what it reads to port E9h: with paging off (always
 * C=1), with C=1 and with C=0, each of them after the letters of `mark`. A status byte follows each, read
 * in the chip's status mode. At last it programs a byte through C=1.
 *
 * Source: Intel's command set 1 as in QEMU hw/block/pflash_cfi01.c.
 */
    .set TABLES, 0x10000
    .set CBIT_HIGH, 1 << (47 - 32)

    .code16
start:
    lgdtl %cs:OFFSET + gdtr - start
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $8, $BASE + protected - start

    .code32
protected:
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $0x8000, %esp
    mov $'P', %bl
    call show

    /* Four gigabytes one to one, private. */
    mov $TABLES, %edi
    mov $TABLES + 0x1000 + 1, %eax
1:  mov %eax, (%edi)
    movl $CBIT_HIGH, 4(%edi)
    add $8, %edi
    add $0x1000, %eax
    cmp $TABLES + 32, %edi
    jb 1b
    mov $TABLES + 0x1000, %edi
    mov $0x83, %eax
2:  mov %eax, (%edi)
    movl $CBIT_HIGH, 4(%edi)
    add $8, %edi
    add $0x200000, %eax
    jnc 2b
    mov %cr4, %eax
    or $0x20, %eax
    mov %eax, %cr4
    mov $TABLES, %eax
    mov %eax, %cr3
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    jmp 3f
3:  mov $'1', %bl
    call show
    movl $0, TABLES + 0x1000 + ((FLASH >> 21) * 8) + 4
    mov %cr3, %eax
    mov %eax, %cr3
    mov $'0', %bl
    call show
    movl $CBIT_HIGH, TABLES + 0x1000 + ((FLASH >> 21) * 8) + 4
    mov %cr3, %eax
    mov %eax, %cr3
    movb $0x40, FLASH + 0x100
    movb $0x5a, FLASH + 0x100
    movb $0xff, FLASH
    mov $0x8900, %edx
    mov $word, %esi
    add $BASE - start, %esi
4:  cs lodsb
    out %al, %dx
    jmp 4b
word: .ascii "Shutdown"

/* Send %bl, 32 bytes of the chip, and its status. */
show:
    mov $0xe9, %edx
    mov %bl, %al
    out %al, %dx
    mov $FLASH, %esi
    mov $32, %ecx
5:  lodsb
    out %al, %dx
    loop 5b
    movb $0x70, FLASH
    movb FLASH, %al
    out %al, %dx
    movb $0xff, FLASH
    ret

    .balign 8
gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr:
    .word gdtr - gdt - 1
    .long BASE + gdt - start
