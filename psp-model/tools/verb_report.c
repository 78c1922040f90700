/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner report show and report verify: the attestation report of a running guest. The size of the
 * report says whether the guest has SEV or SEV-SNP, which snp_verify.c is for.
 *
 * Source: protocol/report.h; `sevctl validate`, which checks the signature.
 */
#include "owner.h"

#include <inttypes.h>
#include <string.h>

#include "chain.h"
#include "input.h"
#include "protocol/report.h"
#include "snp_verify.h"

enum {
    CHAIN = 1,
    CA,
    DIGEST,
    POLICY,
    /* SEV only */
    NONCE,
    PEK_ONLY,
    /* SEV-SNP only */
    CRL,
    LINE,
    NOW,
    REPORT_DATA,
    HOST_DATA,
    VMPL,
    MIN_TCB,
    ID_KEY,
    AUTHOR_KEY,
    OPTIONS
};

static const struct owner_option options[] = {
    {CHAIN, "chain", "FILE|BASE64", "the platform's certificates; repeat it for several files"},
    {CA, "ca", "FILE|BASE64", "the roots to trust (default: the model's)"},
    {DIGEST, "launch-digest", "FILE|BASE64|HEX", "the digest of the expected launch"},
    {POLICY, "policy", "N", "the policy of the guest"},
    {NONCE, "mnonce", "FILE|BASE64", "SEV: the nonce that was asked for, 16 bytes"},
    {PEK_ONLY, "pek-only", NULL, "SEV: trust the PEK as it is: leave the chain above it out"},
    {CRL, "crl", "FILE|BASE64", "SEV-SNP: the ASK or ASVK must not be in this CRL"},
    {LINE, "line", "NAME", "SEV-SNP: Milan, Genoa or Turin, for a report of version 2"},
    {NOW, "now", "N", "SEV-SNP: verify for this time, seconds since 1970 (default now)"},
    {REPORT_DATA, "report-data", "FILE|BASE64|HEX", "SEV-SNP: what the guest was asked to put in"},
    {HOST_DATA, "host-data", "FILE|BASE64|HEX", "SEV-SNP: what the host gave at the launch"},
    {VMPL, "vmpl", "N", "SEV-SNP: the privilege level that asked for the report"},
    {MIN_TCB, "min-tcb", "N", "SEV-SNP: no level of the firmware may be below these"},
    {ID_KEY, "id-key-digest", "FILE|BASE64|HEX", "SEV-SNP: the key that signed the ID block"},
    {AUTHOR_KEY, "author-key-digest", "FILE|BASE64|HEX", "SEV-SNP: the key that signed that key"},
    {0, NULL, NULL, NULL},
};

