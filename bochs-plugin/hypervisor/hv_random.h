/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers that a seed reproduces, for lies and for the contents of pages: splitmix64. Not for keys.
 */
#ifndef SEV_HV_RANDOM_H
#define SEV_HV_RANDOM_H

#include <stdint.h>

/* Return the next number. Any *state, also 0, is good. */
static inline uint64_t hv_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

#endif
