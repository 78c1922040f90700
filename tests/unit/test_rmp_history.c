/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bochs-plugin/observe/rmp_history: the events of pages, in order, joined and as text.
 */
#include "unit.h"

#include <string.h>

#include "hooks.h"
#include "observe/rmp_history.h"

#define PAGE  UINT64_C(0x1000)
#define LARGE UINT64_C(0x200000)
#define ROM   UINT64_C(0xffc00000)

static struct rmp *rmp;
static struct rmp_history *history;
static struct rmp_cause cause;

static void on_changed(void *ctx, uint64_t spa, uint64_t n)
{
    (void)ctx;
    if (history)
        rmp_history_changed(history, spa, n, &cause);
}

static int setup(void **state)
{
    static const struct rmp_range ranges[] = {{0, 2 * LARGE}, {ROM, 4 * PAGE}};
    static const struct rmp_ops ops = {NULL, on_changed};

    (void)state;
    cause = (struct rmp_cause){1500000, 0x8000, 1};
    rmp = rmp_new(ranges, 2, &ops);
    history = rmp ? rmp_history_new(rmp) : NULL;
    return history ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    rmp_history_free(history);
    history = NULL;
    rmp_free(rmp);
    return 0;
}

static void assign(uint64_t spa, bool assigned, bool is_2m)
{
    const struct rmp_update update = {spa, assigned, assigned, is_2m, false};

    assert_int_equal(rmp_rmpupdate(rmp, spa, &update), RMP_OK);
}

static void pvalidate(uint64_t spa, bool is_2m, bool validate)
{
    static const struct rmp_guest guest = {1, 0};
    const struct rmp_result r = rmp_pvalidate(rmp, &guest, spa, spa, is_2m, validate);

    assert_true(r.fault == RMP_PASSED && r.eax == RMP_OK);
}

/* Event `n` of a page, as text; "" if there is none. */
static const char *told(uint64_t spa, unsigned n)
{
    static char text[RMP_EVENT_TEXT];
    const struct rmp_event *event = rmp_history_get(history, spa, n);

    return event ? rmp_event_text(event, " <f+1>", text) : "";
}

static void the_life_of_a_page(void **state)
{
    (void)state;
    assert_string_equal(told(0x5000, 0), "");
    assign(0x5000, true, false);
    cause.rip = 0x9000;
    pvalidate(0x5000, false, true);
    assign(0x5000, false, false);
    rmp_history_fault(history, 0x5678, RMP_NOT_ASSIGNED, true, true, &cause);
    cause.cpu = SEV_HOOKS_NO_CPU;
    rmp_history_fault(history, 0x5678, RMP_NOT_VALIDATED, false, true, &cause);
    rmp_history_fault(history, 0x5678, RMP_PASSED, false, true, &cause);
    assert_int_equal(rmp_history_count(history), 5);
    assert_string_equal(told(0x5fff, 4), "1.500000 s: assigned to the guest: hypervisor to "
                                         "guest-invalid, CPU 1 at RIP 0x8000 <f+1>");
    assert_string_equal(told(0x5000, 3),
                        "1.500000 s: validated: guest-invalid to guest-valid, CPU 1 "
                        "at RIP 0x9000 <f+1>");
    assert_string_equal(told(0x5000, 2), "1.500000 s: taken by the hypervisor while valid: "
                                         "guest-valid to hypervisor, CPU 1 at RIP 0x9000 <f+1>");
    assert_string_equal(told(0x5000, 1),
                        "1.500000 s: write through C=1: nested page fault: the page "
                        "belongs to the hypervisor, CPU 1 at RIP 0x9000 <f+1>");
    assert_string_equal(told(0x5000, 0),
                        "1.500000 s: read through C=1: #VC 404h: the page is not validated");
    assert_string_equal(told(0x5000, 5), "");
    assert_string_equal(told(0x4000, 0), "");
}

/* A loop over pages is one event; another instruction is another one. */
static void events_are_joined(void **state)
{
    (void)state;
    for (uint64_t page = 0; page < 100; page++)
        assign(page * PAGE, true, false);
    assert_int_equal(rmp_history_count(history), 1);
    cause.rip++;
    for (uint64_t page = 0; page < 50; page++)
        pvalidate(page * PAGE, false, true);
    cause.cpu++;
    pvalidate(50 * PAGE, false, true);
    assert_int_equal(rmp_history_count(history), 3);
    assert_non_null(strstr(told(49 * PAGE, 0), " (with 50 pages from 0 on)"));
    assert_null(strstr(told(50 * PAGE, 0), "with"));
    /* Not the other way round. */
    cause.rip++;
    pvalidate(49 * PAGE, false, false);
    pvalidate(48 * PAGE, false, false);
    assert_int_equal(rmp_history_count(history), 5);
}

