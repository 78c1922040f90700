/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of cpu-ext/cbit: where the C-bit may be, and that what Bochs calls through hooks.h comes as
 * it was meant.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "cbit.h"

/* The instance that patched Bochs has. */
struct sev_hooks sev_hooks = {.version = SEV_HOOKS_VERSION, .size = sizeof(struct sev_hooks)};

#define GIB UINT64_C(0x40000000)

static void positions(void **state)
{
    char reason[128];

    (void)state;
    for (unsigned pos = 0; pos < 64; pos++) {
        reason[0] = '\0';
        const char *refused = cbit_check(pos, 2 * GIB, reason, sizeof(reason));
        if (pos >= 32 && pos <= 51) {
            assert_null(refused);
        } else {
            assert_ptr_equal(refused, reason);
            assert_true(strlen(reason) > 10);
        }
    }
    assert_non_null(cbit_check(~0u, GIB, reason, sizeof(reason)));
}

static void ram_below_the_bit(void **state)
{
    char reason[128];

    (void)state;
    assert_null(cbit_check(32, 4 * GIB, reason, sizeof(reason)));
    assert_non_null(cbit_check(32, 4 * GIB + 1, reason, sizeof(reason)));
    assert_non_null(strstr(reason, "bit 32"));
    assert_non_null(strstr(reason, "0x100000001"));
    assert_null(cbit_check(33, 4 * GIB + 1, reason, sizeof(reason)));
    assert_null(cbit_check(51, UINT64_C(1) << 51, reason, sizeof(reason)));
    assert_non_null(cbit_check(51, UINT64_MAX, reason, sizeof(reason)));
    /* A short buffer is not overrun. */
    char small[8];
    small[7] = 'x';
    assert_non_null(cbit_check(32, UINT64_MAX, small, 7));
    assert_int_equal(small[6], '\0');
    assert_int_equal(small[7], 'x');
}

static struct {
    unsigned calls, cpu, len;
    uint64_t paddr;
    enum sev_access view;
    enum sev_why why;
    bool write;
    void *holder;
} seen;
static struct cbit cbit;

static void on_want(void *ctx, unsigned cpu, uint64_t paddr, enum sev_access view, enum sev_why why,
                    bool write, void *holder)
{
    assert_ptr_equal(ctx, &seen);
    cbit_count(&cbit, view, why);
    seen.calls++;
    seen.cpu = cpu;
    seen.paddr = paddr;
    seen.view = view;
    seen.why = why;
    seen.write = write;
    seen.holder = holder;
}

static bool on_peek(void *ctx, uint64_t paddr, enum sev_access view, void *buf, unsigned len)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    seen.paddr = paddr;
    seen.view = view;
    seen.len = len;
    memset(buf, 0x5a, len);
    return true;
}

static void on_wbinvd(void *ctx, unsigned cpu)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    seen.cpu = cpu;
}

static bool on_watched(void *ctx, uint64_t paddr)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    return paddr == 0x5000;
}

static void on_touch(void *ctx, unsigned cpu, uint64_t paddr, unsigned len, const void *data)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    seen.cpu = cpu;
    seen.paddr = paddr;
    seen.len = len;
    seen.write = data != NULL;
}

static void on_decode(void *ctx, unsigned cpu, uint64_t paddr, unsigned len)
{
    on_touch(ctx, cpu, paddr, len, NULL);
}

static const struct sev_hooks all = {.ctx = &seen,
                                     .access = on_want,
                                     .peek = on_peek,
                                     .wbinvd = on_wbinvd,
                                     .watched = on_watched,
                                     .touch = on_touch,
                                     .decode = on_decode};

static void an_empty_table_does_nothing(void **state)
{
    uint8_t byte = 7;

    (void)state;
    sev_hooks_access(0, 0x1234, SEV_ACCESS_SHARED, SEV_WHY_DEVICE, true, NULL);
    assert_false(sev_hooks_peek(0, &byte, 1));
    assert_int_equal(byte, 7);
    assert_false(sev_hooks_watched(0x1000));
    sev_hooks_touch(0, 0x1234, 4, NULL);
    sev_hooks_decode(0, 0x1234, 4);
    assert_true(sev_hooks.cbit_mask == 0);
}

