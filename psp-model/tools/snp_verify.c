/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attestation report of a SEV-SNP guest; see snp_verify.h.
 */
#include "snp_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "protocol/b64.h"
#include "protocol/blob.h"
#include "protocol/file.h"
#include "protocol/snp_report.h"
#include "snp_chain.h"
#include "snp_line.h"

#define FILE_LIMIT 65536

/* --- show ------------------------------------------------------------------------------------ */

static const char *const signers[] = {
    [SNP_SIGNER_VCEK] = "VCEK", [SNP_SIGNER_VLEK] = "VLEK", [SNP_SIGNER_NONE] = "none"};

static const char *signer(const struct snp_report *report)
{
    unsigned number = report->key_info >> SNP_KEY_SIGNER_SHIFT & SNP_KEY_SIGNER_MASK;

    return signers[number] ? signers[number] : "unknown";
}

static void show_field(const struct snp_report *report, const struct snp_report_field *field)
{
    char text[24];

    if (field->since > report->version)
        return;
    if (field->number) {
        snprintf(text, sizeof(text), "0x%" PRIx64, snp_report_number(report, field));
        owner_say("%-20s %s\n", field->name, text);
        owner_answer(field->name, json_string(text));
        return;
    }
    owner_say("%-20s %s\n", field->name,
              owner_hex64((const uint8_t *)report + field->member, field->size));
    owner_answer_hex(field->name, (const uint8_t *)report + field->member, field->size);
}

bool snp_report_is(const char *arg)
{
    uint8_t wire[SNP_REPORT_SIZE], *file = NULL;
    char why[FILE_WHY_SIZE];
    size_t len = 0, got;
    bool found;

    if (file_read(arg, FILE_LIMIT, &file, &len, why))
        return b64_decode(arg, strlen(arg), wire, sizeof(wire)) == (long)sizeof(wire);
    found = !blob_decode(file, len, sizeof(wire), sizeof(wire), wire, &got, NULL);
    free(file);
    return found;
}

enum owner_exit snp_report_input(const char *what, const char *arg, uint8_t wire[SNP_REPORT_SIZE],
                                 struct snp_report *report)
{
    enum owner_exit code = input_exact(what, arg, wire, SNP_REPORT_SIZE);
    const char *why = code ? NULL : snp_report_read(report, wire);

    if (why)
        return owner_fail(OWNER_INPUT, "%s: %s: %s", what, arg, why);
    return code;
}

static void show(const struct snp_report *report)
{
    unsigned n;
    const struct snp_report_field *fields = snp_report_fields(&n);

    for (unsigned i = 0; i < n; i++)
        show_field(report, &fields[i]);
    owner_say("%-20s %s\n", "signed by", signer(report));
    owner_answer("signed_by", json_string(signer(report)));
}

enum owner_exit snp_report_show(const char *arg)
{
    uint8_t wire[SNP_REPORT_SIZE];
    struct snp_report report;
    enum owner_exit code = snp_report_input("report", arg, wire, &report);

    if (!code)
        show(&report);
    return code;
}

/* --- the checks ------------------------------------------------------------------------------ */

struct check {
    const struct snp_expected *expected;
    const struct snp_report *report;
    json_t *list;
    unsigned wrong;
};

static void say(struct check *c, const char *what, bool good)
{
    c->wrong += !good;
    owner_say("%-9s %s\n", good ? "ok" : "INVALID", what);
    json_array_append_new(c->list, json_pack("{s:s, s:b}", "check", what, "ok", (int)good));
}

/* Bytes that must be equal. */
static enum owner_exit same(struct check *c, const char *option, const char *arg, const char *what,
                            const uint8_t *have, size_t len)
{
    uint8_t want[64];
    enum owner_exit code = arg ? input_bytes(option, arg, want, len) : OWNER_OK;

    if (arg && !code)
        say(c, what, memcmp(want, have, len) == 0);
    return code;
}

static enum owner_exit same_number(struct check *c, const char *option, const char *arg,
                                   const char *what, uint64_t have)
{
    uint64_t want = 0;
    enum owner_exit code = arg ? input_number64(option, arg, &want) : OWNER_OK;

    if (arg && !code)
        say(c, what, want == have);
    return code;
}

static enum owner_exit check_min_tcb(struct check *c, enum tcb_model model)
{
    const char *arg = c->expected->min_tcb;
    struct tcb want, have;
    uint64_t packed = 0;
    enum owner_exit code = arg ? input_number64("--min-tcb", arg, &packed) : OWNER_OK;

