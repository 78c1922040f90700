/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The X.509 certificates of SEV-SNP that an owner gets from others; see snp_chain.h.
 */
#include "snp_chain.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "input.h"
#include "protocol/cert_table.h"
#include "protocol/file.h"
#include "protocol/kds.h"
#include "snp_leaf.h"

#define FILE_LIMIT 65536
#define CERTS_MAX  16
#define PEM_BEGIN  "-----BEGIN "
#define OID_CN     "2.5.4.3"

enum place { LEAF, CA, ARK, PLACES };

struct snp_chain {
    gnutls_x509_crt_t cert[PLACES]; /* NULL: not there */
    gnutls_x509_crt_t trusted;      /* the ARK of --ca; NULL: the model's */
    gnutls_x509_crl_t crl;
    bool loaded; /* the leaf is a VLEK */
};

/* --- what a file is -------------------------------------------------------------------------- */

static bool is_pem(const uint8_t *data, size_t len)
{
    return len >= strlen(PEM_BEGIN) && memmem(data, len, PEM_BEGIN, strlen(PEM_BEGIN));
}

/* A certificate of legacy SEV begins with its version: 1, 0, 0, 0. */
static bool is_der(const uint8_t *data, size_t len)
{
    return len >= 2 && data[0] == 0x30 && data[1] & 0x80;
}

bool snp_chain_is(const char *arg)
{
    char why[FILE_WHY_SIZE];
    uint8_t *data = NULL;
    size_t len = 0;
    bool found = false;

    if (!file_read(arg, FILE_LIMIT, &data, &len, why))
        found = is_pem(data, len) || is_der(data, len) || cert_table_ok(data, len);
    free(data);
    return found;
}

struct snp_chain *snp_chain_new(void)
{
    struct snp_chain *chain = calloc(1, sizeof(*chain));

    if (!chain)
        owner_fail(OWNER_TROUBLE, "out of memory");
    return chain;
}

void snp_chain_free(struct snp_chain *chain)
{
    if (!chain)
        return;
    for (unsigned i = 0; i < PLACES; i++) {
        if (chain->cert[i])
            gnutls_x509_crt_deinit(chain->cert[i]);
    }
    if (chain->trusted)
        gnutls_x509_crt_deinit(chain->trusted);
    if (chain->crl)
        gnutls_x509_crl_deinit(chain->crl);
    free(chain);
}

/* --- reading --------------------------------------------------------------------------------- */

static void common_name(gnutls_x509_crt_t cert, char name[64])
{
    size_t len = 64;

    if (gnutls_x509_crt_get_dn_by_oid(cert, OID_CN, 0, 0, name, &len) < 0)
        name[0] = '\0';
}

/* Where a certificate of this name belongs. */
static bool place_of(gnutls_x509_crt_t cert, enum place *place, bool *loaded)
{
    char name[64];

    common_name(cert, name);
    *loaded = strcmp(name, "SEV-VLEK") == 0;
    if (*loaded || strcmp(name, "SEV-VCEK") == 0)
        *place = LEAF;
    else if (strncmp(name, "ARK-", 4) == 0)
        *place = ARK;
    else if (strncmp(name, "SEV-", 4) == 0)
        *place = CA;
    else
        return false;
    return true;
}

static void set(gnutls_x509_crt_t *to, gnutls_x509_crt_t cert)
{
    if (*to)
        gnutls_x509_crt_deinit(*to);
    *to = cert;
}

/* Takes the certificate. */
static enum owner_exit keep(struct snp_chain *chain, gnutls_x509_crt_t cert, const char *what,
                            const char *arg)
{
    enum place place;
    bool loaded;

    if (!place_of(cert, &place, &loaded)) {
        gnutls_x509_crt_deinit(cert);
        return owner_fail(
            OWNER_INPUT,
            "%s: %s: the common name of a certificate is none of ARK-, SEV-, SEV-VCEK "
            "and SEV-VLEK",
            what, arg);
    }
    if (place == LEAF)
        chain->loaded = loaded;
    set(&chain->cert[place], cert);
    return OWNER_OK;
}

