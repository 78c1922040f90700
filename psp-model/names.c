/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of status codes and states, for logs and traces.
 *
 * Source: AMDESE/sev-tool src/sevapi.h SEV_ERROR_CODE, SEV_PLATFORM_STATE, SEV_GUEST_STATE,
 * SNP_GUEST_STATE, SNP_LAUNCH_UPDATE_PAGE.
 */
#include "psp.h"

#include "protocol/snp_digest.h"

#define TEXT_(x)                      #x
#define VERSION_(major, minor, patch) TEXT_(major) "." TEXT_(minor) "." TEXT_(patch)

const char *psp_version(void)
{
    return VERSION_(PSPMODEL_VERSION_MAJOR, PSPMODEL_VERSION_MINOR, PSPMODEL_VERSION_PATCH);
}

#define NAME(status) [SEV_STATUS_##status] = #status

static const char *const status_names[] = {
    NAME(SUCCESS),
    NAME(INVALID_PLATFORM_STATE),
    NAME(INVALID_GUEST_STATE),
    NAME(INVALID_CONFIG),
    NAME(INVALID_LEN),
    NAME(ALREADY_OWNED),
    NAME(INVALID_CERTIFICATE),
    NAME(POLICY_FAILURE),
    NAME(INACTIVE),
    NAME(INVALID_ADDRESS),
    NAME(BAD_SIGNATURE),
    NAME(BAD_MEASUREMENT),
    NAME(ASID_OWNED),
    NAME(INVALID_ASID),
    NAME(WBINVD_REQUIRED),
    NAME(DFFLUSH_REQUIRED),
    NAME(INVALID_GUEST),
    NAME(INVALID_COMMAND),
    NAME(ACTIVE),
    NAME(HWERROR_PLATFORM),
    NAME(HWERROR_UNSAFE),
    NAME(UNSUPPORTED),
    NAME(INVALID_PARAM),
    NAME(RESOURCE_LIMIT),
    NAME(SECURE_DATA_INVALID),
    NAME(INVALID_PAGE_SIZE),
    NAME(INVALID_PAGE_STATE),
    NAME(INVALID_MDATA_ENTRY),
    NAME(INVALID_PAGE_OWNER),
    NAME(AEAD_OFLOW),
    NAME(EXIT_RING_BUFFER),
    NAME(RMP_INIT_REQUIRED),
    NAME(BAD_SVN),
    NAME(BAD_VERSION),
    NAME(SHUTDOWN_REQUIRED),
    NAME(UPDATE_FAILED),
    NAME(RESTORE_REQUIRED),
    NAME(RMP_INITIALIZATION_FAILED),
    NAME(INVALID_KEY),
};

static const char *const platform_names[] = {"UNINIT", "INIT", "WORKING"};

static const char *const guest_names[] = {"UNINIT",  "LUPDATE", "LSECRET", "RUNNING",
                                          "SUPDATE", "RUPDATE", "SENT"};

static const char *const snp_guest_names[] = {"INIT", "LAUNCH", "RUNNING"};

static const char *lookup(const char *const *names, unsigned n, unsigned i)
{
    return i < n && names[i] ? names[i] : "?";
}

#define LOOKUP(names, i) lookup(names, sizeof(names) / sizeof((names)[0]), i)

const char *psp_status_name(uint16_t status)
{
    return LOOKUP(status_names, status);
}

const char *psp_platform_state_name(uint8_t state)
{
    return LOOKUP(platform_names, state);
}

const char *psp_guest_state_name(uint8_t state)
{
    return LOOKUP(guest_names, state);
}

const char *psp_snp_guest_state_name(uint8_t state)
{
    return LOOKUP(snp_guest_names, state);
}

const char *psp_snp_page_type_name(uint8_t type)
{
    return snp_digest_type_name(type);
}
