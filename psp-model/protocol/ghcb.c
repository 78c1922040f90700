/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The GHCB. See ghcb.h. Reasons of termination: Linux arch/x86/include/asm/sev-common.h SEV_TERM_SET_*,
 * GHCB_SEV_ES_*, GHCB_TERM_*; EDK2 OvmfPkg/ResetVector/Ia32/AmdSev.nasm.inc.
 */
#include "ghcb.h"

#include <string.h>

/* clang-format off */
const struct ghcb_field ghcb_fields[] = {
    {"CPL", GHCB_CPL, 1, true},
    {"XSS", GHCB_XSS, 8, true},
    {"DR7", GHCB_DR7, 8, true},
    {"RIP", GHCB_RIP, 8, true},
    {"RSP", GHCB_RSP, 8, true},
    {"RAX", GHCB_RAX, 8, true},
    {"RCX", GHCB_RCX, 8, true},
    {"RDX", GHCB_RDX, 8, true},
    {"RBX", GHCB_RBX, 8, true},
    {"RBP", GHCB_RBP, 8, true},
    {"RSI", GHCB_RSI, 8, true},
    {"RDI", GHCB_RDI, 8, true},
    {"R8", GHCB_R8, 8, true},
    {"R9", GHCB_R9, 8, true},
    {"R10", GHCB_R10, 8, true},
    {"R11", GHCB_R11, 8, true},
    {"R12", GHCB_R12, 8, true},
    {"R13", GHCB_R13, 8, true},
    {"R14", GHCB_R14, 8, true},
    {"R15", GHCB_R15, 8, true},
    {"SW_EXITCODE", GHCB_SW_EXITCODE, 8, true},
    {"SW_EXITINFO1", GHCB_SW_EXITINFO1, 8, true},
    {"SW_EXITINFO2", GHCB_SW_EXITINFO2, 8, true},
    {"SW_SCRATCH", GHCB_SW_SCRATCH, 8, true},
    {"XCR0", GHCB_XCR0, 8, true},
    {"X87_STATE_GPA", GHCB_X87_STATE_GPA, 8, false},
    {"PROTOCOL_VERSION", GHCB_PROTOCOL_VERSION, 2, false},
    {"USAGE", GHCB_USAGE, 4, false},
};
/* clang-format on */
const size_t ghcb_fields_count = sizeof(ghcb_fields) / sizeof(ghcb_fields[0]);

const struct ghcb_field *ghcb_find_field(unsigned offset)
{
    for (size_t i = 0; i < ghcb_fields_count; i++)
        if (ghcb_fields[i].offset == offset)
            return &ghcb_fields[i];
    return NULL;
}

/* Fields that are not in the table have 8 bytes. */
static unsigned size_of(enum ghcb_offset field)
{
    switch (field) {
    case GHCB_CPL:
        return 1;
    case GHCB_PROTOCOL_VERSION:
        return 2;
    case GHCB_USAGE:
        return 4;
    default:
        return 8;
    }
}

uint64_t ghcb_get(const uint8_t page[GHCB_SIZE], enum ghcb_offset field)
{
    uint64_t value = 0;

    for (unsigned i = size_of(field); i-- > 0;)
        value = value << 8 | page[field + i];
    return value;
}

void ghcb_put(uint8_t page[GHCB_SIZE], enum ghcb_offset field, uint64_t value)
{
    for (unsigned i = 0; i < size_of(field); i++)
        page[field + i] = (uint8_t)(value >> 8 * i);
}

/* Return the byte of the bitmap that has the bit of a field, and its mask. */
static unsigned bitmap_byte(enum ghcb_offset field, uint8_t *mask)
{
    unsigned bit = (unsigned)field / 8;

    *mask = (uint8_t)(1u << bit % 8);
    return bit / 8 < GHCB_BITMAP_SIZE ? GHCB_VALID_BITMAP + bit / 8 : 0;
}

bool ghcb_valid(const uint8_t page[GHCB_SIZE], enum ghcb_offset field)
{
    uint8_t mask;
    unsigned at = bitmap_byte(field, &mask);

    return at && (page[at] & mask);
}

