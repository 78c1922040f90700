/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that copy memory of a guest under its key: DBG_DECRYPT and DBG_ENCRYPT for a debugger of
 * the hypervisor, COPY to another address.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_dbg; COPY: AMDESE/sev-tool src/sevapi.h.
 * The rules for addresses that overlap are a choice of this model.
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed. If the host fails in the middle of more than 64 KiB, the
 * destination holds the part that was done.
 */
#include "cmd.h"

struct move {
    uint64_t src, dst;
    uint32_t len;
    uint32_t src_asid, dst_asid;
};

/* INACTIVE         the guest has no ASID
 * INVALID_LEN      0, or no multiple of 16
 * INVALID_ADDRESS  source or destination not aligned to 16 or not all in RAM; the two overlap
 *                  without being the same */
static enum sev_status check_move(struct cmd *cmd, const struct move *m)
{
    uint64_t gap = m->src < m->dst ? m->dst - m->src : m->src - m->dst;

    if (!cmd->guest->asid)
        return SEV_STATUS_INACTIVE;
    if (!m->len || m->len % SEV_BLOCK_SIZE)
        return SEV_STATUS_INVALID_LEN;
    if (m->src % SEV_BLOCK_SIZE || m->dst % SEV_BLOCK_SIZE || (gap && gap < m->len) ||
        !cmd_ram_valid(cmd, m->src, m->len) || !cmd_ram_valid(cmd, m->dst, m->len))
        return SEV_STATUS_INVALID_ADDRESS;
    return SEV_STATUS_SUCCESS;
}

static enum sev_status move(struct cmd *cmd, const struct move *m)
{
    struct psp *psp = cmd->psp;
    enum sev_status status = check_move(cmd, m);

    cmd->chunk_used = m->len < PSP_CHUNK ? m->len : PSP_CHUNK;
    for (uint64_t done = 0; status == SEV_STATUS_SUCCESS && done < m->len; done += PSP_CHUNK) {
        uint64_t left = m->len - done;
        size_t n = left < PSP_CHUNK ? left : PSP_CHUNK;

        status = cmd_ram_read(cmd, m->src_asid, m->src + done, psp->chunk, n);
        if (status == SEV_STATUS_SUCCESS)
            status = cmd_ram_write(cmd, m->dst_asid, m->dst + done, psp->chunk, n);
    }
    return status;
}

static enum sev_status debug(struct cmd *cmd, uint32_t src_asid, uint32_t dst_asid)
{
    struct move m = {.src = cmd_addr(cmd, SEV_DBG_SRC_ADDR),
                     .dst = cmd_addr(cmd, SEV_DBG_DST_ADDR),
                     .len = cmd_get32(cmd, SEV_DBG_LEN),
                     .src_asid = src_asid,
                     .dst_asid = dst_asid};

    if (cmd->guest->policy & SEV_POLICY_NODBG)
        return SEV_STATUS_POLICY_FAILURE;
    return move(cmd, &m);
}

/* POLICY_FAILURE  policy NODBG
 * then as check_move() */
enum sev_status cmd_dbg_decrypt(struct cmd *cmd)
{
    return debug(cmd, cmd->guest->asid, PSP_NO_ASID);
}

/* As DBG_DECRYPT. */
enum sev_status cmd_dbg_encrypt(struct cmd *cmd)
{
    return debug(cmd, PSP_NO_ASID, cmd->guest->asid);
}

/* As check_move(). The policy does not matter: no plaintext leaves the guest. */
enum sev_status cmd_copy(struct cmd *cmd)
{
    struct move m = {.src = cmd_addr(cmd, SEV_COPY_SRC_ADDR),
                     .dst = cmd_addr(cmd, SEV_COPY_DST_ADDR),
                     .len = cmd_get32(cmd, SEV_COPY_LEN),
                     .src_asid = cmd->guest->asid,
                     .dst_asid = cmd->guest->asid};

    return move(cmd, &m);
}
