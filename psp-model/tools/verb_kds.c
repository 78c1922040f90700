/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner kds: the certificates of the model's key distribution service, in files with the names of
 * AMD's URLs, or the answer to one request. The server sevowner-kds asks this verb.
 *
 * Source: kds_request.h.
 */
#include "owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "input.h"
#include "kds_request.h"
#include "protocol/hex.h"
#include "protocol/kds.h"
#include "protocol/snp_report.h"
#include "snp_line.h"

enum { REQUEST = 1, REPORT, LINE, CHIP_ID, TCB, CSP_ID, REVOKE, NOW };

static const struct owner_option options[] = {
    {REQUEST, "request", "PATH", "answer this request instead: write its body to the file"},
    {REPORT, "report", "FILE|BASE64", "with the VCEK or VLEK that signed this attestation report"},
    {LINE, "line", "NAME",
     "Milan, Genoa or Turin: the line of --chip-id and of a version 2 report"},
    {CHIP_ID, "chip-id", "HEX", "with the VCEK of this chip"},
    {TCB, "tcb", "N", "its TCB, as in reports (default 0)"},
    {CSP_ID, "csp-id", "NAME", "the cloud provider that has VLEKs"},
    {REVOKE, "revoke", "ask|asvk", "the CRLs revoke this certificate of each line"},
    {NOW, "now", "N", "seconds since 1970 that decide when certificates begin (default now)"},
    {0, NULL, NULL, NULL},
};

struct request {
    struct kds_service service;
    const char *request, *report, *line, *chip_id, *tcb, *revoke, *now;
    /* Whose certificate is wanted besides the roots. */
    bool chip, loaded;
    enum tcb_model model;
    struct tcb levels;
    uint8_t id[SNP_CHIP_ID_SIZE];
};

/* --- one request ----------------------------------------------------------------------------- */

static enum owner_exit answer_request(const struct request *r, const char *path)
{
    static struct kds_reply reply;
    enum owner_exit code = OWNER_OK;

    kds_request(&r->service, r->request, &reply);
    owner_answer("status", json_integer(reply.status));
    owner_answer("type", json_string(reply.type));
    if (reply.status == 500)
        return owner_fail(OWNER_TROUBLE, "%s", reply.why);
    if (reply.status != 200)
        return owner_fail(OWNER_INPUT, "--request: status %u: %s", reply.status, reply.why);
    owner_answer_base64("body", reply.body, reply.len);
    if (path)
        code = output_file(path, reply.body, reply.len, false);
    if (!code && path)
        owner_say("%s\n", path);
    return code;
}

/* --- the tree -------------------------------------------------------------------------------- */

/* Make the directories of a path, up to its last '/'. */
static enum owner_exit make_directories(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) && errno != EEXIST)
            return owner_fail(OWNER_OUTPUT, "%s: %s", path, strerror(errno));
        *slash = '/';
    }
    return OWNER_OK;
}

/* Write what the service answers to /KIND/v1/LINE/NAME under the directory, `query` left out of the
 * file's name. */
static enum owner_exit write_one(const struct request *r, const char *directory, const char *kind,
                                 enum tcb_model model, const char *name, const char *query,
                                 json_t *written)
{
    static struct kds_reply reply;
    char target[512], path[4096];
    enum owner_exit code;

    snprintf(target, sizeof(target), "/%s/v1/%s/%s%s", kind, tcb_model_name(model), name, query);
    kds_request(&r->service, target, &reply);
    if (reply.status != 200)
        return owner_fail(reply.status == 500 ? OWNER_TROUBLE : OWNER_INPUT, "%s: %s", target,
                          reply.why);
    if (snprintf(path, sizeof(path), "%s/%s/v1/%s/%s", directory, kind, tcb_model_name(model),
                 name) >= (int)sizeof(path))
        return owner_fail(OWNER_USAGE, "the name of the directory is too long");
    code = make_directories(path);
    if (!code)
        code = output_file(path, reply.body, reply.len, false);
    if (code)
        return code;
    owner_say("%s\n", path);
    json_array_append_new(written, json_string(path));
    return OWNER_OK;
}

static enum owner_exit write_roots(const struct request *r, const char *directory, json_t *written)
{
    static const char *const kinds[] = {"vcek", "vlek"}, *const names[] = {"cert_chain", "crl"};
    enum owner_exit code = OWNER_OK;

    for (unsigned i = 0; i < 4 * TCB_MODELS && !code; i++)
        code = write_one(r, directory, kinds[i / 2 % 2], (enum tcb_model)(i / 4), names[i % 2], "",
                         written);
    return code;
}

static enum owner_exit write_tree(const struct request *r, const char *directory)
{
    const struct tcb *t = &r->levels;
    json_t *written = json_array();
    char id[HEX_TEXT_SIZE(SNP_CHIP_ID_SIZE)], query[80], fmc[16] = "";
    enum owner_exit code = write_roots(r, directory, written);

