/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a command id and the address of a buffer to the body of a command and its status code.
 *
 * Source: AMDESE/sev-tool src/sevapi.h SEV_API_COMMANDS, SEV_PLATFORM_STATE and SEV_GUEST_STATE
 * (which command in which state); Linux include/linux/psp-sev.h (command buffers). The order of the
 * checks is a choice of this model.
 *
 * Order of checks, the same for every command:
 *   INVALID_COMMAND         no such row in the table, or one of SEV-SNP on a host without an RMP
 *   INVALID_ADDRESS         the buffer is missing, or not wholly in RAM (any alignment will do)
 *   HWERROR_PLATFORM        the host could not read it
 *   INVALID_PLATFORM_STATE  not allowed in this state of the platform
 *   INVALID_PARAM           a reserved field is not zero
 *   INVALID_ADDRESS         the context page of a SEV-SNP guest is not aligned or not in RAM
 *   INVALID_GUEST           the handle or the context page names no guest
 *   INVALID_GUEST_STATE     not allowed in this state of that guest
 * then the checks that are listed above the body of the command. A command that fails changes no
 * state.
 */
#include "dispatch.h"

#include <stddef.h>

#include "protocol/crypto.h"

#define P_UNINIT  STATE(SEV_PLATFORM_UNINIT)
#define P_INIT    STATE(SEV_PLATFORM_INIT)
#define P_WORKING STATE(SEV_PLATFORM_WORKING)
#define P_UP      (P_INIT | P_WORKING)

#define G_LUPDATE STATE(SEV_GUEST_LUPDATE)
#define G_LSECRET STATE(SEV_GUEST_LSECRET)
#define G_RUNNING STATE(SEV_GUEST_RUNNING)
#define G_SUPDATE STATE(SEV_GUEST_SUPDATE)
#define G_RUPDATE STATE(SEV_GUEST_RUPDATE)
#define G_SENT    STATE(SEV_GUEST_SENT)
#define G_LIVE    (G_LUPDATE | G_LSECRET | G_RUNNING | G_SUPDATE | G_RUPDATE)

/* SEV-SNP: UNINIT and INIT only. */
#define N_ANY (P_UNINIT | P_INIT)

#define S_INIT      STATE(SNP_GUEST_INIT)
#define S_LAUNCH    STATE(SNP_GUEST_LAUNCH)
#define S_RUNNING   STATE(SNP_GUEST_RUNNING)
#define S_BOUND     (S_LAUNCH | S_RUNNING)
#define S_ANY       (S_INIT | S_BOUND)
#define CONTEXT     (CMD_SNP | CMD_CONTEXT)
#define CONTEXT_AT8 (CMD_SNP | CMD_CONTEXT_AT8)

#define ROW(name, handler, size) SEV_CMD_##name, #name, handler, size

