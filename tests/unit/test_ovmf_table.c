/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/ovmf_table and bochs-plugin/firmware/ovmf_area with images that
 * tests/vectors/ovmf.py made: areas and SEV-ES reset blocks found, images that are not OVMF,
 * damaged tables, and one sentence for each area that cannot be used.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/ovmf_area.h"
#include "pc_memory.h"
#include "vectors.h"

#define MIB UINT64_C(0x100000)

static uint8_t image[512];
static struct ovmf_table table;
static char error[200];

/* An exact copy, so that a sanitizer sees a byte too many. */
static const char *parse(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    const char *wrong;

    assert_non_null(copy);
    memcpy(copy, data, len);
    memset(&table, 0xee, sizeof(table));
    wrong = ovmf_table_parse(&table, copy, len);
    free(copy);
    return wrong;
}

static const char *load(const char *name)
{
    return parse(image, vector_get("ovmf.txt", name, image, sizeof(image)));
}

static void area_is(enum ovmf_kind kind, bool present, uint32_t base, uint32_t size)
{
    assert_int_equal(table.areas[kind].present, present);
    assert_int_equal(table.areas[kind].base, base);
    assert_int_equal(table.areas[kind].size, size);
}

static void good_tables(void **state)
{
    (void)state;
    assert_null(load("amdsev"));
    assert_true(table.present);
    area_is(OVMF_HASHES, true, 0x810c00, 0x400);
    area_is(OVMF_SECRETS, true, 0x810000, 0xc00);
    assert_null(load("amdsev_bare")); /* the table starts where the image does */
    area_is(OVMF_HASHES, true, 0x810c00, 0x400);
    assert_null(load("debian"));
    area_is(OVMF_HASHES, true, 0, 0);
    area_is(OVMF_SECRETS, true, 0, 0);
    assert_null(load("no_areas"));
    assert_true(table.present);
    area_is(OVMF_HASHES, false, 0, 0);
    assert_null(load("empty"));
    assert_true(table.present);
    assert_null(load("twice")); /* the one nearest to the end, as for QEMU */
    area_is(OVMF_HASHES, true, 0x810c00, 0x400);
}

static void sev_metadata(void **state)
{
    static const struct ovmf_section wanted[] = {
        {OVMF_PAGE_SEC_MEM, 0x800000, 0x9000},  {OVMF_PAGE_SEC_MEM, 0x80a000, 0x3000},
        {OVMF_PAGE_SECRETS, 0x80d000, 0x1000},  {OVMF_PAGE_CPUID, 0x80e000, 0x1000},
        {OVMF_PAGE_SVSM_CAA, 0x80f000, 0x1000}, {OVMF_PAGE_HASHES, 0x810000, 0x1000},
        {OVMF_PAGE_SEC_MEM, 0x811000, 0xf000},
    };
    static const char *const names[] = {"sev", "sev_twice"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_null(load(names[i]));
        assert_null(table.snp_wrong);
        assert_int_equal(table.n_sections, sizeof(wanted) / sizeof(wanted[0]));
        assert_memory_equal(table.sections, wanted, sizeof(wanted));
        assert_int_equal(table.reset_eip, 0x80b004);
    }
    assert_null(load("sev_none"));
    assert_null(table.snp_wrong);
    assert_int_equal(table.n_sections, 0);
    assert_null(load("sev_top"));
    assert_null(table.snp_wrong);
    assert_int_equal(table.sections[0].base, 0xfffff000);
}

