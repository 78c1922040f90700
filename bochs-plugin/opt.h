/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The values of the `sev:` line and their checks, over the table of parameters in opt_table.h. Pure
 * C, so that it is tested and fuzzed without Bochs; sev_options.cc passes the strings on.
 *
 * bochs-sev(5) describes the parameters. Names and defaults follow QEMU's sev-guest object
 * (docs/system/i386/amd-memory-encryption.rst) where that has the same parameter.
 */
#ifndef SEV_OPT_H
#define SEV_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hypervisor/hv_lies.h"
#include "hypervisor/hv_policy.h"
#include "protocol/cert.h"
#include "protocol/id_block.h"
#include "protocol/packet.h"
#include "protocol/session.h"
#include "protocol/snp_key.h"

#ifdef __cplusplus
extern "C" {
#endif

enum opt_mode { OPT_MODE_GUEST, OPT_MODE_HOST };
enum opt_launch { OPT_LAUNCH_AUTO, OPT_LAUNCH_GUEST, OPT_LAUNCH_WAIT };
enum opt_encryption { OPT_ENCRYPTION_AES, OPT_ENCRYPTION_NONE };
enum opt_sanitize { OPT_SANITIZE_OFF, OPT_SANITIZE_REPORT, OPT_SANITIZE_BREAK };
enum opt_reboot { OPT_REBOOT_RESTART, OPT_REBOOT_END };
enum opt_vc { OPT_VC_STOP, OPT_VC_FAULT };
enum opt_snp_mask { OPT_SNP_MASK_NONE, OPT_SNP_MASK_ID, OPT_SNP_MASK_KEY, OPT_SNP_MASK_BOTH };
enum opt_log { OPT_LOG_ERROR, OPT_LOG_INFO, OPT_LOG_DEBUG };

#define OPT_SECRET_MAX 16384 /* SEV_FW_BLOB_MAX_SIZE of Linux */

#define OPT_TEXT_MAX 512 /* Bochs keeps no longer parameters */

struct opt_key {
    bool set;
    uint8_t bytes[16];
};

struct opt_blob {
    size_t len;  /* 0 = not given */
    bool base64; /* the file was base64 text */
    uint8_t bytes[OPT_SECRET_MAX];
};

struct opt_api {
    uint8_t major, minor;
};

/* All values of one `sev:` configuration, checked: a member for each row of opt_table.h. Numbers and
 * words are uint64_t, so that opt.c reaches them all in one way: for launch, encryption, sanitize and
 * log they are of the enum of that name; cpuid has the feature bits of cpuid_features(). Text that is
 * not given is "". `control` is without its "unix:". */
/* clang-format off */
struct opt {
#define OPT_NUMBER(name, ...)   uint64_t name;
#define OPT_WORD(name, ...)     uint64_t name;
#define OPT_CPUID(name, ...)    uint64_t name;
#define OPT_LIES(name, ...)     struct hv_lies name;
#define OPT_POLICIES(name, ...) struct hv_policies name;
#define OPT_VERSION(name, ...)  struct opt_api name;
#define OPT_ADDRESS(name, ...)  uint64_t name; bool name##_set;
#define OPT_KEY_HEX(name, ...)  struct opt_key name;
#define OPT_KEY_FILE(name, ...) struct opt_key name;
#define OPT_BLOB(name, ...)     struct opt_blob name;
#define OPT_TEXT(name, ...)     char name[OPT_TEXT_MAX];
#define OPT_FILE(name, ...)     char name[OPT_TEXT_MAX];
#define OPT_PICTURE(name, ...)  char name[OPT_TEXT_MAX];
#define OPT_SOCKET(name, ...)   char name[OPT_TEXT_MAX];
#define OPT_GDB(name, ...)      char name[OPT_TEXT_MAX];
#include "opt_table.h"
};
/* clang-format on */

/* One parameter, for help pages, menus and the saved configuration. */
struct opt_row;
unsigned opt_count(void);
const char *opt_name(unsigned index);
const char *opt_default(unsigned index);
const char *opt_allowed(unsigned index);
int opt_find(const char *name); /* index or -1 */

/* Every parameter at its default. The struct is large: allocate it. */
void opt_init(struct opt *opt);

/* Set one parameter from text. On an error return false and write one sentence to `error` that names
 * the parameter, the value, what is wrong and what is needed; `opt` is then unchanged. */
bool opt_set(struct opt *opt, const char *name, const char *value, char *error, size_t error_size);

/* The machine is a host: software in it starts SEV guests. */
bool opt_is_host(const struct opt *opt);

/* Check what must hold between parameters. Call it when all are set. Returns as opt_set(). */
bool opt_check(const struct opt *opt, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif
#endif
