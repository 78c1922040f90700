/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control protocol: one table of commands makes responses of requests.
 *
 * QEMU docs/interop/qmp-spec.rst and, for the commands in the table, qapi/misc-i386.json,
 * run-state.json, control.json, introspect.json and misc.json; target/i386/sev.c (texts of errors).
 */
#include "qmp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/b64.h"
#include "opt.h"
#include "protocol/packet.h"
#include "qmp_schema.h"

/* The result of a command: a value to return, or an error class with a message. */
struct result {
    json_t *value;
    const char *error_class;
    char error[256];
};

static const char generic_error[] = "GenericError", not_found[] = "CommandNotFound";

typedef void qmp_handler(struct qmp *qmp, const json_t *args, struct result *result);

struct argument {
    const char *name;
    json_type type;
    bool optional;
};

struct command {
    const char *name;
    qmp_handler *handler;
    struct argument args[4]; /* ends with a NULL name */
};

static qmp_handler cmd_capabilities, cmd_version, cmd_commands, cmd_status, cmd_cont, cmd_stop,
    cmd_quit, cmd_reset, cmd_save, cmd_sev, cmd_sev_capabilities, cmd_measure, cmd_inject,
    cmd_attest, cmd_schema;

static const struct command commands[] = {
    {"qmp_capabilities", cmd_capabilities, {{"enable", JSON_ARRAY, true}}},
    {"query-version", cmd_version, {{0}}},
    {"query-commands", cmd_commands, {{0}}},
    {"query-qmp-schema", cmd_schema, {{0}}},
    {"query-status", cmd_status, {{0}}},
    {"cont", cmd_cont, {{0}}},
    {"stop", cmd_stop, {{0}}},
    {"quit", cmd_quit, {{0}}},
    {"system_reset", cmd_reset, {{0}}},
    {"x-bochs-save", cmd_save, {{"path", JSON_STRING, false}}},
    {"query-sev", cmd_sev, {{0}}},
    {"query-sev-capabilities", cmd_sev_capabilities, {{0}}},
    {"query-sev-launch-measure", cmd_measure, {{0}}},
    {"sev-inject-launch-secret",
     cmd_inject,
     {{"packet-header", JSON_STRING, false},
      {"secret", JSON_STRING, false},
      {"gpa", JSON_INTEGER, true}}},
    {"query-sev-attestation-report", cmd_attest, {{"mnonce", JSON_STRING, false}}},
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void fail(struct result *result, const char *error_class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(struct result *result, const char *error_class, const char *format, ...)
{
    va_list ap;

    result->error_class = error_class;
    va_start(ap, format);
    vsnprintf(result->error, sizeof(result->error), format, ap);
    va_end(ap);
}

/* --- commands --- */

static json_t *version(void)
{
    /* The version of the protocol's data types that is spoken, in QEMU's numbering: SevInfo has
     * sev-type since 9.1, and StatusInfo has no singlestep any more. */
    return json_pack("{s:{s:i, s:i, s:i}, s:s}", "qemu", "major", 10, "minor", 0, "micro", 0,
                     "package", "SEV on Bochs");
}

/* There is no capability. The only one that QEMU has is "oob". */
static void cmd_capabilities(struct qmp *qmp, const json_t *args, struct result *result)
{
    const json_t *enable = json_object_get(args, "enable");
    const char *name;

    for (size_t i = 0; i < json_array_size(enable) && !result->error_class; i++) {
        name = json_string_value(json_array_get(enable, i));
        if (!name)
            fail(result, generic_error,
                 "Invalid parameter type for 'enable[%zu]', expected: string", i);
        else if (strcmp(name, "oob"))
            fail(result, generic_error, "Parameter 'null' does not accept value '%.64s'", name);
        else
            fail(result, generic_error, "Capability oob not available");
    }
    if (!result->error_class)
        qmp->negotiated = true;
}

static void cmd_version(struct qmp *qmp, const json_t *args, struct result *result)
{
    (void)qmp, (void)args;
    result->value = version();
}

static void cmd_commands(struct qmp *qmp, const json_t *args, struct result *result)
{
    (void)qmp, (void)args;
    result->value = json_array();
    for (size_t i = 0; i < N_COMMANDS; i++)
        json_array_append_new(result->value, json_pack("{s:s}", "name", commands[i].name));
}

static void cmd_schema(struct qmp *qmp, const json_t *args, struct result *result)
{
    (void)qmp, (void)args;
    result->value = qmp_schema();
}

static void cmd_status(struct qmp *qmp, const json_t *args, struct result *result)
{
    bool running = qmp->ops->running(qmp->ctx);

    (void)args;
    result->value = json_pack("{s:b, s:s}", "running", running, "status",
                              running                         ? "running"
                              : qmp->ops->prelaunch(qmp->ctx) ? "prelaunch"
                                                              : "paused");
}

/* Execute a command without arguments and without a value. */
static void plain(struct qmp *qmp, bool (*op)(void *, char *, size_t), struct result *result)
{
    if (!op(qmp->ctx, result->error, sizeof(result->error)))
        result->error_class = generic_error;
}

static void cmd_cont(struct qmp *qmp, const json_t *args, struct result *result)
{
    (void)args;
    plain(qmp, qmp->ops->cont, result);
}

static void cmd_stop(struct qmp *qmp, const json_t *args, struct result *result)
{
    (void)args;
    plain(qmp, qmp->ops->stop, result);
}

static void cmd_quit(struct qmp *qmp, const json_t *args, struct result *result)
{
    (void)args;
    plain(qmp, qmp->ops->quit, result);
}

static void cmd_reset(struct qmp *qmp, const json_t *args, struct result *result)
{
    (void)args;
    plain(qmp, qmp->ops->reset, result);
}

/* This command is not one of QEMU. Bochs saves to a directory. */
static void cmd_save(struct qmp *qmp, const json_t *args, struct result *result)
{
    const char *path = json_string_value(json_object_get(args, "path"));

    if (!qmp->ops->save(qmp->ctx, path, result->error, sizeof(result->error)))
        result->error_class = generic_error;
}

static void cmd_sev(struct qmp *qmp, const json_t *args, struct result *result)
{
    struct qmp_sev sev = {0};

    (void)args;
    qmp->ops->sev(qmp->ctx, &sev);
    result->value = json_pack(
        "{s:b, s:i, s:i, s:i, s:s, s:s, s:I}", "enabled", sev.enabled, "api-major", sev.api_major,
        "api-minor", sev.api_minor, "build-id", sev.build, "state", sev.state, "sev-type",
        sev.snp ? "sev-snp" : "sev", sev.snp ? "snp-policy" : "policy", (json_int_t)sev.policy);
    if (result->value && !sev.snp)
        json_object_set_new(result->value, "handle", json_integer(sev.handle));
}

static json_t *base64(const struct qmp_blob *blob)
{
    char text[B64_TEXT_SIZE(sizeof(blob->data))];

    b64_encode(blob->data, blob->len, text);
    return json_string(text);
}

static void cmd_sev_capabilities(struct qmp *qmp, const json_t *args, struct result *result)
{
    struct qmp_blob *blobs = calloc(3, sizeof(*blobs));
    unsigned cbitpos, reduced;

    (void)args;
    if (!blobs)
        fail(result, generic_error, "out of memory");
    else if (!qmp->ops->capabilities(qmp->ctx, &blobs[0], &blobs[1], &blobs[2], &cbitpos, &reduced,
                                     result->error, sizeof(result->error)))
        result->error_class = generic_error;
    else
        result->value = json_pack("{s:o, s:o, s:o, s:i, s:i}", "pdh", base64(&blobs[0]),
                                  "cert-chain", base64(&blobs[1]), "cpu0-id", base64(&blobs[2]),
                                  "cbitpos", (int)cbitpos, "reduced-phys-bits", (int)reduced);
    free(blobs);
}

static void cmd_measure(struct qmp *qmp, const json_t *args, struct result *result)
{
    struct qmp_blob blob;

    (void)args;
    if (qmp->ops->measure(qmp->ctx, &blob, result->error, sizeof(result->error)))
        result->value = json_pack("{s:o}", "data", base64(&blob));
    else
        result->error_class = generic_error;
}

/* Decode the base64 argument `name` of at most `cap` bytes. Return its length, -1 if it is none. */
static long decode(const json_t *args, const char *name, void *data, size_t cap)
{
    const json_t *text = json_object_get(args, name);

    return b64_decode(json_string_value(text), json_string_length(text), data, cap);
}

static void inject(struct qmp *qmp, const json_t *args, void *secret, struct result *result)
{
    const json_t *gpa = json_object_get(args, "gpa");
    const uint64_t address = (uint64_t)json_integer_value(gpa);
    struct qmp_blob header;
    const long header_len = decode(args, "packet-header", header.data, sizeof(header.data));
    const long len = decode(args, "secret", secret, OPT_SECRET_MAX);

    header.len = PACKET_HEADER_SIZE;
    if (header_len <= 0)
        fail(result, generic_error, "SEV: Failed to decode sequence header");
    else if (header_len != PACKET_HEADER_SIZE)
        fail(result, generic_error, "SEV: 'packet-header' is not base64 of %d bytes",
             PACKET_HEADER_SIZE);
    else if (len <= 0)
        fail(result, generic_error, "SEV: Failed to decode data (1 to %d bytes)", OPT_SECRET_MAX);
    else if (!qmp->ops->inject(qmp->ctx, &header, secret, (size_t)len, gpa ? &address : NULL,
                               result->error, sizeof(result->error)))
        result->error_class = generic_error;
}

static void cmd_inject(struct qmp *qmp, const json_t *args, struct result *result)
{
    uint8_t *secret = malloc(OPT_SECRET_MAX);

    if (secret)
        inject(qmp, args, secret, result);
    else
        fail(result, generic_error, "out of memory");
    free(secret);
}

static void cmd_attest(struct qmp *qmp, const json_t *args, struct result *result)
{
    struct qmp_blob report;
    uint8_t mnonce[256];
    const long len = decode(args, "mnonce", mnonce, sizeof(mnonce));

    if (len < 0)
        fail(result, generic_error, "SEV: failed to decode mnonce input");
    else if (len != 16)
        fail(result, generic_error, "SEV: mnonce must be 16 bytes (got %ld)", len);
    else if (qmp->ops->attest(qmp->ctx, mnonce, &report, result->error, sizeof(result->error)))
        result->value = json_pack("{s:o}", "data", base64(&report));
    else
        result->error_class = generic_error;
}

/* --- requests --- */

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

/* Check that the arguments are those of the command and have the right types. */
static bool check_arguments(const struct command *command, const json_t *args,
                            struct result *result)
{
    const struct argument *arg;
    const char *key;
    json_t *value;

    for (arg = command->args; arg->name; arg++) {
        value = json_object_get(args, arg->name);
        if (!value && !arg->optional) {
            fail(result, generic_error, "Parameter '%s' is missing", arg->name);
            return false;
        }
        if (value && json_typeof(value) != arg->type) {
            if (arg->type == JSON_INTEGER) /* the only integer is unsigned, of 64 bits */
                fail(result, generic_error, "Parameter '%s' expects uint64", arg->name);
            else
                fail(result, generic_error, "Invalid parameter type for '%s', expected: %s",
                     arg->name, arg->type == JSON_STRING ? "string" : "array");
            return false;
        }
    }
    json_object_foreach((json_t *)args, key, value)
    {
        for (arg = command->args; arg->name && strcmp(arg->name, key);)
            arg++;
        if (!arg->name) {
            fail(result, generic_error, "Parameter '%.64s' is unexpected", key);
            return false;
        }
    }
    return true;
}

/* Check that the request has the members of a request and no others. */
static bool check_members(const json_t *request, struct result *result)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)request, key, value)
    {
        if (!strcmp(key, "execute") ? !json_is_string(value)
                                    : !strcmp(key, "arguments") && !json_is_object(value)) {
            fail(result, generic_error, "QMP input member '%s' must be %s", key,
                 *key == 'e' ? "a string" : "an object");
            return false;
        }
        if (strcmp(key, "execute") && strcmp(key, "arguments") && strcmp(key, "id")) {
            fail(result, generic_error, "QMP input member '%.64s' is unexpected", key);
            return false;
        }
    }
    if (!json_object_get(request, "execute"))
        fail(result, generic_error, "QMP input lacks member 'execute'");
    return !result->error_class;
}