/* Firmware whose SEV metadata cannot be used is good for SEV and SEV-ES. */
static void bad_sev_metadata(void **state)
{
    static const struct {
        const char *name, *why;
    } cases[] = {
        {"debian", "has no SEV metadata"},
        {"amdsev", "it is not in the image"},
        {"not_ovmf", "has no SEV metadata"},
        {"sev_signature", "the signature is not ASEV"},
        {"sev_version", "of an unknown version"},
        {"sev_length", "its length does not fit"},
        {"sev_too_long", "its length does not fit"},
        {"sev_count", "its length does not fit"},
        {"sev_outside", "it is not in the image"},
        {"sev_short", "it is not in the image"},
        {"sev_unaligned", "a section is not made of pages"},
        {"sev_part", "a section is not made of pages"},
        {"sev_empty", "a section is not made of pages"},
        {"sev_wraps", "a section is not made of pages"},
        {"sev_overlap", "two sections overlap"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(load(cases[i].name));
        assert_non_null(table.snp_wrong);
        if (!strstr(table.snp_wrong, cases[i].why))
            fail_msg("%s: '%s'", cases[i].name, table.snp_wrong);
        assert_int_equal(table.n_sections, 0);
    }
    assert_non_null(load("sev_entry_short"));
}

static void no_table(void **state)
{
    size_t len = vector_get("ovmf.txt", "not_ovmf", image, sizeof(image));
    (void)state;
    assert_null(parse(image, len));
    assert_false(table.present);
    area_is(OVMF_HASHES, false, 0, 0);
    for (len = 0; len < 32 + 18; len++) {
        assert_null(parse(image, len));
        assert_false(table.present);
    }
}

static void damaged(void **state)
{
    static const struct {
        const char *name, *wrong;
    } cases[] = {
        {"total_small", "its length does not fit"},
        {"total_large", "its length does not fit"},
        {"total_splits", "the length of an entry does not fit"},
        {"entry_small", "the length of an entry does not fit"},
        {"entry_zero", "the length of an entry does not fit"},
        {"entry_large", "the length of an entry does not fit"},
        {"entry_huge", "the length of an entry does not fit"},
        {"area_short", "an area has a wrong length"},
        {"area_long", "an area has a wrong length"},
        {"reset_short", "an area has a wrong length"},
        {"reset_long", "an area has a wrong length"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(error, sizeof(error), "has a damaged table of GUIDed structures: %s",
                 cases[i].wrong);
        assert_string_equal(load(cases[i].name), error);
        assert_true(table.present);
        area_is(OVMF_HASHES, false, 0, 0);
        area_is(OVMF_SECRETS, false, 0, 0);
        assert_int_equal(table.reset_eip, 0);
    }
}

static void reset_blocks(void **state)
{
    static const struct {
        const char *name;
        uint32_t eip;
        bool table;
    } cases[] = {
        {"amdsev", 0x80b004, true},   {"debian", 0x80b004, true},
        {"no_areas", 0x80b004, true}, {"empty", 0, true},
        {"twice", 0, true},           {"reset_zero", 0, true},
        {"not_ovmf", 0, false},       {"reset_twice", 0x808004, true}, /* the nearest to the end */
        {"alone", 0x80b004, false},
    };
    static const char *const wrong[] = {"alone_small", "alone_short", "alone_large"};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(load(cases[i].name));
        assert_int_equal(table.reset_eip, cases[i].eip);
        assert_int_equal(table.present, cases[i].table);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_string_equal(load(wrong[i]),
                            "has a damaged SEV-ES reset block: its length does not fit");
        assert_int_equal(table.reset_eip, 0);
        assert_false(table.present);
    }
}

/* Every end of a good image is a good table or a damaged one, never a read in front of it. */
static void cut(void **state)
{
    size_t len = vector_get("ovmf.txt", "amdsev_bare", image, sizeof(image));
    (void)state;
    for (size_t start = 1; start < len; start++) {
        const char *wrong = parse(image + start, len - start);
        assert_true(table.present ? wrong != NULL : len - start < 32 + 18);
    }
}

static void usable(enum ovmf_kind kind, uint64_t ram_size, size_t need, const char *sentence)
{
    const struct memmap memory = pc_memory(ram_size);

    *error = '\0';
    assert_int_equal(ovmf_area_find(&table, kind, &memory, need, error, sizeof(error)), !sentence);
    assert_string_equal(error, sentence ? sentence : "");
}

static void areas(void **state)
{
    static const char invalid[] = "guest firmware hashes table area is invalid";
    static const struct {
        uint32_t base, size;
    } wrong[] = {
        {0, 0x400},        {0x810c08, 0x400},      {0x810c00, 0xaf},  {0x810c00, 0},
        {0x7fffff0, 0x20}, {0xffffff00, 0x400},    {0xa0000, 0x1000}, {0x9ff00, 0x101},
        {0xff000, 0x1000}, {0x810c00, 0xffffffff},
    };
    (void)state;
    load("amdsev");
    usable(OVMF_HASHES, 128 * MIB, 176, NULL);
    usable(OVMF_HASHES, 0x811000, 0x400, NULL);
    usable(OVMF_SECRETS, 128 * MIB, 0xc00, NULL);
    usable(OVMF_HASHES, 0x810000, 176,
           "guest firmware hashes table area is invalid (base=0x810c00 size=0x400)");
    usable(
        OVMF_SECRETS, 8 * MIB, 16,
        "guest firmware secret area is invalid, gpa must be specified (base=0x810000 size=0xc00)");
    usable(
        OVMF_SECRETS, 128 * MIB, 0xc01,
        "the secret does not fit in the guest firmware's secret area (base=0x810000 size=0xc00)");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char expect[200];
        table.areas[OVMF_HASHES] = (struct ovmf_area){true, wrong[i].base, wrong[i].size};
        snprintf(expect, sizeof(expect), "%s (base=0x%x size=0x%x)", invalid, wrong[i].base,
                 wrong[i].size);
        usable(OVMF_HASHES, 128 * MIB, 176, expect);
    }
    load("debian");
    usable(OVMF_HASHES, 128 * MIB, 176,
           "guest firmware hashes table area is invalid (base=0x0 size=0x0)");
    usable(OVMF_SECRETS, 128 * MIB, 16, "no secret area found in OVMF, gpa must be specified");
    load("no_areas");
    usable(OVMF_HASHES, 128 * MIB, 176,
           "kernel specified but guest firmware has no hashes table GUID");
    usable(OVMF_SECRETS, 128 * MIB, 16, "no secret area found in OVMF, gpa must be specified");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_tables),
        cmocka_unit_test(sev_metadata),
        cmocka_unit_test(bad_sev_metadata),
        cmocka_unit_test(no_table),
        cmocka_unit_test(damaged),
        cmocka_unit_test(reset_blocks),
        cmocka_unit_test(cut),
        cmocka_unit_test(areas),
    };

    return cmocka_run_group_tests_name("ovmf_table", tests, NULL, NULL);
}
