/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Write an attestation report of a model chip, as the secure processor writes it:
 *
 *   make_report VERSION LINE CHIP_ID TCB CSP_ID|- REPORT_DATA [POLICY] >FILE
 *
 * CHIP_ID and REPORT_DATA are 128 hexadecimal digits. With a CSP_ID the report is signed with a VLEK.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/hex.h"
#include "protocol/snp_key.h"
#include "protocol/snp_report.h"

/* CPUID family, model and stepping of each line. */
static const uint8_t cpus[TCB_MODELS][3] = {
    [TCB_MILAN] = {0x19, 0x01, 1}, [TCB_GENOA] = {0x19, 0x11, 1}, [TCB_TURIN] = {0x1a, 0x02, 1}};

static void fill(struct snp_report *r, enum tcb_model model)
{
    r->guest_svn = 2;
    r->policy = 0x30000;
    r->signature_algo = SNP_REPORT_ALGO_ECDSA_P384_SHA384;
    r->platform_info = SNP_PLATFORM_SMT | SNP_PLATFORM_ALIAS_CHECK;
    memset(r->measurement, 0x6d, sizeof(r->measurement));
    memset(r->host_data, 0x68, sizeof(r->host_data));
    memset(r->report_id, 0x72, sizeof(r->report_id));
    memset(r->report_id_ma, 0xff, sizeof(r->report_id_ma));
    r->cpuid_family = cpus[model][0];
    r->cpuid_model = cpus[model][1];
    r->cpuid_stepping = cpus[model][2];
    r->current_build = r->committed_build = 21;
    r->current_minor = r->committed_minor = 55;
    r->current_major = r->committed_major = 1;
    r->launch_mitigation = r->current_mitigation = 1;
}

int main(int argc, char **argv)
{
    struct snp_report r = {0};
    struct snp_chip chip = {0};
    struct crypto_p384_key key;
    uint8_t wire[SNP_REPORT_SIZE];
    bool loaded;
    int err;

    if (argc < 7 || argc > 8 || crypto_init() || !tcb_model_parse(argv[2], &chip.model) ||
        !hex_decode(argv[3], r.chip_id, sizeof(r.chip_id)) ||
        !hex_decode(argv[6], r.report_data, sizeof(r.report_data)))
        return 2;
    loaded = strcmp(argv[5], "-") != 0;
    fill(&r, chip.model);
    r.version = strtoull(argv[1], NULL, 0);
    if (argc == 8)
        r.policy = strtoull(argv[7], NULL, 0);
    r.reported_tcb = strtoull(argv[4], NULL, 0);
    r.current_tcb = r.committed_tcb = r.launch_tcb = r.reported_tcb;
    r.key_info = loaded ? SNP_SIGNER_VLEK << SNP_KEY_SIGNER_SHIFT : 0;
    memcpy(chip.id, r.chip_id, sizeof(chip.id));
    if (loaded)
        err = snp_key_vlek(chip.model, r.reported_tcb, argv[5], &key);
    else
        err = snp_key_vcek(&chip, r.reported_tcb, &key);
    snp_report_write(&r, wire);
    if (err || snp_report_sign(wire, &key) || fwrite(wire, sizeof(wire), 1, stdout) != 1)
        return 1;
    return fflush(stdout) != 0;
}
