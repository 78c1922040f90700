/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of cpu-ext/msr. The answers of SYSCFG and HWCR are those of KVM in Linux 6.8
 * (arch/x86/kvm/x86.c, kvm_get_msr_common and kvm_set_msr_common).
 */
#include "unit.h"

#include "msr.h"

static void sev_status(void **state)
{
    struct msr_state msr = {0};
    uint64_t value = 0;

    (void)state;
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, 0xc0010131, &value), MSR_DONE);
    assert_true(value == 1);
    assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, 0xc0010131, 0), MSR_GP);
    assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, 0xc0010131, 1), MSR_GP);
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, 0xc0010131, &value), MSR_DONE);
    assert_true(value == 1);
}

static void syscfg(void **state)
{
    struct msr_state msr = {0};
    uint64_t value = ~UINT64_C(0);

    (void)state;
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, 0xc0010010, &value), MSR_DONE);
    assert_true(value == 0);
    assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, 0xc0010010, UINT64_C(1) << 23), MSR_GP);
    assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, 0xc0010010, 0), MSR_GP);
}

/* Linux arch/x86/kernel/cpu/amd.c bsp_init_amd(): bit 24 clear is a firmware bug. */
static void reset(void **state)
{
    struct msr_state msr = {MSR_HWCR_MCSTATUS_WR_EN};
    uint64_t value = 0;

    (void)state;
    msr_reset(&msr);
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, 0xc0010015, &value), MSR_DONE);
    assert_true(value == UINT64_C(1) << 24);
}

static void hwcr(void **state)
{
    struct msr_state msr = {0};
    uint64_t value = ~UINT64_C(0);

    (void)state;
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, 0xc0010015, &value), MSR_DONE);
    assert_true(value == 0);
    for (unsigned bit = 0; bit < 64; bit++) {
        const uint64_t one = UINT64_C(1) << bit;
        const int ignored = bit == 3 || bit == 6 || bit == 8;
        const int kept = bit == 18 || bit == 24;

        msr.hwcr = 0;
        assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, 0xc0010015, one),
                         ignored || kept ? MSR_DONE : MSR_GP);
        assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, 0xc0010015, &value), MSR_DONE);
        assert_true(value == (kept ? one : 0));
    }
}

static void a_refused_write_changes_nothing(void **state)
{
    struct msr_state msr = {0};
    uint64_t value = 0;

    (void)state;
    assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, 0xc0010015, UINT64_C(1) << 18), MSR_DONE);
    assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, 0xc0010015, UINT64_C(1) << 24 | 1),
                     MSR_GP);
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, 0xc0010015, &value), MSR_DONE);
    assert_true(value == UINT64_C(1) << 18);
    assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, 0xc0010015, 0), MSR_DONE);
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, 0xc0010015, &value), MSR_DONE);
    assert_true(value == 0);
}

static void what_plain_sev_lacks(void **state)
{
    static const uint32_t absent[] = {0xc0010130, 0xc001011e};
    struct msr_state msr = {0};
    uint64_t value = 42;

    (void)state;
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, absent[i], &value), MSR_GP);
        assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, absent[i], 0), MSR_GP);
    }
    assert_true(value == 42);
}

static void with_es(void **state)
{
    struct msr_state msr = {0};
    uint64_t value = 0;

    (void)state;
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV | MSR_SEV_STATUS_ES, 0xc0010131, &value),
                     MSR_DONE);
    assert_true(value == 3);
    assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV | MSR_SEV_STATUS_ES, 0xc0010131, 3),
                     MSR_GP);
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV | MSR_SEV_STATUS_ES, 0xc0010130, &value),
                     MSR_HV);
    assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV | MSR_SEV_STATUS_ES, 0xc0010130, 0),
                     MSR_HV);
    assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV | MSR_SEV_STATUS_ES, 0xc001011e, &value),
                     MSR_GP);
}

static void others_are_the_models(void **state)
{
    static const uint32_t others[] = {0, 0x10, 0xc0000080, 0xc0010132, 0xffffffff};
    struct msr_state msr = {0};
    uint64_t value = 42;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(msr_read(&msr, MSR_SEV_STATUS_SEV, others[i], &value), MSR_PASS);
        assert_int_equal(msr_write(&msr, MSR_SEV_STATUS_SEV, others[i], 0), MSR_PASS);
    }
    assert_true(value == 42);
}

/* What Linux looks for before it uses SEV: arch/x86/kernel/cpu/amd.c early_detect_mem_encrypt(). */
static void a_host(void **state)
{
    struct msr_state msr;
    uint64_t value = 1;

    (void)state;
    msr_reset(&msr);
    assert_int_equal(msr_host_read(&msr, 0, 0xc0010010, &value), MSR_DONE);
    assert_true(value == UINT64_C(1) << 23);
    assert_int_equal(msr_host_read(&msr, 0, 0xc0010015, &value), MSR_DONE);
    assert_true(value == (UINT64_C(1) << 24 | 1));
    assert_int_equal(msr_host_read(&msr, 0, 0xc0010131, &value), MSR_DONE);
    assert_true(value == 0);
    assert_int_equal(msr_host_read(&msr, 1, 0xc0010131, &value), MSR_DONE);
    assert_true(value == 1);
    assert_int_equal(msr_host_write(&msr, 0xc0010131, 0), MSR_GP);
    assert_int_equal(msr_host_write(&msr, 0xc0010010, 0), MSR_DONE); /* and keeps its value */
    assert_int_equal(msr_host_read(&msr, 0, 0xc0010010, &value), MSR_DONE);
    assert_true(value == UINT64_C(1) << 23);
    assert_int_equal(msr_host_write(&msr, 0xc0010010, UINT64_C(1) << 32), MSR_GP);
    assert_int_equal(msr_host_write(&msr, 0xc0010015, UINT64_C(1) << 30), MSR_DONE);
    assert_int_equal(msr_host_read(&msr, 0, 0xc0010015, &value), MSR_DONE);
    assert_true(value == (UINT64_C(1) << 30 | 1));
    assert_int_equal(msr_host_write(&msr, 0xc0010015, UINT64_C(1) << 40), MSR_GP);
    assert_int_equal(msr_host_write(&msr, 0xc001011e, 0x1000), MSR_DONE);
    assert_int_equal(msr_host_read(&msr, 0, 0xc001011e, &value), MSR_GP);
    assert_int_equal(msr_host_read(&msr, 0, 0xc0010130, &value), MSR_GP);
    assert_int_equal(msr_host_read(&msr, 0, 0x10, &value), MSR_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sev_status),
        cmocka_unit_test(syscfg),
        cmocka_unit_test(reset),
        cmocka_unit_test(hwcr),
        cmocka_unit_test(a_refused_write_changes_nothing),
        cmocka_unit_test(what_plain_sev_lacks),
        cmocka_unit_test(with_es),
        cmocka_unit_test(others_are_the_models),
        cmocka_unit_test(a_host),
    };
    return cmocka_run_group_tests_name("msr", tests, NULL, NULL);
}
