/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Known answers for the unit tests: text files under tests/vectors with one `name = value` a line,
 * values in hex. tests/vectors/SOURCE names the source of each value.
 */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <stddef.h>
#include <stdint.h>

/* Decode the value of `name` in tests/vectors/`file` into `out` and give its length. The test
 * program ends if the file, the name or room for the value is missing. */
size_t vector_get(const char *file, const char *name, void *out, size_t cap);
/* The same for a value that must be exactly `len` bytes long. */
void vector_exact(const char *file, const char *name, void *out, size_t len);

/* Decode hex (blanks between bytes allowed); the program ends if it is not hex or too long. */
size_t vector_hex(const char *hex, void *out, size_t cap);

#endif
