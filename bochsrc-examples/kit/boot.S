/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The boot sector of every small guest, here and in tests/guests. It reads the rest of the image to 10000h with the INT 13h
 * extensions (LBA) and jumps to it in real mode.
 *
 * The image is a hard disk and not a floppy. The BIOS reads disks by programmed I/O, through the CPU, but a floppy by DMA,
 * and a device cannot write private memory.
 *
 * Source: Phoenix/Microsoft "Enhanced Disk Drive" 1.1, function 42h.
 */
    .code16
    .section .boot, "ax"
    .globl boot_start
boot_start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $boot_start, %sp
    ljmp $0, $1f
1:  cld
    movb %dl, drive
    movw $_load_sectors, %bp        /* sectors left */

read:
    movw %bp, %ax
    testw %ax, %ax
    jz loaded
    cmpw $64, %ax                   /* at most 32 KiB a call: less than a segment */
    jbe 2f
    movw $64, %ax
2:  movw %ax, dap_count
    movb $0x42, %ah
    movb drive, %dl
    movw $dap, %si
    int $0x13
    jc failed
    movw dap_count, %ax
    subw %ax, %bp
    addw %ax, dap_lba
    shlw $5, %ax                    /* sectors -> paragraphs */
    addw %ax, dap_segment
    jmp read

loaded:
    movb drive, %dl
    ljmp $0x1000, $0

failed:
    movw $message, %si
3:  lodsb
    outb %al, $0xe9
    testb %al, %al
    jnz 3b
4:  hlt
    jmp 4b

message: .asciz "Bail out! the boot sector cannot read its disk\n"
drive:  .byte 0

    .balign 4
dap:    .byte 16, 0                 /* disk address packet */
dap_count: .word 0
        .word 0                     /* offset */
dap_segment: .word 0x1000
dap_lba: .quad 1

    /* Arguments for the guest: "name=value ...", written into the image by tests/run-guest and by
     * exercises/grade. */
    .org 384
    .globl boot_arguments
boot_arguments:
    .fill 126, 1, 0

    .org 510
    .word 0xaa55
