/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest with SEV-SNP has validated. See sanitize_snp.h.
 *
 * That a guest must not validate a page twice is the rule of microsoft/verismo
 * source/verismo/src/arch/rmp/db_u.rs rmp_inv_sw(): "sm should validate GPA once. Checking double
 * pvalidate error in rflag is not enough."
 */
#include "sanitize_snp.h"

#include <stdlib.h>

#define PAGE_SIZE 4096u

/* What the guest believes of a page. */
struct page {
    struct san_who who; /* the last PVALIDATE; nobody if there was none */
    bool accepted;      /* it was validated by that */
    bool lost;          /* and was taken since; reported */
};

struct san_snp {
    struct san_ops ops;
    uint64_t n;
    struct page pages[];
};

struct san_snp *san_snp_new(uint64_t ram_end, const struct san_ops *ops)
{
    struct san_snp *snp = calloc(1, sizeof(*snp) + ram_end / PAGE_SIZE * sizeof(snp->pages[0]));

    if (snp) {
        snp->ops = *ops;
        snp->n = ram_end / PAGE_SIZE;
    }
    return snp;
}

void san_snp_free(struct san_snp *snp)
{
    free(snp);
}

static void report(struct san_snp *snp, enum san_kind kind, const struct san_who *who,
                   uint64_t paddr, bool write)
{
    const struct san_report r = {.kind = kind,
                                 .how = SEV_ACCESS_PRIVATE,
                                 .write = write,
                                 .paddr = paddr,
                                 .len = PAGE_SIZE,
                                 .who = *who,
                                 .writer = snp->pages[paddr / PAGE_SIZE].who};

    snp->ops.report(snp->ops.ctx, &r);
}

/* The pages of [paddr, n pages) that are RAM. */
static uint64_t end_of(const struct san_snp *snp, uint64_t paddr, uint64_t n)
{
    const uint64_t first = paddr / PAGE_SIZE;

    return n < snp->n - first ? first + n : snp->n;
}

void san_snp_record(struct san_snp *snp, struct san_who who, uint64_t paddr, uint64_t n,
                    bool validate, bool unchanged)
{
    const uint64_t end = end_of(snp, paddr, n);
    bool reported = false;

    for (uint64_t i = paddr / PAGE_SIZE; i < end; i++) {
        struct page *page = &snp->pages[i];

        if (validate && (page->accepted || unchanged) && !reported) {
            report(snp, SAN_VALIDATED_TWICE, &who, i * PAGE_SIZE, true);
            reported = true; /* one instruction, one finding */
        }
        page->who = who;
        page->accepted = validate;
        page->lost = false;
    }
}

void san_snp_lose(struct san_snp *snp, struct san_who who, uint64_t paddr, uint64_t n)
{
    const uint64_t end = end_of(snp, paddr, n);

    for (uint64_t i = paddr / PAGE_SIZE; i < end; i++) {
        struct page *page = &snp->pages[i];

        if (page->accepted && !page->lost)
            report(snp, SAN_PAGE_LOST, &who, i * PAGE_SIZE, true);
        page->lost = page->accepted;
    }
}

void san_snp_access(struct san_snp *snp, struct san_who who, uint64_t paddr, enum san_kind kind,
                    bool write)
{
    report(snp, kind, &who, paddr - paddr % PAGE_SIZE, write);
}
