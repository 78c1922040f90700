/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that change the state of pages in the RMP, and the commands of SEV-SNP that this model
 * does not have.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_snp_page_reclaim,
 * sev_data_snp_page_unsmash; Linux arch/x86/kvm/svm/sev.c snp_page_reclaim(); AMDESE/sev-tool
 * src/rmp.h snp_page_state_t (states). What PAGE_UNSMASH demands of the pages is a choice of this
 * model.
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed.
 */
#include <string.h>

#include "cmd.h"
#include "page.h"

#define PAGES_IN_2M (SNP_LARGE_PAGE_SIZE / SNP_PAGE_SIZE)

/* Split the address from the size in its bit 0. False: bits 11:1 are not zero. */
static bool address_and_size(const struct cmd *cmd, uint64_t *spa, bool *size_2m)
{
    uint64_t addr = cmd_addr(cmd, SNP_ADDR);

    *size_2m = addr & SNP_ADDR_FLAG_2M;
    *spa = addr & ~(uint64_t)SNP_ADDR_FLAG_2M;
    return *spa % (*size_2m ? SNP_LARGE_PAGE_SIZE : SNP_PAGE_SIZE) == 0;
}

/* INVALID_ADDRESS     not aligned to its size, at 0, or not all in RAM
 * INVALID_PAGE_SIZE   not the size of the entry
 * INVALID_PAGE_STATE  not in state METADATA, FIRMWARE, PRE-GUEST or PRE-SWAP
 * The page stays with its owner, and software can change the entry again. */
enum sev_status cmd_snp_page_reclaim(struct cmd *cmd)
{
    struct psp_rmp_entry entry;
    enum sev_status status;
    uint64_t spa;
    bool size_2m;

    if (!address_and_size(cmd, &spa, &size_2m))
        return SEV_STATUS_INVALID_ADDRESS;
    status = page_look(cmd, spa, &entry);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    if (entry.size_2m != size_2m)
        return SEV_STATUS_INVALID_PAGE_SIZE;
    switch (snp_page_state(&entry)) {
    case SNP_STATE_METADATA:
    case SNP_STATE_FIRMWARE:
    case SNP_STATE_PRE_GUEST:
    case SNP_STATE_PRE_SWAP:
        entry.immutable = false;
        return psp_rmp_set(cmd->psp, spa, &entry);
    default:
        return SEV_STATUS_INVALID_PAGE_STATE;
    }
}

/* Check that `entry`, of page `n` of 512, continues `head`, so that both fit in one of 2 MiB. */
static bool continues(const struct psp_rmp_entry *head, const struct psp_rmp_entry *entry,
                      unsigned n)
{
    return entry->gpa == head->gpa + (uint64_t)n * SNP_PAGE_SIZE && entry->asid == head->asid &&
           entry->validated == head->validated && entry->immutable == head->immutable &&
           !entry->size_2m && !entry->vmsa &&
           memcmp(entry->perms, head->perms, sizeof(head->perms)) == 0;
}

/* INVALID_ADDRESS     not aligned to 2 MiB, at 0, or not all in RAM
 * INVALID_PAGE_SIZE   a 2 MiB entry already
 * INVALID_PAGE_STATE  not 512 guest pages in state GUEST-VALID, GUEST-INVALID or PRE-GUEST, of one
 *                     guest, at guest physical addresses that follow one another from one that is
 *                     aligned to 2 MiB, with the same permissions and none with a VMSA */
enum sev_status cmd_snp_page_unsmash(struct cmd *cmd)
{
    struct psp_rmp_entry head, entry;
    enum sev_status status;
    uint64_t spa;
    bool size_2m;

    if (!address_and_size(cmd, &spa, &size_2m) || spa % SNP_LARGE_PAGE_SIZE ||
        !cmd_ram_valid(cmd, spa, SNP_LARGE_PAGE_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    status = page_look(cmd, spa, &head);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    if (head.size_2m)
        return SEV_STATUS_INVALID_PAGE_SIZE;
    if (!head.assigned || !head.asid || head.gpa % SNP_LARGE_PAGE_SIZE ||
        snp_page_state(&head) == SNP_STATE_PRE_SWAP)
        return SEV_STATUS_INVALID_PAGE_STATE;
    for (unsigned n = 0; n < PAGES_IN_2M; n++) {
        status = page_look(cmd, spa + (uint64_t)n * SNP_PAGE_SIZE, &entry);
        if (status != SEV_STATUS_SUCCESS)
            return status;
        if (!entry.assigned || !continues(&head, &entry, n))
            return SEV_STATUS_INVALID_PAGE_STATE;
    }
    head.size_2m = true;
    return psp_rmp_set(cmd->psp, spa, &head);
}

/* UNSUPPORTED  always; COMMANDS.md says why for each command */
enum sev_status cmd_snp_unsupported(struct cmd *cmd)
{
    (void)cmd;
    return SEV_STATUS_UNSUPPORTED;
}
