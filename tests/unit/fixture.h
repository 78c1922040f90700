/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Chips with known keys, and owners, for tests of commands that deal with certificates.
 *
 * Source: tests/vectors/pki.txt and start.txt.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "harness.h"

#include "identity.h"

/* The platform whose keys and certificates python3-cryptography made. */
void fixture_identity(struct identity *id);
/* Put it into the chip's storage and start the processor again. */
void fixture_chip(struct harness *harness);
/* What the chip's storage holds now. */
void fixture_stored(const struct harness *harness, struct identity *id);

/* Sign `csr` as an owner does whose private key is `secret`; gives what PEK_CERT_IMPORT takes. */
void fixture_own(const uint8_t csr[CERT_SIZE], uint8_t secret, uint8_t pek[CERT_SIZE],
                 uint8_t oca[CERT_SIZE]);
/* PEK_CSR on a platform in INIT, and the buffer of PEK_CERT_IMPORT with what its owner made of it.
 */
void fixture_prepare_import(struct harness *harness, uint8_t secret);
/* The whole exchange. */
void fixture_take_ownership(struct harness *harness, uint8_t secret);

/* The buffer of LAUNCH_START and RECEIVE_START: the owner's certificate at TRANS_ADDR, a session.
 */
void cmd_start(struct harness *harness, uint32_t policy, uint64_t session);
/* One address and one length: PEK_CSR, GET_ID, DOWNLOAD_FIRMWARE. */
enum sev_status exec_blob(struct harness *harness, enum sev_cmd command, uint64_t addr,
                          uint32_t len);
/* The buffer of PDH_CERT_EXPORT: the PDH goes to BLOB_ADDR, the chain after it. */
void cmd_export(struct harness *harness);
/* The command, and what it wrote. */
void do_export(struct harness *harness, uint8_t pdh[CERT_SIZE], uint8_t chain[CERT_CHAIN_SIZE]);

#endif
