/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CPUID page and the secrets page of a SEV-SNP guest.
 *
 * Source: Linux arch/x86/include/asm/sev.h struct snp_secrets_page (offsets); QEMU
 * target/i386/sev.c SnpCpuidFunc (size of a row).
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/cpuid_page.h"
#include "protocol/secrets_page.h"

static uint32_t get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* A processor: what each register of a leaf is. */
static void lookup(void *ctx, uint32_t leaf, uint32_t subleaf, uint64_t xcr0, uint64_t xss,
                   uint32_t result[CPUID_REGISTERS])
{
    static const struct {
        uint32_t leaf, subleaf, result[CPUID_REGISTERS];
    } leaves[] = {
        {0, 0, {0x10, 0x68747541, 0x444d4163, 0x69746e65}},
        {1, 0, {0x00800f12, 0x01080800, 0x7ed8320b, 0x178bfbff}},
        {7, 0, {1, 0x209c01a9, 0, 0}},
        {0xd, 0, {7, 0x240, 0x340, 0}},
        {0x80000008u, 0, {0x00003030, 0x1007, 0x7, 0}},
        {0x8000001fu, 0, {0x1a, 0x6f, 0, 0}},
    };

    ++*(unsigned *)ctx;
    memset(result, 0, CPUID_REGISTERS * sizeof(result[0]));
    for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        if (leaves[i].leaf == leaf && leaves[i].subleaf == subleaf)
            memcpy(result, leaves[i].result, sizeof(leaves[i].result));
    }
    if (leaf == 0xd && subleaf == 0 && xcr0 == 7)
        result[CPUID_EBX] = 0x340;
    (void)xss;
}

/* One row: what the hypervisor gives, and what the guest may have. */
static void rows_of_the_cpuid_page(void **state)
{
    static const struct {
        uint32_t leaf, subleaf;
        uint64_t xcr0;
        uint32_t given[CPUID_REGISTERS], allowed[CPUID_REGISTERS];
    } cases[] = {
        /* what the processor has; fewer leaves; more leaves; another vendor */
        {0,
         0,
         0,
         {0x10, 0x68747541, 0x444d4163, 0x69746e65},
         {0x10, 0x68747541, 0x444d4163, 0x69746e65}},
        {0,
         0,
         0,
         {0xd, 0x68747541, 0x444d4163, 0x69746e65},
         {0xd, 0x68747541, 0x444d4163, 0x69746e65}},
        {0,
         0,
         0,
         {0x20, 0x68747541, 0x444d4163, 0x69746e65},
         {0x10, 0x68747541, 0x444d4163, 0x69746e65}},
        {0, 0, 0, {0x10, 1, 2, 3}, {0x10, 0x68747541, 0x444d4163, 0x69746e65}},
        /* another model and APIC id, the hypervisor's bit, OSXSAVE; a feature too much */
        {1, 0, 0, {0xa00f11, 0x03ff0000, 0x80000001, 1}, {0xa00f11, 0x03ff0000, 0x80000001, 1}},
        {1, 0, 0, {0, 0, 0xf800020bu, 0}, {0, 0, 0xf800020bu & (0x7ed8320b | 0x88000000u), 0}},
        {7, 0, 0, {1, 0xffffffff, 0x10, 0}, {1, 0x209c01a9, 0x10, 0}},
        {7, 1, 0, {1, 0, 0, 0}, {0, 0, 0, 0}},
        /* the size of the save area depends on XCR0 */
        {0xd, 0, 1, {7, 0x240, 0x340, 0}, {7, 0x240, 0x340, 0}},
        {0xd, 0, 1, {7, 0x340, 0x340, 0}, {7, 0x240, 0x340, 0}},
        {0xd, 0, 7, {7, 0x340, 0x240, 0}, {7, 0x340, 0x240, 0}},
        /* longer addresses */
        {0x80000008u, 0, 0, {0x00003934, 7, 0, 0}, {0x00003030, 7, 0, 0}},
        /* the C-bit elsewhere; a generation that the processor has not */
        {0x8000001fu, 0, 0, {0x1a, 0x6f, 0, 0}, {0x1a, 0x6f, 0, 0}},
        {0x8000001fu, 0, 0, {0x3a, 0xb3, 0, 0}, {0x1a, 0xaf, 0, 0}},
        /* a leaf of the hypervisor; topology; a leaf without a rule */
        {0x40000000u, 0, 0, {1, 2, 3, 4}, {1, 2, 3, 4}},
        {0xb, 1, 0, {4, 8, 0x201, 3}, {4, 8, 0x201, 3}},
        {0x12, 0, 0, {1, 0, 0, 0}, {0, 0, 0, 0}},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cpuid_page page = {.count = 1};
        unsigned asked = 0;

        page.rows[0].leaf = cases[i].leaf;
        page.rows[0].subleaf = cases[i].subleaf;
        page.rows[0].xcr0 = cases[i].xcr0;
        memcpy(page.rows[0].result, cases[i].given, sizeof(cases[i].given));
        assert_int_equal(cpuid_page_check(&page, lookup, &asked),
                         memcmp(cases[i].given, cases[i].allowed, sizeof(cases[i].given)) != 0);
        assert_memory_equal(page.rows[0].result, cases[i].allowed, sizeof(cases[i].allowed));
        /* What it leaves is good. */
        assert_int_equal(cpuid_page_check(&page, lookup, &asked), 0);
    }
}