    if (r->model == TCB_TURIN)
        snprintf(fmc, sizeof(fmc), "&fmcSPL=%u", t->fmc);
    snprintf(query, sizeof(query), "?blSPL=%u&teeSPL=%u&snpSPL=%u&ucodeSPL=%u%s", t->bootloader,
             t->tee, t->snp, t->microcode, fmc);
    hex_encode(r->id, tcb_chip_id_size(r->model), id);
    if (!code && r->chip)
        code = write_one(r, directory, "vcek", r->model, id, query, written);
    if (!code && r->loaded)
        code = write_one(r, directory, "vlek", r->model, "cert", query, written);
    owner_answer("files", written);
    return code;
}

/* --- the command line ------------------------------------------------------------------------ */

static enum owner_exit take_report(struct request *r)
{
    uint8_t wire[SNP_REPORT_SIZE];
    struct snp_report report;
    const char *why;
    enum owner_exit code = input_exact("--report", r->report, wire, sizeof(wire));

    if (code)
        return code;
    why = snp_report_read(&report, wire);
    if (why)
        return owner_fail(OWNER_INPUT, "--report: %s: %s", r->report, why);
    code = snp_line_of_report(&report, r->line, &r->model);
    if (code)
        return code;
    if (!tcb_unpack(r->model, report.reported_tcb, &r->levels))
        return owner_fail(OWNER_INPUT, "--report: %s: the reported TCB is not one of %s", r->report,
                          tcb_model_name(r->model));
    memcpy(r->id, report.chip_id, sizeof(r->id));
    r->loaded = (report.key_info >> SNP_KEY_SIGNER_SHIFT & SNP_KEY_SIGNER_MASK) == SNP_SIGNER_VLEK;
    r->chip = !r->loaded;
    return OWNER_OK;
}

static enum owner_exit take_chip(struct request *r)
{
    uint64_t packed = 0;
    enum owner_exit code = OWNER_OK;

    if (!r->line && (r->chip_id || r->tcb || r->service.csp_id))
        return owner_fail(OWNER_USAGE, "--chip-id, --tcb and --csp-id need --line");
    if (r->line)
        code = snp_line_parse(r->line, &r->model);
    if (!code && r->tcb)
        code = input_number64("--tcb", r->tcb, &packed);
    if (code)
        return code;
    if (!tcb_unpack(r->model, packed, &r->levels))
        return owner_fail(OWNER_USAGE, "--tcb: a reserved byte is not zero");
    if (r->chip_id && !hex_decode(r->chip_id, r->id, tcb_chip_id_size(r->model)))
        return owner_fail(OWNER_USAGE, "--chip-id: %zu hexadecimal digits are needed for %s",
                          2 * tcb_chip_id_size(r->model), r->line);
    r->chip = r->chip_id;
    r->loaded = r->service.csp_id;
    return OWNER_OK;
}

static enum owner_exit prepare(struct request *r)
{
    uint64_t now = (uint64_t)time(NULL);
    enum owner_exit code = r->now ? input_number64("--now", r->now, &now) : OWNER_OK;

    r->service.start = kds_start((int64_t)now);
    r->service.revoked = ROOT_ARK;
    if (!code && r->revoke && strcmp(r->revoke, "ask") == 0)
        r->service.revoked = ROOT_ASK;
    else if (!code && r->revoke && strcmp(r->revoke, "asvk") == 0)
        r->service.revoked = ROOT_ASVK;
    else if (!code && r->revoke)
        code = owner_fail(OWNER_USAGE, "--revoke: \"%s\" is neither ask nor asvk", r->revoke);
    if (code || r->request)
        return code;
    return r->report ? take_report(r) : take_chip(r);
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct request r = {0};
    const char **const places[] = {
        [REQUEST] = &r.request, [REPORT] = &r.report, [LINE] = &r.line,
        [CHIP_ID] = &r.chip_id, [TCB] = &r.tcb,       [CSP_ID] = &r.service.csp_id,
        [REVOKE] = &r.revoke,   [NOW] = &r.now,
    };
    const char *value;
    enum owner_exit code;
    int id, first;

    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0)
        *places[id] = value;
    if (id < 0)
        return OWNER_USAGE;
    /* The answer to a request is in the JSON answer, too: it needs no file. */
    if (!(r.request && argc == first) && !owner_count(verb, argc, first, 1))
        return OWNER_USAGE;
    code = prepare(&r);
    if (code)
        return code;
    return r.request ? answer_request(&r, argv[first]) : write_tree(&r, argv[first]);
}

const struct owner_verb verb_kds = {"kds", "DIRECTORY|FILE",
                                    "Write certificates of the model's key distribution service",
                                    options, run};
