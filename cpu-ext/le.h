/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Little-endian numbers in bytes.
 */
#ifndef CPU_EXT_LE_H
#define CPU_EXT_LE_H

#include <stdint.h>

static inline void le_put(uint8_t *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t le_get(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i--;)
        value = value << 8 | in[i];
    return value;
}

#endif
