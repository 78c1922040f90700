/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the lying hypervisor does to pages and VMSAs of a guest with SEV-SNP, by means that a real one
 * has: RMPUPDATE, nested page tables, a device, VMRUN. Whether it succeeds is not decided here: the
 * processor checks the RMP, at once or at the guest's next access.
 *
 * A choice of this model: the system physical address of a guest page is its guest physical address. So
 * another page of the host at a guest address (remap) is the page that was there, with other bytes. A
 * page that is mapped twice has the RMP entry of its own guest address. A shared read, which no check
 * stops, does not see the other page.
 */
#include <errno.h>
#include <stdio.h>

#include "hv_es_priv.h"
#include "hv_random.h"
#include "hv_snp_priv.h"

/* --- the page --- */

static bool is_valid_entry(const struct hv_guest *guest, const struct rmp_entry *entry)
{
    return entry->asid == guest->asid && rmp_state(entry) == RMP_STATE_GUEST_VALID;
}

/* Return the pages that the guest has validated, without VMSAs. If there are more than *pick, *gpa is
 * the address of page *pick. */
static uint64_t count_pages(const struct hv_guest *guest, const uint64_t *pick, uint64_t *gpa)
{
    struct rmp_run run = {0};
    uint64_t n = 0;

    while (rmp_next_run(guest->hv->snp->rmp, &run))
        if (run.spa < HV_MEMORY_BASE && !run.entry.vmsa && is_valid_entry(guest, &run.entry)) {
            if (pick && *pick >= n && *pick - n < run.pages)
                *gpa = run.spa + (*pick - n) * HV_PAGE_SIZE;
            n += run.pages;
        }
    return n;
}

/* Let the seed select a page. Return false if the guest has validated none. */
static bool any_page(struct hv_guest *guest, uint64_t *gpa)
{
    const uint64_t n = count_pages(guest, NULL, NULL);
    uint64_t pick;

    if (!n)
        return false;
    pick = hv_random(&hv_es_of(guest)->liar.random) % n;
    (void)count_pages(guest, &pick, gpa);
    return true;
}

/* Return false if there is no opportunity: the page of lies_page= is not validated now. */
static bool is_there(const struct hv_guest *guest)
{
    const struct hv_es_config *config = &hv_es_of(guest)->config;
    struct rmp_entry entry;

    if (!config->lies_page_set)
        return true;
    entry = rmp_get(guest->hv->snp->rmp, config->lies_page);
    return config->lies_page < HV_MEMORY_BASE && is_valid_entry(guest, &entry);
}

static bool select_page(struct hv_guest *guest, uint64_t *gpa)
{
    const struct hv_es_config *config = &hv_es_of(guest)->config;

    *gpa = config->lies_page;
    return config->lies_page_set || any_page(guest, gpa);
}

/* --- what is done to it: each returns NULL, or why the processor refuses it --- */

static const char *update(struct hv_guest *guest, uint64_t gpa, uint32_t asid, bool immutable)
{
    const struct rmp_update update = {
        .gpa = asid ? gpa : 0, .asid = asid, .assigned = asid, .immutable = immutable};
    struct rmp *rmp = guest->hv->snp->rmp;
    const char *wrong = NULL;
    enum rmp_error error;

    if (rmp_get(rmp, gpa).size_2m)
        wrong = hv_snp_smash(guest->hv, gpa);
    if (wrong)
        return wrong;
    error = rmp_rmpupdate(rmp, gpa, &update);
    return error == RMP_OK ? NULL : rmp_error_name(error);
}

static const char *withdraw(struct hv_guest *guest, uint64_t gpa)
{
    const char *wrong = update(guest, gpa, 0, false);

    return wrong ? wrong : update(guest, gpa, guest->asid, false);
}

static const char *remap(struct hv_guest *guest, uint64_t gpa)
{
    struct hv *hv = guest->hv;
    uint64_t page[HV_PAGE_SIZE / 8];
    const char *wrong = update(guest, gpa, 0, false);

    for (size_t i = 0; i < HV_PAGE_SIZE / 8; i++)
        page[i] = hv_random(&hv_es_of(guest)->liar.random);
    if (!wrong && hv->ops.write(hv->machine, gpa, page, sizeof(page)))
        wrong = "the page cannot be written";
    return wrong ? wrong : update(guest, gpa, guest->asid, false);
}

static const char *other_asid(struct hv_guest *guest, uint64_t gpa)
{
    return update(guest, gpa, guest->asid == 1 ? 2 : 1, false);
}

static const char *immutable(struct hv_guest *guest, uint64_t gpa)
{
    return update(guest, gpa, guest->asid, true);
}

static const char *double_map(struct hv_guest *guest, uint64_t gpa)
{
    struct hv *hv = guest->hv;
    uint64_t other = gpa;

    for (unsigned tries = 0; tries < 16 && other == gpa; tries++)
        (void)any_page(guest, &other);
    if (other == gpa)
        return "the guest has no other page";
    hv->snp->has_double = true;
    hv->snp->double_gpa = gpa;
    hv->snp->double_spa = other;
    hv->ops.unmap(hv->machine, gpa, 1);
    return NULL;
}