static enum owner_exit read_der(struct snp_chain *chain, const uint8_t *data, size_t len,
                                const char *what, const char *arg)
{
    const gnutls_datum_t der = {(unsigned char *)data, (unsigned)len};
    gnutls_x509_crt_t cert;
    int err = gnutls_x509_crt_init(&cert);

    if (err < 0)
        return owner_fail(OWNER_TROUBLE, "out of memory");
    err = gnutls_x509_crt_import(cert, &der, GNUTLS_X509_FMT_DER);
    if (err >= 0)
        return keep(chain, cert, what, arg);
    gnutls_x509_crt_deinit(cert);
    return owner_fail(OWNER_INPUT, "%s: %s: a certificate is malformed: %s", what, arg,
                      gnutls_strerror(err));
}

static enum owner_exit read_pem(struct snp_chain *chain, const uint8_t *data, size_t len,
                                const char *what, const char *arg)
{
    const gnutls_datum_t pem = {(unsigned char *)data, (unsigned)len};
    gnutls_x509_crt_t list[CERTS_MAX];
    unsigned n = CERTS_MAX;
    enum owner_exit code = OWNER_OK;
    int err = gnutls_x509_crt_list_import(list, &n, &pem, GNUTLS_X509_FMT_PEM,
                                          GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);

    if (err < 0)
        return owner_fail(OWNER_INPUT, "%s: %s: a certificate is malformed: %s", what, arg,
                          gnutls_strerror(err));
    for (unsigned i = 0; i < n; i++) {
        if (!code)
            code = keep(chain, list[i], what, arg);
        else
            gnutls_x509_crt_deinit(list[i]);
    }
    return code;
}

static enum owner_exit read_table(struct snp_chain *chain, const uint8_t *data, size_t size,
                                  const char *what, const char *arg)
{
    static const enum cert_table_kind kinds[] = {CERT_TABLE_ARK, CERT_TABLE_ASK, CERT_TABLE_VCEK,
                                                 CERT_TABLE_VLEK};
    enum owner_exit code = OWNER_OK;

    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !code; i++) {
        size_t len;
        const uint8_t *cert = cert_table_find(data, size, kinds[i], &len);

        if (cert)
            code = read_der(chain, cert, len, what, arg);
    }
    return code;
}

enum owner_exit snp_chain_read(struct snp_chain *chain, const char *what, const char *arg)
{
    uint8_t *data = malloc(FILE_LIMIT);
    size_t len = 0;
    enum owner_exit code;

    if (!data)
        return owner_fail(OWNER_TROUBLE, "out of memory");
    code = input_blob(what, arg, 0, data, FILE_LIMIT, &len);
    if (!code && is_pem(data, len))
        code = read_pem(chain, data, len, what, arg);
    else if (!code && is_der(data, len))
        code = read_der(chain, data, len, what, arg);
    else if (!code && cert_table_ok(data, len))
        code = read_table(chain, data, len, what, arg);
    else if (!code)
        code = owner_fail(OWNER_INPUT, "%s: %s: this is no X.509 certificate and no table of them",
                          what, arg);
    free(data);
    return code;
}

enum owner_exit snp_chain_read_crl(struct snp_chain *chain, const char *what, const char *arg)
{
    uint8_t data[FILE_LIMIT];
    gnutls_datum_t datum = {.data = data};
    size_t len = 0;
    enum owner_exit code = input_blob(what, arg, 0, data, sizeof(data), &len);
    int err;

    if (code)
        return code;
    datum.size = (unsigned)len;
    if (chain->crl)
        gnutls_x509_crl_deinit(chain->crl);
    chain->crl = NULL;
    err = gnutls_x509_crl_init(&chain->crl);
    if (err >= 0)
        err = gnutls_x509_crl_import(chain->crl, &datum,
                                     is_pem(data, len) ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER);
    if (err < 0)
        return owner_fail(OWNER_INPUT, "%s: %s: this is no CRL: %s", what, arg,
                          gnutls_strerror(err));
    return OWNER_OK;
}

enum owner_exit snp_chain_leaf(struct snp_chain *chain, struct snp_leaf *leaf)
{
    if (!chain->cert[LEAF])
        return owner_fail(OWNER_INPUT, "there is no VCEK and no VLEK certificate");
    return snp_leaf_read(chain->cert[LEAF], chain->loaded, leaf);
}

/* --- verification ---------------------------------------------------------------------------- */

static time_t verification_time;

static time_t get_time(time_t *out)
{
    if (out)
        *out = verification_time;
    return verification_time;
}

void snp_chain_set_time(int64_t now)
{
    verification_time = (time_t)now;
    gnutls_global_set_time_function(get_time);
}

