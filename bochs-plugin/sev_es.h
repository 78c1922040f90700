/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SEV-ES in Bochs's CPUs: a CPU runs as a guest of Bochs's SVM whose hypervisor is the built-in one.
 * All its exits that a SEV-ES guest can see become #VC. What a VMGEXIT does is hypervisor/hv_es.h.
 */
#ifndef BX_SEV_ES_H
#define BX_SEV_ES_H

#include <stdbool.h>
#include <stdint.h>

#include "hooks.h"

struct hv_exit_record;
struct opt;
struct sev_es;
struct sev_machine;

/* Check that the machine of these options is one with SEV-ES: its policy or snp= says so, and the
 * built-in hypervisor launches it. */
bool bx_sev_es_wanted(const struct opt *opt);

/* NULL if it is not wanted. */
struct sev_es *bx_sev_es_new(struct sev_machine *machine);
void bx_sev_es_free(struct sev_es *es); /* NULL is allowed */

/* The guest is launched: CPU 0 begins with its launched VMSA, the others wait for their first SIPI. */
void bx_sev_es_start(struct sev_es *es);
/* Bochs has restored the CPUs. */
void bx_sev_es_restored(struct sev_es *es);
/* Set what hooks.h says of a CPU with SEV-ES. */
void bx_sev_es_context(struct sev_cpu *cpu);

/* The hooks of hooks.h. */
struct sev_verdict bx_sev_es_access(struct sev_es *es, unsigned cpu, uint64_t spa, uint32_t flags);
int bx_sev_es_exit(struct sev_es *es, unsigned cpu, int64_t code, uint64_t info1, uint64_t info2);
bool bx_sev_es_msr(const struct sev_es *es, uint32_t index);
void bx_sev_es_vmgexit(struct sev_es *es, unsigned cpu);
bool bx_sev_es_startup(struct sev_es *es, unsigned cpu, enum sev_signal signal, uint8_t vector);

/* Make a CPU begin with a decrypted VMSA, VMSA_SIZE bytes. Return NULL, or what VMRUN refuses in it. */
const char *bx_sev_es_run_vmsa(struct sev_es *es, unsigned cpu, const uint8_t *vmsa);

/* The GHCB MSR of a CPU. */
uint64_t bx_sev_es_ghcb(const struct sev_es *es, unsigned cpu);
void bx_sev_es_set_ghcb(struct sev_es *es, unsigned cpu, uint64_t value);

/* The launched VMSA of a CPU, decrypted: VMSA_SIZE bytes. Return false if there is none. */
bool bx_sev_es_launched(const struct sev_es *es, unsigned cpu, uint8_t *vmsa);
/* Call `print` for each kind of exit that came. */
void bx_sev_es_print_exits(const struct sev_es *es, void (*print)(void *ctx, const char *line),
                           void *ctx);

/* What the built-in hypervisor asks of the CPUs: hypervisor/hv_ops.h. */
void bx_sev_es_vcpu_wait(struct sev_es *es, unsigned cpu);
void bx_sev_es_vcpu_run(struct sev_es *es, unsigned cpu, bool first);
void bx_sev_es_trace(struct sev_es *es, const struct hv_exit_record *record);

#endif
