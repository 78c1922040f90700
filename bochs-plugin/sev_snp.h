/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SEV-SNP in Bochs's CPUs: every access passes the RMP (cpu-ext/rmp.h), and PVALIDATE, RMPADJUST,
 * RMPQUERY, INVLPGB and TLBSYNC exist. What only a hypervisor can do about an access that does not pass
 * is hypervisor/hv_snp.h.
 */
#ifndef BX_SEV_SNP_H
#define BX_SEV_SNP_H

#include <stdbool.h>
#include <stdint.h>

#include "hooks.h"
#include "rmp.h"

struct opt;
struct psp_rmp_entry;
struct sev_machine;
struct sev_snp;

/* Check that the machine of these options is one with SEV-SNP. */
bool bx_sev_snp_wanted(const struct opt *opt);

/* NULL if it is not wanted. */
struct sev_snp *bx_sev_snp_new(struct sev_machine *machine);
void bx_sev_snp_free(struct sev_snp *snp); /* NULL is allowed */
struct rmp *bx_sev_snp_rmp(const struct sev_snp *snp);

/* Set what hooks.h says of a CPU with SEV-SNP. */
void bx_sev_snp_context(struct sev_cpu *cpu);
/* The hooks of hooks.h. */
struct sev_verdict bx_sev_snp_access(struct sev_snp *snp, unsigned cpu, uint64_t spa, uint64_t gpa,
                                     uint32_t flags);
struct sev_verdict bx_sev_snp_insn(struct sev_snp *snp, unsigned cpu, enum sev_insn insn,
                                   struct sev_insn_regs *regs);

/* Check an access by a CPU to guest memory, and change nothing. `needs` as in rmp.h. */
enum rmp_check bx_sev_snp_check(const struct sev_snp *snp, unsigned cpu, uint64_t spa,
                                bool is_private, uint8_t needs);

/* The hypervisor writes `len` bytes of memory as it is (C=0): the processor refuses it for a page of a
 * guest. */
bool bx_sev_snp_may_write(const struct sev_snp *snp, uint64_t spa, uint64_t len);

/* Begin with a VMSA that the guest has made. Return false with what is wrong in *why: VMRUN would fail
 * (exit code INVALID). */
bool bx_sev_snp_vcpu_create(struct sev_snp *snp, unsigned cpu, uint64_t gpa, const char **why);
/* The CPU executes no VMSA any more. Its registers go to the VMSA, as at every #VMEXIT. */
void bx_sev_snp_vcpu_destroy(struct sev_snp *snp, unsigned cpu);

/* The nested page tables have changed for `n` pages from `gpa` on: drop their translations. */
void bx_sev_snp_unmap(struct sev_snp *snp, uint64_t gpa, uint64_t n);

/* The machine was restored. */
void bx_sev_snp_restored(struct sev_snp *snp);

/* The callbacks of psp_host.h. */
bool bx_sev_snp_rmp_get(const struct sev_snp *snp, uint64_t spa, struct psp_rmp_entry *entry);
int bx_sev_snp_rmp_set(struct sev_snp *snp, uint64_t spa, const struct psp_rmp_entry *entry);

#endif
