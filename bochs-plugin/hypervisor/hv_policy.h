/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a host may do in more than one way while a guest with SEV-SNP runs. Real hosts differ here; a
 * guest must work with each of them. The defaults are what KVM and QEMU do.
 */
#ifndef SEV_HV_POLICY_H
#define SEV_HV_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hv_policy {
    HV_POLICY_IMPLICIT_PSC,
    HV_POLICY_ASSIGN,
    HV_POLICY_ASSIGN_SIZE,
    HV_POLICY_CONTENTS,
    HV_POLICY_PSC_CHUNK,
    HV_POLICY_PSC_2M,
    HV_POLICY_GHCB_UNREGISTERED,
    HV_POLICY_GHCB_PREFERRED,
    HV_POLICY_FEATURES,
    HV_POLICY_CPUID_PAGE,
    HV_POLICY_REQUEST_BUSY,
    HV_POLICIES,
};

/* The values that are words, in the order of the table. */
enum { HV_IMPLICIT_PSC_CONVERT, HV_IMPLICIT_PSC_STOP };
enum { HV_ASSIGN_LAZY, HV_ASSIGN_EAGER };
enum { HV_ASSIGN_2M, HV_ASSIGN_4K };
enum { HV_CONTENTS_INPLACE, HV_CONTENTS_ZERO, HV_CONTENTS_RANDOM };
enum { HV_PSC_2M_TAKE, HV_PSC_2M_SPLIT, HV_PSC_2M_REFUSE };
enum { HV_GHCB_UNREGISTERED_STOP, HV_GHCB_UNREGISTERED_SERVE };
enum { HV_CPUID_PAGE_EXACT, HV_CPUID_PAGE_EXTRA, HV_CPUID_PAGE_WRONG };

/* The value of a policy that is a number, where the list has a word such as "all" or "none". */
#define HV_POLICY_NO_NUMBER UINT64_MAX

/* One value for each enum hv_policy. */
struct hv_policies {
    uint64_t values[HV_POLICIES];
};

void hv_policies_init(struct hv_policies *policies);

/* Read a list such as "implicit_psc:stop psc_chunk:3": names and values, separated by commas or
 * blanks, each name once. A policy that the list does not name has its default. Return NULL, or what is
 * wrong as an error phrase; `policies` is unchanged then. */
const char *hv_policies_parse(const char *list, struct hv_policies *policies);

/* The name of a policy, and one line about its values for a manual or an error message. */
const char *hv_policy_name(enum hv_policy policy);
const char *hv_policy_words(enum hv_policy policy);

#ifdef __cplusplus
}
#endif
#endif
