/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the GHCB MSR protocol, and of CPUs that start, stop and hold.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "es_machine.h"
#include "protocol/exit_code.h"

#define GHCB_AT UINT64_C(0x5000)

static struct es_machine m;
static struct hv *hv;
static struct hv_guest *guest;

static int setup(void **state)
{
    (void)state;
    hv = hv_new(es_ops(), &m);
    guest = hv_guest(hv, 0);
    es_power_on(&m, guest, 2);
    return !hv;
}

static int teardown(void **state)
{
    (void)state;
    hv_free(hv);
    return 0;
}

/* --- the MSR --- */

static uint64_t msr_request(unsigned cpu, uint64_t value)
{
    hv_es_set_ghcb_msr(guest, cpu, value);
    hv_es_vmgexit(guest, cpu);
    assert_int_equal(m.record.code, value);
    assert_true(m.record.msr_protocol);
    return hv_es_ghcb_msr(guest, cpu);
}

static void sev_info(void **state)
{
    (void)state;
    for (unsigned cpu = 0; cpu < ES_CPUS; cpu++)
        assert_int_equal(hv_es_ghcb_msr(guest, cpu), UINT64_C(0x000200012f000001)); /* reset */
    assert_int_equal(msr_request(0, 2), UINT64_C(0x000200012f000001));
    assert_int_equal(m.record.result1, UINT64_C(0x000200012f000001));
    es_power_on(&m, guest, 1);
    assert_int_equal(msr_request(0, 0xfff002), UINT64_C(0x000100012f000001));
}

static void cpuid(void **state)
{
    const uint64_t function = UINT64_C(0x8000001f) << 32;

    (void)state;
    assert_int_equal(msr_request(0, function | 4), UINT64_C(0x8000011f00000005));
    assert_int_equal(msr_request(0, function | 1u << 30 | 4), UINT64_C(0x0000020040000005));
    assert_int_equal(msr_request(0, function | 2u << 30 | 4), UINT64_C(0x0000030180000005));
    assert_int_equal(msr_request(0, function | 3u << 30 | 4), UINT64_C(0xffffffffc0000005));
}

static void other_requests(void **state)
{
    static const uint64_t unknown[] = {
        0x003, 0x005, 0x008, 0x013, 0x016, 0x081, 0x101, 0xf00, UINT64_C(0xfffffffffffffeff)};

    (void)state;
    assert_int_equal(msr_request(0, 0x80), 0x3081);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        assert_int_equal(msr_request(0, unknown[i]), unknown[i]);
    assert_string_equal(m.stopped, "");
}

static void ends(uint64_t value, const char *words)
{
    es_power_on(&m, guest, 2);
    hv_free(hv);
    hv = hv_new(es_ops(), &m);
    guest = hv_guest(hv, 0);
    hv_es_start(guest, ES_CPUS);
    hv_es_set_ghcb_msr(guest, 0, value);
    hv_es_vmgexit(guest, 0);
    assert_non_null(strstr(m.stopped, words));
    assert_int_equal(hv_guest_stop_reason(guest), HV_STOP_ENDED);
}

static void terminations(void **state)
{
    (void)state;
    ends(0x100, "reason 0:0: general termination request");
    ends(0x11100, "reason 1:1: page state change failed; OVMF: a #VC");
    ends(0x10100, "reason 0:1: the guest does not support the GHCB protocol versions");
    ends(0xff5100, "reason 5:255: unknown reason");
    ends(0x010, "preferred GHCB address request by the GHCB MSR (0x10), which needs SEV-SNP");
    ends(0x5012, "GHCB address registration");
    ends(UINT64_C(0x10000000001014), "page state change request");
}

/* --- start, stop, hold --- */

