/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of INIT, SHUTDOWN, PLATFORM_STATUS, DF_FLUSH and of the power cycle.
 */
#include "one_processor.h"

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    cmd_clear(h);
    return 0;
}

static void init_leads_to_init(void **state)
{
    (void)state;
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
    assert_int_equal(platform_state(h), SEV_PLATFORM_INIT);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_INVALID_PLATFORM_STATE);
    assert_int_equal(platform_state(h), SEV_PLATFORM_INIT);
}

static void init_refuses_unknown_flags(void **state)
{
    (void)state;
    for (unsigned bit = 1; bit < 64; bit++) { /* flags, then the reserved word */
        put64(h, CMD_ADDR, (uint64_t)1 << bit);
        assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_INVALID_PARAM);
        assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    }
}

static enum sev_status init_es(uint64_t tmr, uint32_t len)
{
    put32(h, CMD_ADDR + SEV_INIT_FLAGS, SEV_INIT_FLAG_ES);
    put64(h, CMD_ADDR + SEV_INIT_TMR_ADDR, tmr);
    put32(h, CMD_ADDR + SEV_INIT_TMR_LEN, len);
    return exec(h, SEV_CMD_INIT);
}

static void init_checks_the_tmr_for_es_only(void **state)
{
    (void)state;
    assert_int_equal(init_es(0x100000, 0xfffff), SEV_STATUS_INVALID_LEN);
    assert_int_equal(init_es(0x100001, 0), SEV_STATUS_INVALID_LEN);
    assert_int_equal(init_es(0x101000, 0x100000), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(init_es(RAM_SIZE, 0x100000), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(init_es(0xfffffffffff00000u, 0x100000), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(init_es(0xfffffffffff00000u, 0x200000), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    assert_int_equal(init_es(0x100000, 0x100000), SEV_STATUS_SUCCESS);
    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);

    init_es(7, 3); /* refused */
    put32(h, CMD_ADDR + SEV_INIT_FLAGS, 0);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
}

static void status_in_every_state(void **state)
{
    (void)state;
    static const uint8_t uninit[12] = {0, 24, 0, 0, 0, 0, 0, 15, 0, 0, 0, 0};
    static const uint8_t init_es_on[12] = {0, 24, 1, 0, 1, 0, 0, 15, 0, 0, 0, 0};
    static const uint8_t working[12] = {0, 24, 2, 0, 1, 0, 0, 15, 2, 0, 0, 0};

    memset(h->ram + CMD_ADDR, 0xff, 12);
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_SUCCESS);
    assert_memory_equal(h->ram + CMD_ADDR, uninit, 12);
    cmd_clear(h);
    assert_int_equal(init_es(0x200000, 0x100000), SEV_STATUS_SUCCESS);
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_SUCCESS);
    assert_memory_equal(h->ram + CMD_ADDR, init_es_on, 12);
    do_start(h, 0);
    do_start(h, SEV_POLICY_ES);
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_SUCCESS);
    assert_memory_equal(h->ram + CMD_ADDR, working, 12);
}

static void shutdown_deletes_guests(void **state)
{
    (void)state;
    struct psp_guest_info info;

    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_INVALID_PLATFORM_STATE);
    do_init(h);
    do_launch(h, 0, 1);
    do_start(h, 0);
    assert_int_equal(platform_state(h), SEV_PLATFORM_WORKING);
    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    assert_int_equal(platform_state(h), SEV_PLATFORM_UNINIT);
    for (unsigned i = 0; i < psp_guest_slots(); i++)
        assert_false(psp_get_guest(h->psp, i, &info));
    assert_false(h->keys[1].loaded);
}

static void shutdown_does_not_clean_caches(void **state)
{
    (void)state;
    do_init(h);
    do_launch(h, 0, 1);
    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    cmd_clear(h);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_WBINVD_REQUIRED);
    psp_wbinvd(h->psp, 0);
    psp_wbinvd(h->psp, 1);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
}