/* The certificate of a model's root, for the line of the leaf. */
static enum owner_exit model_root(struct snp_chain *chain, enum place place, enum tcb_model model)
{
    enum root_key root = place == ARK ? ROOT_ARK : chain->loaded ? ROOT_ASVK : ROOT_ASK;
    uint8_t der[X509_MAX];
    size_t len;

    if (kds_root(model, root, der, &len))
        return owner_fail(OWNER_TROUBLE, "the model's root cannot be made");
    return read_der(chain, der, len, "the model's root", tcb_model_name(model));
}

static enum owner_exit fill_in_roots(struct snp_chain *chain)
{
    enum tcb_model model = TCB_MILAN;
    enum owner_exit code = OWNER_OK;

    if (chain->cert[LEAF])
        snp_leaf_model(chain->cert[LEAF], &model);
    if (!chain->cert[CA] && !chain->cert[ARK]) {
        code = model_root(chain, CA, model);
        if (!code)
            code = model_root(chain, ARK, model);
    }
    return code;
}

enum owner_exit snp_chain_trust(struct snp_chain *chain, const char *what, const char *arg)
{
    struct snp_chain *roots;
    enum owner_exit code;

    if (!arg)
        return fill_in_roots(chain);
    roots = snp_chain_new();
    if (!roots)
        return OWNER_TROUBLE;
    code = snp_chain_read(roots, what, arg);
    if (!code && !roots->cert[ARK])
        code = owner_fail(OWNER_INPUT, "%s: %s: there is no ARK", what, arg);
    if (!code) {
        chain->trusted = roots->cert[ARK];
        roots->cert[ARK] = NULL;
        if (!chain->cert[CA]) {
            chain->cert[CA] = roots->cert[CA];
            roots->cert[CA] = NULL;
        }
    }
    snp_chain_free(roots);
    return code;
}

/* The ARK that is trusted, if the chain has none. */
static gnutls_x509_crt_t ark_of(const struct snp_chain *chain)
{
    return chain->cert[ARK] ? chain->cert[ARK] : chain->trusted;
}

static bool has_model_key(gnutls_x509_crt_t ark)
{
    const struct crypto_rsa_public *key = &root_private(ROOT_ARK)->pub;
    gnutls_datum_t n = {0}, e = {0};
    bool same = gnutls_x509_crt_get_pk_rsa_raw(ark, &n, &e) >= 0 && n.size >= key->n_len &&
                memcmp(n.data + n.size - key->n_len, key->n, key->n_len) == 0;

    gnutls_free(n.data);
    gnutls_free(e.data);
    return same;
}

static const char *verdict(gnutls_x509_crt_t cert, gnutls_x509_crt_t by)
{
    unsigned status = 0;

    if (!cert || !by)
        return "missing";
    /* Without the flag a certificate in the list of roots is trusted as it is. */
    if (gnutls_x509_crt_verify(cert, &by, 1, GNUTLS_VERIFY_DO_NOT_ALLOW_SAME, &status) < 0)
        return "INVALID";
    if (status & GNUTLS_CERT_NOT_ACTIVATED)
        return "too early";
    if (status & GNUTLS_CERT_EXPIRED)
        return "expired";
    if (status || gnutls_x509_crt_get_signature_algorithm(cert) != (int)GNUTLS_SIGN_RSA_PSS_SHA384)
        return "INVALID";
    return "ok";
}

static const char *crl_verdict(const struct snp_chain *chain)
{
    gnutls_x509_crt_t ark = ark_of(chain), ca = chain->cert[CA];
    gnutls_x509_crl_t crl = chain->crl;
    unsigned status = 0;

    if (!ark || !ca)
        return "missing";
    if (gnutls_x509_crl_verify(crl, &ark, 1, 0, &status) < 0 || status)
        return "INVALID";
    return gnutls_x509_crt_check_revocation(ca, &crl, 1) ? "revoked" : "ok";
}

static const char *trust_verdict(const struct snp_chain *chain)
{
    gnutls_x509_crt_t ark = ark_of(chain);

    if (!ark)
        return "missing";
    if (chain->trusted)
        return gnutls_x509_crt_equals(ark, chain->trusted) ? "ok" : "INVALID";
    return has_model_key(ark) ? "ok" : "INVALID";
}

