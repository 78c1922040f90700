/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cpu-ext/rmp: states of pages, runs of equal entries, and the saved form, with each byte of it wrong.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "rmp.h"

#define PAGE  UINT64_C(0x1000)
#define LARGE UINT64_C(0x200000)
#define RAM   (3 * LARGE)
#define ROM   UINT64_C(0xffc00000)

static struct rmp *rmp;
static unsigned changes;
static uint64_t watched; /* at a change, the entry of this page goes to `seen` */
static struct rmp_entry seen;
static const struct rmp_guest guest0 = {1, 0};

static void on_changed(void *ctx, uint64_t spa, uint64_t n)
{
    (void)ctx;
    (void)spa;
    (void)n;
    changes++;
    if (watched)
        seen = rmp_get(rmp, watched);
}

static int setup(void **state)
{
    static const struct rmp_range ranges[] = {{0, RAM}, {ROM, 5 * PAGE}};
    static const struct rmp_ops ops = {NULL, on_changed};

    (void)state;
    rmp = rmp_new(ranges, 2, &ops);
    return rmp ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    rmp_free(rmp);
    return 0;
}

static enum rmp_error assign(uint64_t spa, uint64_t gpa, uint32_t asid, bool is_2m)
{
    const struct rmp_update update = {gpa, asid, true, is_2m, false};

    return rmp_rmpupdate(rmp, spa, &update);
}

static void validate(uint64_t spa, uint64_t gpa, bool is_2m)
{
    const struct rmp_result r = rmp_pvalidate(rmp, &guest0, spa, gpa, is_2m, true);

    assert_true(r.fault == RMP_PASSED && r.eax == RMP_OK && !r.cf);
}

static void states_and_runs(void **state)
{
    static const struct {
        struct rmp_entry entry;
        const char *name;
    } rows[] = {
        {{.assigned = true, .immutable = true}, "firmware"},
        {{.assigned = true}, "reclaim"},
        {{.assigned = true, .immutable = true, .vmsa = true}, "context"},
        {{.assigned = true, .immutable = true, .vmsa = true, .gpa = 0x1000}, "metadata"},
        {{.assigned = true, .asid = 1, .immutable = true}, "pre-guest"},
        {{.assigned = true, .asid = 1, .immutable = true, .validated = true}, "pre-swap"},
        {{.assigned = true, .asid = 1}, "guest-invalid"},
        {{.assigned = true, .asid = 1, .validated = true}, "guest-valid"},
    };
    static const struct {
        uint64_t spa, pages;
        const char *name;
    } runs[] = {
        {0, 5, "hypervisor"},
        {5 * PAGE, 2, "guest-invalid"},
        {7 * PAGE, 505, "hypervisor"},
        {LARGE, 512, "guest-valid"},
        {2 * LARGE, 512, "hypervisor"},
        {ROM, 4, "hypervisor"},
        {ROM + 4 * PAGE, 1, "guest-invalid"},
    };
    struct rmp_run run = {0};

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(rmp_set(rmp, 0, &rows[i].entry));
        const struct rmp_entry entry = rmp_get(rmp, 0);

        assert_string_equal(rmp_state_name(rmp_state(&entry)), rows[i].name);
    }
    rmp_clear(rmp);
    assert_int_equal(assign(5 * PAGE, 9 * PAGE, 1, false), RMP_OK);
    assert_int_equal(assign(6 * PAGE, 10 * PAGE, 1, false), RMP_OK);
    assert_int_equal(assign(LARGE, LARGE, 1, true), RMP_OK);
    validate(LARGE, LARGE, true);
    assert_int_equal(assign(ROM + 4 * PAGE, 0, 1, false), RMP_OK);
    for (unsigned i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        assert_true(rmp_next_run(rmp, &run));
        assert_true(run.spa == runs[i].spa && run.pages == runs[i].pages);
        assert_string_equal(rmp_state_name(rmp_state(&run.entry)), runs[i].name);
    }
    assert_false(rmp_next_run(rmp, &run));
    assert_string_equal(rmp_state_name((enum rmp_state)99), "unknown");
}

static uint8_t *save(size_t *len);

/* An observer that is notified of a restored table reads the new entries. */
static void restore_reports_the_new_entries(void **state)
{
    uint8_t *saved;
    size_t len;

    (void)state;
    assert_int_equal(assign(5 * PAGE, 9 * PAGE, 1, false), RMP_OK);
    validate(5 * PAGE, 9 * PAGE, false);
    saved = save(&len);
    rmp_clear(rmp);
    watched = 5 * PAGE;
    rmp_restore(rmp, saved, len);
    watched = 0;
    assert_true(seen.assigned && seen.validated && seen.gpa == 9 * PAGE);
    free(saved);
}

