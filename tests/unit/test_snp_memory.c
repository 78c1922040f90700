/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of what the hypervisor does with the memory of a guest with SEV-SNP: the launch, nested page
 * faults, and both values of each host policy about them.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "snp_machine.h"

#define FREE_2M UINT64_C(0x600000) /* 2 MiB of which nothing is assigned */

static struct es_machine m;
static struct hv_guest *guest;

static int teardown(void **state)
{
    (void)state;
    snp_free();
    return 0;
}

static bool resolve(uint64_t gpa, bool private_, enum rmp_check check)
{
    const struct hv_snp_fault fault = {gpa, private_, true, check, false, 0x1234};

    return hv_snp_resolve(guest, 0, &fault);
}

static bool assigned(uint64_t gpa)
{
    const struct rmp_entry entry = rmp_get(snp_rmp, gpa);

    assert_true(!entry.assigned || (entry.asid == 1 && entry.gpa == gpa));
    return entry.assigned;
}

static void stopped(const char *words)
{
    if (!strstr(m.stopped, words))
        fail_msg("'%s' is not in '%s'", words, m.stopped);
}

/* --- the launch --- */

static void launch_order(void **state)
{
    static const uint16_t wanted[] = {
        SEV_CMD_SNP_INIT_EX,       SEV_CMD_SNP_DF_FLUSH,      SEV_CMD_SNP_GCTX_CREATE,
        SEV_CMD_SNP_LAUNCH_START,  SEV_CMD_SNP_ACTIVATE,      SEV_CMD_SNP_LAUNCH_UPDATE,
        SEV_CMD_SNP_LAUNCH_UPDATE, SEV_CMD_SNP_LAUNCH_UPDATE, SEV_CMD_SNP_LAUNCH_UPDATE,
        SEV_CMD_SNP_LAUNCH_UPDATE, SEV_CMD_SNP_LAUNCH_UPDATE, SEV_CMD_SNP_LAUNCH_UPDATE,
        SEV_CMD_SNP_LAUNCH_FINISH,
    };

    (void)state;
    guest = snp_power_on(&m, "", "");
    assert_int_equal(snp_calls.n_commands, sizeof(wanted) / sizeof(wanted[0]));
    assert_memory_equal(snp_calls.commands, wanted, sizeof(wanted));
    for (uint64_t page = 0; page < ES_PAGES; page++) {
        assert_int_equal(assigned(page * 4096), page >= SNP_ROM_PAGE && page < SNP_ROM_PAGE + 3);
        assert_true(hv_snp_private(snp_hv, page * 4096));
    }
    assert_false(hv_snp_private(snp_hv, SNP_COVERED));
    assert_false(hv_snp_private(snp_hv, HV_MEMORY_BASE));
}

/* The page has the functions that are not zero; Dh has EBX 240h for XCR0 = 1. */
static void cpuid_page(void **state)
{
    static const struct {
        uint32_t function, subfunction, xcr0, regs[4];
    } wanted[] = {
        {0, 0, 0, {0xd, 0, 0, 0}},
        {1, 0, 0, {0, 0, 0, 0x1234}},
        {4, 0, 0, {0, 0, 0, 0}},
        {7, 0, 0, {0, 0, 0, 0}},
        {0xb, 0, 0, {0, 0, 0, 0}},
        {0xd, 0, 1, {1, 0x240, 0, 0}},
        {0xd, 1, 1, {2, 0x240, 0, 0}},
        {0xd, 2, 0, {3, 0x999, 0, 0}},
        {0x80000000, 0, 0, {0x80000002, 0, 0, 0}},
        {0x80000001, 0, 0, {0, 0, 0, 0x1234}},
    };
    const size_t n = sizeof(wanted) / sizeof(wanted[0]);
    uint8_t expected[4096] = {0};
    struct buf b = buf_writer(expected, sizeof(expected));

    (void)state;
    guest = snp_power_on(&m, "", "");
    buf_put32(&b, (uint32_t)n);
    b.pos = 16;
    for (size_t i = 0; i < n; i++) {
        buf_put32(&b, wanted[i].function);
        buf_put32(&b, wanted[i].subfunction);
        buf_put64(&b, wanted[i].xcr0);
        buf_put64(&b, 0);
        for (unsigned reg = 0; reg < 4; reg++)
            buf_put32(&b, wanted[i].regs[reg]);
        buf_put64(&b, 0);
    }
    assert_memory_equal(m.ram + (SNP_ROM_PAGE + 2) * 4096, expected, sizeof(expected));
}

