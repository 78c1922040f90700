/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For the debugger's tests (tests/plugin/debugger_memory.tap): pages at known addresses in known
 * states, and accesses at known instructions. It stops its machine with DF_FLUSH, on which the
 * debugger breaks. It prints what it reads on port E9h, so that a test can compare.
 *
 * Source: Linux Documentation/arch/x86/amd-memory-encryption.rst.
 *
 * As .64 in long mode; as .32 with PAE, or with legacy paging and no shared access: legacy=1.
 */
#include "guest.h"

#define PAGE_ONE   0x600000u   /* written private, read shared */
#define PAGE_TWO   0x601000u   /* written shared, read private */
#define PAGE_THREE 0x602000u   /* private, shared, private */
#define ALIAS      0x40000000u /* the same pages through C=0 */
#define NOWHERE    0x50000000u /* its page table is where no memory is */
#define FAR_AWAY   0x60000000u /* and beyond what Bochs has addresses for */
#define ROUND      0x70000000u /* and is the page directory itself */

static struct table t;

/* Loads with an instruction of their own each, whose addresses the test takes from the symbols. */
extern const char load_shared[], load_private[], store_shared[];

static void dump(const char *name, const volatile uint8_t *from)
{
    print("%s", name);
    for (unsigned i = 0; i < 16; i++)
        print(" %x%x", from[i] >> 4u, from[i] & 15u);
    print("\n");
}

static void put_text(volatile uint8_t *to, const char *text)
{
    for (unsigned i = 0; i < 16; i++)
        to[i] = (uint8_t)text[i];
}

/* The debugger stops here. */
static void stop(void)
{
    mbox_command(CMD_DF_FLUSH, 0);
}

static void paging_on(void)
{
    t = table_new(sizeof(void *) == 8 ? 4 : 3, boot_cbit, 64 << 20);
    for (uint32_t page = PAGE_ONE; page <= PAGE_THREE; page += PAGE_4K)
        table_map(&t, ALIAS + page, page, PAGE_4K, PTE_P | PTE_W);
    table_map(&t, NOWHERE, 0, PAGE_4K, PTE_P);
    *table_entry(&t, NOWHERE, 2) = 0x7f00000000 | PTE_P | boot_cbit;
    table_map(&t, FAR_AWAY, 0, PAGE_4K, PTE_P);
    *table_entry(&t, FAR_AWAY, 2) = 0x600000000000 | PTE_P | boot_cbit;
    table_map(&t, ROUND, 0, PAGE_4K, PTE_P);
    *table_entry(&t, ROUND, 2) = ((uintptr_t)table_entry(&t, ROUND, 2) & ~(uintptr_t)4095) | PTE_P;
    if (sizeof(void *) == 4)
        write_cr4(read_cr4() | CR4_PAE);
    write_cr3(table_cr3(&t));
    if (sizeof(void *) == 4)
        write_cr0(read_cr0() | CR0_PG);
}

/* Two levels of 32-bit entries, 4 MiB pages and one page of 4 KiB. */
static void legacy_paging_on(void)
{
    uint32_t *directory = page_alloc(1), *table = page_alloc(1);

    for (uint32_t i = 0; i < 16; i++)
        directory[i] = i << 22 | 0x83;
    directory[(ALIAS + PAGE_ONE) >> 22] = (uint32_t)(uintptr_t)table | 3;
    table[(ALIAS + PAGE_ONE) >> 12 & 0x3ff] = PAGE_ONE | 3;
    write_cr4(read_cr4() | CR4_PSE);
    write_cr3((uintptr_t)directory);
    write_cr0(read_cr0() | CR0_PG);
}

static void accesses(void)
{
    uint32_t value;

    __asm__ volatile(".globl load_shared\nload_shared: movl (%1), %0"
                     : "=r"(value)
                     : "r"((uintptr_t)(ALIAS + PAGE_ONE))
                     : "memory");
    __asm__ volatile(".globl load_private\nload_private: movl (%1), %0"
                     : "=r"(value)
                     : "r"((uintptr_t)PAGE_TWO)
                     : "memory");
    put_text((volatile uint8_t *)(uintptr_t)PAGE_THREE, "three for the key");
    stop();
    __asm__ volatile(".globl store_shared\nstore_shared: movl %0, (%1)" ::"r"(value),
                     "r"((uintptr_t)(ALIAS + PAGE_THREE))
                     : "memory");
    put_text((volatile uint8_t *)(uintptr_t)PAGE_THREE, "three once again");
}

void guest_main(void)
{
    trap_init();
    if (argument("legacy", 0)) {
        legacy_paging_on();
        stop();
        done_testing();
        return;
    }
    paging_on();
    put_text((volatile uint8_t *)(uintptr_t)PAGE_ONE, "one for the guest");
    put_text((volatile uint8_t *)(uintptr_t)(ALIAS + PAGE_TWO), "two for everyone");
    stop();
    accesses();
    dump("one through C=0:", (const volatile uint8_t *)(uintptr_t)(ALIAS + PAGE_ONE));
    dump("two through C=1:", (const volatile uint8_t *)(uintptr_t)PAGE_TWO);
    done_testing();
}