static void flush_rule(void **state)
{
    (void)state;
    uint32_t handle;

    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_INVALID_PLATFORM_STATE);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
    handle = do_start(h, 0);
    assert_int_equal(exec_activate(h, handle, 1), SEV_STATUS_DFFLUSH_REQUIRED);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
    do_activate(h, handle, 1);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, handle), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_activate(h, handle, 1), SEV_STATUS_DFFLUSH_REQUIRED);

    psp_wbinvd(h->psp, 1);
    psp_wbinvd(h->psp, 2); /* no such CPU */
    psp_wbinvd(h->psp, ~0u);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_WBINVD_REQUIRED);
    assert_int_equal(exec_activate(h, handle, 1), SEV_STATUS_DFFLUSH_REQUIRED);
    do_activate(h, handle, 2); /* another ASID is clean */
    psp_wbinvd(h->psp, 0);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, handle), SEV_STATUS_SUCCESS);
    do_activate(h, handle, 1);
    /* WBINVD before the DEACTIVATE does not count. */
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_WBINVD_REQUIRED);
}

static void power_cycle(void **state)
{
    (void)state;
    struct psp_platform_info info;

    do_init(h);
    do_launch(h, 0, 1);
    psp_reset(h->psp);
    assert_false(h->keys[1].loaded);
    psp_get_platform(h->psp, &info);
    assert_int_equal(info.state, SEV_PLATFORM_UNINIT);
    assert_int_equal(info.guests, 0);
    do_init(h); /* the caches are empty: no WBINVD needed */
}

static void status_write_fails(void **state)
{
    (void)state;
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_HWERROR_PLATFORM);
    assert_int_equal(h->errors_logged, 1);
}

static void bad_configurations(void **state)
{
    (void)state;
    struct psp_config good = h->config, bad;
    struct psp_host host = h->host;

    bad = good;
    bad.asids = 0;
    assert_null(psp_new(&h->host, h, &bad));
    bad.asids = PSP_ASIDS_MAX + 1;
    assert_null(psp_new(&h->host, h, &bad));
    bad = good;
    bad.cpus = 0;
    assert_null(psp_new(&h->host, h, &bad));
    bad.cpus = PSP_CPUS_MAX + 1;
    assert_null(psp_new(&h->host, h, &bad));
    host.random = NULL;
    assert_null(psp_new(&host, h, &good));
    host = h->host;
    host.nv_load = NULL;
    assert_null(psp_new(&host, h, &good));
    psp_free(NULL);
}

static void largest_configuration(void **state)
{
    (void)state;
    h->config.cpus = PSP_CPUS_MAX;
    harness_start(h);
    do_init(h);
    do_launch(h, 0, 1);
    assert_int_equal(exec(h, SEV_CMD_SHUTDOWN), SEV_STATUS_SUCCESS);
    cmd_clear(h);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
    for (unsigned cpu = 0; cpu < PSP_CPUS_MAX - 1; cpu++)
        psp_wbinvd(h->psp, cpu);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_WBINVD_REQUIRED);
    psp_wbinvd(h->psp, PSP_CPUS_MAX - 1);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
}

/* A command of no buffer, in every state of the platform. */
static void assert_everywhere(enum sev_cmd command, enum sev_status want)
{
    struct snapshot before;

    psp_reset(h->psp);
    for (unsigned state = SEV_PLATFORM_UNINIT; state <= SEV_PLATFORM_WORKING; state++) {
        before = snapshot(h);
        assert_int_equal(platform_state(h), state);
        assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, command, 0), want);
        assert_unchanged(h, before);
        if (state == SEV_PLATFORM_UNINIT)
            do_init(h);
        else
            do_start(h, 0);
    }
}

static void commands_that_do_nothing(void **state)
{
    (void)state;
    assert_everywhere(SEV_CMD_NOP, SEV_STATUS_SUCCESS);
    assert_everywhere(SEV_CMD_RING_BUFFER, SEV_STATUS_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(init_leads_to_init),
        T(init_refuses_unknown_flags),
        T(init_checks_the_tmr_for_es_only),
        T(status_in_every_state),
        T(shutdown_deletes_guests),
        T(shutdown_does_not_clean_caches),
        T(flush_rule),
        T(power_cycle),
        T(status_write_fails),
        T(commands_that_do_nothing),
        T(bad_configurations),
        T(largest_configuration),
    };

    return cmocka_run_group_tests_name("platform", tests, NULL, NULL);
}
