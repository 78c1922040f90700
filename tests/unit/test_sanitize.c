/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cpu-ext/sanitize: each kind of report and each silence by itself.
 */
#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "sanitize.h"

#define CBIT    (UINT64_C(1) << 47)
#define RAM_END (UINT64_C(5000) * 4096)
#define DEVICE  SEV_HOOKS_NO_CPU
#define PAGE(n) ((uint64_t)(n) << 12)

/* --- the machine that the sanitizer asks --- */

static struct machine {
    struct san *san;
    uint64_t rip, tick, linear;
    uint8_t by;
    bool mapped_private; /* by the page tables as they are now */
    unsigned level;      /* of the page table that is asked about */
    uint64_t entry;      /* what peek finds */
    bool translated;     /* there is a valid translation of some page */
    unsigned watches, asked;
    unsigned reports;
    struct san_report last;
} m;

static void ops_who(void *ctx, unsigned cpu, struct san_who *who)
{
    (void)ctx;
    (void)cpu;
    who->rip = m.rip;
    who->tick = m.tick;
    who->by = m.by;
}

static uint64_t ops_linear(void *ctx, unsigned cpu)
{
    (void)ctx;
    (void)cpu;
    return m.linear;
}

static bool ops_private_now(void *ctx, unsigned cpu, uint64_t linear, uint64_t paddr)
{
    (void)ctx;
    (void)cpu;
    (void)linear;
    (void)paddr;
    return m.mapped_private;
}

static unsigned ops_table_level(void *ctx, unsigned cpu, uint64_t paddr)
{
    (void)ctx;
    (void)cpu;
    (void)paddr;
    m.asked++;
    return m.level;
}

static bool ops_peek(void *ctx, uint64_t paddr, uint64_t *value)
{
    (void)ctx;
    (void)paddr;
    *value = m.entry;
    return true;
}

static bool ops_watch(void *ctx, uint64_t paddr, uint64_t n)
{
    (void)ctx;
    (void)paddr;
    (void)n;
    m.watches++;
    return m.translated;
}

static void ops_report(void *ctx, const struct san_report *report)
{
    (void)ctx;
    m.reports++;
    m.last = *report;
}

static int setup(void **state)
{
    static const struct san_ops ops = {.who = ops_who,
                                       .linear = ops_linear,
                                       .private_now = ops_private_now,
                                       .table_level = ops_table_level,
                                       .peek = ops_peek,
                                       .watch = ops_watch,
                                       .report = ops_report};

    (void)state;
    memset(&m, 0, sizeof(m));
    m.by = SAN_BY_CPU;
    m.san = san_new(RAM_END, CBIT, &ops);
    return m.san ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    san_free(m.san);
    return 0;
}

/* An access by CPU 0 that misses the TLB, and the same by others. */
static void data(uint64_t paddr, unsigned len, enum sev_access how, bool write)
{
    static const uint8_t bytes[4096];

    san_access(m.san, 0, paddr & ~UINT64_C(0xfff), how, SEV_WHY_DATA, write);
    san_touch(m.san, 0, paddr, len, SEV_WHY_DATA, write ? bytes : NULL);
}

static void device(uint64_t paddr, unsigned len, bool write)
{
    static const uint8_t bytes[4096];

    san_access(m.san, DEVICE, paddr & ~UINT64_C(0xfff), SEV_ACCESS_SHARED, SEV_WHY_DEVICE, write);
    san_touch(m.san, DEVICE, paddr, len, SEV_WHY_DEVICE, write ? bytes : NULL);
}

static void walk(uint64_t paddr)
{
    san_access(m.san, 0, paddr & ~UINT64_C(0xfff), SEV_ACCESS_PRIVATE, SEV_WHY_WALK, false);
    san_touch(m.san, 0, paddr, 8, SEV_WHY_WALK, NULL);
}

static void expect(enum san_kind kind, uint64_t writer_rip)
{
    assert_int_equal(m.reports, 1);
    assert_int_equal(m.last.kind, kind);
    assert_int_equal(m.last.writer.rip, writer_rip);
    assert_int_equal(m.last.who.rip, m.rip);
    m.reports = 0;
}

/* --- each kind, and each silence --- */

