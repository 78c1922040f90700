/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a VCEK or VLEK certificate says, in AMD's own extensions.
 *
 * Source: google/go-sev-guest kds/kds.go kdsOidMapToExtensions(); virtee/snpguest src/verify.rs
 * check_cert_bytes().
 */
#ifndef OWNER_SNP_LEAF_H
#define OWNER_SNP_LEAF_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "snp_chain.h"

/* The line of processors. False if there is none that is known here. */
bool snp_leaf_model(gnutls_x509_crt_t cert, enum tcb_model *model);
/* All of it. `loaded`: it is a VLEK. What is missing or malformed is reported. */
enum owner_exit snp_leaf_read(gnutls_x509_crt_t cert, bool loaded, struct snp_leaf *leaf);

#endif