/* Each command that fails ends the launch, and the guest leaves nothing. */
static void launch_fails(void **state)
{
    static const uint16_t commands[] = {SEV_CMD_SNP_GCTX_CREATE, SEV_CMD_SNP_LAUNCH_START,
                                        SEV_CMD_SNP_ACTIVATE, SEV_CMD_SNP_LAUNCH_UPDATE};
    const struct hv_snp_launch launch = {.policy = 0x30000};
    const struct hv_firmware firmware = snp_firmware();
    struct hv_failure failure;

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        guest = snp_power_on(&m, "", "");
        hv_guest_take_down(guest);
        assert_int_equal(hv_guest_state(guest), HV_OFF);
        snp_calls.fails = commands[i];
        assert_false(hv_guest_snp_launch(guest, &launch, &firmware, &failure));
        assert_int_equal(failure.status, SEV_STATUS_INVALID_PARAM);
        assert_int_equal(hv_guest_state(guest), HV_STOPPED);
        assert_false(hv_guest_is_snp(guest));
        for (uint64_t gpa = 0; gpa < SNP_COVERED; gpa += 4096)
            assert_false(assigned(gpa));
        for (uint64_t at = 0; at < HV_MEMORY_SIZE; at += 4096) {
            assert_false(assigned(HV_MEMORY_BASE + at));
            assert_null(hv_memory(snp_hv)->page[at / 4096]);
        }
        snp_calls.fails = 0;
        assert_true(hv_guest_snp_launch(guest, &launch, &firmware, &failure));
    }
}

/* Firmware that cannot be launched is refused with words. */
static void wrong_firmware(void **state)
{
    static const struct ovmf_section unknown[] = {{OVMF_PAGE_SECRETS, 0x1000, 0x1000},
                                                  {OVMF_PAGE_CPUID, 0x2000, 0x1000},
                                                  {99, 0x3000, 0x1000}},
                                     no_memory[] = {{OVMF_PAGE_CPUID, 0x2000, 0x1000},
                                                    {OVMF_PAGE_SECRETS, 0x80000000, 0x1000}},
                                     large[] = {{OVMF_PAGE_SECRETS, 0x1000, 0x1000},
                                                {OVMF_PAGE_CPUID, 0x2000, 0x2000}};
    static const uint8_t hashes[KERNEL_HASHES_SIZE];
    static const struct {
        const struct ovmf_section *sections;
        unsigned n;
        bool hashes;
        const char *words;
    } cases[] = {
        {unknown, 1, false, "no secrets page or no CPUID page"},
        {unknown, 3, false, "a section of unknown kind"},
        {no_memory, 2, false, "there is no memory"},
        {large, 2, false, "no place of one page"},
        {unknown, 2, true, "no page for them"},
    };
    const struct hv_snp_launch launch = {.policy = 0x30000};
    struct hv_failure failure;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hv_firmware firmware = snp_firmware();

        guest = snp_power_on(&m, "", "");
        hv_guest_take_down(guest);
        firmware.sections = cases[i].sections;
        firmware.n_sections = cases[i].n;
        firmware.hashes = cases[i].hashes ? hashes : NULL;
        assert_false(hv_guest_snp_launch(guest, &launch, &firmware, &failure));
        if (!strstr(failure.words, cases[i].words))
            fail_msg("'%s' is not in '%s'", cases[i].words, failure.words);
    }
}

/* --- nested page faults --- */

