/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SEV-SNP in the secure processor; see snp.h.
 */
#include "snp.h"

#include <string.h>

void snp_reset(struct snp *snp, uint64_t committed_tcb)
{
    crypto_wipe(snp, sizeof(*snp));
    snp->state = SEV_PLATFORM_UNINIT;
    snp->committed_tcb = snp->reported_tcb = committed_tcb;
}

struct snp_guest *snp_find(struct snp *snp, uint64_t context)
{
    if (!context)
        return NULL;
    for (unsigned i = 0; i < SNP_GUESTS; i++) {
        if (snp->guests[i].context == context)
            return &snp->guests[i];
    }
    return NULL;
}

struct snp_guest *snp_find_asid(struct snp *snp, uint32_t asid)
{
    for (unsigned i = 0; i < SNP_GUESTS; i++) {
        if (snp->guests[i].context && snp->guests[i].asid == asid)
            return &snp->guests[i];
    }
    return NULL;
}

unsigned snp_count(const struct snp *snp)
{
    unsigned n = 0;

    for (unsigned i = 0; i < SNP_GUESTS; i++)
        n += snp->guests[i].context != 0;
    return n;
}

struct snp_guest *snp_new(struct snp *snp, uint64_t context)
{
    for (unsigned i = 0; i < SNP_GUESTS; i++) {
        struct snp_guest *guest = &snp->guests[i];

        if (guest->context)
            continue;
        memset(guest, 0, sizeof(*guest));
        guest->context = context;
        guest->state = SNP_GUEST_INIT;
        return guest;
    }
    return NULL;
}

void snp_delete(struct snp_guest *guest)
{
    crypto_wipe(guest, sizeof(*guest));
}

/* --- pages ----------------------------------------------------------------------------------- */

enum snp_page_state snp_page_state(const struct psp_rmp_entry *entry)
{
    if (!entry->assigned)
        return SNP_STATE_HYPERVISOR;
    if (entry->asid && entry->immutable)
        return entry->validated ? SNP_STATE_PRE_SWAP : SNP_STATE_PRE_GUEST;
    if (entry->asid)
        return entry->validated ? SNP_STATE_GUEST_VALID : SNP_STATE_GUEST_INVALID;
    if (!entry->immutable)
        return SNP_STATE_RECLAIM;
    if (entry->gpa)
        return SNP_STATE_METADATA;
    return entry->vmsa ? SNP_STATE_CONTEXT : SNP_STATE_FIRMWARE;
}

struct psp_rmp_entry snp_firmware_entry(bool context)
{
    struct psp_rmp_entry entry = {.assigned = true, .immutable = true, .vmsa = context};

    return entry;
}
