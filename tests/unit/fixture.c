/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Chips with known keys, and owners.
 *
 * Source: tests/vectors/pki.txt and start.txt.
 */
#include "fixture.h"

#include "nv.h"
#include "protocol/session.h"
#include "vectors.h"

static void key(struct crypto_p384_key *k, const char *file, const char *name)
{
    vector_exact(file, name, k->d, sizeof(k->d));
    assert_int_equal(crypto_p384_from_private(k), 0);
}

static void certificate(struct cert *cert, const char *name)
{
    uint8_t wire[CERT_SIZE];

    vector_exact("pki.txt", name, wire, sizeof(wire));
    assert_int_equal(cert_read(cert, wire), 0);
}

void fixture_identity(struct identity *id)
{
    memset(id, 0, sizeof(*id));
    memset(id->chip_id, 0xc1, sizeof(id->chip_id));
    key(&id->cek, "start.txt", "cek_d");
    key(&id->oca, "start.txt", "oca_d");
    key(&id->pek, "start.txt", "pek_d");
    key(&id->pdh, "pki.txt", "pdh_d");
    certificate(&id->cek_cert, "cert_cek");
    certificate(&id->oca_cert, "cert_oca");
    certificate(&id->pek_cert, "cert_pek");
    certificate(&id->pdh_cert, "cert_pdh");
}

void fixture_chip(struct harness *h)
{
    struct identity id;

    fixture_identity(&id);
    assert_int_equal(nv_encode(&id, h->nv), 0);
    h->nv_len = NV_SIZE;
    harness_start(h);
}

void fixture_stored(const struct harness *h, struct identity *id)
{
    assert_int_equal(nv_decode(id, h->nv, h->nv_len, NULL), 0);
}

void fixture_own(const uint8_t csr_wire[CERT_SIZE], uint8_t secret, uint8_t pek[CERT_SIZE],
                 uint8_t oca[CERT_SIZE])
{
    struct crypto_p384_key owner_key = {.d = {[47] = secret}};
    struct cert csr, owner;

    assert_int_equal(crypto_p384_from_private(&owner_key), 0);
    cert_init(&owner, CERT_USAGE_OCA, &owner_key.pub);
    assert_int_equal(cert_sign(&owner, 0, CERT_USAGE_OCA, &owner_key), 0);
    cert_write(&owner, oca);
    assert_int_equal(cert_read(&csr, csr_wire), 0);
    assert_int_equal(cert_sign(&csr, 0, CERT_USAGE_OCA, &owner_key), 0);
    cert_write(&csr, pek);
}

void fixture_prepare_import(struct harness *h, uint8_t secret)
{
    uint8_t pek[CERT_SIZE], oca[CERT_SIZE];

    assert_int_equal(exec_blob(h, SEV_CMD_PEK_CSR, BLOB_ADDR, CERT_SIZE), SEV_STATUS_SUCCESS);
    fixture_own(h->ram + BLOB_ADDR, secret, pek, oca);
    put(h, BLOB_ADDR, pek, CERT_SIZE);
    put(h, TRANS_ADDR, oca, CERT_SIZE);
    cmd_clear(h);
    put64(h, CMD_ADDR + SEV_PEK_CERT_IMPORT_PEK_ADDR, BLOB_ADDR);
    put32(h, CMD_ADDR + SEV_PEK_CERT_IMPORT_PEK_LEN, CERT_SIZE);
    put64(h, CMD_ADDR + SEV_PEK_CERT_IMPORT_OCA_ADDR, TRANS_ADDR);
    put32(h, CMD_ADDR + SEV_PEK_CERT_IMPORT_OCA_LEN, CERT_SIZE);
}

void cmd_start(struct harness *h, uint32_t policy, uint64_t session)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SEV_START_POLICY, policy);
    put64(h, CMD_ADDR + SEV_START_CERT_ADDR, TRANS_ADDR);
    put32(h, CMD_ADDR + SEV_START_CERT_LEN, CERT_SIZE);
    put64(h, CMD_ADDR + SEV_START_SESSION_ADDR, session);
    put32(h, CMD_ADDR + SEV_START_SESSION_LEN, SESSION_SIZE);
}

void fixture_take_ownership(struct harness *h, uint8_t secret)
{
    fixture_prepare_import(h, secret);
    assert_int_equal(exec(h, SEV_CMD_PEK_CERT_IMPORT), SEV_STATUS_SUCCESS);
}

enum sev_status exec_blob(struct harness *h, enum sev_cmd command, uint64_t addr, uint32_t len)
{
    cmd_clear(h);
    put64(h, CMD_ADDR + SEV_BLOB_ADDR, addr);
    put32(h, CMD_ADDR + SEV_BLOB_LEN, len);
    return exec(h, command);
}

void cmd_export(struct harness *h)
{
    cmd_clear(h);
    put64(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_PDH_ADDR, BLOB_ADDR);
    put32(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_PDH_LEN, CERT_SIZE);
    put64(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_CHAIN_ADDR, BLOB_ADDR + CERT_SIZE);
    put32(h, CMD_ADDR + SEV_PDH_CERT_EXPORT_CHAIN_LEN, CERT_CHAIN_SIZE);
}

void do_export(struct harness *h, uint8_t pdh[CERT_SIZE], uint8_t chain[CERT_CHAIN_SIZE])
{
    cmd_export(h);
    assert_int_equal(exec(h, SEV_CMD_PDH_CERT_EXPORT), SEV_STATUS_SUCCESS);
    memcpy(pdh, h->ram + BLOB_ADDR, CERT_SIZE);
    memcpy(chain, h->ram + BLOB_ADDR + CERT_SIZE, CERT_CHAIN_SIZE);
}
