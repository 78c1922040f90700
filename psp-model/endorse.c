/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the processor signs attestation reports with; see endorse.h.
 */
#include "endorse.h"

#include <errno.h>
#include <string.h>

#include "protocol/tcb.h"
#include "psp_priv.h"

static_assert((int)PSP_SNP_MILAN == TCB_MILAN && (int)PSP_SNP_GENOA == TCB_GENOA &&
                  (int)PSP_SNP_TURIN == TCB_TURIN && (int)PSP_SNP_MODELS == TCB_MODELS,
              "the lines of psp.h are those of tcb.h");
static_assert(PSP_CHIP_ID_SIZE == SNP_CHIP_ID_SIZE && IDENTITY_CHIP_ID_SIZE == SNP_CHIP_ID_SIZE,
              "a chip has one id");

/* CPUID of each line: virtee/sev-snp-measure sevsnpmeasure/vcpu_types.py EPYC-Milan, EPYC-Genoa;
 * virtee/sev src/firmware/host/types/snp.rs Generation (Turin). */
static const struct {
    uint8_t family, model, stepping;
} cpuid[TCB_MODELS] = {
    [TCB_MILAN] = {0x19, 0x01, 1},
    [TCB_GENOA] = {0x19, 0x11, 0},
    [TCB_TURIN] = {0x1a, 0x00, 0},
};

/* Boot loader 4, TEE 0, SNP 24, microcode 219, as Milan's firmware of 2024 reports them: a choice of
 * this model, old enough to be below every limit that a verifier has for a newer one. */
static const struct tcb usual_tcb = {1, 4, 0, 24, 219};

#define PLATFORM_INFO_MASK                                                                         \
    (SNP_PLATFORM_SMT | SNP_PLATFORM_TSME | SNP_PLATFORM_ECC | SNP_PLATFORM_RAPL_DIS |             \
     SNP_PLATFORM_CT_HIDING | SNP_PLATFORM_ALIAS_CHECK | SNP_PLATFORM_TIO)

bool endorse_config(struct psp_config *config)
{
    if (config->snp_model >= TCB_MODELS || config->snp_platform_info & ~PLATFORM_INFO_MASK)
        return false;
    if (!config->snp_report_version)
        config->snp_report_version = PSP_SNP_REPORT_VERSION;
    if (!config->snp_tcb)
        config->snp_tcb = tcb_pack((enum tcb_model)config->snp_model, &usual_tcb);
    if (!config->snp_committed_tcb)
        config->snp_committed_tcb = config->snp_tcb;
    return config->snp_report_version >= SNP_REPORT_VERSION_MIN &&
           config->snp_report_version <= SNP_REPORT_VERSION_MAX &&
           tcb_valid(config->snp_model, config->snp_tcb) &&
           tcb_valid(config->snp_model, config->snp_committed_tcb) &&
           tcb_packed_at_most(config->snp_committed_tcb, config->snp_tcb);
}

void endorse_chip_id(const struct psp *psp, uint8_t id[SNP_CHIP_ID_SIZE])
{
    enum tcb_model model = (enum tcb_model)psp->config.snp_model;
    size_t size = tcb_chip_id_size(model);

    memset(id, 0, SNP_CHIP_ID_SIZE);
    memcpy(id, psp->config.chip_id ? psp->config.chip_id : psp->chip.own.chip_id, size);
}

enum sev_status endorse_chip(struct psp *psp, struct snp_chip *chip)
{
    enum sev_status status = chip_load(psp);
    uint8_t id[SNP_CHIP_ID_SIZE];
    int err;

    if (status != SEV_STATUS_SUCCESS)
        return status;
    endorse_chip_id(psp, id);
    err = snp_chip_init(chip, (enum tcb_model)psp->config.snp_model, id, &psp->chip.own.cek);
    return err ? psp_host_trouble(psp, "deriving the chip's secret", err) : SEV_STATUS_SUCCESS;
}

/* --- reports --------------------------------------------------------------------------------- */

static bool vlek_fits(const struct snp *snp)
{
    return snp->vlek && snp->vlek_tcb == snp->reported_tcb;
}

bool endorse_asks_for_vlek(const struct psp *psp, enum endorse_select select)
{
    return select == ENDORSE_VLEK || (select == ENDORSE_ANY && psp->snp.vlek);
}

/* Find the key that signs. *signer is NONE if the VCEK is masked. */
static enum sev_status choose(const struct psp *psp, const struct snp_guest *guest,
                              enum endorse_select select, enum snp_signer *signer)
{
    const struct snp *snp = &psp->snp;

    if (endorse_asks_for_vlek(psp, select)) {
        *signer = SNP_SIGNER_VLEK;
        return vlek_fits(snp) ? SEV_STATUS_SUCCESS : SEV_STATUS_INVALID_KEY;
    }
    *signer = snp->mask_key ? SNP_SIGNER_NONE : SNP_SIGNER_VCEK;
    return guest->vcek_disabled ? SEV_STATUS_INVALID_KEY : SEV_STATUS_SUCCESS;
}

static void describe_platform(const struct psp *psp, struct snp_report *report)
{
    const struct psp_config *config = &psp->config;
    const struct snp *snp = &psp->snp;

    report->version = config->snp_report_version;
    report->signature_algo = SNP_REPORT_ALGO_ECDSA_P384_SHA384;
    report->platform_info = config->snp_platform_info;
    report->current_tcb = config->snp_tcb;
    report->committed_tcb = snp->committed_tcb;
    report->reported_tcb = snp->reported_tcb;
    report->cpuid_family = cpuid[config->snp_model].family;
    report->cpuid_model = cpuid[config->snp_model].model;
    report->cpuid_stepping = cpuid[config->snp_model].stepping;
    report->current_build = report->committed_build = config->build;
    report->current_minor = report->committed_minor = config->api_minor;
    report->current_major = report->committed_major = config->api_major;
    if (!snp->mask_chip_id)
        endorse_chip_id(psp, report->chip_id);
}

