/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Moving data between a guest's memory and an authenticated packet: what LAUNCH_SECRET,
 * SEND_UPDATE_* and RECEIVE_UPDATE_* have in common.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_launch_secret, sev_data_send_update_data,
 * sev_data_receive_update_data; AMDESE/sev-tool src/sevapi.h sev_hdr_buf; virtee/sev
 * src/session/mod.rs Session::secret(). The first byte of the MAC of SEND and RECEIVE is a choice
 * of this model.
 */
#ifndef PSP_TRANSFER_H
#define PSP_TRANSFER_H

#include "cmd.h"

/* Packet to guest. `context` is the first byte of the MAC's message, `measure` 32 bytes that it
 * ends with, or NULL; `exact` is the length that the guest region must have, 0 = any.
 * INACTIVE         the guest has no ASID
 * INVALID_LEN      header not 52 bytes; guest or packet length 0 or above 16 KiB; guest length no
 *                  multiple of 16, or not `exact`
 * INVALID_ADDRESS  guest region not aligned to 16 (`exact`: to its size); header, region or packet
 *                  not all in RAM
 * INVALID_PARAM    unknown header flags
 * UNSUPPORTED      a compressed packet: its format is not in the documents that we use
 * INVALID_LEN      guest and packet lengths differ
 * BAD_MEASUREMENT  the packet's MAC is wrong */
enum sev_status transfer_to_guest(struct cmd *cmd, uint8_t context, const uint8_t *measure,
                                  uint32_t exact) __attribute__((warn_unused_result));

/* Guest to packet; the two lengths are written back to the command buffer.
 * INACTIVE         the guest has no ASID
 * INVALID_LEN      header or packet too short, or address 0; the lengths needed are stored (KVM
 *                  asks for them with nothing but the handle filled in)
 * INVALID_LEN      guest length 0, above 16 KiB, no multiple of 16, or not `exact`
 * INVALID_ADDRESS  as above */
enum sev_status transfer_from_guest(struct cmd *cmd, uint8_t context, uint32_t exact)
    __attribute__((warn_unused_result));

#endif
