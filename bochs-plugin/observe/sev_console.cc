/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The console of the debugger: where commands and breaks print, and what a break does to stop the
 * machine. Bochs's own debugger, unless the gdb server took over.
 *
 * Uses Bochs 3.0 bx_debug/debug.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "bx_debug/debug.h"

#include <stdarg.h>
#include <stdio.h>

#include "sev_observe.h"

static struct bx_sev_console console;

void bx_sev_console_set(const struct bx_sev_console *other)
{
    console = *other;
}

bool bx_sev_console_exists(void)
{
#if BX_DEBUGGER
    if (bx_dbg.debugger_active)
        return true;
#endif
    return console.print != NULL;
}

void bx_sev_printf(const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (console.print)
        console.print(console.ctx, text);
#if BX_DEBUGGER
    else
        dbg_printf("%s", text);
#endif
}

void bx_sev_console_stop(unsigned cpu)
{
    if (console.stop)
        console.stop(console.ctx, cpu == SEV_HOOKS_NO_CPU ? 0 : cpu);
#if BX_DEBUGGER
    else
        bx_debug_break();
#endif
}