static void the_form_of_the_cpuid_page(void **state)
{
    static const unsigned reserved[] = {4, 8, 15, 16 + 0x28, 16 + 0x2f, 16 + 63 * 0x30 + 0x28};
    struct cpuid_page page = {.count = CPUID_PAGE_ROWS}, again;
    uint8_t wire[CPUID_PAGE_SIZE];

    (void)state;
    for (uint32_t i = 0; i < page.count; i++)
        page.rows[i] = (struct cpuid_row){i, i + 1, i + 2, i + 3, {i + 4, i + 5, i + 6, i + 7}};
    cpuid_page_write(&page, wire);
    assert_int_equal(get32(wire), 64);
    assert_int_equal(get32(wire + 16 + 0x30 + 0x18), 5); /* EAX of row 1 */
    assert_null(cpuid_page_read(&again, wire));
    assert_memory_equal(&again, &page, sizeof(page));
    for (unsigned i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        wire[reserved[i]] ^= 1;
        assert_non_null(cpuid_page_read(&again, wire));
        wire[reserved[i]] ^= 1;
    }
    wire[0] = 65;
    assert_non_null(cpuid_page_read(&again, wire));
}

static void the_secrets_page(void **state)
{
    struct secrets_page page = {.fms = 0xa00f11, .tsc_factor = 7};
    uint8_t wire[SECRETS_PAGE_SIZE];
    unsigned zeros = 0;

    (void)state;
    memset(page.gosvw, 0x60, sizeof(page.gosvw));
    for (unsigned i = 0; i < SECRETS_VMPCKS; i++)
        memset(page.vmpck[i], (int)i + 1, sizeof(page.vmpck[i]));
    memset(wire, 0xee, sizeof(wire));
    secrets_page_write(&page, wire);
    assert_int_equal(get32(wire), 3);
    assert_int_equal(get32(wire + 8), 0xa00f11);
    assert_int_equal(wire[0x10], 0x60);
    for (unsigned i = 0; i < SECRETS_VMPCKS; i++) {
        assert_int_equal(wire[0x20 + 32 * i], i + 1);
        assert_int_equal(wire[0x3f + 32 * i], i + 1);
    }
    assert_int_equal(get32(wire + 0x160), 7);
    for (unsigned i = 0xa0; i < SECRETS_PAGE_SIZE; i++)
        zeros += wire[i] == 0;
    assert_int_equal(zeros, SECRETS_PAGE_SIZE - 0xa0 - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_of_the_cpuid_page),
                                       cmocka_unit_test(the_form_of_the_cpuid_page),
                                       cmocka_unit_test(the_secrets_page)};

    return cmocka_run_group_tests_name("snp_pages", tests, NULL, NULL);
}
