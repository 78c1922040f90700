/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks of a guest policy; see policy.h.
 */
#include "policy.h"

bool policy_api_ok(uint32_t policy, uint8_t major, uint8_t minor)
{
    unsigned want_major = policy >> SEV_POLICY_API_MAJOR_SHIFT & 0xff;
    unsigned want_minor = policy >> SEV_POLICY_API_MINOR_SHIFT & 0xff;

    return major > want_major || (major == want_major && minor >= want_minor);
}

enum sev_status policy_check_start(uint32_t policy, const struct psp_config *config,
                                   const struct platform *platform)
{
    if (policy & SEV_POLICY_RESERVED)
        return SEV_STATUS_POLICY_FAILURE;
    if (!policy_api_ok(policy, config->api_major, config->api_minor))
        return SEV_STATUS_POLICY_FAILURE;
    if ((policy & SEV_POLICY_ES) && !platform->es)
        return SEV_STATUS_POLICY_FAILURE;
    return SEV_STATUS_SUCCESS;
}

enum sev_status policy_check_sharing(uint32_t policy, uint32_t owner_policy)
{
    if ((policy | owner_policy) & SEV_POLICY_NOKS)
        return SEV_STATUS_POLICY_FAILURE;
    return policy == owner_policy ? SEV_STATUS_SUCCESS : SEV_STATUS_POLICY_FAILURE;
}
