/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Print the time-stamp counter in decimal. In Bochs with one CPU it counts ticks: one for every
 * guest instruction, and the time that HLT skips.
 */
#include "bare.h"

#include <stdint.h>

static long run(void)
{
    uint32_t lo, hi;
    uint64_t v;
    char text[24];
    unsigned at = sizeof(text);

    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    v = (uint64_t)hi << 32 | lo;
    text[--at] = '\n';
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    call(CALL_WRITE, 1, text + at, (long)(sizeof(text) - at), 0, 0, 0);
    return 0;
}
