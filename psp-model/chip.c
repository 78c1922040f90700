/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The identity in the running processor; see chip.h.
 */
#include "chip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nv.h"
#include "psp_priv.h"

static_assert(NV_SIZE <= PSP_CHUNK && NV_INIT_EX_SIZE <= PSP_CHUNK, "psp->chunk holds it");

struct identity_random chip_random(struct psp *psp)
{
    return (struct identity_random){.fill = psp->host.random, .ctx = psp->ctx};
}

const struct identity *chip_identity(const struct psp *psp)
{
    return psp->chip.nv_addr ? &psp->chip.in_buffer : &psp->chip.own;
}

/* Decode the identity in psp->chunk; log the reason if that fails. With `exact`, nothing may follow
 * it. *damaged: it can be replaced. */
static enum sev_status decode(struct psp *psp, size_t len, bool exact, struct identity *id,
                              bool *damaged)
{
    const char *reason = NULL;
    char message[160];
    int err = nv_decode(id, psp->chunk, len, &reason);

    if (!err && exact && len != NV_SIZE) {
        err = -EINVAL;
        reason = "it is longer than it should be";
    }
    *damaged = err == -EINVAL;
    if (!err)
        return SEV_STATUS_SUCCESS;
    if (err != -EINVAL && err != -ENOTSUP)
        return psp_host_trouble(psp, "decoding the identity", err);
    if (psp->host.log) {
        snprintf(message, sizeof(message), "psp: stored identity refused: %s",
                 reason ? reason : "unknown reason");
        psp->host.log(psp->ctx, PSP_LOG_ERROR, message);
    }
    return SEV_STATUS_SECURE_DATA_INVALID;
}

/* Store `id` in the buffer at `nv_addr`, or, if that is 0, in the chip's storage if it has one. The
 * CEK certificate is signed first, in `id` itself: so it is signed once and not for each copy. */
static enum sev_status store(struct psp *psp, enum psp_issuer issuer, uint64_t nv_addr,
                             struct identity *id)
{
    enum sev_status status = SEV_STATUS_SUCCESS;
    int err;

    if (!nv_addr && !psp->host.nv_store)
        return status;
    err = identity_sign_cek(id);
    if (!err)
        err = nv_encode(id, psp->chunk);
    if (!err && nv_addr)
        status = psp_ram_write(psp, issuer, PSP_NO_ASID, nv_addr, psp->chunk, NV_SIZE);
    else if (!err)
        err = psp->host.nv_store(psp->ctx, psp->chunk, NV_SIZE);
    if (err)
        status = psp_host_trouble(psp, "storing the identity", err);
    crypto_wipe(psp->chunk, NV_SIZE);
    return status;
}

/* Make a new chip in memory. */
static enum sev_status create(struct psp *psp)
{
    struct identity_random random = chip_random(psp);
    int err =
        identity_create(&psp->chip.own, &random, psp->config.api_major, psp->config.api_minor);

    if (err)
        return psp_host_trouble(psp, "making the chip's identity", err);
    psp->chip.loaded = true;
    psp->chip.stored = false;
    return SEV_STATUS_SUCCESS;
}

/* Store the chip's identity unless that is done. */
static enum sev_status keep(struct psp *psp)
{
    enum sev_status status = SEV_STATUS_SUCCESS;

    if (!psp->chip.stored)
        status = store(psp, PSP_ISSUER_GUEST, 0, &psp->chip.own);
    psp->chip.stored = psp->chip.stored || status == SEV_STATUS_SUCCESS;
    return status;
}

/* create() and keep(), or neither. */
static enum sev_status create_and_keep(struct psp *psp)
{
    enum sev_status status = create(psp);

    if (status == SEV_STATUS_SUCCESS)
        status = keep(psp);
    if (status != SEV_STATUS_SUCCESS) {
        psp->chip.loaded = false;
        identity_wipe(&psp->chip.own);
    }
    return status;
}

static enum sev_status look(struct psp *psp, bool *damaged)
{
    struct identity id = {0};
    enum sev_status status = SEV_STATUS_SUCCESS;
    size_t len = 0;
    int err = -ENOENT;

    *damaged = false;
    if (psp->chip.loaded)
        return SEV_STATUS_SUCCESS;
    if (psp->host.nv_load)
        err = psp->host.nv_load(psp->ctx, psp->chunk, PSP_CHUNK, &len);
    if (err == -ENOENT || (!err && nv_blank(psp->chunk, len)))
        return SEV_STATUS_SUCCESS;
    if (err)
        status = psp_host_trouble(psp, "loading the identity", err);
    else
        status = decode(psp, len, true, &id, damaged);
    if (status == SEV_STATUS_SUCCESS) {
        psp->chip.own = id;
        psp->chip.loaded = psp->chip.stored = true;
    }
    identity_wipe(&id);
    crypto_wipe(psp->chunk, len);
    return status;
}

enum sev_status chip_look(struct psp *psp)
{
    bool damaged;