/* What SNP_INIT_EX makes of the ranges of its list. */
static void pages_that_stay_the_hypervisors(void **state)
{
    static const struct rmp_entry fixed = {.immutable = true};
    const struct rmp_update hypervisors = {.assigned = false};
    const struct rmp_access write = {.needs = 2},
                            guest = {1, true, 0, true, 1, PAGE, false, false, false};
    uint8_t *saved;
    size_t len;

    (void)state;
    assert_true(rmp_set(rmp, PAGE, &fixed));
    assert_true(rmp_get(rmp, PAGE).immutable && !rmp_get(rmp, PAGE).assigned);
    assert_int_equal(assign(PAGE, PAGE, 1, false), RMP_FAIL_PERMISSION);
    assert_int_equal(rmp_rmpupdate(rmp, PAGE, &hypervisors), RMP_FAIL_PERMISSION);
    assert_int_equal(assign(0, 0, 1, true), RMP_FAIL_OVERLAP);
    assert_int_equal(rmp_check(rmp, PAGE, &write), RMP_PASSED);
    assert_int_equal(rmp_check(rmp, PAGE, &guest), RMP_NOT_ASSIGNED);
    saved = save(&len);
    assert_null(rmp_check_saved(rmp, saved, len));
    rmp_clear(rmp);
    assert_false(rmp_get(rmp, PAGE).immutable);
    rmp_restore(rmp, saved, len);
    assert_true(rmp_get(rmp, PAGE).immutable && !rmp_get(rmp, 2 * PAGE).immutable);
    free(saved);
}

static uint8_t *save(size_t *len)
{
    uint8_t *saved;

    *len = rmp_save_size(rmp);
    saved = malloc(*len);
    assert_non_null(saved);
    assert_int_equal(rmp_save(rmp, saved, *len - 1), 0);
    assert_int_equal(rmp_save(rmp, saved, *len), *len);
    return saved;
}

static void save_and_restore(void **state)
{
    struct rmp_entry before[3 * 512 + 5];
    uint8_t *saved;
    size_t len;

    (void)state;
    assert_int_equal(rmp_save_size(rmp), 4 + 2 * 16 + 2 * 24);
    for (unsigned i = 0; i < 100; i++) /* one run: the guest addresses go on */
        assert_int_equal(assign(i * PAGE, 0x700000 + i * PAGE, 1, false), RMP_OK);
    assert_int_equal(assign(LARGE, LARGE, 1, true), RMP_OK);
    assert_int_equal(assign(2 * LARGE, 2 * LARGE, 1, true), RMP_OK);
    assert_int_equal(assign(ROM + PAGE, ROM + PAGE, 1, false), RMP_OK);
    validate(ROM + PAGE, ROM + PAGE, false);
    rmp_rmpadjust(rmp, &guest0, ROM + PAGE, ROM + PAGE, false, 0x11f03);
    rmp_set_in_use(rmp, ROM + PAGE, true);
    for (unsigned i = 0; i < 3 * 512 + 5; i++)
        before[i] = rmp_get(rmp, i < 3 * 512 ? i * PAGE : ROM + (i - 3 * 512) * PAGE);
    saved = save(&len);
    assert_int_equal(len, 4 + 2 * 16 + (3 + 3) * 24);
    assert_null(rmp_check_saved(rmp, saved, len));
    rmp_clear(rmp);
    assert_int_equal(assign(LARGE + PAGE, 0, 9, false), RMP_OK);
    changes = 0;
    rmp_restore(rmp, saved, len);
    assert_int_equal(changes, 2);
    for (unsigned i = 0; i < 3 * 512 + 5; i++) {
        const struct rmp_entry after =
            rmp_get(rmp, i < 3 * 512 ? i * PAGE : ROM + (i - 3 * 512) * PAGE);

        assert_memory_equal(&after, &before[i], sizeof(after));
    }
    free(saved);
}

/* Each byte of the file is changed to each other value: a file that is accepted is saved again as it
 * is. Each shorter file is refused, and a longer one. */
static void bad_files(void **state)
{
    uint8_t *saved, *again;
    size_t len;

    (void)state;
    assert_int_equal(assign(0, 0x700000, 1, false), RMP_OK);
    assert_int_equal(assign(LARGE, LARGE, 1, true), RMP_OK);
    saved = save(&len);
    for (size_t cut = 0; cut < len; cut++)
        assert_non_null(rmp_check_saved(rmp, saved, cut));
    again = realloc(saved, len + 1);
    assert_non_null(again);
    saved = again;
    assert_non_null(rmp_check_saved(rmp, saved, len + 1));
    for (size_t at = 0; at < len; at++)
        for (unsigned x = 1; x < 256; x++) {
            saved[at] ^= (uint8_t)x;
            if (!rmp_check_saved(rmp, saved, len)) {
                size_t n;

                rmp_restore(rmp, saved, len);
                again = save(&n);
                assert_true(n <= len); /* runs that continue each other become one */
                assert_null(rmp_check_saved(rmp, again, n));
                free(again);
            }
            saved[at] ^= (uint8_t)x;
        }
    free(saved);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(states_and_runs),
        TEST(save_and_restore),
        TEST(restore_reports_the_new_entries),
        TEST(pages_that_stay_the_hypervisors),
        TEST(bad_files),
    };
    return cmocka_run_group_tests_name("rmp_save", tests, NULL, NULL);
}
