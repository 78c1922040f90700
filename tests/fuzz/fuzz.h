/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz targets: each fuzz_x.c has the entry point of libFuzzer, which checks what must hold for
 * every input and ends the program where it does not. `make fuzz` runs them under libFuzzer with
 * ASan and UBSan; in `make check` replay.c feeds them the seeds and mutations of them.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Always on, unlike assert(). */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The first `len` bytes of the input, zeros where it ends; the input continues after them. */
static inline void fuzz_take(const uint8_t **data, size_t *size, void *out, size_t len)
{
    uint8_t *to = out;
    for (size_t i = 0; i < len; i++) {
        to[i] = *size ? **data : 0;
        *data += *size > 0;
        *size -= *size > 0;
    }
}

#endif