    return look(psp, &damaged);
}

enum sev_status chip_make(struct psp *psp)
{
    enum sev_status status = chip_look(psp);

    return status == SEV_STATUS_SUCCESS && !psp->chip.loaded ? create(psp) : status;
}

/* chip_load(); with `replace`, damaged storage counts as empty. */
static enum sev_status load(struct psp *psp, bool replace, bool *damaged)
{
    enum sev_status status = look(psp, damaged);

    if (status != SEV_STATUS_SUCCESS && !(*damaged && replace))
        return status;
    return psp->chip.loaded ? keep(psp) : create_and_keep(psp);
}

enum sev_status chip_load(struct psp *psp)
{
    bool damaged;

    return load(psp, false, &damaged);
}

enum sev_status chip_recover(struct psp *psp, bool *made)
{
    enum sev_status status = load(psp, true, made);

    if (status == SEV_STATUS_SUCCESS)
        psp->chip.damage_reported = false;
    return status;
}

/* The end of INIT and INIT_EX. Trouble of the host does not change what was reported before. */
static enum sev_status report_damage(struct psp *psp, enum sev_status status, bool damaged)
{
    if (status == SEV_STATUS_SUCCESS)
        psp->chip.damage_reported = false;
    else if (status == SEV_STATUS_SECURE_DATA_INVALID && damaged)
        psp->chip.damage_reported = true;
    return status;
}

enum sev_status chip_init(struct psp *psp)
{
    bool damaged;
    enum sev_status status = load(psp, psp->chip.damage_reported, &damaged);

    return report_damage(psp, status, damaged);
}

static enum sev_status fresh_in_buffer(struct psp *psp, enum psp_issuer issuer, uint64_t addr,
                                       struct identity *id)
{
    struct identity_random random = chip_random(psp);
    int err;

    *id = psp->chip.own;
    err = identity_new_pek(id, &random, psp->config.api_major, psp->config.api_minor);
    if (err)
        return psp_host_trouble(psp, "making keys", err);
    return store(psp, issuer, addr, id);
}

/* Get the identity in the buffer at `addr`, or put a new one there if it is blank. */
static enum sev_status load_buffer(struct psp *psp, enum psp_issuer issuer, uint64_t addr,
                                   struct identity *id, bool *damaged)
{
    enum sev_status status =
        psp_ram_read(psp, issuer, PSP_NO_ASID, addr, psp->chunk, NV_INIT_EX_SIZE);
    bool blank;

    if (status != SEV_STATUS_SUCCESS)
        return status;
    blank = nv_blank(psp->chunk, NV_INIT_EX_SIZE);
    if (!blank)
        status = decode(psp, NV_INIT_EX_SIZE, false, id, damaged);
    if (!blank && status == SEV_STATUS_SUCCESS &&
        memcmp(id->chip_id, psp->chip.own.chip_id, sizeof(id->chip_id)) != 0) {
        *damaged = true;
        status = SEV_STATUS_SECURE_DATA_INVALID;
    }
    if (blank || (*damaged && psp->chip.damage_reported))
        status = fresh_in_buffer(psp, issuer, addr, id);
    crypto_wipe(psp->chunk, NV_INIT_EX_SIZE);
    return status;
}

enum sev_status chip_init_buffer(struct psp *psp, enum psp_issuer issuer, uint64_t addr)
{
    struct identity id = {0};
    bool damaged;
    enum sev_status status = load(psp, psp->chip.damage_reported, &damaged);

    damaged = damaged && status != SEV_STATUS_SUCCESS;
    if (status == SEV_STATUS_SUCCESS)
        status = load_buffer(psp, issuer, addr, &id, &damaged);
    if (status == SEV_STATUS_SUCCESS) {
        psp->chip.in_buffer = id;
        psp->chip.nv_addr = addr;
        psp->chip.nv_issuer = issuer;
    }
    identity_wipe(&id);
    return report_damage(psp, status, damaged);
}

void chip_leave_buffer(struct psp *psp)
{
    psp->chip.nv_addr = 0;
    psp->chip.nv_issuer = PSP_ISSUER_GUEST;
    identity_wipe(&psp->chip.in_buffer);
}

static struct identity *in_force(struct psp *psp)
{
    return psp->chip.nv_addr ? &psp->chip.in_buffer : &psp->chip.own;
}

enum sev_status chip_change(struct psp *psp, struct identity *id)
{
    enum sev_status status = store(psp, psp->chip.nv_issuer, psp->chip.nv_addr, id);

    if (status == SEV_STATUS_SUCCESS)
        *in_force(psp) = *id;
    return status;
}

enum sev_status chip_chain(struct psp *psp, uint8_t wire[CERT_CHAIN_SIZE])
{
    int err = identity_chain(in_force(psp), wire);

    return err ? psp_host_trouble(psp, "signing the CEK's certificate", err) : SEV_STATUS_SUCCESS;
}
