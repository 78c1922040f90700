/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the lying hypervisor: the list, when a lie strikes, and what the guest then finds.
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
static uint8_t *page;

static int teardown(void **state)
{
    (void)state;
    hv_free(hv);
    hv = NULL;
    return 0;
}

/* Power-on with a list of lies. */
static void power_on(const char *list, uint64_t seed)
{
    struct hv_es_config config = {.max_version = 2, .cbit_pos = 47, .seed = seed};

    assert_true(hv_lies_parse(list, &config.lies));
    hv_free(hv);
    hv = hv_new(es_ops(), &m);
    guest = hv_guest(hv, 0);
    es_power_on(&m, guest, 2);
    hv_es_configure(guest, &config);
    hv_es_start(guest, ES_CPUS);
    page = m.ram + GHCB_AT;
}

static void request(uint64_t code, uint64_t info1, uint64_t info2)
{
    memset(page, 0, GHCB_SIZE);
    ghcb_set(page, GHCB_SW_EXITCODE, code);
    ghcb_set(page, GHCB_SW_EXITINFO1, info1);
    ghcb_set(page, GHCB_SW_EXITINFO2, info2);
    ghcb_set(page, GHCB_SW_SCRATCH, GHCB_AT + GHCB_SHARED_BUFFER);
    ghcb_set(page, GHCB_RAX, 0x42);
    ghcb_set(page, GHCB_RCX, 1);
    hv_es_set_ghcb_msr(guest, 0, GHCB_AT);
}

static uint64_t get(enum ghcb_offset field)
{
    return ghcb_get(page, field);
}

/* --- the list --- */

static void lists(void **state)
{
    static const char *const wrong[] = {"wrong",
                                        "wrong-cpuid@",
                                        "wrong-cpuid@0",
                                        "wrong-cpuid@x",
                                        "drop-exit@-1",
                                        "drop-exit@~",
                                        "drop-exit@~0",
                                        "drop-exit@1x",
                                        "@1",
                                        "drop-exit @1",
                                        "refuse,refuse",
                                        "drop-exit@4294967296",
                                        "drop-exit@1@2",
                                        "drop-exit+refuse",
                                        "drop-exit@ 1",
                                        "drop-exit@18446744073709551617",
                                        "drop-exi"};
    struct hv_lies lies, before;

    (void)state;
    assert_true(hv_lies_parse("", &lies));
    for (unsigned kind = 0; kind < HV_LIES; kind++)
        assert_int_equal(lies.kinds[kind].when, HV_LIE_NEVER);
    assert_true(
        hv_lies_parse(" wrong-cpuid, drop-exit@7 inject-vc@~1000,refuse@4294967295 ", &lies));
    assert_int_equal(lies.kinds[HV_LIE_WRONG_CPUID].when, HV_LIE_ALWAYS);
    assert_int_equal(lies.kinds[HV_LIE_DROP_EXIT].when, HV_LIE_AT);
    assert_int_equal(lies.kinds[HV_LIE_DROP_EXIT].n, 7);
    assert_int_equal(lies.kinds[HV_LIE_INJECT_VC].when, HV_LIE_WITHIN);
    assert_int_equal(lies.kinds[HV_LIE_INJECT_VC].n, 1000);
    assert_int_equal(lies.kinds[HV_LIE_REFUSE].n, 4294967295);
    before = lies;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(hv_lies_parse(wrong[i], &lies));
    assert_memory_equal(&lies, &before, sizeof(lies));
    for (unsigned kind = 0; kind < HV_LIES; kind++) {
        assert_true(hv_lies_parse(hv_lie_name((enum hv_lie)kind), &lies));
        assert_int_equal(lies.kinds[kind].when, HV_LIE_ALWAYS);
        assert_true(strlen(hv_lie_words((enum hv_lie)kind)) > 10);
    }
}

/* Send ten requests; return a bit for each that was refused. */
static unsigned refused(void)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < 10; i++) {
        request(EXIT_INVD, 0, 0);
        hv_es_vmgexit(guest, 0);
        bits |= (unsigned)(get(GHCB_SW_EXITINFO1) == 2) << i;
    }
    return bits;
}

