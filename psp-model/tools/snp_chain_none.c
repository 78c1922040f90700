/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * snp_chain.h in a sevowner that was built without GnuTLS: everything is refused.
 */
#include "snp_chain.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/file.h"

#define FILE_LIMIT 65536

/* Only DER and PEM: enough to say why they are refused. */
bool snp_chain_is(const char *arg)
{
    char why[FILE_WHY_SIZE];
    uint8_t *data = NULL;
    size_t len = 0;
    bool found = false;

    if (!file_read(arg, FILE_LIMIT, &data, &len, why))
        found =
            len >= 2 && ((data[0] == 0x30 && data[1] & 0x80) || strstr((char *)data, "-----BEGIN"));
    free(data);
    return found;
}

static enum owner_exit refuse(void)
{
    return owner_fail(OWNER_TROUBLE, "this sevowner was built without GnuTLS, which reads X.509 "
                                     "certificates; install GnuTLS's headers and configure again");
}

struct snp_chain *snp_chain_new(void)
{
    refuse();
    return NULL;
}

void snp_chain_free(struct snp_chain *chain)
{
    (void)chain;
}

enum owner_exit snp_chain_read(struct snp_chain *chain, const char *what, const char *arg)
{
    (void)chain, (void)what, (void)arg;
    return refuse();
}

enum owner_exit snp_chain_read_crl(struct snp_chain *chain, const char *what, const char *arg)
{
    return snp_chain_read(chain, what, arg);
}

enum owner_exit snp_chain_trust(struct snp_chain *chain, const char *what, const char *arg)
{
    return snp_chain_read(chain, what, arg);
}

void snp_chain_set_time(int64_t now)
{
    (void)now;
}

enum owner_exit snp_chain_leaf(struct snp_chain *chain, struct snp_leaf *leaf)
{
    (void)chain, (void)leaf;
    return refuse();
}

enum owner_exit snp_chain_verify(struct snp_chain *chain)
{
    (void)chain;
    return refuse();
}

enum owner_exit snp_chain_show(struct snp_chain *chain)
{
    (void)chain;
    return refuse();
}
