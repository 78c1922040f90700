/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of cpu-ext/cbit and of the wrappers in hooks.h, which patched Bochs calls.
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
    uint64_t spa, gpa;
    uint32_t flags, asid;
    int64_t code;
    enum sev_why why;
    bool write;
    void *tlb_entry;
    enum sev_signal signal;
} seen;
static struct cbit cbit;
static struct sev_verdict answer; /* of on_access() and on_insn() */

static struct sev_verdict on_access(void *ctx, unsigned cpu, uint64_t spa, uint64_t gpa,
                                    uint32_t flags, void *tlb_entry)
{
    assert_ptr_equal(ctx, &seen);
    cbit_count(&cbit, flags);
    seen.calls++;
    seen.cpu = cpu;
    seen.spa = spa;
    seen.gpa = gpa;
    seen.flags = flags;
    seen.tlb_entry = tlb_entry;
    return answer;
}

static int on_exit_(void *ctx, unsigned cpu, int64_t code, uint64_t info1, uint64_t info2)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    seen.cpu = cpu;
    seen.code = code;
    return code == 0x72 ? (int)(info1 + info2) : -1;
}

static bool on_msr(void *ctx, unsigned cpu, uint32_t index, bool write)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    seen.cpu = cpu;
    return index == 0x10 && write;
}

static struct sev_verdict on_insn(void *ctx, unsigned cpu, enum sev_insn insn,
                                  struct sev_insn_regs *regs)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    seen.cpu = cpu;
    regs->rax = insn;
    return answer;
}

static bool on_startup(void *ctx, unsigned cpu, enum sev_signal signal, uint8_t vector)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    seen.cpu = cpu;
    seen.signal = signal;
    return vector == 0x9f;
}

static bool on_peek(void *ctx, uint32_t asid, uint64_t spa, void *buf, unsigned len)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    seen.asid = asid;
    seen.spa = spa;
    seen.len = len;
    memset(buf, 0x5a, len);
    return true;
}

static bool on_watched(void *ctx, uint64_t spa)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    return spa == 0x5000;
}

static void on_touch(void *ctx, unsigned cpu, uint64_t spa, unsigned len, enum sev_why why,
                     const void *data)
{
    assert_ptr_equal(ctx, &seen);
    seen.calls++;
    seen.cpu = cpu;
    seen.spa = spa;
    seen.len = len;
    seen.why = why;
    seen.write = data != NULL;
}

static void on_decode(void *ctx, unsigned cpu, uint64_t spa, unsigned len)
{
    on_touch(ctx, cpu, spa, len, SEV_WHY_FETCH, NULL);
}

static const struct sev_hooks all = {
    .ctx = &seen,
    .access = on_access,
    .exit = on_exit_,
    .msr = on_msr,
    .insn = on_insn,
    .startup = on_startup,
    .peek = on_peek,
    .watched = on_watched,
    .touch = on_touch,
    .decode = on_decode,
};

static void attach(const struct sev_hooks *table)
{
    memset(&seen, 0, sizeof(seen));
    answer = (struct sev_verdict){SEV_GO, 0};
    cbit_init(&cbit, 47);
    assert_int_equal(cbit_attach(&cbit, &sev_hooks, table), 0);
}

static bool is_empty(const struct sev_hooks *hooks)
{
    static const struct sev_hooks empty = {.version = SEV_HOOKS_VERSION, .size = sizeof(empty)};

    return memcmp(hooks, &empty, sizeof(empty)) == 0;
}