/* clang-format off */
static const struct dispatch_entry table[] = {
    /* name, body, buffer; platform states; guest states, handle; reserved fields as offset, size */
    { ROW(INIT, cmd_init, SEV_INIT_SIZE), P_UNINIT,
      0, 0, { { 4, 4 } } },
    { ROW(SHUTDOWN, cmd_shutdown, 0), P_UP,
      0, 0, { { 0, 0 } } },
    { ROW(FACTORY_RESET, cmd_factory_reset, 0), P_UNINIT,
      0, 0, { { 0, 0 } } },
    { ROW(PLATFORM_STATUS, cmd_platform_status, SEV_PLATFORM_STATUS_SIZE), PLATFORM_ANY,
      0, 0, { { 0, 0 } } },
    { ROW(PEK_GEN, cmd_pek_gen, 0), P_INIT,
      0, 0, { { 0, 0 } } },
    { ROW(PEK_CSR, cmd_pek_csr, SEV_BLOB_SIZE), P_INIT,
      0, 0, { { 0, 0 } } },
    { ROW(PEK_CERT_IMPORT, cmd_pek_cert_import, SEV_PEK_CERT_IMPORT_SIZE), P_INIT,
      0, 0, { { 0xc, 4 } } },
    { ROW(PDH_CERT_EXPORT, cmd_pdh_cert_export, SEV_PDH_CERT_EXPORT_SIZE), P_UP,
      0, 0, { { 0xc, 4 } } },
    { ROW(PDH_GEN, cmd_pdh_gen, 0), P_UP,
      0, 0, { { 0, 0 } } },
    { ROW(DF_FLUSH, cmd_df_flush, 0), P_UP,
      0, 0, { { 0, 0 } } },
    { ROW(DOWNLOAD_FIRMWARE, cmd_download_firmware, SEV_BLOB_SIZE), P_UNINIT,
      0, 0, { { 0, 0 } } },
    { ROW(GET_ID, cmd_get_id, SEV_BLOB_SIZE), PLATFORM_ANY,
      0, 0, { { 0, 0 } } },
    { ROW(INIT_EX, cmd_init_ex, SEV_INIT_EX_SIZE), P_UNINIT,
      0, 0, { { 0x14, 4 } } },
    { ROW(NOP, cmd_nop, 0), PLATFORM_ANY,
      0, 0, { { 0, 0 } } },
    { ROW(RING_BUFFER, cmd_ring_buffer, 0), PLATFORM_ANY,
      0, 0, { { 0, 0 } } },
    { ROW(DECOMMISSION, cmd_decommission, SEV_GUEST_SIZE), P_WORKING,
      G_LIVE | G_SENT, CMD_HANDLE, { { 0, 0 } } },
    { ROW(ACTIVATE, cmd_activate, SEV_ACTIVATE_SIZE), P_WORKING,
      G_LIVE, CMD_HANDLE, { { 0, 0 } } },
    { ROW(DEACTIVATE, cmd_deactivate, SEV_GUEST_SIZE), P_WORKING,
      G_LIVE | G_SENT, CMD_HANDLE, { { 0, 0 } } },
    { ROW(GUEST_STATUS, cmd_guest_status, SEV_GUEST_STATUS_SIZE), P_WORKING,
      G_LIVE | G_SENT, CMD_HANDLE, { { 0, 0 } } },
    { ROW(COPY, cmd_copy, SEV_COPY_SIZE), P_WORKING,
      G_LIVE, CMD_HANDLE, { { 0, 0 } } },
    { ROW(ACTIVATE_EX, cmd_activate_ex, SEV_ACTIVATE_EX_SIZE), P_WORKING,
      G_LIVE, CMD_HANDLE_AT4, { { 0, 0 } } },
    { ROW(LAUNCH_START, cmd_launch_start, SEV_START_SIZE), P_UP,
      0, 0, { { 0x14, 4 } } },
    { ROW(LAUNCH_UPDATE_DATA, cmd_launch_update_data, SEV_LAUNCH_SIZE), P_WORKING,
      G_LUPDATE, CMD_HANDLE, { { 4, 4 } } },
    { ROW(LAUNCH_UPDATE_VMSA, cmd_launch_update_vmsa, SEV_LAUNCH_SIZE), P_WORKING,
      G_LUPDATE, CMD_HANDLE, { { 4, 4 } } },
    { ROW(LAUNCH_MEASURE, cmd_launch_measure, SEV_LAUNCH_SIZE), P_WORKING,
      G_LUPDATE, CMD_HANDLE, { { 4, 4 } } },
    { ROW(LAUNCH_SECRET, cmd_launch_secret, SEV_PACKET_SIZE), P_WORKING,
      G_LSECRET, CMD_HANDLE, { { 4, 4 }, { 0x14, 4 }, { 0x24, 4 } } },
    { ROW(LAUNCH_FINISH, cmd_launch_finish, SEV_GUEST_SIZE), P_WORKING,
      G_LSECRET, CMD_HANDLE, { { 0, 0 } } },
    { ROW(ATTESTATION, cmd_attestation, SEV_ATTESTATION_CMD_SIZE), P_WORKING,
      G_LSECRET | G_RUNNING | G_SUPDATE, CMD_HANDLE, { { 4, 4 } } },
    { ROW(SEND_START, cmd_send_start, SEV_SEND_START_SIZE), P_WORKING,
      G_RUNNING, CMD_HANDLE, { { 0x14, 4 }, { 0x24, 4 }, { 0x34, 4 } } },
    { ROW(SEND_UPDATE_DATA, cmd_send_update_data, SEV_PACKET_SIZE), P_WORKING,
      G_SUPDATE, CMD_HANDLE, { { 4, 4 }, { 0x14, 4 }, { 0x24, 4 } } },
    { ROW(SEND_UPDATE_VMSA, cmd_send_update_vmsa, SEV_PACKET_SIZE), P_WORKING,
      G_SUPDATE, CMD_HANDLE, { { 4, 4 }, { 0x14, 4 }, { 0x24, 4 } } },
    { ROW(SEND_FINISH, cmd_send_finish, SEV_GUEST_SIZE), P_WORKING,
      G_SUPDATE, CMD_HANDLE, { { 0, 0 } } },
    { ROW(SEND_CANCEL, cmd_send_cancel, SEV_GUEST_SIZE), P_WORKING,
      G_SUPDATE, CMD_HANDLE, { { 0, 0 } } },
    { ROW(RECEIVE_START, cmd_receive_start, SEV_START_SIZE), P_UP,
      0, 0, { { 0x14, 4 } } },
    { ROW(RECEIVE_UPDATE_DATA, cmd_receive_update_data, SEV_PACKET_SIZE), P_WORKING,
      G_RUPDATE, CMD_HANDLE, { { 4, 4 }, { 0x14, 4 }, { 0x24, 4 } } },
    { ROW(RECEIVE_UPDATE_VMSA, cmd_receive_update_vmsa, SEV_PACKET_SIZE), P_WORKING,
      G_RUPDATE, CMD_HANDLE, { { 4, 4 }, { 0x14, 4 }, { 0x24, 4 } } },
    { ROW(RECEIVE_FINISH, cmd_receive_finish, SEV_GUEST_SIZE), P_WORKING,
      G_RUPDATE, CMD_HANDLE, { { 0, 0 } } },
    { ROW(DBG_DECRYPT, cmd_dbg_decrypt, SEV_DBG_SIZE), P_WORKING,
      G_LIVE, CMD_HANDLE, { { 4, 4 } } },
    { ROW(DBG_ENCRYPT, cmd_dbg_encrypt, SEV_DBG_SIZE), P_WORKING,
      G_LIVE, CMD_HANDLE, { { 4, 4 } } },
    { ROW(SWAP_OUT, cmd_swap_out, SEV_SWAP_OUT_SIZE), P_WORKING,
      G_LIVE, CMD_HANDLE, { { 0, 0 } } },
    { ROW(SWAP_IN, cmd_swap_in, SEV_SWAP_IN_SIZE), P_WORKING,
      G_LIVE, CMD_HANDLE, { { 0, 0 } } },
    { ROW(SNP_INIT, cmd_snp_init, 0), P_UNINIT,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_SHUTDOWN, cmd_snp_shutdown, 0), P_INIT,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_PLATFORM_STATUS, cmd_snp_platform_status, SNP_ADDR_SIZE), N_ANY,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_DF_FLUSH, cmd_df_flush, 0), P_INIT,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_INIT_EX, cmd_snp_init_ex, SNP_INIT_EX_SIZE), P_UNINIT,
      0, CMD_SNP, { { 4, 4 }, { 0x12, 0x2e } } },
    { ROW(SNP_SHUTDOWN_EX, cmd_snp_shutdown_ex, SNP_SHUTDOWN_EX_SIZE), P_INIT,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_DECOMMISSION, cmd_snp_decommission, SNP_ADDR_SIZE), P_INIT,
      S_ANY, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_ACTIVATE, cmd_snp_activate, SNP_ACTIVATE_SIZE), P_INIT,
      S_BOUND, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_GUEST_STATUS, cmd_snp_guest_status, SNP_GUEST_STATUS_CMD_SIZE), P_INIT,
      S_ANY, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_GCTX_CREATE, cmd_snp_gctx_create, SNP_ADDR_SIZE), P_INIT,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_GUEST_REQUEST, cmd_snp_guest_request, SNP_GUEST_REQUEST_SIZE), P_INIT,
      S_RUNNING, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_ACTIVATE_EX, cmd_snp_activate_ex, SNP_ACTIVATE_EX_SIZE), P_INIT,
      S_BOUND, CONTEXT_AT8, { { 4, 4 } } },
    { ROW(SNP_LAUNCH_START, cmd_snp_launch_start, SNP_START_SIZE), P_INIT,
      S_INIT, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_LAUNCH_UPDATE, cmd_snp_launch_update, SNP_UPDATE_SIZE), P_INIT,
      S_LAUNCH, CONTEXT, { { 0xc, 4 }, { 0x18, 1 }, { 0x1c, 4 } } },
    { ROW(SNP_LAUNCH_FINISH, cmd_snp_launch_finish, SNP_FINISH_SIZE), P_INIT,
      S_LAUNCH, CONTEXT, { { 0x1c, 4 } } },
    { ROW(SNP_DBG_DECRYPT, cmd_snp_dbg_decrypt, SNP_DBG_SIZE), P_INIT,
      S_BOUND, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_DBG_ENCRYPT, cmd_snp_dbg_encrypt, SNP_DBG_SIZE), P_INIT,
      S_BOUND, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_PAGE_SWAP_OUT, cmd_snp_unsupported, SNP_SWAP_SIZE), P_INIT,
      S_BOUND, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_PAGE_SWAP_IN, cmd_snp_unsupported, SNP_SWAP_SIZE), P_INIT,
      S_BOUND, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_PAGE_MOVE, cmd_snp_unsupported, SNP_PAGE_MOVE_SIZE), P_INIT,
      S_BOUND, CONTEXT, { { 0xc, 4 } } },
    { ROW(SNP_PAGE_MD_INIT, cmd_snp_unsupported, SNP_MD_INIT_SIZE), P_INIT,
      S_BOUND, CONTEXT, { { 0, 0 } } },
    { ROW(SNP_PAGE_SET_STATE, cmd_snp_unsupported, 0), P_INIT,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_PAGE_RECLAIM, cmd_snp_page_reclaim, SNP_ADDR_SIZE), P_INIT,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_PAGE_UNSMASH, cmd_snp_page_unsmash, SNP_ADDR_SIZE), P_INIT,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_CONFIG, cmd_snp_config, SNP_CONFIG_SIZE), P_INIT,
      0, CMD_SNP, { { 0xc, 0x34 } } },
    { ROW(SNP_DOWNLOAD_FIRMWARE_EX, cmd_snp_unsupported, 0), N_ANY,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_COMMIT, cmd_snp_commit, SNP_COMMIT_SIZE), P_INIT,
      0, CMD_SNP, { { 0, 0 } } },
    { ROW(SNP_VLEK_LOAD, cmd_snp_vlek_load, SNP_VLEK_LOAD_SIZE), P_INIT,
      0, CMD_SNP, { { 5, 3 } } },
    { ROW(SNP_FEATURE_INFO, cmd_snp_feature_info, SNP_FEATURE_INFO_CMD_SIZE), N_ANY,
      0, CMD_SNP, { { 0, 0 } } },
};
/* clang-format on */

