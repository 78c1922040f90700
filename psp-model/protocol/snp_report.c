/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attestation report of a SEV-SNP guest; see snp_report.h.
 */
#include "snp_report.h"

#include <errno.h>
#include <string.h>

#include "buf.h"
#include "cert.h"

/* clang-format off */
#define NUMBER(member, offset, size, since) \
    {#member, offset, size, since, true, offsetof(struct snp_report, member)}
#define BYTES(member, offset, since) \
    {#member, offset, sizeof(((struct snp_report *)0)->member), since, false, offsetof(struct snp_report, member)}
/* clang-format on */

static const struct snp_report_field fields[] = {
    NUMBER(version, 0x000, 4, 2),
    NUMBER(guest_svn, 0x004, 4, 2),
    NUMBER(policy, 0x008, 8, 2),
    BYTES(family_id, 0x010, 2),
    BYTES(image_id, 0x020, 2),
    NUMBER(vmpl, 0x030, 4, 2),
    NUMBER(signature_algo, 0x034, 4, 2),
    NUMBER(current_tcb, 0x038, 8, 2),
    NUMBER(platform_info, 0x040, 8, 2),
    NUMBER(key_info, 0x048, 4, 2),
    BYTES(report_data, 0x050, 2),
    BYTES(measurement, 0x090, 2),
    BYTES(host_data, 0x0c0, 2),
    BYTES(id_key_digest, 0x0e0, 2),
    BYTES(author_key_digest, 0x110, 2),
    BYTES(report_id, 0x140, 2),
    BYTES(report_id_ma, 0x160, 2),
    NUMBER(reported_tcb, 0x180, 8, 2),
    NUMBER(cpuid_family, 0x188, 1, 3),
    NUMBER(cpuid_model, 0x189, 1, 3),
    NUMBER(cpuid_stepping, 0x18a, 1, 3),
    BYTES(chip_id, 0x1a0, 2),
    NUMBER(committed_tcb, 0x1e0, 8, 2),
    NUMBER(current_build, 0x1e8, 1, 2),
    NUMBER(current_minor, 0x1e9, 1, 2),
    NUMBER(current_major, 0x1ea, 1, 2),
    NUMBER(committed_build, 0x1ec, 1, 2),
    NUMBER(committed_minor, 0x1ed, 1, 2),
    NUMBER(committed_major, 0x1ee, 1, 2),
    NUMBER(launch_tcb, 0x1f0, 8, 2),
    NUMBER(launch_mitigation, 0x1f8, 8, 5),
    NUMBER(current_mitigation, 0x200, 8, 5),
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

const struct snp_report_field *snp_report_fields(unsigned *n)
{
    *n = FIELDS;
    return fields;
}

uint64_t snp_report_number(const struct snp_report *report, const struct snp_report_field *field)
{
    uint64_t value;

    memcpy(&value, (const uint8_t *)report + field->member, sizeof(value));
    return value;
}

void snp_report_write(const struct snp_report *report, uint8_t wire[SNP_REPORT_SIZE])
{
    memset(wire, 0, SNP_REPORT_SIZE);
    for (unsigned i = 0; i < FIELDS; i++) {
        const struct snp_report_field *field = &fields[i];
        uint64_t value;

        if (field->since > report->version)
            continue;
        if (!field->number) {
            memcpy(wire + field->offset, (const uint8_t *)report + field->member, field->size);
            continue;
        }
        value = snp_report_number(report, field);
        for (unsigned byte = 0; byte < field->size; byte++)
            wire[field->offset + byte] = (uint8_t)(value >> 8 * byte);
    }
}

static void read_field(struct snp_report *report, const struct snp_report_field *field,
                       const uint8_t *wire)
{
    uint8_t *to = (uint8_t *)report + field->member;
    uint64_t value = 0;

    if (!field->number) {
        memcpy(to, wire + field->offset, field->size);
        return;
    }
    for (unsigned byte = 0; byte < field->size; byte++)
        value |= (uint64_t)wire[field->offset + byte] << 8 * byte;
    memcpy(to, &value, sizeof(value));
}

static bool zero(const uint8_t *wire, size_t from, size_t to)
{
    struct buf b = buf_reader(wire + from, to - from);

    return buf_get_zero(&b, to - from);
}

const char *snp_report_read(struct snp_report *report, const uint8_t wire[SNP_REPORT_SIZE])
{
    const uint32_t signature_end = SNP_REPORT_SIGNED_SIZE + CERT_EC_SIG_SIZE;
    bool reserved = zero(wire, signature_end, SNP_REPORT_SIZE);
    uint32_t end = 0;

    memset(report, 0, sizeof(*report));
    read_field(report, &fields[0], wire);
    for (unsigned i = 0; i < FIELDS; i++) {
        if (fields[i].since > report->version)
            continue;
        reserved = zero(wire, end, fields[i].offset) && reserved;
        read_field(report, &fields[i], wire);
        end = fields[i].offset + fields[i].size;
    }
    reserved = zero(wire, end, SNP_REPORT_SIGNED_SIZE) && reserved;
    if (report->version < SNP_REPORT_VERSION_MIN || report->version > SNP_REPORT_VERSION_MAX)
        return "its version is none of 2 to 5";
    return reserved ? NULL : "a reserved byte is not zero";
}

int snp_report_sign(uint8_t wire[SNP_REPORT_SIZE], const struct crypto_p384_key *key)
{
    struct crypto_p384_signature sig;
    int err = crypto_p384_sign(key, CRYPTO_HASH_SHA384, wire, SNP_REPORT_SIGNED_SIZE, &sig);

    if (err)
        return err;
    cert_ec_sig_write(&sig, wire + SNP_REPORT_SIGNED_SIZE);
    return 0;
}

int snp_report_verify(const uint8_t wire[SNP_REPORT_SIZE], const struct crypto_p384_public *pub)
{
    struct crypto_p384_signature sig;

    if (cert_ec_sig_read(&sig, wire + SNP_REPORT_SIGNED_SIZE))
        return -EBADMSG;
    return crypto_p384_verify(pub, CRYPTO_HASH_SHA384, wire, SNP_REPORT_SIGNED_SIZE, &sig);
}
