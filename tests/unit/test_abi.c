/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/sev_abi.h against what others say: the status codes of Linux's own header
 * <linux/psp-sev.h>, and the numbers that the kernel's and sev-tool's structures have when compiled
 * (Linux 6.1 include/linux/psp-sev.h, sev-tool src/sevapi.h), written down here in hex.
 */
#include "unit.h"

#include <linux/psp-sev.h>

#include "sev_abi.h"

struct number {
    unsigned ours, theirs;
};

static void equal(const struct number *numbers, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(numbers[i].ours, numbers[i].theirs);
}

#define EQUAL(numbers) equal(numbers, sizeof(numbers) / sizeof((numbers)[0]))

static void status_codes(void **state)
{
    (void)state;
    static const struct number linux_says[] = {
        {SEV_STATUS_SUCCESS, SEV_RET_SUCCESS},
        {SEV_STATUS_INVALID_PLATFORM_STATE, SEV_RET_INVALID_PLATFORM_STATE},
        {SEV_STATUS_INVALID_GUEST_STATE, SEV_RET_INVALID_GUEST_STATE},
        {SEV_STATUS_INVALID_LEN, SEV_RET_INVALID_LEN},
        {SEV_STATUS_ALREADY_OWNED, SEV_RET_ALREADY_OWNED},
        {SEV_STATUS_INVALID_CERTIFICATE, SEV_RET_INVALID_CERTIFICATE},
        {SEV_STATUS_POLICY_FAILURE, SEV_RET_POLICY_FAILURE},
        {SEV_STATUS_INACTIVE, SEV_RET_INACTIVE},
        {SEV_STATUS_INVALID_ADDRESS, SEV_RET_INVALID_ADDRESS},
        {SEV_STATUS_BAD_SIGNATURE, SEV_RET_BAD_SIGNATURE},
        {SEV_STATUS_BAD_MEASUREMENT, SEV_RET_BAD_MEASUREMENT},
        {SEV_STATUS_ASID_OWNED, SEV_RET_ASID_OWNED},
        {SEV_STATUS_INVALID_ASID, SEV_RET_INVALID_ASID},
        {SEV_STATUS_WBINVD_REQUIRED, SEV_RET_WBINVD_REQUIRED},
        {SEV_STATUS_DFFLUSH_REQUIRED, SEV_RET_DFFLUSH_REQUIRED},
        {SEV_STATUS_INVALID_GUEST, SEV_RET_INVALID_GUEST},
        {SEV_STATUS_INVALID_COMMAND, SEV_RET_INVALID_COMMAND},
        {SEV_STATUS_ACTIVE, SEV_RET_ACTIVE},
        {SEV_STATUS_HWERROR_PLATFORM, SEV_RET_HWSEV_RET_PLATFORM},
        {SEV_STATUS_HWERROR_UNSAFE, SEV_RET_HWSEV_RET_UNSAFE},
        {SEV_STATUS_UNSUPPORTED, SEV_RET_UNSUPPORTED},
        {SEV_STATUS_INVALID_PARAM, SEV_RET_INVALID_PARAM},
        {SEV_STATUS_RESOURCE_LIMIT, SEV_RET_RESOURCE_LIMIT},
    };
    static const struct number others_say[] = {
        {SEV_STATUS_INVALID_CONFIG, 0x03},
        {SEV_STATUS_SECURE_DATA_INVALID, 0x18},
        {SEV_STATUS_INVALID_PAGE_SIZE, 0x19},
        {SEV_STATUS_INVALID_PAGE_STATE, 0x1a},
        {SEV_STATUS_INVALID_MDATA_ENTRY, 0x1b},
        {SEV_STATUS_INVALID_PAGE_OWNER, 0x1c},
        {SEV_STATUS_AEAD_OFLOW, 0x1d},
        {SEV_STATUS_EXIT_RING_BUFFER, 0x1f},
        {SEV_STATUS_RMP_INIT_REQUIRED, 0x20},
        {SEV_STATUS_BAD_SVN, 0x21},
        {SEV_STATUS_BAD_VERSION, 0x22},
        {SEV_STATUS_SHUTDOWN_REQUIRED, 0x23},
        {SEV_STATUS_UPDATE_FAILED, 0x24},
        {SEV_STATUS_RESTORE_REQUIRED, 0x25},
        {SEV_STATUS_RMP_INITIALIZATION_FAILED, 0x26},
        {SEV_STATUS_INVALID_KEY, 0x27},
    };

    EQUAL(linux_says);
    EQUAL(others_say);
}

