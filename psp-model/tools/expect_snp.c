/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch digest that an owner expects of a SEV-SNP guest; see expect_snp.h.
 */
#include "expect_snp.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "protocol/kernel_hashes.h"
#include "protocol/ovmf_table.h"
#include "protocol/snp_digest.h"
#include "sev_abi.h"

#define END_OF_FIRMWARE 0x100000000u

struct launch {
    const char *name; /* of the firmware */
    uint8_t *image;
    size_t len;
    struct ovmf_table table;
    uint8_t *digest;
};

static void add_page(struct launch *launch, enum snp_page_type type, uint64_t gpa,
                     const void *contents)
{
    const struct snp_digest_page page = {.type = type, .gpa = gpa};

    snp_digest_add(launch->digest, &page, snp_digest_measures(page.type) ? contents : NULL);
}

/* --- the firmware ---------------------------------------------------------------------------- */

static enum owner_exit read_firmware(const struct expect *expect, struct launch *launch)
{
    enum owner_exit code;
    const char *wrong;

    if (expect->firmwares != 1)
        return owner_fail(OWNER_USAGE, "--mode snp: give --firmware once: OVMF's image");
    launch->name = expect->firmware[0];
    code = input_file("--firmware", launch->name, &launch->image, &launch->len);
    if (code)
        return code;
    if (!launch->len || launch->len % SNP_PAGE_SIZE)
        return owner_fail(OWNER_INPUT, "--firmware: %s has %zu bytes, not a multiple of 4096",
                          launch->name, launch->len);
    wrong = ovmf_table_parse(&launch->table, launch->image, launch->len);
    return wrong ? owner_fail(OWNER_INPUT, "--firmware: %s %s", launch->name, wrong) : OWNER_OK;
}

static void add_firmware(struct launch *launch)
{
    for (size_t offset = 0; offset < launch->len; offset += SNP_PAGE_SIZE)
        add_page(launch, SNP_PAGE_NORMAL, END_OF_FIRMWARE - launch->len + offset,
                 launch->image + offset);
}

/* --- the areas that its metadata names ------------------------------------------------------- */

static enum snp_page_type section_type(uint32_t kind)
{
    switch (kind) {
    case OVMF_PAGE_SECRETS:
        return SNP_PAGE_SECRETS;
    case OVMF_PAGE_CPUID:
        return SNP_PAGE_CPUID;
    default:
        return SNP_PAGE_ZERO;
    }
}

/* The page with the table of kernel hashes. */
static enum owner_exit make_hashes(const struct expect *expect, const struct launch *launch,
                                   uint8_t page[SNP_PAGE_SIZE])
{
    const struct ovmf_area *area = &launch->table.areas[OVMF_HASHES];
    unsigned offset = area->base % SNP_PAGE_SIZE;
    bool section = false;

    for (unsigned i = 0; i < launch->table.n_sections; i++)
        section = section || launch->table.sections[i].kind == OVMF_PAGE_HASHES;
    if (!section || !area->base || offset + KERNEL_HASHES_SIZE > SNP_PAGE_SIZE)
        return owner_fail(
            OWNER_INPUT,
            "--kernel: the firmware %s has no page for kernel hashes, so they are not "
            "measured; OVMF's AmdSev build has one",
            launch->name);
    memset(page, 0, SNP_PAGE_SIZE);
    return expect_hashes(expect, page + offset);
}

static enum owner_exit add_sections(const struct expect *expect, struct launch *launch)
{
    uint8_t hashes[SNP_PAGE_SIZE];
    enum owner_exit code;

    if (launch->table.snp_wrong || !launch->table.n_sections)
        return owner_fail(
            OWNER_INPUT, "--firmware: %s %s, so it cannot be launched with SEV-SNP", launch->name,
            launch->table.snp_wrong ? launch->table.snp_wrong : "has no SEV metadata");
    code = expect->kernel ? make_hashes(expect, launch, hashes) : OWNER_OK;
    if (code)
        return code;
    for (unsigned i = 0; i < launch->table.n_sections; i++) {
        const struct ovmf_section *section = &launch->table.sections[i];
        bool table = section->kind == OVMF_PAGE_HASHES && expect->kernel;

        for (uint32_t offset = 0; offset < section->size; offset += SNP_PAGE_SIZE)
            add_page(launch, table ? SNP_PAGE_NORMAL : section_type(section->kind),
                     section->base + offset, table ? hashes : NULL);
    }
    return OWNER_OK;
}

/* --- the CPUs -------------------------------------------------------------------------------- */

static enum owner_exit add_vmsas(const struct expect *expect, const char *features_arg,
                                 struct launch *launch)
{
    struct vmsa_start start = {.reset_eip = VMSA_BSP_EIP};
    uint32_t cpus = 0, features = 1, ap_eip = 0;
    enum owner_exit code;

    if (!expect->num_cpus || !vcpu_given(&expect->vcpu))
        return owner_fail(OWNER_USAGE,
                          "--mode snp: --num-cpus and a CPU model are needed: --vcpu-type, or "
                          "--vcpu-sig, or --cpu-family, --cpu-model and --cpu-stepping");
    code = input_number("--num-cpus", expect->num_cpus, EXPECT_CPUS_MAX, &cpus);
    if (!code && !cpus)
        code = owner_fail(OWNER_USAGE, "--num-cpus: there is no guest without a CPU");
    if (!code && features_arg)
        code = input_number("--guest-features", features_arg, UINT32_MAX, &features);
    if (!code && !(features & 1))
        code = owner_fail(OWNER_USAGE, "--guest-features: bit 0 (SNP) must be set");
    if (!code)
        code = vcpu_start(&expect->vcpu, &start);
    if (!code && cpus > 1)
        code = vcpu_reset_eip(launch->name, launch->image, launch->len, &ap_eip);
    start.sev_features = features;
    for (uint32_t i = 0; i < cpus && !code; i++) {
        uint8_t vmsa[VMSA_SIZE];

        if (i)
            start.reset_eip = ap_eip;
        vmsa_build(vmsa, &start);
        add_page(launch, SNP_PAGE_VMSA, SNP_VMSA_GPA, vmsa);
    }
    return code;
}

enum owner_exit expect_snp(const struct expect *expect, const struct expect_snp *snp,
                           uint8_t digest[EXPECT_SNP_DIGEST])
{
    struct launch launch = {.digest = digest};
    enum owner_exit code = OWNER_OK;

    memset(digest, 0, EXPECT_SNP_DIGEST);
    if (!expect->kernel && (expect->initrd || expect->cmdline))
        code = owner_fail(OWNER_USAGE, "--initrd and --cmdline are measured only with --kernel");
    if (!code)
        code = read_firmware(expect, &launch);
    if (!code) {
        add_firmware(&launch);
        if (!snp->firmware_only)
            code = add_sections(expect, &launch);
        if (!code && !snp->firmware_only)
            code = add_vmsas(expect, snp->features, &launch);
    }
    free(launch.image);
    return code;
}
