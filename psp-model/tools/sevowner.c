/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner: the tool of a guest owner. It makes a session, predicts and verifies the measurement,
 * builds secret packets and VMSAs, reads certificates and attestation reports. See sevowner(1).
 *
 * This file: the table of verbs, help, and the JSON answer.
 */
#define _DEFAULT_SOURCE /* open_memstream() */

#include "owner.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/b64.h"
#include "protocol/crypto.h"
#include "protocol/hex.h"

static const struct owner_verb *const verbs[] = {
    &verb_session,         &verb_measurement_build, &verb_measurement_verify,
    &verb_secret_build,    &verb_cert_export,       &verb_cert_verify,
    &verb_cert_show,       &verb_report_show,       &verb_report_verify,
    &verb_vmsa_build,      &verb_vmsa_show,         &verb_vmsa_diff,
    &verb_id_block_create, &verb_id_block_show,     &verb_kds,
};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]), OPTIONS_MAX = 40 };
enum { OPTION_HELP = 0x1000, OPTION_JSON };

static bool json_mode;
static json_t *answer;
static char error_text[512];
static bool help_given;

enum owner_exit owner_fail(enum owner_exit code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error_text, sizeof(error_text), format, args);
    va_end(args);
    fprintf(stderr, "sevowner: %s\n", error_text);
    return code;
}

void owner_say(const char *format, ...)
{
    va_list args;
    if (json_mode)
        return;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

void owner_answer(const char *key, json_t *value)
{
    json_object_set_new(answer, key, value);
}

const char *owner_hex64(const void *data, size_t len)
{
    static char text[HEX_TEXT_SIZE(64)];

    hex_encode(data, len < 64 ? len : 64, text);
    return text;
}

void owner_answer_hex(const char *key, const void *data, size_t len)
{
    owner_answer(key, json_string(owner_hex64(data, len)));
}

void owner_answer_base64(const char *key, const void *data, size_t len)
{
    char *text = malloc(B64_TEXT_SIZE(len));
    if (!text)
        return;
    b64_encode(data, len, text);
    owner_answer(key, json_string(text));
    free(text);
}

/* --- the command line ------------------------------------------------------------------------ */

static void write_usage(FILE *to)
{
    fprintf(to, "usage: sevowner VERB [OPTION]... [ARGUMENT]...\n\n");
    for (unsigned i = 0; i < VERBS; i++)
        fprintf(to, "  %-20s %s\n", verbs[i]->name, verbs[i]->summary);
    fprintf(to, "\n\"sevowner VERB --help\" lists its options; sevowner(1) explains them.\n");
}

static void write_help(const struct owner_verb *verb, FILE *to)
{
    fprintf(to, "usage: sevowner %s [OPTION]... %s\n%s.\n\n", verb->name, verb->args,
            verb->summary);
    for (const struct owner_option *o = verb->options; o->name; o++) {
        char left[64];

        snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
        fprintf(to, "  %-34s %s\n", left, o->help);
    }
    fprintf(to, "  %-34s %s\n  %-34s %s\n", "--json", "one JSON object on standard output",
            "--help", "this text");
}

/* Print the help of the verb, or the usage if it is NULL; with --json it is a member of the answer. */
static enum owner_exit give_help(const struct owner_verb *verb)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);

    if (to && verb)
        write_help(verb, to);
    else if (to)
        write_usage(to);
    if (!to || fclose(to)) {
        free(text);
        return owner_fail(OWNER_TROUBLE, "out of memory");
    }
    owner_say("%s", text);
    owner_answer("help", json_string(text));
    free(text);
    return OWNER_OK;
}

