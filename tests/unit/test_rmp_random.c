/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * cpu-ext/rmp against rmp_model over 10^6 random sequences of RMPUPDATE, PSMASH, PVALIDATE,
 * RMPADJUST, RMPQUERY, entries of the secure processor, and accesses by two guests at all VMPLs, a
 * guest without SNP and a device. Every answer is compared, and the entries.
 *
 * TLBs are here too: each access that passes leaves a translation, and only the notices of rmp_ops
 * drop any. After each step no translation may be left that the model forbids.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "rmp.h"
#include "rmp_model.h"

#define SEQUENCES 1000000u
#define LAST      (MODEL_FIRST + MODEL_PAGES)
#define TLB       24u

static struct rmp *rmp;
static uint64_t seed = 0x534e5053e5e5e5e5, sequence;
static struct translation {
    bool valid;
    uint64_t page;
    struct model_access access;
} tlb[TLB];
static uint64_t answers[10][10], codes[8], drops;

static uint32_t any(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 32) * n >> 32);
}

static bool often(void)
{
    return any(8) != 0;
}

static bool seldom(void)
{
    return any(8) == 0;
}

static void on_changed(void *ctx, uint64_t spa, uint64_t n)
{
    (void)ctx;
    for (unsigned i = 0; i < TLB; i++)
        if (tlb[i].valid && tlb[i].page >= spa / 4096 && tlb[i].page < spa / 4096 + n) {
            tlb[i].valid = false;
            drops++;
        }
}

/* Few pages, so that operations meet: the first and last ones of each 2 MiB, and of the table. */
static uint64_t any_page(void)
{
    static const uint16_t pages[] = {0x0ff, 0x100, 0x1ff, 0x200, 0x201, 0x3ff,
                                     0x400, 0x401, 0x600, 0x602, 0x603, 0x200};

    return pages[any(sizeof(pages) / sizeof(pages[0]))];
}

/* The guest page number at which `page` is seen: mostly the right one. */
static uint64_t any_frame(uint64_t page)
{
    return often() ? page : seldom() ? page + 512 : page ^ 1;
}

static struct model_who any_who(void)
{
    return (struct model_who){often() ? 1 : 2, any(2) ? 0 : any(4)};
}

/* The place of a check in the order, by its name. */
static enum model_reason reason_of(enum rmp_check check)
{
    switch (check) {
    case RMP_PASSED:
        return FINE;
    case RMP_NOT_COVERED:
        return OUTSIDE;
    case RMP_NOT_ASSIGNED:
        return HOSTS_OWN;
    case RMP_WRONG_ASID:
        return OTHER_GUEST;
    case RMP_WRONG_GPA:
        return MOVED;
    case RMP_IMMUTABLE_PAGE:
        return LOCKED;
    case RMP_WRONG_SIZE:
        return SIZE;
    case RMP_NOT_VALIDATED:
        return UNACCEPTED;
    case RMP_NO_PERMISSION:
        return FORBIDDEN;
    case RMP_GUEST_OWNED:
        return TAKEN;
    default:
        fail_msg("check %d", (int)check);
        return FINE;
    }
}

static void equal(const char *what, uint64_t page, uint64_t got, uint64_t expected)
{
    if (got != expected)
        fail_msg("sequence %llu: %s, page %llx: %llu, the model has %llu",
                 (unsigned long long)sequence, what, (unsigned long long)page,
                 (unsigned long long)got, (unsigned long long)expected);
}

static void equal_answer(unsigned op, const char *name, uint64_t page, const struct rmp_result *got,
                         const struct model_answer *expected)
{
    answers[op][expected->reason]++;
    codes[expected->code]++;
    equal(name, page, reason_of(got->fault), expected->reason);
    equal(name, page, (uint64_t)got->eax, expected->code);
    equal("CF", page, got->cf, expected->same);
}

static void equal_entry(uint64_t page)
{
    static const struct model_page none;
    const struct rmp_entry got = rmp_get(rmp, page * 4096);
    const struct model_page *p =
        page >= MODEL_FIRST && page < LAST ? &model[page - MODEL_FIRST] : &none;

    equal("assigned", page, got.assigned, p->owned);
    equal("size", page, got.size_2m, p->large);
    equal("immutable", page, got.immutable, p->locked);
    equal("validated", page, got.validated, p->accepted);
    equal("VMSA", page, got.vmsa, p->state);
    equal("in use", page, got.in_use, p->running);
    equal("ASID", page, got.asid, p->guest);
    equal("guest address", page, got.gpa, p->frame * 4096);
    for (unsigned i = 0; i < 4; i++)
        equal("permissions", page, got.perms[i], p->may[i]);
}

