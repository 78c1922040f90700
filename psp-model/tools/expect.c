/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an owner expects to be launched; see expect.h.
 *
 * Source: protocol/measure.h, protocol/kernel_hashes.h; virtee/sev-snp-measure sevsnpmeasure/guest.py
 * (firmware without an area for kernel hashes is refused).
 */
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/crypto.h"
#include "protocol/kernel_hashes.h"
#include "protocol/ovmf_table.h"
#include "sev_abi.h"
#include "input.h"

bool expect_option(struct expect *expect, int id, const char *value)
{
    const char **const places[] = {
        [EXPECT_API_MAJOR - EXPECT_API_MAJOR] = &expect->api_major,
        [EXPECT_API_MINOR - EXPECT_API_MAJOR] = &expect->api_minor,
        [EXPECT_BUILD_ID - EXPECT_API_MAJOR] = &expect->build_id,
        [EXPECT_POLICY - EXPECT_API_MAJOR] = &expect->policy,
        [EXPECT_TIK - EXPECT_API_MAJOR] = &expect->tik_arg,
        [EXPECT_BLOB - EXPECT_API_MAJOR] = &expect->blob_arg,
        [EXPECT_DIGEST - EXPECT_API_MAJOR] = &expect->digest_arg,
        [EXPECT_KERNEL - EXPECT_API_MAJOR] = &expect->kernel,
        [EXPECT_INITRD - EXPECT_API_MAJOR] = &expect->initrd,
        [EXPECT_CMDLINE - EXPECT_API_MAJOR] = &expect->cmdline,
        [EXPECT_NUM_CPUS - EXPECT_API_MAJOR] = &expect->num_cpus,
        [EXPECT_VMSA0 - EXPECT_API_MAJOR] = &expect->vmsa[0],
        [EXPECT_VMSA1 - EXPECT_API_MAJOR] = &expect->vmsa[1],
    };
    if (vcpu_option(&expect->vcpu, id, value))
        return true;
    if (id < EXPECT_API_MAJOR || id > EXPECT_VMSA1)
        return false;
    if (id != EXPECT_FIRMWARE)
        *places[id - EXPECT_API_MAJOR] = value;
    else if (expect->firmwares++ < EXPECT_FIRMWARE_MAX) /* too many: see expect_load() */
        expect->firmware[expect->firmwares - 1] = value;
    return true;
}

static enum owner_exit add(struct expect *expect, const char *name, const void *data, size_t len)
{
    uint8_t *all = realloc(expect->data, expect->len + len + 1);
    if (all)
        expect->data = all;
    struct expect_region *regions =
        realloc(expect->regions, (expect->count + 1) * sizeof(*expect->regions));
    if (regions)
        expect->regions = regions;
    if (!all || !regions)
        return owner_fail(OWNER_TROUBLE, "out of memory");
    if (len)
        memcpy(all + expect->len, data, len);
    struct expect_region *region = &regions[expect->count++];
    snprintf(region->name, sizeof(region->name), "%s", name);
    region->offset = expect->len;
    region->len = len;
    expect->len += len;
    return OWNER_OK;
}

static enum owner_exit add_file(struct expect *expect, const char *what, const char *path)
{
    uint8_t *data;
    size_t len;
    const char *slash = strrchr(path, '/');
    enum owner_exit code = input_file(what, path, &data, &len);
    if (!code)
        code = add(expect, slash ? slash + 1 : path, data, len);
    free(data);
    return code;
}

static enum owner_exit hash_file(const char *what, const char *path, uint8_t digest[32])
{
    uint8_t *data = NULL;
    size_t len = 0;
    enum owner_exit code = path ? input_file(what, path, &data, &len) : OWNER_OK;
    if (!code)
        crypto_sha256(data, len, digest);
    free(data);
    return code;
}

/* OVMF must have an area for the hashes, or no machine launches it with them. Other firmware, such as
 * a legacy BIOS with the machine's boot ROM, has no table that says so. */
