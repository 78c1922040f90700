/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the built-in hypervisor keeps for a guest with SEV-SNP: whether it maps each page as private or
 * as shared. It is what KVM calls the attribute KVM_MEMORY_ATTRIBUTE_PRIVATE of a page, and it is not
 * the state of the page in the RMP: a page can be private here before it is assigned there.
 *
 * Sources: Linux arch/x86/kvm/svm/sev.c, QEMU accel/kvm/kvm-all.c kvm_convert_memory().
 */
#ifndef SEV_HV_SNP_H
#define SEV_HV_SNP_H

#include <stdbool.h>
#include <stdint.h>

#include "hv.h"

#ifdef __cplusplus
extern "C" {
#endif

/* True: the hypervisor maps the page as private. False: as shared, or the address is beyond all RAM
 * that a machine can have. */
bool hv_snp_private(const struct hv *hv, uint64_t gpa);

#ifdef __cplusplus
}
#endif
#endif
