/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CPUID page of a launch with SEV-SNP, as QEMU and KVM fill it: the functions and subfunctions of
 * QEMU target/i386/kvm/kvm.c kvm_x86_build_cpuid(), the fields of target/i386/sev.c
 * sev_snp_cpuid_info_fill().
 */
#ifndef SEV_HV_CPUID_PAGE_H
#define SEV_HV_CPUID_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv_priv.h"

/* Write the page for CPU 0. False: the CPU model has more functions than fit. */
bool hv_cpuid_page_build(const struct hv *hv, uint8_t page[HV_PAGE_SIZE]);

/* Find the first row from *row on in which two pages differ, write a line about it, and set *row to
 * it. False: there is none. */
bool hv_cpuid_page_mismatch(const uint8_t *sent, const uint8_t *expected, unsigned *row, char *line,
                            size_t size);

#endif