static void execute(struct qmp *qmp, const json_t *request, struct result *result)
{
    const json_t *args = json_object_get(request, "arguments");
    const struct command *command;
    const char *name;

    if (!json_is_object(request)) {
        fail(result, generic_error, "QMP input must be a JSON object");
        return;
    }
    if (!check_members(request, result))
        return;
    name = json_string_value(json_object_get(request, "execute"));
    command = find_command(name);
    if (!qmp->negotiated && (!command || command->handler != cmd_capabilities))
        fail(result, not_found, "Expecting capabilities negotiation with 'qmp_capabilities'");
    else if (!command)
        fail(result, not_found, "The command %.64s has not been found", name);
    else if (qmp->negotiated && command->handler == cmd_capabilities)
        fail(result, not_found, "Capabilities negotiation is already complete, command ignored");
    else if (check_arguments(command, args, result))
        command->handler(qmp, args, result);
}

static json_t *response(struct result *result, const json_t *id)
{
    json_t *r;

    if (result->error_class)
        r = json_pack("{s:{s:s, s:s}}", "error", "class", result->error_class, "desc",
                      result->error);
    else
        r = json_pack("{s:o}", "return", result->value ? result->value : json_object());
    if (r && id)
        json_object_set(r, "id", (json_t *)id);
    return r;
}

json_t *qmp_execute(struct qmp *qmp, const json_t *request)
{
    struct result result = {0};

    execute(qmp, request, &result);
    return response(&result, json_object_get(request, "id"));
}

json_t *qmp_error(const char *why)
{
    struct result result = {0};

    fail(&result, generic_error, "%s", why);
    return response(&result, NULL);
}

json_t *qmp_greeting(void)
{
    return json_pack("{s:{s:o, s:[]}}", "QMP", "version", version(), "capabilities");
}

json_t *qmp_event(const char *name, json_t *data)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return json_pack("{s:{s:I, s:I}, s:s, s:o*}", "timestamp", "seconds", (json_int_t)now.tv_sec,
                     "microseconds", (json_int_t)now.tv_nsec / 1000, "event", name, "data", data);
}
