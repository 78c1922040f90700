/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 3: lend a page to a device, and take it back.
 *
 *   uint32_t firmware_version(uint64_t cbit, uint8_t *page);
 *
 * returns the version of the secure processor's firmware, as major << 8 | minor: the first two
 * bytes that PLATFORM_STATUS writes to its buffer. The buffer must be the first 12 bytes of `page`,
 * the only memory you have: a private page of 4 KiB that is in use. When you return, it must be
 * private again and have its old contents.
 *
 * page_entry(page) is the address of the page-table entry, flush_page(page) invalidates its TLB
 * entry, psp_command(PLATFORM_STATUS, page) executes the command. As it is now, the function reads
 * garbage, and the secure processor overwrites 12 bytes of your ciphertext.
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
