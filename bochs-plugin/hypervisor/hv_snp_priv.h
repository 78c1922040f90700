/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files that serve a guest with SEV-SNP.
 */
#ifndef SEV_HV_SNP_PRIV_H
#define SEV_HV_SNP_PRIV_H

#include "hv_policy.h"
#include "hv_priv.h"
#include "hv_snp.h"

#define HV_LARGE_SIZE  0x200000u
#define HV_LARGE_PAGES (HV_LARGE_SIZE / HV_PAGE_SIZE)
/* Guest memory ends where the hypervisor's memory begins. */
#define HV_GUEST_PAGES (HV_MEMORY_BASE / HV_PAGE_SIZE)

struct hv_snp {
    struct rmp *rmp;
    struct hv_policies policies;
    uint8_t *shared;       /* one bit for each page below HV_MEMORY_BASE: 1: shared */
    bool initialized;      /* SNP_INIT_EX is done */
    bool flushed;          /* SNP_DF_FLUSH is done since then, and no ASID was used since */
    uint64_t sev_features; /* of the launched VMSAs */
    struct hv_snp_stats stats;
    uint64_t random;             /* state of the generator of contents */
    uint8_t last_response[4096]; /* of the secure processor to a message; not saved */
    bool has_response;
    /* The lies double-map and size-mismatch: the guest page at `double_gpa` is mapped to the page at
     * `double_spa`; a nested translation of 2 MiB begins at `large_gpa`. */
    bool has_double, has_large;
    uint64_t double_gpa, double_spa, large_gpa;
    /* For LAUNCH_FINISH of guest 0. */
    struct hv_snp_launch launch;
    uint8_t id_block[HV_SNP_ID_BLOCK_SIZE], id_auth[HV_SNP_ID_AUTH_SIZE];
};

void hv_snp_free(struct hv *hv);

/* True: the RMP covers the page, and it is memory of the guest. */
bool hv_snp_is_memory(const struct hv *hv, uint64_t gpa);
void hv_snp_set_private(struct hv *hv, uint64_t gpa, bool private_);
void hv_snp_all_private(struct hv *hv);

/* Make a page, or 512 pages from a multiple of 2 MiB on, private or shared, as for a request of the
 * guest. Return NULL, or what is wrong as a phrase; then a part of 2 MiB can be changed. */
const char *hv_snp_convert(struct hv_guest *guest, uint64_t gpa, bool is_2m, bool private_);
/* Assign a private page to the guest: 2 MiB where that is possible and the policy allows it. */
const char *hv_snp_assign(struct hv_guest *guest, uint64_t gpa);
/* Assign one page of 4 KiB, whatever the policy says; nothing if it is assigned. */
const char *hv_snp_assign_small(struct hv_guest *guest, uint64_t gpa);
/* Assign all private memory. */
const char *hv_snp_assign_all(struct hv_guest *guest);

/* Split the RMP entry of 2 MiB around a page (PSMASH). Return NULL, or the processor's error. */
const char *hv_snp_smash(struct hv *hv, uint64_t gpa);

/* hv_lies_snp.c. After a VMGEXIT: the opportunity for lies about a page. */
void hv_snp_lie_page(struct hv_guest *guest, unsigned cpu);
/* `cpu` asks that `ap` starts from the VMSA at `gpa`: return the page that is used. */
uint64_t hv_snp_lie_vmsa(struct hv_guest *guest, unsigned cpu, unsigned ap, uint64_t gpa);
/* `ap` has started. */
void hv_snp_lie_twice(struct hv_guest *guest, unsigned cpu, unsigned ap, uint64_t gpa);

/* Give a page of the hypervisor's memory to the secure processor, which writes to no other. */
bool hv_snp_give_page(struct hv *hv, uint64_t spa);
/* Take such a page back. One that the secure processor keeps stays as it is. */
void hv_snp_reclaim_page(struct hv *hv, uint64_t spa);

/* hv_launch_snp.c: LAUNCH_FINISH, and the end of a guest. */
bool hv_snp_finish(struct hv_guest *guest, struct hv_failure *failure);
void hv_snp_take_down(struct hv_guest *guest);

#endif
