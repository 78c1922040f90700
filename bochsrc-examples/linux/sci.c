/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lets the ACPI power management timer raise the system control interrupt at its next overflow:
 * TMR_EN in the PM1 enable register (ACPI 6.4 section 4.8.3.1) at the port where OVMF puts it.
 */
#include "bare.h"

enum { PM1_ENABLE = 0xb002, TMR_EN = 1 };

static long run(void)
{
    if (ports_open())
        outw(PM1_ENABLE, TMR_EN);
    return 0;
}