static const char *size_mismatch(struct hv_guest *guest, uint64_t gpa)
{
    struct hv *hv = guest->hv;
    const uint64_t base = gpa & ~(uint64_t)(HV_LARGE_SIZE - 1);
    const char *wrong = rmp_get(hv->snp->rmp, gpa).size_2m ? hv_snp_smash(hv, gpa) : NULL;

    if (wrong)
        return wrong;
    hv->snp->has_large = true;
    hv->snp->large_gpa = base;
    hv->ops.unmap(hv->machine, base, HV_LARGE_PAGES);
    return NULL;
}

/* What stops a write by anybody but the guest. */
static const char *write_check(const struct hv_guest *guest, uint64_t gpa)
{
    const struct rmp_access access = {.needs = RMP_WRITE};
    const enum rmp_check check = rmp_check(guest->hv->snp->rmp, gpa, &access);

    return check == RMP_PASSED ? NULL : rmp_check_words(check);
}

static const uint8_t written[8] = {0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee};

static const char *dma(struct hv_guest *guest, uint64_t gpa)
{
    struct hv *hv = guest->hv;

    hv->ops.device_write(hv->machine, gpa, written, sizeof(written));
    return write_check(guest, gpa);
}

static const char *host_write(struct hv_guest *guest, uint64_t gpa)
{
    struct hv *hv = guest->hv;

    return hv->ops.write(hv->machine, gpa, written, sizeof(written)) ? write_check(guest, gpa)
                                                                     : NULL;
}

static const struct {
    enum hv_lie lie;
    const char *(*act)(struct hv_guest *guest, uint64_t gpa);
} rows[] = {
    {HV_LIE_REMAP, remap},
    {HV_LIE_WITHDRAW, withdraw},
    {HV_LIE_OTHER_ASID, other_asid},
    {HV_LIE_IMMUTABLE, immutable},
    {HV_LIE_DOUBLE_MAP, double_map},
    {HV_LIE_SIZE_MISMATCH, size_mismatch},
    {HV_LIE_DMA, dma},
    {HV_LIE_HOST_WRITE, host_write},
};

static void log_refusal(struct hv_guest *guest, unsigned cpu, enum hv_lie lie, const char *wrong)
{
    if (wrong)
        hv_es_log(guest, cpu, "lie: %s: the processor refuses it: %s", hv_lie_name(lie), wrong);
    else
        hv_es_log(guest, cpu, "lie: %s: the processor allows it", hv_lie_name(lie));
}

void hv_snp_lie_page(struct hv_guest *guest, unsigned cpu)
{
    struct hv_liar *liar = &hv_es_of(guest)->liar;

    if (!guest->snp || !liar->any || !is_there(guest))
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char what[40];
        uint64_t gpa;

        if (!hv_liar_strikes(liar, rows[i].lie) || !select_page(guest, &gpa))
            continue;
        snprintf(what, sizeof(what), "guest address %#llx", (unsigned long long)gpa);
        hv_es_log_lie(guest, cpu, rows[i].lie, what);
        log_refusal(guest, cpu, rows[i].lie, rows[i].act(guest, gpa));
    }
}

struct hv_snp_mapping hv_snp_mapping(const struct hv *hv, uint64_t gpa, uint64_t spa)
{
    const struct hv_snp *snp = hv->snp;
    struct hv_snp_mapping mapping = {spa, false};

    if (snp->has_double && gpa / HV_PAGE_SIZE == snp->double_gpa / HV_PAGE_SIZE)
        mapping.spa = snp->double_spa;
    mapping.is_2m = snp->has_large && gpa / HV_LARGE_SIZE == snp->large_gpa / HV_LARGE_SIZE;
    return mapping;
}

/* --- VMSAs --- */

/* Return a VMSA that another CPU than `ap` runs and that the guest has made, 0 if there is none. */
static uint64_t other_vmsa(const struct hv_es *es, unsigned ap)
{
    for (unsigned cpu = 0; cpu < es->cpus; cpu++)
        if (cpu != ap && es->vcpus[cpu].vmsa_gpa)
            return es->vcpus[cpu].vmsa_gpa;
    return 0;
}

uint64_t hv_snp_lie_vmsa(struct hv_guest *guest, unsigned cpu, unsigned ap, uint64_t gpa)
{
    const struct hv_es *es = hv_es_of(guest);
    const uint64_t other = other_vmsa(es, ap), old = es->vcpus[ap].vmsa_gpa;
    char what[40];

    snprintf(what, sizeof(what), "AP creation for CPU %u", ap);
    if (other && hv_es_lie(guest, cpu, HV_LIE_VMSA_SWAP, what))
        return other;
    if (old && old != gpa && hv_es_lie(guest, cpu, HV_LIE_VMSA_OLD, what))
        return old;
    if (is_there(guest) && hv_es_lie(guest, cpu, HV_LIE_VMSA_PAGE, what))
        (void)select_page(guest, &gpa);
    return gpa;
}

void hv_snp_lie_twice(struct hv_guest *guest, unsigned cpu, unsigned ap, uint64_t gpa)
{
    const struct hv_es *es = hv_es_of(guest);
    const struct hv *hv = guest->hv;
    const unsigned second = (ap + 1) % es->cpus;
    const char *why = "the VMSA cannot be used";
    char what[40];

    snprintf(what, sizeof(what), "AP creation for CPU %u", ap);
    if (second == ap || !hv_es_lie(guest, cpu, HV_LIE_AP_TWICE, what))
        return;
    if (hv->ops.vcpu_create(hv->machine, second, gpa, &why))
        why = NULL;
    log_refusal(guest, cpu, HV_LIE_AP_TWICE, why);
}
