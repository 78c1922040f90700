/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * 5-level paging, and a system management interrupt in it.
 *
 * RSM loads EFER and CR4 together. Bochs 3.0 took a CR4.LA57 that differs from SMM's for a MOV to CR4
 * in long mode, and ended with a panic. BIOS-bochs sets up SMM; a write to port B2h enters it.
 */
#include "guest.h"

#define APM_CONTROL 0xb2
#define ECX_LA57    (1u << 16) /* CPUID 7: Linux arch/x86/include/asm/cpufeatures.h X86_FEATURE_LA57 */

static uint64_t pml5[512] __attribute__((aligned(4096)));

/* Leave long mode, set CR4.LA57, enter long mode with CR3 = `root`, which is below 4 GiB. */
void enter_la57(uint64_t root);
__asm__(".text\n"
        "enter_la57:\n"
        "    pushq $0x08\n" /* selectors: lib/start.S */
        "    pushq $1f\n"
        "    lretq\n"
        "    .code32\n"
        "1:  movl %cr0, %eax\n"
        "    andl $0x7fffffff, %eax\n"
        "    movl %eax, %cr0\n"
        "    movl %cr4, %eax\n"
        "    orl $0x1000, %eax\n"
        "    movl %eax, %cr4\n"
        "    movl %edi, %cr3\n"
        "    movl %cr0, %eax\n"
        "    orl $0x80000000, %eax\n"
        "    movl %eax, %cr0\n"
        "    ljmpl $0x18, $2f\n"
        "    .code64\n"
        "2:  ret\n");

static void smi(const char *name)
{
    uintptr_t cr4 = read_cr4();

    outb(APM_CONTROL, 0);
    is(read_cr4(), cr4, name);
}

void guest_main(void)
{
    trap_init();
    ok(cpuid(7, 0).ecx & ECX_LA57, "CPUID 7 says that there is 5-level paging");
    smi("SMM and back with four levels");
    pml5[0] = (read_cr3() & ~0xfffull) | boot_cbit | 3;
    enter_la57((uint64_t)(uintptr_t)pml5);
    ok(read_cr4() & CR4_LA57, "five levels are on");
    smi("SMM and back with five levels");
    done_testing();
}