static void test_read_through_the_other_view(void **state)
{
    (void)state;
    m.rip = 0x100;
    data(PAGE(1) + 0x20, 8, SEV_ACCESS_PRIVATE, true);
    data(PAGE(1) + 0x20, 8, SEV_ACCESS_PRIVATE, false);
    assert_int_equal(m.reports, 0);
    m.rip = 0x104;
    data(PAGE(1) + 0x1c, 8, SEV_ACCESS_SHARED, false);
    expect(SAN_SHARED_READ, 0x100);
    assert_int_equal(m.last.how, SEV_ACCESS_SHARED);
    assert_int_equal(m.last.writer.by, SAN_BY_CPU);
    assert_int_equal(m.last.paddr, PAGE(1) + 0x1c);
    assert_int_equal(m.last.len, 8);

    m.rip = 0x108;
    data(PAGE(2), 1, SEV_ACCESS_SHARED, true);
    m.rip = 0x10c;
    data(PAGE(2) + 0xff0, 16, SEV_ACCESS_PRIVATE, false);
    expect(SAN_PRIVATE_READ, 0x108);
    assert_false(m.last.writer.exact);
}

static void test_the_address_is_that_of_the_wrong_block(void **state)
{
    (void)state;
    data(PAGE(1), 8, SEV_ACCESS_PRIVATE, true);
    m.rip = 1;
    data(PAGE(1), 8, SEV_ACCESS_SHARED, true); /* block 0 is shared now */
    m.rip = 2;
    data(PAGE(1) + 8, 16, SEV_ACCESS_SHARED, false);
    assert_int_equal(m.reports, 1);
    assert_int_equal(m.last.paddr, PAGE(1) + 16);
}

static void test_an_intended_change_is_silent(void **state)
{
    (void)state;
    data(PAGE(3), 8, SEV_ACCESS_PRIVATE, true);
    for (unsigned at = 0; at < 4096; at += 8)
        data(PAGE(3) + at, 8, SEV_ACCESS_SHARED, true);
    assert_false(san_watched(m.san, PAGE(3))); /* all of it has changed */
    device(PAGE(3), 512, false);
    device(PAGE(3) + 512, 512, true);
    data(PAGE(3) + 600, 8, SEV_ACCESS_SHARED, false);
    assert_int_equal(m.reports, 0);
    assert_int_equal(san_stats(m.san).mixed, 0);
    assert_int_equal(san_stats(m.san).mixed_ever, 1);
    /* and back */
    data(PAGE(3), 4096, SEV_ACCESS_PRIVATE, true);
    data(PAGE(3), 4096, SEV_ACCESS_PRIVATE, false);
    assert_int_equal(m.reports, 0);
}

static void test_memory_that_nobody_wrote(void **state)
{
    (void)state;
    data(PAGE(4), 8, SEV_ACCESS_PRIVATE, false);
    data(PAGE(4), 8, SEV_ACCESS_SHARED, false);
    device(PAGE(4), 16, false);
    walk(PAGE(4));
    san_decode(m.san, 0, PAGE(4), 3);
    assert_int_equal(m.reports, 0);
    data(RAM_END, 8, SEV_ACCESS_SHARED, true);
    data(RAM_END, 8, SEV_ACCESS_PRIVATE, false);
    data(UINT64_MAX - 7, 8, SEV_ACCESS_PRIVATE, false);
    assert_false(san_watched(m.san, RAM_END));
    assert_int_equal(m.reports, 0);
}

static void test_devices(void **state)
{
    (void)state;
    m.rip = 0x200;
    data(PAGE(5), 8, SEV_ACCESS_PRIVATE, true);
    m.rip = 0x204;
    device(PAGE(5), 512, false);
    expect(SAN_DEVICE_READ, 0x200);
    assert_int_equal(m.last.who.by, SAN_BY_DEVICE);

    /* The guest has made the page shared and not written yet: right. */
    m.mapped_private = false;
    data(PAGE(6), 8, SEV_ACCESS_PRIVATE, true);
    device(PAGE(6), 512, true);
    assert_int_equal(m.reports, 0);
    data(PAGE(6), 8, SEV_ACCESS_SHARED, false);
    assert_int_equal(m.reports, 0);

    /* It has not: wrong, and so is the load. */
    m.mapped_private = true;
    m.rip = 0x208;
    data(PAGE(7), 8, SEV_ACCESS_PRIVATE, true);
    m.rip = 0x20c;
    device(PAGE(7), 512, true);
    expect(SAN_DEVICE_WRITE, 0x208);
    assert_true(m.last.write);
    data(PAGE(7) + 64, 8, SEV_ACCESS_PRIVATE, false);
    expect(SAN_PRIVATE_READ, 0x20c);
    assert_int_equal(m.last.writer.by, SAN_BY_DEVICE);
    assert_true(m.last.writer.exact);
}

