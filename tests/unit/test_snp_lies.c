/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the lies about pages and VMSAs of a guest with SEV-SNP: what stops the guest's next access, and
 * what the log says. cpu-ext/rmp.h has the sources of the checks.
 */
#include "snp_exit.h"

/* A guest that has a page of RAM, which it validates, and then sends a request. */
static void with_page(const char *lies, uint64_t gpa)
{
    struct hv_es_config config = {
        .max_version = 2, .cbit_pos = 47, .seed = 1, .lies_page = gpa, .lies_page_set = true};
    const struct rmp_guest self = {1, 0};

    power_on("", "");
    assert_true(hv_lies_parse(lies, &config.lies));
    snp_calls.lies = true;
    hv_es_configure(guest, &config);
    hv_es_start(guest, ES_CPUS);
    assert_int_equal(by_msr(GHCB_AT | GHCB_MSR_REG_GPA_REQ), GHCB_AT | GHCB_MSR_REG_GPA_RESP);
    assert_int_equal(by_msr(PRIVATE << 52 | gpa | GHCB_MSR_PSC_REQ), GHCB_MSR_PSC_RESP);
    assert_true(hv_snp_resolve(
        guest, 0, &(struct hv_snp_fault){.gpa = gpa, .private_ = true, .check = RMP_NOT_ASSIGNED}));
    m.n_log = 0;
    request(EXIT_INVD, 0, 0);
    answer(GHCB_NO_ACTION, 0);
    assert_int_equal(m.n_log, 0); /* not validated: no opportunity */
    assert_int_equal(
        rmp_pvalidate(snp_rmp, &self, gpa, gpa, rmp_get(snp_rmp, gpa).size_2m, true).eax, RMP_OK);
    request(EXIT_INVD, 0, 0);
    answer(GHCB_NO_ACTION, 0);
    assert_int_equal(m.n_log, 2);
}

static enum rmp_check private_read(uint64_t gpa)
{
    const struct hv_snp_mapping mapping = hv_snp_mapping(snp_hv, gpa, gpa);
    const struct rmp_access access = {.asid = 1,
                                      .snp = true,
                                      .private_ = true,
                                      .needs = RMP_READ,
                                      .gpa = gpa,
                                      .leaf_2m = mapping.is_2m};

    return rmp_check(snp_rmp, mapping.spa, &access);
}

/* Each lie about a page: the check that stops the guest's next access, what the log says. */
static void page_lies(void **state)
{
    static const struct {
        const char *lie, *line;
        enum rmp_check check;
        uint64_t gpa; /* RAM, or 2 MiB that only the RMP has */
    } rows[] = {
        {"remap", "remap: the processor allows it", RMP_NOT_VALIDATED, 0x5000},
        {"withdraw", "withdraw: the processor allows it", RMP_NOT_VALIDATED, FREE_2M},
        {"other-asid", "other-asid: the processor allows it", RMP_WRONG_ASID, FREE_2M},
        {"immutable", "immutable: the processor allows it", RMP_IMMUTABLE_PAGE, FREE_2M},
        {"double-map", "double-map: the processor allows it", RMP_WRONG_GPA, FREE_2M},
        {"size-mismatch", "size-mismatch: the processor allows it", RMP_WRONG_SIZE, FREE_2M},
        {"dma", "dma: the processor refuses it: the page is assigned to a guest", RMP_PASSED,
         FREE_2M},
        {"host-write", "host-write: the processor refuses it: the page is assigned to a guest",
         RMP_PASSED, FREE_2M},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hv_snp_fault fault = {.gpa = rows[i].gpa, .private_ = true, .info = 0x1234};

        with_page(rows[i].lie, rows[i].gpa);
        assert_non_null(strstr(m.line, rows[i].line));
        fault.check = private_read(rows[i].gpa);
        fault.is_2m = hv_snp_mapping(snp_hv, rows[i].gpa, rows[i].gpa).is_2m;
        assert_int_equal(fault.check, rows[i].check);
        assert_int_equal(snp_calls.n_device_writes, !strcmp(rows[i].lie, "dma"));
        if (fault.check == RMP_PASSED || fault.check == RMP_NOT_VALIDATED)
            continue;
        assert_false(hv_snp_resolve(guest, 0, &fault));
        stopped(rmp_check_words(rows[i].check));
        stopped("(EXITINFO1 0x1234)");
    }
    with_page("double-map", 0x5000);
    assert_int_equal(snp_calls.unmapped, 0x5000);
    with_page("size-mismatch", 0x5000);
    assert_int_equal(snp_calls.n_unmapped, 512);
}

/* Without lies_page= the seed selects the page. */
static void any_page_lies(void **state)
{
    uint64_t first = 0;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        power_on("", "dma@3");
        by_msr(SHARED << 52 | 0x5014);
        assert_int_equal(snp_calls.n_device_writes, 1);
        assert_int_equal(rmp_get(snp_rmp, snp_calls.device_write).validated, true);
        assert_true(i == 0 || snp_calls.device_write == first);
        first = snp_calls.device_write;
    }
}

/* Lies about a VMSA: the address that VMRUN gets. */
static void vmsa_lies(void **state)
{
    (void)state;
    power_on("", "vmsa-swap");
    create(1, 1, 0x8000, GHCB_NO_ACTION, 0);
    request(EXIT_AP_CREATION, UINT64_C(2) << 32 | 1, 0x9000);
    ghcb_set(page, GHCB_RAX, 1);
    hv_es_vmgexit(guest, 0);
    stopped("VMRUN refuses the VMSA at 0x8000: another CPU runs it");
    power_on("", "vmsa-old");
    create(1, 1, 0x8000, GHCB_NO_ACTION, 0);
    create(1, 1, 0x9000, GHCB_NO_ACTION, 0);
    assert_int_equal(snp_calls.vmsa[1], 0x8000);
    power_on("", "vmsa-page");
    create(0, 1, 0x8000, GHCB_NO_ACTION, 0);
    hv_es_init(guest, 1);
    assert_true(rmp_get(snp_rmp, snp_calls.vmsa[1]).validated);
    assert_int_not_equal(snp_calls.vmsa[1], 0x8000);
    power_on("", "ap-twice");
    create(1, 1, 0x8000, GHCB_NO_ACTION, 0);
    assert_int_equal(snp_calls.vmsa[2], 0);
    assert_non_null(strstr(m.line, "ap-twice: the processor refuses it: another CPU runs it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(page_lies, teardown),
        cmocka_unit_test_teardown(any_page_lies, teardown),
        cmocka_unit_test_teardown(vmsa_lies, teardown),
    };

    return cmocka_run_group_tests_name("snp_lies", tests, NULL, NULL);
}