const struct dispatch_entry *dispatch_table(unsigned *n)
{
    *n = sizeof(table) / sizeof(table[0]);
    return table;
}

const struct dispatch_entry *dispatch_find(uint16_t id)
{
    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].id == id)
            return &table[i];
    }
    return NULL;
}

/* --- execution ------------------------------------------------------------------------------- */

static bool reserved_zero(const struct cmd *cmd, const struct dispatch_entry *row)
{
    for (unsigned i = 0; i < 3 && row->reserved[i].size; i++) {
        if (!cmd_zero(cmd, row->reserved[i].offset, row->reserved[i].size))
            return false;
    }
    return true;
}

/* Find the guest that the buffer names, for the check of its state and for the event. */
static void find_guest(struct cmd *cmd, const struct dispatch_entry *row)
{
    struct psp *psp = cmd->psp;

    if (row->flags & (CMD_HANDLE | CMD_HANDLE_AT4)) {
        cmd->handle = cmd_get32(cmd, row->flags & CMD_HANDLE ? 0 : 4);
        cmd->guest = gctx_find(&psp->guests, cmd->handle);
        cmd->guest_before = cmd->guest ? cmd->guest->state : SEV_GUEST_UNINIT;
    }
    if (row->flags & (CMD_CONTEXT | CMD_CONTEXT_AT8)) {
        cmd->context = cmd_addr(cmd, row->flags & CMD_CONTEXT ? 0 : 8);
        cmd->snp = snp_find(&psp->snp, cmd->context);
        cmd->guest_before = cmd->snp ? cmd->snp->state : SNP_GUEST_INIT;
    }
    cmd->existed = cmd->guest || cmd->snp;
}