/* What Linux reads of PLATFORM_STATUS, with its own structure. */
static void platform_status(void **state)
{
    (void)state;
    static const struct number numbers[] = {
        {SEV_PLATFORM_STATUS_API_MAJOR, offsetof(struct sev_user_data_status, api_major)},
        {SEV_PLATFORM_STATUS_API_MINOR, offsetof(struct sev_user_data_status, api_minor)},
        {SEV_PLATFORM_STATUS_STATE, offsetof(struct sev_user_data_status, state)},
        {SEV_PLATFORM_STATUS_OWNER, offsetof(struct sev_user_data_status, flags)},
        {SEV_PLATFORM_STATUS_CONFIG, offsetof(struct sev_user_data_status, flags) + 1},
        {SEV_PLATFORM_STATUS_BUILD, offsetof(struct sev_user_data_status, build)},
        {SEV_PLATFORM_STATUS_GUESTS, offsetof(struct sev_user_data_status, guest_count)},
        {SEV_PLATFORM_STATUS_SIZE, sizeof(struct sev_user_data_status)},
        {SEV_CONFIG_ES << 8, SEV_STATUS_FLAGS_CONFIG_ES},
    };

    EQUAL(numbers);
}

static void commands(void **state)
{
    (void)state;
    static const struct number numbers[] = {
        {SEV_CMD_INIT, 0x01},
        {SEV_CMD_SHUTDOWN, 0x02},
        {SEV_CMD_FACTORY_RESET, 0x03},
        {SEV_CMD_PLATFORM_STATUS, 0x04},
        {SEV_CMD_PEK_GEN, 0x05},
        {SEV_CMD_PEK_CSR, 0x06},
        {SEV_CMD_PEK_CERT_IMPORT, 0x07},
        {SEV_CMD_PDH_CERT_EXPORT, 0x08},
        {SEV_CMD_PDH_GEN, 0x09},
        {SEV_CMD_DF_FLUSH, 0x0a},
        {SEV_CMD_DOWNLOAD_FIRMWARE, 0x0b},
        {SEV_CMD_GET_ID, 0x0c},
        {SEV_CMD_INIT_EX, 0x0d},
        {SEV_CMD_NOP, 0x0e},
        {SEV_CMD_RING_BUFFER, 0x0f},
        {SEV_CMD_DECOMMISSION, 0x20},
        {SEV_CMD_ACTIVATE, 0x21},
        {SEV_CMD_DEACTIVATE, 0x22},
        {SEV_CMD_GUEST_STATUS, 0x23},
        {SEV_CMD_COPY, 0x24},
        {SEV_CMD_ACTIVATE_EX, 0x25},
        {SEV_CMD_LAUNCH_START, 0x30},
        {SEV_CMD_LAUNCH_UPDATE_DATA, 0x31},
        {SEV_CMD_LAUNCH_UPDATE_VMSA, 0x32},
        {SEV_CMD_LAUNCH_MEASURE, 0x33},
        {SEV_CMD_LAUNCH_SECRET, 0x34},
        {SEV_CMD_LAUNCH_FINISH, 0x35},
        {SEV_CMD_ATTESTATION, 0x36},
        {SEV_CMD_SEND_START, 0x40},
        {SEV_CMD_SEND_UPDATE_DATA, 0x41},
        {SEV_CMD_SEND_UPDATE_VMSA, 0x42},
        {SEV_CMD_SEND_FINISH, 0x43},
        {SEV_CMD_SEND_CANCEL, 0x44},
        {SEV_CMD_RECEIVE_START, 0x50},
        {SEV_CMD_RECEIVE_UPDATE_DATA, 0x51},
        {SEV_CMD_RECEIVE_UPDATE_VMSA, 0x52},
        {SEV_CMD_RECEIVE_FINISH, 0x53},
        {SEV_CMD_DBG_DECRYPT, 0x60},
        {SEV_CMD_DBG_ENCRYPT, 0x61},
        {SEV_CMD_SWAP_OUT, 0x70},
        {SEV_CMD_SWAP_IN, 0x71},
    };

    EQUAL(numbers);
}

