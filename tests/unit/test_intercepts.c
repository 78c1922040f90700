/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of hypervisor/hv_intercepts: the bits by their numbers in Linux arch/x86/include/asm/svm.h
 * (INTERCEPT_*), in the order of arch/x86/kvm/svm/svm.c init_vmcb().
 */
#include "unit.h"

#include "hypervisor/hv_intercepts.h"

static const struct hv_intercepts_cpu all = {true, true, true}, none = {false, false, false};

static bool bit(const struct hv_intercepts *intercepts, unsigned n)
{
    return intercepts->instructions[n / 32] >> n % 32 & 1;
}

static void instructions(void **state)
{
    static const uint8_t set[] = {15, 18, 19, 22, 26, 27, 28, 29, 31, 32, 33,
                                  34, 35, 36, 37, 38, 41, 42, 43, 44, 46};
    struct hv_intercepts intercepts;

    (void)state;
    hv_intercepts_get(&all, &intercepts);
    for (unsigned n = 0, i = 0; n < 64; n++) {
        const bool want = i < sizeof(set) && set[i] == n;

        assert_int_equal(bit(&intercepts, n), want);
        i += want;
    }
    assert_int_equal(intercepts.dr_read, 0x80);
    assert_int_equal(intercepts.dr_write, 0x80);
    assert_int_equal(intercepts.exceptions, 0x20002);
}

/* RDTSCP, bit 39, is intercepted only if CPUID does not have it. */
static void rdtscp(void **state)
{
    struct hv_intercepts intercepts;

    (void)state;
    hv_intercepts_get(&none, &intercepts);
    assert_true(bit(&intercepts, 39));
}

static void msrs(void **state)
{
    static const uint32_t passed[] = {0x174,      0x175,      0x176,      0x1d9,      0x1db,
                                      0x1dc,      0x1dd,      0x1de,      0x277,      0xc0000080,
                                      0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100,
                                      0xc0000101, 0xc0000102, 0xc0010130, 0xc0010131};
    static const uint32_t depends[] = {0x48, 0x49, 0xda0, 0xc0000103};
    static const uint32_t intercepted[] = {
        0,          0x10,       0x1b,       0x47,       0x4a,       0x173,
        0x177,      0x1d8,      0x1da,      0x1df,      0xc000007f, 0xc0000085,
        0xc00000ff, 0xc0000104, 0xc001012f, 0xc0010132, 0xc001f000, 0xffffffff};

    (void)state;
    for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
        assert_false(hv_intercepts_msr(&none, passed[i]));
    for (size_t i = 0; i < sizeof(depends) / sizeof(depends[0]); i++) {
        assert_false(hv_intercepts_msr(&all, depends[i]));
        assert_true(hv_intercepts_msr(&none, depends[i]));
    }
    for (size_t i = 0; i < sizeof(intercepted) / sizeof(intercepted[0]); i++)
        assert_true(hv_intercepts_msr(&all, intercepted[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions),
        cmocka_unit_test(rdtscp),
        cmocka_unit_test(msrs),
    };
    return cmocka_run_group_tests_name("intercepts", tests, NULL, NULL);
}
