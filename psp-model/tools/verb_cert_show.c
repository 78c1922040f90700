/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner cert show: what is in a file of certificates.
 *
 * Source: protocol/cert.h; the first line of each certificate as virtee/sevctl prints it.
 */
#include "owner.h"

#include <ctype.h>
#include <stdio.h>

#include "chain.h"
#include "protocol/root.h"
#include "snp_chain.h"

static const struct owner_option options[] = {{0, NULL, NULL, NULL}};

enum { DESCRIPTION_SIZE = 160 };

static json_t *show_cert(const struct cert *cert)
{
    char text[DESCRIPTION_SIZE];
    chain_describe_cert(cert, text, sizeof(text));
    owner_say("%s\n  key        %s (%s)\n", text, cert_usage_name(cert->usage),
              cert_algo_name(cert->algo));
    if (cert->api_major || cert->api_minor)
        owner_say("  API        %u.%u\n", cert->api_major, cert->api_minor);
    json_t *signatures = json_array();
    for (unsigned i = 0; i < 2; i++) {
        const struct cert_signature *sig = &cert->sig[i];
        if (sig->usage == CERT_USAGE_INVALID)
            continue;
        owner_say("  signature  by %s (%s)\n", cert_usage_name(sig->usage),
                  cert_algo_name(sig->algo));
        json_array_append_new(signatures,
                              json_pack("{s:s, s:s}", "usage", cert_usage_name(sig->usage), "algo",
                                        cert_algo_name(sig->algo)));
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:o}", "description", text, "usage",
                     cert_usage_name(cert->usage), "algo", cert_algo_name(cert->algo), "api_major",
                     cert->api_major, "api_minor", cert->api_minor, "signatures", signatures);
}

/* A key id as it is, and as text where somebody wrote text. */
static void say_id(const char *what, const uint8_t id[16])
{
    char text[17] = "";
    for (unsigned i = 0; i < 16 && isprint(id[i]); i++)
        snprintf(text + i, sizeof(text) - i, "%c", id[i]);
    owner_say("  %-10s %s%s%s%s\n", what, owner_hex64(id, 16), text[15] ? " \"" : "",
              text[15] ? text : "", text[15] ? "\"" : "");
}

static json_t *show_root(const struct cert_root *root)
{
    char text[DESCRIPTION_SIZE];
    bool model = root_is_model(root);
    chain_describe_root(root, text, sizeof(text));
    owner_say("%s\n", text);
    say_id("key id", root->key_id);
    say_id("signed by", root->certifying_id);
    if (model)
        owner_say("  This is the model's own root: it proves nothing about an AMD chip.\n");
    json_t *object = json_pack("{s:s, s:s, s:b}", "description", text, "usage",
                               cert_usage_name(root->usage), "model", (int)model);
    json_object_set_new(object, "key_id", json_string(owner_hex64(root->key_id, 16)));
    json_object_set_new(object, "certifying_id", json_string(owner_hex64(root->certifying_id, 16)));
    return object;
}

static void show(void *ctx, const struct cert *cert, const struct cert_root *root)
{
    json_array_append_new(ctx, cert ? show_cert(cert) : show_root(root));
}

static enum owner_exit show_snp(const char *arg)
{
    struct snp_chain *chain = snp_chain_new();
    enum owner_exit code = chain ? snp_chain_read(chain, "certificates", arg) : OWNER_TROUBLE;

    if (!code)
        code = snp_chain_show(chain);
    snp_chain_free(chain);
    return code;
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    const char *value;
    int first;
    if (owner_option(verb, argc, argv, &value, &first) < 0 || !owner_count(verb, argc, first, 1))
        return OWNER_USAGE;
    if (snp_chain_is(argv[first]))
        return show_snp(argv[first]);
    json_t *list = json_array();
    enum owner_exit code = chain_each("certificates", argv[first], show, list);
    owner_answer("certificates", list);
    return code;
}

const struct owner_verb verb_cert_show = {"cert show", "FILE", "Print what certificates say",
                                          options, run};
