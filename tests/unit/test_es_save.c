/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of a guest with SEV-ES that is saved in the middle of everything and goes on elsewhere.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "es_machine.h"
#include "protocol/exit_code.h"

#define GHCB_AT UINT64_C(0x3000)

static struct es_machine m;
static struct hv *hv;
static struct hv_guest *guest;
static uint8_t *saved;
static size_t saved_len;

/* A hypervisor that is configured and has not started anything. */
static void new_hv(const char *lies, unsigned version)
{
    struct hv_es_config config = {.max_version = version, .cbit_pos = 47, .seed = 1};

    assert_true(hv_lies_parse(lies, &config.lies));
    hv_free(hv);
    hv = hv_new(es_ops(), &m);
    assert_non_null(hv);
    guest = hv_guest(hv, 0);
    hv_es_configure(guest, &config);
}

static int setup(void **state)
{
    (void)state;
    new_hv("refuse@3", 2);
    es_power_on(&m, guest, 2);
    new_hv("refuse@3", 2);
    hv_es_start(guest, ES_CPUS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(saved);
    saved = NULL;
    hv_free(hv);
    hv = NULL;
    return 0;
}

static void request(unsigned cpu, uint64_t code, uint64_t info1, uint64_t info2)
{
    uint8_t *page = m.ram + GHCB_AT + cpu * GHCB_SIZE;

    memset(page, 0, GHCB_SIZE);
    ghcb_set(page, GHCB_SW_EXITCODE, code);
    ghcb_set(page, GHCB_SW_EXITINFO1, info1);
    ghcb_set(page, GHCB_SW_EXITINFO2, info2);
    hv_es_set_ghcb_msr(guest, cpu, GHCB_AT + cpu * GHCB_SIZE);
    hv_es_vmgexit(guest, cpu);
}

static uint64_t answer(unsigned cpu, enum ghcb_offset field)
{
    return ghcb_get(m.ram + GHCB_AT + cpu * GHCB_SIZE, field);
}

static void save(void)
{
    free(saved);
    saved_len = hv_es_save_size(hv);
    saved = malloc(saved_len + 1);
    assert_non_null(saved);
    saved[saved_len] = 0x5a;
    assert_int_equal(hv_es_save(hv, saved), saved_len);
    assert_int_equal(saved[saved_len], 0x5a);
}

/* CPU 0 handles an NMI and another came; 1 holds by the page, 2 by the MSR; 3 waits for SIPI. */
static void busy(void)
{
    for (unsigned cpu = 1; cpu < ES_CPUS; cpu++) {
        hv_es_init(guest, cpu);
        if (cpu < 3)
            hv_es_sipi(guest, cpu, 0);
    }
    request(0, EXIT_AP_JUMP_TABLE, 0, 0x9000);
    assert_true(hv_es_nmi(guest, 0));
    assert_false(hv_es_nmi(guest, 0));
    request(1, EXIT_AP_RESET_HOLD, 0, 0);
    hv_es_set_ghcb_msr(guest, 2, GHCB_MSR_AP_RESET_HOLD_REQ);
    hv_es_vmgexit(guest, 2);
    save();
}

static void restore(const char *lies)
{
    new_hv(lies, 2);
    assert_null(hv_es_check_saved(hv, saved, saved_len, ES_CPUS));
    assert_int_equal(hv_es_save_size(hv), 0); /* a check takes nothing over */
    hv_es_restore(hv, saved, saved_len, ES_CPUS);
}

static void goes_on(void **state)
{
    uint8_t *first;
    size_t first_len;

    (void)state;
    busy();
    first = saved;
    first_len = saved_len;
    restore("refuse@3");
    saved = NULL;
    save();
    assert_int_equal(saved_len, first_len);
    assert_memory_equal(saved, first, first_len);
    free(first);
    assert_true(hv_es_vcpu_runs(guest, 0));
    for (unsigned cpu = 1; cpu < ES_CPUS; cpu++)
        assert_false(hv_es_vcpu_runs(guest, cpu));
    for (unsigned cpu = 1; cpu < ES_CPUS - 1; cpu++) {
        hv_es_init(guest, cpu);
        hv_es_sipi(guest, cpu, 0);
        assert_false(m.waits[cpu]);
        assert_false(m.first);
    }
    assert_int_equal(answer(1, GHCB_SW_EXITINFO2), 1);
    assert_int_equal(hv_es_ghcb_msr(guest, 2), 0x1007);
    hv_es_sipi(guest, 3, 0);
    assert_true(m.first);
    request(0, EXIT_NMI_COMPLETE, 0, 0); /* the third opportunity: refused */
    assert_int_equal(answer(0, GHCB_SW_EXITINFO1), 2);
    assert_int_equal(m.n_nmi_deliver, 1); /* the one that was kept */
    assert_int_equal(hv_es_lies(guest, HV_LIE_REFUSE), 1);
    request(0, EXIT_AP_JUMP_TABLE, 1, 0);
    assert_int_equal(answer(0, GHCB_SW_EXITINFO2), 0x9000);
}

/* The lies are those of the machine that goes on. */
static void other_lies(void **state)
{
    (void)state;
    busy();
    restore("");
    request(0, EXIT_INVD, 0, 0);
    assert_int_equal(answer(0, GHCB_SW_EXITINFO1), 0);
    restore("refuse");
    request(0, EXIT_INVD, 0, 0);
    assert_int_equal(answer(0, GHCB_SW_EXITINFO1), 2);
}

static void none(void **state)
{
    (void)state;
    busy();
    hv_es_restore(hv, NULL, 0, ES_CPUS);
    assert_int_equal(hv_es_save_size(hv), 0);
}

static void another_machine(void **state)
{
    struct hv_es_config config = {.max_version = 1, .cbit_pos = 47};

    (void)state;
    busy();
    assert_string_equal(hv_es_check_saved(hv, saved, saved_len, 3), "the number of CPUs differs");
    assert_non_null(hv_es_check_saved(hv, saved, saved_len, 0));
    assert_non_null(hv_es_check_saved(hv, saved, saved_len, HV_VCPUS_MAX + 1));
    hv_es_configure(guest, &config);
    assert_non_null(strstr(hv_es_check_saved(hv, saved, saved_len, ES_CPUS), "ghcb_max"));
    config = (struct hv_es_config){.max_version = 2, .cbit_pos = 51};
    hv_es_configure(guest, &config);
    assert_string_equal(hv_es_check_saved(hv, saved, saved_len, ES_CPUS),
                        "the position of the C-bit differs");
}

static void damaged(void **state)
{
    uint8_t *bytes;

    (void)state;
    busy();
    bytes = malloc(saved_len + 1);
    for (size_t n = 0; n < saved_len; n++) {
        memcpy(bytes, saved, n);
        assert_non_null(hv_es_check_saved(hv, bytes, n, ES_CPUS));
    }
    memcpy(bytes, saved, saved_len);
    bytes[saved_len] = 0;
    assert_string_equal(hv_es_check_saved(hv, bytes, saved_len + 1, ES_CPUS),
                        "the length is wrong");
    /* whatever a byte says, it is refused, or taken over and saved again */
    for (size_t n = 0; n < saved_len; n++)
        for (unsigned value = 0; value < 256; value += 5) {
            memcpy(bytes, saved, saved_len);
            bytes[n] = (uint8_t)value;
            if (!hv_es_check_saved(hv, bytes, saved_len, ES_CPUS)) {
                hv_es_restore(hv, bytes, saved_len, ES_CPUS);
                assert_int_equal(hv_es_save_size(hv), saved_len);
            }
        }
    free(bytes);
}

/* A file of a program with other requests: what this one does not have counts as others. */
static void other_requests(void **state)
{
    unsigned cpuid = 0, other = 0;

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        request(0, EXIT_CPUID, 0, 0);
    request(0, 0x1234, 0, 0);
    save();
    while (hv_es_request(cpuid).code != EXIT_CPUID)
        cpuid++;
    while (!hv_es_request(other).other)
        other++;
    saved[20 + 9 * cpuid + 1] = 0x71; /* its code */
    restore("");
    assert_int_equal(hv_es_count(guest, 0, cpuid), 0);
    assert_int_equal(hv_es_count(guest, 0, other), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(other_lies, setup, teardown),
        cmocka_unit_test_setup_teardown(none, setup, teardown),
        cmocka_unit_test_setup_teardown(another_machine, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(other_requests, setup, teardown),
    };
    return cmocka_run_group_tests_name("es_save", tests, NULL, NULL);
}