/* Stock Bochs. */
static void an_empty_table_has_the_neutral_answers(void **state)
{
    const uint32_t flags = SEV_FLAGS(SEV_ACCESS_PRIVATE, SEV_WHY_WALK);
    struct sev_insn_regs regs = {.rax = 1};
    uint8_t buf[4];

    (void)state;
    assert_true(is_empty(&sev_hooks));
    for (unsigned cpu = 0; cpu < 3; cpu++) {
        assert_int_equal(sev_hooks_access(cpu, 0x1000, 0x1000, flags, NULL).kind, SEV_GO);
        assert_false(sev_hooks_walk_may_go(cpu, 0x1000));
        assert_int_equal(sev_hooks_exit(cpu, 0x72, 0, 0), -1);
        assert_false(sev_hooks_es(cpu));
        assert_false(sev_hooks_msr(cpu, 0x10, true));
        for (unsigned insn = 0; insn < SEV_INSN_COUNT; insn++) {
            assert_false(sev_hooks_insn_exists(cpu, insn));
            assert_int_equal(sev_hooks_insn(cpu, insn, &regs).kind, SEV_UD);
        }
        sev_hooks_wbinvd(cpu);
        assert_false(sev_hooks_startup(cpu, SEV_SIGNAL_INIT, 0));
        assert_false(sev_hooks_peek(cpu, 0x1000, buf, 4));
        sev_hooks_decode(cpu, 0x1000, 4);
    }
    assert_true(sev_hooks_device(0x1000, 4, buf));
    assert_false(sev_hooks_watched(0x1000));
    assert_true(regs.rax == 1 && is_empty(&sev_hooks));
}

static void attach_and_detach(void **state)
{
    (void)state;
    attach(&all);
    assert_int_equal(sev_hooks.version, SEV_HOOKS_VERSION);
    assert_int_equal(sev_hooks.size, sizeof(sev_hooks));
    for (unsigned cpu = 0; cpu < SEV_CPUS_MAX; cpu++)
        assert_true(sev_hooks_cbit(cpu) == UINT64_C(0x800000000000));
    cbit_detach(&sev_hooks);
    assert_true(is_empty(&sev_hooks));
}

static void another_version_is_refused(void **state)
{
    static struct sev_hooks other = {.version = SEV_HOOKS_VERSION + 1, .size = sizeof(other)};
    static struct sev_hooks shorter = {.version = SEV_HOOKS_VERSION, .size = sizeof(other) - 8};

    (void)state;
    cbit_init(&cbit, 51);
    assert_int_equal(cbit_attach(&cbit, &other, &all), -EPROTO);
    assert_int_equal(cbit_attach(&cbit, &shorter, &all), -EPROTO);
    assert_true(other.cpus[0].cbit_mask == 0 && other.access == NULL);
    assert_true(shorter.cpus[0].cbit_mask == 0 && shorter.access == NULL);
}

/* Version, size and C-bit of the table that is put in are not used. */
static void only_the_cbit(void **state)
{
    static const struct sev_hooks nobody = {.cpus = {{.cbit_mask = 1}}, .version = 77};

    (void)state;
    attach(&nobody);
    for (unsigned cpu = 0; cpu < SEV_CPUS_MAX; cpu++) {
        assert_true(sev_hooks_cbit(cpu) == UINT64_C(1) << 47);
        sev_hooks.cpus[cpu].cbit_mask = 0;
    }
    assert_true(is_empty(&sev_hooks));
}

static void counts(void **state)
{
    (void)state;
    attach(&all);
    sev_hooks_access(0, 0x1000, 0x1000, SEV_FLAGS(SEV_ACCESS_PRIVATE, SEV_WHY_FETCH), NULL);
    sev_hooks_access(1, 0x1000, 0x1000, SEV_FLAGS(SEV_ACCESS_PRIVATE, SEV_WHY_FETCH), NULL);
    sev_hooks_access(1, 0x2000, 0x2000, SEV_FLAGS(SEV_ACCESS_SHARED, SEV_WHY_DATA) | SEV_FLAG_WRITE,
                     NULL);
    assert_true(sev_hooks_store(0x2000)); /* of a debugger: not counted */
    assert_true(sev_hooks_device(0x2000, 4, "abcd"));
    assert_true(cbit_accesses(&cbit, &sev_hooks, SEV_ACCESS_PRIVATE, SEV_WHY_FETCH) == 2);
    assert_true(cbit_accesses(&cbit, &sev_hooks, SEV_ACCESS_SHARED, SEV_WHY_DATA) == 1);
    assert_true(cbit_accesses(&cbit, &sev_hooks, SEV_ACCESS_SHARED, SEV_WHY_DEVICE) == 1);
    assert_true(cbit_accesses(&cbit, &sev_hooks, SEV_ACCESS_PRIVATE, SEV_WHY_DATA) == 0);
    cbit_detach(&sev_hooks);
}

/* The page walk of a page that is decrypted for the guest of this CPU, and of no other, takes the
 * fast path. */
