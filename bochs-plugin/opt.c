/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The checks of the parameters of the `sev:` line.
 */
#include "opt.h"

#include "cpuid.h"
#include "gdb/gdb_socket.h"
#include "protocol/b64.h"
#include "protocol/blob.h"
#include "protocol/cert_table.h"
#include "protocol/crypto.h"
#include "protocol/file.h"
#include "protocol/hex.h"
#include "protocol/tcb.h"
#include "protocol/vmsa.h"
#include "psp.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is wrong with a value: the text follows parameter and value in a message. `complete`: it says
 * what is needed; otherwise the allowed values are appended. */
struct opt_wrong {
    char text[FILE_WHY_SIZE];
    bool complete;
};

/* Check `value` for its row and write the member of struct opt. On an error return false, fill in
 * `wrong` and leave `opt` unchanged. */
typedef bool opt_parser(const struct opt_row *row, const char *value, struct opt *opt,
                        struct opt_wrong *wrong);

struct opt_row {
    const char *name;
    opt_parser *parse;
    size_t field, set;        /* offsets in struct opt; `set` of a bool, for opt_address */
    uint64_t min, max, align; /* of numbers; least and most bytes of blobs and text */
    const char *const *words; /* of opt_word, NULL terminated */
    const char *preset;       /* the default as text; "": it can be left out */
    const char *allowed;
};

static opt_parser opt_number, opt_word, opt_key_file, opt_key_hex, opt_version, opt_address,
    opt_blob, opt_text, opt_file, opt_picture, opt_socket, opt_gdb, opt_cpuid, opt_lies,
    opt_policies;

