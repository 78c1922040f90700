/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch digest of a SEV-SNP guest: a chain of SHA-384 over a description of each page. Shared
 * by the secure processor (SNP_LAUNCH_UPDATE) and the owner's tools, which predict it.
 *
 * Source: virtee/sev-snp-measure sevsnpmeasure/gctx.py GCTX; AMDESE/sev-tool src/sevapi.h
 * snp_launch_update_page_info. The two disagree on the order of the permissions, which are zero with
 * KVM; this is sev-tool's.
 */
#ifndef PSP_SNP_DIGEST_H
#define PSP_SNP_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SNP_DIGEST_PAGE 4096u /* bytes in a page */

/* One page of 4 KiB, as the launch measures it. */
struct snp_digest_page {
    uint8_t type;     /* enum snp_page_type of sev_abi.h */
    bool imi;         /* a page of a migration image */
    uint8_t perms[3]; /* of VMPL1 to VMPL3 */
    uint64_t gpa;
};

/* Check that the contents of such a page are measured. Of other pages only the existence is. */
bool snp_digest_measures(uint8_t type);

/* "NORMAL" ..., "?" for a type that does not exist. */
const char *snp_digest_type_name(uint8_t type);

/* Continue the chain in `digest`, which is 48 zero bytes at first. `contents` is the page, NULL for
 * a type whose contents are not measured. */
void snp_digest_add(uint8_t digest[CRYPTO_SHA384_SIZE], const struct snp_digest_page *page,
                    const void *contents);

#ifdef __cplusplus
}
#endif
#endif
