/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that start, stop, describe and configure the platform of SEV-SNP.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_snp_init_ex, sev_data_range_list,
 * sev_data_snp_shutdown_ex, sev_data_snp_commit, sev_data_snp_feature_info; Linux
 * drivers/crypto/ccp/sev-dev.c __sev_snp_init_locked(), __sev_snp_shutdown_locked(); AMDESE/sev-tool
 * src/sevapi.h SNP_PLATFORM_STATE, snp_platform_status_buffer, snp_config_cmd_buf.
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed.
 */
#include "cmd.h"
#include "endorse.h"
#include "page.h"
#include "protocol/buf.h"

/* --- SNP_INIT, SNP_INIT_EX ------------------------------------------------------------------- */

/* Pages in all ranges of a list: 64 GiB, more than a machine has. */
#define RANGE_PAGES_MAX 0x1000000u

struct ranges {
    uint32_t n;
    struct {
        uint64_t base;
        uint32_t pages;
    } range[SNP_RANGES_MAX];
};

/* A page that stays the hypervisor's: RMPUPDATE cannot change it. */
static const struct psp_rmp_entry fixed_entry = {.immutable = true};

/* INVALID_ADDRESS  the list is not aligned to 8, or not all in RAM
 * INVALID_PARAM    more ranges than fit in a page, a reserved word that is not zero, a range that is
 *                  not aligned or ends above 2^52
 * RESOURCE_LIMIT   more than 64 GiB in all ranges */
static enum sev_status read_ranges(const struct cmd *cmd, uint64_t list, struct ranges *ranges)
{
    uint8_t wire[SNP_PAGE_SIZE];
    uint64_t pages = 0;
    enum sev_status status;
    struct buf b;
    bool zero;

