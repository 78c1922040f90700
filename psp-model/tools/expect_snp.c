/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch digest that an owner expects of a SEV-SNP guest; see expect_snp.h.
 */
#include "expect_snp.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "protocol/crypto.h"
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
    struct expect_snp *snp;
    uint8_t digest[EXPECT_SNP_DIGEST];
};

static enum owner_exit add_page(struct launch *launch, enum snp_page_type type, uint64_t gpa,
                                const void *contents)
{
    const struct snp_digest_page page = {.type = type, .gpa = gpa};
    struct expect_snp_page *grown, *kept;
    struct expect_snp *snp = launch->snp;

    grown = realloc(snp->pages, (snp->count + (size_t)1) * sizeof(*grown));
    if (!grown)
        return owner_fail(OWNER_TROUBLE, "out of memory");
    snp->pages = grown;
    kept = &snp->pages[snp->count++];
    *kept = (struct expect_snp_page){.type = type, .gpa = gpa};
    if (!snp_digest_measures(page.type))
        contents = NULL;
    if (contents)
        crypto_digest(CRYPTO_HASH_SHA384, contents, SNP_PAGE_SIZE, kept->sha384);
    snp_digest_add(launch->digest, &page, contents);
    memcpy(kept->digest, launch->digest, sizeof(kept->digest));
    return OWNER_OK;
}

/* --- the options ----------------------------------------------------------------------------- */

static const char *const modes[EXPECT_MODES] = {"sev", "snp", "snp:ovmf-hash"};

bool expect_snp_option(struct expect_snp *snp, int id, const char *value)
{
    if (id == EXPECT_MODE)
        snp->mode_arg = value;
    else if (id == EXPECT_FEATURES)
        snp->features = value;
    return id == EXPECT_MODE || id == EXPECT_FEATURES;
}

static enum owner_exit get_mode(const char *text, enum expect_mode *mode)
{
    *mode = EXPECT_MODE_SEV;
    for (unsigned i = 0; text && i < EXPECT_MODES; i++) {
        if (strcmp(modes[i], text) == 0) {
            *mode = (enum expect_mode)i;
            text = NULL;
        }
    }
    return text ? owner_fail(OWNER_USAGE,
                             "--mode: '%s' is not known; allowed: sev, snp or snp:ovmf-hash", text)
                : OWNER_OK;
}

enum owner_exit expect_snp_mode(const struct expect *expect, struct expect_snp *snp)
{
    enum owner_exit code = get_mode(snp->mode_arg, &snp->mode);

    if (!code && snp->mode == EXPECT_MODE_SEV && snp->features)
        return owner_fail(OWNER_USAGE, "--guest-features goes with --mode snp");
    if (!code && snp->mode != EXPECT_MODE_SEV &&
        (expect->api_major || expect->api_minor || expect->build_id || expect->policy ||
         expect->tik_arg || expect->blob_arg || expect->digest_arg || expect->vmsa[0] ||
         expect->vmsa[1]))
        return owner_fail(OWNER_USAGE,
                          "--mode snp: the digest depends on the firmware, the kernel and the CPUs "
                          "alone; leave out versions, policy, keys, blobs and VMSA files");
    return code;
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

static enum owner_exit add_firmware(struct launch *launch)
{
    enum owner_exit code = OWNER_OK;

    for (size_t offset = 0; offset < launch->len && !code; offset += SNP_PAGE_SIZE)
        code = add_page(launch, SNP_PAGE_NORMAL, END_OF_FIRMWARE - launch->len + offset,
                        launch->image + offset);
    return code;
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
    for (unsigned i = 0; i < launch->table.n_sections && !code; i++) {
        const struct ovmf_section *section = &launch->table.sections[i];
        bool table = section->kind == OVMF_PAGE_HASHES && expect->kernel;

        for (uint32_t offset = 0; offset < section->size && !code; offset += SNP_PAGE_SIZE)
            code = add_page(launch, table ? SNP_PAGE_NORMAL : section_type(section->kind),
                            section->base + offset, table ? hashes : NULL);
    }
    return code;
}

/* --- the CPUs -------------------------------------------------------------------------------- */

/* The CPUs of the options: their number, model and features. */
static enum owner_exit read_cpus(const struct expect *expect, struct expect_snp *snp)
{
    uint32_t features = 1;
    enum owner_exit code;

    if (!expect->num_cpus || !vcpu_given(&expect->vcpu))
        return owner_fail(OWNER_USAGE,
                          "--mode snp: --num-cpus and a CPU model are needed: --vcpu-type, or "
                          "--vcpu-sig, or --cpu-family, --cpu-model and --cpu-stepping");
    code = input_number("--num-cpus", expect->num_cpus, EXPECT_CPUS_MAX, &snp->cpus);
    if (!code && !snp->cpus)
        code = owner_fail(OWNER_USAGE, "--num-cpus: there is no guest without a CPU");
    if (!code && snp->features)
        code = input_number("--guest-features", snp->features, UINT32_MAX, &features);
    if (!code && !(features & 1))
        code = owner_fail(OWNER_USAGE, "--guest-features: bit 0 (SNP) must be set");
    if (!code)
        code = vcpu_start(&expect->vcpu, &snp->start);
    snp->start.sev_features = features;
    return code;
}

static enum owner_exit add_vmsas(struct launch *launch)
{
    const struct expect_snp *snp = launch->snp;
    struct vmsa_start start = snp->start;
    enum owner_exit code = OWNER_OK;
    uint32_t ap_eip = 0;

    if (snp->cpus > 1)
        code = vcpu_reset_eip(launch->name, launch->image, launch->len, &ap_eip);
    for (uint32_t i = 0; i < snp->cpus && !code; i++) {
        uint8_t vmsa[VMSA_SIZE];

        start.reset_eip = i ? ap_eip : VMSA_BSP_EIP;
        vmsa_build(vmsa, &start);
        code = add_page(launch, SNP_PAGE_VMSA, SNP_VMSA_GPA, vmsa);
    }
    return code;
}

enum owner_exit expect_snp(const struct expect *expect, struct expect_snp *snp,
                           uint8_t digest[EXPECT_SNP_DIGEST])
{
    struct launch launch = {.snp = snp};
    enum owner_exit code = OWNER_OK;

    if (!expect->kernel && (expect->initrd || expect->cmdline))
        code = owner_fail(OWNER_USAGE, "--initrd and --cmdline are measured only with --kernel");
    if (!code)
        code = read_firmware(expect, &launch);
    if (!code)
        code = add_firmware(&launch);
    if (!code && snp->mode == EXPECT_MODE_SNP)
        code = add_sections(expect, &launch);
    if (!code && snp->mode == EXPECT_MODE_SNP)
        code = read_cpus(expect, snp);
    snp->ap_eip = launch.table.reset_eip;
    if (!code && snp->mode == EXPECT_MODE_SNP)
        code = add_vmsas(&launch);
    memcpy(digest, launch.digest, EXPECT_SNP_DIGEST);
    free(launch.image);
    return code;
}

void expect_snp_free(struct expect_snp *snp)
{
    free(snp->pages);
    snp->pages = NULL;
    snp->count = 0;
}
