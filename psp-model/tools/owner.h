/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner: what its verbs share. A verb is one file with one table of options and one function;
 * the table of verbs is in sevowner.c. sevowner(1) documents all of it.
 *
 * The names of verbs, options and files are those of virtee's sevctl where it has them.
 */
#ifndef OWNER_H
#define OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* The exit status, which scripts may rely on. */
enum owner_exit {
    OWNER_OK = 0,       /* done, or verified */
    OWNER_MISMATCH = 1, /* what was to be verified is not right */
    OWNER_USAGE = 2,    /* the command line is wrong */
    OWNER_INPUT = 3,    /* a file or value is missing, unreadable or malformed */
    OWNER_OUTPUT = 4,   /* a file cannot be written */
    OWNER_TROUBLE = 5,  /* out of memory, failure of the cryptographic library */
};

/* One option; `arg` names its value, NULL if it has none. A table ends with name NULL. Every verb
 * also has --help and --json. */
struct owner_option {
    int id; /* above 0 */
    const char *name, *arg, *help;
};

struct owner_verb {
    const char *name;    /* "session", "measurement build" */
    const char *args;    /* positional arguments, "" if none */
    const char *summary; /* one line */
    const struct owner_option *options;
    enum owner_exit (*run)(const struct owner_verb *verb, int argc, char **argv);
};

extern const struct owner_verb verb_session, verb_measurement_build, verb_measurement_verify,
    verb_secret_build, verb_cert_export, verb_cert_verify, verb_cert_show, verb_report_show,
    verb_report_verify, verb_vmsa_build, verb_vmsa_show, verb_vmsa_diff, verb_id_block_create,
    verb_id_block_show, verb_kds;

/* Return the id of the next option of the verb, with its value in *value; 0 when only positional
 * arguments are left, from argv[*first] on; -1 if the verb must not run: the line is wrong, which
 * was then reported, or --help was given. */
int owner_option(const struct owner_verb *verb, int argc, char **argv, const char **value,
                 int *first);
/* Check that there are exactly `count` positional arguments; report it otherwise. */
bool owner_count(const struct owner_verb *verb, int argc, int first, int count);

/* One sentence to stderr, kept for the JSON answer too; returns `code`. */
enum owner_exit owner_fail(enum owner_exit code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Text for people. With --json nothing is printed: standard output is one object. */
void owner_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Members for the JSON answer, which sevowner prints at the end with "ok", "exit" and "error".
 * Takes the reference; without --json it is only released. */
void owner_answer(const char *key, json_t *value);
void owner_answer_hex(const char *key, const void *data, size_t len);
void owner_answer_base64(const char *key, const void *data, size_t len);

/* Lower-case hex in a string that the next call overwrites; at most 64 bytes. */
const char *owner_hex64(const void *data, size_t len);

#endif