static void first_start(void **state)
{
    (void)state;
    assert_true(hv_es_vcpu_runs(guest, 0));
    assert_false(hv_es_vcpu_runs(guest, 1));
    hv_es_sipi(guest, 1, 0x9f); /* without INIT it is dropped */
    assert_false(hv_es_vcpu_runs(guest, 1));
    hv_es_init(guest, 1);
    assert_false(hv_es_vcpu_runs(guest, 1));
    assert_int_equal(m.runs, -1);
    hv_es_sipi(guest, 1, 0x9f);
    assert_true(hv_es_vcpu_runs(guest, 1));
    assert_int_equal(m.runs, 1);
    assert_true(m.first);
    m.runs = -1;
    hv_es_sipi(guest, 1, 0x9f); /* the second of INIT-SIPI-SIPI */
    assert_int_equal(m.runs, -1);
}

static void start(unsigned cpu)
{
    hv_es_init(guest, cpu);
    hv_es_sipi(guest, cpu, 0);
    assert_true(hv_es_vcpu_runs(guest, cpu));
}

/* INIT stops an AP where it is, and SIPI lets it go on there. */
static void init_of_a_running_cpu(void **state)
{
    (void)state;
    start(1);
    hv_es_set_ghcb_msr(guest, 1, GHCB_AT);
    hv_es_init(guest, 1);
    assert_true(m.waits[1]);
    hv_es_init(guest, 1);
    hv_es_sipi(guest, 1, 0x10);
    assert_false(m.waits[1]);
    assert_false(m.first);
    assert_int_equal(hv_es_ghcb_msr(guest, 1), GHCB_AT);
    hv_es_init(guest, 0); /* the bootstrap processor goes on */
    assert_true(hv_es_vcpu_runs(guest, 0));
    hv_es_sipi(guest, 0, 0x10);
    assert_false(m.waits[0]);
}

static void hold_by_page(unsigned cpu)
{
    uint8_t *page = m.ram + GHCB_AT;

    memset(page, 0, GHCB_SIZE);
    ghcb_set(page, GHCB_SW_EXITCODE, EXIT_AP_RESET_HOLD);
    ghcb_set(page, GHCB_SW_EXITINFO1, 0);
    ghcb_set(page, GHCB_SW_EXITINFO2, 0);
    hv_es_set_ghcb_msr(guest, cpu, GHCB_AT);
    hv_es_vmgexit(guest, cpu);
    assert_true(m.waits[cpu]);
    assert_false(hv_es_vcpu_runs(guest, cpu));
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO2), 0);
}

static void page_hold(void **state)
{
    const uint8_t *page = m.ram + GHCB_AT;

    (void)state;
    start(2);
    hold_by_page(2);
    hv_es_sipi(guest, 2, 0); /* without INIT it is dropped */
    assert_true(m.waits[2]);
    hv_es_init(guest, 2);
    assert_true(m.waits[2]);
    hv_es_sipi(guest, 2, 0);
    assert_false(m.waits[2]);
    assert_false(m.first);
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO1), 0);
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO2), 1);
    assert_true(ghcb_valid(page, GHCB_SW_EXITINFO2) && ghcb_valid(page, GHCB_SW_EXITINFO1));
    /* a later INIT and SIPI end no hold */
    memset(m.ram + GHCB_AT, 0, GHCB_SIZE);
    hv_es_init(guest, 2);
    hv_es_sipi(guest, 2, 0);
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO2), 0);
}

static void msr_hold(void **state)
{
    (void)state;
    start(1);
    assert_int_equal(msr_request(1, 6), 7);
    assert_true(m.waits[1]);
    hv_es_init(guest, 1);
    hv_es_sipi(guest, 1, 0);
    assert_int_equal(hv_es_ghcb_msr(guest, 1), 0x1007);
    assert_int_equal(msr_request(1, 0xabc006), 7);
    hv_es_interrupt(guest, 1); /* no SIPI */
    assert_false(m.waits[1]);
    assert_int_equal(hv_es_ghcb_msr(guest, 1), 7);
    hv_es_interrupt(guest, 1);
    hv_es_interrupt(guest, 2); /* waits for INIT, not in a hold */
    assert_true(m.waits[2]);
}

