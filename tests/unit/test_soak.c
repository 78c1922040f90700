/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * 10,000 launches in one process: none fails, no memory leaks. With AddressSanitizer its
 * leak check judges at exit; without it the allocator's own count must not grow.
 */
#include "fixture.h"

#include <malloc.h>

#include "protocol/session.h"
#include "vectors.h"

#define LAUNCHES 10000u
/* After WARM_UP launches nothing new is allocated for good, except what the allocator itself keeps:
 * less than 2 bytes a launch. */
#define WARM_UP 100u
#define CACHES  0x4000u

static size_t in_use(void)
{
#ifdef __SANITIZE_ADDRESS__
    return 0;
#else
    return mallinfo2().uordblks;
#endif
}

/* LAUNCH_START with the owner's session of start.txt. */
static uint32_t start_with_session(struct harness *h)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SEV_START_POLICY, 1);
    put64(h, CMD_ADDR + SEV_START_CERT_ADDR, 0x10000);
    put32(h, CMD_ADDR + SEV_START_CERT_LEN, CERT_SIZE);
    put64(h, CMD_ADDR + SEV_START_SESSION_ADDR, 0x14000);
    put32(h, CMD_ADDR + SEV_START_SESSION_LEN, SESSION_SIZE);
    assert_int_equal(exec(h, SEV_CMD_LAUNCH_START), SEV_STATUS_SUCCESS);
    return get32(h, CMD_ADDR);
}

static void launch_and_delete(struct harness *h, unsigned i)
{
    uint32_t handle = i % 100 == 0 ? start_with_session(h) : do_start(h, 0);
    uint32_t asid = i % ASIDS + 1;
    uint8_t blob[48];

    do_activate(h, handle, asid);
    do_update(h, handle, DATA_ADDR, 0x400);
    do_update(h, handle, DATA_ADDR + 0x400, 0x10);
    do_measure(h, handle, blob);
    /* A command that is refused must not leak either. */
    assert_int_equal(exec_handle(h, SEV_CMD_LAUNCH_SECRET, handle), SEV_STATUS_INVALID_LEN);
    do_finish(h, handle);
    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, handle), SEV_STATUS_SUCCESS);
    assert_int_equal(exec_handle(h, SEV_CMD_DECOMMISSION, handle), SEV_STATUS_SUCCESS);
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        psp_wbinvd(h->psp, cpu);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
}

static void ten_thousand_launches(void **state)
{
    struct harness *h = harness_new();
    uint8_t cert[CERT_SIZE], session[SESSION_SIZE];
    size_t after_warm_up = 0;

    (void)state;
    fixture_chip(h);
    do_init(h);
    vector_exact("pki.txt", "cert_godh_plain", cert, sizeof(cert));
    vector_exact("start.txt", "session", session, sizeof(session));
    put(h, 0x10000, cert, sizeof(cert));
    put(h, 0x14000, session, sizeof(session));
    for (unsigned i = 0; i < LAUNCHES; i++) {
        if (i == WARM_UP)
            after_warm_up = in_use();
        launch_and_delete(h, i);
    }
    assert_true(in_use() < after_warm_up + CACHES);
    assert_int_equal(platform_state(h), SEV_PLATFORM_INIT);
    harness_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_thousand_launches)};

    return cmocka_run_group_tests_name("soak", tests, NULL, NULL);
}
