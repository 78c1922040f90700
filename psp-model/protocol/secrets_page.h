/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secrets page of a SEV-SNP guest: the secure processor writes it at launch, with the keys by
 * which the guest talks to it.
 *
 * Source: Linux arch/x86/include/asm/sev.h struct snp_secrets_page; AMDESE/sev-tool src/sevapi.h
 * snp_launch_update_secrets_page.
 */
#ifndef PSP_SECRETS_PAGE_H
#define PSP_SECRETS_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SECRETS_PAGE_SIZE    4096u
#define SECRETS_PAGE_VERSION 3u /* has TSC_FACTOR */
#define SECRETS_VMPCKS       4u

struct secrets_page {
    bool imi;     /* the guest was launched from a migration image */
    uint32_t fms; /* family, model and stepping of the processor: CPUID 1 EAX */
    uint8_t gosvw[16];
    uint8_t vmpck[SECRETS_VMPCKS][32];
    uint32_t tsc_factor;
};

/* Write the whole page. What belongs to the guest's own software is zero. */
void secrets_page_write(const struct secrets_page *page, uint8_t out[SECRETS_PAGE_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
