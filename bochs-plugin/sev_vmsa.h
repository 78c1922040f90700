/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The registers of Bochs's CPUs as a VMSA.
 */
#ifndef BX_SEV_VMSA_H
#define BX_SEV_VMSA_H

#include <stdint.h>

#include "protocol/vmsa.h"

/* Write the registers of a CPU to an image. Bytes that are no register of Bochs's stay as
 * they are. */
void bx_sev_vmsa_store(unsigned cpu, uint8_t vmsa[VMSA_SIZE]);

/* Load a CPU from an image, as VMRUN does. Return NULL, or what VMRUN refuses as a phrase; the CPU is
 * unchanged then. */
const char *bx_sev_vmsa_load(unsigned cpu, const uint8_t vmsa[VMSA_SIZE]);

#endif
