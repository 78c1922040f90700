/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the text of a `sev:` directive, one parameter a line as Bochs hands them over. What
 * is refused changes nothing and says so; what is accepted keeps its range.
 */
#include "fuzz.h"

#include <string.h>

#include "opt.h"

static struct opt opt, before;

static void one_parameter(char *line)
{
    char error[400] = "", *value = strchr(line, '=');

    if (!value)
        return;
    *value++ = 0;
    before = opt;
    if (opt_set(&opt, line, value, error, sizeof(error)))
        return;
    FUZZ_CHECK(*error && strlen(error) < sizeof(error));
    FUZZ_CHECK(memcmp(&opt, &before, sizeof(opt)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[4096], error[400] = "", *line, *rest = text;

    if (size >= sizeof(text))
        size = sizeof(text) - 1;
    memcpy(text, data, size);
    text[size] = 0;
    opt_init(&opt);
    while ((line = strsep(&rest, "\n")))
        one_parameter(line);
    FUZZ_CHECK(opt.cbitpos >= 32 && opt.cbitpos <= 51 && opt.port % 16 == 0 && opt.port <= 0xfff0);
    FUZZ_CHECK(opt.enabled <= 1 && opt.policy <= UINT32_MAX && opt.secret_gpa % 16 == 0);
    FUZZ_CHECK(opt.secret_payload.len <= OPT_SECRET_MAX && opt.reduced_phys_bits <= 63);
    FUZZ_CHECK(opt_check(&opt, error, sizeof(error)) || *error);
    return 0;
}
