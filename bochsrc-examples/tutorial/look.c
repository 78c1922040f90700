/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TUTORIAL.md, chapters 1 to 3: what a guest can learn about its own encryption, and what others
 * see of its memory.
 *
 * Source: Linux arch/x86/boot/compressed/mem_encrypt.S get_sev_encryption_bit() (how a guest finds
 * SEV and the C-bit).
 */
#include "kit.h"

static void who_am_i(uint64_t cbit)
{
    struct cpuid leaf = cpuid(0x8000001f);

    print("CPUID 8000001Fh: EAX=%x, EBX=%x\n", (uint64_t)leaf.eax, (uint64_t)leaf.ebx);
    print("  EAX bit 1, the processor has SEV: %u\n", leaf.eax >> 1 & 1);
    print("  EBX bits 5:0, the C-bit would be bit %u\n", leaf.ebx & 63);
    print("SEV_STATUS, bit 0, SEV is on in this guest: %u\n",
          (uint32_t)(rdmsr(MSR_SEV_STATUS) & 1));
    print("so the mask of the C-bit is %x\n", cbit);
}

static void two_windows(void)
{
    static const char text[] = "my cat is called Whiskers       ";

    memcpy(PRIVATE_ALIAS, text, 32);
    print_bytes("through C=1", PRIVATE_ALIAS, 16);
    print_bytes("through C=0", SHARED_WINDOW, 16);

    memcpy(SHARED_WINDOW + PAGE, text, 32);
    print_bytes("written through C=0, read through C=1", PRIVATE_ALIAS + PAGE, 16);
}

void guest_main(uint64_t cbit)
{
    who_am_i(cbit);
    two_windows();
    stop();
}