static void buffers(void **state)
{
    (void)state;
    static const struct number numbers[] = {
        {SEV_INIT_FLAGS, 0x00},
        {SEV_INIT_TMR_ADDR, 0x08},
        {SEV_INIT_TMR_LEN, 0x10},
        {SEV_INIT_SIZE, 0x14},
        {SEV_INIT_EX_LENGTH, 0x00},
        {SEV_INIT_EX_FLAGS, 0x04},
        {SEV_INIT_EX_TMR_ADDR, 0x08},
        {SEV_INIT_EX_TMR_LEN, 0x10},
        {SEV_INIT_EX_NV_ADDR, 0x18},
        {SEV_INIT_EX_NV_LEN, 0x20},
        {SEV_INIT_EX_SIZE, 0x24},
        {SEV_BLOB_ADDR, 0x00},
        {SEV_BLOB_LEN, 0x08},
        {SEV_BLOB_SIZE, 0x0c},
        {SEV_PEK_CERT_IMPORT_PEK_ADDR, 0x00},
        {SEV_PEK_CERT_IMPORT_PEK_LEN, 0x08},
        {SEV_PEK_CERT_IMPORT_OCA_ADDR, 0x10},
        {SEV_PEK_CERT_IMPORT_OCA_LEN, 0x18},
        {SEV_PEK_CERT_IMPORT_SIZE, 0x1c},
        {SEV_PDH_CERT_EXPORT_PDH_ADDR, 0x00},
        {SEV_PDH_CERT_EXPORT_PDH_LEN, 0x08},
        {SEV_PDH_CERT_EXPORT_CHAIN_ADDR, 0x10},
        {SEV_PDH_CERT_EXPORT_CHAIN_LEN, 0x18},
        {SEV_PDH_CERT_EXPORT_SIZE, 0x1c},
        {SEV_GUEST_HANDLE, 0x00},
        {SEV_GUEST_SIZE, 0x04},
        {SEV_ACTIVATE_ASID, 0x04},
        {SEV_ACTIVATE_SIZE, 0x08},
        {SEV_ACTIVATE_EX_LENGTH, 0x00},
        {SEV_ACTIVATE_EX_HANDLE, 0x04},
        {SEV_ACTIVATE_EX_ASID, 0x08},
        {SEV_ACTIVATE_EX_NUMIDS, 0x0c},
        {SEV_ACTIVATE_EX_IDS_ADDR, 0x10},
        {SEV_ACTIVATE_EX_SIZE, 0x18},
        {SEV_GUEST_STATUS_POLICY, 0x04},
        {SEV_GUEST_STATUS_ASID, 0x08},
        {SEV_GUEST_STATUS_STATE, 0x0c},
        {SEV_GUEST_STATUS_SIZE, 0x0d},
        {SEV_COPY_LEN, 0x04},
        {SEV_COPY_SRC_ADDR, 0x08},
        {SEV_COPY_DST_ADDR, 0x10},
        {SEV_COPY_SIZE, 0x18},
        {SEV_START_POLICY, 0x04},
        {SEV_START_CERT_ADDR, 0x08},
        {SEV_START_CERT_LEN, 0x10},
        {SEV_START_SESSION_ADDR, 0x18},
        {SEV_START_SESSION_LEN, 0x20},
        {SEV_START_SIZE, 0x24},
        {SEV_LAUNCH_ADDR, 0x08},
        {SEV_LAUNCH_LEN, 0x10},
        {SEV_LAUNCH_SIZE, 0x14},
        {SEV_PACKET_HEADER_ADDR, 0x08},
        {SEV_PACKET_HEADER_LEN, 0x10},
        {SEV_PACKET_GUEST_ADDR, 0x18},
        {SEV_PACKET_GUEST_LEN, 0x20},
        {SEV_PACKET_TRANS_ADDR, 0x28},
        {SEV_PACKET_TRANS_LEN, 0x30},
        {SEV_PACKET_SIZE, 0x34},
        {SEV_ATTESTATION_ADDR, 0x08},
        {SEV_ATTESTATION_MNONCE, 0x10},
        {SEV_ATTESTATION_LEN, 0x20},
        {SEV_ATTESTATION_CMD_SIZE, 0x24},
        {SEV_SEND_START_POLICY, 0x04},
        {SEV_SEND_START_PDH_ADDR, 0x08},
        {SEV_SEND_START_PDH_LEN, 0x10},
        {SEV_SEND_START_PLAT_ADDR, 0x18},
        {SEV_SEND_START_PLAT_LEN, 0x20},
        {SEV_SEND_START_AMD_ADDR, 0x28},
        {SEV_SEND_START_AMD_LEN, 0x30},
        {SEV_SEND_START_SESSION_ADDR, 0x38},
        {SEV_SEND_START_SESSION_LEN, 0x40},
        {SEV_SEND_START_SIZE, 0x44},
        {SEV_DBG_SRC_ADDR, 0x08},
        {SEV_DBG_DST_ADDR, 0x10},
        {SEV_DBG_LEN, 0x18},
        {SEV_DBG_SIZE, 0x1c},
        {SEV_SWAP_FLAGS, 0x04},
        {SEV_SWAP_SRC_ADDR, 0x08},
        {SEV_SWAP_DST_ADDR, 0x10},
        {SEV_SWAP_MDATA_ADDR, 0x18},
        {SEV_SWAP_SOFTWARE_DATA, 0x20},
        {SEV_SWAP_OUT_SIZE, 0x28},
        {SEV_SWAP_IN_SIZE, 0x20},
    };

    EQUAL(numbers);
}

