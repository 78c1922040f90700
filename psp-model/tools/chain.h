/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The certificates of a platform as owners get them in files: PDH, PEK, OCA, CEK, and the ASK and
 * ARK above them, one after another in any number and order.
 *
 * Source: the files of `sevctl export` (PDH || PEK || OCA || CEK, with --full also ASK || ARK), of
 * sev-tool (one certificate a file), and of PDH_CERT_EXPORT (PEK || OCA || CEK).
 */
#ifndef OWNER_CHAIN_H
#define OWNER_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/cert.h"
#include "owner.h"

enum chain_place { CHAIN_PDH, CHAIN_PEK, CHAIN_OCA, CHAIN_CEK, CHAIN_CERTS };

struct chain {
    struct cert cert[CHAIN_CERTS];
    bool have[CHAIN_CERTS];
    struct cert_root ask, ark;
    bool have_ask, have_ark;
    bool model; /* ASK and ARK are the model's own */
};

/* Called for each certificate of a file, in order: one of the two is NULL. */
typedef void chain_visit(void *ctx, const struct cert *cert, const struct cert_root *root);

/* Read all certificates of a file (or base64) and hand them over. */
enum owner_exit chain_each(const char *what, const char *arg, chain_visit *visit, void *ctx);
/* Read a file into the chain; of two certificates of a kind the later one stays. */
enum owner_exit chain_read(const char *what, const char *arg, struct chain *chain);

/* Verify every signature, say each, and answer with them ("links"). Without ASK and ARK the model's
 * are taken. OWNER_OK only if all certificates are there and all signatures are valid. */
enum owner_exit chain_verify(struct chain *chain);

/* "PDH EP384 D256 <hash>", as sevctl prints it: kind of key, hash of the signed body. `text` holds
 * 160 characters. */
void chain_describe_cert(const struct cert *cert, char *text, size_t size);
void chain_describe_root(const struct cert_root *root, char *text, size_t size);

#endif
