/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For the bench, no test: reads a byte of one page a number of times, either in turns through the
 * C-bit and without it (every read converts the page and drops its translations), or
 * in turns through two private translations of it (no change).
 *
 * Arguments: rounds, change (0 or 1).
 */
#include "guest.h"

void guest_main(void)
{
    uint64_t rounds = argument("rounds", 1), change = argument("change", 0);
    volatile uint8_t *a, *b;

    trap_init();
    mbox_init();
    a = private_alias(shared(0x10000));
    b = change ? shared(0x10000) : a + 64;
    *a = 1;
    for (uint64_t i = 0; i < rounds; i++) {
        (void)*a;
        (void)*b;
    }
    ok(true, "%llu rounds", (llu)rounds);
    done_testing();
}
