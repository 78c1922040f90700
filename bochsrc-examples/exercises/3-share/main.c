/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 3, the given part: fill a page, call the answer, and check the page afterwards.
 */
#include "kit.h"

uint32_t firmware_version(uint64_t cbit, uint8_t *page);

static void check(int good, const char *what, const char *reason)
{
    if (good)
        print("ok %s\n", what);
    else
        print("not %s: %s\n", what, reason);
}

void guest_main(uint64_t cbit)
{
    uint8_t *page = page_new();
    uint32_t version, wanted = (uint32_t)argument("version", 0), wrong = 0;

    page_entry(page); /* it has an entry of its own, and the CPU a translation for writing */
    for (unsigned i = 0; i < PAGE; i++)
        page[i] = (uint8_t)(i * 7 + 3);
    version = firmware_version(cbit, page);
    check(version == wanted, "the version",
          "this is not what PLATFORM_STATUS answered; a device sees and writes shared memory only");
    check((*page_entry(page) & cbit) != 0, "the page is private again",
          "its page-table entry has no C-bit");
    flush_page(page);
    for (unsigned i = 0; i < PAGE; i++)
        wrong += page[i] != (uint8_t)(i * 7 + 3);
    check(!wrong, "it holds what it held",
          wrong > 16 ? "most of it is lost: changing the C-bit converts nothing"
                     : "the bytes of the buffer are not what they were");
    print("done\n");
    stop();
}
