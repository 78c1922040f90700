/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of how the hypervisor reads and writes a GHCB page, which other CPUs of the guest may change
 * at any time.
 */
#include "es_request.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/exit_code.h"

static uint64_t get(enum ghcb_offset field)
{
    return ghcb_get(page, field);
}

/* Ask for string I/O of `count` elements of 2 bytes. */
static void string(bool in, uint64_t count, uint64_t scratch)
{
    request(0x7b, UINT64_C(0x1f00024) | in, count);
    ghcb_set(page, GHCB_SW_SCRATCH, scratch);
}

/* --- the page --- */

/* Only the fields of the answer change, whatever the guest left in the others. */
static void other_fields(void **state)
{
    uint8_t before[GHCB_SIZE];

    (void)state;
    power_on(2);
    for (unsigned i = 0; i < GHCB_SIZE; i++)
        page[i] = (uint8_t)(i * 7 + 1);
    ghcb_put(page, GHCB_USAGE, 0);
    ghcb_set(page, GHCB_SW_EXITCODE, 0x76);
    ghcb_set(page, GHCB_SW_EXITINFO1, 0);
    ghcb_set(page, GHCB_SW_EXITINFO2, 0);
    memcpy(before, page, GHCB_SIZE);
    answer(OK);
    for (size_t i = 0; i < sizeof(answered) / sizeof(answered[0]); i++)
        memcpy(before + answered[i], page + answered[i], 8);
    memcpy(before + GHCB_VALID_BITMAP, page + GHCB_VALID_BITMAP, GHCB_BITMAP_SIZE);
    assert_memory_equal(page, before, GHCB_SIZE);
}

/* Another CPU of the guest changes the page after it was read. */
static void change(struct es_machine *machine)
{
    ghcb_set(machine->ram + GHCB_AT, GHCB_RAX, 0x999);
    ghcb_set(machine->ram + GHCB_AT, GHCB_SW_EXITINFO1, 0x80000011);
    memset(machine->ram + GHCB_AT + GHCB_SHARED_BUFFER, 0xee, 16);
}

static void page_is_read_once(void **state)
{
    (void)state;
    power_on(2);
    m.race = change;
    m.race_gpa = GHCB_AT;
    request(0x7b, 0x800010, 0);
    ghcb_set(page, GHCB_RAX, 0x42);
    answer(OK);
    assert_int_equal(m.port, 0x80);
    assert_int_equal(m.port_value, 0x42);
    assert_int_equal(get(GHCB_RAX), 0x42);
    string(false, 2, GHCB_AT + GHCB_SHARED_BUFFER);
    answer(OK);
    assert_int_equal(m.outs[2], 0);
}

static void no_page(uint64_t msr, unsigned logged)
{
    uint8_t before[ES_RAM_SIZE];

    memcpy(before, m.ram, sizeof(before));
    hv_es_set_ghcb_msr(guest, 0, msr);
    hv_es_vmgexit(guest, 0);
    assert_memory_equal(m.ram, before, sizeof(before));
    assert_int_equal(hv_es_ghcb_msr(guest, 0), msr);
    assert_string_equal(m.record.words, "no GHCB");
    assert_int_equal(m.n_log, logged);
}

static void pages_that_are_none(void **state)
{
    (void)state;
    power_on(2);
    request(0x76, 0, 0);
    no_page(0, 1);
    no_page(ES_RAM_SIZE, 1); /* a CPU reports it once */
    no_page(UINT64_C(1) << 47 | GHCB_AT, 1);
    no_page(ES_DEVICE, 1);
    no_page(UINT64_MAX << 12, 1);
    assert_non_null(strstr(m.line, "the GHCB MSR is 0"));
    no_page(ES_ROM_PAGE * 4096u, 1); /* can be read, and the answer cannot be written */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(other_fields, teardown),
        cmocka_unit_test_teardown(page_is_read_once, teardown),
        cmocka_unit_test_teardown(pages_that_are_none, teardown),
    };
    return cmocka_run_group_tests_name("es_page", tests, NULL, NULL);
}
