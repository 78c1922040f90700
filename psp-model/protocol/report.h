/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attestation report: nonce, launch digest and policy of a guest, signed by the PEK. Made by
 * the secure processor, verified by the owner's tool.
 *
 * Source: AMDESE/sev-tool src/sevapi.h attestation_report; virtee/sev
 * src/attestation/evidence/sev/report.rs LegacyAttestationReport; Linux include/linux/psp-sev.h struct
 * sev_data_attestation_report (nonce, length).
 */
#ifndef PSP_REPORT_H
#define PSP_REPORT_H

#include <stdint.h>

#include "cert.h"

#define REPORT_SIZE        208
#define REPORT_SIGNED_SIZE 0x34 /* nonce, digest, policy: what the signature covers */

struct report {
    uint8_t mnonce[16];
    uint8_t launch_digest[32];
    uint32_t policy;
    uint32_t sig_usage, sig_algo;  /* CERT_USAGE_PEK, CERT_ALGO_ECDSA_SHA256 */
    uint8_t sig[CERT_EC_SIG_SIZE]; /* as on the wire */
};

/* -EINVAL if the reserved bytes are not zero. */
int report_read(struct report *report, const uint8_t wire[REPORT_SIZE])
    __attribute__((warn_unused_result));
void report_write(const struct report *report, uint8_t wire[REPORT_SIZE]);

/* Fill in the three sig fields. 0 or a negative errno. */
int report_sign(struct report *report, const struct crypto_p384_key *pek)
    __attribute__((warn_unused_result));
/* 0; -EBADMSG if this PEK did not sign it; -EINVAL if `pek` is no PEK with a P-384 key. */
int report_verify(const struct report *report, const struct cert *pek)
    __attribute__((warn_unused_result));

#endif
