/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the list of host policies: defaults, every word and number, and what is refused.
 */
#include "unit.h"

#include <string.h>

#include "hypervisor/hv_policy.h"

static struct hv_policies policies;

static void defaults(void **state)
{
    struct hv_policies none;

    (void)state;
    hv_policies_init(&none);
    assert_null(hv_policies_parse("", &policies));
    assert_memory_equal(&none, &policies, sizeof(none));
    assert_int_equal(policies.values[HV_POLICY_IMPLICIT_PSC], HV_IMPLICIT_PSC_CONVERT);
    assert_int_equal(policies.values[HV_POLICY_ASSIGN], HV_ASSIGN_LAZY);
    assert_int_equal(policies.values[HV_POLICY_PSC_CHUNK], HV_POLICY_NO_NUMBER);
    assert_int_equal(policies.values[HV_POLICY_GHCB_PREFERRED], HV_POLICY_NO_NUMBER);
    assert_int_equal(policies.values[HV_POLICY_FEATURES], 3);
    for (unsigned i = 0; i < HV_POLICIES; i++)
        assert_true(*hv_policy_name((enum hv_policy)i) && *hv_policy_words((enum hv_policy)i));
}

static void values(void **state)
{
    static const struct {
        const char *list;
        enum hv_policy policy;
        uint64_t value;
    } cases[] = {
        {"implicit_psc:convert", HV_POLICY_IMPLICIT_PSC, HV_IMPLICIT_PSC_CONVERT},
        {"implicit_psc:stop", HV_POLICY_IMPLICIT_PSC, HV_IMPLICIT_PSC_STOP},
        {"assign:eager", HV_POLICY_ASSIGN, HV_ASSIGN_EAGER},
        {"assign_size:4k", HV_POLICY_ASSIGN_SIZE, HV_ASSIGN_4K},
        {"contents:zero", HV_POLICY_CONTENTS, HV_CONTENTS_ZERO},
        {"contents:random", HV_POLICY_CONTENTS, HV_CONTENTS_RANDOM},
        {"psc_chunk:1", HV_POLICY_PSC_CHUNK, 1},
        {"psc_chunk:0xfd", HV_POLICY_PSC_CHUNK, 253},
        {"psc_2m:split", HV_POLICY_PSC_2M, HV_PSC_2M_SPLIT},
        {"psc_2m:refuse", HV_POLICY_PSC_2M, HV_PSC_2M_REFUSE},
        {"ghcb_unregistered:serve", HV_POLICY_GHCB_UNREGISTERED, HV_GHCB_UNREGISTERED_SERVE},
        {"ghcb_preferred:0x1000", HV_POLICY_GHCB_PREFERRED, 0x1000},
        {"features:0", HV_POLICY_FEATURES, 0},
        {"cpuid_page:extra", HV_POLICY_CPUID_PAGE, HV_CPUID_PAGE_EXTRA},
        {"cpuid_page:wrong", HV_POLICY_CPUID_PAGE, HV_CPUID_PAGE_WRONG},
        {"request_busy:1000", HV_POLICY_REQUEST_BUSY, 1000},
        {" ,assign:eager,, features:1 ", HV_POLICY_FEATURES, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *wrong = hv_policies_parse(cases[i].list, &policies);

        if (wrong)
            fail_msg("%s %s", cases[i].list, wrong);
        assert_int_equal(policies.values[cases[i].policy], cases[i].value);
    }
}

static void refused(void **state)
{
    static const struct {
        const char *list, *why;
    } cases[] = {
        {"assigns:lazy", "has an unknown name"},
        {"assign:lazy assign:lazy", "has a name twice"},
        {"assign", "has a name without a value"},
        {"assign lazy", "has a name without a value"},
        {"assign:", "has a wrong value"},
        {"assign:lazy:eager", "has a wrong value"},
        {"assign:3", "has a wrong value"},
        {"psc_chunk:0", "has a wrong value"},
        {"psc_chunk:254", "has a wrong value"},
        {"psc_chunk:-1", "has a wrong value"},
        {"psc_chunk:1x", "has a wrong value"},
        {"ghcb_preferred:1", "has a wrong value"},
        {"ghcb_preferred:0x1000000000", "has a wrong value"},
        {"features:0x10000000000000", "has a wrong value"},
        {"features:99999999999999999999", "has a wrong value"},
        {":", "has an unknown name"},
    };

    (void)state;
    assert_null(hv_policies_parse("assign:eager", &policies));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct hv_policies before = policies;
        const char *wrong = hv_policies_parse(cases[i].list, &policies);

        if (!wrong || strcmp(wrong, cases[i].why) != 0)
            fail_msg("%s: %s", cases[i].list, wrong ? wrong : "is accepted");
        assert_memory_equal(&before, &policies, sizeof(before));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(values),
        cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests_name("hv_policy", tests, NULL, NULL);
}
