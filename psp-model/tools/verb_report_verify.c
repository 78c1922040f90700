/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner report verify: the attestation report of a running guest.
 *
 * Source: protocol/report.h; `sevctl validate`, which checks the signature.
 */
#include "owner.h"

#include <inttypes.h>
#include <string.h>

#include "chain.h"
#include "input.h"
#include "protocol/report.h"

enum { CHAIN = 1, CA, NONCE, DIGEST, POLICY, PEK_ONLY };

static const struct owner_option options[] = {
    {CHAIN, "chain", "FILE|BASE64", "the platform's certificates; repeat it for several files"},
    {CA, "ca", "FILE|BASE64", "ASK and ARK (default: those in there, or the model's)"},
    {NONCE, "mnonce", "FILE|BASE64", "the nonce that was asked for, 16 bytes"},
    {DIGEST, "launch-digest", "FILE|BASE64", "the digest of the expected launch"},
    {POLICY, "policy", "N", "the policy of the guest"},
    {PEK_ONLY, "pek-only", NULL, "trust the PEK as it is: leave the chain above it out"},
    {0, NULL, NULL, NULL},
};

struct request {
    struct chain chain;
    const char *ca, *nonce, *digest, *policy;
    bool pek_only;
};

/* Counts what is wrong. */
static unsigned check(const char *what, bool good)
{
    owner_say("%-8s %s\n", good ? "ok" : "INVALID", what);
    return !good;
}

static enum owner_exit check_fields(const struct request *r, const struct report *report,
                                    unsigned *wrong)
{
    uint8_t nonce[16], digest[32];
    uint32_t policy;
    enum owner_exit code = OWNER_OK;
    if (r->nonce) {
        code = input_exact("--mnonce", r->nonce, nonce, sizeof(nonce));
        if (!code)
            *wrong += check("nonce", memcmp(nonce, report->mnonce, sizeof(nonce)) == 0);
    }
    if (!code && r->digest) {
        code = input_exact("--launch-digest", r->digest, digest, sizeof(digest));
        if (!code)
            *wrong +=
                check("launch digest", memcmp(digest, report->launch_digest, sizeof(digest)) == 0);
    }
    if (!code && r->policy) {
        code = input_number("--policy", r->policy, UINT32_MAX, &policy);
        if (!code)
            *wrong += check("policy", policy == report->policy);
    }
    return code;
}

static void print_report(const struct report *report)
{
    owner_say("mnonce         %s\n", owner_hex64(report->mnonce, 16));
    owner_say("launch digest  %s\n", owner_hex64(report->launch_digest, 32));
    owner_say("policy         0x%08" PRIx32 "\n", report->policy);
    owner_answer_hex("mnonce", report->mnonce, 16);
    owner_answer_hex("launch_digest", report->launch_digest, 32);
    owner_answer("policy", json_integer(report->policy));
}

static enum owner_exit verify(struct request *r, const char *path)
{
    uint8_t wire[REPORT_SIZE];
    struct report report;
    unsigned wrong = 0;
    enum owner_exit code = r->ca ? chain_read("--ca", r->ca, &r->chain) : OWNER_OK;
    if (!code && !r->chain.have[CHAIN_PEK])
        code = owner_fail(OWNER_USAGE, "--chain with a PEK certificate is needed");
    if (!code)
        code = input_exact("report", path, wire, sizeof(wire));
    if (!code && report_read(&report, wire))
        code = owner_fail(OWNER_INPUT, "report: %s: reserved bytes are not zero", path);
    if (code)
        return code;
    print_report(&report);
    wrong += check("report signed by PEK", report_verify(&report, &r->chain.cert[CHAIN_PEK]) == 0);
    code = check_fields(r, &report, &wrong);
    if (!code && !r->pek_only)
        wrong += chain_verify(&r->chain) != OWNER_OK;
    if (!code && wrong)
        code = owner_fail(OWNER_MISMATCH, "the report is not valid or not the expected one");
    return code;
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct request r = {.ca = NULL};
    const char *value;
    enum owner_exit code = OWNER_OK;
    int id, first;
    while (!code && (id = owner_option(verb, argc, argv, &value, &first)) != 0) {
        const char **const places[] = {
            [CA] = &r.ca, [NONCE] = &r.nonce, [DIGEST] = &r.digest, [POLICY] = &r.policy};
        if (id < 0)
            return OWNER_USAGE;
        if (id == CHAIN)
            code = chain_read("--chain", value, &r.chain);
        else if (id == PEK_ONLY)
            r.pek_only = true;
        else
            *places[id] = value;
    }
    if (!code && !owner_count(verb, argc, first, 1))
        code = OWNER_USAGE;
    return code ? code : verify(&r, argv[first]);
}

const struct owner_verb verb_report_verify = {"report verify", "REPORT",
                                              "Verify an attestation report", options, run};