static void test_firmware_and_launch(void **state)
{
    (void)state;
    san_psp(m.san, PAGE(8), 4096, SEV_ACCESS_PRIVATE, true, SAN_BY_PSP);
    data(PAGE(8), 16, SEV_ACCESS_SHARED, false);
    assert_int_equal(m.reports, 1);
    assert_int_equal(m.last.kind, SAN_FIRMWARE_READ);
    assert_int_equal(m.last.writer.by, SAN_BY_PSP);

    m.by = SAN_BY_FIRMWARE;
    data(PAGE(9), 16, SEV_ACCESS_PRIVATE, true);
    m.by = SAN_BY_CPU;
    data(PAGE(9), 16, SEV_ACCESS_SHARED, false);
    assert_int_equal(m.reports, 2);
    assert_int_equal(m.last.kind, SAN_FIRMWARE_READ);
    assert_int_equal(m.last.writer.by, SAN_BY_FIRMWARE);
}

static void test_hypervisor(void **state)
{
    (void)state;
    m.rip = 0x300;
    data(PAGE(10), 8, SEV_ACCESS_PRIVATE, true);
    san_psp(m.san, PAGE(10), 4096, SEV_ACCESS_SHARED, false, SAN_BY_HYPERVISOR);
    expect(SAN_DEVICE_READ, 0x300);
    assert_int_equal(m.last.who.by, SAN_BY_HYPERVISOR);
    assert_string_equal(san_by_name(SAN_BY_HYPERVISOR), "hypervisor");
}

static void test_secure_processor(void **state)
{
    unsigned watches;

    (void)state;
    m.rip = 0x300;
    data(PAGE(10), 8, SEV_ACCESS_PRIVATE, true);
    watches = m.watches;
    san_psp(m.san, PAGE(10) + 32, 32, SEV_ACCESS_SHARED, false, SAN_BY_PSP);
    expect(SAN_DEVICE_READ, 0x300);
    assert_int_equal(m.last.who.by, SAN_BY_PSP);
    /* The page is still decrypted and its translations live on: they must lose their pointers. */
    assert_int_equal(m.watches, watches + 1);
    san_touch(m.san, 0, PAGE(10), 8, SEV_WHY_DATA, NULL);
    assert_int_equal(m.reports, 0);

    /* LAUNCH_UPDATE_DATA of a shared buffer: private from now on, and no mistake. */
    data(PAGE(11), 64, SEV_ACCESS_SHARED, true);
    san_psp(m.san, PAGE(11), 64, SEV_ACCESS_SHARED, false, SAN_BY_PSP);
    san_psp(m.san, PAGE(11), 64, SEV_ACCESS_PRIVATE, true, SAN_BY_PSP);
    data(PAGE(11) + 48, 16, SEV_ACCESS_PRIVATE, false);
    assert_int_equal(m.reports, 0);
    data(PAGE(11) + 48, 16, SEV_ACCESS_SHARED, false);
    assert_int_equal(m.last.kind, SAN_FIRMWARE_READ);
    san_psp(m.san, PAGE(11), 4096, SEV_ACCESS_PRIVATE, true, SAN_BY_PSP);
    assert_int_equal(san_stats(m.san).mixed, 1); /* page 10 */
}

static void test_fetch(void **state)
{
    (void)state;
    m.rip = 0x400;
    data(PAGE(12) + 0x40, 16, SEV_ACCESS_SHARED, true);
    m.rip = 0x404;
    san_access(m.san, 0, PAGE(12), SEV_ACCESS_PRIVATE, SEV_WHY_FETCH, false);
    assert_int_equal(m.reports, 0); /* it depends on where in the page */
    san_decode(m.san, 0, PAGE(12) + 0x40, 3);
    expect(SAN_FETCH, 0x400);
    assert_int_equal(m.last.how, SEV_ACCESS_PRIVATE);
    data(PAGE(12) + 0x40, 16, SEV_ACCESS_PRIVATE, true);
    san_decode(m.san, 0, PAGE(12) + 0x40, 3);
    assert_int_equal(m.reports, 0);
    san_decode(m.san, 0, PAGE(12) + 0x4f, 3);
    assert_int_equal(m.reports, 1);
}

