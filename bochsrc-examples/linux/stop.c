/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Execute Bochs's magic breakpoint (bochsrc: magic_break: enabled=1, with -dbg). On other
 * processors the instruction does nothing.
 */
#include "bare.h"

static long run(void)
{
    __asm__ volatile("xchg %bx, %bx");
    return 0;
}