    if (!list || list % 8 || !cmd_ram_valid(cmd, list, SNP_RANGE_LIST_HEADER))
        return SEV_STATUS_INVALID_ADDRESS;
    status = cmd_ram_read(cmd, PSP_NO_ASID, list, wire, SNP_RANGE_LIST_HEADER);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    b = buf_reader(wire, SNP_RANGE_LIST_HEADER);
    ranges->n = buf_get32(&b);
    zero = buf_get_zero(&b, 4);
    if (ranges->n > SNP_RANGES_MAX || !zero)
        return SEV_STATUS_INVALID_PARAM;
    list += SNP_RANGE_LIST_HEADER;
    if (!cmd_ram_valid(cmd, list, (uint64_t)ranges->n * SNP_RANGE_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    status = cmd_ram_read(cmd, PSP_NO_ASID, list, wire, (size_t)ranges->n * SNP_RANGE_SIZE);
    b = buf_reader(wire, (size_t)ranges->n * SNP_RANGE_SIZE);
    for (uint32_t i = 0; status == SEV_STATUS_SUCCESS && i < ranges->n; i++) {
        uint64_t base = ranges->range[i].base = buf_get64(&b);

        pages += ranges->range[i].pages = buf_get32(&b);
        if (!buf_get_zero(&b, 4) || base % SNP_PAGE_SIZE || base >> 52)
            return SEV_STATUS_INVALID_PARAM;
    }
    return pages > RANGE_PAGES_MAX ? SEV_STATUS_RESOURCE_LIMIT : status;
}

/* INVALID_PAGE_STATE  a page of a range belongs to a guest or to the processor. (With a new RMP, none
 *                     does.) */
static enum sev_status check_ranges(const struct cmd *cmd, const struct ranges *ranges)
{
    struct psp *psp = cmd->psp;

    for (uint32_t i = 0; i < ranges->n; i++) {
        for (uint32_t page = 0; page < ranges->range[i].pages; page++) {
            uint64_t spa = ranges->range[i].base + (uint64_t)page * SNP_PAGE_SIZE;
            struct psp_rmp_entry entry;

            if (psp->host.rmp_get(psp->ctx, spa, &entry) && entry.assigned)
                return SEV_STATUS_INVALID_PAGE_STATE;
        }
    }
    return SEV_STATUS_SUCCESS;
}

/* Pages that the RMP does not cover are the hypervisor's anyway. */
static enum sev_status fix_ranges(const struct cmd *cmd, const struct ranges *ranges)
{
    struct psp *psp = cmd->psp;
    enum sev_status status = SEV_STATUS_SUCCESS;

    for (uint32_t i = 0; i < ranges->n; i++) {
        for (uint32_t page = 0; status == SEV_STATUS_SUCCESS && page < ranges->range[i].pages;
             page++) {
            uint64_t spa = ranges->range[i].base + (uint64_t)page * SNP_PAGE_SIZE;
            struct psp_rmp_entry entry;

            if (psp->host.rmp_get(psp->ctx, spa, &entry))
                status = psp_rmp_set(psp, spa, &fixed_entry);
        }
    }
    return status;
}

/* INVALID_PLATFORM_STATE  a guest of SEV exists
 * RMP_INIT_REQUIRED       the RMP was never initialised, and this command is not to do it
 * then as read_ranges() and check_ranges() */
static enum sev_status init(struct cmd *cmd, uint32_t flags, uint64_t list)
{
    struct psp *psp = cmd->psp;
    struct ranges ranges = {0};
    enum sev_status status = SEV_STATUS_SUCCESS;

    if (psp->platform.state == SEV_PLATFORM_WORKING)
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    if (!(flags & SNP_INIT_FLAG_RMP) && !psp->snp.rmp_ready)
        return SEV_STATUS_RMP_INIT_REQUIRED;
    if (flags & SNP_INIT_FLAG_LIST)
        status = read_ranges(cmd, list, &ranges);
    if (status == SEV_STATUS_SUCCESS && !(flags & SNP_INIT_FLAG_RMP))
        status = check_ranges(cmd, &ranges);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    if (flags & SNP_INIT_FLAG_RMP)
        psp->host.rmp_clear(psp->ctx);
    status = fix_ranges(cmd, &ranges);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    psp->snp.rmp_ready = true;
    psp->snp.state = SEV_PLATFORM_INIT;
    platform_dirty_all_asids(&psp->platform);
    return SEV_STATUS_SUCCESS;
}

/* As init(), with a new RMP. */
enum sev_status cmd_snp_init(struct cmd *cmd)
{
    return init(cmd, SNP_INIT_FLAG_RMP, 0);
}

/* INVALID_PARAM  an unknown flag, or MAX_SNP_ASID, which belongs to ciphertext hiding
 * UNSUPPORTED    RAPL_DIS, CIPHERTEXT_HIDING_EN, TIO_EN: FEATURE_INFO does not offer them
 * then as init() */
enum sev_status cmd_snp_init_ex(struct cmd *cmd)
{
    const uint32_t supported = SNP_INIT_FLAG_RMP | SNP_INIT_FLAG_LIST;
    const uint32_t known =
        supported | SNP_INIT_FLAG_RAPL_DIS | SNP_INIT_FLAG_CIPHERTEXT_HIDE | SNP_INIT_FLAG_TIO;
    uint32_t flags = cmd_get32(cmd, SNP_INIT_EX_FLAGS);

    if (flags & ~known)
        return SEV_STATUS_INVALID_PARAM;
    if (!(flags & SNP_INIT_FLAG_CIPHERTEXT_HIDE) && !cmd_zero(cmd, SNP_INIT_EX_MAX_ASID, 2))
        return SEV_STATUS_INVALID_PARAM;
    if (flags & ~supported)
        return SEV_STATUS_UNSUPPORTED;
    return init(cmd, flags, cmd_addr(cmd, SNP_INIT_EX_LIST_ADDR));
}

/* --- SNP_SHUTDOWN, SNP_SHUTDOWN_EX ----------------------------------------------------------- */

/* ACTIVE            a guest has an ASID: DECOMMISSION it first
 * DFFLUSH_REQUIRED  an ASID was used since the last flush
 * Contexts of guests that are not active are lost; their pages stay the processor's. So is a VLEK. */
static enum sev_status shutdown(struct cmd *cmd)
{
    struct psp *psp = cmd->psp;
    const struct psp_rmp_entry firmware = snp_firmware_entry(false);
    enum sev_status status = SEV_STATUS_SUCCESS;

    for (unsigned i = 0; i < SNP_GUESTS; i++) {
        if (psp->snp.guests[i].context && psp->snp.guests[i].asid)
            return SEV_STATUS_ACTIVE;
    }
    if (platform_any_asid_dirty(&psp->platform))
        return SEV_STATUS_DFFLUSH_REQUIRED;
    for (unsigned i = 0; status == SEV_STATUS_SUCCESS && i < SNP_GUESTS; i++) {
        struct snp_guest *guest = &psp->snp.guests[i];

        if (guest->context)
            status = psp_rmp_set(psp, guest->context, &firmware);
        if (status == SEV_STATUS_SUCCESS)
            snp_delete(guest);
    }
    if (status == SEV_STATUS_SUCCESS) {
        psp->snp.state = SEV_PLATFORM_UNINIT;
        psp->snp.vlek = false;
        crypto_wipe(&psp->snp.vlek_key, sizeof(psp->snp.vlek_key));
    }
    return status;
}

/* As shutdown(). */
enum sev_status cmd_snp_shutdown(struct cmd *cmd)
{
    return shutdown(cmd);
}

/* INVALID_LEN    the buffer's own length is not 8
 * INVALID_PARAM  an unknown flag
 * UNSUPPORTED    X86_SNP_SHUTDOWN: FEATURE_INFO does not offer it
 * then as shutdown(). The model has no IOMMU whose enforcement could end. */
enum sev_status cmd_snp_shutdown_ex(struct cmd *cmd)
{
    uint32_t flags = cmd_get32(cmd, SNP_SHUTDOWN_EX_FLAGS);

    if (cmd_get32(cmd, SNP_SHUTDOWN_EX_LENGTH) != SNP_SHUTDOWN_EX_SIZE)
        return SEV_STATUS_INVALID_LEN;
    if (flags & ~(SNP_SHUTDOWN_FLAG_IOMMU | SNP_SHUTDOWN_FLAG_X86))
        return SEV_STATUS_INVALID_PARAM;
    if (flags & SNP_SHUTDOWN_FLAG_X86)
        return SEV_STATUS_UNSUPPORTED;
    return shutdown(cmd);
}

/* --- status and configuration ---------------------------------------------------------------- */

/* As page_check_output(). */
enum sev_status cmd_snp_platform_status(struct cmd *cmd)
{
    const struct psp_config *config = &cmd->psp->config;
    const struct snp *snp = &cmd->psp->snp;
    uint64_t addr = cmd_addr(cmd, SNP_ADDR);
    uint8_t wire[SNP_STATUS_SIZE];
    struct buf b = buf_writer(wire, sizeof(wire));
    enum sev_status status = page_check_output(cmd, addr, sizeof(wire));

    if (status != SEV_STATUS_SUCCESS)
        return status;
    buf_put8(&b, config->api_major);
    buf_put8(&b, config->api_minor);
    buf_put8(&b, snp->state);
    buf_put8(&b, snp->rmp_ready);
    buf_put32(&b, config->build);
    buf_put32(&b, SNP_STATUS_FLAG_FEATURE_INFO |
                      (snp->mask_chip_id ? SNP_STATUS_FLAG_MASK_CHIP_ID : 0) |
                      (snp->mask_key ? SNP_STATUS_FLAG_MASK_KEY : 0) |
                      (snp->vlek ? SNP_STATUS_FLAG_VLEK : 0));
    buf_put32(&b, snp_count(snp));
    buf_put64(&b, config->snp_tcb);
    buf_put64(&b, snp->reported_tcb);
    return page_write_output(cmd, addr, wire, sizeof(wire));
}

/* INVALID_PARAM  an unknown flag, or a TCB version with a part newer than the committed one. 0 is the
 *                committed version. */
enum sev_status cmd_snp_config(struct cmd *cmd)
{
    struct snp *snp = &cmd->psp->snp;
    uint64_t tcb = cmd_get64(cmd, SNP_CONFIG_TCB);
    uint32_t flags = cmd_get32(cmd, SNP_CONFIG_FLAGS);

    if (flags & ~(SNP_CONFIG_FLAG_MASK_CHIP_ID | SNP_CONFIG_FLAG_MASK_KEY))
        return SEV_STATUS_INVALID_PARAM;
    if (!tcb_packed_at_most(tcb, snp->committed_tcb))
        return SEV_STATUS_INVALID_PARAM;
    snp->reported_tcb = tcb ? tcb : snp->committed_tcb;
    snp->mask_chip_id = flags & SNP_CONFIG_FLAG_MASK_CHIP_ID;
    snp->mask_key = flags & SNP_CONFIG_FLAG_MASK_KEY;
    return SEV_STATUS_SUCCESS;
}

/* INVALID_LEN  the buffer's own length is not 4
 * The reported version follows (Linux Documentation/virt/coco/sev-guest.rst SNP_COMMIT). */
enum sev_status cmd_snp_commit(struct cmd *cmd)
{
    if (cmd_get32(cmd, SNP_LENGTH) != SNP_COMMIT_SIZE)
        return SEV_STATUS_INVALID_LEN;
    cmd->psp->snp.committed_tcb = cmd->psp->snp.reported_tcb = cmd->psp->config.snp_tcb;
    return SEV_STATUS_SUCCESS;
}

/* INVALID_LEN      the buffer's own length is not 10h
 * INVALID_PARAM    a reserved byte, or another version than 0
 * INVALID_ADDRESS  the wrapped key is not all in RAM
 * INVALID_PARAM    the wrapped key is damaged, not for this chip, or for a TCB that is newer than the
 *                  committed one
 * The key signs reports as long as the reported version is that of the key. */
enum sev_status cmd_snp_vlek_load(struct cmd *cmd)
{
    uint64_t addr = cmd_addr(cmd, SNP_VLEK_LOAD_ADDR);
    uint8_t wrapped[SNP_VLEK_SIZE];
    enum sev_status status;

    if (cmd_get32(cmd, SNP_LENGTH) != SNP_VLEK_LOAD_SIZE)
        return SEV_STATUS_INVALID_LEN;
    if (!cmd_zero(cmd, SNP_VLEK_LOAD_VERSION, 1))
        return SEV_STATUS_INVALID_PARAM;
    if (!addr || !cmd_ram_valid(cmd, addr, sizeof(wrapped)))
        return SEV_STATUS_INVALID_ADDRESS;
    status = cmd_ram_read(cmd, PSP_NO_ASID, addr, wrapped, sizeof(wrapped));
    return status == SEV_STATUS_SUCCESS ? endorse_load_vlek(cmd->psp, wrapped) : status;
}

/* INVALID_LEN    the buffer's own length is not 10h
 * INVALID_PARAM  a subfunction other than 0
 * then as page_check_output(). No feature of CPUID 80000024h is offered. */
enum sev_status cmd_snp_feature_info(struct cmd *cmd)
{
    static const uint8_t none[SNP_FEATURE_INFO_SIZE];
    uint64_t addr = cmd_addr(cmd, SNP_FEATURE_INFO_ADDR);
    enum sev_status status;

    if (cmd_get32(cmd, SNP_LENGTH) != SNP_FEATURE_INFO_CMD_SIZE)
        return SEV_STATUS_INVALID_LEN;
    if (cmd_get32(cmd, SNP_FEATURE_INFO_ECX))
        return SEV_STATUS_INVALID_PARAM;
    status = page_check_output(cmd, addr, sizeof(none));
    return status == SEV_STATUS_SUCCESS ? page_write_output(cmd, addr, none, sizeof(none)) : status;
}
