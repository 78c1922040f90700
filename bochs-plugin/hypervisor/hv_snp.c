/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory of a guest with SEV-SNP. See hv_snp.h.
 */
#include "hv_snp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hv_es_priv.h"
#include "hv_random.h"
#include "hv_snp_priv.h"

int hv_set_rmp(struct hv *hv, struct rmp *rmp)
{
    if (!hv->snp) {
        hv->snp = calloc(1, sizeof(*hv->snp));
        if (!hv->snp)
            return -ENOMEM;
        hv_policies_init(&hv->snp->policies);
    }
    if (!hv->snp->shared) {
        hv->snp->shared = calloc(HV_GUEST_PAGES / 8, 1);
        if (!hv->snp->shared)
            return -ENOMEM;
    }
    hv_snp_all_private(hv);
    hv->snp->rmp = rmp;
    return 0;
}

void hv_snp_configure(struct hv *hv, const struct hv_policies *policies, uint64_t seed)
{
    hv->snp->policies = *policies;
    hv->snp->random = seed;
}

void hv_snp_free(struct hv *hv)
{
    if (hv->snp)
        free(hv->snp->shared);
    free(hv->snp);
}

bool hv_guest_is_snp(const struct hv_guest *guest)
{
    return guest->snp;
}

uint64_t hv_snp_vmsa(const struct hv_guest *guest, unsigned cpu)
{
    return hv_es_of(guest)->vcpus[cpu].vmsa_gpa;
}

uint64_t hv_snp_ghcb(const struct hv_guest *guest, unsigned cpu)
{
    return hv_es_of(guest)->vcpus[cpu].registered;
}

struct hv_snp_stats hv_snp_stats(const struct hv *hv)
{
    static const struct hv_snp_stats none;

    return hv->snp ? hv->snp->stats : none;
}

/* --- attributes --- */

bool hv_snp_is_memory(const struct hv *hv, uint64_t gpa)
{
    return hv->snp && gpa < HV_MEMORY_BASE && rmp_covered(hv->snp->rmp, gpa);
}

bool hv_snp_private(const struct hv *hv, uint64_t gpa)
{
    const uint64_t page = gpa / HV_PAGE_SIZE;

    return hv_snp_is_memory(hv, gpa) && !(hv->snp->shared[page / 8] >> page % 8 & 1);
}

void hv_snp_set_private(struct hv *hv, uint64_t gpa, bool private_)
{
    const uint64_t page = gpa / HV_PAGE_SIZE;
    const uint8_t bit = (uint8_t)(1u << page % 8);

    if (private_)
        hv->snp->shared[page / 8] &= (uint8_t)~bit;
    else
        hv->snp->shared[page / 8] |= bit;
}

void hv_snp_all_private(struct hv *hv)
{
    memset(hv->snp->shared, 0, HV_GUEST_PAGES / 8);
}

/* --- contents --- */

/* What a page holds that the hypervisor gives to the guest. It is written while the page belongs to
 * the hypervisor. What is not plain RAM keeps what it holds: below 1 MiB the firmware can be visible
 * a second time. */
static const char *set_contents(struct hv *hv, uint64_t gpa)
{
    const uint64_t policy = hv->snp->policies.values[HV_POLICY_CONTENTS];
    uint64_t page[HV_PAGE_SIZE / 8] = {0};
    uint8_t probe;

    if (policy == HV_CONTENTS_INPLACE || !hv->ops.read_shared(hv->machine, gpa, &probe, 1))
        return NULL;
    for (size_t i = 0; policy == HV_CONTENTS_RANDOM && i < HV_PAGE_SIZE / 8; i++)
        page[i] = hv_random(&hv->snp->random);
    return hv->ops.write(hv->machine, gpa, page, sizeof(page)) ? "the page cannot be written"
                                                               : NULL;
}

/* --- RMPUPDATE --- */

/* True: 2 MiB are guest memory, private, and not assigned: Linux arch/x86/kvm/svm/sev.c
 * is_large_rmp_possible(). */
static bool can_be_large(const struct hv *hv, uint64_t base)
{
    for (uint64_t gpa = base; gpa < base + HV_LARGE_SIZE; gpa += HV_PAGE_SIZE)
        if (!hv_snp_private(hv, gpa) || rmp_get(hv->snp->rmp, gpa).assigned)
            return false;
    return true;
}

