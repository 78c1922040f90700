/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the requests that only a guest with SEV-SNP sends: page state changes, registration of a
 * GHCB, AP creation, messages to the secure processor. Expected answers: Linux
 * arch/x86/kvm/svm/sev.c.
 */
#include "snp_exit.h"

/* --- page state changes --- */

static void put(unsigned offset, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        page[GHCB_SHARED_BUFFER + offset + i] = (uint8_t)(value >> 8 * i);
}

static uint64_t got(unsigned offset, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = size; i-- > 0;)
        value = value << 8 | page[GHCB_SHARED_BUFFER + offset + i];
    return value;
}

static void header(unsigned current, unsigned last)
{
    put(0, current, 2);
    put(2, last, 2);
    put(4, 0, 4);
}

static void entry(unsigned index, uint64_t gpa, uint64_t op, bool is_2m, unsigned done)
{
    put(8 + 8 * index, (uint64_t)is_2m << 56 | op << 52 | gpa | done, 8);
}

static void current_is(unsigned current)
{
    assert_int_equal(got(0, 2), current);
}

static void done_is(unsigned index, unsigned done)
{
    assert_int_equal(got(8 + 8 * index, 8) & 0xfff, done);
}

static void psc(uint64_t error)
{
    request(EXIT_PSC, 0, 0);
    answer(GHCB_NO_ACTION, error);
}

static void psc_entries(void **state)
{
    (void)state;
    power_on("", "");
    header(0, 3);
    entry(0, 0x5000, SHARED, false, 0);
    entry(1, 0x6000, SHARED, false, 1); /* done before */
    entry(2, FREE_2M, SHARED, true, 0);
    entry(3, 0x5000, PRIVATE, false, 0);
    psc(0);
    current_is(4);
    done_is(0, 1);
    done_is(2, 512);
    assert_true(is_private(0x5000) && is_private(0x6000));
    assert_false(is_private(FREE_2M) || is_private(FREE_2M + 0x1ff000));
    assert_true(is_private(FREE_2M + 0x200000));
    psc(0); /* nothing is left */
    current_is(4);
    header(0, 1);
    entry(0, FREE_2M, PRIVATE, true, 510); /* the rest of 2 MiB */
    entry(1, 0x7000, 3, false, 0);         /* PSMASH: nothing to do */
    psc(0);
    done_is(0, 512);
    done_is(1, 1);
    assert_false(is_private(FREE_2M + 0x1fd000));
    assert_true(is_private(FREE_2M + 0x1fe000) && is_private(FREE_2M + 0x1ff000));
    assert_true(is_private(0x7000));
}

/* A page of the guest becomes the hypervisor's, whatever the size of its entry in the RMP. */
static void psc_takes_pages(void **state)
{
    const struct hv_snp_fault fault = {FREE_2M, true, true, RMP_NOT_ASSIGNED, false, 0};

    (void)state;
    power_on("", "");
    assert_true(hv_snp_resolve(guest, 0, &fault));
    assert_true(rmp_get(snp_rmp, FREE_2M).size_2m);
    header(0, 0);
    entry(0, FREE_2M + 0x3000, SHARED, false, 0);
    psc(0);
    assert_false(rmp_get(snp_rmp, FREE_2M + 0x3000).assigned);
    assert_true(rmp_get(snp_rmp, FREE_2M + 0x4000).assigned);
    header(0, 0);
    entry(0, FREE_2M, SHARED, true, 0);
    psc(0);
    for (uint64_t gpa = FREE_2M; gpa < FREE_2M + 0x200000; gpa += 4096)
        assert_false(rmp_get(snp_rmp, gpa).assigned || is_private(gpa));
}

