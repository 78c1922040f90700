/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bochs-plugin/observe/conversions: which changes of a page's state are kept, and what is said of them.
 */
#include "unit.h"

#include <string.h>

#include "observe/conversions.h"

static struct conversions *conversions;

static int setup(void **state)
{
    (void)state;
    conversions = conversions_new(4);
    return conversions ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    conversions_free(conversions);
    return 0;
}

static bool update(uint32_t page, bool decrypted, uint64_t us)
{
    const struct conversion reason = {.us = us, .rip = 0x1000 + us};

    return conversions_update(conversions, page, decrypted, &reason);
}

static void only_a_change_is_a_conversion(void **state)
{
    (void)state;
    assert_false(update(1, true, 1)); /* the first state is not a change */
    assert_false(update(1, true, 2));
    assert_int_equal(conversions_count(conversions, 1), 0);
    assert_null(conversions_get(conversions, 1, 0));
    assert_true(update(1, false, 3));
    assert_true(update(1, true, 4));
    assert_int_equal(conversions_count(conversions, 1), 2);
    assert_int_equal(conversions_count(conversions, 2), 0);
    assert_true(conversions_get(conversions, 1, 0)->decrypted);
    assert_false(conversions_get(conversions, 1, 1)->decrypted);
    assert_null(conversions_get(conversions, 1, 2));
}

static void a_restore_is_not_a_conversion(void **state)
{
    (void)state;
    conversions_set(conversions, 0, true);
    conversions_set(conversions, 0, false);
    assert_int_equal(conversions_count(conversions, 0), 0);
    assert_true(update(0, true, 1));
}

static void the_last_ones_are_kept(void **state)
{
    (void)state;
    conversions_set(conversions, 3, false);
    for (uint64_t us = 1; us <= 7; us++)
        assert_true(update(3, us % 2, us));
    assert_int_equal(conversions_count(conversions, 3), 7);
    for (unsigned n = 0; n < CONVERSIONS_KEPT; n++) {
        assert_int_equal(conversions_get(conversions, 3, n)->us, 7 - n);
        assert_int_equal(conversions_get(conversions, 3, n)->rip, 0x1007 - n);
    }
    assert_null(conversions_get(conversions, 3, CONVERSIONS_KEPT));
}

static void pages_that_do_not_exist(void **state)
{
    (void)state;
    assert_false(update(4, true, 1));
    assert_false(update(4, false, 2));
    assert_int_equal(conversions_count(conversions, 4), 0);
    assert_null(conversions_get(conversions, UINT32_MAX, 0));
    conversions_free(NULL);
}

static void every_reason_has_words(void **state)
{
    static const struct {
        struct conversion conversion;
        const char *text;
    } rows[] = {
        {{.us = 3158000, .rip = 0x10381, .write = true, .access = SEV_ACCESS_SHARED},
         "3.158000 s: encrypted: data write through C=0 by CPU 0 at RIP 0x10381"},
        {{.us = 1, .rip = 0x1, .cpu = 1, .decrypted = true},
         "0.000001 s: decrypted: data read through C=1 by CPU 1 at RIP 0x1"},
        {{.rip = 0x2, .why = SEV_WHY_FETCH, .decrypted = true},
         "0.000000 s: decrypted: instruction fetch through C=1 by CPU 0 at RIP 0x2"},
        {{.rip = 0x2, .why = SEV_WHY_WALK, .write = true, .decrypted = true},
         "0.000000 s: decrypted: page walk through C=1 by CPU 0 at RIP 0x2"},
        {{.rip = 0x2, .cpu = SEV_HOOKS_NO_CPU, .why = SEV_WHY_DEVICE, .access = SEV_ACCESS_SHARED},
         "0.000000 s: encrypted: device read, CPU 0 was at RIP 0x2"},
        {{.by_command = true, .command = 0x23}, "0.000000 s: encrypted: PSP command DEACTIVATE"},
    };
    char text[CONVERSIONS_TEXT];

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(conversions_text(&rows[i].conversion, "DEACTIVATE", "", text),
                            rows[i].text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_a_change_is_a_conversion), TEST(a_restore_is_not_a_conversion),
        TEST(the_last_ones_are_kept),        TEST(pages_that_do_not_exist),
        TEST(every_reason_has_words),
    };

    return cmocka_run_group_tests_name("conversions", tests, NULL, NULL);
}
