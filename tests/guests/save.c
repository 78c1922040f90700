/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that a machine that is saved and restored in the middle of private and shared pages finds
 * everything as it was: memory with C=1 and C=0, the PSP's guest, an MSR. It also walks a page
 * table that is encrypted at that time.
 *
 * Prints "# ready" and loops for 600 million ticks, in which the test saves it.
 */
#include "guest.h"

#define PAGE       4096u
#define PRIVATE    shared(0x10000)               /* written through the C-bit */
#define SHARED     shared(0x11000)               /* written without */
#define TABLE      shared(0x12000)               /* a page table */
#define WALKED     ((const uint8_t *)0x40200000) /* PRIVATE through the C-bit, by that table */
#define HWCR_VALUE 0x40000u                      /* McStatusWrEn */

static uint8_t ciphertext[PAGE], garbage[PAGE];

static bool pattern(const uint8_t *at, unsigned seed)
{
    for (unsigned i = 0; i < PAGE; i++)
        if (at[i] != (uint8_t)(i * 7 + seed))
            return false;
    return true;
}

static void fill_page(uint8_t *at, unsigned seed)
{
    for (unsigned i = 0; i < PAGE; i++)
        at[i] = (uint8_t)(i * 7 + seed);
}

static void map_walked(void)
{
    const struct table boot = {(uint64_t *)(uintptr_t)0x1000, 4, boot_cbit};
    uint64_t *entry = (uint64_t *)(void *)private_alias(TABLE);

    memset(entry, 0, PAGE);
    entry[0] = (uintptr_t)PRIVATE | boot_cbit | PTE_W | PTE_P;
    *table_entry(&boot, (uintptr_t)WALKED, 2) = (uintptr_t)TABLE | boot_cbit | PTE_W | PTE_P;
}

/* The table is read as ciphertext, then walked. */
static bool walks(void)
{
    (void)*(volatile uint8_t *)TABLE;
    write_cr3(read_cr3());
    return pattern(WALKED, 1);
}

void guest_main(void)
{
    struct guest_status status = {0};
    uint8_t *private, *through_c;
    uint64_t start;

    trap_init();
    mbox_init();
    private = private_alias(PRIVATE);
    through_c = private_alias(SHARED);
    fill_page(private, 1);
    fill_page(SHARED, 2);
    memcpy(ciphertext, PRIVATE, PAGE);
    memcpy(garbage, through_c, PAGE);
    map_walked();
    wrmsr(MSR_HWCR, HWCR_VALUE);
    print("# ready\n");
    for (start = rdtsc(); rdtsc() - start < 600000000u;)
        continue;
    ok(pattern(private, 1), "the private page");
    ok(pattern(SHARED, 2), "the shared page");
    ok(!memcmp(PRIVATE, ciphertext, PAGE), "the ciphertext of the private page");
    ok(!memcmp(through_c, garbage, PAGE), "what the shared page is through the C-bit");
    ok(walks(), "a page table that is encrypted is walked with the key");
    is(rdmsr(MSR_HWCR), HWCR_VALUE, "HWCR");
    is(psp_guest_status(1, &status), ST_SUCCESS, "GUEST_STATUS");
    is(status.state, GUEST_RUNNING, "the guest's state");
    is(status.asid, 1, "its ASID");
    done_testing();
}