static void walks_of_two_guests(void **state)
{
    static const uint8_t keys[4] = {1, 0, 1, 2};
    static struct sev_hooks table;

    (void)state;
    table = all;
    for (unsigned cpu = 0; cpu < 2; cpu++)
        table.cpus[cpu] =
            (struct sev_cpu){.key = (uint8_t)(cpu + 1), .page_key = keys, .first = 16, .n = 4};
    attach(&table);
    assert_true(sev_hooks_walk_may_go(0, 0x10ff8));
    assert_true(sev_hooks_walk_may_go(0, 0x12000));
    assert_false(sev_hooks_walk_may_go(0, 0x13000)); /* of the other guest */
    assert_true(sev_hooks_walk_may_go(1, 0x13000));
    assert_false(sev_hooks_walk_may_go(1, 0x10ff8));
    assert_false(sev_hooks_walk_may_go(0, 0x11000)); /* raw */
    assert_false(sev_hooks_walk_may_go(0, 0xf000));  /* below */
    assert_false(sev_hooks_walk_may_go(0, 0x14000)); /* above */
    assert_false(sev_hooks_walk_may_go(2, 0x10000)); /* no guest */
    assert_true(sev_hooks.cpus[0].walks == 2 && sev_hooks.cpus[1].walks == 1);
    assert_true(cbit_accesses(&cbit, &sev_hooks, SEV_ACCESS_PRIVATE, SEV_WHY_WALK) == 3);
    assert_int_equal(seen.calls, 0);
    cbit_detach(&sev_hooks);
}

static void an_access_arrives_as_it_was_made(void **state)
{
    const uint32_t flags = SEV_FLAGS(SEV_ACCESS_SHARED, SEV_WHY_AD) | SEV_FLAG_WRITE |
                           SEV_FLAG_USER | SEV_FLAG_SHADOW_STACK;
    int entry;

    (void)state;
    attach(&all);
    answer = (struct sev_verdict){SEV_VC, 0x404};
    struct sev_verdict verdict = sev_hooks_access(3, 0x7ffff123, 0x5123, flags, &entry);
    assert_true(verdict.kind == SEV_VC && verdict.info == 0x404);
    assert_true(seen.calls == 1 && seen.cpu == 3);
    assert_true(seen.spa == 0x7ffff000 && seen.gpa == 0x5000); /* pages */
    assert_int_equal(seen.flags, flags);
    assert_ptr_equal(seen.tlb_entry, &entry);
    cbit_detach(&sev_hooks);
}

/* Each combination fits into the word and comes out of it. */
static void flags(void **state)
{
    (void)state;
    for (unsigned why = 0; why < SEV_WHY_COUNT; why++)
        for (unsigned access = 0; access < 2; access++) {
            uint32_t word = SEV_FLAGS(access, why);

            assert_int_equal(sev_flags_access(word), access);
            assert_int_equal(sev_flags_why(word), why);
            assert_int_equal(
                word & (SEV_FLAG_WRITE | SEV_FLAG_USER | SEV_FLAG_SHADOW_STACK | SEV_FLAG_OBSERVER),
                0);
        }
    assert_true(sev_why_is_internal(SEV_WHY_WALK) && sev_why_is_internal(SEV_WHY_AD) &&
                sev_why_is_internal(SEV_WHY_HOST));
    assert_false(sev_why_is_internal(SEV_WHY_DATA) || sev_why_is_internal(SEV_WHY_FETCH) ||
                 sev_why_is_internal(SEV_WHY_DEVICE));
}

/* A blocked device does not touch memory. */
static void devices(void **state)
{
    (void)state;
    attach(&all);
    assert_true(sev_hooks_device(0x7ffff123, 512, "x"));
    assert_int_equal(seen.calls, 2);
    assert_true(seen.cpu == SEV_HOOKS_NO_CPU && seen.spa == 0x7ffff123 && seen.write);
    assert_int_equal(seen.flags, SEV_FLAGS(SEV_ACCESS_SHARED, SEV_WHY_DEVICE) | SEV_FLAG_WRITE);
    assert_int_equal(seen.len, 512);
    assert_int_equal(seen.why, SEV_WHY_DEVICE);
    answer.kind = SEV_BLOCK;
    assert_false(sev_hooks_device(0x7ffff123, 512, NULL));
    assert_int_equal(seen.calls, 3);
    assert_int_equal(seen.flags, SEV_FLAGS(SEV_ACCESS_SHARED, SEV_WHY_DEVICE));
    assert_false(sev_hooks_store(0x7ffff123)); /* nor does a debugger that is refused */
    assert_int_equal(seen.flags, SEV_FLAGS(SEV_ACCESS_PRIVATE, SEV_WHY_DATA) | SEV_FLAG_WRITE |
                                     SEV_FLAG_OBSERVER);
    cbit_detach(&sev_hooks);
}