    if (code || !arg)
        return code;
    if (!tcb_unpack(model, packed, &want))
        return owner_fail(OWNER_USAGE, "--min-tcb: a reserved byte is not zero");
    say(c, "TCB not below --min-tcb",
        tcb_unpack(model, c->report->reported_tcb, &have) && tcb_at_most(&want, &have));
    return OWNER_OK;
}

static enum owner_exit check_expected(struct check *c, enum tcb_model model)
{
    const struct snp_expected *e = c->expected;
    const struct snp_report *r = c->report;
    enum owner_exit code = same(c, "--report-data", e->report_data, "report data", r->report_data,
                                sizeof(r->report_data));

    if (!code)
        code = same(c, "--launch-digest", e->measurement, "launch digest", r->measurement,
                    sizeof(r->measurement));
    if (!code)
        code =
            same(c, "--host-data", e->host_data, "host data", r->host_data, sizeof(r->host_data));
    if (!code)
        code = same(c, "--id-key-digest", e->id_key_digest, "ID key digest", r->id_key_digest,
                    sizeof(r->id_key_digest));
    if (!code)
        code = same(c, "--author-key-digest", e->author_key_digest, "author key digest",
                    r->author_key_digest, sizeof(r->author_key_digest));
    if (!code)
        code = same_number(c, "--policy", e->policy, "policy", r->policy);
    if (!code)
        code = same_number(c, "--vmpl", e->vmpl, "VMPL", r->vmpl);
    return code ? code : check_min_tcb(c, model);
}

/* What the certificate and the report must agree in. */
static void check_agreement(struct check *c, enum tcb_model model, const struct snp_leaf *leaf)
{
    const struct snp_report *r = c->report;
    struct tcb reported;

    say(c, "line of processors", leaf->model == model);
    say(c, leaf->loaded ? "signed with a VLEK" : "signed with a VCEK",
        strcmp(signer(r), leaf->loaded ? "VLEK" : "VCEK") == 0);
    say(c, "reported TCB is that of the certificate",
        tcb_unpack(model, r->reported_tcb, &reported) &&
            memcmp(&reported, &leaf->tcb, sizeof(reported)) == 0);
    if (!leaf->loaded)
        say(c, "chip id is that of the certificate",
            memcmp(r->chip_id, leaf->chip_id, sizeof(leaf->chip_id)) == 0);
}

static enum owner_exit read_chain(struct snp_chain *chain, const struct snp_expected *e)
{
    uint64_t now;
    enum owner_exit code = OWNER_OK;

    for (unsigned i = 0; i < e->chains && !code; i++)
        code = snp_chain_read(chain, "--chain", e->chain[i]);
    if (!code && e->crl)
        code = snp_chain_read_crl(chain, "--crl", e->crl);
    if (!code)
        code = snp_chain_trust(chain, "--ca", e->ca);
    if (!code && e->now)
        code = input_number64("--now", e->now, &now);
    if (!code && e->now)
        snp_chain_set_time((int64_t)now);
    return code;
}

static enum owner_exit check_all(struct check *c, const uint8_t wire[SNP_REPORT_SIZE],
                                 struct snp_chain *chain)
{
    enum tcb_model model;
    struct snp_leaf leaf;
    enum owner_exit code = read_chain(chain, c->expected);

    if (!code)
        code = snp_chain_leaf(chain, &leaf);
    if (!code)
        code = snp_line_of_report(c->report, c->expected->line, &model);
    if (code)
        return code;
    say(c, "signature of the report", snp_report_verify(wire, &leaf.pub) == 0);
    check_agreement(c, model, &leaf);
    code = check_expected(c, model);
    if (code)
        return code;
    c->wrong += snp_chain_verify(chain) != OWNER_OK;
    return OWNER_OK;
}

enum owner_exit snp_report_check(const char *arg, const struct snp_expected *expected)
{
    uint8_t wire[SNP_REPORT_SIZE];
    struct snp_report report;
    struct check c = {.expected = expected, .report = &report};
    struct snp_chain *chain;
    enum owner_exit code;

    if (!expected->chains)
        return owner_fail(OWNER_USAGE, "--chain with a VCEK or VLEK certificate is needed");
    code = snp_report_input("report", arg, wire, &report);
    if (code)
        return code;
    chain = snp_chain_new();
    if (!chain)
        return OWNER_TROUBLE;
    show(&report);
    c.list = json_array();
    code = check_all(&c, wire, chain);
    snp_chain_free(chain);
    owner_answer("checks", c.list);
    if (!code && c.wrong)
        code = owner_fail(OWNER_MISMATCH, "the report is not valid or not the expected one");
    return code;
}
