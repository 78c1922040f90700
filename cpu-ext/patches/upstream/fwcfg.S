/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four tests of the fw_cfg device. This ROM prints one character for each at port E9h: its name if it passes, else "-".
 * "sacd" is the correct output. See `reproduce`. Registers and commands: QEMU docs/specs/fw_cfg.rst.
 *
 *   s  the DMA register's signature, read as a double word
 *   a  item 4 (FW_CFG_NOGRAPHIC) is not item 8004h (FW_CFG_HPET)
 *   c  a DMA descriptor may cross the end of a page
 *   d  a DMA read after the end of an item does not change memory
 */
    .code16
    .section .text
    .org 0xfc00
    .set buffer, 0x3000
    .set crossing, 0x1ff8
    .set descriptor, 0x2800

/* dma AT CONTROL LENGTH: build a descriptor at AT and start it. CONTROL and LENGTH are big endian. The data goes to
   `buffer`. */
    .macro dma at, control, length
    movl $\control, \at
    movl $\length, \at + 4
    movl $0, \at + 8
    movl $0x00300000, \at + 12
    mov $0x514, %dx
    xor %eax, %eax
    out %eax, %dx
    mov $0x518, %dx
    mov $\at, %eax
    bswap %eax
    out %eax, %dx
    .endm

/* verdict NAME: print NAME if the zero flag is set, else "-". */
    .macro verdict name
    mov $\name, %al
    je 1f
    mov $'-', %al
1:  out %al, $0xe9
    .endm

start:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es

    mov $0x514, %dx
    in %dx, %eax
    cmp $0x554d4551, %eax
    verdict 's'

    mov $0x510, %dx
    mov $4, %ax
    out %ax, %dx
    inc %dx
    in %dx, %al
    mov %al, %ah
    in %dx, %al
    test %ax, %ax
    verdict 'a'

    movl $0, buffer
    dma crossing, 0x0a000000, 0x04000000    /* select item 0, read 4 */
    cmpl $0x554d4551, buffer
    verdict 'c'

    mov $0x5a5a5a5a, %eax
    mov $buffer, %di
    mov $0x400, %cx
    rep stosl
    dma descriptor, 0x0c000000, 0x08000000  /* select item 0, skip 8 */
    dma descriptor, 0x02000000, 0x40000000  /* read 64 */
    dma descriptor, 0x02000000, 0xffffffff  /* read 4 GiB less 1 */
    mov $0x510, %dx
    mov $0xffff, %ax                        /* a key without an item */
    out %ax, %dx
    mov $0x5a5a5a5a, %eax
    mov $buffer, %di
    mov $0x400, %cx
    repe scasl
    verdict 'd'

    .set base, 0
    .include "end.inc"
