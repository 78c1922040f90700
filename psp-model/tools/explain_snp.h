/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner measurement verify --mode snp: why the launch digest of a SEV-SNP guest is not the expected
 * one. What was launched comes from the emulator's trace.
 */
#ifndef OWNER_EXPLAIN_SNP_H
#define OWNER_EXPLAIN_SNP_H

#include <stdbool.h>

#include "expect_snp.h"
#include "launched.h"

/* Print both digests and, with a trace, each run of pages that are the same or differ. Answer with
 * "cause" (none, content, trace or unknown), "pages", "first_difference", "different_pages".
 * `launched` may be NULL: no trace. */
void explain_snp(const struct expect_snp *expect, const uint8_t measurement[EXPECT_SNP_DIGEST],
                 const struct launched_pages *launched);

/* Try other numbers of CPUs, CPU models and features. Answer with "hints". */
void explain_snp_search(const struct expect *expect, const struct expect_snp *snp,
                        const uint8_t measurement[EXPECT_SNP_DIGEST]);

#endif
