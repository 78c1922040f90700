/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CPUID page of a SEV-SNP guest: a table of what CPUID answers. The hypervisor fills it, and the
 * secure processor checks it at launch, so that the guest need not believe the hypervisor.
 *
 * Source: QEMU target/i386/sev.c SnpCpuidInfo, SnpCpuidFunc; Linux arch/x86/include/asm/sev.h struct
 * snp_cpuid_table; AMDESE/sev-tool src/sevapi.h snp_launch_update_cpuid_page.
 */
#ifndef PSP_CPUID_PAGE_H
#define PSP_CPUID_PAGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CPUID_PAGE_SIZE 4096u
#define CPUID_PAGE_ROWS 64u

enum cpuid_register { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX, CPUID_REGISTERS };

struct cpuid_row {
    uint32_t leaf, subleaf;
    uint64_t xcr0, xss; /* for leaf 0Dh: the features that are on */
    uint32_t result[CPUID_REGISTERS];
};

struct cpuid_page {
    uint32_t count;
    struct cpuid_row rows[CPUID_PAGE_ROWS];
};

/* Read a page. NULL, or what is wrong as an error phrase. */
const char *cpuid_page_read(struct cpuid_page *page, const uint8_t wire[CPUID_PAGE_SIZE]);
void cpuid_page_write(const struct cpuid_page *page, uint8_t wire[CPUID_PAGE_SIZE]);

/* What CPUID answers on the processor that runs the guest. */
typedef void cpuid_lookup(void *ctx, uint32_t leaf, uint32_t subleaf, uint64_t xcr0, uint64_t xss,
                          uint32_t result[CPUID_REGISTERS]);

/* Check every row against that processor: a guest may see fewer features than it has, not more.
 * Replace what is not allowed, in a leaf without a rule by zeros. Return how many rows were wrong. */
unsigned cpuid_page_check(struct cpuid_page *page, cpuid_lookup *lookup, void *ctx);

#ifdef __cplusplus
}
#endif
#endif
