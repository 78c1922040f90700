/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/vmsa: the layout against the offsets that Linux checks
 * (arch/x86/include/asm/svm.h, BUILD_BUG_RESERVED_OFFSET of sev_es_save_area), the launched VMSA
 * against digests that virtee/sev-snp-measure computed, the checks of VMRUN one by one.
 */
#include "unit.h"

#include <string.h>

#include "protocol/crypto.h"
#include "protocol/vmsa.h"
#include "vectors.h"

static uint8_t vmsa[VMSA_SIZE];

static int setup(void **state)
{
    (void)state;
    return crypto_init();
}

static void fields(void **state)
{
    unsigned end = 0;
    (void)state;
    for (size_t i = 0; i < vmsa_n_fields; i++) {
        const struct vmsa_field *field = &vmsa_fields[i];

        assert_true(field->offset >= end);
        end = field->offset + (unsigned)field->size;
        assert_true(end <= VMSA_DEFINED_END);
        assert_int_equal(field->offset % (field->size > 8 ? 8 : field->size), 0);
        assert_ptr_equal(vmsa_field_named(field->name), field);
        for (unsigned at = field->offset; at < end; at++)
            assert_ptr_equal(vmsa_field_at(at), field);
        switch (field->kind) {
        case VMSA_SEGMENT:
            assert_int_equal(field->size, 16);
            break;
        case VMSA_NUMBER:
            assert_true(field->size == 1 || field->size == 2 || field->size == 4 ||
                        field->size == 8);
            break;
        case VMSA_BYTES:
            assert_int_equal(field->size % 16, 0);
            break;
        }
    }
    assert_int_equal(end, 1648); /* Linux EXPECTED_SEV_ES_SAVE_AREA_SIZE */
    assert_null(vmsa_field_at(end));
    assert_null(vmsa_field_at(VMSA_SIZE - 1));
    assert_null(vmsa_field_named("cr1"));
}

/* A reserved area of Linux's struct begins where a field ends. */
static void reserved(void **state)
{
    static const unsigned offsets[] = {0xc8, 0xcc, 0xd8, 0x1c0, 0x248, 0x298, 0x320, 0x380, 0x3f0};
    (void)state;
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        assert_null(vmsa_field_at(offsets[i]));
        assert_non_null(vmsa_field_at(offsets[i] - 1));
    }
}

static void access(void **state)
{
    const struct vmsa_segment segment = {0xf000, 0x9b, 0xffff, UINT64_C(0x123456789abcdef0)};
    struct vmsa_segment got;
    (void)state;
    memset(vmsa, 0xff, sizeof(vmsa));
    vmsa_put(vmsa, VMSA_CPL, UINT64_C(0x1122334455667703));
    vmsa_put(vmsa, VMSA_X87_FCW, UINT64_C(0x112233445566037f));
    vmsa_put(vmsa, VMSA_MXCSR, UINT64_C(0x1122334400001f80));
    vmsa_put(vmsa, VMSA_RIP, UINT64_C(0x1122334455667788));
    assert_int_equal(vmsa_get(vmsa, VMSA_CPL), 3);
    assert_int_equal(vmsa_get(vmsa, VMSA_X87_FCW), 0x37f);
    assert_int_equal(vmsa_get(vmsa, VMSA_MXCSR), 0x1f80);
    assert_int_equal(vmsa_get(vmsa, VMSA_RIP), UINT64_C(0x1122334455667788));
    assert_memory_equal(vmsa + 0x178, "\x88\x77\x66\x55\x44\x33\x22\x11\xff", 9);
    assert_memory_equal(vmsa + 0x40e, "\xff\xff\x7f\x03\xff", 5);
    assert_memory_equal(vmsa + 0xca, "\xff\x03\xff", 3);
    vmsa_put_segment(vmsa, VMSA_CS, &segment);
    assert_memory_equal(vmsa + 0x0f,
                        "\xff\x00\xf0\x9b\0\xff\xff\0\0\xf0\xde\xbc\x9a\x78\x56\x34\x12", 17);
    got = vmsa_get_segment(vmsa, VMSA_CS);
    assert_memory_equal(&got, &segment, sizeof(got));
}

static void digest_is(uint32_t reset_eip, const char *name)
{
    const struct vmsa_start start = {reset_eip, vmsa_signature(0x17, 1, 2), 1, VMSA_HOST_INIT2};
    uint8_t want[48], got[48];

    vector_exact("vmsa.txt", name, want, sizeof(want));
    vmsa_build(vmsa, &start);
    assert_int_equal(crypto_digest(CRYPTO_HASH_SHA384, vmsa, sizeof(vmsa), got), 48);
    assert_memory_equal(got, want, sizeof(want));
}

static void launched(void **state)
{
    (void)state;
    digest_is(VMSA_BSP_EIP, "bsp_sha384");
    digest_is(0x80b004, "ap_sha384");
}