static void large_pages(void **state)
{
    (void)state;
    assign(LARGE, true, true);
    pvalidate(LARGE, true, true);
    assert_int_equal(rmp_psmash(rmp, LARGE), RMP_OK);
    assert_int_equal(rmp_history_count(history), 3);
    assert_non_null(strstr(told(LARGE + 7 * PAGE, 2), "guest-invalid, 2 MiB"));
    assert_non_null(strstr(told(LARGE + 7 * PAGE, 1), "(with 512 pages from 0x200000 on)"));
    assert_non_null(strstr(told(LARGE + 7 * PAGE, 0), ": split into 4 KiB (PSMASH): guest-valid"));
}

/* Pages outside of the table, and a table that is cleared: nothing new of the hypervisor's pages. */
static void no_events(void **state)
{
    (void)state;
    rmp_history_changed(history, 2 * LARGE, 3, &cause);
    rmp_clear(rmp);
    assert_int_equal(rmp_history_count(history), 0);
    assign(ROM + PAGE, true, false);
    rmp_clear(rmp);
    assert_int_equal(rmp_history_count(history), 2);
    assert_non_null(strstr(told(ROM + PAGE, 0), ": given to the hypervisor: "));
}

static void old_events_are_dropped(void **state)
{
    (void)state;
    assign(0x5000, true, false);
    for (unsigned i = 0; i < RMP_HISTORY_KEPT; i++) {
        cause.rip = i;
        rmp_history_fault(history, 0x6000, RMP_NOT_ASSIGNED, false, true, &cause);
        rmp_history_fault(history, 0x7000 + i % 2 * PAGE, RMP_WRONG_GPA, false, true, &cause);
    }
    assert_int_equal(rmp_history_count(history), 1 + 2 * RMP_HISTORY_KEPT);
    assert_string_equal(told(0x5000, 0), "");
    assert_string_not_equal(told(0x6000, 0), "");
}

static void entries(void **state)
{
    const struct rmp_entry entry = {.gpa = 0x9000,
                                    .asid = 7,
                                    .assigned = true,
                                    .immutable = true,
                                    .vmsa = true,
                                    .validated = true,
                                    .perms = {RMP_ALL, RMP_READ | RMP_WRITE, RMP_EXEC_SUPER, 0}};
    char text[RMP_EVENT_TEXT];

    (void)state;
    assert_string_equal(rmp_entry_text(rmp, 0x5000, text), "hypervisor");
    assert_non_null(strstr(rmp_entry_text(rmp, 2 * LARGE, text), "not covered"));
    assign(LARGE, true, true);
    assert_string_equal(rmp_entry_text(rmp, LARGE + 3 * PAGE, text),
                        "guest-invalid, ASID 1 at guest address 0x203000, 2 MiB, VMPL 0-3: rwxXs "
                        "----- ----- -----");
    assert_true(rmp_set(rmp, 0x5000, &entry));
    rmp_set_in_use(rmp, 0x5000, true);
    assert_string_equal(
        rmp_entry_text(rmp, 0x5000, text),
        "pre-swap, ASID 7 at guest address 0x9000, 4 KiB, immutable, VMSA (a CPU runs "
        "it), VMPL 0-3: rwxXs rw--- ---X- -----");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* What is seen of a restored table is what the next event begins with. */
static void a_restored_machine(void **state)
{
    uint8_t saved[512];
    size_t len;

    (void)state;
    assign(0x5000, true, false);
    pvalidate(0x5000, false, true);
    len = rmp_save(rmp, saved, sizeof(saved));
    assert_true(len > 0);
    assign(0x5000, false, false);
    rmp_restore(rmp, saved, len);
    rmp_history_restart(history);
    assert_int_equal(rmp_history_count(history), 0);
    assert_string_equal(told(0x5000, 0), "");
    assign(0x5000, false, false);
    assert_non_null(strstr(told(0x5000, 0), "guest-valid to hypervisor"));
}

static void a_page_that_stays_the_hypervisors(void **state)
{
    static const struct rmp_entry fixed = {.immutable = true};
    char text[RMP_EVENT_TEXT];

    (void)state;
    assert_true(rmp_set(rmp, 0x5000, &fixed));
    assert_string_equal(rmp_entry_text(rmp, 0x5000, text), "hypervisor, immutable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_life_of_a_page),
        TEST(events_are_joined),
        TEST(large_pages),
        TEST(no_events),
        TEST(old_events_are_dropped),
        TEST(entries),
        TEST(a_restored_machine),
        TEST(a_page_that_stays_the_hypervisors),
    };

    return cmocka_run_group_tests_name("rmp_history", tests, NULL, NULL);
}