enum owner_exit snp_chain_verify(struct snp_chain *chain)
{
    const char *ca = chain->loaded ? "ASVK" : "ASK";
    gnutls_x509_crt_t ark = ark_of(chain);
    const struct {
        const char *name, *text, *verdict;
    } links[] = {
        {chain->loaded ? "VLEK" : "VCEK", ca, verdict(chain->cert[LEAF], chain->cert[CA])},
        {ca, "ARK", verdict(chain->cert[CA], ark)},
        {"ARK", "itself", verdict(ark, ark)},
        {"ARK", "trust", trust_verdict(chain)},
        {ca, "CRL", chain->crl ? crl_verdict(chain) : NULL},
    };
    json_t *list = json_array();
    bool model = ark && has_model_key(ark);
    unsigned wrong = 0;

    for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (!links[i].verdict)
            continue;
        wrong += strcmp(links[i].verdict, "ok") != 0;
        owner_say("%-9s %s %s%s\n", links[i].verdict, links[i].name,
                  i < 3    ? "signed by "
                  : i == 3 ? "is a root to trust"
                           : "is not in the ",
                  i == 3 ? "" : links[i].text);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "certificate", links[i].name, "by",
                                              links[i].text, "verdict", links[i].verdict));
    }
    owner_answer("links", list);
    owner_answer("model", json_boolean(model));
    if (model)
        owner_say("The roots are the model's own: this is no AMD chip.\n");
    return wrong ? owner_fail(OWNER_MISMATCH, "the certificate chain is not valid") : OWNER_OK;
}

/* --- printing -------------------------------------------------------------------------------- */

static void show_day(char text[16], time_t time)
{
    struct tm tm;

    text[0] = '\0';
    if (gmtime_r(&time, &tm))
        strftime(text, 16, "%Y-%m-%d", &tm);
}

static json_t *show_one(gnutls_x509_crt_t cert)
{
    char name[64], issuer[64] = "", from[16], to[16];
    uint8_t serial[32];
    size_t len = sizeof(serial), issuer_len = sizeof(issuer);

    common_name(cert, name);
    gnutls_x509_crt_get_issuer_dn_by_oid(cert, OID_CN, 0, 0, issuer, &issuer_len);
    if (gnutls_x509_crt_get_serial(cert, serial, &len) < 0)
        len = 0;
    show_day(from, gnutls_x509_crt_get_activation_time(cert));
    show_day(to, gnutls_x509_crt_get_expiration_time(cert));
    owner_say("%s\n  signed by  %s\n  serial     %s\n  valid      %s to %s\n", name, issuer,
              owner_hex64(serial, len), from, to);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", name, "issuer", issuer, "serial",
                     owner_hex64(serial, len), "not_before", from, "not_after", to);
}

static void show_leaf(const struct snp_leaf *leaf, json_t *object)
{
    const struct tcb *t = &leaf->tcb;
    char tcb[24];

    snprintf(tcb, sizeof(tcb), "0x%016" PRIx64, tcb_pack(leaf->model, t));
    owner_say("  line       %s\n  TCB        %s: ", tcb_model_name(leaf->model), tcb);
    if (leaf->model == TCB_TURIN)
        owner_say("FMC %u, ", t->fmc);
    owner_say("boot loader %u, TEE %u, SNP %u, microcode %u\n", t->bootloader, t->tee, t->snp,
              t->microcode);
    json_object_set_new(object, "line", json_string(tcb_model_name(leaf->model)));
    json_object_set_new(object, "tcb", json_string(tcb));
    if (leaf->loaded) {
        owner_say("  provider   %s\n", leaf->csp_id);
        json_object_set_new(object, "csp_id", json_string(leaf->csp_id));
        return;
    }
    owner_say("  chip id    %s\n", owner_hex64(leaf->chip_id, tcb_chip_id_size(leaf->model)));
    json_object_set_new(object, "chip_id",
                        json_string(owner_hex64(leaf->chip_id, tcb_chip_id_size(leaf->model))));
}

enum owner_exit snp_chain_show(struct snp_chain *chain)
{
    json_t *list = json_array(), *object;
    struct snp_leaf leaf;
    enum owner_exit code = OWNER_OK;

    for (unsigned i = 0; i < PLACES; i++) {
        if (!chain->cert[i])
            continue;
        object = show_one(chain->cert[i]);
        if (i == LEAF)
            code = snp_chain_leaf(chain, &leaf);
        if (i == LEAF && !code)
            show_leaf(&leaf, object);
        if (i == ARK && has_model_key(chain->cert[i])) {
            owner_say("  This is the model's own root: it proves nothing about an AMD chip.\n");
            json_object_set_new(object, "model", json_true());
        }
        json_array_append_new(list, object);
    }
    owner_answer("certificates", list);
    return code;
}
