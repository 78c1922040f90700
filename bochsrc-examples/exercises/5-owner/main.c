/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 5, the given part: nothing. What counts is how this machine was launched.
 */
#include "kit.h"

void guest_main(uint64_t cbit)
{
    (void)cbit;
    stop();
}
