/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cpu-ext/sanitize: random accesses by CPUs with TLBs, a device and the secure processor against a
 * model that has the last writer of every block, because it sees every access. The sanitizer
 * sees only what Bochs would show it.
 */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "sanitize.h"

#define PAGE(n) ((uint64_t)(n) << 12)
#define DEVICE  SEV_HOOKS_NO_CPU
#define CBIT    (UINT64_C(1) << 47)

#if defined(__SANITIZE_ADDRESS__) || defined(__COVERAGE__)
#define ACCESSES 500000u
#else
#define ACCESSES 5000000u
#endif

#define PAGES  6u
#define CPUS   2u
#define BLOCKS 256u

static struct san *san;
static uint64_t rip;     /* of the access that is made now */
static unsigned reports; /* since it began */
static struct san_report last;
static const uint8_t bytes[4096];

/* --- the model --- */

static struct block {
    bool written;
    enum sev_access how;
    uint64_t rip;
} model[PAGES][BLOCKS];

/* One translation for each CPU and page; all of a page are of one access, private or shared. */
static struct entry {
    bool valid, host, write;
    enum sev_access how;
} tlb[CPUS][PAGES];

static uint64_t seed;

static unsigned dice(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

/* --- the machine that the sanitizer asks --- */

static void ops_who(void *ctx, unsigned cpu, struct san_who *who)
{
    (void)ctx;
    (void)cpu;
    who->rip = rip;
    who->by = SAN_BY_CPU;
}

static uint64_t ops_linear(void *ctx, unsigned cpu)
{
    (void)ctx;
    (void)cpu;
    return 0;
}

/* Every change of a page is intended, and no page table is one for long. */
static bool ops_private_now(void *ctx, unsigned cpu, uint64_t linear, uint64_t paddr)
{
    (void)ctx;
    (void)cpu;
    (void)linear;
    (void)paddr;
    return false;
}

static unsigned ops_table_level(void *ctx, unsigned cpu, uint64_t paddr)
{
    (void)ctx;
    (void)cpu;
    (void)paddr;
    return 0;
}

static bool ops_peek(void *ctx, uint64_t paddr, uint64_t *value)
{
    (void)ctx;
    (void)paddr;
    *value = 0;
    return false;
}

static bool ops_watch(void *ctx, uint64_t paddr, uint64_t n)
{
    (void)ctx;
    for (uint64_t page = paddr >> 12; page < (paddr >> 12) + n && page < PAGES; page++)
        for (unsigned cpu = 0; cpu < CPUS; cpu++)
            tlb[cpu][page].host = false;
    return false;
}

static void ops_report(void *ctx, const struct san_report *report)
{
    (void)ctx;
    reports++;
    last = *report;
}

/* --- accesses --- */

static void drop(unsigned page, enum sev_access unless)
{
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        if (tlb[cpu][page].how != unless)
            tlb[cpu][page].valid = false;
}

/* Check that there is a finding exactly if the model says that an access reads what the other
 * access wrote, and that the reported facts agree. */
static void check_read(unsigned page, unsigned at, unsigned len, enum sev_access how)
{
    bool wrong = false, unwritten = false;
    const struct block *b;

    for (unsigned i = at / 16; i <= (at + len - 1) / 16; i++) {
        b = &model[page][i];
        wrong |= b->written && b->how != how;
        unwritten |= !b->written;
    }
    if (wrong)
        assert_int_equal(reports, 1);
    else if (!unwritten)
        assert_int_equal(reports, 0);
    if (!reports)
        return;
    b = &model[last.paddr >> 12][last.paddr % 4096 / 16];
    assert_int_equal(last.how, how);
    assert_true(!b->written || b->how != how);
    if (last.writer.exact)
        assert_int_equal(last.writer.rip, b->rip);
}

static void model_write(unsigned page, unsigned at, unsigned len, enum sev_access how)
{
    for (unsigned i = at / 16; i <= (at + len - 1) / 16; i++)
        model[page][i] = (struct block){true, how, rip};
}

static void random_data(unsigned page, unsigned at, unsigned len, bool write)
{
    unsigned cpu = dice(CPUS);
    enum sev_access how = dice(2) ? SEV_ACCESS_PRIVATE : SEV_ACCESS_SHARED;
    struct entry *e = &tlb[cpu][page];
    uint64_t paddr = PAGE(page) + at;

    if (dice(4) && e->valid)
        how = e->how; /* most accesses go where the last one went */
    if (!e->valid || e->how != how || (write && !e->write)) {
        drop(page, how);
        san_access(san, cpu, PAGE(page), how, SEV_WHY_DATA, write);
        *e = (struct entry){true, !san_watched(san, PAGE(page)), write, how};
        san_touch(san, cpu, paddr, len, SEV_WHY_DATA, write ? bytes : NULL);
    } else if (!e->host) {
        san_touch(san, cpu, paddr, len, SEV_WHY_DATA, write ? bytes : NULL);
        if (!san_watched(san, PAGE(page)))
            e->valid = false; /* it may have a pointer again */
    }
    if (!write) {
        check_read(page, at, len, how);
    } else {
        assert_int_equal(reports, 0);
        model_write(page, at, len, how);
    }
}

static void random_step(void)
{
    unsigned page = dice(PAGES), len = dice(6) ? 1 + dice(dice(4) ? 32 : 4096) : 4096;
    unsigned at = dice(4096 - len + 1);
    bool write = dice(2);

    rip++;
    reports = 0;
    switch (dice(16)) {
    case 0:
        drop(page, SEV_ACCESS_SHARED);
        san_access(san, DEVICE, PAGE(page), SEV_ACCESS_SHARED, SEV_WHY_DEVICE, write);
        san_touch(san, DEVICE, PAGE(page) + at, len, SEV_WHY_DEVICE, write ? bytes : NULL);
        if (write)
            model_write(page, at, len, SEV_ACCESS_SHARED);
        else
            check_read(page, at, len, SEV_ACCESS_SHARED);
        break;
    case 1:
        san_psp(san, PAGE(page) + at, len, SEV_ACCESS_SHARED, false, SAN_BY_PSP);
        check_read(page, at, len, SEV_ACCESS_SHARED);
        break;
    case 2:
        drop(page, SEV_ACCESS_PRIVATE);
        san_psp(san, PAGE(page) + at, len, SEV_ACCESS_PRIVATE, true, SAN_BY_PSP);
        model_write(page, at, len, SEV_ACCESS_PRIVATE);
        break;
    case 3:
        drop(page, SEV_ACCESS_PRIVATE);
        san_access(san, 0, PAGE(page), SEV_ACCESS_PRIVATE, SEV_WHY_WALK, false);
        san_touch(san, 0, PAGE(page) + (at & ~7u), 8, SEV_WHY_WALK, NULL);
        check_read(page, at & ~7u, 8, SEV_ACCESS_PRIVATE);
        break;
    case 4:
        drop(page, SEV_ACCESS_PRIVATE);
        san_access(san, 0, PAGE(page), SEV_ACCESS_PRIVATE, SEV_WHY_FETCH, false);
        len = 1 + dice(15);
        at = dice(4096 - len);
        san_decode(san, 0, PAGE(page) + at, len);
        check_read(page, at, len, SEV_ACCESS_PRIVATE);
        break;
    case 5:
        for (unsigned i = 0; i < PAGES; i++)
            tlb[dice(CPUS)][i].valid = false;
        break;
    default:
        random_data(page, at, len, write);
    }
}

static void test_random(void **state)
{
    static const struct san_ops ops = {.who = ops_who,
                                       .linear = ops_linear,
                                       .private_now = ops_private_now,
                                       .table_level = ops_table_level,
                                       .peek = ops_peek,
                                       .watch = ops_watch,
                                       .report = ops_report};

    (void)state;
    seed = 1;
    san = san_new(PAGE(PAGES), CBIT, &ops);
    assert_non_null(san);
    for (unsigned i = 0; i < ACCESSES; i++)
        random_step();
    assert_true(san_stats(san).mixed_ever > 1000);
    assert_true(san_stats(san).forgotten == 0);
    san_free(san);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

    return cmocka_run_group_tests_name("sanitize_random", tests, NULL, NULL);
}