static void psc_errors(void **state)
{
    (void)state;
    power_on("", "");
    header(0, 253);
    psc(BAD_HEADER);
    header(0, 252);
    memset(page + GHCB_SHARED_BUFFER + 8, 0, 253 * 8);
    psc(0); /* 253 entries without an operation */
    current_is(253);
    header(0, 2);
    entry(0, 0x5000, SHARED, false, 0);
    entry(1, FREE_2M + 0x1000, SHARED, true, 0);
    psc(BAD_ENTRY);
    current_is(1);
    assert_false(is_private(0x5000));
    entry(1, 0x6000, SHARED, false, 2);
    psc(BAD_ENTRY);
    entry(1, SNP_COVERED, PRIVATE, false, 0); /* there is no memory */
    psc(BAD_GENERIC);
    current_is(1);
    entry(1, SNP_COVERED, SHARED, false, 0); /* a device is shared already */
    entry(2, HV_MEMORY_BASE, SHARED, false, 0);
    psc(0);
    assert_true(rmp_get(snp_rmp, HV_MEMORY_BASE).assigned); /* the context page */
    request(EXIT_PSC, 0, 0);
    ghcb_set(page, GHCB_SW_SCRATCH, GHCB_AT + GHCB_SHARED_BUFFER_END - 8);
    header(0, 0);
    answer(GHCB_NO_ACTION, BAD_HEADER);
    request(EXIT_PSC, 0, 0);
    ghcb_set(page, GHCB_SW_SCRATCH, GHCB_AT + GHCB_SHARED_BUFFER - 8);
    answer(GHCB_MALFORMED_INPUT, GHCB_ERR_INVALID_SCRATCH_AREA);
    request(EXIT_PSC, 0, 0);
    ghcb_set_valid(page, GHCB_SW_SCRATCH, false);
    answer(GHCB_MALFORMED_INPUT, GHCB_ERR_MISSING_INPUT);
}

/* The host returns early, and the guest repeats the request. */
static void psc_chunks(void **state)
{
    (void)state;
    power_on("psc_chunk:100", "");
    header(0, 252);
    for (unsigned i = 0; i < 253; i++)
        entry(i, FREE_2M + i * UINT64_C(4096), SHARED, false, 0);
    psc(0);
    current_is(100);
    assert_true(!is_private(FREE_2M + 99 * 4096) && is_private(FREE_2M + 100 * 4096));
    psc(0);
    psc(0);
    current_is(253);
    assert_false(is_private(FREE_2M + 252 * 4096));
}

static void psc_of_2m(void **state)
{
    (void)state;
    power_on("psc_2m:refuse", "");
    header(0, 0);
    entry(0, FREE_2M, SHARED, true, 0);
    psc(BAD_ENTRY);
    assert_true(is_private(FREE_2M));
    power_on("psc_2m:split", "");
    header(0, 0);
    entry(0, FREE_2M, SHARED, true, 0);
    psc(0);
    header(0, 0);
    entry(0, FREE_2M, PRIVATE, true, 0);
    psc(0);
    assert_true(rmp_get(snp_rmp, FREE_2M + 0x5000).assigned);
    assert_false(rmp_get(snp_rmp, FREE_2M).size_2m);
    power_on("assign:eager", "");
    header(0, 1);
    entry(0, FREE_2M, SHARED, true, 0);
    entry(1, FREE_2M, PRIVATE, true, 0);
    psc(0);
    assert_true(rmp_get(snp_rmp, FREE_2M).size_2m);
}

static void psc_by_msr(void **state)
{
    static const uint64_t error = UINT64_C(0x8000000000000015);

    (void)state;
    power_on("", "");
    assert_int_equal(by_msr(SHARED << 52 | 0x5014), GHCB_MSR_PSC_RESP);
    assert_false(is_private(0x5000));
    assert_int_equal(by_msr(PRIVATE << 52 | 0x5014), GHCB_MSR_PSC_RESP);
    assert_true(is_private(0x5000));
    assert_int_equal(by_msr(3 * PRIVATE << 52 | 0x5014), error);
    assert_int_equal(by_msr(PRIVATE << 52 | SNP_COVERED | 0x14), error);
}

/* --- the GHCB --- */

static void registration(void **state)
{
    (void)state;
    power_on("", "");
    assert_int_equal(by_msr(0x80), UINT64_C(3) << 12 | 0x81);
    assert_int_equal(by_msr(0x10), UINT64_C(0xfffffffffffff011));
    hv_es_set_ghcb_msr(guest, 0, 0x5000);
    assert_int_equal(by_msr(SHARED << 52 | 0x5014), GHCB_MSR_PSC_RESP);
    hv_es_set_ghcb_msr(guest, 0, 0x5000);
    hv_es_vmgexit(guest, 0);
    stopped("0x5000, which is not registered");
    power_on("ghcb_unregistered:serve ghcb_preferred:0x9000 features:1", "");
    assert_int_equal(by_msr(0x10), 0x9011);
    assert_int_equal(by_msr(0x80), 0x1081);
    request(EXIT_HV_FEATURES, 0, 0);
    answer(GHCB_NO_ACTION, 1);
    assert_int_equal(by_msr(0x6012), 0x6013);
    request(EXIT_HV_FEATURES, 0, 0);
    answer(GHCB_NO_ACTION, 1);
    assert_string_equal(m.stopped, "");
}