static void when(void **state)
{
    unsigned found = 0;

    (void)state;
    power_on("", 1);
    assert_int_equal(refused(), 0);
    assert_int_equal(m.n_log, 0);
    power_on("refuse", 1);
    assert_int_equal(refused(), 0x3ff);
    assert_int_equal(m.n_log, 10);
    assert_int_equal(hv_es_lies(guest, HV_LIE_REFUSE), 10);
    power_on("refuse@3", 1);
    assert_int_equal(refused(), 0x004);
    assert_string_equal(m.line, "lie: refuse (opportunity 3), INVD: the request is executed, and "
                                "reported as an invalid input");
    assert_int_equal(hv_es_lies(guest, HV_LIE_REFUSE), 1);
    for (uint64_t seed = 0; seed < 100; seed++) {
        unsigned bits;

        power_on("refuse@~10", seed);
        bits = refused();
        assert_int_equal(bits & (bits - 1), 0); /* once */
        assert_int_not_equal(bits, 0);
        found |= bits;
        power_on("refuse@~10", seed);
        assert_int_equal(refused(), bits); /* the seed decides */
    }
    assert_int_equal(found, 0x3ff);
}

/* --- what the guest finds --- */

static unsigned ones(uint64_t v)
{
    return (unsigned)__builtin_popcountll(v);
}

static void cpuid(void **state)
{
    (void)state;
    power_on("wrong-cpuid", 5);
    request(EXIT_CPUID, 0, 0);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(ones(get(GHCB_RAX) ^ 0x142) + ones(get(GHCB_RBX) ^ 0x201) +
                         ones(get(GHCB_RCX) ^ 0x301) + ones(get(GHCB_RDX) ^ 0xffffffff),
                     1);
    power_on("wrong-cbit", 5);
    request(EXIT_CPUID, 0, 0);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(get(GHCB_RBX), 0x201); /* another leaf is true */
    ghcb_set(page, GHCB_SW_EXITCODE, EXIT_CPUID);
    ghcb_set(page, GHCB_RAX, 0x8000001f);
    ghcb_set(page, GHCB_RCX, 0);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(get(GHCB_RBX), 0x201);
    hv_es_set_ghcb_msr(guest, 0, UINT64_C(0x8000001f) << 32 | 1u << 30 | GHCB_MSR_CPUID_REQ);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(hv_es_ghcb_msr(guest, 0) >> 32, 0x201);
}

static void values(void **state)
{
    (void)state;
    power_on("wrong-msr", 5);
    request(EXIT_MSR, 0, 0);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(ones((get(GHCB_RAX) | get(GHCB_RDX) << 32) ^ 1), 1);
    power_on("wrong-port", 5);
    request(EXIT_IOIO, 0x800011, 0);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(ones(get(GHCB_RAX)), 1);
    assert_true(get(GHCB_RAX) < 0x100);
    power_on("wrong-mmio", 5);
    request(EXIT_MMIO_READ, ES_DEVICE, 4);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(ones(page[GHCB_SHARED_BUFFER]), 1);
    power_on("wrong-version", 5);
    hv_es_set_ghcb_msr(guest, 0, GHCB_MSR_SEV_INFO_REQ);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(hv_es_ghcb_msr(guest, 0), UINT64_C(0x000300032f000001));
    power_on("evil-jump-table", 5);
    request(EXIT_AP_JUMP_TABLE, 0, 0x9000);
    hv_es_vmgexit(guest, 0);
    request(EXIT_AP_JUMP_TABLE, 1, 0);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(get(GHCB_SW_EXITINFO2), 0xa000);
}

static void execution(void **state)
{
    (void)state;
    power_on("drop-exit", 5);
    request(EXIT_IOIO, 0x800010, 0);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(m.n_port_out, 0);
    assert_int_equal(get(GHCB_SW_EXITINFO1), 0);
    assert_int_equal(get(GHCB_RAX), 0x42);
    power_on("repeat-exit", 5);
    request(EXIT_IOIO, 0x800010, 0);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(m.n_port_out, 2);
    request(EXIT_IOIO, 0x800011, 0);
    m.port_value = 7;
    hv_es_vmgexit(guest, 0);
    assert_int_equal(get(GHCB_RAX), 8);
    power_on("stale-ghcb", 5);
    request(EXIT_IOIO, 0x800010, 0);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(m.n_port_out, 1);
    assert_int_equal(get(GHCB_SW_EXITINFO1), 0x800010);
    power_on("short-scratch", 5);
    request(EXIT_MMIO_READ, ES_DEVICE, 8);
    memset(m.device, 0x77, 8);
    hv_es_vmgexit(guest, 0);
    assert_memory_equal(page + GHCB_SHARED_BUFFER, "wwww\0\0\0\0", 8);
    /* a termination is no opportunity */
    power_on("drop-exit repeat-exit refuse", 5);
    request(EXIT_TERM_REQUEST, 0, 0);
    hv_es_vmgexit(guest, 0);
    assert_string_not_equal(m.stopped, "");
    assert_int_equal(m.n_log, 0);
}