static enum sev_status check_guest(const struct cmd *cmd, const struct dispatch_entry *row)
{
    if (!row->guest_states)
        return SEV_STATUS_SUCCESS;
    if (row->flags & CMD_SNP &&
        (cmd->context % SNP_PAGE_SIZE || !cmd_ram_valid(cmd, cmd->context, SNP_PAGE_SIZE)))
        return SEV_STATUS_INVALID_ADDRESS;
    if (!cmd->existed)
        return SEV_STATUS_INVALID_GUEST;
    return row->guest_states & STATE(cmd->guest_before) ? SEV_STATUS_SUCCESS
                                                        : SEV_STATUS_INVALID_GUEST_STATE;
}

static uint8_t platform_state(const struct psp *psp, bool snp)
{
    return snp ? psp->snp.state : psp->platform.state;
}

static enum sev_status run(struct cmd *cmd, const struct dispatch_entry *row, uint64_t buffer)
{
    enum sev_status status = cmd_fetch(cmd, buffer, row->size);

    if (status != SEV_STATUS_SUCCESS)
        return status;
    find_guest(cmd, row);
    if (!(row->platform_states & STATE(platform_state(cmd->psp, row->flags & CMD_SNP))))
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    if (!reserved_zero(cmd, row))
        return SEV_STATUS_INVALID_PARAM;
    status = check_guest(cmd, row);
    return status == SEV_STATUS_SUCCESS ? row->handler(cmd) : status;
}

