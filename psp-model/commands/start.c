/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The start of a guest context, which LAUNCH_START and RECEIVE_START share.
 */
#include "start.h"

#include <errno.h>
#include <string.h>

#include "protocol/cert.h"
#include "chip.h"
#include "policy.h"
#include "protocol/session.h"

struct start {
    uint32_t handle, policy;
    uint64_t cert_addr, session_addr;
    uint32_t cert_len, session_len;
    const struct gctx *owner; /* whose VEK is shared, or NULL */
    bool session;
};

static struct start get(const struct cmd *cmd, bool need_session)
{
    struct start s = {.handle = cmd_get32(cmd, SEV_GUEST_HANDLE),
                      .policy = cmd_get32(cmd, SEV_START_POLICY),
                      .cert_addr = cmd_addr(cmd, SEV_START_CERT_ADDR),
                      .cert_len = cmd_get32(cmd, SEV_START_CERT_LEN),
                      .session_addr = cmd_addr(cmd, SEV_START_SESSION_ADDR),
                      .session_len = cmd_get32(cmd, SEV_START_SESSION_LEN)};

    /* One without the other is a session too: it then fails for its length. */
    s.session = need_session || s.cert_addr || s.session_addr;
    s.owner = gctx_find(&cmd->psp->guests, s.handle);
    return s;
}

static enum sev_status check(struct cmd *cmd, const struct start *s)
{
    struct psp *psp = cmd->psp;
    enum sev_status status;

    if (s->handle && !s->owner)
        return SEV_STATUS_INVALID_GUEST;
    if (s->session && (s->cert_len != CERT_SIZE || s->session_len != SESSION_SIZE))
        return SEV_STATUS_INVALID_LEN;
    if (s->session && (!cmd_ram_valid(cmd, s->cert_addr, CERT_SIZE) ||
                       !cmd_ram_valid(cmd, s->session_addr, SESSION_SIZE)))
        return SEV_STATUS_INVALID_ADDRESS;
    status = policy_check_start(s->policy, &psp->config, &psp->platform);
    if (status == SEV_STATUS_SUCCESS && s->owner)
        status = policy_check_sharing(s->policy, s->owner->policy);
    return status;
}

/* Get the ECDH key of the peer. The certificate only carries it: its signatures are not checked. */
static enum sev_status peer_key(struct psp *psp, const uint8_t wire[CERT_SIZE],
                                struct crypto_p384_public *pub)
{
    struct cert cert;
    int err = cert_read(&cert, wire);

    if (!err && (cert.usage != CERT_USAGE_PDH ||
                 (cert.algo != CERT_ALGO_ECDH_SHA256 && cert.algo != CERT_ALGO_ECDH_SHA384)))
        err = -EINVAL;
    if (!err)
        err = cert_public(&cert, pub);
    return psp_cert_verdict(psp, err);
}

/* TEK and TIK out of the session. */
static enum sev_status unwrap(const struct cmd *cmd, const struct start *s,
                              struct session_keys *keys)
{
    struct psp *psp = cmd->psp;
    uint8_t cert_wire[CERT_SIZE], wire[SESSION_SIZE], z[CRYPTO_P384_SIZE];
    struct crypto_p384_public peer;
    struct session session;
    enum sev_status status = cmd_ram_read(cmd, PSP_NO_ASID, s->cert_addr, cert_wire, CERT_SIZE);
    int err;

    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_read(cmd, PSP_NO_ASID, s->session_addr, wire, SESSION_SIZE);
    if (status == SEV_STATUS_SUCCESS)
        status = peer_key(psp, cert_wire, &peer);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    session_read(&session, wire);
    err = crypto_p384_ecdh(&chip_identity(psp)->pdh, &peer, z);
    if (!err)
        err = session_open(&session, z, sizeof(z), s->policy, keys);
    crypto_wipe(z, sizeof(z));
    if (err == -EBADMSG || err == -EKEYREJECTED)
        return SEV_STATUS_BAD_MEASUREMENT;
    return err ? psp_host_trouble(psp, "opening a session", err) : SEV_STATUS_SUCCESS;
}

/* A key that the user fixed, or a random one. */
static enum sev_status choose16(struct psp *psp, const uint8_t *fixed, uint8_t key[16])
{
    if (!fixed)
        return psp_random(psp, key, 16);
    memcpy(key, fixed, 16);
    return SEV_STATUS_SUCCESS;
}

static enum sev_status transport_keys(const struct cmd *cmd, const struct start *s,
                                      struct session_keys *keys)
{
    struct psp *psp = cmd->psp;
    enum sev_status status;

    if (s->session)
        return unwrap(cmd, s, keys);
    status = choose16(psp, psp->config.tek, keys->tek);
    if (status == SEV_STATUS_SUCCESS)
        status = choose16(psp, psp->config.tik, keys->tik);
    return status;
}

static enum sev_status fill(const struct cmd *cmd, struct gctx *guest, const struct start *s,
                            enum sev_guest_state state)
{
    struct session_keys keys = {{0}, {0}};
    enum sev_status status = transport_keys(cmd, s, &keys);

    guest->policy = s->policy;
    memcpy(guest->tek, keys.tek, sizeof(guest->tek));
    memcpy(guest->tik, keys.tik, sizeof(guest->tik));
    crypto_wipe(&keys, sizeof(keys));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    if (s->owner)
        memcpy(guest->vek, s->owner->vek, sizeof(guest->vek));
    else
        status = psp_random(cmd->psp, guest->vek, sizeof(guest->vek));
    if (status == SEV_STATUS_SUCCESS && state == SEV_GUEST_LUPDATE) {
        guest->hash = crypto_sha256_new();
        if (!guest->hash)
            status = SEV_STATUS_RESOURCE_LIMIT;
    }
    return status;
}

enum sev_status start_guest(struct cmd *cmd, enum sev_guest_state state, bool need_session)
{
    struct psp *psp = cmd->psp;
    struct start s = get(cmd, need_session);
    enum sev_status status = check(cmd, &s);
    struct gctx *guest;

    if (status != SEV_STATUS_SUCCESS)
        return status;
    guest = gctx_new(&psp->guests);
    if (!guest)
        return SEV_STATUS_RESOURCE_LIMIT;
    status = fill(cmd, guest, &s, state);
    if (status == SEV_STATUS_SUCCESS) {
        cmd_put32(cmd, SEV_GUEST_HANDLE, guest->handle);
        status = cmd_reply(cmd);
    }
    if (status != SEV_STATUS_SUCCESS) {
        gctx_delete(guest);
        return status;
    }
    guest->state = (uint8_t)state;
    psp->platform.state = SEV_PLATFORM_WORKING;
    cmd->handle = guest->handle;
    return status;
}
