/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attestation report of a SEV-SNP guest, versions 2 to 5: written and signed by the secure
 * processor, read by the guest's owner. One table has every field, with the version that brought it.
 *
 * Source: virtee/sev src/attestation/evidence/snp/body.rs ReportBody::from_bytes(), fields/key_info.rs,
 * fields/platform_info.rs; google/go-sev-guest abi/abi.go ReportToProto(), ValidateReportFormat();
 * AMDESE/sev-guest include/attestation.h struct attestation_report. Version 4 has the fields of
 * version 3 in both parsers.
 */
#ifndef PSP_SNP_REPORT_H
#define PSP_SNP_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SNP_REPORT_SIZE        0x4a0u
#define SNP_REPORT_SIGNED_SIZE 0x2a0u /* the signature is over these bytes, and follows them */
#define SNP_REPORT_VERSION_MIN 2u
#define SNP_REPORT_VERSION_MAX 5u
#define SNP_REPORT_DATA_SIZE   64u
#define SNP_CHIP_ID_SIZE       64u

#define SNP_REPORT_ALGO_ECDSA_P384_SHA384 1u

/* Bits of platform_info and key_info. */
#define SNP_PLATFORM_SMT         0x01u
#define SNP_PLATFORM_TSME        0x02u
#define SNP_PLATFORM_ECC         0x04u
#define SNP_PLATFORM_RAPL_DIS    0x08u
#define SNP_PLATFORM_CT_HIDING   0x10u
#define SNP_PLATFORM_ALIAS_CHECK 0x20u
#define SNP_PLATFORM_TIO         0x80u
#define SNP_KEY_AUTHOR           0x01u /* the ID key is signed by an author key */
#define SNP_KEY_MASKED           0x02u /* the host masks the key of the chip: no signature */
#define SNP_KEY_SIGNER_SHIFT     2
#define SNP_KEY_SIGNER_MASK      0x7u

enum snp_signer { SNP_SIGNER_VCEK = 0, SNP_SIGNER_VLEK = 1, SNP_SIGNER_NONE = 7 };

/* Every number is 64 bits wide here, whatever its size in the report. */
struct snp_report {
    uint64_t version, guest_svn, policy;
    uint8_t family_id[16], image_id[16];
    uint64_t vmpl, signature_algo, current_tcb, platform_info, key_info;
    uint8_t report_data[SNP_REPORT_DATA_SIZE];
    uint8_t measurement[48];
    uint8_t host_data[32];
    uint8_t id_key_digest[48], author_key_digest[48];
    uint8_t report_id[32], report_id_ma[32];
    uint64_t reported_tcb;
    uint64_t cpuid_family, cpuid_model, cpuid_stepping; /* from version 3 on */
    uint8_t chip_id[SNP_CHIP_ID_SIZE];
    uint64_t committed_tcb;
    uint64_t current_build, current_minor, current_major;
    uint64_t committed_build, committed_minor, committed_major;
    uint64_t launch_tcb;
    uint64_t launch_mitigation, current_mitigation; /* from version 5 on */
};

/* A field: `size` bytes at `offset` of the report, `member` bytes into struct snp_report. */
struct snp_report_field {
    const char *name;
    uint16_t offset;
    uint8_t size;
    uint8_t since; /* the version of reports that brought it */
    bool number;   /* little endian; else a string of bytes */
    uint16_t member;
};

/* The fields in order of their offsets, and their number. */
const struct snp_report_field *snp_report_fields(unsigned *n);
/* The value of a field that is a number. */
uint64_t snp_report_number(const struct snp_report *report, const struct snp_report_field *field);

/* Write the report with zeros in place of the signature. Fields that its version does not have are
 * left out. */
void snp_report_write(const struct snp_report *report, uint8_t wire[SNP_REPORT_SIZE]);
/* Read a report. Return NULL, or what is wrong with it, a static text: a version that is none of 2 to
 * 5, a reserved byte that is not zero. The fields are read anyway, as far as the version has them. The
 * signature is not checked. */
const char *snp_report_read(struct snp_report *report, const uint8_t wire[SNP_REPORT_SIZE]);

/* Sign the report in place. 0 or a negative errno. */
int snp_report_sign(uint8_t wire[SNP_REPORT_SIZE],
                    const struct crypto_p384_key *key) CRYPTO_CHECKED;
/* 0; -EBADMSG if this key did not sign it; -EINVAL if `pub` is no point of the curve. */
int snp_report_verify(const uint8_t wire[SNP_REPORT_SIZE],
                      const struct crypto_p384_public *pub) CRYPTO_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
