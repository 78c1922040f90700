/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the RMP, given any operations in any order, and the saved form with any bytes.
 *
 * Source: the contracts of cpu-ext/rmp.h. It is checked that
 *   - an operation that is refused, faults or changes nothing leaves the table as it was
 *   - an operation that changes an entry reports the page, and reports only pages that are covered
 *   - only the secure processor changes an immutable entry, and nobody the size of a page in use
 *   - what a guest at VMPL 1 to 3 does gives no permission that its VMPL lacks
 *   - the table is the same after it was saved and restored; a file that is accepted can be restored
 *     and is accepted again
 *
 * Input: a byte; if it is odd, a saved form follows, else operations: kind, page, flags, ASID, VMPL,
 * a number of 8 bytes.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "rmp.h"

#define PAGE   UINT64_C(0x1000)
#define FIRST  UINT64_C(0x1ff000) /* a page, 2 MiB, and a page */
#define LARGE  UINT64_C(0x200000)
#define ROM    UINT64_C(0xffffe000)
#define RECORD 13u
#define PAGES  (512 + 2 + 2)

static const struct rmp_range ranges[] = {{FIRST, LARGE + 2 * PAGE}, {ROM, 2 * PAGE}};
static uint64_t reported_first, reported_end;

static void on_changed(void *ctx, uint64_t spa, uint64_t n)
{
    const struct rmp *rmp = *(struct rmp *const *)ctx;

    FUZZ_CHECK(n > 0 && spa % PAGE == 0);
    FUZZ_CHECK(rmp_covered(rmp, spa) && rmp_covered(rmp, spa + (n - 1) * PAGE));
    reported_first = spa < reported_first ? spa : reported_first;
    reported_end = spa + n * PAGE > reported_end ? spa + n * PAGE : reported_end;
}

/* The saved form of the table, which is the same for the same entries. */
struct image {
    uint8_t bytes[4 + 2 * 16 + PAGES * 24];
    size_t len;
};

static void take_image(const struct rmp *rmp, struct image *image)
{
    image->len = rmp_save(rmp, image->bytes, sizeof(image->bytes));
    FUZZ_CHECK(image->len);
}

