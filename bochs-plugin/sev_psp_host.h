/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host callbacks of the secure processor, over Bochs.
 */
#ifndef BX_SEV_PSP_HOST_H
#define BX_SEV_PSP_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "psp_host.h"

struct sev_machine;

/* The callbacks for psp_new(); their context is the machine. */
struct psp_host bx_sev_psp_host(const struct sev_machine *machine);

/* Read raw memory on behalf of the hypervisor. Return 0 or a negative errno. */
int bx_sev_psp_host_read(struct sev_machine *machine, uint64_t gpa, void *buf, size_t len);

/* Write raw memory on behalf of the hypervisor: an encrypted guest sees the bytes through C=0.
 * Return 0 or a negative errno. */
int bx_sev_psp_host_write(struct sev_machine *machine, uint64_t gpa, const void *data, size_t len);
/* Read allocated memory of the built-in hypervisor through the key of an ASID. Return 0 or a negative
 * errno. */
int bx_sev_psp_host_read_own(struct sev_machine *machine, uint32_t asid, uint64_t spa, void *buf,
                             size_t len);

#endif
