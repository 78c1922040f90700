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

enum {
    EXPECT_SNP_DIGEST = 48, /* bytes */
    EXPECT_SNP_GUESSED_CPUS = 128,
};

/* The values of --mode. */
enum expect_mode { EXPECT_MODE_SEV, EXPECT_MODE_SNP, EXPECT_MODE_SNP_FIRMWARE, EXPECT_MODES };

enum {
    EXPECT_MODE = 0x300,
    EXPECT_FEATURES,
};

/* For the tables of the verbs that take them beside EXPECT_OPTIONS. */
/* clang-format off */
#define EXPECT_SNP_OPTIONS                                                                         \
    {EXPECT_MODE, "mode", "sev|snp|snp:ovmf-hash", "SEV and SEV-ES (default), or SEV-SNP: its digest"}, \
    {EXPECT_FEATURES, "guest-features", "N", "SEV_FEATURES of a SEV-SNP guest (default 1)"}
/* clang-format on */

/* A page that is launched. */
struct expect_snp_page {
    uint8_t type; /* enum snp_page_type */
    uint64_t gpa;
    uint8_t sha384[EXPECT_SNP_DIGEST]; /* of its contents; zero for a type that has none */
    uint8_t digest[EXPECT_SNP_DIGEST]; /* GCTX.LD after it */
};

struct expect_snp {
    /* from the options */
    const char *mode_arg, *features;
    /* from expect_snp_mode() */
    enum expect_mode mode;
    /* from expect_snp() */
    struct expect_snp_page *pages;
    unsigned count;
    uint32_t cpus, ap_eip; /* where the other CPUs start; 0: the firmware has no place for that */
    struct vmsa_start start;
};

/* Take one of the options above; false if it is none of them. */
bool expect_snp_option(struct expect_snp *snp, int id, const char *value);
/* Read --mode, and refuse options of the other mode. */
enum owner_exit expect_snp_mode(const struct expect *expect, struct expect_snp *snp);
/* Compute the digest from the options in `expect`: one firmware, the CPUs and their model, the
 * kernel. The pages are kept, in the order of the launch. */
enum owner_exit expect_snp(const struct expect *expect, struct expect_snp *snp,
                           uint8_t digest[EXPECT_SNP_DIGEST]);
/* Also after a failure. */
void expect_snp_free(struct expect_snp *snp);

#endif