static void attach_and_detach(void **state)
{

    (void)state;
    cbit_init(&cbit, 47);
    assert_int_equal(cbit_attach(&cbit, &sev_hooks, &all), 0);
    assert_int_equal(sev_hooks.version, SEV_HOOKS_VERSION);
    assert_int_equal(sev_hooks.size, sizeof(sev_hooks));
    assert_true(sev_hooks.cbit_mask == UINT64_C(0x800000000000));
    cbit_detach(&sev_hooks);
    assert_true(sev_hooks.cbit_mask == 0);
    assert_null(sev_hooks.access);
    assert_null(sev_hooks.peek);
    assert_null(sev_hooks.wbinvd);
    assert_null(sev_hooks.watched);
    assert_null(sev_hooks.touch);
    assert_null(sev_hooks.decode);
    assert_int_equal(sev_hooks.version, SEV_HOOKS_VERSION);
}

static void another_version_is_refused(void **state)
{
    struct sev_hooks other = {.version = SEV_HOOKS_VERSION + 1, .size = sizeof(other)};
    struct sev_hooks shorter = {.version = SEV_HOOKS_VERSION, .size = sizeof(other) - 8};

    (void)state;
    cbit_init(&cbit, 51);
    assert_int_equal(cbit_attach(&cbit, &other, &all), -EPROTO);
    assert_int_equal(cbit_attach(&cbit, &shorter, &all), -EPROTO);
    assert_true(other.cbit_mask == 0 && other.access == NULL);
    assert_true(shorter.cbit_mask == 0 && shorter.access == NULL);
}

/* Where nobody listens Bochs does not even call. */
static void nobody_listens(void **state)
{
    const struct sev_hooks nobody = {.cbit_mask = 1, .version = 77};

    (void)state;
    cbit_init(&cbit, 51);
    assert_int_equal(cbit_attach(&cbit, &sev_hooks, &nobody), 0);
    assert_true(sev_hooks.cbit_mask == UINT64_C(1) << 51);
    assert_int_equal(sev_hooks.version, SEV_HOOKS_VERSION);
    assert_null(sev_hooks.access);
    assert_null(sev_hooks.peek);
    assert_null(sev_hooks.watched);
    assert_null(sev_hooks.touch);
    assert_null(sev_hooks.decode);
    cbit_detach(&sev_hooks);
}

static void counts(void **state)
{
    (void)state;
    cbit_init(&cbit, 51);
    assert_int_equal(cbit_attach(&cbit, &sev_hooks, &all), 0);
    sev_hooks_access(0, 0x1000, SEV_ACCESS_PRIVATE, SEV_WHY_FETCH, false, NULL);
    sev_hooks_access(1, 0x1000, SEV_ACCESS_PRIVATE, SEV_WHY_FETCH, false, NULL);
    sev_hooks_access(1, 0x2000, SEV_ACCESS_SHARED, SEV_WHY_DATA, true, NULL);
    sev_hooks_access(SEV_HOOKS_NO_CPU, 0x2000, SEV_ACCESS_SHARED, SEV_WHY_DEVICE, true, NULL);
    assert_true(cbit.wants[SEV_ACCESS_PRIVATE][SEV_WHY_FETCH] == 2);
    assert_true(cbit.wants[SEV_ACCESS_SHARED][SEV_WHY_DATA] == 1);
    assert_true(cbit.wants[SEV_ACCESS_SHARED][SEV_WHY_DEVICE] == 1);
    assert_true(cbit.wants[SEV_ACCESS_PRIVATE][SEV_WHY_DATA] == 0);
    assert_int_equal(cbit.pos, 51);
    cbit_detach(&sev_hooks);
}