/* clang-format off */
#define FIELD(f) offsetof(struct opt, f)
#define TEXT(parser, name, allowed) {#name, parser, FIELD(name), 0, 0, OPT_TEXT_MAX - 1, 1, NULL, "", allowed},
#define OPT_NUMBER(name, preset, min, max, align, allowed) \
    {#name, opt_number, FIELD(name), 0, min, max, align, NULL, preset, allowed},
#define OPT_WORD(name, preset, allowed, ...) \
    {#name, opt_word, FIELD(name), 0, 0, 0, 1, (const char *const[]){__VA_ARGS__, NULL}, preset, allowed},
#define OPT_CPUID(name, allowed) {#name, opt_cpuid, FIELD(name), 0, 0, 0, 1, NULL, "", allowed},
#define OPT_LIES(name, allowed) {#name, opt_lies, FIELD(name), 0, 0, 0, 1, NULL, "", allowed},
#define OPT_POLICIES(name, allowed) {#name, opt_policies, FIELD(name), 0, 0, 0, 1, NULL, "", allowed},
#define OPT_VERSION(name, preset, allowed) {#name, opt_version, FIELD(name), 0, 0, 255, 1, NULL, preset, allowed},
#define OPT_ADDRESS(name, min, max, align, allowed) \
    {#name, opt_address, FIELD(name), FIELD(name##_set), min, max, align, NULL, "", allowed},
#define OPT_KEY_HEX(name, allowed) {#name, opt_key_hex, FIELD(name), 0, 0, 0, 1, NULL, "", allowed},
#define OPT_KEY_FILE(name, allowed) {#name, opt_key_file, FIELD(name), 0, 0, 0, 1, NULL, "", allowed},
#define OPT_BLOB(name, min, max, allowed) {#name, opt_blob, FIELD(name), 0, min, max, 1, NULL, "", allowed},
#define OPT_TEXT(name, allowed)    TEXT(opt_text, name, allowed)
#define OPT_FILE(name, allowed)    TEXT(opt_file, name, allowed)
#define OPT_PICTURE(name, allowed) TEXT(opt_picture, name, allowed)
#define OPT_SOCKET(name, allowed)  TEXT(opt_socket, name, allowed)
#define OPT_GDB(name, allowed)     TEXT(opt_gdb, name, allowed)
static const struct opt_row rows[] = {
#include "opt_table.h"
};
/* clang-format on */
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

static bool fail(struct opt_wrong *wrong, const char *text)
{
    snprintf(wrong->text, sizeof(wrong->text), "%s", text);
    return false;
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

static bool opt_number(const struct opt_row *row, const char *value, struct opt *opt,
                       struct opt_wrong *wrong)
{
    uint64_t number;

    if (!parse_u64(value, &number))
        return fail(wrong, "is not a number");
    if (number < row->min || number > row->max)
        return fail(wrong, "is out of range");
    if (number % row->align)
        return fail(wrong, "is not aligned");
    memcpy(opt_field(row, opt), &number, sizeof(number));
    return true;
}

static bool opt_word(const struct opt_row *row, const char *value, struct opt *opt,
                     struct opt_wrong *wrong)
{
    for (uint64_t i = 0; row->words[i]; i++)
        if (!strcmp(row->words[i], value)) {
            memcpy(opt_field(row, opt), &i, sizeof(i));
            return true;
        }
    return fail(wrong, "is not known");
}

static bool opt_cpuid(const struct opt_row *row, const char *value, struct opt *opt,
                      struct opt_wrong *wrong)
{
    uint32_t mask;
    uint64_t number;

    if (!cpuid_features(value, &mask))
        return fail(wrong, "is not known");
    number = mask;
    memcpy(opt_field(row, opt), &number, sizeof(number));
    return true;
}

static bool opt_lies(const struct opt_row *row, const char *value, struct opt *opt,
                     struct opt_wrong *wrong)
{
    struct hv_lies lies;

    if (!hv_lies_parse(value, &lies))
        return fail(wrong, "is no list of lies");
    memcpy(opt_field(row, opt), &lies, sizeof(lies));
    return true;
}

static bool opt_policies(const struct opt_row *row, const char *value, struct opt *opt,
                         struct opt_wrong *wrong)
{
    const char *why = hv_policies_parse(value, opt_field(row, opt));

    return !why || fail(wrong, why);
}

static bool opt_address(const struct opt_row *row, const char *value, struct opt *opt,
                        struct opt_wrong *wrong)
{
    const bool set = *value != 0;

    if (set && !opt_number(row, value, opt, wrong))
        return false;
    memcpy((char *)opt + row->set, &set, sizeof(set));
    return true;
}

static bool opt_version(const struct opt_row *row, const char *value, struct opt *opt,
                        struct opt_wrong *wrong)
{
    char major[8];
    const char *dot = strchr(value, '.');
    struct opt_api *api = opt_field(row, opt);
    uint64_t a, b;

    if (!dot || (size_t)(dot - value) >= sizeof(major))
        return fail(wrong, "is not a version");
    memcpy(major, value, (size_t)(dot - value));
    major[dot - value] = 0;
    if (!parse_u64(major, &a) || !parse_u64(dot + 1, &b) || a > row->max || b > row->max)
        return fail(wrong, "is not a version");
    *api = (struct opt_api){(uint8_t)a, (uint8_t)b};
    return true;
}

static bool opt_key_hex(const struct opt_row *row, const char *value, struct opt *opt,
                        struct opt_wrong *wrong)
{
    struct opt_key *key = opt_field(row, opt);
    struct opt_key got = {.set = *value != 0};

    if (*value && strlen(value) != 2 * sizeof(got.bytes))
        return fail(wrong, "has the wrong length");
    if (*value && !hex_decode(value, got.bytes, sizeof(got.bytes)))
        return fail(wrong, "is not hexadecimal");
    *key = got;
    return true;
}

static bool opt_key_file(const struct opt_row *row, const char *value, struct opt *opt,
                         struct opt_wrong *wrong)
{
    struct opt_key *key = opt_field(row, opt);
    const size_t max = 4096; /* of a small file of another size, the message says the size */
    uint8_t *data;
    size_t len;
    bool right;

    if (!*value) {
        key->set = false;
        return true;
    }
    if (file_read(value, max, &data, &len, wrong->text))
        return false;
    right = len == sizeof(key->bytes);
    if (right) {
        memcpy(key->bytes, data, sizeof(key->bytes));
        key->set = true;
    }
    crypto_wipe(data, len);
    free(data);
    if (right)
        return true;
    snprintf(wrong->text, sizeof(wrong->text), "has %zu bytes, %zu are needed", len,
             sizeof(key->bytes));
    wrong->complete = true;
    return false;
}

static bool wrong_length(const struct opt_row *row, size_t len, struct opt_wrong *wrong)
{
    wrong->complete = true;
    if (row->min == row->max)
        snprintf(wrong->text, sizeof(wrong->text),
                 "has %zu bytes, %" PRIu64 " are needed, raw or base64", len, row->max);
    else
        snprintf(wrong->text, sizeof(wrong->text),
                 "has %zu bytes, %" PRIu64 " to %" PRIu64 " are needed, raw or base64", len,
                 row->min, row->max);
    return false;
}

/* A file that is raw or base64, psp-model/protocol/blob.h. */
static bool opt_blob(const struct opt_row *row, const char *value, struct opt *opt,
                     struct opt_wrong *wrong)
{
    struct opt_blob *blob = opt_field(row, opt);
    struct opt_blob *got = calloc(1, sizeof(*got));
    uint8_t *data = NULL;
    size_t len = 0;
    bool right = false;

    if (!got)
        return fail(wrong, "cannot be read (out of memory)");
    if (!*value)
        right = true;
    else if (!file_read(value, B64_TEXT_SIZE(OPT_SECRET_MAX) + 1024, &data, &len, wrong->text))
        right = !blob_decode(data, len, row->min, row->max, got->bytes, &got->len, &got->base64) ||
                wrong_length(row, len, wrong);
    if (right)
        memcpy(blob, got, sizeof(*blob));
    free(data);
    free(got);
    return right;
}

static bool opt_text(const struct opt_row *row, const char *value, struct opt *opt,
                     struct opt_wrong *wrong)
{
    if (strlen(value) > row->max)
        return fail(wrong, "is too long");
    memcpy(opt_field(row, opt), value, strlen(value) + 1);
    return true;
}

static bool opt_file(const struct opt_row *row, const char *value, struct opt *opt,
                     struct opt_wrong *wrong)
{
    return (!*value || !file_check(value, wrong->text)) && opt_text(row, value, opt, wrong);
}

static bool opt_picture(const struct opt_row *row, const char *value, struct opt *opt,
                        struct opt_wrong *wrong)
{
    size_t len = strlen(value);

    if (len && (len < 5 || strcmp(value + len - 4, ".svg") != 0))
        return fail(wrong, "is not the name of a picture");
    return opt_text(row, value, opt, wrong);
}

static bool opt_socket(const struct opt_row *row, const char *value, struct opt *opt,
                       struct opt_wrong *wrong)
{
    static const char prefix[] = "unix:";

    if (!*value)
        return opt_text(row, value, opt, wrong);
    if (strncmp(value, prefix, strlen(prefix)) || !value[strlen(prefix)])
        return fail(wrong, "is not a socket address");
    return opt_text(row, value + strlen(prefix), opt, wrong);
}

static bool opt_gdb(const struct opt_row *row, const char *value, struct opt *opt,
                    struct opt_wrong *wrong)
{
    if (*value && !gdb_socket_address_ok(value))
        return fail(wrong, "is no address for gdb");
    return opt_text(row, value, opt, wrong);
}

void opt_init(struct opt *opt)
{
    struct opt_wrong wrong;

    memset(opt, 0, sizeof(*opt));
    for (unsigned i = 0; i < N_ROWS; i++)
        (void)!rows[i].parse(&rows[i], rows[i].preset, opt, &wrong); /* a test sets them all */
}

bool opt_set(struct opt *opt, const char *name, const char *value, char *error, size_t error_size)
{
    int i = opt_find(name);
    struct opt_wrong wrong = {.complete = false};

    if (i < 0) {
        int n = snprintf(error, error_size, "unknown parameter '%.64s'; allowed:", name);
        for (unsigned r = 0; r < N_ROWS && n > 0 && (size_t)n < error_size; r++)
            n += snprintf(error + n, error_size - (size_t)n, " %s", rows[r].name);
        return false;
    }
    /* What may be left out may also be given as nothing. */
    if (!*value && *rows[i].preset)
        fail(&wrong, "is empty");
    else if (rows[i].parse(&rows[i], value, opt, &wrong))
        return true;
    snprintf(error, error_size, "%s: '%.200s' %s%s%s", name, value, wrong.text,
             wrong.complete ? "" : "; allowed: ", wrong.complete ? "" : rows[i].allowed);
    return false;
}

static bool any_lie(const struct hv_lies *lies)
{
    for (unsigned kind = 0; kind < HV_LIES; kind++)
        if (lies->kinds[kind].when != HV_LIE_NEVER)
            return true;
    return false;
}

static bool any_policy(const struct hv_policies *policies)
{
    struct hv_policies none;

    hv_policies_init(&none);
    return memcmp(policies, &none, sizeof(none)) != 0;
}

bool opt_is_host(const struct opt *opt)
{
    return opt->enabled && opt->mode == OPT_MODE_HOST;
}

/* What a host cannot have, or NULL. */
static const char *host_wrong(const struct opt *opt)
{
    if (!opt_is_host(opt))
        return NULL;
    if (opt->snp || (opt->policy & SEV_POLICY_ES))
        return "mode=host has SEV only: leave snp out, and policy, which the software in the "
               "machine gives its guests";
    if (opt->launch != OPT_LAUNCH_AUTO || opt->session.len || opt->tik.set ||
        opt->secret_header.len || opt->kernel_hashes)
        return "mode=host launches nothing: leave out launch, session, dh_cert, tik, tek, "
               "secret_header, secret_payload and kernel_hashes";
    if (opt->sanitize != OPT_SANITIZE_OFF || *opt->map || *opt->map_changes)
        return "sanitize, map and map_changes observe the machine's own guest: mode=host has none";
    return NULL;
}

static bool any_snp_chip(const struct opt *opt)
{
    return opt->snp_chip || opt->snp_chip_id.len || opt->snp_tcb || opt->snp_committed_tcb ||
           opt->snp_reported_tcb || opt->snp_platform_info ||
           opt->snp_report != PSP_SNP_REPORT_VERSION || opt->snp_mask || opt->snp_vlek.len ||
           opt->snp_certs.len;
}

static bool chip_id_ok(const struct opt *opt)
{
    size_t len = opt->snp_chip_id.len;

    return !len || len == PSP_CHIP_ID_SIZE ||
           len == tcb_chip_id_size((enum tcb_model)opt->snp_chip);
}

static bool tcb_ok(const struct opt *opt, uint64_t packed)
{
    return tcb_valid((enum tcb_model)opt->snp_chip, packed);
}

/* 0 is not given, which fits any. */
static bool at_most(uint64_t low, uint64_t high)
{
    return !low || !high || tcb_packed_at_most(low, high);
}

static bool tcb_order_ok(const struct opt *opt)
{
    return at_most(opt->snp_committed_tcb, opt->snp_tcb) &&
           at_most(opt->snp_reported_tcb, opt->snp_committed_tcb) &&
           at_most(opt->snp_reported_tcb, opt->snp_tcb);
}

/* What no chip of SEV-SNP is, or NULL. */
static const char *snp_chip_wrong(const struct opt *opt)
{
    if (!opt->snp && any_snp_chip(opt))
        return "snp_chip, snp_chip_id, snp_tcb, snp_committed_tcb, snp_reported_tcb, "
               "snp_platform_info, snp_report, snp_mask, snp_vlek and snp_certs need snp=1";
    if (!chip_id_ok(opt))
        return "snp_chip_id must have 64 bytes, or 8 with snp_chip=turin";
    if (!tcb_ok(opt, opt->snp_tcb) || !tcb_ok(opt, opt->snp_committed_tcb) ||
        !tcb_ok(opt, opt->snp_reported_tcb))
        return "snp_tcb, snp_committed_tcb and snp_reported_tcb: a reserved byte of this snp_chip "
               "is not zero";
    if (!tcb_order_ok(opt))
        return "snp_tcb must be at least snp_committed_tcb, and that at least snp_reported_tcb, in "
               "each byte";
    if (opt->snp_platform_info & 0x40)
        return "snp_platform_info: bit 6 is reserved";
    if (opt->snp_certs.len && !cert_table_ok(opt->snp_certs.bytes, opt->snp_certs.len))
        return "snp_certs is not a table of certificates: an entry is malformed, or none ends it";
    return NULL;
}

bool opt_check(const struct opt *opt, char *error, size_t error_size)
{
    bool header = opt->secret_header.len, payload = opt->secret_payload.len;
    bool session = opt->session.len, guest = opt->launch == OPT_LAUNCH_GUEST;
    bool snp = opt->snp, id_auth = opt->id_auth.len, id_block = opt->id_block.len;
    const struct {
        bool wrong;
        const char *why;
    } checks[] = {
        {host_wrong(opt) != NULL, host_wrong(opt)},
        {snp_chip_wrong(opt) != NULL, snp_chip_wrong(opt)},
        {any_lie(&opt->lies) && !snp && !(opt->policy & SEV_POLICY_ES),
         "lies needs a policy with SEV-ES (bit 2) or snp=1: the hypervisor answers such a guest "
         "only"},
        {!snp && any_policy(&opt->host_policy), "host_policy needs snp=1"},
        {opt->lies_page_set && !(snp && any_lie(&opt->lies)), "lies_page needs snp=1 and lies"},
        {snp && guest,
         "snp needs a launch by the built-in hypervisor: launch=guest has no SEV-SNP"},
        {snp && (session || opt->tik.set),
         "session, tik and tek are for SEV and SEV-ES: with snp=1 the guest owner checks an "
         "attestation report"},
        {snp && header,
         "secret_header is for SEV and SEV-ES: a guest with SEV-SNP gets its secrets itself"},
        {snp && opt->encryption == OPT_ENCRYPTION_NONE, "snp needs encryption=aes"},
        {snp && opt->vmsa != VMSA_HOST_INIT2,
         "vmsa=es_init is for SEV-ES: with snp=1 leave vmsa out"},
        {snp && opt->ghcb_max < 2, "snp needs version 2 of the GHCB protocol: leave ghcb_max out"},
        {!(opt->sev_features & 1), "sev_features: bit 0 (SNP) must be set"},
        {!snp && (opt->host_data.len || id_block || id_auth || opt->author_key_enabled ||
                  opt->vcek_disabled || opt->guest_visible_workarounds.len),
         "host_data, id_block, id_auth, author_key_enabled, vcek_disabled and "
         "guest_visible_workarounds need snp=1"},
        {id_block != id_auth, "id_block and id_auth go together: give both or none"},
        {opt->author_key_enabled && !id_auth,
         "author_key_enabled needs id_auth, which has the author key"},
        {opt->tik.set != opt->tek.set, "tik and tek go together: give both or none"},
        {session != (opt->dh_cert.len != 0), "session and dh_cert go together: give both or none"},
        {session && opt->tik.set, "the session carries the keys: leave tik and tek out"},
        {session && guest,
         "session needs a launch by the built-in hypervisor: with launch=guest the "
         "guest brings its own"},
        {header != payload, "secret_header and secret_payload go together: give both or none"},
        {opt->secret_gpa_set && !header, "secret_gpa needs secret_header and secret_payload"},
        {header && !opt->tik.set && !session,
         "a secret packet is encrypted with the guest owner's keys: give tik and tek, or session"},
        {header && guest, "secret_header needs a launch by the built-in hypervisor: with "
                          "launch=guest the guest injects its secrets itself"},
        {opt->secret_payload.len % 16 != 0, "secret_payload must be a multiple of 16 bytes"},
        {opt->sanitize != OPT_SANITIZE_OFF && opt->encryption == OPT_ENCRYPTION_NONE,
         "sanitize needs encryption=aes: without it private and shared accesses see the same data"},
        {*opt->sanitize_report && opt->sanitize == OPT_SANITIZE_OFF,
         "sanitize_report needs sanitize=report or sanitize=break"},
        {!*opt->kernel && (*opt->initrd || *opt->append),
         "initrd and append need kernel, the Linux kernel that they are for"},
        {opt->kernel_hashes && !*opt->kernel,
         "kernel_hashes needs kernel, the Linux kernel that is measured"},
        {opt->kernel_hashes && !opt->enabled,
         "kernel_hashes needs enabled=1: without SEV nothing is measured"},
        {opt->kernel_hashes && guest,
         "kernel_hashes needs a launch by the built-in hypervisor: with launch=guest the guest "
         "measures what it wants itself"},
        {opt->launch == OPT_LAUNCH_WAIT && !*opt->control,
         "launch=wait needs control: the command to start the guest comes over that socket"},
        {opt->gdb_wait && !*opt->gdb,
         "gdb_wait needs gdb: the address at which the machine waits for gdb"},
    };

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (checks[i].wrong) {
            snprintf(error, error_size, "%s", checks[i].why);
            return false;
        }
    return true;
}
