/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page states of the CPUs' RMP (cpu-ext/rmp.h) and of the secure processor (psp-model/snp.h): for
 * every entry that there can be, both are the same, and what AMDESE/sev-tool src/sevapi.h
 * snp_page_state_t says.
 */
#include "unit.h"

#include "psp_host.h"
#include "rmp.h"
#include "snp.h"

#define FLAGS 5u /* assigned, validated, immutable, vmsa, a guest address */

/* The table of sev-tool, row by row; -1 is any value. No row is for an entry that cannot be. */
static const struct {
    int assigned, validated, asid, immutable, gpa, vmsa;
    enum rmp_state rmp;
    enum snp_page_state snp;
} rows[] = {
    {0, -1, -1, -1, -1, -1, RMP_STATE_HYPERVISOR, SNP_STATE_HYPERVISOR},
    {1, -1, 0, 1, 0, 0, RMP_STATE_FIRMWARE, SNP_STATE_FIRMWARE},
    {1, -1, 0, 0, -1, -1, RMP_STATE_RECLAIM, SNP_STATE_RECLAIM},
    {1, -1, 0, 1, 0, 1, RMP_STATE_CONTEXT, SNP_STATE_CONTEXT},
    {1, -1, 0, 1, 1, -1, RMP_STATE_METADATA, SNP_STATE_METADATA},
    {1, 0, 1, 1, -1, -1, RMP_STATE_PRE_GUEST, SNP_STATE_PRE_GUEST},
    {1, 1, 1, 1, -1, -1, RMP_STATE_PRE_SWAP, SNP_STATE_PRE_SWAP},
    {1, 0, 1, 0, -1, -1, RMP_STATE_GUEST_INVALID, SNP_STATE_GUEST_INVALID},
    {1, 1, 1, 0, -1, -1, RMP_STATE_GUEST_VALID, SNP_STATE_GUEST_VALID},
};

static bool fits(int want, bool value)
{
    return want < 0 || want == value;
}

static void every_entry(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 1u << (FLAGS + 1); bits++) {
        const struct rmp_entry entry = {.assigned = bits & 1,
                                        .validated = bits & 2,
                                        .immutable = bits & 4,
                                        .vmsa = bits & 8,
                                        .gpa = bits & 16 ? 0x1000 : 0,
                                        .asid = bits >> FLAGS};
        const struct psp_rmp_entry same = {.assigned = entry.assigned,
                                           .validated = entry.validated,
                                           .immutable = entry.immutable,
                                           .vmsa = entry.vmsa,
                                           .gpa = entry.gpa,
                                           .asid = entry.asid};
        unsigned found = 0;

        for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            if (!fits(rows[i].assigned, entry.assigned) ||
                !fits(rows[i].validated, entry.validated) || !fits(rows[i].asid, entry.asid) ||
                !fits(rows[i].immutable, entry.immutable) || !fits(rows[i].gpa, entry.gpa) ||
                !fits(rows[i].vmsa, entry.vmsa))
                continue;
            found++;
            assert_int_equal(rmp_state(&entry), rows[i].rmp);
            assert_int_equal(snp_page_state(&same), rows[i].snp);
        }
        assert_int_equal(found, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_entry)};

    return cmocka_run_group_tests_name("page_states", tests, NULL, NULL);
}
