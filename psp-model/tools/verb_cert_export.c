/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner cert export: a platform's certificates in the files that sevctl and sev-tool read.
 *
 * Source: `sevctl export [--full]` (PDH || PEK || OCA || CEK [|| ASK || ARK]); sev-tool's
 * export_cert_chain (one certificate a file).
 */
#include "owner.h"

#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "input.h"
#include "protocol/root.h"

enum { FROM = 1, FULL, CA_ONLY, SEV_TOOL };

static const struct owner_option options[] = {
    {FROM, "from", "FILE|BASE64", "certificates: of PDH_CERT_EXPORT, or any file; repeat it"},
    {FULL, "full", NULL, "with the model's ASK and ARK"},
    {CA_ONLY, "ca", NULL, "the model's ASK and ARK alone"},
    {SEV_TOOL, "sev-tool", NULL, "DESTINATION is a folder: pdh.cert, pek.cert, ..."},
    {0, NULL, NULL, NULL},
};

struct export
{
    struct chain chain;
    bool full, ca_only, sev_tool;
};

static const char *const names[] = {"pdh.cert", "pek.cert", "oca.cert",
                                    "cek.cert", "ask.cert", "ark.cert"};
enum { FILES = sizeof(names) / sizeof(names[0]) };

/* The bytes of certificate `i` of the names above; 0 if it is not to be written. */
static size_t encode(const struct export *e, unsigned i, uint8_t wire[CERT_SIZE])
{
    if (i < CHAIN_CERTS) {
        cert_write(&e->chain.cert[i], wire);
        return e->ca_only || !e->chain.have[i] ? 0 : CERT_SIZE;
    }
    if (!e->full && !e->ca_only)
        return 0;
    return cert_root_write(i == CHAIN_CERTS ? &e->chain.ask : &e->chain.ark, wire);
}

static enum owner_exit write_files(const struct export *e, const char *destination)
{
    uint8_t all[FILES * CERT_SIZE], wire[CERT_SIZE];
    size_t used = 0;
    char path[4096];
    enum owner_exit code = OWNER_OK;
    json_t *written = json_array();
    for (unsigned i = 0; i < FILES && !code; i++) {
        size_t len = encode(e, i, wire);
        memcpy(all + used, wire, len);
        used += len;
        if (len == 0 || !e->sev_tool)
            continue;
        if (snprintf(path, sizeof(path), "%s/%s", destination, names[i]) >= (int)sizeof(path))
            code = owner_fail(OWNER_USAGE, "the name of the folder is too long");
        else
            code = output_file(path, wire, len, false);
        if (code)
            break;
        owner_say("%s\n", path);
        json_array_append_new(written, json_string(path));
    }
    if (!code && !e->sev_tool) {
        code = output_file(destination, all, used, false);
        if (!code) {
            owner_say("%s\n", destination);
            json_array_append_new(written, json_string(destination));
        }
    }
    owner_answer("files", written);
    return code;
}

static enum owner_exit check(struct export *e, unsigned sources)
{
    if (e->ca_only != (sources == 0))
        return owner_fail(OWNER_USAGE, "give --from with certificates, or --ca");
    for (unsigned i = 0; i < CHAIN_CERTS && !e->ca_only; i++) {
        if (!e->chain.have[i])
            return owner_fail(OWNER_INPUT, "--from: there is no %.3s certificate", names[i]);
    }
    if (!e->chain.have_ask || !e->chain.have_ark) {
        root_ask(&e->chain.ask);
        root_ark(&e->chain.ark);
    }
    return OWNER_OK;
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct export e = {.full = false};
    const char *value;
    unsigned sources = 0;
    enum owner_exit code = OWNER_OK;
    int id, first;
    while (!code && (id = owner_option(verb, argc, argv, &value, &first)) != 0) {
        if (id < 0)
            return OWNER_USAGE;
        if (id == FROM) {
            sources++;
            code = chain_read("--from", value, &e.chain);
        }
        e.full = e.full || id == FULL;
        e.ca_only = e.ca_only || id == CA_ONLY;
        e.sev_tool = e.sev_tool || id == SEV_TOOL;
    }
    if (!code && !owner_count(verb, argc, first, 1))
        code = OWNER_USAGE;
    if (!code)
        code = check(&e, sources);
    return code ? code : write_files(&e, argv[first]);
}

const struct owner_verb verb_cert_export = {"cert export", "DESTINATION",
                                            "Write certificates as sevctl's or sev-tool's files",
                                            options, run};