/* The hypervisor cannot read a private page: nothing is answered, and the log says why. */
static void private_ghcb(void **state)
{
    (void)state;
    power_on("", "");
    assert_int_equal(by_msr(PRIVATE << 52 | GHCB_AT | 0x14), GHCB_MSR_PSC_RESP);
    request(EXIT_HV_FEATURES, 7, 7);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO1), 7);
    assert_non_null(strstr(m.line, "0x3000 is private"));
}

/* --- AP creation --- */

static void ap_creation(void **state)
{
    (void)state;
    power_on("", "");
    create(1, 2, 0x8000, GHCB_NO_ACTION, 0);
    assert_int_equal(snp_calls.vmsa[2], 0x8000);
    assert_true(hv_es_vcpu_runs(guest, 2));
    create(2, 2, 0, GHCB_NO_ACTION, 0);
    assert_int_equal(snp_calls.n_destroyed, 1);
    assert_false(hv_es_vcpu_runs(guest, 2));
    hv_es_init(guest, 2);
    hv_es_sipi(guest, 2, 0x10);
    assert_false(hv_es_nmi(guest, 2));
    assert_false(hv_es_vcpu_runs(guest, 2)); /* only AP creation starts it */
    create(0, 2, 0x9000, GHCB_NO_ACTION, 0);
    assert_int_equal(snp_calls.vmsa[2], 0);
    assert_false(hv_es_vcpu_runs(guest, 2));
    hv_es_init(guest, 2);
    assert_int_equal(snp_calls.vmsa[2], 0x9000);
    assert_true(hv_es_vcpu_runs(guest, 2));
    snp_calls.refuse = "the page is no VMSA";
    request(EXIT_AP_CREATION, UINT64_C(1) << 32 | 1, 0x8000);
    ghcb_set(page, GHCB_RAX, 1);
    hv_es_vmgexit(guest, 0);
    stopped("VMRUN refuses the VMSA at 0x8000: the page is no VMSA");
}

static void ap_creation_errors(void **state)
{
    static const struct {
        unsigned kind, cpu;
        uint64_t vmsa;
    } cases[] = {
        {1, ES_CPUS, 0x8000}, {3, 1, 0x8000},         {1, 1, 0x8001},
        {1, 1, FREE_2M},      {1, 1, SNP_COVERED},    {1, 1, 0},
        {0x10001, 1, 0x8000}, {1, 1, HV_MEMORY_BASE}, {0, 1, 0x8001},
    };

    (void)state;
    power_on("", "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        create(1, 1, 0x8000, GHCB_NO_ACTION, 0);
        create(cases[i].kind, cases[i].cpu, cases[i].vmsa, GHCB_MALFORMED_INPUT,
               GHCB_ERR_INVALID_INPUT);
        assert_true(hv_es_vcpu_runs(guest, 1)); /* as before the request */
    }
    request(EXIT_AP_CREATION, UINT64_C(1) << 32 | 1, 0x8000);
    answer(GHCB_MALFORMED_INPUT, GHCB_ERR_MISSING_INPUT);
    request(EXIT_AP_CREATION, UINT64_C(1) << 32 | 1, 0x8000);
    ghcb_set(page, GHCB_RAX, 9); /* restricted injection */
    answer(GHCB_MALFORMED_INPUT, GHCB_ERR_INVALID_INPUT);
    request(EXIT_AP_CREATION, UINT64_C(1) << 32 | 2, 0);
    answer(GHCB_NO_ACTION, 0); /* destruction needs no RAX */
}

/* --- messages --- */

