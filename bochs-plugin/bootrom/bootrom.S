/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The boot ROM for kernel=: an option ROM that takes INT 19h from the BIOS and boots a Linux kernel
 * which it reads from the firmware configuration device (fwcfg.h).
 *
 * Implements Linux Documentation/arch/x86/boot.rst, 16-bit entry, so that the kernel itself asks
 * the BIOS for memory, and the legacy option ROM header (BIOS Boot Specification 1.01, 3.1).
 *
 * It reads by port I/O: under SEV, code with paging off sees all memory private, and what a device
 * writes by DMA would be garbage to it. Position independent within its segment; needs an 80386.
 *
 * Memory that it uses: 600h (scratch, GDT), below 7000h (stack), and as in bzimage.h 10000h (setup,
 * its heap and stack), 20000h (command line), 100000h (kernel), the RAM disk where the device says.
 */
        .code16
        .text

        .set FWCFG_SELECTOR, 0x510
        .set FWCFG_DATA, 0x511
        .set FW_CFG_SIGNATURE, 0x00
        .set FW_CFG_KERNEL_SIZE, 0x08
        .set FW_CFG_INITRD_ADDR, 0x0a
        .set FW_CFG_INITRD_SIZE, 0x0b
        .set FW_CFG_KERNEL_DATA, 0x11
        .set FW_CFG_INITRD_DATA, 0x12
        .set FW_CFG_CMDLINE_SIZE, 0x14
        .set FW_CFG_CMDLINE_DATA, 0x15
        .set FW_CFG_SETUP_SIZE, 0x17
        .set FW_CFG_SETUP_DATA, 0x18

        .set SCRATCH, 0x600
        .set GDT, 0x608
        .set GDTR, 0x618
        .set STACK, 0x7000
        .set SETUP, 0x10000
        .set SETUP_MAX, 0x8000
        .set HEAP_END, 0xfe00           /* offset in the segment of SETUP */
        .set SETUP_STACK, 0xfff0
        .set CMDLINE, 0x20000
        .set CMDLINE_MAX, 0x10000
        .set KERNEL, 0x100000

rom:
        .byte 0x55, 0xaa
        .byte ROM_SIZE / 512
        jmp init
        .org 0x18
        .word 0                         /* no PCI header */
        .word 0                         /* no PnP header: then INT 19h is ours to take */

/* Called by the BIOS, far. */
init:
        pushw %ds
        pushw %ax
        xorw %ax, %ax
        movw %ax, %ds
        movw $boot, 0x19 * 4
        movw %cs, 0x19 * 4 + 2
        popw %ax
        popw %ds
        lretw

/* INT 19h. Does not return. */
boot:
        cli
        cld
        xorw %ax, %ax
        movw %ax, %ds
        movw %ax, %ss
        movl $STACK, %esp
        call a20
        call flat

        movw $FW_CFG_SIGNATURE, %ax
        call number
        cmpl $0x554d4551, %ecx          /* "QEMU" */
        movw $no_device, %si
        jne fail

        movw $booting, %si
        call print
        call flat                       /* the video BIOS may have changed %es */

        movw $FW_CFG_SETUP_SIZE, %ax
        call number
        cmpl $SETUP_MAX, %ecx
        movw $bad_kernel, %si
        ja fail
        movw $FW_CFG_SETUP_DATA, %ax
        movl $SETUP, %edi
        call item

        movw $FW_CFG_CMDLINE_SIZE, %ax
        call number
        cmpl $CMDLINE_MAX, %ecx
        movw $bad_cmdline, %si
        ja fail
        movw $FW_CFG_CMDLINE_DATA, %ax
        movl $CMDLINE, %edi
        call item

        movw $FW_CFG_KERNEL_SIZE, %ax
        call number
        movw $FW_CFG_KERNEL_DATA, %ax
        movl $KERNEL, %edi
        call item

        movw $FW_CFG_INITRD_ADDR, %ax
        call number
        movl %ecx, %ebx
        movw $FW_CFG_INITRD_SIZE, %ax
        call number
        movl %ecx, %ebp
        jecxz start
        movw $FW_CFG_INITRD_DATA, %ax
        movl %ebx, %edi
        call item

/* The fields that a boot loader fills in. %ebx, %ebp: RAM disk, address and size. */
start:
        movw $SETUP >> 4, %ax
        movw %ax, %ds
        movb $0xff, 0x210               /* type_of_loader: none of those registered */
        orb $0x80, 0x211                /* loadflags: CAN_USE_HEAP */
        movl $KERNEL, 0x214             /* code32_start */
        movl %ebx, 0x218                /* ramdisk_image */
        movl %ebp, 0x21c                /* ramdisk_size */
        movw $HEAP_END, 0x224           /* heap_end_ptr */
        movl $CMDLINE, 0x228            /* cmd_line_ptr */
        movw %ax, %es
        movw %ax, %fs
        movw %ax, %gs
        movw %ax, %ss
        movl $SETUP_STACK, %esp
        ljmpw $(SETUP >> 4) + 0x20, $0

/* Opens the gate of address line 20, by System Control Port A. */
a20:
        inb $0x92, %al
        orb $2, %al
        andb $0xfe, %al
        outb %al, $0x92
        ret

/* %es: base 0, limit 4 GiB, in real mode. The descriptors are made here because they must stand at
 * an address that is known. */
flat:
        movl $0, GDT
        movl $0, GDT + 4
        movl $0x0000ffff, GDT + 8
        movl $0x00cf9200, GDT + 12
        movw $15, GDTR
        movl $GDT, GDTR + 2
        lgdtl GDTR
        movl %cr0, %eax
        orb $1, %al
        movl %eax, %cr0
        movw $8, %dx
        movw %dx, %es
        andb $0xfe, %al
        movl %eax, %cr0
        xorw %dx, %dx
        movw %dx, %es                   /* the limit stays */
        ret

/* Item %ax, %ecx bytes, to %edi. */
item:
        movw $FWCFG_SELECTOR, %dx
        outw %ax, %dx
        movw $FWCFG_DATA, %dx
        pushl %ecx
        shrl $2, %ecx
        .byte 0x67                      /* addr32, which clang refuses to spell here */
        rep insl
        popl %ecx
        andl $3, %ecx
        .byte 0x67
        rep insb
        ret

/* Item %ax, a 32-bit number, in %ecx. */
number:
        movl $SCRATCH, %edi
        movl $4, %ecx
        call item
        movl SCRATCH, %ecx
        ret

/* The text at %cs:%si on the screen. */
print:
        movb %cs:(%si), %al
        testb %al, %al
        jz 2f
        pushw %si
        pushw %ax
        movb $0x0e, %ah
        movw $7, %bx
        int $0x10
        popw %ax
        popw %si
        incw %si
        jmp print
2:      cli
        ret

/* Nothing to go back to: another boot device would not be what was asked for. */
fail:
        call print
1:      hlt
        jmp 1b

booting:
        .asciz "Booting Linux from the firmware configuration device\r\n"
no_device:
        .asciz "Boot ROM: there is no firmware configuration device\r\n"
bad_kernel:
        .asciz "Boot ROM: the kernel's setup part is too large\r\n"
bad_cmdline:
        .asciz "Boot ROM: the command line is too long\r\n"

        .org ROM_SIZE - 1, 0            /* the checksum, by mkrom */