static enum owner_exit check_hash_area(const struct expect *expect)
{
    for (unsigned i = 0; i < expect->count; i++) {
        const struct expect_region *region = &expect->regions[i];
        struct ovmf_table table;
        const char *wrong = ovmf_table_parse(&table, expect->data + region->offset, region->len);
        const struct ovmf_area *area = &table.areas[OVMF_HASHES];

        if (wrong)
            return owner_fail(OWNER_INPUT, "--firmware: %s %s", region->name, wrong);
        if (table.present && (!area->base || area->size < KERNEL_HASHES_SIZE))
            return owner_fail(OWNER_INPUT,
                              "--kernel: the firmware %s has no area for kernel hashes (base=0x%x "
                              "size=0x%x), so they are not measured; OVMF's AmdSev build has one",
                              region->name, area->base, area->size);
    }
    return OWNER_OK;
}

enum owner_exit expect_hashes(const struct expect *expect, uint8_t table[KERNEL_HASHES_SIZE])
{
    const char *cmdline = expect->cmdline ? expect->cmdline : "";
    struct kernel_hashes hashes;
    enum owner_exit code;

    crypto_sha256(cmdline, strlen(cmdline) + 1, hashes.cmdline);
    code = hash_file("--initrd", expect->initrd, hashes.initrd);
    if (!code)
        code = hash_file("--kernel", expect->kernel, hashes.kernel);
    if (!code)
        kernel_hashes_write(&hashes, table);
    return code;
}

static enum owner_exit add_hashes(struct expect *expect)
{
    uint8_t table[KERNEL_HASHES_SIZE];
    enum owner_exit code = expect_hashes(expect, table);

    return code ? code : add(expect, "kernel hashes", table, sizeof(table));
}

/* Where the APs start, from the first measured file that says it. */
static enum owner_exit find_reset_eip(const struct expect *expect, uint32_t *eip)
{
    for (unsigned i = 0; i < expect->firmwares; i++) {
        const struct expect_region *region = &expect->regions[i];
        struct ovmf_table table;

        if (!ovmf_table_parse(&table, expect->data + region->offset, region->len) &&
            table.reset_eip) {
            *eip = table.reset_eip;
            return OWNER_OK;
        }
    }
    return vcpu_reset_eip(expect->regions[0].name, expect->data, expect->regions[0].len, eip);
}

static void name_vmsa(struct expect *expect, unsigned cpu)
{
    snprintf(expect->regions[expect->count - 1].name, EXPECT_NAME_SIZE, "VMSA of CPU %u", cpu);
}

/* The VMSAs that QEMU and KVM launch for a CPU model. */
static enum owner_exit build_vmsas(struct expect *expect, uint32_t cpus)
{
    struct vmsa_start start = {.reset_eip = VMSA_BSP_EIP};
    enum owner_exit code = vcpu_start(&expect->vcpu, &start);
    uint32_t ap_eip = 0;

    if (!code && (expect->vmsa[0] || expect->vmsa[1]))
        code = owner_fail(OWNER_USAGE, "--vmsa-cpu0 and --vmsa-cpu1 exclude a CPU model");
    if (!code)
        code = find_reset_eip(expect, &ap_eip);
    for (unsigned i = 0; i < cpus && !code; i++) {
        uint8_t vmsa[VMSA_SIZE];

        if (i)
            start.reset_eip = ap_eip;
        vmsa_build(vmsa, &start);
        code = add(expect, "", vmsa, sizeof(vmsa));
        if (!code)
            name_vmsa(expect, i);
    }
    return code;
}

/* The VMSAs of files. */
static enum owner_exit load_vmsas(struct expect *expect, uint32_t cpus)
{
    enum owner_exit code = OWNER_OK;