static void messages(void **state)
{
    (void)state;
    power_on("", "");
    request(EXIT_GUEST_REQUEST, 0x5000, 0x5000);
    answer(GHCB_MALFORMED_INPUT, GHCB_ERR_MISSING_INPUT);
    request(EXIT_GUEST_REQUEST, 0x5001, 0x6000);
    answer(GHCB_MALFORMED_INPUT, GHCB_ERR_MISSING_INPUT);
    request(EXIT_GUEST_REQUEST, 0x5000, 0x6000); /* private */
    answer(GHCB_MALFORMED_INPUT, GHCB_ERR_INVALID_INPUT);
    by_msr(SHARED << 52 | 0x5014);
    by_msr(SHARED << 52 | 0x6014);
    memset(m.ram + 0x6000, 0x77, 4096);
    request(EXIT_GUEST_REQUEST, 0x5000, 0x6000);
    answer(GHCB_NO_ACTION, 0);
    assert_int_equal(m.ram[0x6000], 0); /* the page that the secure processor got */
    snp_calls.fails = SEV_CMD_SNP_GUEST_REQUEST;
    memset(m.ram + 0x6000, 0x77, 4096);
    request(EXIT_GUEST_REQUEST, 0x5000, 0x6000);
    answer(GHCB_NO_ACTION, SEV_STATUS_INVALID_PARAM);
    assert_int_equal(m.ram[0x6000], 0x77);
    /* A request for a report needs a place for certificates; the table is empty. */
    m.ram[0x5034] = 5;
    request(EXIT_EXT_GUEST_REQUEST, 0x5000, 0x6000);
    answer(GHCB_MALFORMED_INPUT, GHCB_ERR_INVALID_INPUT);
    by_msr(SHARED << 52 | 0x7014);
    memset(m.ram + 0x7000, 0x77, 4096);
    request(EXIT_EXT_GUEST_REQUEST, 0x5000, 0x6000);
    ghcb_set(page, GHCB_RAX, 0x7000);
    ghcb_set(page, GHCB_RBX, 1);
    answer(GHCB_NO_ACTION, SEV_STATUS_INVALID_PARAM);
    for (unsigned i = 0; i < 25; i++)
        assert_int_equal(m.ram[0x7000 + i], i < 24 ? 0 : 0x77);
}

/* Shared pages for a request, its response and certificates. */
static void share_pages(void)
{
    for (uint64_t gpa = 0x5000; gpa <= 0x9000; gpa += 0x1000)
        by_msr(SHARED << 52 | gpa | 0x014);
    m.ram[0x5034] = 5;
}

static void extended(uint64_t pages, uint64_t error)
{
    memset(m.ram + 0x7000, 0x77, 0x3000);
    request(EXIT_EXT_GUEST_REQUEST, 0x5000, 0x6000);
    ghcb_set(page, GHCB_RAX, 0x7000);
    ghcb_set(page, GHCB_RBX, pages);
    answer(GHCB_NO_ACTION, error);
}

/* The table is written whole or not at all; then the request does not reach the processor. */
static void certificates(void **state)
{
    static uint8_t table[0x1001];
    unsigned commands;

    (void)state;
    memset(table, 0x33, sizeof(table));
    power_on("", "");
    share_pages();
    snp_calls.certificates = table;
    snp_calls.certificates_len = sizeof(table);
    commands = snp_calls.n_commands;
    for (uint64_t pages = 0; pages < 2; pages++) {
        extended(pages, UINT64_C(1) << 32);
        assert_int_equal(ghcb_get(page, GHCB_RBX), 2);
        assert_int_equal(m.ram[0x7000], 0x77);
    }
    assert_int_equal(snp_calls.n_commands, commands);
    extended(2, 0);
    assert_memory_equal(m.ram + 0x7000, table, sizeof(table));
    assert_int_equal(m.ram[0x7000 + sizeof(table)], 0x77);
    assert_true(snp_calls.n_commands > commands);
    /* Another kind of message gets none. */
    m.ram[0x5034] = 3;
    extended(0, 0);
    assert_int_equal(m.ram[0x7000], 0x77);
    snp_calls.certificates_len = 0x1000;
    m.ram[0x5034] = 5;
    extended(1, 0);
    assert_memory_equal(m.ram + 0x7000, table, 0x1000);
    /* A place that the host cannot write. */
    by_msr(PRIVATE << 52 | 0x7014);
    request(EXIT_EXT_GUEST_REQUEST, 0x5000, 0x6000);
    ghcb_set(page, GHCB_RAX, 0x7000);
    ghcb_set(page, GHCB_RBX, 1);
    answer(GHCB_MALFORMED_INPUT, GHCB_ERR_INVALID_INPUT);
}

