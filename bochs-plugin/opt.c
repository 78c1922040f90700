/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parameters of the `sev:` directive and their checks.
 *
 * Implements bochs-sev(5).
 */
#include "opt.h"

#include "cpuid.h"
#include "protocol/b64.h"
#include "protocol/blob.h"
#include "protocol/crypto.h"
#include "protocol/file.h"
#include "protocol/hex.h"
#include "psp.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A parser checks `value` for its row and writes the field. NULL, or what is wrong with the value:
 * the text goes between the value and what is allowed. */
typedef const char *opt_parser(const struct opt_row *row, const char *value, struct opt *opt);

struct opt_row {
    const char *name;
    opt_parser *parse;
    size_t field;             /* offset in struct opt */
    uint64_t min, max, align; /* for numbers; blobs: min and max length */
    const char *const *words; /* for opt_word, NULL terminated */
    const char *preset;       /* default, as text; "" = not given */
    const char *allowed;
};

static opt_parser opt_number, opt_word, opt_key_file, opt_key_hex, opt_version, opt_address,
    opt_blob_file, opt_text, opt_file, opt_picture, opt_unix, opt_cpuid;

static const char *const launch_words[] = {"auto", "guest", "wait", NULL};
static const char *const encryption_words[] = {"aes", "none", NULL};
static const char *const sanitize_words[] = {"off", "report", "break", NULL};
static const char *const log_words[] = {"error", "info", "debug", NULL};