    if (cpus > 1 && !expect->vmsa[1])
        code = owner_fail(OWNER_USAGE, "more than one CPU: --vmsa-cpu1 is needed");
    for (unsigned i = 0; i < cpus && !code; i++) {
        code = add_file(expect, i ? "--vmsa-cpu1" : "--vmsa-cpu0", expect->vmsa[i > 0]);
        if (code)
            break;
        name_vmsa(expect, i);
        if (expect->regions[expect->count - 1].len != SEV_VMSA_SIZE)
            code = owner_fail(OWNER_INPUT, "%s: a VMSA has %d bytes, not %zu", expect->vmsa[i > 0],
                              SEV_VMSA_SIZE, expect->regions[expect->count - 1].len);
    }
    return code;
}

static enum owner_exit add_vmsas(struct expect *expect)
{
    const bool model = vcpu_given(&expect->vcpu);
    enum owner_exit code;
    uint32_t cpus;

    if (!expect->num_cpus || (!expect->vmsa[0] && !model))
        return owner_fail(
            OWNER_USAGE, "policy has bit 2 (SEV-ES): --num-cpus and a CPU model (--vcpu-type, or "
                         "--cpu-family, --cpu-model and --cpu-stepping) or --vmsa-cpu0 are needed");
    code = input_number("--num-cpus", expect->num_cpus, EXPECT_CPUS_MAX, &cpus);
    if (!code && cpus == 0)
        code = owner_fail(OWNER_USAGE, "--num-cpus: there is no guest without a CPU");
    if (!code)
        code = model ? build_vmsas(expect, cpus) : load_vmsas(expect, cpus);
    return code;
}

static enum owner_exit load_content(struct expect *expect)
{
    enum owner_exit code = OWNER_OK;
    if (expect->digest_arg)
        return input_exact("--launch-digest", expect->digest_arg, expect->input.launch_digest, 32);
    if (!expect->firmwares || expect->firmwares > EXPECT_FIRMWARE_MAX)
        return owner_fail(OWNER_USAGE, "give --launch-digest, or --firmware from once to %d times",
                          EXPECT_FIRMWARE_MAX);
    if (!expect->kernel && (expect->initrd || expect->cmdline))
        return owner_fail(OWNER_USAGE, "--initrd and --cmdline are measured only with --kernel");
    for (unsigned i = 0; i < expect->firmwares && !code; i++)
        code = add_file(expect, "--firmware", expect->firmware[i]);
    if (!code && expect->kernel)
        code = check_hash_area(expect);
    if (!code && expect->kernel)
        code = add_hashes(expect);
    if (!code && (expect->input.policy & SEV_POLICY_ES))
        code = add_vmsas(expect);
    if (!code)
        crypto_sha256(expect->data, expect->len, expect->input.launch_digest);
    return code;
}

enum owner_exit expect_load(struct expect *expect)
{
    uint32_t major = 0, minor = 0, build = 0;
    if (!expect->api_major || !expect->api_minor || !expect->build_id || !expect->policy ||
        !expect->tik_arg)
        return owner_fail(OWNER_USAGE, "--api-major, --api-minor, --build-id, --policy and --tik "
                                       "are needed: all of them are part of the measurement");
    enum owner_exit code = input_number("--api-major", expect->api_major, 255, &major);
    if (!code)
        code = input_number("--api-minor", expect->api_minor, 255, &minor);
    if (!code)
        code = input_number("--build-id", expect->build_id, 255, &build);
    if (!code)
        code = input_number("--policy", expect->policy, UINT32_MAX, &expect->input.policy);
    if (!code)
        code = input_exact("--tik", expect->tik_arg, expect->tik, sizeof(expect->tik));
    if (!code && expect->blob_arg)
        code = input_exact("--launch-measure-blob", expect->blob_arg, expect->blob,
                           sizeof(expect->blob));
    expect->input.api_major = (uint8_t)major;
    expect->input.api_minor = (uint8_t)minor;
    expect->input.build = (uint8_t)build;
    memcpy(expect->input.mnonce, expect->blob + MEASURE_SIZE, sizeof(expect->input.mnonce));
    return code ? code : load_content(expect);
}

void expect_free(struct expect *expect)
{
    free(expect->data);
    free(expect->regions);
    crypto_wipe(expect, sizeof(*expect));
}
