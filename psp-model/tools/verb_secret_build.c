/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner secret build: a packet for LAUNCH_SECRET, bound to one measurement.
 *
 * Source: `sevctl secret build` (virtee/sevctl), whose options and files these are;
 * protocol/packet.h.
 */
#include "owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/crypto.h"
#include "guid.h"
#include "input.h"
#include "protocol/measure.h"
#include "protocol/packet.h"

enum { TIK = 1, TEK, BLOB, SECRET, RAW, IV, OLD_API, SECRETS_MAX = 64 };

static const struct owner_option options[] = {
    {TIK, "tik", "FILE|BASE64", "transport integrity key"},
    {TEK, "tek", "FILE|BASE64", "transport encryption key"},
    {BLOB, "launch-measure-blob", "FILE|BASE64", "what LAUNCH_MEASURE gave"},
    {SECRET, "secret", "GUID:FILE", "an entry of the secret table; \"luks-key\" is a GUID, too"},
    {RAW, "raw", "FILE", "these bytes as they are, instead of a table"},
    {IV, "iv", "FILE|BASE64", "initial counter, 16 bytes (default: random)"},
    {OLD_API, "old-api", NULL,
     "for firmware before API 0.17: the packet is bound to no measurement"},
    {0, NULL, NULL, NULL},
};

struct request {
    const char *tik, *tek, *blob, *raw, *iv, *secrets[SECRETS_MAX];
    unsigned count;
    bool old_api;
};

static enum owner_exit add_secret(struct guid_table *table, const char *arg)
{
    char name[64];
    uint8_t guid[GUID_SIZE], *data = NULL;
    size_t len = 0;
    const char *colon = strchr(arg, ':');
    size_t name_len = colon ? (size_t)(colon - arg) : 0;
    if (!colon || name_len >= sizeof(name))
        return owner_fail(OWNER_USAGE, "--secret: \"%s\" is not GUID:FILE", arg);
    memcpy(name, arg, name_len);
    name[name_len] = '\0';
    if (!guid_parse(strcmp(name, "luks-key") == 0 ? GUID_LUKS_KEY : name, guid))
        return owner_fail(OWNER_USAGE, "--secret: \"%s\" is not a GUID", name);
    enum owner_exit code = input_file("--secret", colon + 1, &data, &len);
    if (!code && !guid_table_add(table, guid, data, len))
        code = owner_fail(OWNER_TROUBLE, "out of memory");
    if (data)
        crypto_wipe(data, len);
    free(data);
    return code;
}

/* The plaintext; the table's buffer carries raw bytes, too. */
static enum owner_exit load(const struct request *r, struct guid_table *plain)
{
    enum owner_exit code = OWNER_OK;
    if (!r->raw == !r->count)
        return owner_fail(OWNER_USAGE, "give --secret, once or more, or --raw");
    if (r->raw) {
        code = input_file("--raw", r->raw, &plain->data, &plain->len);
        if (!code && plain->len == 0)
            code = owner_fail(OWNER_INPUT, "--raw: %s is empty", r->raw);
        return code;
    }
    if (!guid_table_start(plain, GUID_SECRET_TABLE))
        return owner_fail(OWNER_TROUBLE, "out of memory");
    for (unsigned i = 0; i < r->count && !code; i++)
        code = add_secret(plain, r->secrets[i]);
    if (!code && !guid_table_finish(plain))
        code = owner_fail(OWNER_TROUBLE, "out of memory");
    return code;
}

static enum owner_exit seal(const struct request *r, struct guid_table *data,
                            uint8_t wire[PACKET_HEADER_SIZE])
{
    uint8_t tik[16], tek[16], blob[MEASURE_BLOB_SIZE];
    struct packet_header header = {.flags = 0};
    struct packet_keys keys = {tek, tik, PACKET_LAUNCH_SECRET, r->old_api ? NULL : blob};
    enum owner_exit code = input_exact("--tik", r->tik, tik, sizeof(tik));
    if (!code)
        code = input_exact("--tek", r->tek, tek, sizeof(tek));
    if (!code && !r->old_api)
        code = input_exact("--launch-measure-blob", r->blob, blob, sizeof(blob));
    if (!code)
        code = r->iv ? input_exact("--iv", r->iv, header.iv, sizeof(header.iv))
                     : input_random(header.iv, sizeof(header.iv));
    if (!code && packet_seal(&header, &keys, (uint32_t)data->len, data->data, (uint32_t)data->len))
        code = owner_fail(OWNER_TROUBLE, "the packet cannot be made");
    packet_header_write(&header, wire);
    crypto_wipe(tik, sizeof(tik));
    crypto_wipe(tek, sizeof(tek));
    return code;
}

static enum owner_exit build(const struct request *r, const char *header, const char *payload)
{
    struct guid_table data = {0};
    uint8_t wire[PACKET_HEADER_SIZE];
    if (!r->tik || !r->tek || (!r->blob && !r->old_api))
        return owner_fail(OWNER_USAGE, "--tik, --tek and --launch-measure-blob are needed");
    enum owner_exit code = load(r, &data);
    if (!code)
        code = seal(r, &data, wire);
    if (!code)
        code = output_file(header, wire, sizeof(wire), false);
    if (!code)
        code = output_file(payload, data.data, data.len, false);
    if (!code) {
        owner_say("header   %s\npayload  %s (%zu bytes)\n", header, payload, data.len);
        owner_answer("header", json_string(header));
        owner_answer("payload", json_string(payload));
        owner_answer("payload_len", json_integer((json_int_t)data.len));
    }
    guid_table_free(&data);
    return code;
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct request r = {0};
    const char *value;
    int id, first;
    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0) {
        const char **const places[] = {
            [TIK] = &r.tik, [TEK] = &r.tek, [BLOB] = &r.blob, [RAW] = &r.raw, [IV] = &r.iv};
        if (id == OLD_API)
            r.old_api = true;
        else if (id != SECRET)
            *places[id] = value;
        else if (r.count < SECRETS_MAX)
            r.secrets[r.count++] = value;
        else
            return owner_fail(OWNER_USAGE, "--secret: not more than %d times", SECRETS_MAX);
    }
    if (id < 0 || !owner_count(verb, argc, first, 2))
        return OWNER_USAGE;
    return build(&r, argv[first], argv[first + 1]);
}

const struct owner_verb verb_secret_build = {"secret build", "HEADER PAYLOAD",
                                             "Pack secrets for a measured guest", options, run};