/* Memory is assigned at the first private access: 2 MiB where nothing of them is assigned. */
static void assign_lazy(void **state)
{
    (void)state;
    guest = snp_power_on(&m, "", "");
    assert_true(resolve(0x5678, true, RMP_NOT_ASSIGNED));
    assert_true(assigned(0x5000));
    assert_false(assigned(0x6000)); /* the firmware is in the same 2 MiB */
    assert_false(rmp_get(snp_rmp, 0x5000).validated);
    assert_true(resolve(FREE_2M + 0x5000, true, RMP_NOT_ASSIGNED));
    assert_true(assigned(FREE_2M + 0x1ff000));
    assert_true(rmp_get(snp_rmp, FREE_2M).size_2m);
    assert_int_equal(hv_snp_stats(snp_hv).assigned_4k, 1);
    assert_int_equal(hv_snp_stats(snp_hv).assigned_2m, 1);
    guest = snp_power_on(&m, "assign_size:4k", "");
    assert_true(resolve(FREE_2M, true, RMP_NOT_ASSIGNED));
    assert_false(rmp_get(snp_rmp, FREE_2M).size_2m);
    assert_false(assigned(FREE_2M + 0x1000));
}

static void assign_eager(void **state)
{
    (void)state;
    guest = snp_power_on(&m, "assign:eager", "");
    for (uint64_t gpa = 0; gpa < SNP_COVERED; gpa += 4096)
        assert_true(assigned(gpa));
    assert_true(rmp_get(snp_rmp, FREE_2M).size_2m);
    assert_true(rmp_get(snp_rmp, SNP_ROM_PAGE * 4096).validated);
    guest = snp_power_on(&m, "assign:eager assign_size:4k", "");
    for (uint64_t gpa = 0; gpa < SNP_COVERED; gpa += 4096)
        assert_true(assigned(gpa) && !rmp_get(snp_rmp, gpa).size_2m);
}

static void implicit_conversions(void **state)
{
    (void)state;
    guest = snp_power_on(&m, "", "");
    assert_true(resolve(0x5000, true, RMP_NOT_ASSIGNED));
    assert_true(resolve(0x5008, false, RMP_GUEST_OWNED));
    assert_false(hv_snp_private(snp_hv, 0x5000));
    assert_false(assigned(0x5000));
    assert_true(resolve(0x5000, true, RMP_NOT_ASSIGNED));
    assert_true(hv_snp_private(snp_hv, 0x5000));
    assert_true(assigned(0x5000));
    assert_true(resolve(0x6000, false, RMP_PASSED)); /* a shared read of what is not mapped */
    assert_false(hv_snp_private(snp_hv, 0x6000));
    assert_int_equal(hv_snp_stats(snp_hv).implicit_to_shared, 2);
    assert_int_equal(hv_snp_stats(snp_hv).implicit_to_private, 1);
    guest = snp_power_on(&m, "implicit_psc:stop", "");
    assert_true(resolve(0x5008, false, RMP_PASSED)); /* nobody has used the page */
    assert_false(hv_snp_private(snp_hv, 0x5000));
    assert_true(resolve(0x6000, true, RMP_NOT_ASSIGNED));
    assert_false(resolve(0x6008, false, RMP_GUEST_OWNED));
    stopped("0x6008");
    stopped("implicit_psc:stop");
    assert_true(hv_snp_private(snp_hv, 0x6000));
    guest = snp_power_on(&m, "implicit_psc:stop", "");
    assert_true(resolve(0x5008, false, RMP_PASSED));
    assert_false(resolve(0x5008, true, RMP_NOT_ASSIGNED));
    stopped("implicit_psc:stop");
    assert_int_equal(hv_guest_state(guest), HV_STOPPED);
}

