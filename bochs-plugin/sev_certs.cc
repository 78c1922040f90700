/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of certificates for a SEV-SNP guest; see sev_certs.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_certs.h"
#include "sev_log.h"

#include <string.h>
#include <time.h>

#include "psp.h"
#include "protocol/cert_table.h"
#include "protocol/kds.h"

struct sev_certs {
    bool made;
    Bit64u reported_tcb;
    size_t len;
    Bit8u table[CERT_TABLE_MODEL_MAX];
};

struct sev_certs *bx_sev_certs_new(void)
{
    return new struct sev_certs();
}

void bx_sev_certs_free(struct sev_certs *certs)
{
    delete certs;
}

const uint8_t *bx_sev_certs_table(struct sev_certs *certs, struct psp *psp, size_t *len)
{
    struct psp_snp_keys keys;
    struct tcb tcb;
    int err = psp_get_snp_keys(psp, &keys);

    if (!err && (!certs->made || certs->reported_tcb != keys.reported_tcb)) {
        (void)tcb_unpack((enum tcb_model)keys.model, keys.reported_tcb, &tcb);
        err = cert_table_model((enum tcb_model)keys.model, &tcb, keys.chip_id, NULL,
                               kds_start(time(NULL)), certs->table, sizeof(certs->table),
                               &certs->len);
        certs->made = !err;
        certs->reported_tcb = keys.reported_tcb;
    }
    if (err) {
        BX_ERROR(("the certificates of the VCEK could not be made: %s", strerror(-err)));
        return NULL;
    }
    *len = certs->len;
    return certs->table;
}
