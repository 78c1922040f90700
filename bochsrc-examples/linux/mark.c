/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Write a mark to an unused byte of the CMOS memory, which a restart keeps. Exit status 0: there
 * was no mark; 1: there was one.
 */
#include "bare.h"

enum { CMOS_INDEX = 0x70, CMOS_DATA = 0x71, REGISTER = 0x60, MARK = 0xa5 };

static long run(void)
{
    long was;

    if (!ports_open())
        return 1;
    outb(CMOS_INDEX, REGISTER);
    was = inb(CMOS_DATA) == MARK;
    outb(CMOS_INDEX, REGISTER);
    outb(CMOS_DATA, MARK);
    return was;
}
