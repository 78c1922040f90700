/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Enable the system control interrupt at the next overflow of the ACPI power management timer:
 * TMR_EN in the PM1 enable register, at the port that OVMF gives it.
 *
 * Source: Linux drivers/acpi/acpica/aclocal.h ACPI_BITMASK_TIMER_ENABLE.
 */
#include "bare.h"

enum { PM1_ENABLE = 0xb002, TMR_EN = 1 };

static long run(void)
{
    if (ports_open())
        outw(PM1_ENABLE, TMR_EN);
    return 0;
}
