/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of ACTIVATE, DEACTIVATE, DECOMMISSION, GUEST_STATUS and of the table of contexts.
 */
#include "one_processor.h"

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    do_init(h);
    return 0;
}

static void activate_loads_a_key(void **state)
{
    (void)state;
    static const uint8_t zero[16];
    uint32_t a = do_start(h, 0), b = do_start(h, 0);

    do_activate(h, a, 1);
    do_activate(h, b, ASIDS);
    assert_true(h->keys[1].loaded && h->keys[ASIDS].loaded);
    assert_memory_not_equal(h->keys[1].vek, h->keys[ASIDS].vek, 16);
    assert_memory_not_equal(h->keys[1].vek, zero, 16);
}

static void activate_in_order_of_checks(void **state)
{
    (void)state;
    uint32_t a = do_start(h, 0), b = do_start(h, 0);
    struct snapshot before;

    do_activate(h, a, 1);
    before = snapshot(h);
    assert_int_equal(exec_activate(h, a, 0), SEV_STATUS_ACTIVE);
    assert_int_equal(exec_activate(h, b, 0), SEV_STATUS_INVALID_ASID);
    assert_int_equal(exec_activate(h, b, ASIDS + 1), SEV_STATUS_INVALID_ASID);
    assert_int_equal(exec_activate(h, b, ~0u), SEV_STATUS_INVALID_ASID);
    assert_int_equal(exec_activate(h, b, 1), SEV_STATUS_ASID_OWNED);
    assert_unchanged(h, before);
}

static void activate_survives_a_host_that_fails(void **state)
{
    (void)state;
    uint32_t a = do_start(h, 0);
    struct snapshot before = snapshot(h);

    harness_fail(h, FAULT_KEY_INSTALL, 0);
    assert_int_equal(exec_activate(h, a, 1), SEV_STATUS_HWERROR_PLATFORM);
    assert_int_equal(h->errors_logged, 1);
    assert_unchanged(h, before);
    do_activate(h, a, 1);
}

static void deactivate_forgets_the_key(void **state)
{
    (void)state;
    uint32_t a = do_start(h, 0);

    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, a), SEV_STATUS_INACTIVE);
    do_activate(h, a, 1);
    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, a), SEV_STATUS_SUCCESS);
    assert_false(h->keys[1].loaded);
    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, a), SEV_STATUS_INACTIVE);
}

static void decommission(void **state)
{
    (void)state;
    uint32_t a = do_start(h, 0), b = do_start(h, 0);

    do_activate(h, a, 1);
    assert_int_equal(exec_handle(h, SEV_CMD_DECOMMISSION, a), SEV_STATUS_ACTIVE);
    assert_int_equal(guest_state(h, a), SEV_GUEST_LUPDATE);
    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, a), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(h, SEV_CMD_DECOMMISSION, a), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(h, SEV_CMD_DECOMMISSION, a), SEV_STATUS_INVALID_GUEST);
    assert_int_equal(platform_state(h), SEV_PLATFORM_WORKING);
    assert_int_equal(exec_handle(h, SEV_CMD_DECOMMISSION, b), SEV_STATUS_SUCCESS);
    assert_int_equal(platform_state(h), SEV_PLATFORM_INIT);
    assert_int_equal(exec_handle(h, SEV_CMD_DECOMMISSION, b), SEV_STATUS_INVALID_PLATFORM_STATE);
}

static void status_of_a_guest(void **state)
{
    (void)state;
    uint32_t a = do_start(h, 0x18000001); /* API 0.24 at least */

    do_activate(h, a, 3);
    memset(h->ram + CMD_ADDR + 4, 0xff, 16);
    put32(h, CMD_ADDR, a);
    assert_int_equal(exec(h, SEV_CMD_GUEST_STATUS), SEV_STATUS_SUCCESS);
    assert_int_equal(get32(h, CMD_ADDR), a);
    assert_int_equal(get32(h, CMD_ADDR + SEV_GUEST_STATUS_POLICY), 0x18000001);
    assert_int_equal(get32(h, CMD_ADDR + SEV_GUEST_STATUS_ASID), 3);
    assert_int_equal(h->ram[CMD_ADDR + SEV_GUEST_STATUS_STATE], SEV_GUEST_LUPDATE);
    assert_int_equal(h->ram[CMD_ADDR + SEV_GUEST_STATUS_SIZE], 0xff); /* not one byte more */

    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec(h, SEV_CMD_GUEST_STATUS), SEV_STATUS_HWERROR_PLATFORM);
}

static void handles_are_not_reused_soon(void **state)
{
    (void)state;
    uint32_t first = do_start(h, 0), last = first;

    for (unsigned i = 0; i < 1000; i++) {
        uint32_t handle;

        assert_int_equal(exec_handle(h, SEV_CMD_DECOMMISSION, last), SEV_STATUS_SUCCESS);
        handle = do_start(h, 0);
        assert_true(handle > last);
        last = handle;
    }
    assert_int_equal(exec_handle(h, SEV_CMD_DECOMMISSION, first), SEV_STATUS_INVALID_GUEST);
}

static void the_table_has_an_end(void **state)
{
    (void)state;
    uint32_t last = 0;
    struct snapshot before;

    for (unsigned i = 0; i < psp_guest_slots(); i++)
        last = do_start(h, 0);
    before = snapshot(h);
    assert_int_equal(exec_start(h, 0, 0), SEV_STATUS_RESOURCE_LIMIT);
    assert_unchanged(h, before);
    assert_int_equal(exec_handle(h, SEV_CMD_DECOMMISSION, last), SEV_STATUS_SUCCESS);
    do_start(h, 0);
}

static enum sev_status swap(enum sev_cmd command, uint32_t handle, uint32_t flags)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SEV_GUEST_HANDLE, handle);
    put32(h, CMD_ADDR + SEV_SWAP_FLAGS, flags);
    return exec(h, command);
}

static void swap_is_unsupported(void **state)
{
    (void)state;
    uint32_t guest;

    assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, SEV_CMD_SWAP_OUT, 0),
                     SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(swap(SEV_CMD_SWAP_OUT, 1, 0), SEV_STATUS_INVALID_PLATFORM_STATE);
    guest = do_launch(h, 0, 1);
    assert_int_equal(swap(SEV_CMD_SWAP_OUT, guest + 1, 0), SEV_STATUS_INVALID_GUEST);
    assert_int_equal(swap(SEV_CMD_SWAP_OUT, guest, 0x7), SEV_STATUS_UNSUPPORTED);
    assert_int_equal(swap(SEV_CMD_SWAP_OUT, guest, 0x8), SEV_STATUS_INVALID_PARAM);
    assert_int_equal(swap(SEV_CMD_SWAP_IN, guest, 0xf), SEV_STATUS_UNSUPPORTED);
    assert_int_equal(swap(SEV_CMD_SWAP_IN, guest, 0x10), SEV_STATUS_INVALID_PARAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(activate_loads_a_key),
        T(activate_in_order_of_checks),
        T(activate_survives_a_host_that_fails),
        T(deactivate_forgets_the_key),
        T(decommission),
        T(status_of_a_guest),
        T(handles_are_not_reused_soon),
        T(the_table_has_an_end),
        T(swap_is_unsupported),
    };

    return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