static void test_page_tables(void **state)
{
    (void)state;
    /* Built shared, then used. */
    m.rip = 0x500;
    data(PAGE(13), 8, SEV_ACCESS_SHARED, true);
    m.rip = 0x504;
    walk(PAGE(13) + 8);
    expect(SAN_WALK, 0x500);

    /* In use, then written shared. */
    data(PAGE(14), 8, SEV_ACCESS_PRIVATE, true);
    walk(PAGE(14));
    assert_true(san_watched(m.san, PAGE(14)));
    m.level = 1;
    m.asked = 0;
    m.rip = 0x508;
    data(PAGE(14), 8, SEV_ACCESS_SHARED, true);
    assert_int_equal(m.reports, 1);
    assert_int_equal(m.last.kind, SAN_TABLE_STORE);
    assert_int_equal(m.last.who.rip, 0x508);
    data(PAGE(14) + 8, 8, SEV_ACCESS_SHARED, true);
    assert_int_equal(m.reports, 2);
    assert_int_equal(m.asked, 1); /* it is slow to ask */
    m.reports = 0;

    /* Given up as a page table, then shared: nobody's business. */
    data(PAGE(15), 8, SEV_ACCESS_PRIVATE, true);
    walk(PAGE(15));
    m.level = 0;
    data(PAGE(15), 8, SEV_ACCESS_SHARED, true);
    assert_int_equal(m.reports, 0);
}

static void test_a_page_table_is_watched_while_it_is_one(void **state)
{
    (void)state;
    data(PAGE(16), 8, SEV_ACCESS_PRIVATE, true);
    assert_false(san_watched(m.san, PAGE(16)));
    walk(PAGE(16));
    assert_int_equal(m.watches, 1);
    for (unsigned i = 0; i < 1000; i++)
        data(PAGE(16), 8, SEV_ACCESS_PRIVATE, false);
    walk(PAGE(16));
    for (unsigned i = 0; i < 1000; i++)
        data(PAGE(16), 8, SEV_ACCESS_PRIVATE, false);
    assert_true(san_watched(m.san, PAGE(16)));
    for (unsigned i = 0; i < 24; i++)
        data(PAGE(16), 8, SEV_ACCESS_PRIVATE, false);
    assert_false(san_watched(m.san, PAGE(16)));
}

/* Stores `entry` over `old` in a page table at `table`. */
static void set_entry(uint64_t table, uint64_t old, uint64_t entry)
{
    m.entry = old;
    san_access(m.san, 0, table & ~UINT64_C(0xfff), SEV_ACCESS_PRIVATE, SEV_WHY_DATA, true);
    san_touch(m.san, 0, table, 8, SEV_WHY_DATA, &entry);
}

static void test_forgotten_flush(void **state)
{
    const uint64_t entry = PAGE(18) | 0x63, table = PAGE(17) + 0x90;

    (void)state;
    walk(table);
    data(PAGE(18), 8, SEV_ACCESS_PRIVATE, true);
    m.translated = true;
    m.mapped_private = false;
    set_entry(table, entry | CBIT, entry);
    assert_true(san_watched(m.san, PAGE(18)));
    m.rip = 0x600;
    san_touch(m.san, 0, PAGE(18) + 8, 8, SEV_WHY_DATA, NULL); /* a TLB hit: no access() */
    assert_int_equal(m.reports, 1);
    assert_int_equal(m.last.kind, SAN_STALE_TRANSLATION);
    assert_int_equal(m.last.how, SEV_ACCESS_PRIVATE);
    assert_int_equal(m.last.entry, table);
    assert_int_equal(m.last.who.rip, 0x600);
    m.reports = 0;

    /* Through another mapping, that is private by the tables too. */
    m.mapped_private = true;
    san_touch(m.san, 0, PAGE(18) + 8, 8, SEV_WHY_DATA, NULL);
    assert_int_equal(m.reports, 0);

    /* The flush: the next access is translated anew. */
    m.mapped_private = false;
    data(PAGE(18), 8, SEV_ACCESS_SHARED, true);
    data(PAGE(18), 8, SEV_ACCESS_SHARED, false);
    assert_int_equal(m.reports, 0);
}