static void busy(void **state)
{
    unsigned commands;

    (void)state;
    power_on("request_busy:3", "");
    share_pages();
    commands = snp_calls.n_commands;
    request(EXIT_GUEST_REQUEST, 0x5000, 0x6000);
    answer(GHCB_NO_ACTION, UINT64_C(2) << 32);
    extended(1, UINT64_C(2) << 32);
    extended(1, UINT64_C(2) << 32);
    assert_int_equal(snp_calls.n_commands, commands);
    extended(1, 0);
    assert_true(snp_calls.n_commands > commands);
}

static void lies_about_messages(void **state)
{
    (void)state;
    power_on("", "wrong-response@2");
    share_pages();
    request(EXIT_GUEST_REQUEST, 0x5000, 0x6000);
    answer(GHCB_NO_ACTION, 0);
    assert_int_equal(m.ram[0x6060], 0);
    request(EXIT_GUEST_REQUEST, 0x5000, 0x6000);
    answer(GHCB_NO_ACTION, 0);
    assert_int_equal(m.ram[0x6060], 1);
    power_on("", "old-response");
    share_pages();
    for (unsigned n = 1; n <= 3; n++) {
        snp_calls.response = (uint8_t)n;
        request(EXIT_GUEST_REQUEST, 0x5000, 0x6000);
        answer(GHCB_NO_ACTION, 0);
        assert_int_equal(m.ram[0x6000], n == 1 ? 1 : n - 1);
    }
}

/* --- lies --- */

static void lies(void **state)
{
    (void)state;
    power_on("", "psc-lie@2"); /* the first page state change is of power_on() */
    assert_int_equal(by_msr(SHARED << 52 | 0x5014), GHCB_MSR_PSC_RESP);
    assert_true(is_private(0x5000));
    power_on("", "psc-partial");
    header(0, 3);
    for (unsigned i = 0; i < 4; i++)
        entry(i, 0x5000 + i * 0x1000, SHARED, false, 0);
    psc(0);
    current_is(4);
    assert_true(!is_private(0x5000) && !is_private(0x6000) && is_private(0x7000));
    power_on("", "refuse-ghcb@2");
    assert_int_equal(by_msr(0x5012), UINT64_C(0xfffffffffffff013));
}

/* A guest without SEV-SNP cannot send any of them. */
static void not_snp(void **state)
{
    static const uint64_t codes[] = {EXIT_PSC, EXIT_GUEST_REQUEST, EXIT_EXT_GUEST_REQUEST,
                                     EXIT_AP_CREATION};

    (void)state;
    power_on("", "");
    hv_guest_take_down(guest);
    hv_es_start(guest, ES_CPUS);
    hv_es_set_ghcb_msr(guest, 0, GHCB_AT);
    for (size_t i = 0; i < 4; i++) {
        request(codes[i], 0x5000, 0x6000);
        ghcb_set(page, GHCB_RAX, 1);
        answer(GHCB_MALFORMED_INPUT, GHCB_ERR_MISSING_INPUT);
    }
    by_msr(SHARED << 52 | 0x5014);
    stopped("needs SEV-SNP");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(psc_entries, teardown),
        cmocka_unit_test_teardown(psc_takes_pages, teardown),
        cmocka_unit_test_teardown(psc_errors, teardown),
        cmocka_unit_test_teardown(psc_chunks, teardown),
        cmocka_unit_test_teardown(psc_of_2m, teardown),
        cmocka_unit_test_teardown(psc_by_msr, teardown),
        cmocka_unit_test_teardown(registration, teardown),
        cmocka_unit_test_teardown(private_ghcb, teardown),
        cmocka_unit_test_teardown(ap_creation, teardown),
        cmocka_unit_test_teardown(ap_creation_errors, teardown),
        cmocka_unit_test_teardown(messages, teardown),
        cmocka_unit_test_teardown(certificates, teardown),
        cmocka_unit_test_teardown(busy, teardown),
        cmocka_unit_test_teardown(lies_about_messages, teardown),
        cmocka_unit_test_teardown(lies, teardown),
        cmocka_unit_test_teardown(not_snp, teardown),
    };

    return cmocka_run_group_tests_name("snp_exit", tests, NULL, NULL);
}
