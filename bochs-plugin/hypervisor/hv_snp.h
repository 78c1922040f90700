/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The memory of a guest with SEV-SNP, as the built-in hypervisor sees it. For each page it keeps
 * whether the guest wants it private or shared: what KVM calls the attribute
 * KVM_MEMORY_ATTRIBUTE_PRIVATE. That is not the state of the page in the RMP: a page can be private
 * here before it is assigned there. Guest memory is what the RMP covers below HV_MEMORY_BASE; the
 * system physical address of a guest page is its guest physical address.
 *
 * Sources: Linux arch/x86/kvm/svm/sev.c sev_gmem_prepare(), sev_gmem_invalidate(),
 * sev_handle_rmp_fault(); QEMU accel/kvm/kvm-all.c kvm_convert_memory().
 */
#ifndef SEV_HV_SNP_H
#define SEV_HV_SNP_H

#include <stdbool.h>
#include <stdint.h>

#include "hv.h"
#include "hv_policy.h"
#include "rmp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Set the host policies. Without it they are the defaults. Call it after hv_set_rmp() and before the
 * launch. `seed` is of the policy contents:random. */
void hv_snp_configure(struct hv *hv, const struct hv_policies *policies, uint64_t seed);

/* True: the page at `gpa` is guest memory, and it is private. False: it is shared, or no memory. */
bool hv_snp_private(const struct hv *hv, uint64_t gpa);

/* An access of the guest that needs the hypervisor: a nested page fault. */
struct hv_snp_fault {
    uint64_t gpa;
    bool private_; /* effective C-bit: also of a fetch and of a page walk */
    bool write;
    /* The check that failed. RMP_PASSED: a shared read of a page that hv_snp_private() calls private
     * and that is not assigned: the nested page tables of KVM do not map it. */
    enum rmp_check check;
    bool is_2m;    /* PVALIDATE or RMPADJUST of 2 MiB, or a nested translation of 2 MiB */
    uint64_t info; /* EXITINFO1 of the exit, 0 if the processor does not say so: RMP_PASSED */
};

/* Answer a nested page fault by the host policy. True: something was changed, try the access again;
 * if the same check fails again, the hypervisor has no answer. False: the machine was stopped, with a
 * sentence that names the check and the address. */
bool hv_snp_resolve(struct hv_guest *guest, unsigned cpu, const struct hv_snp_fault *fault);

/* How the nested page tables map the guest page at `gpa`, which is at `spa` in an honest machine. Only
 * the lies double-map and size-mismatch make it differ. */
struct hv_snp_mapping {
    uint64_t spa;
    bool is_2m;
};
struct hv_snp_mapping hv_snp_mapping(const struct hv *hv, uint64_t gpa, uint64_t spa);

/* What the hypervisor has done with pages of the guest since the launch, in pages of 4 KiB but for
 * `assigned_2m`. */
struct hv_snp_stats {
    uint64_t to_private, to_shared;                   /* by page state changes */
    uint64_t implicit_to_private, implicit_to_shared; /* because the guest accessed the page so */
    uint64_t assigned_4k, assigned_2m, unassigned, smashed;
};
struct hv_snp_stats hv_snp_stats(const struct hv *hv);

/* The page of the VMSA that `cpu` runs and that the guest has made. 0: it runs its launched VMSA, or
 * none. */
uint64_t hv_snp_vmsa(const struct hv_guest *guest, unsigned cpu);
/* The GHCB that `cpu` has registered; 0: none. */
uint64_t hv_snp_ghcb(const struct hv_guest *guest, unsigned cpu);

/* --- saved machines: guest 0 --- */

/* Return how many bytes hv_snp_save() writes; 0: the machine has no SEV-SNP. */
size_t hv_snp_save_size(const struct hv *hv);
size_t hv_snp_save(const struct hv *hv, uint8_t *out);
/* Check the bytes of hv_snp_save() for a machine with `cpus` CPUs. Return NULL, or what is wrong as an
 * error phrase. */
const char *hv_snp_check_saved(const uint8_t *in, size_t len, unsigned cpus);
/* Take over checked bytes, after hv_restore() and hv_es_restore(). Return 0 or -ENOMEM. */
int hv_snp_restore(struct hv *hv, const uint8_t *in, size_t len);

#ifdef __cplusplus
}
#endif
#endif
