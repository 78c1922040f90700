/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A line on /dev/kmsg, between the kernel's own, from a program in a host of SEV guests, and an end with one.
 */
#ifndef HOST_SAY_H
#define HOST_SAY_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int log_file; /* /dev/kmsg; main() opens it */

static void say(const char *format, ...)
{
    char text[300];
    int n = snprintf(text, sizeof(text), "SEV-HOST: ");
    va_list args;

    va_start(args, format);
    n += vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
    va_end(args);
    if (write(log_file, text, (size_t)n) < 0)
        perror("kmsg");
}

static inline void fail(const char *what)
{
    say("%s: %s", what, strerror(errno));
    exit(1);
}

#endif
