/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The teaching guest, part 2: the launched page. One page of code and constants, which
 * LAUNCH_UPDATE_DATA measures and encrypts, and which runs with C=1. It is position independent,
 * because it does not run at the address for which it was linked.
 */
#include <stdint.h>

void workload_main(const uint8_t *secret, uint32_t len);

static void out(uint8_t c)
{
    __asm__ volatile("outb %0, %1" ::"a"(c), "Nd"((uint16_t)0xe9));
}

void workload_main(const uint8_t *secret, uint32_t len)
{
    static const char head[] = "guest: the secret is \"";

    for (uint32_t i = 0; i < sizeof(head) - 1; i++)
        out((uint8_t)head[i]);
    for (uint32_t i = 0; i < len && secret[i]; i++) /* zeros fill it up to 16 bytes */
        out(secret[i] >= ' ' && secret[i] <= '~' ? secret[i] : '?');
    out('"');
    out('\n');
}
