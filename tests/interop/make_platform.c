/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A helper of the interop tests: make a chip as the model does and write what it would give away
 * (and the PDH's private key, which it would not), for other people's tools to look at.
 *
 * usage: make_platform FOLDER
 */
#include <stdio.h>
#include <string.h>

#include "counter_random.h"
#include "identity.h"
#include "protocol/report.h"

static int write_file(const char *folder, const char *name, const void *data, size_t len)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f)
        return -1;
    size_t n = fwrite(data, 1, len, f);
    return fclose(f) == 0 && n == len ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct counter_random source = {.state = 7};
    const struct identity_random entropy = {counter_random_fill, &source};
    struct identity id;
    struct report report = {.mnonce = "a nonce of 16 B", .policy = 0x10005};
    struct cert csr;
    uint8_t pdh[CERT_SIZE], chain[CERT_CHAIN_SIZE], wire[REPORT_SIZE], csr_wire[CERT_SIZE];
    if (argc != 2 || crypto_init() || identity_create(&id, &entropy, 1, 55))
        return 1;
    memset(report.launch_digest, 0xd1, sizeof(report.launch_digest));
    if (report_sign(&report, &id.pek))
        return 1;
    cert_write(&id.pdh_cert, pdh);
    if (identity_chain(&id, chain))
        return 1;
    report_write(&report, wire);
    identity_csr(&id, &csr);
    cert_write(&csr, csr_wire);
    return write_file(argv[1], "pdh", pdh, sizeof(pdh)) ||
           write_file(argv[1], "pdh_private", id.pdh.d, sizeof(id.pdh.d)) ||
           write_file(argv[1], "chain", chain, sizeof(chain)) ||
           write_file(argv[1], "report", wire, sizeof(wire)) ||
           write_file(argv[1], "csr", csr_wire, sizeof(csr_wire));
}