/* The hypervisor reads the field, for an instruction of the guest. */
static void test_a_field_of_a_ghcb(void **state)
{
    static const struct san_ghcb_field field = {PAGE(7), 0x308, 8, "RCX", 0x7c, "RDMSR or WRMSR"};

    (void)state;
    m.rip = 0x900;
    san_ghcb_field(m.san, 1, &field);
    assert_int_equal(m.reports, 1);
    assert_int_equal(m.last.kind, SAN_GHCB_FIELD);
    assert_int_equal(m.last.paddr, PAGE(7) + 0x308);
    assert_int_equal(m.last.who.rip, 0x900);
    assert_int_equal(m.last.who.cpu, 1);
    assert_string_equal(m.last.ghcb.name, "RCX");
    assert_int_equal(m.last.writer.by, SAN_BY_NOBODY);
}

/* Memory of devices is above RAM: it has no blocks, every access is a finding. */
static void test_memory_of_the_host(void **state)
{
    (void)state;
    m.rip = 0x700;
    san_host_memory(m.san, 1, UINT64_C(0xe0000ffc), 8, true);
    assert_int_equal(m.reports, 1);
    assert_int_equal(m.last.kind, SAN_HOST_MEMORY);
    assert_int_equal(m.last.how, SEV_ACCESS_PRIVATE);
    assert_true(m.last.write);
    assert_int_equal(m.last.paddr, UINT64_C(0xe0000ffc));
    assert_int_equal(m.last.len, 8);
    assert_int_equal(m.last.who.rip, 0x700);
    assert_int_equal(m.last.who.cpu, 1);
    assert_int_equal(m.last.writer.by, SAN_BY_DEVICE);
}

static void test_entries_that_leave_nothing_stale(void **state)
{
    const uint64_t entry = PAGE(18) | 0x63, table = PAGE(17);

    (void)state;
    walk(table);
    data(PAGE(18), 8, SEV_ACCESS_PRIVATE, true);
    m.translated = true;
    set_entry(table, entry | CBIT, (entry | CBIT) & ~UINT64_C(2)); /* C stays */
    set_entry(table, (entry | CBIT) & ~UINT64_C(1), entry);        /* was not present */
    set_entry(table, entry | CBIT, entry & ~UINT64_C(1));          /* is not present */
    set_entry(table, (entry | CBIT) + PAGE(1), entry);             /* another page */
    set_entry(table, RAM_END | 0x63 | CBIT, RAM_END | 0x63);       /* no RAM */
    assert_false(san_watched(m.san, PAGE(18)));
    m.translated = false; /* nobody has it in a TLB */
    set_entry(table, entry | CBIT, entry);
    assert_false(san_watched(m.san, PAGE(18)));
    m.translated = true;
    data(PAGE(18), 4096, SEV_ACCESS_SHARED, true); /* already used as the entry says now */
    set_entry(table, entry | CBIT, entry);
    assert_false(san_watched(m.san, PAGE(18)));
    walk(PAGE(19)); /* an upper-level entry: C there means nothing */
    set_entry(table, PAGE(19) | 0x63 | CBIT, PAGE(19) | 0x63);
    m.mapped_private = false;
    san_touch(m.san, 0, PAGE(19), 8, SEV_WHY_DATA, NULL);
    assert_int_equal(m.reports, 0);
}

static void test_forgotten_flush_of_a_large_page(void **state)
{
    const uint64_t entry = 0x200000 | 0xe3, table = PAGE(17);

    (void)state;
    walk(table);
    for (uint64_t at = 0x200000; at < 0x400000; at += 4096)
        data(at, 8, SEV_ACCESS_PRIVATE, true);
    m.translated = true;
    set_entry(table, entry | CBIT, entry);
    assert_false(san_watched(m.san, 0x1ff000));
    assert_true(san_watched(m.san, 0x200000));
    assert_true(san_watched(m.san, 0x3ff000));
    assert_false(san_watched(m.san, 0x400000));
    san_touch(m.san, 0, 0x3ff800, 8, SEV_WHY_DATA, NULL);
    assert_int_equal(m.reports, 1);
}

