/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an owner expects to be launched: the pieces that are measured, in order (firmware, kernel
 * hashes, VMSAs), and the keys and versions that go into the measurement.
 *
 * Source: the options are those of `sevctl measurement build` (virtee/sevctl).
 */
#ifndef OWNER_EXPECT_H
#define OWNER_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/kernel_hashes.h"
#include "protocol/measure.h"
#include "owner.h"
#include "vcpu.h"

enum {
    EXPECT_API_MAJOR = 0x100,
    EXPECT_API_MINOR,
    EXPECT_BUILD_ID,
    EXPECT_POLICY,
    EXPECT_TIK,
    EXPECT_BLOB,
    EXPECT_DIGEST,
    EXPECT_FIRMWARE,
    EXPECT_KERNEL,
    EXPECT_INITRD,
    EXPECT_CMDLINE,
    EXPECT_NUM_CPUS,
    EXPECT_VMSA0,
    EXPECT_VMSA1,
};

/* For the tables of the verbs that take them. */
/* clang-format off */
#define EXPECT_OPTIONS                                                                             \
    {EXPECT_API_MAJOR, "api-major", "N", "API version of the secure processor"},                   \
    {EXPECT_API_MINOR, "api-minor", "N", "(see PLATFORM_STATUS, query-sev)"},                      \
    {EXPECT_BUILD_ID, "build-id", "N", "build of its firmware"},                                   \
    {EXPECT_POLICY, "policy", "N", "policy of the guest"},                                         \
    {EXPECT_TIK, "tik", "FILE|BASE64", "transport integrity key"},                                 \
    {EXPECT_BLOB, "launch-measure-blob", "FILE|BASE64", "what LAUNCH_MEASURE gave"},               \
    {EXPECT_DIGEST, "launch-digest", "FILE|BASE64", "digest instead of the pieces below"},         \
    {EXPECT_FIRMWARE, "firmware", "FILE", "measured firmware; repeat it in launch order"},         \
    {EXPECT_FIRMWARE, "ovmf", "FILE", "the same, as sev-snp-measure calls it"},                    \
    {EXPECT_KERNEL, "kernel", "FILE", "kernel, for a launch with kernel hashes"},                  \
    {EXPECT_INITRD, "initrd", "FILE", "its initial RAM disk"},                                     \
    {EXPECT_CMDLINE, "cmdline", "TEXT", "its command line"},                                       \
    {EXPECT_CMDLINE, "append", "TEXT", "the same, as QEMU and bochsrc call it"},                   \
    {EXPECT_NUM_CPUS, "num-cpus", "N", "CPUs of an SEV-ES or SEV-SNP guest"},                      \
    {EXPECT_NUM_CPUS, "vcpus", "N", "the same, as sev-snp-measure calls it"},                      \
    {EXPECT_VMSA0, "vmsa-cpu0", "FILE", "initial state of the first"},                             \
    {EXPECT_VMSA1, "vmsa-cpu1", "FILE", "and of every other"},                                     \
    VCPU_OPTIONS
/* clang-format on */

enum { EXPECT_FIRMWARE_MAX = 16, EXPECT_CPUS_MAX = 512, EXPECT_NAME_SIZE = 64 };

struct expect_region {
    char name[EXPECT_NAME_SIZE];
    size_t offset, len; /* in expect.data */
};

struct expect {
    /* from the options */
    const char *api_major, *api_minor, *build_id, *policy, *tik_arg, *blob_arg, *digest_arg;
    const char *firmware[EXPECT_FIRMWARE_MAX], *kernel, *initrd, *cmdline, *num_cpus, *vmsa[2];
    struct vcpu vcpu;
    unsigned firmwares;
    /* from expect_load() */
    struct measure_input input; /* mnonce only if blob_arg was given */
    uint8_t tik[16];
    uint8_t blob[MEASURE_BLOB_SIZE];
    uint8_t *data; /* all that is measured, NULL if only the digest is known */
    size_t len;
    struct expect_region *regions;
    unsigned count;
};

/* Take one of the options above; false if it is none of them. */
bool expect_option(struct expect *expect, int id, const char *value);
/* Write the table of kernel hashes of the kernel, initial RAM disk and command line. */
enum owner_exit expect_hashes(const struct expect *expect, uint8_t table[KERNEL_HASHES_SIZE]);
/* Read the files and compute input.launch_digest. */
enum owner_exit expect_load(struct expect *expect);
/* Wipe and free; also after a failure. */
void expect_free(struct expect *expect);

#endif
