/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 5, the given part: a guest that does nothing. Only its launch matters.
 */
#include "kit.h"

void guest_main(uint64_t cbit)
{
    (void)cbit;
    stop();
}