static void states_policy_and_sizes(void **state)
{
    (void)state;
    static const struct number numbers[] = {
        {SEV_PLATFORM_UNINIT, 0},     {SEV_PLATFORM_INIT, 1}, {SEV_PLATFORM_WORKING, 2},
        {SEV_GUEST_UNINIT, 0},        {SEV_GUEST_LUPDATE, 1}, {SEV_GUEST_LSECRET, 2},
        {SEV_GUEST_RUNNING, 3},       {SEV_GUEST_SUPDATE, 4}, {SEV_GUEST_RUPDATE, 5},
        {SEV_GUEST_SENT, 6},          {SEV_POLICY_NODBG, 1},  {SEV_POLICY_NOKS, 2},
        {SEV_POLICY_ES, 4},           {SEV_POLICY_NOSEND, 8}, {SEV_POLICY_DOMAIN, 0x10},
        {SEV_POLICY_SEV, 0x20},       {SEV_CERT_SIZE, 0x824}, {SEV_CERT_CHAIN_SIZE, 6252},
        {SEV_SESSION_SIZE, 128},      {SEV_MEASURE_SIZE, 48}, {SEV_PACKET_HEADER_SIZE, 52},
        {SEV_ATTESTATION_SIZE, 0xd0}, {SEV_CHIP_ID_SIZE, 64}, {SEV_TMR_SIZE, 1 << 20},
        {SEV_NV_SIZE, 32 * 1024},     {SEV_VMSA_SIZE, 4096},
    };

    EQUAL(numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_codes),
        cmocka_unit_test(platform_status),
        cmocka_unit_test(commands),
        cmocka_unit_test(buffers),
        cmocka_unit_test(states_policy_and_sizes),
    };

    return cmocka_run_group_tests_name("abi", tests, NULL, NULL);
}
