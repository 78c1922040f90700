/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that start, stop, describe and flush the platform.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_init, sev_data_init_ex, struct
 * sev_user_data_status; AMDESE/sev-tool src/sevapi.h sev_platform_status_cmd_buf,
 * SEV_PLATFORM_STATE (states).
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed.
 */
#include "chip.h"
#include "cmd.h"

#define NV_ALIGN 4096u

/* INVALID_PARAM    a flag other than ES
 * With ES, for the memory that the hypervisor gives away for save areas:
 * INVALID_LEN      less than 1 MiB
 * INVALID_ADDRESS  not aligned to 1 MiB, or not RAM */
static enum sev_status check_init(struct cmd *cmd, uint32_t flags, uint64_t tmr, uint32_t tmr_len)
{
    if (flags & ~SEV_INIT_FLAG_ES)
        return SEV_STATUS_INVALID_PARAM;
    if (!(flags & SEV_INIT_FLAG_ES))
        return SEV_STATUS_SUCCESS;
    if (tmr_len < SEV_TMR_SIZE)
        return SEV_STATUS_INVALID_LEN;
    if (tmr % SEV_TMR_SIZE || !cmd_ram_valid(cmd, tmr, tmr_len))
        return SEV_STATUS_INVALID_ADDRESS;
    return SEV_STATUS_SUCCESS;
}

static void enter_init(struct psp *psp, uint32_t flags)
{
    psp->platform.es = flags & SEV_INIT_FLAG_ES;
    psp->platform.state = SEV_PLATFORM_INIT;
    platform_dirty_all_asids(&psp->platform);
}

/* As check_init(), then
 * SECURE_DATA_INVALID  the chip's storage is of a newer version, or is damaged and that has not been
 *                      reported yet: the next INIT replaces it */
enum sev_status cmd_init(struct cmd *cmd)
{
    uint32_t flags = cmd_get32(cmd, SEV_INIT_FLAGS);
    enum sev_status status =
        check_init(cmd, flags, cmd_addr(cmd, SEV_INIT_TMR_ADDR), cmd_get32(cmd, SEV_INIT_TMR_LEN));

    if (status == SEV_STATUS_SUCCESS)
        status = chip_init(cmd->psp);
    if (status == SEV_STATUS_SUCCESS)
        enter_init(cmd->psp, flags);
    return status;
}

/* INVALID_LEN          the buffer's own length is not 24h
 * then as check_init(), then
 * INVALID_LEN          NV_LEN is not 32 KiB
 * INVALID_ADDRESS      the NV buffer is not aligned to 4 KiB, or not all in RAM
 * SECURE_DATA_INVALID  as INIT for what the chip or the buffer holds; a buffer of another chip counts
 *                      as damaged */
enum sev_status cmd_init_ex(struct cmd *cmd)
{
    uint32_t flags = cmd_get32(cmd, SEV_INIT_EX_FLAGS);
    uint64_t nv = cmd_addr(cmd, SEV_INIT_EX_NV_ADDR);
    enum sev_status status;

    if (cmd_get32(cmd, SEV_INIT_EX_LENGTH) != SEV_INIT_EX_SIZE)
        return SEV_STATUS_INVALID_LEN;
    status = check_init(cmd, flags, cmd_addr(cmd, SEV_INIT_EX_TMR_ADDR),
                        cmd_get32(cmd, SEV_INIT_EX_TMR_LEN));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    if (cmd_get32(cmd, SEV_INIT_EX_NV_LEN) != SEV_NV_SIZE)
        return SEV_STATUS_INVALID_LEN;
    if (!nv || nv % NV_ALIGN || !cmd_ram_valid(cmd, nv, SEV_NV_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    status = chip_init_buffer(cmd->psp, cmd->issuer, nv);
    if (status == SEV_STATUS_SUCCESS)
        enter_init(cmd->psp, flags);
    return status;
}

/* Cannot fail. Guests are lost; what the caches hold of them is not. */
enum sev_status cmd_shutdown(struct cmd *cmd)
{
    psp_delete_guests(cmd->psp);
    chip_leave_buffer(cmd->psp);
    cmd->psp->platform.state = SEV_PLATFORM_UNINIT;
    cmd->psp->platform.es = false;
    return SEV_STATUS_SUCCESS;
}

/* HWERROR_PLATFORM only. Before INIT, the owner is the one in the chip's storage. Damaged storage has
 * none: the next INIT reports the damage. */
enum sev_status cmd_platform_status(struct cmd *cmd)
{
    struct psp_platform_info info;
    enum sev_status status = chip_look(cmd->psp);

    if (status != SEV_STATUS_SUCCESS && status != SEV_STATUS_SECURE_DATA_INVALID)
        return status;
    psp_get_platform(cmd->psp, &info);
    cmd_put8(cmd, SEV_PLATFORM_STATUS_API_MAJOR, info.api_major);
    cmd_put8(cmd, SEV_PLATFORM_STATUS_API_MINOR, info.api_minor);
    cmd_put8(cmd, SEV_PLATFORM_STATUS_STATE, info.state);
    cmd_put8(cmd, SEV_PLATFORM_STATUS_OWNER, info.owned ? SEV_OWNER_EXTERNAL : 0);
    cmd_put16(cmd, SEV_PLATFORM_STATUS_CONFIG, info.es ? SEV_CONFIG_ES : 0);
    cmd_put8(cmd, SEV_PLATFORM_STATUS_CONFIG + 2, 0);
    cmd_put8(cmd, SEV_PLATFORM_STATUS_BUILD, info.build);
    cmd_put32(cmd, SEV_PLATFORM_STATUS_GUESTS, info.guests);
    return cmd_reply(cmd);
}

/* WBINVD_REQUIRED  a CPU has not executed WBINVD since the last DEACTIVATE */
enum sev_status cmd_df_flush(struct cmd *cmd)
{
    if (platform_wbinvd_required(&cmd->psp->platform))
        return SEV_STATUS_WBINVD_REQUIRED;
    platform_df_flush(&cmd->psp->platform);
    return SEV_STATUS_SUCCESS;
}

/* Cannot fail. */
enum sev_status cmd_nop(struct cmd *cmd)
{
    (void)cmd;
    return SEV_STATUS_SUCCESS;
}

/* UNSUPPORTED  always: the layout of its buffer is in neither source */
enum sev_status cmd_ring_buffer(struct cmd *cmd)
{
    (void)cmd;
    return SEV_STATUS_UNSUPPORTED;
}