static void answers(void **state)
{
    static const struct {
        const char *lie;
        uint64_t info1, info2;
    } results[] = {{"error-reserved", 3, 0},
                   {"refuse", 2, 5},
                   {"inject-gp", 1, 0x8000030d},
                   {"inject-vc", 1, 0x8000031d},
                   {"inject-df", 1, 0x80000308}};
    static const uint8_t none[GHCB_BITMAP_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        power_on(results[i].lie, 5);
        request(EXIT_IOIO, 0x800010, 0);
        hv_es_vmgexit(guest, 0);
        assert_int_equal(m.n_port_out, 1);
        assert_int_equal(get(GHCB_SW_EXITINFO1), results[i].info1);
        assert_int_equal(get(GHCB_SW_EXITINFO2), results[i].info2);
        assert_int_equal(m.record.result1, results[i].info1);
    }
    power_on("clear-valid", 5);
    request(EXIT_INVD, 0, 0);
    hv_es_vmgexit(guest, 0);
    assert_memory_equal(page + GHCB_VALID_BITMAP, none, sizeof(none));
    power_on("extra-valid", 5);
    request(EXIT_INVD, 0, 0);
    hv_es_vmgexit(guest, 0);
    assert_true(ghcb_valid(page, GHCB_R15) && ghcb_valid(page, GHCB_SW_SCRATCH));
}

static void start_of_cpus(void **state)
{
    (void)state;
    power_on("early-sipi", 5);
    hv_es_init(guest, 1);
    hv_es_sipi(guest, 1, 0);
    hv_es_set_ghcb_msr(guest, 1, GHCB_MSR_AP_RESET_HOLD_REQ);
    hv_es_vmgexit(guest, 1);
    assert_false(m.waits[1]);
    assert_int_equal(hv_es_ghcb_msr(guest, 1), 0x1007);
    request(EXIT_AP_RESET_HOLD, 0, 0);
    hv_es_vmgexit(guest, 0);
    assert_false(m.waits[0]);
    assert_int_equal(get(GHCB_SW_EXITINFO2), 1);
    power_on("lost-sipi@1", 5);
    hv_es_sipi(guest, 1, 0); /* without INIT: no opportunity */
    hv_es_init(guest, 1);
    hv_es_sipi(guest, 1, 0);
    assert_true(m.waits[1]);
    hv_es_sipi(guest, 1, 0); /* the second of INIT-SIPI-SIPI */
    assert_false(m.waits[1]);
}

/* --- statistics --- */

static unsigned find(bool msr_protocol, bool other, uint64_t code)
{
    for (unsigned i = 0; i < hv_es_requests(); i++) {
        struct hv_request r = hv_es_request(i);

        if (r.msr_protocol == msr_protocol && r.other == other && r.code == code)
            return i;
    }
    fail_msg("no row for %llx", (unsigned long long)code);
    return 0;
}

static void counts(void **state)
{
    uint64_t sum = 0;

    (void)state;
    power_on("", 1);
    for (unsigned i = 0; i < 3; i++) {
        request(EXIT_CPUID, 0, 0);
        hv_es_vmgexit(guest, 0);
    }
    request(0x1234, 0, 0);
    hv_es_vmgexit(guest, 0);
    hv_es_set_ghcb_msr(guest, 2, GHCB_MSR_HV_FT_REQ);
    hv_es_vmgexit(guest, 2);
    hv_es_set_ghcb_msr(guest, 2, 0xfff);
    hv_es_vmgexit(guest, 2);
    assert_int_equal(hv_es_count(guest, 0, find(false, false, EXIT_CPUID)), 3);
    assert_int_equal(hv_es_count(guest, 0, find(false, true, 0)), 1);
    assert_int_equal(hv_es_count(guest, 2, find(true, false, 0x80)), 1);
    assert_int_equal(hv_es_count(guest, 2, find(true, true, 0)), 1);
    assert_string_equal(hv_es_request(find(false, false, EXIT_CPUID)).words, "CPUID");
    assert_string_equal(hv_es_request(find(false, true, 0)).words, "unknown exit");
    assert_string_equal(hv_es_request(find(true, true, 0)).words, "unknown request");
    for (unsigned cpu = 0; cpu < ES_CPUS; cpu++)
        for (unsigned i = 0; i < hv_es_requests(); i++)
            sum += hv_es_count(guest, cpu, i);
    assert_int_equal(sum, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),
        cmocka_unit_test_teardown(when, teardown),
        cmocka_unit_test_teardown(cpuid, teardown),
        cmocka_unit_test_teardown(values, teardown),
        cmocka_unit_test_teardown(execution, teardown),
        cmocka_unit_test_teardown(answers, teardown),
        cmocka_unit_test_teardown(start_of_cpus, teardown),
        cmocka_unit_test_teardown(counts, teardown),
    };
    return cmocka_run_group_tests_name("es_lies", tests, NULL, NULL);
}
