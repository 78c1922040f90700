/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks of a guest policy.
 *
 * Source: AMDESE/sev-tool src/sevapi.h SEV_POLICY; Linux include/linux/psp-sev.h SEV_POLICY_MASK_*.
 */
#ifndef PSP_POLICY_H
#define PSP_POLICY_H

#include "platform.h"
#include "psp.h"

/* Check that a guest with this policy can start here: reserved bits, minimum API version, SEV-ES.
 * SUCCESS or POLICY_FAILURE. */
enum sev_status policy_check_start(uint32_t policy, const struct psp_config *config,
                                   const struct platform *platform)
    __attribute__((warn_unused_result));

/* Check that a new guest with `policy` can share the keys of one with `owner_policy`: neither may
 * forbid it (NOKS), and both policies must be equal. SUCCESS or POLICY_FAILURE. */
enum sev_status policy_check_sharing(uint32_t policy, uint32_t owner_policy)
    __attribute__((warn_unused_result));

/* Return whether API version major.minor is at least the one in the policy. */
bool policy_api_ok(uint32_t policy, uint8_t major, uint8_t minor);

#endif
