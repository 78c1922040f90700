/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check without paging, with legacy paging and with PAE paging that every access is private or
 * shared as it should be: private without PAE, and by the C-bit of the leaf entry with PAE. Real
 * mode is tested first, by real16().
 *
 * Source: Linux Documentation/arch/x86/amd-memory-encryption.rst.
 */
#include "guest.h"

#define PRIVATE 0xa0000000u
#define SHARED  0xb0000000u

static struct table t;
static volatile uint32_t *page;

/* Real mode: writes a word where guest_main() looks for it, at 7000h:0. */
void real16(void);
__asm__(".text\n.code16\n.globl real16\nreal16:\n\t"
        "pushw %ds\n\tmovw $0x7000, %ax\n\tmovw %ax, %ds\n\t"
        "movl $0x5eed16, 0\n\tpopw %ds\n\tret\n.code32\n");

static void pae_on(void)
{
    write_cr4(read_cr4() | CR4_PAE);
    write_cr3(table_cr3(&t));
    write_cr0(read_cr0() | CR0_PG);
}

static void paging_off(void)
{
    write_cr0(read_cr0() & ~(uintptr_t)CR0_PG);
    write_cr4(read_cr4() & ~(uintptr_t)(CR4_PAE | CR4_PSE));
}

static volatile uint32_t *at(uint32_t base)
{
    return (volatile uint32_t *)(base + ((uintptr_t)page & 0xfff));
}

/* One to one by 4 MiB pages. */
static void legacy_on(void)
{
    static uint32_t directory[1024] __attribute__((aligned(4096)));

    for (uint32_t i = 0; i < 16; i++)
        directory[i] = i << 22 | 0x83;
    directory[PRIVATE >> 22] = ((uintptr_t)page & 0xffc00000) | 0x83;
    write_cr4(read_cr4() | CR4_PSE);
    write_cr3((uintptr_t)directory);
    write_cr0(read_cr0() | CR0_PG);
}

static void with_pae(void)
{
    *page = 0x5eed0001; /* without paging */
    pae_on();
    is(*at(PRIVATE), 0x5eed0001, "what was written without paging, through C=1 of PAE");
    ok(*at(SHARED) != 0x5eed0001, "through C=0: ciphertext");
    is(*page, 0x5eed0001, "and unchanged");
    *at(SHARED) = 0x5eed0002;
    ok(*at(PRIVATE) != 0x5eed0002, "what C=0 wrote, through C=1: garbage");
    is(*at(SHARED), 0x5eed0002, "through C=0: itself");
    paging_off();
    ok(*page != 0x5eed0002, "without paging: garbage, too");
    *page = 0x5eed0003;
    pae_on();
    is(*at(PRIVATE), 0x5eed0003, "written without paging, read through C=1");
    paging_off();
}

static void with_legacy_paging(void)
{
    legacy_on();
    is(*page, 0x5eed0003, "legacy paging reads what no paging wrote");
    *page = 0x5eed0004;
    paging_off();
    is(*page, 0x5eed0004, "and no paging what legacy paging wrote");
    pae_on();
    is(*at(PRIVATE), 0x5eed0004, "C=1 of PAE as well");
    ok(*at(SHARED) != 0x5eed0004, "C=0 does not");
    paging_off();
}

void guest_main(void)
{
    trap_init();
    page = page_alloc(1);
    t = table_new(3, boot_cbit, 64 << 20);
    table_map(&t, PRIVATE, (uintptr_t)page & ~0xfffu, PAGE_4K, PTE_P | PTE_W | boot_cbit);
    table_map(&t, SHARED, (uintptr_t)page & ~0xfffu, PAGE_4K, PTE_P | PTE_W);
    table_map(&t, PRIVATE + 0x1000, 0x70000, PAGE_4K, PTE_P | PTE_W | boot_cbit);
    table_map(&t, SHARED + 0x1000, 0x70000, PAGE_4K, PTE_P | PTE_W);
    ok(boot_cbit != 0, "a SEV guest");
    is(*(volatile uint32_t *)0x70000, 0x5eed16, "what real mode wrote, without paging");
    pae_on();
    is(*(volatile uint32_t *)(PRIVATE + 0x1000), 0x5eed16, "and through C=1");
    ok(*(volatile uint32_t *)(SHARED + 0x1000) != 0x5eed16, "but not through C=0");
    paging_off();
    with_pae();
    with_legacy_paging();
    done_testing();
}
