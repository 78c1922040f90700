/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of a saved guest with SEV-SNP: what is restored is the same, in the middle of a page state
 * change too, and damaged bytes are refused or can be saved again.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/exit_code.h"
#include "snp_machine.h"

#define GHCB_AT UINT64_C(0x3000)
#define FREE_2M UINT64_C(0x600000)

static struct es_machine m;
static struct hv_guest *guest;

static int teardown(void **state)
{
    (void)state;
    snp_free();
    return 0;
}

static void by_msr(uint64_t value)
{
    hv_es_set_ghcb_msr(guest, 0, value);
    hv_es_vmgexit(guest, 0);
    hv_es_set_ghcb_msr(guest, 0, GHCB_AT);
}

static void put(uint64_t at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        m.ram[GHCB_AT + GHCB_SHARED_BUFFER + at + i] = (uint8_t)(value >> 8 * i);
}

static void repeat_psc(void)
{
    uint8_t *page = m.ram + GHCB_AT;

    memset(page, 0, GHCB_SHARED_BUFFER);
    ghcb_set(page, GHCB_SW_EXITCODE, EXIT_PSC);
    ghcb_set(page, GHCB_SW_EXITINFO1, 0);
    ghcb_set(page, GHCB_SW_EXITINFO2, 0);
    ghcb_set(page, GHCB_SW_SCRATCH, GHCB_AT + GHCB_SHARED_BUFFER);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO2), 0);
}

/* A guest with a registered GHCB, a CPU of its own making, and a list of 253 page state changes of
 * which 100 are done. */
static void power_on(void)
{
    guest = snp_power_on(&m, "psc_chunk:100", "");
    by_msr(UINT64_C(2) << 52 | GHCB_AT | GHCB_MSR_PSC_REQ);
    by_msr(GHCB_AT | GHCB_MSR_REG_GPA_REQ);
    put(0, 0, 2);
    put(2, 252, 2);
    for (unsigned i = 0; i < 253; i++)
        put(8 + 8 * i, UINT64_C(2) << 52 | (FREE_2M + i * UINT64_C(4096)), 8);
    repeat_psc();
    assert_false(hv_snp_private(snp_hv, FREE_2M + 99 * 4096));
    assert_true(hv_snp_private(snp_hv, FREE_2M + 100 * 4096));
}

struct saved {
    uint8_t hv[HV_SAVE_MAX], *es, *snp, *rmp;
    size_t hv_len, es_len, snp_len, rmp_len;
};

static struct saved save(void)
{
    struct saved s = {.es_len = hv_es_save_size(snp_hv),
                      .snp_len = hv_snp_save_size(snp_hv),
                      .rmp_len = rmp_save_size(snp_rmp)};

    s.hv_len = hv_save(snp_hv, s.hv);
    s.es = malloc(s.es_len);
    s.snp = malloc(s.snp_len);
    s.rmp = malloc(s.rmp_len);
    assert_true(s.es && s.snp && s.rmp);
    assert_int_equal(hv_es_save(snp_hv, s.es), s.es_len);
    assert_int_equal(hv_snp_save(snp_hv, s.snp), s.snp_len);
    assert_int_equal(rmp_save(snp_rmp, s.rmp, s.rmp_len), s.rmp_len);
    return s;
}

static void forget(struct saved *s)
{
    free(s->es);
    free(s->snp);
    free(s->rmp);
}

static void restore(const struct saved *s)
{
    assert_null(hv_check_saved(s->hv, s->hv_len));
    hv_restore(snp_hv, s->hv, s->hv_len);
    assert_null(hv_es_check_saved(snp_hv, s->es, s->es_len, ES_CPUS));
    hv_es_restore(snp_hv, s->es, s->es_len, ES_CPUS);
    assert_null(rmp_check_saved(snp_rmp, s->rmp, s->rmp_len));
    rmp_restore(snp_rmp, s->rmp, s->rmp_len);
    assert_null(hv_snp_check_saved(s->snp, s->snp_len, ES_CPUS));
    assert_int_equal(hv_snp_restore(snp_hv, s->snp, s->snp_len), 0);
}