/* Walks of pages that stand as the guest sees them are counted and not handed on; all else is. */
static void settled_walks(void **state)
{
    uint8_t stands[4] = {1, 0, 1, 2}, guest = 1;
    const struct sev_hooks table = {
        .ctx = &seen,
        .access = on_want,
        .settled = {.stands = stands, .guest = &guest, .first = 16, .n = 4}};

    (void)state;
    memset(&seen, 0, sizeof(seen));
    cbit_init(&cbit, 47);
    assert_int_equal(cbit_attach(&cbit, &sev_hooks, &table), 0);
    sev_hooks_access(0, 0x10ff8, SEV_ACCESS_PRIVATE, SEV_WHY_WALK, false, NULL);
    sev_hooks_access(0, 0x12000, SEV_ACCESS_PRIVATE, SEV_WHY_WALK, true, NULL);
    assert_int_equal(seen.calls, 0);
    guest = 2;
    sev_hooks_access(0, 0x13000, SEV_ACCESS_PRIVATE, SEV_WHY_WALK, false, NULL);
    assert_int_equal(seen.calls, 0);
    sev_hooks_access(0, 0x12000, SEV_ACCESS_PRIVATE, SEV_WHY_WALK, false, NULL);
    assert_int_equal(seen.calls, 1);
    guest = 1;
    sev_hooks_access(0, 0x11000, SEV_ACCESS_PRIVATE, SEV_WHY_WALK, false, NULL); /* as stored */
    sev_hooks_access(0, 0xf000, SEV_ACCESS_PRIVATE, SEV_WHY_WALK, false, NULL);  /* below */
    sev_hooks_access(0, 0x14000, SEV_ACCESS_PRIVATE, SEV_WHY_WALK, false, NULL); /* above */
    sev_hooks_access(0, 0x10000, SEV_ACCESS_PRIVATE, SEV_WHY_FETCH, false, NULL);
    sev_hooks_access(0, 0x10000, SEV_ACCESS_PRIVATE, SEV_WHY_DATA, false, NULL);
    sev_hooks_access(0, 0x10000, SEV_ACCESS_SHARED, SEV_WHY_DEVICE, false, NULL);
    assert_int_equal(seen.calls, 7);
    assert_true(cbit.wants[SEV_ACCESS_PRIVATE][SEV_WHY_WALK] == 7);
    cbit_detach(&sev_hooks);
    assert_true(sev_hooks.settled.n == 0);
}

static void comes_as_it_was_meant(void **state)
{
    uint8_t bytes[4] = {0};

    (void)state;
    cbit_init(&cbit, 47);
    assert_int_equal(cbit_attach(&cbit, &sev_hooks, &all), 0);
    memset(&seen, 0, sizeof(seen));

    sev_hooks_access(3, 0x7ffff123, SEV_ACCESS_SHARED, SEV_WHY_DATA, true, bytes);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.cpu, 3);
    assert_true(seen.paddr == 0x7ffff000);
    assert_int_equal(seen.view, SEV_ACCESS_SHARED);
    assert_int_equal(seen.why, SEV_WHY_DATA);
    assert_true(seen.write);
    assert_ptr_equal(seen.holder, bytes);

    assert_true(sev_hooks_peek(0x7ffff123, bytes, 3));
    assert_int_equal(seen.calls, 2);
    assert_true(seen.paddr == 0x7ffff123);
    assert_int_equal(seen.view, SEV_ACCESS_PRIVATE);
    assert_int_equal(seen.len, 3);
    assert_memory_equal(bytes, "\x5a\x5a\x5a\0", 4);

    sev_hooks.wbinvd(sev_hooks.ctx, 2);
    assert_int_equal(seen.calls, 3);
    assert_int_equal(seen.cpu, 2);

    assert_true(sev_hooks_watched(0x5000));
    assert_false(sev_hooks_watched(0x6000));
    sev_hooks_touch(SEV_HOOKS_NO_CPU, 0x7ffff123, 512, bytes);
    assert_int_equal(seen.calls, 6);
    assert_true(seen.cpu == SEV_HOOKS_NO_CPU && seen.paddr == 0x7ffff123 && seen.write);
    assert_int_equal(seen.len, 512);
    sev_hooks_decode(1, 0x8ffd, 3);
    assert_int_equal(seen.calls, 7);
    assert_true(seen.cpu == 1 && seen.paddr == 0x8ffd && !seen.write);
    assert_int_equal(seen.len, 3);
    cbit_detach(&sev_hooks);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(cbit_access_name(SEV_ACCESS_PRIVATE), "private");
    assert_string_equal(cbit_access_name(SEV_ACCESS_SHARED), "shared");
    assert_string_equal(cbit_why_name(SEV_WHY_DATA), "data");
    assert_string_equal(cbit_why_name(SEV_WHY_FETCH), "fetch");
    assert_string_equal(cbit_why_name(SEV_WHY_WALK), "walk");
    assert_string_equal(cbit_why_name(SEV_WHY_DEVICE), "device");
    assert_string_equal(cbit_why_name(SEV_WHY_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions),
        cmocka_unit_test(ram_below_the_bit),
        cmocka_unit_test(an_empty_table_does_nothing),
        cmocka_unit_test(attach_and_detach),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(counts),
        cmocka_unit_test(settled_walks),
        cmocka_unit_test(comes_as_it_was_meant),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("cbit", tests, NULL, NULL);
}
