/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attestation report: what was launched here, signed by the platform.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_attestation_report; the report itself:
 * protocol/report.h.
 */
#include <string.h>

#include "chip.h"
#include "cmd.h"
#include "protocol/report.h"

static int make_report(struct cmd *cmd, uint8_t wire[REPORT_SIZE])
{
    struct report report = {.policy = cmd->guest->policy};
    int err = gctx_launch_digest(cmd->guest, report.launch_digest);

    memcpy(report.mnonce, cmd->buf + SEV_ATTESTATION_MNONCE, sizeof(report.mnonce));
    if (!err)
        err = report_sign(&report, &chip_identity(cmd->psp)->pek);
    if (!err)
        report_write(&report, wire);
    return err;
}

/* INVALID_LEN      shorter than 208, or address 0; 208 is stored in the length field
 * INVALID_ADDRESS  not all in RAM */
enum sev_status cmd_attestation(struct cmd *cmd)
{
    uint64_t addr = cmd_addr(cmd, SEV_ATTESTATION_ADDR);
    uint8_t wire[REPORT_SIZE];
    enum sev_status status;
    int err;

    if (!addr || cmd_get32(cmd, SEV_ATTESTATION_LEN) < REPORT_SIZE)
        return cmd_reply_length(cmd, SEV_ATTESTATION_LEN, REPORT_SIZE);
    if (!cmd_ram_valid(cmd, addr, REPORT_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    err = make_report(cmd, wire);
    if (err)
        return psp_host_trouble(cmd->psp, "making a report", err);
    status = cmd_ram_write(cmd, PSP_NO_ASID, addr, wire, sizeof(wire));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    cmd_put32(cmd, SEV_ATTESTATION_LEN, REPORT_SIZE);
    return cmd_reply(cmd);
}
