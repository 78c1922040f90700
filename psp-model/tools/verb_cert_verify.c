/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner cert verify: every signature from the PDH up to the ARK.
 *
 * Source: `sevctl verify`, whose options these are.
 */
#include "owner.h"

#include "chain.h"

enum { SEV = 1, OCA, CA };

static const struct owner_option options[] = {
    {SEV, "sev", "FILE|BASE64", "the platform's certificates; repeat it for several files"},
    {OCA, "oca", "FILE|BASE64", "the owner's certificate instead of the one in there"},
    {CA, "ca", "FILE|BASE64", "ASK and ARK (default: those in there, or the model's)"},
    {0, NULL, NULL, NULL},
};

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct chain chain = {0};
    const char *value, *oca = NULL, *ca = NULL;
    bool any = false;
    enum owner_exit code = OWNER_OK;
    int id, first;
    while (!code && (id = owner_option(verb, argc, argv, &value, &first)) != 0) {
        if (id < 0)
            return OWNER_USAGE;
        any = any || id == SEV;
        if (id == SEV)
            code = chain_read("--sev", value, &chain);
        else if (id == OCA)
            oca = value;
        else
            ca = value;
    }
    if (!code && !owner_count(verb, argc, first, 0))
        code = OWNER_USAGE;
    if (!code && !any)
        code = owner_fail(OWNER_USAGE, "--sev is needed: the certificates to verify");
    /* These replace what the file had, whatever the order of the options. */
    if (!code && oca)
        code = chain_read("--oca", oca, &chain);
    if (!code && ca)
        code = chain_read("--ca", ca, &chain);
    return code ? code : chain_verify(&chain);
}

const struct owner_verb verb_cert_verify = {"cert verify", "",
                                            "Verify a platform's certificate chain", options, run};
