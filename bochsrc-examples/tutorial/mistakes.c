/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TUTORIAL.md, chapter 4: four mistakes with the C-bit that everybody makes once. None of them
 * faults.
 *
 * Source: Linux include/uapi/linux/psp-sev.h struct sev_user_data_status (PLATFORM_STATUS).
 */
#include "kit.h"

#define PLATFORM_STATUS 0x04

/* 1. A buffer for a device is in private memory: the device sees ciphertext. */
static void private_buffer(void)
{
    volatile uint16_t *buffer = page_new();
    uint32_t status = psp_command(PLATFORM_STATUS, buffer), api = *buffer;

    print("1. status %u, API %u.%u\n", status, api & 255, api >> 8);
}

/* 2. A number is written through the shared mapping and read through the private one. */
static void two_pictures(void)
{
    *(volatile uint32_t *)(SHARED_WINDOW + 2 * PAGE) = 1234;
    print("2. the number is %u\n", *(volatile uint32_t *)(PRIVATE_ALIAS + 2 * PAGE));
}

/* 3. A page is made shared, but the CPU still has the old translation. */
static void no_flush(uint64_t cbit)
{
    volatile uint8_t *page = page_new();
    uint64_t *entry = page_entry(page);

    page[0] = 1;
    *entry &= ~cbit;
    page[0] = 2;
    flush_page(page);
    print("3. my page is shared, and the first byte is %u\n", (uint32_t)page[0]);
}

/* 4. Page tables are private whatever maps them: this one is built through a shared mapping. */
static void shared_table(uint64_t cbit)
{
    volatile uint64_t *table = (uint64_t *)(SHARED_WINDOW + 3 * PAGE);
    volatile uint64_t *directory = (uint64_t *)0x3000; /* start.S: linear 0..1 GiB */
    volatile uint8_t *at = (uint8_t *)0x30000000;

    table[0] = (uintptr_t)page_new() | cbit | PTE_PRESENT | PTE_WRITE;
    directory[0x30000000 / PAGE_2M] = (uintptr_t)table | cbit | PTE_PRESENT | PTE_WRITE;
    flush_page(at);
    print("4. and now I use it\n");
    at[0] = 1;
    print("   no fault\n");
}

void guest_main(uint64_t cbit)
{
    private_buffer();
    two_pictures();
    no_flush(cbit);
    shared_table(cbit);
    stop();
}
