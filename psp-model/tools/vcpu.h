/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The virtual CPUs that an owner expects of a SEV-ES guest: the options that name a CPU model and a
 * host, and the VMSAs that follow from them.
 *
 * Source: the options --cpu-family, --cpu-model and --cpu-stepping are those of libvirt's
 * virt-qemu-sev-validate, --vcpu-type and --vcpu-sig those of virtee/sev-snp-measure.
 */
#ifndef OWNER_VCPU_H
#define OWNER_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/vmsa.h"
#include "owner.h"

enum {
    VCPU_FAMILY = 0x200,
    VCPU_MODEL,
    VCPU_STEPPING,
    VCPU_TYPE,
    VCPU_SIG,
    VCPU_HOST,
};

/* For the tables of the verbs that take them. */
/* clang-format off */
#define VCPU_OPTIONS                                                                               \
    {VCPU_FAMILY, "cpu-family", "N", "CPU model of an SEV-ES or SEV-SNP guest: family,"},          \
    {VCPU_MODEL, "cpu-model", "N", "model"},                                                       \
    {VCPU_STEPPING, "cpu-stepping", "N", "and stepping;"},                                         \
    {VCPU_TYPE, "vcpu-type", "NAME", "or its name in QEMU, e.g. EPYC-v4;"},                        \
    {VCPU_SIG, "vcpu-sig", "N", "or its signature, CPUID 1 EAX"},                                  \
    {VCPU_HOST, "vmsa-host", "init2|es_init", "the host's way to make it (default init2)"}
/* clang-format on */

struct vcpu {
    const char *family, *model, *stepping, *type, *sig, *host;
};

/* Take one of the options above; false if it is none of them. */
bool vcpu_option(struct vcpu *vcpu, int id, const char *value);
/* Return whether an option names the CPU model. */
bool vcpu_given(const struct vcpu *vcpu);
/* The name and signature of the i-th CPU model of QEMU; NULL after the last. */
const char *vcpu_type(unsigned i, uint32_t *signature);
/* Fill in `signature` and `host` of *start from the options. */
enum owner_exit vcpu_start(const struct vcpu *vcpu, struct vmsa_start *start);
/* Find the SEV-ES reset block in a firmware image: where the APs start. */
enum owner_exit vcpu_reset_eip(const char *name, const void *firmware, size_t len, uint32_t *eip);

#endif
