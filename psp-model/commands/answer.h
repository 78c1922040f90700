/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kinds of messages of a SEV-SNP guest: what each asks, and the answer.
 *
 * Source: Linux drivers/virt/coco/sev-guest/sev-guest.c get_report(), get_derived_key();
 * include/uapi/linux/sev-guest.h struct snp_report_req, snp_derived_key_req; virtee/sev
 * src/firmware/guest/types/snp.rs DerivedKey (limits of vmpl, guest_svn and tcb_version);
 * arch/x86/include/asm/sev.h struct snp_tsc_info_req, snp_tsc_info_resp. Layout of REPORT_RSP:
 * virtee/sev src/firmware/linux/guest/types.rs ReportRsp.
 *
 * Two kinds of failure are kept apart. A kind that is refused, or a host that fails, is a status of the
 * command: there is no response and the sequence number stays. A payload that is refused is a status
 * in the response, whose first four bytes it is: the command succeeds.
 */
#ifndef PSP_ANSWER_H
#define PSP_ANSWER_H

#include "cmd.h"
#include "protocol/guest_message.h"

/* The answer to a message of the guest `snp` of the command. `payload` is decrypted; zeros follow it.
 * *response becomes the header, `out` the payload. SUCCESS, or as status of the command
 *   UNSUPPORTED       a message of a migration agent
 *   INVALID_PARAM     an unknown kind, a version that the kind does not have
 *   HWERROR_PLATFORM, SECURE_DATA_INVALID */
enum sev_status answer(struct cmd *cmd, const struct guest_message *request,
                       const uint8_t payload[GUEST_MESSAGE_PAYLOAD_MAX],
                       struct guest_message *response, uint8_t out[GUEST_MESSAGE_PAYLOAD_MAX])
    __attribute__((warn_unused_result));

#endif
