/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Private keys on the curve P-384 in PEM files, as openssl makes them.
 *
 * Source: RFC 5915 (EC PRIVATE KEY), RFC 5208 (PRIVATE KEY), RFC 7468 (PEM), RFC 5480 (name of the
 * curve).
 */
#ifndef OWNER_KEY_FILE_H
#define OWNER_KEY_FILE_H

#include "owner.h"
#include "protocol/crypto.h"

/* Read the key of a file, which is not encrypted, and compute its public key. The caller wipes it. */
enum owner_exit key_file_read(const char *what, const char *path, struct crypto_p384_key *key);

#endif
