/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pages that the commands of SEV-SNP name; see page.h.
 */
#include "page.h"

#include <string.h>

#define OUTPUT_ALIGN 8u

static bool get_entry(const struct cmd *cmd, uint64_t spa, struct psp_rmp_entry *entry)
{
    struct psp *psp = cmd->psp;

    memset(entry, 0, sizeof(*entry));
    return psp->host.rmp_get(psp->ctx, spa & ~(uint64_t)(SNP_PAGE_SIZE - 1), entry);
}

enum sev_status page_look(const struct cmd *cmd, uint64_t spa, struct psp_rmp_entry *entry)
{
    if (!spa || spa % SNP_PAGE_SIZE || !cmd_ram_valid(cmd, spa, SNP_PAGE_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    (void)get_entry(cmd, spa, entry);
    return SEV_STATUS_SUCCESS;
}

/* Check that the RMP restricts what a command may write to the page at `spa`, and get the entry. */
static bool ruled(const struct cmd *cmd, uint64_t spa, struct psp_rmp_entry *entry)
{
    return cmd->psp->snp.state == SEV_PLATFORM_INIT && get_entry(cmd, spa, entry);
}

enum sev_status page_check_output(const struct cmd *cmd, uint64_t spa, size_t len)
{
    struct psp_rmp_entry entry;

    if (!spa || spa % OUTPUT_ALIGN || spa % SNP_PAGE_SIZE + len > SNP_PAGE_SIZE ||
        !cmd_ram_valid(cmd, spa, len))
        return SEV_STATUS_INVALID_ADDRESS;
    if (!ruled(cmd, spa, &entry))
        return SEV_STATUS_SUCCESS;
    if (entry.size_2m)
        return SEV_STATUS_INVALID_PAGE_SIZE;
    return snp_page_state(&entry) == SNP_STATE_FIRMWARE ? SEV_STATUS_SUCCESS
                                                        : SEV_STATUS_INVALID_PAGE_STATE;
}

enum sev_status page_write_output(const struct cmd *cmd, uint64_t spa, const void *data, size_t len)
{
    struct psp_rmp_entry entry;
    enum sev_status status = cmd_ram_write(cmd, PSP_NO_ASID, spa, data, len);

    if (status != SEV_STATUS_SUCCESS || !ruled(cmd, spa, &entry))
        return status;
    entry.immutable = false;
    return psp_rmp_set(cmd->psp, spa & ~(uint64_t)(SNP_PAGE_SIZE - 1), &entry);
}
