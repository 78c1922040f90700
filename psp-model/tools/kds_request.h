/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One request to the key distribution service: what the model's service answers to a path of AMD's.
 *
 * Source: google/go-sev-guest kds/kds.go ProductCertChainURL(), VCEKCertURL(), VLEKCertURL(),
 * CrlLinkByKey(); virtee/snpguest src/fetch.rs request_vcek_kds() (Turin: fmcSPL, 8 bytes of id, numbers
 * with zeros in front); ietf/wiki.ietf.org group/rats/referencevalues/amd-key-distribution-service.md
 * (levels that are left out are 0; formats). That a wrong line or an id of zeros is 404: virtee/snpguest
 * issue 37, google/go-sev-guest issue 69. 400 for what is malformed, and 401 for a VLEK without a
 * provider, are choices of this model; AMD asks a provider for a secret there.
 */
#ifndef OWNER_KDS_REQUEST_H
#define OWNER_KDS_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/root.h"
#include "protocol/tcb.h"

#define KDS_BODY_MAX 8192

/* What the service was started with. */
struct kds_service {
    int64_t start;         /* protocol/kds.h kds_start() */
    enum root_key revoked; /* in CRLs; ROOT_ARK: none */
    const char *csp_id;    /* the provider that has VLEKs; NULL: none */
};

struct kds_reply {
    unsigned status;  /* of HTTP */
    const char *type; /* of the body */
    char why[96];     /* an error in one phrase, "" with status 200 */
    uint8_t body[KDS_BODY_MAX];
    size_t len;
};

/* Answer a GET of `target`: path, and query after '?'. */
void kds_request(const struct kds_service *service, const char *target, struct kds_reply *reply);

/* ASK or ASVK, then ARK, in PEM. 0 or a negative errno. */
int kds_chain_pem(enum tcb_model model, enum root_key ca, uint8_t pem[KDS_BODY_MAX], size_t *len)
    __attribute__((warn_unused_result));

#endif
