/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that make a context of a SEV-SNP guest, bind it to an ASID, describe and delete it, and
 * copy pages of the guest for a debugger.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_snp_addr, sev_data_snp_activate,
 * sev_data_snp_guest_status, sev_data_snp_dbg; Linux arch/x86/kvm/svm/sev.c snp_context_create(),
 * snp_bind_asid(), snp_decommission_context(); AMDESE/sev-tool src/sevapi.h SNP_GUEST_STATE,
 * snp_activate_ex_cmd_buf, snp_guest_status_buffer. DBG_*: which pages they take is a choice of this
 * model.
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed.
 */
#include "cmd.h"
#include "page.h"
#include "protocol/buf.h"

/* INVALID_ADDRESS     not aligned to 4 KiB, at 0, or not all in RAM
 * INVALID_PAGE_SIZE   part of a 2 MiB entry
 * INVALID_PAGE_STATE  not in state FIRMWARE
 * RESOURCE_LIMIT      as many guests as the model can have
 * The page gets random bytes: the context itself is in the processor. */
enum sev_status cmd_snp_gctx_create(struct cmd *cmd)
{
    struct psp *psp = cmd->psp;
    const struct psp_rmp_entry context = snp_firmware_entry(true);
    struct psp_rmp_entry entry;
    enum sev_status status;

    cmd->context = cmd_addr(cmd, SNP_ADDR);
    status = page_look(cmd, cmd->context, &entry);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    if (entry.size_2m)
        return SEV_STATUS_INVALID_PAGE_SIZE;
    if (snp_page_state(&entry) != SNP_STATE_FIRMWARE)
        return SEV_STATUS_INVALID_PAGE_STATE;
    if (snp_count(&psp->snp) == SNP_GUESTS)
        return SEV_STATUS_RESOURCE_LIMIT;
    status = psp_random(psp, psp->chunk, SNP_PAGE_SIZE);
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_write(cmd, PSP_NO_ASID, cmd->context, psp->chunk, SNP_PAGE_SIZE);
    if (status == SEV_STATUS_SUCCESS)
        status = psp_rmp_set(psp, cmd->context, &context);
    if (status == SEV_STATUS_SUCCESS)
        (void)snp_new(&psp->snp, cmd->context);
    return status;
}

/* Cannot fail but by the host. An active guest leaves its ASID; the page becomes one of the processor
 * again. */
enum sev_status cmd_snp_decommission(struct cmd *cmd)
{
    const struct psp_rmp_entry firmware = snp_firmware_entry(false);
    enum sev_status status = psp_rmp_set(cmd->psp, cmd->context, &firmware);

    if (status != SEV_STATUS_SUCCESS)
        return status;
    if (cmd->snp->asid)
        psp_snp_deactivate(cmd->psp, cmd->snp);
    snp_delete(cmd->snp);
    return status;
}

/* ACTIVE            the guest has an ASID already
 * INVALID_ASID      0, or more than the platform has
 * ASID_OWNED        another guest, of SEV or SEV-SNP, is active under it
 * DFFLUSH_REQUIRED  the ASID was used since the last flush
 * HWERROR_PLATFORM  the host could not load the key */
static enum sev_status activate(struct cmd *cmd, uint32_t asid)
{
    enum sev_status status;

    if (cmd->snp->asid)
        return SEV_STATUS_ACTIVE;
    status = psp_activate(cmd->psp, asid, cmd->snp->vek);
    if (status == SEV_STATUS_SUCCESS)
        cmd->snp->asid = asid;
    return status;
}

/* As activate(). */
enum sev_status cmd_snp_activate(struct cmd *cmd)
{
    return activate(cmd, cmd_get32(cmd, SNP_ACTIVATE_ASID));
}

/* INVALID_LEN  the buffer's own length is not 20h
 * then as cmd_check_apic_ids(), then as activate() */
enum sev_status cmd_snp_activate_ex(struct cmd *cmd)
{
    enum sev_status status;

