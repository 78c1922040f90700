/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The private pages of a guest with SEV-SNP. See hv_snp.h.
 */
#include "hv_snp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hv_snp_priv.h"

/* Guest memory ends where the hypervisor's memory begins. */
#define PAGES (HV_MEMORY_BASE / HV_PAGE_SIZE)

int hv_set_rmp(struct hv *hv, struct rmp *rmp)
{
    if (!hv->snp) {
        hv->snp = calloc(1, sizeof(*hv->snp));
        if (!hv->snp)
            return -ENOMEM;
    }
    if (!hv->snp->shared) {
        hv->snp->shared = calloc(PAGES / 8, 1);
        if (!hv->snp->shared)
            return -ENOMEM;
    }
    memset(hv->snp->shared, 0, PAGES / 8);
    hv->snp->rmp = rmp;
    return 0;
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

bool hv_snp_private(const struct hv *hv, uint64_t gpa)
{
    const uint64_t page = gpa / HV_PAGE_SIZE;

    return hv->snp && page < PAGES && !(hv->snp->shared[page / 8] >> page % 8 & 1);
}
