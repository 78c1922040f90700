/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One request to the key distribution service; see kds_request.h.
 */
#include "kds_request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "protocol/b64.h"
#include "protocol/hex.h"
#include "protocol/kds.h"

#define PEM_LINE   64
#define LEVEL_TEXT 4 /* digits of a level, zeros in front allowed */

/* Something of a text: paths are taken apart without copies. */
struct span {
    const char *at;
    size_t len;
};

static bool is(struct span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* Cut the text before the first `end` off `rest`; all of it if there is none. */
static struct span take(struct span *rest, char end)
{
    const char *found = memchr(rest->at, end, rest->len);
    struct span first = {rest->at, found ? (size_t)(found - rest->at) : rest->len};
    size_t used = first.len + (found ? 1 : 0);

    rest->at += used;
    rest->len -= used;
    return first;
}

__attribute__((format(printf, 3, 4))) static void refuse(struct kds_reply *reply, unsigned status,
                                                         const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(reply->why, sizeof(reply->why), format, args);
    va_end(args);
    reply->status = status;
    reply->type = "text/plain";
    reply->len = 0;
}

static void finish(struct kds_reply *reply, int err, const char *type)
{
    if (err) {
        refuse(reply, 500, "the certificate cannot be made");
        return;
    }
    reply->status = 200;
    reply->type = type;
}

/* --- PEM ------------------------------------------------------------------------------------- */

static bool put(uint8_t *out, size_t *len, const char *text, size_t n)
{
    if (n > KDS_BODY_MAX - *len)
        return false;
    memcpy(out + *len, text, n);
    *len += n;
    return true;
}

static bool put_pem(const uint8_t *der, size_t der_len, uint8_t *out, size_t *len)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
    static const char end[] = "-----END CERTIFICATE-----\n";
    char text[B64_TEXT_SIZE(X509_MAX)];
    bool good = put(out, len, begin, strlen(begin));
    size_t n;

    b64_encode(der, der_len, text);
    for (const char *line = text; *line && good; line += n) {
        n = strnlen(line, PEM_LINE);
        good = put(out, len, line, n) && put(out, len, "\n", 1);
    }
    return good && put(out, len, end, strlen(end));
}

int kds_chain_pem(enum tcb_model model, enum root_key ca, uint8_t pem[KDS_BODY_MAX], size_t *len)
{
    const enum root_key order[] = {ca, ROOT_ARK};
    uint8_t der[X509_MAX];
    size_t der_len;
    int err = 0;

    *len = 0;
    for (unsigned i = 0; i < 2 && !err; i++) {
        err = kds_root(model, order[i], der, &der_len);
        if (!err && !put_pem(der, der_len, pem, len))
            err = -ENOSPC;
    }
    return err;
}

/* --- the parameters -------------------------------------------------------------------------- */

/* 0 to 255 in decimal. */
static bool read_level(struct span text, uint8_t *level)
{
    unsigned value = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = 10 * value + (unsigned)(text.at[i] - '0');
        if (value > UINT8_MAX)
            return false;
    }
    *level = (uint8_t)value;
    return text.len > 0 && text.len <= LEVEL_TEXT;
}

/* The levels of the query; those that are not in it are 0. */
static bool read_tcb(struct span query, enum tcb_model model, struct tcb *tcb,
                     struct kds_reply *reply)
{
    const struct {
        const char *name;
        uint8_t *level;
    } names[] = {
        {"blSPL", &tcb->bootloader},   {"teeSPL", &tcb->tee}, {"snpSPL", &tcb->snp},
        {"ucodeSPL", &tcb->microcode}, {"fmcSPL", &tcb->fmc},
    };
    unsigned known = sizeof(names) / sizeof(names[0]) - (model == TCB_TURIN ? 0 : 1), seen = 0, i;

    while (query.len) {
        struct span value = take(&query, '&'), name = take(&value, '=');

        for (i = 0; i < known && !is(name, names[i].name); i++)
            ;
        if (i == known) {
            refuse(reply, 400, "the parameters of %s are blSPL, teeSPL, snpSPL and ucodeSPL%s",
                   tcb_model_name(model), model == TCB_TURIN ? ", and fmcSPL" : "");
            return false;
        }
        if (seen >> i & 1 || !read_level(value, names[i].level)) {
            refuse(reply, 400, "%s must be given once, from 0 to 255", names[i].name);
            return false;
        }
        seen |= 1u << i;
    }
    return true;
}