void ghcb_set_valid(uint8_t page[GHCB_SIZE], enum ghcb_offset field, bool valid)
{
    uint8_t mask;
    unsigned at = bitmap_byte(field, &mask);

    if (at)
        page[at] = (uint8_t)(valid ? page[at] | mask : page[at] & ~mask);
}

void ghcb_clear_valid(uint8_t page[GHCB_SIZE])
{
    memset(page + GHCB_VALID_BITMAP, 0, GHCB_BITMAP_SIZE);
}

void ghcb_set(uint8_t page[GHCB_SIZE], enum ghcb_offset field, uint64_t value)
{
    ghcb_put(page, field, value);
    ghcb_set_valid(page, field, true);
}

/* --- words --- */

struct numbered {
    uint64_t number;
    const char *words;
};

static const char *find(const struct numbered *rows, size_t n, uint64_t number, const char *none)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].number == number)
            return rows[i].words;
    return none;
}

#define FIND(rows, number, none) find(rows, sizeof(rows) / sizeof((rows)[0]), number, none)

const char *ghcb_error_words(uint64_t error)
{
    static const struct numbered rows[] = {
        {GHCB_ERR_NOT_REGISTERED, "the GHCB is not registered"},
        {GHCB_ERR_INVALID_USAGE, "invalid usage"},
        {GHCB_ERR_INVALID_SCRATCH_AREA, "invalid scratch area"},
        {GHCB_ERR_MISSING_INPUT, "missing input"},
        {GHCB_ERR_INVALID_INPUT, "invalid input"},
        {GHCB_ERR_INVALID_EVENT, "invalid event"},
    };

    return FIND(rows, error, "unknown error");
}

const char *ghcb_msr_words(uint64_t value)
{
    static const struct numbered rows[] = {
        {GHCB_MSR_PAGE, "GHCB address"},
        {GHCB_MSR_SEV_INFO, "SEV information"},
        {GHCB_MSR_SEV_INFO_REQ, "SEV information request"},
        {GHCB_MSR_CPUID_REQ, "CPUID request"},
        {GHCB_MSR_CPUID_RESP, "CPUID answer"},
        {GHCB_MSR_AP_RESET_HOLD_REQ, "AP reset hold request"},
        {GHCB_MSR_AP_RESET_HOLD_RESP, "AP reset hold answer"},
        {GHCB_MSR_PREF_GPA_REQ, "preferred GHCB address request"},
        {GHCB_MSR_PREF_GPA_RESP, "preferred GHCB address answer"},
        {GHCB_MSR_REG_GPA_RESP, "GHCB address registration answer"},
        {GHCB_MSR_PSC_RESP, "page state change answer"},
        {GHCB_MSR_REG_GPA_REQ, "GHCB address registration"},
        {GHCB_MSR_PSC_REQ, "page state change request"},
        {GHCB_MSR_VMPL_REQ, "run VMPL request"},
        {GHCB_MSR_HV_FT_REQ, "hypervisor features request"},
        {GHCB_MSR_HV_FT_RESP, "hypervisor features answer"},
        {GHCB_MSR_TERM_REQ, "termination request"},
    };

    return FIND(rows, value & GHCB_MSR_INFO_MASK, "unknown request");
}

const char *ghcb_termination_words(uint64_t set, uint64_t code)
{
    static const struct numbered general[] = {
        {0, "general termination request"},
        {1, "the guest does not support the GHCB protocol versions of the hypervisor"},
        {2, "the guest does not support the SNP features"},
    };
    static const struct numbered linux_set[] = {
        {0, "the GHCB cannot be registered"},
        {1, "page state change failed; OVMF: a #VC without a GHCB was not CPUID"},
        {2, "PVALIDATE failed; OVMF: unexpected answer of the hypervisor"},
        {3, "the guest does not run at VMPL 0"},
        {4, "CPUID table: the page cannot be used"},
        {5, "CPUID: the answer of the hypervisor is not usable"},
        {6, "the secrets page is missing or wrong"},
        {7, "no SVSM, which is needed at this VMPL"},
        {8, "an SVSM although the guest runs at VMPL 0"},
        {9, "SVSM: the calling area address is wrong"},
        {10, "secure TSC cannot be used"},
    };

    if (set == 0)
        return FIND(general, code, "unknown reason");
    return set == 1 ? FIND(linux_set, code, "unknown reason") : "unknown reason";
}
