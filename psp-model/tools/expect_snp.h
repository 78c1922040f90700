/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch digest that an owner expects of a SEV-SNP guest.
 *
 * Source: virtee/sev-snp-measure sevsnpmeasure/guest.py snp_calc_launch_digest() (order of the
 * pages); the options are those of sev-snp-measure.
 */
#ifndef OWNER_EXPECT_SNP_H
#define OWNER_EXPECT_SNP_H

#include "expect.h"

enum { EXPECT_SNP_DIGEST = 48 }; /* bytes */

struct expect_snp {
    const char *features; /* SEV_FEATURES of every CPU; NULL is 1: SNP */
    bool firmware_only;   /* stop after the pages of the firmware */
};

/* Compute the digest from the options in `expect`: one firmware, the CPUs and their model, the
 * kernel. */
enum owner_exit expect_snp(const struct expect *expect, const struct expect_snp *snp,
                           uint8_t digest[EXPECT_SNP_DIGEST]);

#endif
