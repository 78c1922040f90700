/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attestation report; see report.h.
 */
#include "report.h"

#include <errno.h>
#include <string.h>

#include "buf.h"

int report_read(struct report *report, const uint8_t wire[REPORT_SIZE])
{
    struct buf in = buf_reader(wire, REPORT_SIZE);
    buf_get(&in, report->mnonce, sizeof(report->mnonce));
    buf_get(&in, report->launch_digest, sizeof(report->launch_digest));
    report->policy = buf_get32(&in);
    report->sig_usage = buf_get32(&in);
    report->sig_algo = buf_get32(&in);
    bool reserved_zero = buf_get_zero(&in, 4);
    buf_get(&in, report->sig, sizeof(report->sig));
    return reserved_zero && buf_done(&in) ? 0 : -EINVAL;
}

void report_write(const struct report *report, uint8_t wire[REPORT_SIZE])
{
    struct buf out = buf_writer(wire, REPORT_SIZE);
    buf_put(&out, report->mnonce, sizeof(report->mnonce));
    buf_put(&out, report->launch_digest, sizeof(report->launch_digest));
    buf_put32(&out, report->policy);
    buf_put32(&out, report->sig_usage);
    buf_put32(&out, report->sig_algo);
    buf_put32(&out, 0);
    buf_put(&out, report->sig, sizeof(report->sig));
}

int report_sign(struct report *report, const struct crypto_p384_key *pek)
{
    uint8_t wire[REPORT_SIZE];
    struct crypto_p384_signature sig;
    report_write(report, wire);
    int err = crypto_p384_sign(pek, CRYPTO_HASH_SHA256, wire, REPORT_SIGNED_SIZE, &sig);
    if (err)
        return err;
    report->sig_usage = CERT_USAGE_PEK;
    report->sig_algo = CERT_ALGO_ECDSA_SHA256;
    cert_ec_sig_write(&sig, report->sig);
    return 0;
}

int report_verify(const struct report *report, const struct cert *pek)
{
    uint8_t wire[REPORT_SIZE];
    struct crypto_p384_signature sig;
    struct crypto_p384_public pub;
    if (pek->usage != CERT_USAGE_PEK || cert_public(pek, &pub))
        return -EINVAL;
    if (report->sig_usage != CERT_USAGE_PEK || report->sig_algo != CERT_ALGO_ECDSA_SHA256 ||
        cert_ec_sig_read(&sig, report->sig))
        return -EBADMSG;
    report_write(report, wire);
    return crypto_p384_verify(&pub, CRYPTO_HASH_SHA256, wire, REPORT_SIGNED_SIZE, &sig);
}
