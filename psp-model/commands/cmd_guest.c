/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that bind a guest to an ASID, describe it and delete it.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_decommission, sev_data_activate,
 * sev_data_deactivate, sev_data_guest_status; AMDESE/sev-tool src/sevapi.h SEV_API_COMMANDS
 * (ACTIVATE_EX), swap_out_cmd_buf, swap_in_cmd_buf.
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed.
 */
#include "protocol/buf.h"
#include "cmd.h"

/* ACTIVE           the guest has an ASID already
 * INVALID_ASID     0, or more than the platform has
 * ASID_OWNED       another guest is active under it
 * DFFLUSH_REQUIRED the ASID was used since the last DF_FLUSH
 * HWERROR_PLATFORM the host could not load the key */
static enum sev_status activate(struct cmd *cmd, uint32_t asid)
{
    enum sev_status status;

    if (cmd->guest->asid)
        return SEV_STATUS_ACTIVE;
    status = psp_activate(cmd->psp, asid, cmd->guest->vek);
    if (status == SEV_STATUS_SUCCESS)
        cmd->guest->asid = asid;
    return status;
}

/* As activate(). */
enum sev_status cmd_activate(struct cmd *cmd)
{
    return activate(cmd, cmd_get32(cmd, SEV_ACTIVATE_ASID));
}

enum sev_status cmd_check_apic_ids(const struct cmd *cmd, uint32_t n, uint64_t ids)
{
    struct psp *psp = cmd->psp;
    uint8_t wire[4 * PSP_CPUS_MAX];
    enum sev_status status;
    struct buf b;

    if (!n || n > psp->config.cpus)
        return SEV_STATUS_INVALID_PARAM;
    if (!cmd_ram_valid(cmd, ids, 4ull * n))
        return SEV_STATUS_INVALID_ADDRESS;
    status = cmd_ram_read(cmd, PSP_NO_ASID, ids, wire, 4ul * n);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    b = buf_reader(wire, 4ul * n);
    for (uint32_t i = 0; i < n; i++) {
        if (buf_get32(&b) >= psp->config.cpus)
            return SEV_STATUS_INVALID_PARAM;
    }
    return SEV_STATUS_SUCCESS;
}

/* INVALID_LEN  the buffer's own length is not 18h
 * then as cmd_check_apic_ids(), then as activate(). The list says where the guest may run; the
 * model's memory controllers serve all CPUs, so the guest may run everywhere. */
enum sev_status cmd_activate_ex(struct cmd *cmd)
{
    enum sev_status status;

    if (cmd_get32(cmd, SEV_ACTIVATE_EX_LENGTH) != SEV_ACTIVATE_EX_SIZE)
        return SEV_STATUS_INVALID_LEN;
    status = cmd_check_apic_ids(cmd, cmd_get32(cmd, SEV_ACTIVATE_EX_NUMIDS),
                                cmd_addr(cmd, SEV_ACTIVATE_EX_IDS_ADDR));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    return activate(cmd, cmd_get32(cmd, SEV_ACTIVATE_EX_ASID));
}

/* INACTIVE  the guest has no ASID */
enum sev_status cmd_deactivate(struct cmd *cmd)
{
    if (!cmd->guest->asid)
        return SEV_STATUS_INACTIVE;
    psp_deactivate(cmd->psp, cmd->guest);
    return SEV_STATUS_SUCCESS;
}

/* ACTIVE  the guest still has an ASID: DEACTIVATE it first */
enum sev_status cmd_decommission(struct cmd *cmd)
{
    if (cmd->guest->asid)
        return SEV_STATUS_ACTIVE;
    gctx_delete(cmd->guest);
    if (!gctx_count(&cmd->psp->guests))
        cmd->psp->platform.state = SEV_PLATFORM_INIT;
    return SEV_STATUS_SUCCESS;
}

/* INVALID_PARAM  a reserved bit is set
 * UNSUPPORTED    otherwise. sev-tool has the layouts; how a page is protected is not in the documents
 *                that we use. */
static enum sev_status swap(struct cmd *cmd, uint32_t flags)
{
    return cmd_get32(cmd, SEV_SWAP_FLAGS) & ~flags ? SEV_STATUS_INVALID_PARAM
                                                   : SEV_STATUS_UNSUPPORTED;
}

enum sev_status cmd_swap_out(struct cmd *cmd)
{
    return swap(cmd, SEV_SWAP_OUT_FLAGS);
}

enum sev_status cmd_swap_in(struct cmd *cmd)
{
    return swap(cmd, SEV_SWAP_IN_FLAGS);
}

/* HWERROR_PLATFORM only. */
enum sev_status cmd_guest_status(struct cmd *cmd)
{
    cmd_put32(cmd, SEV_GUEST_STATUS_POLICY, cmd->guest->policy);
    cmd_put32(cmd, SEV_GUEST_STATUS_ASID, cmd->guest->asid);
    cmd_put8(cmd, SEV_GUEST_STATUS_STATE, cmd->guest->state);
    return cmd_reply(cmd);
}
