/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificates of a platform; see chain.h.
 *
 * Source: protocol/cert.h; the certificate files of virtee/sevctl and AMDESE/sev-tool.
 */
#include "chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "protocol/hex.h"
#include "protocol/root.h"

#define CHAIN_FILE_MAX (8 * CERT_SIZE)

static const enum cert_usage usages[CHAIN_CERTS] = {CERT_USAGE_PDH, CERT_USAGE_PEK, CERT_USAGE_OCA,
                                                    CERT_USAGE_CEK};

/* The number of bytes of the certificate, or a negative errno of cert_root_read(). */
static long visit_one(const uint8_t *at, size_t left, chain_visit *visit, void *ctx)
{
    struct cert cert;
    struct cert_root root;
    if (left >= CERT_SIZE && cert_read(&cert, at) == 0) {
        visit(ctx, &cert, NULL);
        return CERT_SIZE;
    }
    long n = cert_root_read(&root, at, left);
    if (n > 0)
        visit(ctx, NULL, &root);
    return n;
}

static enum owner_exit refuse(const char *what, const char *arg, size_t number, size_t at, long err)
{
    if (err == -ENODATA)
        return owner_fail(OWNER_INPUT,
                          "%s: %s: certificate %zu, at byte %zu, has no signature, as the ARK that "
                          "AMD published for Naples; append the signature, or use a complete ARK",
                          what, arg, number, at);
    return owner_fail(OWNER_INPUT, "%s: %s: certificate %zu, at byte %zu, is malformed", what, arg,
                      number, at);
}

enum owner_exit chain_each(const char *what, const char *arg, chain_visit *visit, void *ctx)
{
    uint8_t data[CHAIN_FILE_MAX];
    size_t len = 0, at = 0, number = 0;
    long used;
    enum owner_exit code = input_blob(what, arg, 0, data, sizeof(data), &len);
    if (!code && len == 0)
        code = owner_fail(OWNER_INPUT, "%s: %s is empty", what, arg);
    while (!code && at < len) {
        number++;
        used = visit_one(data + at, len - at, visit, ctx);
        if (used <= 0)
            code = refuse(what, arg, number, at, used);
        else
            at += (size_t)used;
    }
    return code;
}

static void keep(void *ctx, const struct cert *cert, const struct cert_root *root)
{
    struct chain *chain = ctx;
    for (unsigned i = 0; cert && i < CHAIN_CERTS; i++) {
        if (cert->usage == (uint32_t)usages[i]) {
            chain->cert[i] = *cert;
            chain->have[i] = true;
        }
    }
    if (root && root->usage == CERT_USAGE_ASK) {
        chain->ask = *root;
        chain->have_ask = true;
    }
    if (root && root->usage == CERT_USAGE_ARK) {
        chain->ark = *root;
        chain->have_ark = true;
    }
}

enum owner_exit chain_read(const char *what, const char *arg, struct chain *chain)
{
    return chain_each(what, arg, keep, chain);
}

/* --- description ----------------------------------------------------------------------------- */

static void describe(const char *usage, const char *kind, enum crypto_hash hash,
                     const uint8_t *body, size_t len, char *text, size_t size)
{
    uint8_t digest[CRYPTO_SHA384_SIZE];
    char hex[2 * CRYPTO_SHA384_SIZE + 1];
    hex_encode(digest, crypto_digest(hash, body, len, digest), hex);
    snprintf(text, size, "%s %s %s", usage, kind, hex);
}

void chain_describe_cert(const struct cert *cert, char *text, size_t size)
{
    uint8_t wire[CERT_SIZE];
    char kind[32];
    bool rsa = cert->algo == CERT_ALGO_RSA_SHA256 || cert->algo == CERT_ALGO_RSA_SHA384;
    bool sha384 = cert->algo & 0x100;
    unsigned bits = cert->key[0] | cert->key[1] << 8, hash_bits = sha384 ? 384 : 256;
    cert_write(cert, wire);
    if (rsa)
        snprintf(kind, sizeof(kind), "R%u R%u", bits, hash_bits);
    else
        snprintf(kind, sizeof(kind), "EP384 %c%u", cert->usage == CERT_USAGE_PDH ? 'D' : 'E',
                 hash_bits);
    describe(cert_usage_name(cert->usage), kind, sha384 ? CRYPTO_HASH_SHA384 : CRYPTO_HASH_SHA256,
             wire, CERT_SIGNED_SIZE, text, size);
}

void chain_describe_root(const struct cert_root *root, char *text, size_t size)
{
    uint8_t wire[CERT_ROOT_MAX];
    char kind[32];
    bool big = root->len == CERT_ROOT_KEY_SIZE;
    size_t len = cert_root_write(root, wire) - root->len;
    snprintf(kind, sizeof(kind), "R%zu R%u", 8 * root->len, big ? 384 : 256);
    describe(cert_usage_name(root->usage), kind, big ? CRYPTO_HASH_SHA384 : CRYPTO_HASH_SHA256,
             wire, len, text, size);
}

/* --- verification ---------------------------------------------------------------------------- */

struct link {
    const char *name, *by;
    int result; /* 0, or why not */
};

static int verify_certs(const struct chain *chain, enum chain_place child, enum chain_place parent)
{
    if (!chain->have[child] || !chain->have[parent])
        return -ENOENT;
    return cert_verify(&chain->cert[child], &chain->cert[parent]);
}

static void take_the_models_roots(struct chain *chain)
{
    if (!chain->have_ask && !chain->have_ark) {
        root_ask(&chain->ask);
        root_ark(&chain->ark);
        chain->have_ask = chain->have_ark = true;
    }
    chain->model = chain->have_ark && root_is_model(&chain->ark);
}

static const char *verdict(int result)
{
    return result == 0 ? "ok" : result == -ENOENT ? "missing" : "INVALID";
}

enum owner_exit chain_verify(struct chain *chain)
{
    take_the_models_roots(chain);
    const struct link links[] = {
        {"PDH", "PEK", verify_certs(chain, CHAIN_PDH, CHAIN_PEK)},
        {"PEK", "OCA", verify_certs(chain, CHAIN_PEK, CHAIN_OCA)},
        {"OCA", "OCA", verify_certs(chain, CHAIN_OCA, CHAIN_OCA)},
        {"PEK", "CEK", verify_certs(chain, CHAIN_PEK, CHAIN_CEK)},
        {"CEK", "ASK",
         chain->have[CHAIN_CEK] && chain->have_ask
             ? cert_verify_by_root(&chain->cert[CHAIN_CEK], &chain->ask)
             : -ENOENT},
        {"ASK", "ARK",
         chain->have_ask && chain->have_ark ? cert_root_verify(&chain->ask, &chain->ark) : -ENOENT},
        {"ARK", "ARK", chain->have_ark ? cert_root_verify(&chain->ark, &chain->ark) : -ENOENT},
    };
    json_t *list = json_array();
    unsigned wrong = 0;
    for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        const struct link *l = &links[i];
        wrong += l->result != 0;
        owner_say("%-8s %s signed by %s\n", verdict(l->result), l->name,
                  strcmp(l->name, l->by) == 0 ? "itself" : l->by);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "certificate", l->name, "by",
                                              l->by, "verdict", verdict(l->result)));
    }
    owner_answer("links", list);
    owner_answer("model", json_boolean(chain->model));
    if (chain->model)
        owner_say("The roots are the model's own: this is no AMD chip.\n");
    return wrong ? owner_fail(OWNER_MISMATCH, "the certificate chain is not valid") : OWNER_OK;
}