static void rmpupdate(void)
{
    const uint64_t page = any_page();
    const struct model_page wanted = {.owned = any(4) != 0,
                                      .large = any(3) == 0,
                                      .locked = any(16) == 0,
                                      .guest = any(8) ? any(2) ? 1 : 0 : 2,
                                      .frame = seldom() ? UINT64_C(1) << 40 : any_frame(page)};
    const struct rmp_update update = {wanted.frame * 4096, wanted.guest, wanted.owned, wanted.large,
                                      wanted.locked};
    const unsigned expected = model_rmpupdate(page, &wanted);

    codes[expected]++;
    equal("RMPUPDATE", page, (uint64_t)rmp_rmpupdate(rmp, page * 4096, &update), expected);
    equal_entry(page);
}

/* As a hypervisor that works: the page goes to the guest, or comes back. */
static void convert(void)
{
    const uint64_t page = any_page();
    const struct model_page wanted = {.owned = any(3) != 0, .large = any(3) == 0, .frame = page};
    struct model_page guests = wanted;
    struct rmp_update update = {page * 4096, 0, wanted.owned, wanted.large, false};
    unsigned expected;

    guests.guest = update.asid = wanted.owned;
    expected = model_rmpupdate(page, &guests);
    codes[expected]++;
    equal("RMPUPDATE", page, (uint64_t)rmp_rmpupdate(rmp, page * 4096, &update), expected);
    equal_entry(page);
}

static void psmash(void)
{
    const uint64_t page = any(4) ? any_page() & ~UINT64_C(511) : any_page();
    const unsigned expected = model_psmash(page);

    codes[expected]++;
    equal("PSMASH", page, (uint64_t)rmp_psmash(rmp, page * 4096), expected);
    equal_entry(page);
    equal_entry(page + 511);
}

static void secure_processor(void)
{
    const uint64_t page = any_page();
    const struct model_page wanted = {.owned = often(),
                                      .large = any(3) == 0,
                                      .locked = any(2),
                                      .accepted = any(2),
                                      .state = seldom(),
                                      .guest = any(3),
                                      .frame = any_frame(page),
                                      .may = {31, (uint8_t)any(33), (uint8_t)any(4), 0}};
    const struct rmp_entry entry = {.gpa = wanted.frame * 4096,
                                    .asid = wanted.guest,
                                    .assigned = wanted.owned,
                                    .size_2m = wanted.large,
                                    .immutable = wanted.locked,
                                    .validated = wanted.accepted,
                                    .vmsa = wanted.state,
                                    .perms = {31, wanted.may[1], wanted.may[2], 0}};

    equal("entry", page, rmp_set(rmp, page * 4096, &entry), model_write(page, &wanted));
    equal_entry(page);
    equal_entry(page + 1);
}

static void run_vmsa(void)
{
    const uint64_t page = any_page();
    const bool running = seldom();

    rmp_set_in_use(rmp, page * 4096, running);
    model_run(page, running);
    equal_entry(page);
}

static void pvalidate(void)
{
    const uint64_t page = any_page(), frame = any_frame(page);
    const struct model_who who = {often() ? 1 : 2, 0};
    const struct rmp_guest guest = {who.guest, 0};
    const bool large = any(3) == 0, accept = any(4) != 0;
    const struct model_answer expected = model_pvalidate(who, page, frame, large, accept);
    const struct rmp_result got =
        rmp_pvalidate(rmp, &guest, page * 4096, frame * 4096, large, accept);

    equal_answer(0, "PVALIDATE", page, &got, &expected);
    equal_entry(page);
}

static void rmpadjust(void)
{
    const uint64_t page = any_page(), frame = any_frame(page);
    const struct model_who who = any_who();
    const struct rmp_guest guest = {who.guest, (uint8_t)who.level};
    const bool large = any(3) == 0, state = any(4) == 0;
    const unsigned target = any(16) ? who.level + any(4 - who.level) : any(6), may = any(34);
    const struct model_answer expected =
        model_rmpadjust(who, page, frame, large, target, may, state);
    const struct rmp_result got = rmp_rmpadjust(rmp, &guest, page * 4096, frame * 4096, large,
                                                target | may << 8 | (uint32_t)state << 16);

    equal_answer(1, "RMPADJUST", page, &got, &expected);
    equal_entry(page);
}

