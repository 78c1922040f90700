/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptors for legacy_entry.S. See legacy.h.
 *
 * Sources: Bochs 3.0 cpu/descriptor.h (descriptors), cpu/tasking.cc (the 32-bit TSS), cpu/paging.cc (an entry
 * of the PAE directory pointer table has no bits for writes and users).
 */
#include "legacy.h"

#define CODE32  0x08
#define SEGMENT 0x1000u  /* of real mode */
#define IMAGE   0x10000u /* its base */
#define PD_0    0x3000u  /* kit/rom.S */
#define PD_1    0x4000u
#define PD_3    0x5000u

const char *const legacy_names[LEGACY_MODES] = {"32-bit protected mode", "32-bit PAE", "real mode"};

extern uint64_t legacy_gdt[], legacy_idt[], legacy_pdpt[];
extern uint32_t legacy_ivt[], legacy_tss[2][26], legacy_code, legacy_resume;
extern uint8_t legacy_vc32[], legacy_vc16[];
void legacy_call(enum legacy_mode mode);

static uint8_t code[64] __attribute__((aligned(64), section(".data")));

static void tss(unsigned selector, uint32_t *at)
{
    const uint64_t base = (uintptr_t)at;

    legacy_gdt[selector / 8] =
        103 | (base & 0xffffff) << 16 | (uint64_t)0x89 << 40 | (base >> 24) << 56;
}

static uint64_t gate(unsigned selector, uint64_t at, uint8_t type)
{
    return (at & 0xffff) | (uint64_t)selector << 16 | (uint64_t)type << 40 |
           (at & 0xffff0000) << 32;
}

void legacy_init(void)
{
    legacy_idt[VECTOR_VC] = gate(CODE32, (uintptr_t)legacy_vc32, 0x8e);
    legacy_idt[LEGACY_TASK_GATE] = gate(LEGACY_TSS_B, 0, 0x85);
    legacy_ivt[VECTOR_VC] = SEGMENT << 16 | ((uint32_t)(uintptr_t)legacy_vc16 - IMAGE);
    legacy_pdpt[0] = PD_0 | boot_cbit | 1;
    legacy_pdpt[1] = PD_1 | boot_cbit | 1;
    legacy_pdpt[3] = PD_3 | boot_cbit | 1;
    legacy_tss[0][0] = LEGACY_TSS_B; /* the link that IRET follows */
}

void legacy_run(enum legacy_mode mode, const uint8_t *bytes, unsigned len)
{
    const bool busy = legacy_type(LEGACY_TSS_B) & 2;

    memcpy(code, bytes, len);
    code[len] = 0xc3;
    tss(LEGACY_TSS_A, legacy_tss[0]);
    tss(LEGACY_TSS_B, legacy_tss[1]);
    legacy_set_busy(LEGACY_TSS_B, busy);
    legacy_vc = (struct legacy_vc){.error = ~0u};
    legacy_code = (uint32_t)(uintptr_t)code;
    legacy_resume = legacy_code + len;
    __asm__ volatile("" ::: "memory");
    legacy_call(mode);
    es_load_gdt();
}

uint32_t legacy_ip(enum legacy_mode mode)
{
    return (uint32_t)(uintptr_t)code - (mode == LEGACY_REAL ? IMAGE : 0);
}

uint8_t legacy_type(unsigned selector)
{
    return (uint8_t)(legacy_gdt[selector / 8] >> 40);
}

void legacy_set_busy(unsigned selector, bool busy)
{
    legacy_gdt[selector / 8] &= ~(UINT64_C(2) << 40);
    legacy_gdt[selector / 8] |= (uint64_t)busy << 41;
}