static const char *assign(struct hv_guest *guest, uint64_t first, bool large)
{
    struct hv *hv = guest->hv;
    struct hv_snp *snp = hv->snp;
    const struct rmp_update update = {first, guest->asid, true, large, false};
    const char *wrong = NULL;
    enum rmp_error error;

    for (uint64_t i = 0; !wrong && i < (large ? HV_LARGE_PAGES : 1); i++)
        wrong = set_contents(hv, first + i * HV_PAGE_SIZE);
    if (wrong)
        return wrong;
    error = rmp_rmpupdate(snp->rmp, first, &update);
    if (error != RMP_OK)
        return rmp_error_name(error);
    *(large ? &snp->stats.assigned_2m : &snp->stats.assigned_4k) += 1;
    return NULL;
}

const char *hv_snp_assign(struct hv_guest *guest, uint64_t gpa)
{
    const struct hv *hv = guest->hv;
    const uint64_t base = gpa & ~(uint64_t)(HV_LARGE_SIZE - 1);

    if (hv->snp->policies.values[HV_POLICY_ASSIGN_SIZE] == HV_ASSIGN_2M && can_be_large(hv, base))
        return assign(guest, base, true);
    return assign(guest, gpa & ~(uint64_t)(HV_PAGE_SIZE - 1), false);
}

const char *hv_snp_assign_small(struct hv_guest *guest, uint64_t gpa)
{
    return rmp_get(guest->hv->snp->rmp, gpa).assigned ? NULL : assign(guest, gpa, false);
}

const char *hv_snp_assign_all(struct hv_guest *guest)
{
    const struct hv *hv = guest->hv;
    struct rmp_run run = {0};
    const char *wrong = NULL;

    while (!wrong && rmp_next_run(hv->snp->rmp, &run))
        for (uint64_t i = 0; !wrong && !run.entry.assigned && i < run.pages; i++) {
            const uint64_t gpa = run.spa + i * HV_PAGE_SIZE;

            if (hv_snp_private(hv, gpa) && !rmp_get(hv->snp->rmp, gpa).assigned)
                wrong = hv_snp_assign(guest, gpa);
        }
    return wrong;
}

const char *hv_snp_smash(struct hv *hv, uint64_t gpa)
{
    struct hv_snp *snp = hv->snp;
    enum rmp_error error = rmp_psmash(snp->rmp, gpa & ~(uint64_t)(HV_LARGE_SIZE - 1));

    if (error != RMP_OK)
        return rmp_error_name(error);
    snp->stats.smashed++;
    return NULL;
}

/* Take a page back. With `is_2m` a whole entry of 2 MiB may be taken, else it is split. */
static const char *unassign(struct hv *hv, uint64_t gpa, bool is_2m)
{
    struct hv_snp *snp = hv->snp;
    const struct rmp_entry entry = rmp_get(snp->rmp, gpa);
    const bool large = is_2m && entry.size_2m;
    const struct rmp_update update = {.size_2m = large};
    const char *wrong = NULL;
    enum rmp_error error;

    if (!entry.assigned)
        return NULL;
    if (entry.size_2m && !large)
        wrong = hv_snp_smash(hv, gpa);
    if (wrong)
        return wrong;
    error = rmp_rmpupdate(snp->rmp, gpa, &update);
    if (error != RMP_OK)
        return rmp_error_name(error);
    snp->stats.unassigned += large ? HV_LARGE_PAGES : 1;
    for (uint64_t at = gpa; !wrong && at < gpa + (large ? HV_LARGE_SIZE : HV_PAGE_SIZE);
         at += HV_PAGE_SIZE)
        wrong = set_contents(hv, at);
    return wrong;
}

/* --- conversions --- */

/* A range without memory is shared already: QEMU accepts that, because it can be of a device. */
static const char *convert_page(struct hv_guest *guest, uint64_t gpa, bool is_2m, bool private_)
{
    struct hv *hv = guest->hv;
    const char *wrong = NULL;

    if (!hv_snp_is_memory(hv, gpa))
        return private_ ? "there is no memory" : NULL;
    if (!private_)
        wrong = unassign(hv, gpa, is_2m);
    if (wrong)
        return wrong;
    hv_snp_set_private(hv, gpa, private_);
    if (private_ && hv->snp->policies.values[HV_POLICY_ASSIGN] == HV_ASSIGN_EAGER &&
        !rmp_get(hv->snp->rmp, gpa).assigned)
        wrong = hv_snp_assign(guest, gpa);
    return wrong;
}