static void hold_of_the_bootstrap_processor(void **state)
{
    (void)state;
    assert_int_equal(msr_request(0, 6), 7);
    assert_true(m.waits[0]);
    hv_es_init(guest, 0);
    assert_false(m.waits[0]);
    assert_false(m.first);
    assert_int_equal(hv_es_ghcb_msr(guest, 0), 7);
}

/* The page of a hold is no memory when it ends: a line in the log, and the CPU goes on. */
static void hold_without_a_page(void **state)
{
    (void)state;
    start(1);
    hold_by_page(1);
    hv_es_set_ghcb_msr(guest, 1, ES_DEVICE);
    hv_es_init(guest, 1);
    hv_es_sipi(guest, 1, 0);
    assert_false(m.waits[1]);
    assert_non_null(strstr(m.line, "is no memory any more"));
}

/* --- NMI --- */

static void nmi_complete(unsigned cpu)
{
    uint8_t *page = m.ram + GHCB_AT;

    memset(page, 0, GHCB_SIZE);
    ghcb_set(page, GHCB_SW_EXITCODE, EXIT_NMI_COMPLETE);
    ghcb_set(page, GHCB_SW_EXITINFO1, 0);
    ghcb_set(page, GHCB_SW_EXITINFO2, 0);
    hv_es_set_ghcb_msr(guest, cpu, GHCB_AT);
    hv_es_vmgexit(guest, cpu);
}

static void nmi_masked(void **state)
{
    (void)state;
    assert_true(hv_es_nmi(guest, 0));
    assert_false(hv_es_nmi(guest, 0)); /* masked: kept */
    assert_false(hv_es_nmi(guest, 0)); /* one is kept */
    nmi_complete(0);
    assert_int_equal(m.n_nmi_complete, 1);
    assert_int_equal(m.n_nmi_deliver, 1);
    assert_false(hv_es_nmi(guest, 0)); /* that one masks again */
    hv_es_init(guest, 0);              /* drops it, and unmasks nothing */
    nmi_complete(0);
    assert_int_equal(m.n_nmi_deliver, 1);
    nmi_complete(0); /* without an NMI */
    assert_true(hv_es_nmi(guest, 0));
}

static void nmi_of_a_waiting_cpu(void **state)
{
    (void)state;
    assert_false(hv_es_nmi(guest, 1)); /* waits for INIT, which drops it */
    start(1);
    assert_int_equal(m.n_nmi_deliver, 0);
    hv_es_init(guest, 1);
    assert_false(hv_es_nmi(guest, 1)); /* waits for SIPI */
    hv_es_sipi(guest, 1, 0);
    assert_int_equal(m.n_nmi_deliver, 1);
    assert_false(hv_es_nmi(guest, 1));
    hv_es_init(guest, 1);
    hv_es_sipi(guest, 1, 0);
    nmi_complete(1);
    /* an NMI ends a hold, which a SIPI has not ended */
    assert_int_equal(msr_request(1, 6), 7);
    assert_true(hv_es_nmi(guest, 1));
    assert_false(m.waits[1]);
    assert_int_equal(hv_es_ghcb_msr(guest, 1), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sev_info, setup, teardown),
        cmocka_unit_test_setup_teardown(cpuid, setup, teardown),
        cmocka_unit_test_setup_teardown(other_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(terminations, setup, teardown),
        cmocka_unit_test_setup_teardown(first_start, setup, teardown),
        cmocka_unit_test_setup_teardown(init_of_a_running_cpu, setup, teardown),
        cmocka_unit_test_setup_teardown(page_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(msr_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(hold_of_the_bootstrap_processor, setup, teardown),
        cmocka_unit_test_setup_teardown(hold_without_a_page, setup, teardown),
        cmocka_unit_test_setup_teardown(nmi_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(nmi_of_a_waiting_cpu, setup, teardown),
    };
    return cmocka_run_group_tests_name("es_vcpu", tests, NULL, NULL);
}