static void describe_guest(const struct snp_guest *guest, struct snp_report *report)
{
    report->guest_svn = guest->guest_svn;
    report->policy = guest->policy;
    report->launch_tcb = guest->launch_tcb;
    memcpy(report->family_id, guest->family_id, sizeof(report->family_id));
    memcpy(report->image_id, guest->image_id, sizeof(report->image_id));
    memcpy(report->measurement, guest->launch_digest, sizeof(report->measurement));
    memcpy(report->host_data, guest->host_data, sizeof(report->host_data));
    memcpy(report->id_key_digest, guest->id_key_digest, sizeof(report->id_key_digest));
    memcpy(report->author_key_digest, guest->author_key_digest, sizeof(report->author_key_digest));
    memcpy(report->report_id, guest->report_id, sizeof(report->report_id));
    /* No migration agent: real reports have FFh in each byte. */
    memset(report->report_id_ma, 0xff, sizeof(report->report_id_ma));
}

static enum sev_status sign(struct psp *psp, enum snp_signer signer, uint8_t wire[SNP_REPORT_SIZE])
{
    struct crypto_p384_key key = psp->snp.vlek_key;
    struct snp_chip chip;
    enum sev_status status = SEV_STATUS_SUCCESS;
    int err = 0;

    if (signer == SNP_SIGNER_VCEK) {
        status = endorse_chip(psp, &chip);
        if (status == SEV_STATUS_SUCCESS)
            err = snp_key_vcek(&chip, psp->snp.reported_tcb, &key);
        crypto_wipe(&chip, sizeof(chip));
    }
    if (status == SEV_STATUS_SUCCESS && !err)
        err = snp_report_sign(wire, &key);
    crypto_wipe(&key, sizeof(key));
    return err ? psp_host_trouble(psp, "signing an attestation report", err) : status;
}

enum sev_status endorse_report(struct psp *psp, const struct snp_guest *guest,
                               enum endorse_select select, struct snp_report *report,
                               uint8_t wire[SNP_REPORT_SIZE])
{
    enum snp_signer signer;
    enum sev_status status = choose(psp, guest, select, &signer);

    if (status == SEV_STATUS_SUCCESS)
        status = chip_load(psp); /* its id is in the report */
    if (status != SEV_STATUS_SUCCESS)
        return status;
    describe_platform(psp, report);
    describe_guest(guest, report);
    report->key_info = (guest->author_key ? SNP_KEY_AUTHOR : 0) |
                       (psp->snp.mask_key ? SNP_KEY_MASKED : 0) |
                       (uint64_t)signer << SNP_KEY_SIGNER_SHIFT;
    snp_report_write(report, wire);
    return signer == SNP_SIGNER_NONE ? SEV_STATUS_SUCCESS : sign(psp, signer, wire);
}

/* --- VLEK ------------------------------------------------------------------------------------ */

enum sev_status endorse_load_vlek(struct psp *psp, const uint8_t wrapped[SNP_VLEK_SIZE])
{
    struct crypto_p384_key key;
    struct snp_chip chip;
    uint64_t tcb = 0;
    enum sev_status status = endorse_chip(psp, &chip);
    int err;

    if (status != SEV_STATUS_SUCCESS)
        return status;
    err = snp_vlek_unwrap(&chip, wrapped, &tcb, &key);
    if (err == -EINVAL || err == -EBADMSG)
        status = SEV_STATUS_INVALID_PARAM;
    else if (err)
        status = psp_host_trouble(psp, "unwrapping a VLEK", err);
    else if (!tcb_valid(psp->config.snp_model, tcb) ||
             !tcb_packed_at_most(tcb, psp->snp.committed_tcb))
        status = SEV_STATUS_INVALID_PARAM;
    if (status == SEV_STATUS_SUCCESS) {
        psp->snp.vlek = true;
        psp->snp.vlek_tcb = tcb;
        psp->snp.vlek_key = key;
    }
    crypto_wipe(&chip, sizeof(chip));
    crypto_wipe(&key, sizeof(key));
    return status;
}

/* --- for the host ---------------------------------------------------------------------------- */

int psp_get_snp_keys(struct psp *psp, struct psp_snp_keys *keys)
{
    struct crypto_p384_key vcek;
    struct snp_chip chip;
    int err;

    memset(keys, 0, sizeof(*keys));
    if (endorse_chip(psp, &chip) != SEV_STATUS_SUCCESS)
        return -EIO;
    err = snp_key_vcek(&chip, psp->snp.reported_tcb, &vcek);
    if (!err) {
        keys->model = psp->config.snp_model;
        memcpy(keys->chip_id, chip.id, sizeof(keys->chip_id));
        keys->reported_tcb = psp->snp.reported_tcb;
        memcpy(keys->vcek_x, vcek.pub.x, sizeof(keys->vcek_x));
        memcpy(keys->vcek_y, vcek.pub.y, sizeof(keys->vcek_y));
        keys->vlek = psp->snp.vlek;
        keys->vlek_tcb = psp->snp.vlek_tcb;
        memcpy(keys->vlek_x, psp->snp.vlek_key.pub.x, sizeof(keys->vlek_x));
        memcpy(keys->vlek_y, psp->snp.vlek_key.pub.y, sizeof(keys->vlek_y));
    }
    crypto_wipe(&chip, sizeof(chip));
    crypto_wipe(&vcek, sizeof(vcek));
    return err;
}