    if (cmd_get32(cmd, SNP_ACTIVATE_EX_LENGTH) != SNP_ACTIVATE_EX_SIZE)
        return SEV_STATUS_INVALID_LEN;
    status = cmd_check_apic_ids(cmd, cmd_get32(cmd, SNP_ACTIVATE_EX_NUMIDS),
                                cmd_addr(cmd, SNP_ACTIVATE_EX_IDS_ADDR));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    return activate(cmd, cmd_get32(cmd, SNP_ACTIVATE_EX_ASID));
}

/* As page_check_output(). */
enum sev_status cmd_snp_guest_status(struct cmd *cmd)
{
    uint64_t addr = cmd_addr(cmd, SNP_GUEST_STATUS_ADDR);
    uint8_t wire[SNP_GUEST_STATUS_SIZE];
    struct buf b = buf_writer(wire, sizeof(wire));
    enum sev_status status = page_check_output(cmd, addr, sizeof(wire));

    if (status != SEV_STATUS_SUCCESS)
        return status;
    buf_put64(&b, cmd->snp->policy);
    buf_put32(&b, cmd->snp->asid);
    buf_put8(&b, cmd->snp->state);
    buf_fill(&b, 0, sizeof(wire) - b.pos);
    return page_write_output(cmd, addr, wire, sizeof(wire));
}

/* --- debugging ------------------------------------------------------------------------------- */

/* POLICY_FAILURE      the policy does not allow debugging
 * INACTIVE            the guest has no ASID
 * INVALID_ADDRESS     a page is not aligned to 4 KiB, at 0, or not all in RAM
 * INVALID_PAGE_OWNER  the page of the guest belongs to another ASID */
static enum sev_status check_debug(const struct cmd *cmd, uint64_t guest, uint64_t other)
{
    struct psp_rmp_entry entry, other_entry;
    enum sev_status status;

    if (!(cmd->snp->policy & SNP_POLICY_DEBUG))
        return SEV_STATUS_POLICY_FAILURE;
    if (!cmd->snp->asid)
        return SEV_STATUS_INACTIVE;
    status = page_look(cmd, guest, &entry);
    if (status == SEV_STATUS_SUCCESS)
        status = page_look(cmd, other, &other_entry);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    return entry.assigned && entry.asid == cmd->snp->asid ? SEV_STATUS_SUCCESS
                                                          : SEV_STATUS_INVALID_PAGE_OWNER;
}

/* A page into psp->chunk. */
static enum sev_status fetch_page(struct cmd *cmd, uint32_t asid, uint64_t spa)
{
    cmd->chunk_used = SNP_PAGE_SIZE;
    return cmd_ram_read(cmd, asid, spa, cmd->psp->chunk, SNP_PAGE_SIZE);
}

/* As check_debug(), then as page_check_output() for the destination. */
enum sev_status cmd_snp_dbg_decrypt(struct cmd *cmd)
{
    uint64_t src = cmd_addr(cmd, SNP_DBG_SRC_ADDR), dst = cmd_addr(cmd, SNP_DBG_DST_ADDR);
    enum sev_status status = check_debug(cmd, src, dst);

    if (status == SEV_STATUS_SUCCESS)
        status = page_check_output(cmd, dst, SNP_PAGE_SIZE);
    if (status == SEV_STATUS_SUCCESS)
        status = fetch_page(cmd, cmd->snp->asid, src);
    if (status == SEV_STATUS_SUCCESS)
        status = page_write_output(cmd, dst, cmd->psp->chunk, SNP_PAGE_SIZE);
    return status;
}

/* As check_debug(). */
enum sev_status cmd_snp_dbg_encrypt(struct cmd *cmd)
{
    uint64_t src = cmd_addr(cmd, SNP_DBG_SRC_ADDR), dst = cmd_addr(cmd, SNP_DBG_DST_ADDR);
    enum sev_status status = check_debug(cmd, dst, src);

    if (status == SEV_STATUS_SUCCESS)
        status = fetch_page(cmd, PSP_NO_ASID, src);
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_write(cmd, cmd->snp->asid, dst, cmd->psp->chunk, SNP_PAGE_SIZE);
    return status;
}