/* The guest's part of an event. The guest is looked up again, because the command may have created
 * or deleted it. `digest` becomes its launch digest. */
static void report_guest(const struct cmd *cmd, struct psp_event *event, uint8_t *digest)
{
    const struct gctx *guest = gctx_find(&cmd->psp->guests, cmd->handle);

    event->handle = cmd->handle;
    event->guest_after = guest ? guest->state : SEV_GUEST_UNINIT;
    event->exists = guest != NULL;
    event->digest_size = CRYPTO_SHA256_SIZE;
    if (guest && gctx_launch_digest(guest, digest) == 0)
        event->launch_digest = digest;
}

static void report_snp_guest(const struct cmd *cmd, struct psp_event *event)
{
    const struct snp_guest *guest = snp_find(&cmd->psp->snp, cmd->context);

    event->context = cmd->context;
    event->guest_after = guest ? guest->state : SNP_GUEST_INIT;
    event->exists = guest != NULL;
    event->digest_size = SNP_DIGEST_SIZE;
    event->launch_digest = guest ? guest->launch_digest : NULL;
    event->region_gpa = cmd->region_gpa;
    event->page_type = cmd->page_type;
}

/* Report the finished command to the host. */
static void report(const struct cmd *cmd, struct psp_event *event)
{
    struct psp *psp = cmd->psp;
    const uint64_t now = psp->host.time_us(psp->ctx);
    uint8_t digest[CRYPTO_SHA256_SIZE];

    event->platform_after = platform_state(psp, event->snp);
    event->guest_before = cmd->guest_before;
    event->existed = cmd->existed;
    event->usec = now > event->usec ? now - event->usec : 0;
    event->region_addr = cmd->region_addr;
    event->region_len = cmd->region_len;
    event->region_digest = cmd->region_hashed ? cmd->region_digest : NULL;
    if (event->snp)
        report_snp_guest(cmd, event);
    else
        report_guest(cmd, event, digest);
    psp->host.trace(psp->ctx, event);
}

enum sev_status dispatch_exec(struct psp *psp, enum psp_issuer issuer, uint16_t id, uint64_t buffer)
{
    const struct dispatch_entry *row = dispatch_find(id);
    struct cmd cmd = {.psp = psp, .issuer = issuer};
    struct psp_event event = {.command = id};
    enum sev_status status = SEV_STATUS_INVALID_COMMAND;

    if (row && row->flags & CMD_SNP && !psp_has_snp(psp))
        row = NULL;
    event.snp = row && row->flags & CMD_SNP;
    event.platform_before = platform_state(psp, event.snp);
    if (psp->host.trace)
        event.usec = psp->host.time_us(psp->ctx);
    if (row)
        status = run(&cmd, row, buffer);
    if (psp->host.trace) {
        event.status = (uint16_t)status;
        report(&cmd, &event);
    }
    crypto_wipe(psp->chunk, cmd.chunk_used);
    return status;
}

/* --- names ----------------------------------------------------------------------------------- */

const char *psp_command_name(uint16_t command)
{
    const struct dispatch_entry *row = dispatch_find(command);

    return row ? row->name : "?";
}