#define FIELD(f) offsetof(struct opt, f)
static const struct opt_row rows[] = {
    {"enabled", opt_number, FIELD(enabled), 0, 1, 1, NULL, "1", "0 or 1"},
    {"cbitpos", opt_number, FIELD(cbitpos), 32, 51, 1, NULL, "47", "a bit number from 32 to 51"},
    {"reduced_phys_bits", opt_number, FIELD(reduced_phys_bits), 0, 63, 1, NULL, "5",
     "a number from 0 to 63"},
    {"cpuid", opt_cpuid, FIELD(cpuid), 0, 0, 1, NULL, "",
     "erms, fsrm, btc_no, srso_no, sme_coherent or several"},
    {"policy", opt_number, FIELD(policy), 0, UINT32_MAX, 1, NULL, "0x1",
     "a 32-bit number, e.g. 0x1 (NODBG)"},
    {"tik", opt_key_file, FIELD(tik), 0, 0, 1, NULL, "", "a readable file of exactly 16 bytes"},
    {"tek", opt_key_file, FIELD(tek), 0, 0, 1, NULL, "", "a readable file of exactly 16 bytes"},
    {"session", opt_blob_file, FIELD(session), SESSION_SIZE, SESSION_SIZE, 1, NULL, "",
     "a file with a launch session: 128 bytes, raw or base64"},
    {"dh_cert", opt_blob_file, FIELD(dh_cert), CERT_SIZE, CERT_SIZE, 1, NULL, "",
     "a file with the owner's Diffie-Hellman certificate: 2084 bytes, raw or base64"},
    {"mnonce", opt_key_hex, FIELD(mnonce), 0, 0, 1, NULL, "", "32 hexadecimal digits"},
    {"encryption", opt_word, FIELD(encryption), 0, 0, 1, encryption_words, "aes", "aes or none"},
    {"port", opt_number, FIELD(port), 0x100, 0xfff0, 16, NULL, "0x5e0",
     "an I/O port from 0x100 to 0xfff0, a multiple of 16"},
    {"launch", opt_word, FIELD(launch), 0, 0, 1, launch_words, "auto", "auto, guest or wait"},
    {"secret_header", opt_blob_file, FIELD(secret_header), PACKET_HEADER_SIZE, PACKET_HEADER_SIZE,
     1, NULL, "", "a file with a packet header: 52 bytes, raw or base64"},
    {"secret_payload", opt_blob_file, FIELD(secret_payload), 1, OPT_SECRET_MAX, 1, NULL, "",
     "a file with the encrypted secret: 1 to 16384 bytes, raw or base64"},
    {"secret_gpa", opt_address, FIELD(secret_gpa), 0, (UINT64_C(1) << 40) - 1, 16, NULL, "",
     "a guest physical address below 2^40, a multiple of 16"},
    {"api", opt_version, FIELD(api), 0, 255, 1, NULL, "1.55", "major.minor, each from 0 to 255"},
    {"build", opt_number, FIELD(build), 0, 255, 1, NULL, "21", "a number from 0 to 255"},
    {"asids", opt_number, FIELD(asids), 1, PSP_ASIDS_MAX, 1, NULL, "15", "a number from 1 to 1023"},
    {"kernel", opt_file, FIELD(kernel), 0, OPT_TEXT_MAX - 1, 1, NULL, "",
     "a readable file, a Linux kernel (bzImage)"},
    {"initrd", opt_file, FIELD(initrd), 0, OPT_TEXT_MAX - 1, 1, NULL, "",
     "a readable file, the kernel's initial RAM disk"},
    {"append", opt_text, FIELD(append), 0, OPT_TEXT_MAX - 1, 1, NULL, "",
     "the kernel's command line, at most 511 characters"},
    {"vars", opt_file, FIELD(vars), 0, OPT_TEXT_MAX - 1, 1, NULL, "",
     "a readable file, OVMF's variables"},
    {"kernel_hashes", opt_number, FIELD(kernel_hashes), 0, 1, 1, NULL, "0", "0 or 1"},
    {"state_dir", opt_text, FIELD(state_dir), 0, OPT_TEXT_MAX - 1, 1, NULL, "",
     "a directory for the chip's keys"},
    {"seed", opt_text, FIELD(seed), 0, OPT_TEXT_MAX - 1, 1, NULL, "", "any text"},
    {"control", opt_unix, FIELD(control), 0, OPT_TEXT_MAX - 1, 1, NULL, "",
     "unix: and the path of the socket"},
    {"trace", opt_text, FIELD(trace), 0, OPT_TEXT_MAX - 1, 1, NULL, "", "a file to write"},
    {"map", opt_picture, FIELD(map), 0, OPT_TEXT_MAX - 1, 1, NULL, "",
     "a file to write whose name ends in .svg"},
    {"map_changes", opt_text, FIELD(map_changes), 0, OPT_TEXT_MAX - 1, 1, NULL, "",
     "a file to write"},
    {"sanitize", opt_word, FIELD(sanitize), 0, 0, 1, sanitize_words, "off", "off, report or break"},
    {"sanitize_report", opt_text, FIELD(sanitize_report), 0, OPT_TEXT_MAX - 1, 1, NULL, "",
     "a file to write"},
    {"log", opt_word, FIELD(log), 0, 0, 1, log_words, "info", "error, info or debug"},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

unsigned opt_count(void)
{
    return N_ROWS;
}

const char *opt_name(unsigned index)
{
    return rows[index].name;
}

const char *opt_default(unsigned index)
{
    return rows[index].preset;
}

const char *opt_allowed(unsigned index)
{
    return rows[index].allowed;
}

int opt_find(const char *name)
{
    for (unsigned i = 0; i < N_ROWS; i++)
        if (!strcmp(rows[i].name, name))
            return (int)i;
    return -1;
}

static void *opt_field(const struct opt_row *row, struct opt *opt)
{
    return (char *)opt + row->field;
}

/* Decimal, or hexadecimal with 0x; nothing before or after. */
static bool parse_u64(const char *text, uint64_t *number)
{
    char *end;

    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    *number =
        strtoull(text, &end, text[0] == '0' && tolower((unsigned char)text[1]) == 'x' ? 16 : 10);
    return !errno && !*end;
}

static const char *opt_number(const struct opt_row *row, const char *value, struct opt *opt)
{
    uint64_t number;

    if (!parse_u64(value, &number))
        return "is not a number";
    if (number < row->min || number > row->max)
        return "is out of range";
    if (number % row->align)
        return "is not aligned";
    memcpy(opt_field(row, opt), &number, sizeof(number));
    return NULL;
}

static const char *opt_word(const struct opt_row *row, const char *value, struct opt *opt)
{
    for (uint64_t i = 0; row->words[i]; i++)
        if (!strcmp(row->words[i], value)) {
            memcpy(opt_field(row, opt), &i, sizeof(i));
            return NULL;
        }
    return "is not known";
}

static const char *opt_cpuid(const struct opt_row *row, const char *value, struct opt *opt)
{
    uint32_t mask;
    uint64_t number;

    if (!cpuid_promises(value, &mask))
        return "is not known";
    number = mask;
    memcpy(opt_field(row, opt), &number, sizeof(number));
    return NULL;
}

static const char *opt_address(const struct opt_row *row, const char *value, struct opt *opt)
{
    const char *wrong;

    if (!*value) {
        opt->secret_gpa_set = false;
        return NULL;
    }
    wrong = opt_number(row, value, opt);
    if (!wrong)
        opt->secret_gpa_set = true;
    return wrong;
}

static const char *opt_version(const struct opt_row *row, const char *value, struct opt *opt)
{
    char major[8];
    const char *dot = strchr(value, '.');
    uint64_t a, b;

    if (!dot || (size_t)(dot - value) >= sizeof(major))
        return "is not a version";
    memcpy(major, value, (size_t)(dot - value));
    major[dot - value] = 0;
    if (!parse_u64(major, &a) || !parse_u64(dot + 1, &b) || a > row->max || b > row->max)
        return "is not a version";
    opt->api = (struct opt_api){(uint8_t)a, (uint8_t)b};
    return NULL;
}

static const char *opt_key_hex(const struct opt_row *row, const char *value, struct opt *opt)
{
    struct opt_key *key = opt_field(row, opt);
    struct opt_key got = {.set = *value != 0};

    if (*value && strlen(value) != 2 * sizeof(got.bytes))
        return "has the wrong length";
    if (*value && !hex_decode(value, got.bytes, sizeof(got.bytes)))
        return "is not hexadecimal";
    *key = got;
    return NULL;
}

static const char *opt_key_file(const struct opt_row *row, const char *value, struct opt *opt)
{
    static char why[FILE_WHY_SIZE];
    struct opt_key *key = opt_field(row, opt);
    const size_t max = 4096; /* to say of a small file of another size what it has */
    uint8_t *data;
    size_t len;
    bool right;

    if (!*value) {
        key->set = false;
        return NULL;
    }
    if (file_read(value, max, &data, &len, why))
        return why;
    right = len == sizeof(key->bytes);
    if (right) {
        memcpy(key->bytes, data, sizeof(key->bytes));
        key->set = true;
    }
    crypto_wipe(data, len);
    free(data);
    snprintf(why, sizeof(why), "has %zu bytes", len);
    return right ? NULL : why;
}

/* A file that is raw or base64, psp-model/protocol/blob.h. */
static const char *opt_blob_file(const struct opt_row *row, const char *value, struct opt *opt)
{
    static char why[FILE_WHY_SIZE];
    struct opt_blob *blob = opt_field(row, opt);
    struct opt_blob *got = calloc(1, sizeof(*got));
    uint8_t *data = NULL;
    const char *wrong = NULL;
    size_t len = 0;

    if (!got)
        return "cannot be read (out of memory)";
    if (*value && file_read(value, B64_TEXT_SIZE(OPT_SECRET_MAX) + 1024, &data, &len, why))
        wrong = why;
    else if (*value &&
             blob_decode(data, len, row->min, row->max, got->bytes, &got->len, &got->base64))
        wrong = "has the wrong length";
    else
        memcpy(blob, got, sizeof(*blob));
    free(data);
    free(got);
    return wrong;
}

static const char *opt_text(const struct opt_row *row, const char *value, struct opt *opt)
{
    if (strlen(value) > row->max)
        return "is too long";
    memcpy(opt_field(row, opt), value, strlen(value) + 1);
    return NULL;
}

static const char *opt_file(const struct opt_row *row, const char *value, struct opt *opt)
{
    static char why[FILE_WHY_SIZE];

    return *value && file_check(value, why) ? why : opt_text(row, value, opt);
}

static const char *opt_picture(const struct opt_row *row, const char *value, struct opt *opt)
{
    size_t len = strlen(value);

    if (len && (len < 5 || strcmp(value + len - 4, ".svg") != 0))
        return "is not the name of a picture";
    return opt_text(row, value, opt);
}

static const char *opt_unix(const struct opt_row *row, const char *value, struct opt *opt)
{
    static const char prefix[] = "unix:";

    if (!*value)
        return opt_text(row, value, opt);
    if (strncmp(value, prefix, strlen(prefix)) || !value[strlen(prefix)])
        return "is not a socket address";
    return opt_text(row, value + strlen(prefix), opt);
}

void opt_init(struct opt *opt)
{
    memset(opt, 0, sizeof(*opt));
    for (unsigned i = 0; i < N_ROWS; i++)
        rows[i].parse(&rows[i], rows[i].preset, opt);
}

bool opt_set(struct opt *opt, const char *name, const char *value, char *error, size_t error_size)
{
    int i = opt_find(name);
    const char *wrong;

    if (i < 0) {
        int n = snprintf(error, error_size, "unknown parameter '%.64s'; allowed:", name);
        for (unsigned r = 0; r < N_ROWS && n > 0 && (size_t)n < error_size; r++)
            n += snprintf(error + n, error_size - (size_t)n, " %s", rows[r].name);
        return false;
    }
    /* What may be left out may also be given as nothing. */
    wrong = !*value && *rows[i].preset ? "is empty" : rows[i].parse(&rows[i], value, opt);
    if (wrong)
        snprintf(error, error_size, "%s: '%.200s' %s; allowed: %s", name, value, wrong,
                 rows[i].allowed);
    return !wrong;
}

bool opt_check(const struct opt *opt, char *error, size_t error_size)
{
    bool header = opt->secret_header.len, payload = opt->secret_payload.len;
    bool session = opt->session.len, guest = opt->launch == OPT_LAUNCH_GUEST;
    const struct {
        bool wrong;
        const char *why;
    } checks[] = {
        {opt->policy & SEV_POLICY_ES && !guest,
         "policy: bit 2 asks for SEV-ES, which this machine's processor does not have"},
        {opt->tik.set != opt->tek.set, "tik and tek go together: give both or none"},
        {session != (opt->dh_cert.len != 0), "session and dh_cert go together: give both or none"},
        {session && opt->tik.set, "the session carries the keys: leave tik and tek out"},
        {session && guest,
         "session needs a launch by the hypervisor: with launch=guest the machine "
         "brings its own"},
        {header != payload, "secret_header and secret_payload go together: give both or none"},
        {opt->secret_gpa_set && !header, "secret_gpa needs secret_header and secret_payload"},
        {header && !opt->tik.set && !session,
         "a secret packet is sealed with the owner's keys: give tik and tek, or session"},
        {header && guest, "secret_header needs a launch by the hypervisor: with launch=guest the "
                          "machine injects its secrets itself"},
        {opt->secret_payload.len % 16 != 0, "secret_payload must be a multiple of 16 bytes"},
        {opt->sanitize != OPT_SANITIZE_OFF && opt->encryption == OPT_ENCRYPTION_NONE,
         "sanitize needs encryption=aes: without it both views show the same"},
        {*opt->sanitize_report && opt->sanitize == OPT_SANITIZE_OFF,
         "sanitize_report needs sanitize=report or sanitize=break"},
        {!*opt->kernel && (*opt->initrd || *opt->append),
         "initrd and append need kernel, the Linux kernel that they are for"},
        {opt->kernel_hashes && !*opt->kernel,
         "kernel_hashes needs kernel, the Linux kernel that is measured"},
        {opt->kernel_hashes && !opt->enabled,
         "kernel_hashes needs enabled=1: without SEV nothing is measured"},
        {opt->kernel_hashes && guest,
         "kernel_hashes needs a launch by the hypervisor: with launch=guest the machine measures "
         "what it wants itself"},
        {opt->launch == OPT_LAUNCH_WAIT && !*opt->control,
         "launch=wait needs control, over which the machine is told to go on"},
    };

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (checks[i].wrong) {
            snprintf(error, error_size, "%s", checks[i].why);
            return false;
        }
    return true;
}
