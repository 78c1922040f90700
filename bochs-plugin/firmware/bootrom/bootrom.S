/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The boot ROM for kernel=: an option ROM that takes INT 19h from the BIOS and boots a Linux kernel
 * which it reads from the firmware configuration device (fwcfg.h).
 *
 * Follows Linux Documentation/arch/x86/boot.rst, 16-bit entry, so that the kernel itself asks
 * the BIOS for memory, and the legacy option ROM header (BIOS Boot Specification 1.01, 3.1).
 *
 * It reads by port I/O: with SEV, all accesses of code without paging are private, so data that a device
 * writes by DMA would be garbage to it. Position independent within its segment; needs an 80386.
 *
 * If a table of kernel hashes (QEMU's, docs/system/i386/amd-memory-encryption.rst) follows the ROM and was
 * measured with it, it starts only what has these hashes (FIPS 180-4, SHA-256).
 *
 * Memory that it uses: 600h..A20h (scratch, GDT, hash), below 7000h (stack), and as in bzimage.h 10000h (setup,
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
        .set H, 0x700                   /* hash so far */
        .set W, 0x740                   /* message schedule, 64 words */
        .set BLOCK, 0x840               /* the last one or two blocks */
        .set TOTAL, 0x8c0               /* bytes hashed */
        .set SETUP_SIZE, 0x8d0
        .set CMDLINE_SIZE, 0x8d4
        .set KERNEL_SIZE, 0x8d8
        .set INITRD_SIZE, 0x8dc
        .set INITRD_ADDR, 0x8e0
        .set ROUNDS, 0x900              /* a..h of each round, downwards */
        .set HASHES, ROM_SIZE           /* the table: GUID, length, three entries */
        .set HASH_CMDLINE, HASHES + 36
        .set HASH_INITRD, HASHES + 86
        .set HASH_KERNEL, HASHES + 136
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
        movl %ecx, SETUP_SIZE
        cmpl $SETUP_MAX, %ecx
        movw $bad_kernel, %si
        ja fail
        movw $FW_CFG_SETUP_DATA, %ax
        movl $SETUP, %edi
        call item

        movw $FW_CFG_CMDLINE_SIZE, %ax
        call number
        movl %ecx, CMDLINE_SIZE
        cmpl $CMDLINE_MAX, %ecx
        movw $bad_cmdline, %si
        ja fail
        movw $FW_CFG_CMDLINE_DATA, %ax
        movl $CMDLINE, %edi
        call item

        movw $FW_CFG_KERNEL_SIZE, %ax
        call number
        movl %ecx, KERNEL_SIZE
        movl %ecx, %ebx
        addl $KERNEL, %ebx              /* the kernel's end */
        movw $bad_place, %si
        jc fail
        movw $FW_CFG_KERNEL_DATA, %ax
        movl $KERNEL, %edi
        call item

        movw $FW_CFG_INITRD_ADDR, %ax
        call number
        movl %ecx, INITRD_ADDR
        movw $FW_CFG_INITRD_SIZE, %ax
        call number
        movl %ecx, INITRD_SIZE
        jecxz loaded
        movl INITRD_ADDR, %edi
        movw $bad_place, %si
        cmpl %ebx, %edi                 /* nothing that was loaded, nor our stack, is overwritten */
        jb fail
        movl %edi, %eax
        addl %ecx, %eax
        jc fail
        movw $FW_CFG_INITRD_DATA, %ax
        call item
loaded:
        call verify

/* The fields that a boot loader fills in. */
        movl INITRD_ADDR, %ebx
        movl INITRD_SIZE, %ebp
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

/* Returns if there is no table or all three hashes match it. */
verify:
        movw $15, %bx
1:      movb %cs:table_guid(%bx), %al
        cmpb %cs:HASHES(%bx), %al
        jne 2f
        decw %bx
        jns 1b

        call hash_begin
        movl $CMDLINE, %esi
        movl CMDLINE_SIZE, %ecx
        call hash_data
        call hash_end
        movw $HASH_CMDLINE, %bx
        movw $wrong_cmdline, %si
        call compare

        call hash_begin
        movl INITRD_ADDR, %esi
        movl INITRD_SIZE, %ecx
        call hash_data
        call hash_end
        movw $HASH_INITRD, %bx
        movw $wrong_initrd, %si
        call compare

        call hash_begin
        movl $SETUP, %esi
        movl SETUP_SIZE, %ecx
        call hash_data
        movw $bad_kernel, %si
        testl %ecx, %ecx                /* whole sectors, so whole blocks */
        jnz fail
        movl $KERNEL, %esi
        movl KERNEL_SIZE, %ecx
        call hash_data
        call hash_end
        movw $HASH_KERNEL, %bx
        movw $wrong_kernel, %si
        call compare
2:      ret

/* The hash against the digest at %cs:%bx. If they differ: fails with the text at %si. */
compare:
        xorw %di, %di
1:      movl H(%di), %eax
        bswapl %eax
        cmpl %cs:(%bx,%di), %eax
        jne fail
        addw $4, %di
        cmpw $32, %di
        jne 1b
        ret

hash_begin:
        movw $28, %bx
1:      movl %cs:sha_h(%bx), %eax
        movl %eax, H(%bx)
        subw $4, %bx
        jns 1b
        movl $0, TOTAL
        ret

/* %ecx bytes at %esi: the whole blocks. What is left over: %ecx at %esi. */
hash_data:
        addl %ecx, TOTAL
1:      cmpl $64, %ecx
        jb 2f
        subl $64, %ecx
        pushl %ecx
        call hash_block
        popl %ecx
        jmp 1b
2:      ret

/* The left over bytes, %ecx at %esi, a one bit, zeros and the length in bits. */
hash_end:
        movw $124, %bx
1:      movl $0, BLOCK(%bx)
        subw $4, %bx
        jns 1b
        xorw %bx, %bx
2:      cmpw %cx, %bx
        je 3f
        movb %es:(%esi), %al
        movb %al, BLOCK(%bx)
        incl %esi
        incw %bx
        jmp 2b
3:      movb $0x80, BLOCK(%bx)
        movw $64, %cx
        cmpw $56, %bx
        jb 4f
        movw $128, %cx
4:      movw %cx, %bx
        movl TOTAL, %eax
        movl %eax, %edx
        shrl $29, %eax
        shll $3, %edx
        bswapl %eax
        bswapl %edx
        movl %eax, BLOCK - 8(%bx)
        movl %edx, BLOCK - 4(%bx)
        movl $BLOCK, %esi
        movzwl %cx, %ecx
        jmp hash_data                   /* TOTAL is no longer needed */

/* One block at %es:%esi, which moves on. Changes all registers. */
hash_block:
        xorw %bx, %bx
1:      movl %es:(%esi), %eax
        bswapl %eax
        movl %eax, W(%bx)
        addl $4, %esi
        addw $4, %bx
        cmpw $64, %bx
        jne 1b
2:      movl W - 8(%bx), %eax           /* sigma1 of W[t-2] */
        movl %eax, %edx
        movl %eax, %ecx
        rorl $17, %eax
        rorl $19, %edx
        shrl $10, %ecx
        xorl %edx, %eax
        xorl %ecx, %eax
        addl W - 28(%bx), %eax
        addl W - 64(%bx), %eax
        movl W - 60(%bx), %edx          /* sigma0 of W[t-15] */
        movl %edx, %ecx
        movl %edx, %edi
        rorl $7, %edx
        rorl $18, %ecx
        shrl $3, %edi
        xorl %ecx, %edx
        xorl %edi, %edx
        addl %edx, %eax
        movl %eax, W(%bx)
        addw $4, %bx
        cmpw $256, %bx
        jne 2b

        movw $28, %bx
3:      movl H(%bx), %eax
        movl %eax, ROUNDS + 256(%bx)
        subw $4, %bx
        jns 3b
        movw $ROUNDS + 256, %di         /* a, b, ... h at %di */
        xorw %bx, %bx
4:      movl 16(%di), %eax              /* e */
        movl %eax, %edx
        movl %eax, %ecx
        rorl $6, %edx
        rorl $11, %ecx
        xorl %ecx, %edx
        rorl $14, %ecx                  /* 25 in all */
        xorl %ecx, %edx
        movl 20(%di), %ecx              /* Ch */
        xorl 24(%di), %ecx
        andl %eax, %ecx
        xorl 24(%di), %ecx
        addl %ecx, %edx
        addl 28(%di), %edx
        addl %cs:sha_k(%bx), %edx
        addl W(%bx), %edx               /* T1 */
        addl %edx, 12(%di)              /* d becomes e */
        movl (%di), %eax                /* a */
        movl %eax, %ecx
        movl %eax, %ebp
        rorl $2, %ecx
        rorl $13, %ebp
        xorl %ebp, %ecx
        rorl $9, %ebp                   /* 22 in all */
        xorl %ebp, %ecx
        addl %ecx, %edx
        movl 4(%di), %ecx               /* Maj */
        movl %eax, %ebp
        orl %ecx, %ebp
        andl 8(%di), %ebp
        andl %ecx, %eax
        orl %ebp, %eax
        addl %eax, %edx
        subw $4, %di
        movl %edx, (%di)
        addw $4, %bx
        cmpw $256, %bx
        jne 4b

        movw $28, %bx
5:      movl ROUNDS(%bx), %eax
        addl %eax, H(%bx)
        subw $4, %bx
        jns 5b
        ret

/* Opens the gate of address line 20, by System Control Port A. */
a20:
        inb $0x92, %al
        orb $2, %al
        andb $0xfe, %al
        outb %al, $0x92
        ret

/* %es: base 0, limit 4 GiB, in real mode. The descriptors are made here because their
 * address must be known. */
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
        shrl $1, %ecx                   /* of all sizes Bochs does words at once */
        .byte 0x67                      /* addr32, which clang refuses to spell here */
        rep insw
        popl %ecx
        andl $1, %ecx
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

/* The same text on the first serial line, if there is one. */
print_serial:
        movw $0x3fd, %dx                /* line status */
        movl $1000000, %ecx
1:      inb %dx, %al
        cmpb $0xff, %al
        je 2f
        testb $0x20, %al                /* transmitter empty */
        jnz 3f
        decl %ecx
        jnz 1b
2:      ret
3:      movb %cs:(%si), %al
        testb %al, %al
        jz 2b
        movw $0x3f8, %dx
        outb %al, %dx
        incw %si
        jmp print_serial

/* Nothing to go back to: another boot device would not be what was asked for. */
fail:
        pushw %si
        call print
        popw %si
        movw $0x3fb, %dx                /* line control: the BIOS may have left 5 bits */
        movb $3, %al                    /* 8 bits, no parity */
        outb %al, %dx
        call print_serial
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

bad_place:
        .asciz "Boot ROM: kernel and RAM disk overlap\r\n"
wrong_cmdline:
        .asciz "Boot ROM: the command line is not the one that was measured\r\n"
wrong_initrd:
        .asciz "Boot ROM: the RAM disk is not the one that was measured\r\n"
wrong_kernel:
        .asciz "Boot ROM: the kernel is not the one that was measured\r\n"

        .balign 4
table_guid:                             /* 9438d606-4f22-4cc9-b479-a793d411fd21 */
        .byte 0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c, 0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21
sha_h:
        .long 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a
        .long 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
sha_k:
        .long 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5
        .long 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
        .long 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3
        .long 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174
        .long 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc
        .long 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da
        .long 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7
        .long 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967
        .long 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13
        .long 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85
        .long 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3
        .long 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070
        .long 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5
        .long 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3
        .long 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208
        .long 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2

        .org ROM_SIZE - 1, 0            /* the checksum, by mkrom */
