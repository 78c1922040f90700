/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files that serve a guest with SEV-SNP.
 */
#ifndef SEV_HV_SNP_PRIV_H
#define SEV_HV_SNP_PRIV_H

#include "hv_priv.h"
#include "hv_snp.h"

struct hv_snp {
    struct rmp *rmp;
    uint8_t *shared; /* one bit for each page of guest memory: 1: shared */
};

void hv_snp_free(struct hv *hv);

#endif