static void rmpquery(void)
{
    const uint64_t page = any_page(), frame = any_frame(page);
    const struct model_who who = any_who();
    const struct rmp_guest guest = {who.guest, (uint8_t)who.level};
    const unsigned target = any(5);
    uint64_t rdx = target;
    unsigned may = 0;
    bool state = false, large = false, is_2m = false;
    const struct model_answer expected =
        model_rmpquery(who, page, frame, target, &may, &state, &large);
    const struct rmp_result got =
        rmp_rmpquery(rmp, &guest, page * 4096, frame * 4096, &rdx, &is_2m);

    equal_answer(2, "RMPQUERY", page, &got, &expected);
    equal("RDX", page, rdx, target | may << 8 | (uint32_t)state << 16);
    equal("RCX", page, is_2m, large);
}

static enum model_reason check(uint64_t page, const struct model_access *m)
{
    const struct rmp_access access = {.asid = m->who.guest,
                                      .snp = m->snp,
                                      .vmpl = (uint8_t)m->who.level,
                                      .private_ = m->encrypted,
                                      .needs = (uint8_t)m->bits,
                                      .gpa = m->frame * 4096 + any(4096),
                                      .leaf_2m = m->large,
                                      .walk = m->walk};

    return reason_of(rmp_check(rmp, page * 4096 + any(4096), &access));
}

static void access_page(void)
{
    const uint64_t page = any_page();
    struct model_access m = {.who = any_who(),
                             .snp = often(),
                             .encrypted = any(4) != 0,
                             .large = any(4) == 0,
                             .walk = seldom(),
                             .bits = 1u << any(5),
                             .frame = any_frame(page)};
    enum model_reason expected;

    if (seldom())
        m.bits |= 1u << any(5);
    if (!m.snp && any(2))
        m.who.guest = 0;
    expected = model_allows(page, &m);
    answers[3][expected]++;
    equal("access", page, check(page, &m), expected);
    if (expected == FINE)
        tlb[any(TLB)] = (struct translation){true, page, m};
}

/* No translation is left that the RMP forbids now. Translations are used without asking the RMP. */
static void check_tlb(void)
{
    for (unsigned i = 0; i < TLB; i++)
        if (tlb[i].valid && model_allows(tlb[i].page, &tlb[i].access) != FINE)
            fail_msg("sequence %llu: a TLB has page %llx, which it must not have (%d)",
                     (unsigned long long)sequence, (unsigned long long)tlb[i].page,
                     (int)model_allows(tlb[i].page, &tlb[i].access));
}

static void compare_all(void)
{
    for (uint64_t page = MODEL_FIRST - 1; page <= LAST; page++)
        equal_entry(page);
}

static void save_and_restore(void)
{
    const size_t len = rmp_save_size(rmp);
    uint8_t *saved = malloc(len);

    assert_non_null(saved);
    assert_int_equal(rmp_save(rmp, saved, len), len);
    assert_null(rmp_check_saved(rmp, saved, len));
    rmp_clear(rmp);
    rmp_restore(rmp, saved, len);
    compare_all();
    free(saved);
}

static void step(void)
{
    static void (*const ops[])(void) = {
        rmpupdate, convert,     convert,     convert,     psmash,      secure_processor,
        run_vmsa,  pvalidate,   pvalidate,   pvalidate,   rmpadjust,   rmpadjust,
        rmpquery,  access_page, access_page, access_page, access_page, access_page,
    };

    ops[any(sizeof(ops) / sizeof(ops[0]))]();
    check_tlb();
}

/* Each outcome of each operation came up, else the test shows less than it says. */
static void all_seen(void)
{
    for (unsigned op = 0; op < 3; op++)
        for (unsigned reason = FINE; reason <= UNACCEPTED; reason++)
            if ((reason != UNACCEPTED || op > 0) && (reason != SIZE || op < 2))
                assert_true(answers[op][reason] > 100);
    for (unsigned reason = FINE; reason <= TAKEN; reason++)
        assert_true(answers[3][reason] > 100);
    for (unsigned number = 0; number <= 6; number++)
        assert_true(number == 5 || codes[number] > 100);
    assert_true(drops > SEQUENCES / 10);
}

static void a_million_sequences(void **state)
{
    static const struct rmp_range ranges[] = {{MODEL_FIRST * 4096ull, MODEL_PAGES * 4096ull}};
    static const struct rmp_ops ops = {NULL, on_changed};

    (void)state;
    rmp = rmp_new(ranges, 1, &ops);
    assert_non_null(rmp);
    for (sequence = 0; sequence < SEQUENCES; sequence++) {
        if (any(4) == 0) {
            rmp_clear(rmp);
            model_reset();
            check_tlb();
        }
        for (unsigned n = 4 + any(16); n--;)
            step();
        if (sequence % 64 == 0)
            compare_all();
        if (sequence % 1024 == 0)
            save_and_restore();
    }
    compare_all();
    all_seen();
    rmp_free(rmp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_sequences),
    };
    return cmocka_run_group_tests_name("rmp_random", tests, NULL, NULL);
}