/* --- the answers ----------------------------------------------------------------------------- */

struct request {
    bool loaded; /* /vlek/, not /vcek/ */
    enum tcb_model model;
    struct span what, query;
};

static bool read_chip_id(struct span text, enum tcb_model model, uint8_t id[SNP_CHIP_ID_SIZE])
{
    char digits[HEX_TEXT_SIZE(SNP_CHIP_ID_SIZE)];

    memset(id, 0, SNP_CHIP_ID_SIZE);
    if (text.len >= sizeof(digits))
        return false;
    memcpy(digits, text.at, text.len);
    digits[text.len] = '\0';
    return hex_decode(digits, id, tcb_chip_id_size(model));
}

static void answer_vcek(const struct kds_service *service, const struct request *r,
                        struct kds_reply *reply)
{
    static const uint8_t masked[SNP_CHIP_ID_SIZE];
    uint8_t id[SNP_CHIP_ID_SIZE];
    struct tcb tcb = {0};

    if (!read_chip_id(r->what, r->model, id)) {
        refuse(reply, 400, "the id of a chip of this line has %zu hexadecimal digits",
               2 * tcb_chip_id_size(r->model));
        return;
    }
    if (memcmp(id, masked, sizeof(id)) == 0) {
        refuse(reply, 404, "no chip has the id 0: the host masks it (MASK_CHIP_ID)");
        return;
    }
    if (read_tcb(r->query, r->model, &tcb, reply))
        finish(reply, kds_vcek(r->model, &tcb, id, service->start, reply->body, &reply->len),
               "application/pkix-cert");
}

static void answer_vlek(const struct kds_service *service, const struct request *r,
                        struct kds_reply *reply)
{
    struct tcb tcb = {0};

    if (!service->csp_id)
        refuse(reply, 401, "this service has no cloud provider (--csp-id)");
    else if (read_tcb(r->query, r->model, &tcb, reply))
        finish(reply,
               kds_vlek(r->model, &tcb, service->csp_id, service->start, reply->body, &reply->len),
               "application/pkix-cert");
}

static void answer(const struct kds_service *service, const struct request *r,
                   struct kds_reply *reply)
{
    enum root_key ca = r->loaded ? ROOT_ASVK : ROOT_ASK;
    enum root_key revoked = service->revoked == ca ? ca : ROOT_ARK;

    if (is(r->what, "cert_chain"))
        finish(reply, kds_chain_pem(r->model, ca, reply->body, &reply->len),
               "application/x-pem-file");
    else if (is(r->what, "crl"))
        finish(reply, kds_crl(r->model, revoked, service->start, reply->body, &reply->len),
               "application/pkix-crl");
    else if (!r->loaded)
        answer_vcek(service, r, reply);
    else if (is(r->what, "cert"))
        answer_vlek(service, r, reply);
    else
        refuse(reply, 404, "there is cert_chain, crl and cert here");
}

static bool read_model(struct span text, enum tcb_model *model)
{
    for (unsigned i = 0; i < TCB_MODELS; i++) {
        *model = (enum tcb_model)i;
        if (is(text, tcb_model_name(*model)))
            return true;
    }
    return false;
}

void kds_request(const struct kds_service *service, const char *target, struct kds_reply *reply)
{
    struct span path = {target, strlen(target)}, root, kind, version;
    struct request r = {0};

    *reply = (struct kds_reply){0};
    r.query = path;
    path = take(&r.query, '?');
    root = take(&path, '/');
    kind = take(&path, '/');
    version = take(&path, '/');
    r.loaded = is(kind, "vlek");
    if (root.len || !is(version, "v1") || !(r.loaded || is(kind, "vcek"))) {
        refuse(reply, 404, "there is /vcek/v1/ and /vlek/v1/ here");
        return;
    }
    if (!read_model(take(&path, '/'), &r.model)) {
        refuse(reply, 404, "there is Milan, Genoa and Turin here");
        return;
    }
    r.what = path;
    answer(service, &r, reply);
}
