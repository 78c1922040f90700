/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest with SEV-SNP has validated, for sanitize.c only. See sanitize.h.
 */
#ifndef CPU_EXT_SANITIZE_SNP_H
#define CPU_EXT_SANITIZE_SNP_H

#include "sanitize.h"

struct san_snp;

/* Return NULL if out of memory. It takes 32 bytes a page. */
struct san_snp *san_snp_new(uint64_t ram_end, const struct san_ops *ops);
void san_snp_free(struct san_snp *snp);

/* A PVALIDATE by `who` of `n` pages from `paddr` on. */
void san_snp_record(struct san_snp *snp, struct san_who who, uint64_t paddr, uint64_t n,
                    bool validate, bool unchanged);
/* Pages were taken from the guest. */
void san_snp_lose(struct san_snp *snp, struct san_who who, uint64_t paddr, uint64_t n);
/* Report an access to a page. */
void san_snp_access(struct san_snp *snp, struct san_who who, uint64_t paddr, enum san_kind kind,
                    bool write);

#endif
