/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Execute some instructions in 32-bit mode without paging: those of case.inc, which `reproduce` writes. If they end with the
 * zero flag set, this ROM prints "k" at port E9h, else "-". If they end Bochs, it prints nothing.
 *
 * Exceptions and NMI increment `caught`. If `resume` is not 0, they go on there.
 */
    .code16
    .section .text
    .set idt, 0x8000
    .set caught, 0x7000
    .set resume, 0x7004

    .include "begin.inc"
idt_register:
    .word 32 * 8 - 1
    .long idt
handler:
    incl caught
    cmpl $0, resume
    jne 1f
    iret
1:  mov $0x9000, %esp
    jmp *resume
flat:
    lidt 0xf0000 + idt_register
    mov %eax, caught
    mov %eax, resume
    mov $idt, %edi
    mov $32, %ecx
1:  movl $(0x80000 + handler), (%edi)   /* code segment 8, and the low half of the address: the ROM is at F0000h */
    movl $0x000f8e00, 4(%edi)
    add $8, %edi
    loop 1b
    xor %eax, %eax
    .include "case.inc"
    mov $'k', %al
    je 1f
    mov $'-', %al
1:  out %al, $0xe9
    .include "end.inc"
