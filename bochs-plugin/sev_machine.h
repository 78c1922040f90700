/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A SEV machine and its parts: the secure processor, the built-in hypervisor, encrypted memory, the
 * observers. The machine owns them all; who needs a part asks for it here.
 */
#ifndef BX_SEV_MACHINE_H
#define BX_SEV_MACHINE_H

#include "opt.h"

struct cbit;
struct command_log;
struct hv;
struct memmap;
struct psp_mailbox;
struct nv_file;
struct ovmf_table;
struct psp;
struct psp_guest_info;
struct rng;
struct sev_breaks;
struct sev_certs;
struct sev_control;
struct sev_cpuid;
struct sev_device_memory;
struct sev_es;
struct sev_fwcfg;
struct sev_machine;
struct sev_memory;
struct sev_rmp_watch;
struct sev_sanitizer;
struct sev_save;
struct sev_snp;
struct sev_timeline;
struct symbols;

/* Make a machine whose firmware has the table `ovmf`, which is copied. `memmap`, `cpuid` and `fwcfg`
 * (NULL: there is none) exist without SEV too, so they remain the caller's. Never NULL: an error
 * ends Bochs with a message. */
struct sev_machine *bx_sev_machine_new(const struct opt *opt, struct memmap *memmap,
                                       const struct ovmf_table *ovmf, struct sev_cpuid *cpuid,
                                       struct sev_fwcfg *fwcfg);
void bx_sev_machine_free(struct sev_machine *machine);
/* Reset the machine. The first reset is power-on: unless Bochs restores a saved machine, the
 * built-in hypervisor launches the guest. Later ones leave the secure processor and the guest's key
 * alone, as a reset of a real virtual machine does. A guest with SEV-ES cannot be reset: that ends
 * Bochs with a message, as QEMU ends (system/runstate.c qemu_system_reset_request()). */
void bx_sev_machine_reset(struct sev_machine *machine);

/* The parts. Those that can be NULL say when. */
const struct opt *bx_sev_machine_opt(const struct sev_machine *machine);
const struct ovmf_table *bx_sev_machine_ovmf(const struct sev_machine *machine);
struct cbit *bx_sev_machine_cbit(const struct sev_machine *machine);
struct command_log *bx_sev_machine_command_log(const struct sev_machine *machine);
struct hv *bx_sev_machine_hv(const struct sev_machine *machine);
struct psp_mailbox *bx_sev_machine_mailbox(const struct sev_machine *machine);
struct memmap *bx_sev_machine_memmap(const struct sev_machine *machine);
struct psp *bx_sev_machine_psp(const struct sev_machine *machine);
struct rng *bx_sev_machine_rng(const struct sev_machine *machine);
struct sev_certs *bx_sev_machine_certs(const struct sev_machine *machine);
struct sev_cpuid *bx_sev_machine_cpuid(const struct sev_machine *machine);
struct sev_device_memory *bx_sev_machine_device_memory(const struct sev_machine *machine);
struct sev_save *bx_sev_machine_save(const struct sev_machine *machine);
/* NULL without a debugger. */
struct sev_breaks *bx_sev_machine_breaks(const struct sev_machine *machine);
/* NULL without control=. */
struct sev_control *bx_sev_machine_control(const struct sev_machine *machine);
/* NULL without SEV-ES. */
struct sev_es *bx_sev_machine_es(const struct sev_machine *machine);
/* NULL without SEV-SNP. */
struct sev_snp *bx_sev_machine_snp(const struct sev_machine *machine);
/* NULL: neither kernel= nor OVMF. */
struct sev_fwcfg *bx_sev_machine_fwcfg(const struct sev_machine *machine);
/* NULL with encryption=none. */
struct sev_memory *bx_sev_machine_memory(const struct sev_machine *machine);
/* NULL without state_dir=: every start is a new chip. */
struct nv_file *bx_sev_machine_nv(const struct sev_machine *machine);
/* NULL with sanitize=off. */
struct sev_sanitizer *bx_sev_machine_sanitizer(const struct sev_machine *machine);
/* NULL without SEV-SNP, or if nothing observes the machine. */
struct sev_rmp_watch *bx_sev_machine_rmp_watch(const struct sev_machine *machine);
/* NULL without symbols=. */
const struct symbols *bx_sev_machine_symbols(const struct sev_machine *machine);
/* NULL unless something shows it. */
struct sev_timeline *bx_sev_machine_timeline(const struct sev_machine *machine);

/* The context that the secure processor has of the machine's own guest. Return false before the
 * launch. */
bool bx_sev_machine_guest(const struct sev_machine *machine, struct psp_guest_info *guest);

#endif
