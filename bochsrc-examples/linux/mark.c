/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Leaves a mark in a byte of the CMOS memory that nobody uses, which a restart keeps. Exit status
 * 0: it was not there yet; 1: it was.
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
