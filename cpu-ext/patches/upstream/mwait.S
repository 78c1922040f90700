/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two tests of MONITOR and MWAIT, for two or more CPUs. This ROM prints one character for each at port E9h: its name if
 * it passes, else "-". "wm" is the correct output. See `reproduce`.
 *
 *   w  a CPU does not wake as long as no CPU writes to its monitored line
 *   m  it wakes when the first CPU writes through another linear address of the page, which it used before
 */
    .code16
    .section .text
    .set number, 0x6000             /* number of CPUs that wait */
    .set turns, 0x6100              /* for each CPU: how often it waited */
    .set lines, 0x7000              /* the monitored line of each CPU, a page apart */
    .set directory, 0x10000

    .org 0xb000                     /* start-up vector FBh */
    xor %ax, %ax
    mov %ax, %ds
    mov $0x2ff, %ecx                /* MTRRs: write-back; MONITOR has no effect on other memory types */
    mov $0x806, %eax
    xor %edx, %edx
    wrmsr
    mov %cr0, %eax
    and $0x9fffffff, %eax
    mov %eax, %cr0
    mov $1, %ebx
    lock xaddl %ebx, number
    mov %ebx, %esi
    shl $12, %esi
    add $lines, %esi
1:  incl turns(, %ebx, 4)
    mov %esi, %eax
    xor %ecx, %ecx
    xor %edx, %edx
    monitor
    mwait
    jmp 1b

    .include "begin.inc"
/* wait for ECX reads of a port */
pause_turns:
    in $0x80, %al
    loop pause_turns
    ret
verdict:                            /* print BL if the zero flag is set, else "-" */
    je 1f
    mov $'-', %bl
1:  mov %bl, %al
    out %al, $0xe9
    ret
flat:
    mov $number, %edi
    mov $0x200 / 4, %ecx
    rep stosl
    mov $directory, %edi
    mov $1024, %ecx
    rep stosl
    movl $0x83, directory           /* the first 4 MiB, twice */
    movl $0x83, directory + 4
    movl $0xfec00083, directory + 4 * 0x3fb
    mov $directory, %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x10, %al
    mov %eax, %cr4
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    jmp 1f
1:  movl $1, 0x400000 + lines
    movl $0x1ff, 0xfee000f0
    movl $0xc4500, 0xfee00300       /* INIT, then SIPI, to all other CPUs */
    mov $1000, %ecx
    call pause_turns
    movl $0xc46fb, 0xfee00300
    mov $20000, %ecx
    call pause_turns

    mov $'w', %bl
    movl turns, %eax
    cmpl $1, %eax
    jne 1f
    cmpl $2, turns + 4
    jae 2f
    xor %ecx, %ecx
    jmp 1f
2:  test %esp, %esp
1:  call verdict

    mov turns, %esi
    movl $2, 0x400000 + lines
    mov $1000, %ecx
    call pause_turns
    mov $'m', %bl
    inc %esi
    cmp %esi, turns
    call verdict

    .include "end.inc"