/* A part of 2 MiB becomes shared, or is validated on its own: PSMASH. */
static void smash(void **state)
{
    const struct hv_snp_fault small = {FREE_2M + 0x3000, true, false, RMP_WRONG_SIZE, false, 0},
                              large = {FREE_2M, true, false, RMP_WRONG_SIZE, true, 0};

    (void)state;
    guest = snp_power_on(&m, "", "");
    assert_true(resolve(FREE_2M, true, RMP_NOT_ASSIGNED));
    assert_true(hv_snp_resolve(guest, 0, &small));
    assert_false(rmp_get(snp_rmp, FREE_2M).size_2m);
    assert_true(assigned(FREE_2M + 0x3000) && assigned(FREE_2M + 0x1ff000));
    assert_false(hv_snp_resolve(guest, 0, &large));
    stopped("another size");
    guest = snp_power_on(&m, "", "");
    assert_true(resolve(FREE_2M, true, RMP_NOT_ASSIGNED));
    assert_true(resolve(FREE_2M + 0x7000, false, RMP_GUEST_OWNED));
    assert_false(assigned(FREE_2M + 0x7000));
    assert_true(assigned(FREE_2M + 0x6000) && assigned(FREE_2M + 0x8000));
    assert_int_equal(hv_snp_stats(snp_hv).smashed, 1);
}

/* What no hypervisor can answer ends the machine, with a sentence. */
static void no_answer(void **state)
{
    static const struct {
        uint64_t gpa;
        enum rmp_check check;
        const char *words;
    } cases[] = {
        {0x5000, RMP_WRONG_ASID, "another ASID"},
        {0x5000, RMP_WRONG_GPA, "another guest address"},
        {0x5000, RMP_IMMUTABLE_PAGE, "immutable"},
        {0x5000, RMP_NO_PERMISSION, "no permission"},
        {SNP_COVERED, RMP_NOT_COVERED, "there is no memory that could be private"},
        {HV_MEMORY_BASE, RMP_NOT_ASSIGNED, "there is no memory that could be private"},
        {UINT64_MAX, RMP_NOT_COVERED, "there is no memory that could be private"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        guest = snp_power_on(&m, "", "");
        assert_false(resolve(cases[i].gpa, true, cases[i].check));
        stopped(cases[i].words);
        assert_false(assigned(0x5000));
    }
}

static bool all(uint64_t gpa, uint8_t value)
{
    for (unsigned i = 0; i < 4096; i++)
        if (m.ram[gpa + i] != value)
            return false;
    return true;
}

static void contents(void **state)
{
    static const char *const lists[] = {"", "contents:zero", "contents:random"};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        guest = snp_power_on(&m, lists[i], "");
        memset(m.ram + 0x5000, 0x5a, 0x2000);
        assert_true(resolve(0x5000, true, RMP_NOT_ASSIGNED));
        assert_int_equal(all(0x5000, 0x5a), i == 0);
        assert_int_equal(all(0x5000, 0), i == 1);
        assert_true(all(0x6000, 0x5a));
        memset(m.ram + 0x5000, 0x5a, 0x1000);
        assert_true(resolve(0x5000, false, RMP_GUEST_OWNED));
        assert_int_equal(all(0x5000, 0x5a), i == 0);
        assert_int_equal(all(0x5000, 0), i == 1);
    }
    guest = snp_power_on(&m, "contents:zero assign_size:4k", "");
    assert_true(resolve(FREE_2M, true, RMP_NOT_ASSIGNED)); /* the machine has no RAM there */
    snp_calls.write_error = -EIO;
    assert_false(resolve(0x5000, true, RMP_NOT_ASSIGNED));
    stopped("the page cannot be written");
    assert_false(assigned(0x5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(launch_order, teardown),
        cmocka_unit_test_teardown(cpuid_page, teardown),
        cmocka_unit_test_teardown(launch_fails, teardown),
        cmocka_unit_test_teardown(wrong_firmware, teardown),
        cmocka_unit_test_teardown(assign_lazy, teardown),
        cmocka_unit_test_teardown(assign_eager, teardown),
        cmocka_unit_test_teardown(implicit_conversions, teardown),
        cmocka_unit_test_teardown(smash, teardown),
        cmocka_unit_test_teardown(no_answer, teardown),
        cmocka_unit_test_teardown(contents, teardown),
    };

    return cmocka_run_group_tests_name("snp_memory", tests, NULL, NULL);
}
