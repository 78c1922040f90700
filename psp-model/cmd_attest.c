/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attestation report: what was launched here, signed by the platform.
 *
 * Implements AMD pub. 55766, 6.8 "ATTESTATION" and its report structure.
 */
#include "buf.h"
#include "chip.h"
#include "dispatch.h"

#define SIGNED_SIZE 52u /* MNONCE, digest, policy */

/* MNONCE 0:16, launch digest 10h:32, policy 30h:4, usage and algorithm of the signing key 34h:4,
 * 38h:4, reserved, R 40h:72, S 88h:72. */
static int make_report(struct cmd *cmd, uint8_t report[SEV_ATTESTATION_SIZE])
{
    struct buf b = buf_writer(report, SEV_ATTESTATION_SIZE);
    struct crypto_p384_signature sig;
    uint8_t digest[32], wire[CERT_EC_SIG_SIZE];
    int err = gctx_launch_digest(cmd->guest, digest);

    if (err)
        return err;
    buf_put(&b, cmd->buf + SEV_ATTESTATION_MNONCE, 16);
    buf_put(&b, digest, sizeof(digest));
    buf_put32(&b, cmd->guest->policy);
    err = crypto_p384_sign(&chip_identity(cmd->psp)->pek, CRYPTO_HASH_SHA256, report, SIGNED_SIZE,
                           &sig);
    if (err)
        return err;
    cert_ec_sig_write(&sig, wire);
    buf_put32(&b, CERT_USAGE_PEK);
    buf_put32(&b, CERT_ALGO_ECDSA_SHA256);
    buf_put32(&b, 0);
    buf_put(&b, wire, sizeof(wire));
    return 0;
}

/* INVALID_LEN      shorter than 208, or address 0; 208 is stored in the length field
 * INVALID_ADDRESS  not wholly in RAM */
enum sev_status cmd_attestation(struct cmd *cmd)
{
    uint64_t addr = cmd_addr(cmd, SEV_ATTESTATION_ADDR);
    uint8_t report[SEV_ATTESTATION_SIZE];
    enum sev_status status;
    int err;

    if (!addr || cmd_get32(cmd, SEV_ATTESTATION_LEN) < SEV_ATTESTATION_SIZE)
        return cmd_reply_length(cmd, SEV_ATTESTATION_LEN, SEV_ATTESTATION_SIZE);
    if (!psp_ram_valid(cmd->psp, addr, SEV_ATTESTATION_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    err = make_report(cmd, report);
    if (err)
        return psp_host_trouble(cmd->psp, "making a report", err);
    status = psp_ram_write(cmd->psp, PSP_NO_ASID, addr, report, sizeof(report));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    cmd_put32(cmd, SEV_ATTESTATION_LEN, SEV_ATTESTATION_SIZE);
    return cmd_reply(cmd);
}
