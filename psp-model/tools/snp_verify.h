/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attestation report of a SEV-SNP guest: what it says, and whether an owner may believe it.
 *
 * Source: protocol/snp_report.h; google/go-sev-guest verify/verify.go SnpAttestationContext(),
 * validate/validate.go; virtee/snpguest src/verify.rs verify_attestation_tcb().
 */
#ifndef OWNER_SNP_VERIFY_H
#define OWNER_SNP_VERIFY_H

#include "owner.h"
#include "protocol/snp_report.h"

enum { SNP_CHAIN_FILES_MAX = 8 };

/* What the owner gives and expects; NULL: not given. */
struct snp_expected {
    const char *chain[SNP_CHAIN_FILES_MAX];
    unsigned chains;
    const char *ca, *crl, *line, *now;
    const char *report_data, *measurement, *policy, *host_data, *vmpl, *min_tcb, *id_key_digest,
        *author_key_digest;
};

/* Check that a file or base64 has the size of such a report. */
bool snp_report_is(const char *arg);
/* Read such a report, and check its form. `what` names the argument in an error. */
enum owner_exit snp_report_input(const char *what, const char *arg, uint8_t wire[SNP_REPORT_SIZE],
                                 struct snp_report *report);
/* Print every field; answer with one member a field. */
enum owner_exit snp_report_show(const char *arg);
/* Verify form, signature, certificates, what both must agree in, and what is expected. Each check is said
 * and is a member of "checks". OWNER_OK only if all hold. */
enum owner_exit snp_report_check(const char *arg, const struct snp_expected *expected);

#endif
