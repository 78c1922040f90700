/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Test whether a reset clears PMREGMISC of the 82371AB (QEMU hw/acpi/piix4.c piix4_reset()). This ROM prints bit 0 of
 * the register at port E9h after each of three resets, and then sets it. "000" is the correct output. See `reproduce`.
 */
    .code16
    .section .text
    .org 0xfe00
start:
    mov $0xcf8, %dx
    mov $0x80000b80, %eax   /* device 0:1.3, register 80h */
    out %eax, %dx
    mov $0xcfc, %dx
    in %dx, %al
    and $1, %al
    add $'0', %al
    out %al, $0xe9
    mov $1, %al
    out %al, %dx

    mov $0x60, %al          /* count the resets in a byte of CMOS memory */
    out %al, $0x70
    in $0x71, %al
    inc %al
    out %al, $0x71
    cmp $3, %al
    jae end
    mov $0xcf9, %dx
    mov $6, %al
    out %al, %dx
end:
    .set base, 0
    .include "end.inc"