/* What would stop a conversion half way. */
static const char *check_conversion(const struct hv *hv, uint64_t gpa, bool private_)
{
    if (private_ && !hv_snp_is_memory(hv, gpa))
        return "there is no memory";
    return !private_ && rmp_get(hv->snp->rmp, gpa).in_use ? "a CPU runs the VMSA in it" : NULL;
}

const char *hv_snp_convert(struct hv_guest *guest, uint64_t gpa, bool is_2m, bool private_)
{
    struct hv_snp *snp = guest->hv->snp;
    const uint64_t pages = is_2m ? HV_LARGE_PAGES : 1;
    const char *wrong = NULL;

    for (uint64_t i = 0; !wrong && i < pages; i++)
        wrong = check_conversion(guest->hv, gpa + i * HV_PAGE_SIZE, private_);
    /* With eager assignment all pages must be private before the first is assigned with 2 MiB. */
    for (uint64_t i = 0; !wrong && private_ && i < pages; i++)
        hv_snp_set_private(guest->hv, gpa + i * HV_PAGE_SIZE, true);
    for (uint64_t i = 0; !wrong && i < pages; i++)
        wrong = convert_page(guest, gpa + i * HV_PAGE_SIZE, is_2m, private_);
    if (!wrong)
        *(private_ ? &snp->stats.to_private : &snp->stats.to_shared) += pages;
    return wrong;
}

/* --- nested page faults --- */

/* The guest accesses a page in a way that it has not asked for. KVM leaves that to user space, and
 * QEMU converts the page. The policy "stop" still converts a private page that was never assigned to a
 * shared one: OVMF uses its first GHCB so, without a page state change. */
static const char *implicit(struct hv_guest *guest, uint64_t gpa, bool private_)
{
    struct hv_snp *snp = guest->hv->snp;
    const char *wrong;

    if (snp->policies.values[HV_POLICY_IMPLICIT_PSC] == HV_IMPLICIT_PSC_STOP &&
        (private_ || rmp_get(snp->rmp, gpa).assigned))
        return "the guest did not ask for a page state change, and the host policy is "
               "implicit_psc:stop";
    wrong = convert_page(guest, gpa, false, private_);
    if (!wrong)
        *(private_ ? &snp->stats.implicit_to_private : &snp->stats.implicit_to_shared) += 1;
    return wrong;
}

/* A private access to a private page. */
static const char *serve(struct hv_guest *guest, uint64_t gpa, const struct hv_snp_fault *fault)
{
    struct hv_snp *snp = guest->hv->snp;

    switch (fault->check) {
    case RMP_NOT_ASSIGNED:
        return hv_snp_assign(guest, gpa);
    case RMP_WRONG_SIZE:
        if (rmp_get(snp->rmp, gpa).size_2m && !fault->is_2m)
            return hv_snp_smash(guest->hv, gpa);
        return "the hypervisor has no entry of 2 MiB for it";
    default:
        return "the hypervisor has no answer to that";
    }
}

static const char *resolve(struct hv_guest *guest, uint64_t gpa, const struct hv_snp_fault *fault)
{
    const bool private_ = hv_snp_private(guest->hv, gpa);
    const char *wrong = NULL;

    if (!hv_snp_is_memory(guest->hv, gpa))
        return "there is no memory that could be private";
    if (fault->private_ != private_)
        wrong = implicit(guest, gpa, fault->private_);
    if (wrong)
        return wrong;
    if (!fault->private_)
        return private_ ? NULL : unassign(guest->hv, gpa, false);
    if (private_)
        return serve(guest, gpa, fault);
    return rmp_get(guest->hv->snp->rmp, gpa).assigned ? NULL : hv_snp_assign(guest, gpa);
}

bool hv_snp_resolve(struct hv_guest *guest, unsigned cpu, const struct hv_snp_fault *fault)
{
    const uint64_t gpa = fault->gpa & ~(uint64_t)(HV_PAGE_SIZE - 1);
    const char *wrong = resolve(guest, gpa, fault);

    if (wrong)
        hv_es_stop(
            guest, cpu,
            "nested page fault: a %s %s of guest address %#llx, but %s: %s (EXITINFO1 %#llx)",
            fault->private_ ? "private" : "shared", fault->write ? "write" : "read",
            (unsigned long long)fault->gpa,
            fault->check == RMP_PASSED ? "the page is private" : rmp_check_words(fault->check),
            wrong, (unsigned long long)fault->info);
    return !wrong;
}
