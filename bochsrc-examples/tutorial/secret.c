/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TUTORIAL.md, chapters 5 and 6: a guest whose owner has put a secret into its memory.
 *
 * The secure processor has decrypted it there with LAUNCH_SECRET.
 */
#include "kit.h"

/* The address that guest and owner agreed on. It is private memory, as all below 1 GiB. */
#define SECRET ((const volatile char *)0x3000000)

void guest_main(uint64_t cbit)
{
    (void)cbit;
    print("the secret is \"");
    for (unsigned i = 0; i < 64 && SECRET[i]; i++)
        print("%c", SECRET[i]);
    print("\"\n");
    stop();
}