/* An instruction is only passed on where it exists. */
static void instructions(void **state)
{
    struct sev_insn_regs regs = {0};
    static struct sev_hooks table;

    (void)state;
    table = all;
    table.cpus[1].insns = 1u << SEV_INSN_PVALIDATE | 1u << SEV_INSN_WBINVD;
    attach(&table);
    assert_int_equal(sev_hooks_insn(0, SEV_INSN_PVALIDATE, &regs).kind, SEV_UD);
    assert_int_equal(sev_hooks_insn(1, SEV_INSN_RMPADJUST, &regs).kind, SEV_UD);
    sev_hooks_wbinvd(0);
    assert_int_equal(seen.calls, 0);
    answer = (struct sev_verdict){SEV_NPF, 7};
    assert_int_equal(sev_hooks_insn(1, SEV_INSN_PVALIDATE, &regs).kind, SEV_NPF);
    assert_true(regs.rax == SEV_INSN_PVALIDATE && seen.calls == 1 && seen.cpu == 1);
    sev_hooks_wbinvd(1);
    assert_int_equal(seen.calls, 2);
    cbit_detach(&sev_hooks);
}

static void other_events(void **state)
{
    uint8_t bytes[4] = {0};
    static struct sev_hooks table;

    (void)state;
    table = all;
    table.cpus[2].asid = 9;
    table.cpus[2].es = 1;
    attach(&table);
    assert_int_equal(sev_hooks_exit(2, 0x72, 3, 4), 7);
    assert_int_equal(sev_hooks_exit(1, -1, 3, 4), -1);
    assert_true(seen.code == -1 && seen.cpu == 1);
    assert_true(sev_hooks_es(2) && !sev_hooks_es(1));
    assert_true(sev_hooks_msr(2, 0x10, true));
    assert_false(sev_hooks_msr(2, 0x10, false));
    assert_true(sev_hooks_startup(2, SEV_SIGNAL_SIPI, 0x9f));
    assert_true(seen.signal == SEV_SIGNAL_SIPI && seen.cpu == 2);
    assert_false(sev_hooks_startup(2, SEV_SIGNAL_NMI, 0));

    assert_true(sev_hooks_peek(2, 0x7ffff123, bytes, 3));
    assert_true(seen.spa == 0x7ffff123 && seen.len == 3 && seen.asid == 9);
    assert_memory_equal(bytes, "\x5a\x5a\x5a\0", 4);
    assert_true(sev_hooks_watched(0x5000));
    assert_false(sev_hooks_watched(0x6000));
    sev_hooks_decode(1, 0x8ffd, 3);
    assert_true(seen.cpu == 1 && seen.spa == 0x8ffd && seen.len == 3 && !seen.write);
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
    assert_string_equal(cbit_why_name(SEV_WHY_AD), "ad");
    assert_string_equal(cbit_why_name(SEV_WHY_HOST), "host");
    assert_string_equal(cbit_why_name(SEV_WHY_DEVICE), "device");
    assert_string_equal(cbit_why_name(SEV_WHY_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions),
        cmocka_unit_test(ram_below_the_bit),
        cmocka_unit_test(an_empty_table_has_the_neutral_answers),
        cmocka_unit_test(attach_and_detach),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(only_the_cbit),
        cmocka_unit_test(counts),
        cmocka_unit_test(walks_of_two_guests),
        cmocka_unit_test(an_access_arrives_as_it_was_made),
        cmocka_unit_test(flags),
        cmocka_unit_test(devices),
        cmocka_unit_test(instructions),
        cmocka_unit_test(other_events),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("cbit", tests, NULL, NULL);
}
