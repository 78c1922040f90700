/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pages that the commands of SEV-SNP name, and the checks of their state in the RMP.
 *
 * Source: AMDESE/sev-tool src/rmp.h snp_page_state_t (states); Linux drivers/crypto/ccp/sev-dev.c
 * sev_ioctl_do_snp_platform_status() (a page that the processor writes).
 */
#ifndef PSP_PAGE_H
#define PSP_PAGE_H

#include "cmd.h"

/* Look a page of 4 KiB up. INVALID_ADDRESS: not aligned, at 0, or not all in RAM. A page that the RMP
 * does not cover has the entry of a page of the hypervisor. */
enum sev_status page_look(const struct cmd *cmd, uint64_t spa, struct psp_rmp_entry *entry)
    __attribute__((warn_unused_result));

/* Look up the page with `len` bytes at `spa` that a command writes. As long as SEV-SNP is
 * initialised, a page that the RMP covers must be a 4 KiB page of the processor.
 * INVALID_ADDRESS     not aligned to 8, across two pages, at 0, or not all in RAM
 * INVALID_PAGE_SIZE   part of a 2 MiB entry
 * INVALID_PAGE_STATE  not in state FIRMWARE */
enum sev_status page_check_output(const struct cmd *cmd, uint64_t spa, size_t len)
    __attribute__((warn_unused_result));
/* Write there. A page of the processor goes to state RECLAIM. SUCCESS or HWERROR_PLATFORM. */
enum sev_status page_write_output(const struct cmd *cmd, uint64_t spa, const void *data, size_t len)
    __attribute__((warn_unused_result));

#endif
