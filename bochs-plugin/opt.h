/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parameters of the `sev:` directive: one table with names, ranges, defaults and help, and the
 * checks of every value. Pure C, so that it is tested and fuzzed without Bochs; sev_options.cc
 * hands the strings over.
 *
 * Implements bochs-sev(5); names and defaults follow QEMU's sev-guest object (docs/system/i386/
 * amd-memory-encryption.rst) where that has the same thing.
 */
#ifndef SEV_OPT_H
#define SEV_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/cert.h"
#include "protocol/packet.h"
#include "protocol/session.h"

#ifdef __cplusplus
extern "C" {
#endif

enum opt_launch { OPT_LAUNCH_AUTO, OPT_LAUNCH_GUEST, OPT_LAUNCH_WAIT };
enum opt_encryption { OPT_ENCRYPTION_AES, OPT_ENCRYPTION_NONE };
enum opt_sanitize { OPT_SANITIZE_OFF, OPT_SANITIZE_REPORT, OPT_SANITIZE_BREAK };
enum opt_log { OPT_LOG_ERROR, OPT_LOG_INFO, OPT_LOG_DEBUG };

#define OPT_SECRET_MAX 16384 /* SEV_FW_BLOB_MAX_SIZE of Linux */

#define OPT_TEXT_MAX 512 /* Bochs keeps no longer parameters */

struct opt_key {
    bool set;
    uint8_t bytes[16];
};

struct opt_blob {
    size_t len;  /* 0 = not given */
    bool base64; /* the file was text */
    uint8_t bytes[OPT_SECRET_MAX];
};

struct opt_api {
    uint8_t major, minor;
};

/* All values of one `sev:` configuration, checked. */
struct opt {
    uint64_t enabled, cbitpos, reduced_phys_bits, policy, port, build, asids, kernel_hashes;
    uint64_t cpuid;      /* promises, as cpuid_promises() gives them */
    uint64_t launch;     /* enum opt_launch */
    uint64_t log;        /* enum opt_log */
    uint64_t encryption; /* enum opt_encryption */
    uint64_t sanitize;   /* enum opt_sanitize */
    uint64_t secret_gpa;
    bool secret_gpa_set;
    struct opt_key tik, tek, mnonce;
    struct opt_api api;
    struct opt_blob session, dh_cert, secret_header, secret_payload;
    /* Paths and the seed as given; "" = not given. `control` without its "unix:". */
    char state_dir[OPT_TEXT_MAX], seed[OPT_TEXT_MAX], control[OPT_TEXT_MAX], trace[OPT_TEXT_MAX],
        map[OPT_TEXT_MAX], map_changes[OPT_TEXT_MAX], sanitize_report[OPT_TEXT_MAX],
        kernel[OPT_TEXT_MAX], initrd[OPT_TEXT_MAX], append[OPT_TEXT_MAX], vars[OPT_TEXT_MAX];
};

/* One parameter, for help pages, menus and the saved configuration. */
struct opt_row;
unsigned opt_count(void);
const char *opt_name(unsigned index);
const char *opt_default(unsigned index);
const char *opt_allowed(unsigned index);
int opt_find(const char *name); /* index or -1 */

/* Every parameter at its default. The struct is large: allocate it. */
void opt_init(struct opt *opt);

/* Set one parameter from text. Returns true, or false with the reason in `error` (one sentence
 * naming parameter, value and what is allowed); `opt` is then unchanged. */
bool opt_set(struct opt *opt, const char *name, const char *value, char *error, size_t error_size);

/* What only shows when all parameters are known. Same contract. */
bool opt_check(const struct opt *opt, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif
#endif
