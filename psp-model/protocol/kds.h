/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The model's key distribution service (KDS): the X.509 certificates of SEV-SNP under the model's own
 * roots (root.h). Their form and their names are those of AMD's, because verifiers compare the names.
 * What differs is the key, and the serial number of ARK, ASK and ASVK, which begins with 4D4F444Ch
 * ("MODL"). No chip of AMD has a certificate of these roots.
 *
 * Source: x509.h. One key for the same root of all lines is a choice of this model, and so are the
 * dates: the roots begin in 2022. A VCEK and a CRL begin on 1 January of the last year that can be
 * divided by four, so that the bytes are the same for years and are valid for three years more.
 */
#ifndef PSP_KDS_H
#define PSP_KDS_H

#include <stdint.h>

#include "root.h"
#include "snp_report.h"
#include "tcb.h"
#include "x509.h"

#ifdef __cplusplus
extern "C" {
#endif

/* When certificates of keys begin, of this time (seconds since 1970). */
int64_t kds_start(int64_t now);

/* Write one certificate or CRL in DER. 0 or a negative errno: -EINVAL if a value cannot be written. */
int kds_root(enum tcb_model model, enum root_key root, uint8_t out[X509_MAX],
             size_t *len) CRYPTO_CHECKED;
int kds_vcek(enum tcb_model model, const struct tcb *tcb, const uint8_t chip_id[SNP_CHIP_ID_SIZE],
             int64_t start, uint8_t out[X509_MAX], size_t *len) CRYPTO_CHECKED;
int kds_vlek(enum tcb_model model, const struct tcb *tcb, const char *csp_id, int64_t start,
             uint8_t out[X509_MAX], size_t *len) CRYPTO_CHECKED;
/* The CRL that names this root (ROOT_ASK, ROOT_ASVK), or none (ROOT_ARK). */
int kds_crl(enum tcb_model model, enum root_key revoked, int64_t start, uint8_t out[X509_MAX],
            size_t *len) CRYPTO_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
