/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The start of a guest context, which LAUNCH_START and RECEIVE_START share: policy, key sharing,
 * the session that brings the transport keys.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_launch_start, sev_data_receive_start;
 * virtee/sev src/session/mod.rs Session::session() (what the session holds).
 */
#ifndef PSP_START_H
#define PSP_START_H

#include "cmd.h"

/* Make the guest that the command asks for, in `state`; LUPDATE gets a launch digest. Without a
 * session (address 0) the keys are those of psp_config or random; `need_session` forbids that.
 * INVALID_GUEST        HANDLE is not 0 and names no guest to share keys with
 * INVALID_LEN          a session that is not 128 bytes, or its certificate not 2084
 * INVALID_ADDRESS      one of them is not all in RAM
 * POLICY_FAILURE       reserved policy bits; the platform's API is older than the policy wants; ES
 *                      without SEV-ES; key sharing that a policy forbids, or with another policy
 * INVALID_CERTIFICATE  not a well-formed ECDH certificate with a point of P-384
 * BAD_MEASUREMENT      WRAP_MAC or POLICY_MAC is wrong
 * RESOURCE_LIMIT       no free guest context, or out of memory */
enum sev_status start_guest(struct cmd *cmd, enum sev_guest_state state, bool need_session)
    __attribute__((warn_unused_result));

#endif