static void same(const struct saved *a, const struct saved *b)
{
    assert_int_equal(a->snp_len, b->snp_len);
    assert_memory_equal(a->snp, b->snp, a->snp_len);
    assert_int_equal(a->es_len, b->es_len);
    assert_memory_equal(a->es, b->es, a->es_len);
    assert_int_equal(a->hv_len, b->hv_len);
    assert_memory_equal(a->hv, b->hv, a->hv_len);
    assert_int_equal(a->rmp_len, b->rmp_len);
    assert_memory_equal(a->rmp, b->rmp, a->rmp_len);
}

/* The restored guest completes the list, and ends as one that was never saved. */
static void middle_of_psc(void **state)
{
    static uint8_t ram[ES_RAM_SIZE];
    struct saved middle, end, again;

    (void)state;
    power_on();
    middle = save();
    memcpy(ram, m.ram, sizeof(ram));
    repeat_psc();
    repeat_psc();
    assert_false(hv_snp_private(snp_hv, FREE_2M + 252 * 4096));
    end = save();
    guest = snp_power_on(&m, "psc_chunk:100", "");
    restore(&middle);
    memcpy(m.ram, ram, sizeof(ram));
    assert_true(hv_guest_is_snp(guest));
    assert_int_equal(hv_snp_ghcb(guest, 0), GHCB_AT);
    again = save();
    same(&middle, &again);
    forget(&again);
    repeat_psc();
    repeat_psc();
    again = save();
    same(&end, &again);
    forget(&again);
    forget(&end);
    forget(&middle);
}

/* Most of the bytes are the ID authentication structure, in which every value is possible. */
static size_t stride(size_t at, size_t len)
{
    return at > 300 && at + 300 < len ? 97 : 1;
}

static void damaged(void **state)
{
    struct saved s;

    (void)state;
    power_on();
    s = save();
    for (size_t len = 0; len < s.snp_len; len++)
        assert_non_null(hv_snp_check_saved(s.snp, len, ES_CPUS));
    assert_non_null(hv_snp_check_saved(s.snp, s.snp_len, ES_CPUS - 1));
    for (size_t i = 0; i < s.snp_len; i += stride(i, s.snp_len)) {
        uint8_t *changed = malloc(s.snp_len), *out;

        assert_non_null(changed);
        memcpy(changed, s.snp, s.snp_len);
        changed[i] ^= (uint8_t)(1u << i % 8);
        if (!hv_snp_check_saved(changed, s.snp_len, ES_CPUS) &&
            hv_snp_restore(snp_hv, changed, s.snp_len) == 0) {
            assert_int_equal(hv_snp_save_size(snp_hv), s.snp_len);
            out = malloc(s.snp_len);
            assert_non_null(out);
            assert_int_equal(hv_snp_save(snp_hv, out), s.snp_len);
            assert_memory_equal(out, changed, s.snp_len);
            free(out);
        }
        free(changed);
    }
    restore(&s);
    forget(&s);
}

/* Return a number for how the nested page tables map all pages. */
static uint64_t mapping(void)
{
    uint64_t sum = 0;

    for (uint64_t gpa = 0; gpa < SNP_COVERED; gpa += 4096) {
        const struct hv_snp_mapping at = hv_snp_mapping(snp_hv, gpa, gpa);

        sum = sum * 31 + (at.spa ^ gpa) + at.is_2m;
    }
    return sum;
}

/* What lies have done to the nested page tables stays. */
static void lies(void **state)
{
    uint64_t before;
    struct saved s;

    (void)state;
    guest = snp_power_on(&m, "", "double-map@1 size-mismatch@1");
    assert_int_equal(mapping(), 0);
    by_msr(GHCB_AT | GHCB_MSR_REG_GPA_REQ);
    before = mapping();
    assert_int_not_equal(before, 0);
    s = save();
    power_on();
    assert_int_equal(mapping(), 0);
    restore(&s);
    assert_int_equal(mapping(), before);
    forget(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(middle_of_psc, teardown),
        cmocka_unit_test_teardown(damaged, teardown),
        cmocka_unit_test_teardown(lies, teardown),
    };

    return cmocka_run_group_tests_name("snp_save", tests, NULL, NULL);
}