static void test_forgotten_flush_of_other_sizes(void **state)
{
    const uint64_t entry = 0x800000 | 0xe3, table = PAGE(17);

    (void)state;
    walk(table);
    data(0, 8, SEV_ACCESS_PRIVATE, true);
    data(0x800000, 8, SEV_ACCESS_PRIVATE, true);
    m.translated = true;
    m.level = 1; /* bit 7 is PAT */
    set_entry(table, entry | CBIT, entry);
    assert_true(san_watched(m.san, 0x800000));
    assert_false(san_watched(m.san, 0x801000));
    m.level = 3;
    set_entry(table, 0x1e3 | CBIT, 0x1e3);
    assert_true(san_watched(m.san, 0));
    assert_true(san_watched(m.san, 0x801000));
    assert_true(san_watched(m.san, RAM_END - 1));
    assert_false(san_watched(m.san, RAM_END));
}

static void test_room(void **state)
{
    (void)state;
    for (uint64_t page = 0; page < 4500; page++) {
        data(PAGE(page), 8, SEV_ACCESS_PRIVATE, true);
        data(PAGE(page), 8, SEV_ACCESS_SHARED, true);
    }
    assert_int_equal(san_stats(m.san).mixed, 4096);
    assert_int_equal(san_stats(m.san).forgotten, 4500 - 4096);
    data(PAGE(0) + 16, 8, SEV_ACCESS_SHARED, false); /* forgotten */
    assert_int_equal(m.reports, 0);
    data(PAGE(4499) + 16, 8, SEV_ACCESS_SHARED, false);
    assert_int_equal(m.reports, 1);
}

static void test_names(void **state)
{
    (void)state;
    for (int kind = 0; kind < SAN_KINDS; kind++) {
        assert_non_null(san_kind_name((enum san_kind)kind));
        assert_non_null(san_kind_meaning((enum san_kind)kind));
        for (int other = 0; other < kind; other++)
            assert_string_not_equal(san_kind_name((enum san_kind)kind),
                                    san_kind_name((enum san_kind)other));
    }
    assert_string_equal(san_by_name(SAN_BY_PSP), "psp");
}

/* A store of the debugger or the page-walk fast path: an access without a touch. What is touched
 * next says itself what it is. */
static void test_touch_has_its_own_reason(void **state)
{
    (void)state;
    data(PAGE(3), 64, SEV_ACCESS_SHARED, true);
    m.rip = 0x700;
    data(PAGE(3) + 64, 64, SEV_ACCESS_PRIVATE, true);
    san_access(m.san, 0, PAGE(4), SEV_ACCESS_PRIVATE, SEV_WHY_WALK, false);
    m.rip = 0x704;
    san_touch(m.san, 0, PAGE(3), 8, SEV_WHY_DATA, NULL);
    assert_int_equal(m.reports, 1);
    assert_int_equal(m.last.kind, SAN_PRIVATE_READ);
    san_access(m.san, 0, PAGE(3), SEV_ACCESS_PRIVATE, SEV_WHY_HOST, false);
    san_touch(m.san, 0, PAGE(3), 8, SEV_WHY_HOST, NULL); /* the SMM state save area */
    assert_int_equal(m.last.kind, SAN_PRIVATE_READ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read_through_the_other_view, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_address_is_that_of_the_wrong_block, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_an_intended_change_is_silent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_that_nobody_wrote, setup, teardown),
        cmocka_unit_test_setup_teardown(test_devices, setup, teardown),
        cmocka_unit_test_setup_teardown(test_firmware_and_launch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secure_processor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hypervisor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fetch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_page_tables, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_page_table_is_watched_while_it_is_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_forgotten_flush, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_of_the_host, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_field_of_a_ghcb, setup, teardown),
        cmocka_unit_test_setup_teardown(test_touch_has_its_own_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entries_that_leave_nothing_stale, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forgotten_flush_of_a_large_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forgotten_flush_of_other_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
    };

    return cmocka_run_group_tests_name("sanitize", tests, NULL, NULL);
}
