/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: a trace file, which sevowner gets from the machine that it does not trust.
 *
 * The first byte of the input says which guest is asked for.
 */
#include "fuzz.h"

#include <string.h>

#include "launched.h"

/* What launched.c needs of sevowner. */
enum owner_exit owner_fail(enum owner_exit code, const char *format, ...)
{
    (void)format;
    return code;
}

enum owner_exit input_file(const char *what, const char *path, uint8_t **data, size_t *len);
enum owner_exit input_file(const char *what, const char *path, uint8_t **data, size_t *len)
{
    (void)what, (void)path, (void)data, (void)len;
    return OWNER_INPUT;
}

/* The same text, read for a guest of SEV-SNP. */
static void fuzz_pages(const uint8_t *data, size_t size)
{
    struct launched_pages launched;
    unsigned number;
    enum owner_exit code = launched_pages_parse((const char *)data, size, &launched, &number);

    FUZZ_CHECK(code == OWNER_OK || code == OWNER_INPUT);
    FUZZ_CHECK(code != OWNER_OK || launched.count > 0);
    FUZZ_CHECK(code == OWNER_OK || number <= size);
    for (unsigned i = 0; i < launched.count; i++) {
        FUZZ_CHECK(memchr(launched.pages[i].name, 0, sizeof(launched.pages[i].name)));
        FUZZ_CHECK(memchr(launched.pages[i].type, 0, sizeof(launched.pages[i].type)));
    }
    launched_pages_free(&launched);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct launched launched;
    unsigned number;
    uint8_t handle;

    fuzz_take(&data, &size, &handle, sizeof(handle));
    fuzz_pages(data, size);
    enum owner_exit code = launched_parse((const char *)data, size, handle, &launched, &number);
    FUZZ_CHECK(code == OWNER_OK || code == OWNER_INPUT);
    FUZZ_CHECK(code != OWNER_OK || launched.count > 0);
    FUZZ_CHECK(code == OWNER_OK || number <= size);
    for (unsigned i = 0; i < launched.count; i++) {
        FUZZ_CHECK(launched.regions[i].len > 0);
        FUZZ_CHECK(memchr(launched.regions[i].name, 0, sizeof(launched.regions[i].name)));
    }
    launched_free(&launched);
    return 0;
}