/* The older host leaves out two fields, and nothing else changes. */
static void hosts(void **state)
{
    struct vmsa_start start = {VMSA_BSP_EIP, 0x800f12, 0, VMSA_HOST_ES_INIT};
    uint8_t other[VMSA_SIZE];
    (void)state;
    vmsa_build(vmsa, &start);
    assert_int_equal(vmsa_get(vmsa, VMSA_MXCSR), 0);
    assert_int_equal(vmsa_get(vmsa, VMSA_X87_FCW), 0);
    assert_int_equal(vmsa_get(vmsa, VMSA_SEV_FEATURES), 0);
    start.host = VMSA_HOST_INIT2;
    vmsa_build(other, &start);
    memcpy(vmsa + 0x408, "\x80\x1f\0\0", 4);
    memcpy(vmsa + 0x410, "\x7f\x03", 2);
    assert_memory_equal(vmsa, other, sizeof(other));
}

/* Signatures of real CPUs: QEMU target/i386/cpu.c, models EPYC, EPYC-Milan, EPYC-Genoa, qemu64. */
static void signatures(void **state)
{
    (void)state;
    assert_int_equal(vmsa_signature(23, 1, 2), 0x800f12);
    assert_int_equal(vmsa_signature(25, 1, 1), 0xa00f11);
    assert_int_equal(vmsa_signature(25, 17, 0), 0xa10f10);
    assert_int_equal(vmsa_signature(15, 107, 1), 0x60fb1);
    assert_int_equal(vmsa_signature(6, 6, 3), 0x663);
}

static void vmrun(void **state)
{
    static const struct vmsa_cpu cpu = {UINT64_C(0xffffffffff), 0x3f07ff, 0xffff, 7};
    static const struct {
        enum vmsa_offset field;
        uint64_t value;
        const char *wrong;
    } cases[] = {
        {VMSA_EFER, 0, "EFER.SVME is 0"},
        {VMSA_EFER, 0x11000, "a reserved bit of EFER is 1"},
        {VMSA_CR0, UINT64_C(0x100000010), "a high bit of CR0 is 1"},
        {VMSA_CR0, 0x20000010, "CR0.NW is 1 but CR0.CD is 0"},
        {VMSA_CR0, 0x60000010, NULL},
        {VMSA_CR4, 0x800, "a reserved bit of CR4 is 1"},
        {VMSA_DR6, UINT64_C(0x1ffff0ff0), "a high bit of DR6 is 1"},
        {VMSA_DR7, UINT64_C(0x8000000000000400), "a high bit of DR7 is 1"},
        {VMSA_XCR0, 0, "XCR0.x87 is 0"},
        {VMSA_XCR0, 9, "a reserved bit of XCR0 is 1"},
        {VMSA_G_PAT, UINT64_C(0x0207040600070406), "a memory type of the PAT is reserved"},
        {VMSA_G_PAT, UINT64_C(0x0007040600070408), "a memory type of the PAT is reserved"},
        {VMSA_CR3, UINT64_MAX, NULL}, /* not in long mode */
    };
    static const struct {
        uint64_t cr0, cr4, cr3;
        uint16_t cs;
        const char *wrong;
    } long_mode[] = {
        {0x80000011, 0x20, 0x1000, 0x29b, NULL},
        {0x80000011, 0x20, 0x1000, 0x49b, NULL},
        {0x00000011, 0x00, 0x1000, 0x69b, NULL}, /* not active */
        {0x80000011, 0x00, 0x1000, 0x29b, "EFER.LME and CR0.PG are 1 but CR4.PAE is 0"},
        {0x80000010, 0x20, 0x1000, 0x29b, "EFER.LME and CR0.PG are 1 but CR0.PE is 0"},
        {0x80000011, 0x20, 0x1000, 0x69b, "CS.L and CS.D are 1"},
        {0x80000011, 0x20, UINT64_C(0x10000001000), 0x29b, "a reserved bit of CR3 is 1"},
    };
    const struct vmsa_start start = {VMSA_BSP_EIP, 0x800f12, 0, VMSA_HOST_INIT2};
    (void)state;
    vmsa_build(vmsa, &start);
    assert_null(vmsa_check(vmsa, &cpu));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *wrong;

        vmsa_build(vmsa, &start);
        vmsa_put(vmsa, cases[i].field, cases[i].value);
        wrong = vmsa_check(vmsa, &cpu);
        assert_string_equal(wrong ? wrong : "fine", cases[i].wrong ? cases[i].wrong : "fine");
    }
    for (size_t i = 0; i < sizeof(long_mode) / sizeof(long_mode[0]); i++) {
        const struct vmsa_segment cs = {8, long_mode[i].cs, 0xffffffff, 0};
        const char *wrong;

        vmsa_build(vmsa, &start);
        vmsa_put(vmsa, VMSA_EFER, 0x1100);
        vmsa_put(vmsa, VMSA_CR0, long_mode[i].cr0);
        vmsa_put(vmsa, VMSA_CR4, long_mode[i].cr4);
        vmsa_put(vmsa, VMSA_CR3, long_mode[i].cr3);
        vmsa_put_segment(vmsa, VMSA_CS, &cs);
        wrong = vmsa_check(vmsa, &cpu);
        assert_string_equal(wrong ? wrong : "fine",
                            long_mode[i].wrong ? long_mode[i].wrong : "fine");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),   cmocka_unit_test(reserved), cmocka_unit_test(access),
        cmocka_unit_test(launched), cmocka_unit_test(hosts),    cmocka_unit_test(signatures),
        cmocka_unit_test(vmrun),
    };

    return cmocka_run_group_tests_name("vmsa", tests, setup, NULL);
}
