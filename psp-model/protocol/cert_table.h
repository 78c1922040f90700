/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificate table that a hypervisor gives a SEV-SNP guest with an extended request: entries of
 * GUID, offset and length (32 bits, little endian), an entry of zeros, then the certificates in DER.
 * Offsets count from the start of the table.
 *
 * Source: google/go-sev-guest abi/abi.go CertTable.Unmarshal(), CertTableHeaderEntry and the GUIDs; virtee/sev
 * src/firmware/host/types/snp.rs CertTableEntry, RawCertTableEntry. The bytes of a GUID are in the
 * order of its text: abi.go CertTableHeaderEntry.Unmarshal().
 */
#ifndef PSP_CERT_TABLE_H
#define PSP_CERT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcb.h"

#ifdef __cplusplus
extern "C" {
#endif

enum cert_table_kind {
    CERT_TABLE_ARK,
    CERT_TABLE_ASK, /* or the ASVK, if there is a VLEK */
    CERT_TABLE_VCEK,
    CERT_TABLE_VLEK,
    CERT_TABLE_CRL,
    CERT_TABLE_KINDS
};

struct cert_table_entry {
    enum cert_table_kind kind;
    const uint8_t *data;
    size_t len;
};

/* Write a table. Return its length, 0 if it does not fit. */
size_t cert_table_write(const struct cert_table_entry *entries, unsigned n, void *table,
                        size_t cap);
/* Find a certificate in a table from outside. NULL if it is not there, or the table is malformed before
 * it: an entry's data is outside the table or inside its entries. */
const uint8_t *cert_table_find(const void *table, size_t size, enum cert_table_kind kind,
                               size_t *len);
/* Return whether the entries are well-formed and end with one of zeros. */
bool cert_table_ok(const void *table, size_t size);

/* Write the table of a model chip: ARK, ASK and VCEK or, with a `csp_id`, ARK, ASVK and VLEK. `start` is
 * that of kds.h. 0 or a negative errno; -ENOSPC if it does not fit in `cap` bytes (CERT_TABLE_MODEL_MAX is
 * enough). */
#define CERT_TABLE_MODEL_MAX 8192
int cert_table_model(enum tcb_model model, const struct tcb *tcb, const uint8_t chip_id[64],
                     const char *csp_id, int64_t start, uint8_t *table, size_t cap, size_t *len)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