static bool equal(const struct image *a, const struct image *b)
{
    return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

struct op {
    uint8_t kind, page, flags, asid, vmpl;
    uint64_t number;
};

static uint64_t address(uint8_t page)
{
    static const uint64_t some[] = {FIRST - PAGE,
                                    FIRST,
                                    LARGE,
                                    LARGE + PAGE,
                                    2 * LARGE,
                                    2 * LARGE - PAGE,
                                    2 * LARGE + PAGE,
                                    ROM,
                                    ROM + PAGE,
                                    ROM + 2 * PAGE,
                                    0,
                                    UINT64_MAX - PAGE + 1,
                                    LARGE + 0x100 * PAGE,
                                    LARGE + 0x8,
                                    FIRST + 0xfff,
                                    LARGE / 2};

    return some[page % (sizeof(some) / sizeof(some[0]))];
}

/* Do an operation. Return true if it says that it changed an entry. */
static bool operate(struct rmp *rmp, const struct op *op)
{
    const uint64_t spa = address(op->page), gpa = op->flags & 1 ? op->number : spa & ~(PAGE - 1);
    const bool is_2m = op->flags & 2, yes = op->flags & 4;
    const struct rmp_guest guest = {op->asid, op->vmpl & 3};
    const struct rmp_update update = {gpa, op->asid, yes, is_2m, op->flags & 8};
    const struct rmp_entry entry = {
        .gpa = gpa,
        .asid = op->asid,
        .assigned = yes,
        .size_2m = is_2m,
        .immutable = op->flags & 8,
        .validated = op->flags & 16,
        .vmsa = op->flags & 32,
        .perms = {op->vmpl, (uint8_t)op->number, (uint8_t)(op->number >> 8), RMP_READ}};
    struct rmp_result result = {RMP_PASSED, RMP_OK, false};
    uint64_t rdx = op->number;
    bool size;

    switch (op->kind % 7) {
    case 0:
        return rmp_rmpupdate(rmp, spa, &update) == RMP_OK;
    case 1:
        return rmp_psmash(rmp, spa) == RMP_OK;
    case 2:
        result = rmp_pvalidate(rmp, &guest, spa, gpa, is_2m, yes);
        break;
    case 3:
        result = rmp_rmpadjust(rmp, &guest, spa, gpa, is_2m, op->number);
        break;
    case 4:
        result = rmp_rmpquery(rmp, &guest, spa, gpa, &rdx, &size);
        FUZZ_CHECK(result.fault != RMP_PASSED || result.eax != RMP_OK || rdx >> 17 == 0);
        return false;
    case 5:
        return rmp_set(rmp, spa, &entry);
    default:
        rmp_set_in_use(rmp, spa, yes);
        return true;
    }
    FUZZ_CHECK(rmp_error_name(result.eax)[0] && rmp_check_words(result.fault)[0]);
    FUZZ_CHECK(result.fault == RMP_PASSED || (result.eax == RMP_OK && !result.cf));
    return result.fault == RMP_PASSED && result.eax == RMP_OK && !result.cf;
}

static void check_access(const struct rmp *rmp, const struct op *op)
{
    const struct rmp_access access = {.asid = op->asid,
                                      .snp = op->flags & 1,
                                      .vmpl = op->vmpl,
                                      .private_ = op->flags & 2,
                                      .needs = (uint8_t)op->number & RMP_ALL,
                                      .gpa = address(op->page),
                                      .leaf_2m = op->flags & 4,
                                      .walk = op->flags & 8};
    const enum rmp_check check = rmp_check(rmp, address(op->page), &access);
    const struct rmp_entry entry = rmp_get(rmp, address(op->page));
    const bool npf = check != RMP_PASSED && check != RMP_NOT_VALIDATED;

    FUZZ_CHECK((unsigned)check < RMP_CHECK_COUNT);
    FUZZ_CHECK((rmp_npf(check, &access) != 0) == npf);
    if (check == RMP_PASSED && access.snp && access.private_)
        FUZZ_CHECK(entry.assigned && entry.validated && entry.asid == access.asid &&
                   !entry.immutable && access.vmpl < RMP_VMPLS &&
                   !(access.needs & ~entry.perms[access.vmpl]));
}

/* The page of the operation, before and after. */
static void check_entry(const struct op *op, const struct rmp_entry *old,
                        const struct rmp_entry *new)
{
    const unsigned kind = op->kind % 7;

    if (old->immutable && kind < 5)
        FUZZ_CHECK(!memcmp(old, new, sizeof(*old)));
    if (old->in_use)
        FUZZ_CHECK(!new->assigned || old->size_2m == new->size_2m);
    if (kind == 3 && (op->vmpl & 3))
        for (unsigned i = 0; i < RMP_VMPLS; i++)
            FUZZ_CHECK(old->perms[i] == new->perms[i] ||
                       !(new->perms[i] & ~old->perms[op->vmpl & 3]));
    FUZZ_CHECK(new->assigned || (!new->validated && !new->gpa && !new->asid && !new->size_2m));
}

/* `before` is the table as it is now, and then as it was left. */
static void one_operation(struct rmp *rmp, const struct op *op, struct image *before)
{
    const struct rmp_entry old = rmp_get(rmp, address(op->page));
    static struct image after;
    struct rmp_entry new;
    bool done;

    reported_first = UINT64_MAX;
    reported_end = 0;
    done = operate(rmp, op);
    new = rmp_get(rmp, address(op->page));
    take_image(rmp, &after);
    if (!done)
        FUZZ_CHECK(equal(before, &after) && !reported_end);
    else if (op->kind % 7 != 6 && !equal(before, &after)) /* no translation depends on in_use */
        FUZZ_CHECK(reported_first <= address(op->page) && reported_end > address(op->page));
    check_entry(op, &old, &new);
    check_access(rmp, op);
    *before = after;
}

static void operations(struct rmp *rmp, const uint8_t *data, size_t size)
{
    static struct image image;

    take_image(rmp, &image);
    while (size >= RECORD) {
        struct op op = {0};

        fuzz_take(&data, &size, &op.kind, 1);
        fuzz_take(&data, &size, &op.page, 1);
        fuzz_take(&data, &size, &op.flags, 1);
        fuzz_take(&data, &size, &op.asid, 1);
        fuzz_take(&data, &size, &op.vmpl, 1);
        fuzz_take(&data, &size, &op.number, 8);
        one_operation(rmp, &op, &image);
    }
}

/* Restore a file, and the table's own. */
static void saved_form(struct rmp *rmp, const uint8_t *data, size_t size)
{
    const char *wrong = rmp_check_saved(rmp, data, size);
    static struct image first, second;

    FUZZ_CHECK(!wrong || wrong[0]);
    if (!wrong)
        rmp_restore(rmp, data, size);
    take_image(rmp, &first);
    FUZZ_CHECK(first.len == rmp_save_size(rmp) && (wrong || first.len <= size));
    FUZZ_CHECK(!rmp_check_saved(rmp, first.bytes, first.len));
    rmp_clear(rmp);
    rmp_restore(rmp, first.bytes, first.len);
    take_image(rmp, &second);
    FUZZ_CHECK(equal(&first, &second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rmp *rmp;
    const struct rmp_ops ops = {&rmp, on_changed};
    uint8_t kind = 0;

    rmp = rmp_new(ranges, 2, &ops);
    FUZZ_CHECK(rmp);
    fuzz_take(&data, &size, &kind, 1);
    if (kind & 1) {
        saved_form(rmp, data, size);
    } else {
        operations(rmp, data, size);
        saved_form(rmp, NULL, 0);
    }
    rmp_free(rmp);
    return 0;
}