struct request {
    struct snp_expected snp;
    struct chain chain;
    const char *nonce;
    bool pek_only;
    const char *only_snp, *only_sev; /* an option that is for guests of that kind */
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
    if (!code && r->snp.measurement) {
        code = input_bytes("--launch-digest", r->snp.measurement, digest, sizeof(digest));
        if (!code)
            *wrong +=
                check("launch digest", memcmp(digest, report->launch_digest, sizeof(digest)) == 0);
    }
    if (!code && r->snp.policy) {
        code = input_number("--policy", r->snp.policy, UINT32_MAX, &policy);
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

static enum owner_exit read_report(const char *path, struct report *report)
{
    uint8_t wire[REPORT_SIZE];
    enum owner_exit code = input_exact("report", path, wire, sizeof(wire));

    if (!code && report_read(report, wire))
        code = owner_fail(OWNER_INPUT, "report: %s: reserved bytes are not zero", path);
    if (!code)
        print_report(report);
    return code;
}

static enum owner_exit verify(struct request *r, const char *path)
{
    struct report report;
    unsigned wrong = 0;
    enum owner_exit code = OWNER_OK;

    for (unsigned i = 0; i < r->snp.chains && !code; i++)
        code = chain_read("--chain", r->snp.chain[i], &r->chain);
    if (!code && r->snp.ca)
        code = chain_read("--ca", r->snp.ca, &r->chain);
    if (!code && !r->chain.have[CHAIN_PEK])
        code = owner_fail(OWNER_USAGE, "--chain with a PEK certificate is needed");
    if (!code)
        code = read_report(path, &report);
    if (code)
        return code;
    wrong += check("report signed by PEK", report_verify(&report, &r->chain.cert[CHAIN_PEK]) == 0);
    code = check_fields(r, &report, &wrong);
    if (!code && !r->pek_only)
        wrong += chain_verify(&r->chain) != OWNER_OK;
    if (!code && wrong)
        code = owner_fail(OWNER_MISMATCH, "the report is not valid or not the expected one");
    return code;
}

/* Keep an option's value. */
static enum owner_exit take(struct request *r, int id, const char *value)
{
    const char **const places[OPTIONS] = {
        [CA] = &r->snp.ca,
        [DIGEST] = &r->snp.measurement,
        [POLICY] = &r->snp.policy,
        [NONCE] = &r->nonce,
        [CRL] = &r->snp.crl,
        [LINE] = &r->snp.line,
        [NOW] = &r->snp.now,
        [REPORT_DATA] = &r->snp.report_data,
        [HOST_DATA] = &r->snp.host_data,
        [VMPL] = &r->snp.vmpl,
        [MIN_TCB] = &r->snp.min_tcb,
        [ID_KEY] = &r->snp.id_key_digest,
        [AUTHOR_KEY] = &r->snp.author_key_digest,
    };

    if (id >= CRL)
        r->only_snp = options[id - 1].name;
    else if (id >= NONCE)
        r->only_sev = options[id - 1].name;
    if (id == PEK_ONLY)
        r->pek_only = true;
    else if (id != CHAIN)
        *places[id] = value;
    else if (r->snp.chains == SNP_CHAIN_FILES_MAX)
        return owner_fail(OWNER_USAGE, "--chain: there are more than %d", SNP_CHAIN_FILES_MAX);
    else
        r->snp.chain[r->snp.chains++] = value;
    return OWNER_OK;
}

static enum owner_exit run_verify(const struct owner_verb *verb, int argc, char **argv)
{
    struct request r = {.nonce = NULL};
    const char *value, *wrong;
    enum owner_exit code = OWNER_OK;
    bool snp;
    int id, first;

    while (!code && (id = owner_option(verb, argc, argv, &value, &first)) != 0) {
        if (id < 0)
            return OWNER_USAGE;
        code = take(&r, id, value);
    }
    if (!code && !owner_count(verb, argc, first, 1))
        code = OWNER_USAGE;
    if (code)
        return code;
    snp = snp_report_is(argv[first]);
    wrong = snp ? r.only_sev : r.only_snp;
    if (wrong)
        return owner_fail(OWNER_USAGE, "--%s is not for reports of a %s guest", wrong,
                          snp ? "SEV-SNP" : "SEV");
    return snp ? snp_report_check(argv[first], &r.snp) : verify(&r, argv[first]);
}

static const struct owner_option show_options[] = {{0, NULL, NULL, NULL}};

static enum owner_exit run_show(const struct owner_verb *verb, int argc, char **argv)
{
    struct report report;
    const char *value;
    int first;

    if (owner_option(verb, argc, argv, &value, &first) < 0 || !owner_count(verb, argc, first, 1))
        return OWNER_USAGE;
    return snp_report_is(argv[first]) ? snp_report_show(argv[first])
                                      : read_report(argv[first], &report);
}

const struct owner_verb verb_report_show = {
    "report show", "REPORT", "Print what an attestation report says", show_options, run_show};
const struct owner_verb verb_report_verify = {"report verify", "REPORT",
                                              "Verify an attestation report", options, run_verify};
