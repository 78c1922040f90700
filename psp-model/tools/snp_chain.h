/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The X.509 certificates of SEV-SNP that an owner gets from others: VCEK or VLEK, ASK or ASVK, ARK, CRL. GnuTLS
 * reads and verifies them. A sevowner that was built without GnuTLS refuses them in one sentence.
 *
 * Source: protocol/x509.h for their form; google/go-sev-guest verify/verify.go and virtee/snpguest
 * src/verify.rs for what an owner has to compare.
 */
#ifndef OWNER_SNP_CHAIN_H
#define OWNER_SNP_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "owner.h"
#include "protocol/crypto.h"
#include "protocol/tcb.h"

struct snp_chain;

/* What a VCEK or VLEK says. */
struct snp_leaf {
    bool loaded; /* VLEK */
    enum tcb_model model;
    struct tcb tcb;
    struct crypto_p384_public pub;
    uint8_t chip_id[64]; /* VCEK; Turin: 8 bytes, then zeros */
    char csp_id[72];     /* VLEK */
};

/* Check that a file or base64 looks like X.509 or a certificate table: DER, PEM, or a table's GUID. What is
 * not readable is not. */
bool snp_chain_is(const char *arg);

/* NULL if out of memory, which was then reported. */
struct snp_chain *snp_chain_new(void);
void snp_chain_free(struct snp_chain *chain);

/* Add all certificates of a file or base64: DER, PEM, or the certificate table of an extended request.
 * Of two of a kind the later one stays. `crl` is a CRL in DER or PEM. */
enum owner_exit snp_chain_read(struct snp_chain *chain, const char *what, const char *arg);
enum owner_exit snp_chain_read_crl(struct snp_chain *chain, const char *what, const char *arg);

/* The roots to trust: those of this file, or the model's if it is NULL. They also take the place of an
 * ASK and ARK that the chain does not have. */
enum owner_exit snp_chain_trust(struct snp_chain *chain, const char *what, const char *arg);
/* The time of verification, seconds since 1970; without it, now. */
void snp_chain_set_time(int64_t now);

/* Read the VCEK or VLEK. */
enum owner_exit snp_chain_leaf(struct snp_chain *chain, struct snp_leaf *leaf);

/* Verify every signature and date, say each, and answer with them ("links", "model"). OWNER_OK only if
 * all is right and the ARK is one to trust. */
enum owner_exit snp_chain_verify(struct snp_chain *chain);

/* Print what each certificate says; answer with "certificates". */
enum owner_exit snp_chain_show(struct snp_chain *chain);

#endif