int owner_option(const struct owner_verb *verb, int argc, char **argv, const char **value,
                 int *first)
{
    struct option long_options[OPTIONS_MAX] = {{0}};
    unsigned n = 0;
    for (; verb->options[n].name && n < OPTIONS_MAX - 3; n++)
        long_options[n] = (struct option){verb->options[n].name,
                                          verb->options[n].arg ? required_argument : no_argument,
                                          NULL, verb->options[n].id};
    long_options[n++] = (struct option){"json", no_argument, NULL, OPTION_JSON};
    long_options[n] = (struct option){"help", no_argument, NULL, OPTION_HELP};

    for (;;) {
        int at = optind;
        opterr = 0;
        int id = getopt_long(argc, argv, ":", long_options, NULL);
        *value = optarg;
        *first = optind;
        switch (id) {
        case OPTION_JSON:
            json_mode = true;
            continue;
        case OPTION_HELP:
            help_given = true;
            continue;
        case -1:
            return help_given ? -1 : 0;
        case ':':
            owner_fail(OWNER_USAGE, "%s: %s needs a value", verb->name, argv[at]);
            return -1;
        case '?':
            owner_fail(OWNER_USAGE, "%s: no such option: %s (try --help)", verb->name, argv[at]);
            return -1;
        default:
            return id;
        }
    }
}

bool owner_count(const struct owner_verb *verb, int argc, int first, int count)
{
    if (argc - first == count)
        return true;
    owner_fail(OWNER_USAGE, "usage: sevowner %s [OPTION]... %s", verb->name, verb->args);
    return false;
}

/* The verb that the line starts with, and how many words name it. */
static const struct owner_verb *find_verb(int argc, char **argv, int *words)
{
    for (unsigned i = 0; i < VERBS; i++) {
        const char *space = strchr(verbs[i]->name, ' ');
        size_t len = space ? (size_t)(space - verbs[i]->name) : strlen(verbs[i]->name);
        if (argc < (space ? 2 : 1) || strlen(argv[0]) != len ||
            strncmp(argv[0], verbs[i]->name, len) != 0)
            continue;
        *words = space ? 2 : 1;
        if (!space || strcmp(argv[1], space + 1) == 0)
            return verbs[i];
    }
    return NULL;
}

static enum owner_exit run(int argc, char **argv)
{
    const struct owner_verb *verb;
    enum owner_exit code;
    int words = 0;

    if (argc > 1 && strcmp(argv[1], "--json") == 0) {
        json_mode = true;
        argc--;
        argv++;
    }
    if (argc < 2) {
        if (!json_mode)
            write_usage(stderr);
        return json_mode ? owner_fail(OWNER_USAGE, "no verb is given (try --help)") : OWNER_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return give_help(NULL);
    if (strcmp(argv[1], "--version") == 0) {
        owner_say("sevowner " OWNER_VERSION "\n");
        owner_answer("version", json_string(OWNER_VERSION));
        return OWNER_OK;
    }
    verb = find_verb(argc - 1, argv + 1, &words);
    if (!verb)
        return owner_fail(OWNER_USAGE, "no such verb: %s%s%s (try --help)", argv[1],
                          argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
    if (crypto_init())
        return owner_fail(OWNER_TROUBLE, "the cryptographic library does not start");
    code = verb->run(verb, argc - words, argv + words);
    return help_given ? give_help(verb) : code;
}

/* The error as JSON. A file's name in it need not be UTF-8, which JSON must be. */
static json_t *error_string(void)
{
    json_t *string = json_string(error_text);

    for (char *c = error_text; !string && *c; c++) {
        if (*c & 0x80)
            *c = '?';
    }
    return string ? string : json_string(error_text);
}

static void print_answer(enum owner_exit code)
{
    owner_answer("ok", json_boolean(code == OWNER_OK));
    owner_answer("exit", json_integer(code));
    if (error_text[0])
        owner_answer("error", error_string());
    if (json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_SORT_KEYS) == 0)
        putchar('\n');
}

int main(int argc, char **argv)
{
    enum owner_exit code;

    answer = json_object();
    if (!answer)
        return (int)owner_fail(OWNER_TROUBLE, "out of memory");
    code = run(argc, argv);
    if (json_mode)
        print_answer(code);
    json_decref(answer);
    if (fflush(stdout) != 0 && code == OWNER_OK)
        code = owner_fail(OWNER_OUTPUT, "standard output cannot be written");
    return (int)code;
}
