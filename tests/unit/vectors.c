/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Known answers from tests/vectors; see vectors.h.
 */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void fail(const char *what, const char *where)
{
    printf("Bail out! vectors: %s: %s\n", where, what);
    exit(99);
}

size_t vector_hex(const char *hex, void *out, size_t cap)
{
    uint8_t *bytes = out;
    size_t n = 0;
    for (;;) {
        hex += strspn(hex, " \t\r\n");
        if (*hex == '\0')
            return n;
        unsigned byte;
        int used = 0;
        if (sscanf(hex, "%2x%n", &byte, &used) != 1 || used != 2)
            fail("not hex", hex);
        if (n == cap)
            fail("longer than its buffer", hex);
        bytes[n++] = (uint8_t)byte;
        hex += 2;
    }
}

size_t vector_get(const char *file, const char *name, void *out, size_t cap)
{
    static char line[16384];
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", TEST_VECTORS, file);
    FILE *f = fopen(path, "r");
    if (!f)
        fail("cannot open", path);

    size_t len = strlen(name);
    while (fgets(line, sizeof(line), f)) {
        if (strncmp(line, name, len) == 0 && strncmp(line + len, " =", 2) == 0) {
            fclose(f);
            return vector_hex(line + len + 2, out, cap);
        }
    }
    fail("no such name", name);
}

void vector_exact(const char *file, const char *name, void *out, size_t len)
{
    if (vector_get(file, name, out, len) != len)
        fail("shorter than expected", name);
}
