/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The line of processors of an attestation report; see snp_line.h.
 */
#include "snp_line.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    uint8_t family, from, to; /* models */
    enum tcb_model model;
} lines[] = {
    {0x19, 0x00, 0x0f, TCB_MILAN},
    {0x19, 0x10, 0x1f, TCB_GENOA},
    {0x19, 0xa0, 0xaf, TCB_GENOA},
    {0x1a, 0x00, 0x11, TCB_TURIN},
};

enum owner_exit snp_line_parse(const char *name, enum tcb_model *model)
{
    if (tcb_model_parse(name, model))
        return OWNER_OK;
    return owner_fail(OWNER_USAGE, "--line: \"%s\" is not Milan, Genoa or Turin", name);
}

/* Only the first eight bytes of the chip's id are not zero. */
static bool short_chip_id(const struct snp_report *report)
{
    static const uint8_t zeros[SNP_CHIP_ID_SIZE];

    return memcmp(report->chip_id, zeros, 8) != 0 &&
           memcmp(report->chip_id + 8, zeros, sizeof(zeros) - 8) == 0;
}

static bool by_cpuid(const struct snp_report *report, enum tcb_model *model)
{
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (report->cpuid_family == lines[i].family && report->cpuid_model >= lines[i].from &&
            report->cpuid_model <= lines[i].to) {
            *model = lines[i].model;
            return true;
        }
    }
    return false;
}

enum owner_exit snp_line_of_report(const struct snp_report *report, const char *name,
                                   enum tcb_model *model)
{
    enum tcb_model named = TCB_MILAN;
    enum owner_exit code = name ? snp_line_parse(name, &named) : OWNER_OK;

    if (code)
        return code;
    if (report->version >= 3 && !by_cpuid(report, model))
        return owner_fail(OWNER_INPUT,
                          "report: CPUID family 0x%" PRIx64 " model 0x%" PRIx64
                          " is none of Milan, Genoa and Turin",
                          report->cpuid_family, report->cpuid_model);
    if (report->version < 3 && short_chip_id(report))
        *model = TCB_TURIN;
    else if (report->version < 3 && !name)
        return owner_fail(OWNER_USAGE,
                          "a report of version %" PRIu64
                          " does not have the line of processors; --line is needed",
                          report->version);
    else if (report->version < 3)
        *model = named;
    if (name && named != *model)
        return owner_fail(OWNER_MISMATCH, "--line is %s, but the report is of %s", name,
                          tcb_model_name(*model));
    return OWNER_OK;
}
