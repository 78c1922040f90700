/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of certificates that the built-in hypervisor gives a SEV-SNP guest with its report: what a
 * cloud provider gets from AMD's key distribution service, here from that of the model.
 */
#ifndef SEV_CERTS_H
#define SEV_CERTS_H

#include <stddef.h>
#include <stdint.h>

struct psp;
struct sev_certs;

struct sev_certs *bx_sev_certs_new(void);
void bx_sev_certs_free(struct sev_certs *certs);
/* Return the table for the VCEK of the reported TCB, and its length. It is made at the first call and
 * when that TCB has changed, and valid until then. NULL: it could not be made; the log says why. */
const uint8_t *bx_sev_certs_table(struct sev_certs *certs, struct psp *psp, size_t *len);

#endif
