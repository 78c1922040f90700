/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner cert verify: every signature from the PDH, or from the VCEK or VLEK, up to the ARK.
 *
 * Source: `sevctl verify`, whose options these are.
 */
#include "owner.h"

#include "chain.h"
#include "snp_chain.h"

enum { SEV = 1, SNP, OCA, CA, CRL };

static const struct owner_option options[] = {
    {SEV, "sev", "FILE|BASE64", "the platform's certificates; repeat it for several files"},
    {SNP, "snp", "FILE|BASE64", "of a SEV-SNP platform: VCEK or VLEK, ASK, ARK; repeat it"},
    {OCA, "oca", "FILE|BASE64", "the owner's certificate instead of the one in there"},
    {CA, "ca", "FILE|BASE64", "ASK and ARK (default: those in there, or the model's)"},
    {CRL, "crl", "FILE|BASE64", "with --snp: the ASK or ASVK must not be in this CRL"},
    {0, NULL, NULL, NULL},
};

/* The roots of --ca are the only ones to trust. */
static enum owner_exit verify_snp(struct snp_chain *chain, const char *ca, const char *crl)
{
    enum owner_exit code = crl ? snp_chain_read_crl(chain, "--crl", crl) : OWNER_OK;

    if (!code)
        code = snp_chain_trust(chain, "--ca", ca);
    return code ? code : snp_chain_verify(chain);
}

static enum owner_exit verify_sev(struct chain *chain, const char *oca, const char *ca)
{
    /* These replace what the file had, whatever the order of the options. */
    enum owner_exit code = oca ? chain_read("--oca", oca, chain) : OWNER_OK;

    if (!code && ca)
        code = chain_read("--ca", ca, chain);
    return code ? code : chain_verify(chain);
}

static enum owner_exit take_snp(struct snp_chain **chain, const char *value)
{
    if (!*chain)
        *chain = snp_chain_new();
    return *chain ? snp_chain_read(*chain, "--snp", value) : OWNER_TROUBLE;
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct chain chain = {0};
    struct snp_chain *snp = NULL;
    const char *value, *oca = NULL, *ca = NULL, *crl = NULL;
    bool any = false;
    enum owner_exit code = OWNER_OK;
    int id, first;

    while (!code && (id = owner_option(verb, argc, argv, &value, &first)) != 0) {
        any = any || id == SEV;
        if (id < 0)
            code = OWNER_USAGE;
        else if (id == SEV)
            code = chain_read("--sev", value, &chain);
        else if (id == SNP)
            code = take_snp(&snp, value);
        else
            *(id == OCA ? &oca : id == CA ? &ca : &crl) = value;
    }
    if (!code && !owner_count(verb, argc, first, 0))
        code = OWNER_USAGE;
    else if (!code && any == (snp != NULL))
        code = owner_fail(OWNER_USAGE, "--sev or --snp is needed: the certificates to verify");
    else if (!code && (snp ? oca : crl))
        code = owner_fail(OWNER_USAGE, "--%s is not for certificates of SEV%s", snp ? "oca" : "crl",
                          snp ? "-SNP" : "");
    else if (!code)
        code = snp ? verify_snp(snp, ca, crl) : verify_sev(&chain, oca, ca);
    snp_chain_free(snp);
    return code;
}

const struct owner_verb verb_cert_verify = {"cert verify", "",
                                            "Verify a platform's certificate chain", options, run};
