/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 3: lend a page to a device, and take it back.
 *
 *   uint32_t firmware_version(uint64_t cbit, uint8_t *page);
 *
 * asks the secure processor for the version of its firmware: the first two bytes of what
 * PLATFORM_STATUS writes to its buffer, major and minor, returned as major << 8 | minor. The
 * buffer must be the first 12 bytes of `page`, the only memory you have: a private page of 4 KiB
 * that is in use. When you return, it must be private again and hold what it held before.
 *
 * page_entry(page) is the address of the page-table entry, flush_page(page) makes the CPU forget
 * its translation, psp_command(PLATFORM_STATUS, page) executes the command. Now it reads garbage;
 * and the secure processor overwrites 12 bytes of your ciphertext.
 */
#include "kit.h"

#define PLATFORM_STATUS 0x04
#define BUFFER_SIZE     12

uint32_t firmware_version(uint64_t cbit, uint8_t *page);

uint32_t firmware_version(uint64_t cbit, uint8_t *page)
{
    (void)cbit;
    psp_command(PLATFORM_STATUS, page);
    return (uint32_t)page[0] << 8 | page[1];
}
