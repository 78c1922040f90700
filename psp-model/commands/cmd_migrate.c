/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that send a guest to another platform and receive it there.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_send_start, sev_data_send_update_data,
 * sev_data_send_update_vmsa, sev_data_send_finish, sev_data_send_cancel, sev_data_receive_start,
 * sev_data_receive_update_data, sev_data_receive_update_vmsa, sev_data_receive_finish;
 * AMDESE/sev-tool src/sevapi.h SEV_POLICY (what DOMAIN and SEV demand of the target).
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed.
 */
#include <errno.h>
#include <string.h>

#include "chip.h"
#include "cmd.h"
#include "protocol/packet.h"
#include "policy.h"
#include "protocol/root.h"
#include "protocol/session.h"
#include "start.h"
#include "transfer.h"

#define AMD_CERTS_MAX (2u * CERT_ROOT_MAX)

/* --- SEND_START: checks of the target --------------------------------------------------- */

struct target {
    uint64_t pdh_addr, plat_addr, amd_addr, session_addr;
    uint32_t pdh_len, plat_len, amd_len, session_len;
    struct cert pdh, pek, oca, cek;
};

static void get_target(const struct cmd *cmd, struct target *t)
{
    t->pdh_addr = cmd_addr(cmd, SEV_SEND_START_PDH_ADDR);
    t->pdh_len = cmd_get32(cmd, SEV_SEND_START_PDH_LEN);
    t->plat_addr = cmd_addr(cmd, SEV_SEND_START_PLAT_ADDR);
    t->plat_len = cmd_get32(cmd, SEV_SEND_START_PLAT_LEN);
    t->amd_addr = cmd_addr(cmd, SEV_SEND_START_AMD_ADDR);
    t->amd_len = cmd_get32(cmd, SEV_SEND_START_AMD_LEN);
    t->session_addr = cmd_addr(cmd, SEV_SEND_START_SESSION_ADDR);
    t->session_len = cmd_get32(cmd, SEV_SEND_START_SESSION_LEN);
}

static enum sev_status check_target_buffers(struct cmd *cmd, const struct target *t)
{
    bool amd = cmd->guest->policy & SEV_POLICY_SEV;

    if (t->pdh_len != CERT_SIZE || t->plat_len != CERT_CHAIN_SIZE ||
        (amd && (!t->amd_len || t->amd_len > AMD_CERTS_MAX)))
        return SEV_STATUS_INVALID_LEN;
    if (!cmd_ram_valid(cmd, t->pdh_addr, t->pdh_len) ||
        !cmd_ram_valid(cmd, t->plat_addr, t->plat_len) ||
        (amd && !cmd_ram_valid(cmd, t->amd_addr, t->amd_len)) ||
        !cmd_ram_valid(cmd, t->session_addr, SESSION_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    return SEV_STATUS_SUCCESS;
}

/* One certificate of the target, which must be of that usage. */
static int read_one(struct cert *cert, const uint8_t wire[CERT_SIZE], enum cert_usage usage)
{
    int err = cert_read(cert, wire);

    return err || cert->usage == usage ? err : -EINVAL;
}

static enum sev_status read_target(struct cmd *cmd, struct target *t)
{
    struct psp *psp = cmd->psp;
    uint8_t *wire = psp->chunk;
    enum sev_status status = cmd_ram_read(cmd, PSP_NO_ASID, t->pdh_addr, wire, CERT_SIZE);
    int err;

    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_read(cmd, PSP_NO_ASID, t->plat_addr, wire + CERT_SIZE, CERT_CHAIN_SIZE);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    err = read_one(&t->pdh, wire, CERT_USAGE_PDH);
    if (!err)
        err = read_one(&t->pek, wire + CERT_SIZE, CERT_USAGE_PEK);
    if (!err)
        err = read_one(&t->oca, wire + 2 * CERT_SIZE, CERT_USAGE_OCA);
    if (!err)
        err = read_one(&t->cek, wire + 3 * CERT_SIZE, CERT_USAGE_CEK);
    if (!err)
        err = cert_verify(&t->pdh, &t->pek);
    if (!err)
        err = cert_verify(&t->pek, &t->oca);
    if (!err)
        err = cert_verify(&t->pek, &t->cek);
    if (!err)
        err = cert_verify(&t->oca, &t->oca);
    return psp_cert_verdict(psp, err);
}

/* Check the chain of the chip, CEK <- ASK <- ARK. This model trusts one ARK, its own. The buffer
 * holds ASK || ARK. */
static enum sev_status check_roots(struct cmd *cmd, const struct target *t)
{
    struct psp *psp = cmd->psp;
    struct cert_root ask, ark;
    enum sev_status status = cmd_ram_read(cmd, PSP_NO_ASID, t->amd_addr, psp->chunk, t->amd_len);
    long ask_len, ark_len;
    int err = -EINVAL;

    if (status != SEV_STATUS_SUCCESS)
        return status;
    ask_len = cert_root_read(&ask, psp->chunk, t->amd_len);
    if (ask_len > 0 && ask.usage == CERT_USAGE_ASK) {
        ark_len = cert_root_read(&ark, psp->chunk + ask_len, t->amd_len - (size_t)ask_len);
        if (ark_len > 0 && ark.usage == CERT_USAGE_ARK && root_is_model(&ark))
            err = 0;
    }
    if (!err)
        err = cert_root_verify(&ark, &ark);
    if (!err)
        err = cert_root_verify(&ask, &ark);
    if (!err)
        err = cert_verify_by_root(&t->cek, &ask);
    return psp_cert_verdict(psp, err);
}

static enum sev_status check_target(struct cmd *cmd, const struct target *t)
{
    uint32_t policy = cmd->guest->policy;

    if (!policy_api_ok(policy, t->pek.api_major, t->pek.api_minor))
        return SEV_STATUS_POLICY_FAILURE;
    if ((policy & SEV_POLICY_DOMAIN) &&
        memcmp(t->oca.key, chip_identity(cmd->psp)->oca_cert.key, sizeof(t->oca.key)) != 0)
        return SEV_STATUS_POLICY_FAILURE;
    return policy & SEV_POLICY_SEV ? check_roots(cmd, t) : SEV_STATUS_SUCCESS;
}

/* --- SEND ------------------------------------------------------------------------------------ */

/* Make new transport keys for this migration, wrapped for the PDH of the target. */
static enum sev_status make_session(struct cmd *cmd, const struct target *t,
                                    struct session_keys *keys, uint8_t wire[SESSION_SIZE])
{
    struct psp *psp = cmd->psp;
    struct crypto_p384_public peer;
    struct session session;
    uint8_t z[CRYPTO_P384_SIZE];
    enum sev_status status = psp_random(psp, keys, sizeof(*keys));
    int err;

    if (status == SEV_STATUS_SUCCESS)
        status = psp_random(psp, session.nonce, sizeof(session.nonce));
    if (status == SEV_STATUS_SUCCESS)
        status = psp_random(psp, session.wrap_iv, sizeof(session.wrap_iv));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    err = cert_public(&t->pdh, &peer);
    if (!err)
        err = crypto_p384_ecdh(&chip_identity(psp)->pdh, &peer, z);
    if (!err)
        err = session_seal(&session, z, sizeof(z), keys, cmd->guest->policy);
    crypto_wipe(z, sizeof(z));
    if (err)
        return psp_host_trouble(psp, "making a session", err);
    session_write(&session, wire);
    return SEV_STATUS_SUCCESS;
}

static enum sev_status reply_session(struct cmd *cmd, uint64_t addr,
                                     const uint8_t wire[SESSION_SIZE])
{
    enum sev_status status = cmd_ram_write(cmd, PSP_NO_ASID, addr, wire, SESSION_SIZE);

    if (status != SEV_STATUS_SUCCESS)
        return status;
    cmd_put32(cmd, SEV_SEND_START_POLICY, cmd->guest->policy);
    cmd_put32(cmd, SEV_SEND_START_SESSION_LEN, SESSION_SIZE);
    return cmd_reply(cmd);
}

/* POLICY_FAILURE       policy NOSEND
 * INVALID_LEN          session shorter than 128, or address 0; 128 is stored in its length field
 * INVALID_LEN          PDH not 2084, platform chain not 6252; with policy SEV: no AMD chain, or one
 *                      above 3200
 * INVALID_ADDRESS      one of them is not all in RAM
 * INVALID_CERTIFICATE  one of the four platform certificates is malformed or of another kind
 * BAD_SIGNATURE        PDH not by PEK, PEK not by OCA and CEK, or OCA not by itself
 * POLICY_FAILURE       the target's API (in its PEK) is older than the policy wants
 * POLICY_FAILURE       policy DOMAIN, and the target has another OCA than this platform
 * With policy SEV:
 * INVALID_CERTIFICATE  ASK or ARK malformed, or the ARK is not the one of this platform
 * BAD_SIGNATURE        CEK not by ASK, ASK not by ARK, or ARK not by itself */
enum sev_status cmd_send_start(struct cmd *cmd)
{
    struct gctx *guest = cmd->guest;
    struct session_keys keys = {{0}, {0}};
    struct target t;
    uint8_t wire[SESSION_SIZE];
    enum sev_status status;

    get_target(cmd, &t);
    if (guest->policy & SEV_POLICY_NOSEND)
        return SEV_STATUS_POLICY_FAILURE;
    if (!t.session_addr || t.session_len < SESSION_SIZE)
        return cmd_reply_length(cmd, SEV_SEND_START_SESSION_LEN, SESSION_SIZE);
    status = check_target_buffers(cmd, &t);
    if (status == SEV_STATUS_SUCCESS)
        status = read_target(cmd, &t);
    if (status == SEV_STATUS_SUCCESS)
        status = check_target(cmd, &t);
    if (status == SEV_STATUS_SUCCESS)
        status = make_session(cmd, &t, &keys, wire);
    if (status == SEV_STATUS_SUCCESS)
        status = reply_session(cmd, t.session_addr, wire);
    if (status == SEV_STATUS_SUCCESS) {
        memcpy(guest->tek, keys.tek, sizeof(guest->tek));
        memcpy(guest->tik, keys.tik, sizeof(guest->tik));
        guest->state = SEV_GUEST_SUPDATE;
    }
    crypto_wipe(&keys, sizeof(keys));
    return status;
}

/* As transfer_from_guest(). */
enum sev_status cmd_send_update_data(struct cmd *cmd)
{
    return transfer_from_guest(cmd, PACKET_SEND_DATA, 0);
}

/* POLICY_FAILURE  the guest is not an ES guest: it has no VMSA
 * then as transfer_from_guest() with 4096 bytes */
enum sev_status cmd_send_update_vmsa(struct cmd *cmd)
{
    if (!(cmd->guest->policy & SEV_POLICY_ES))
        return SEV_STATUS_POLICY_FAILURE;
    return transfer_from_guest(cmd, PACKET_SEND_VMSA, SEV_VMSA_SIZE);
}

static void end_transport(struct gctx *guest, enum sev_guest_state state)
{
    crypto_wipe(guest->tek, sizeof(guest->tek));
    crypto_wipe(guest->tik, sizeof(guest->tik));
    guest->state = (uint8_t)state;
}

/* Cannot fail. The guest can only be deleted afterwards. */
enum sev_status cmd_send_finish(struct cmd *cmd)
{
    end_transport(cmd->guest, SEV_GUEST_SENT);
    return SEV_STATUS_SUCCESS;
}

/* Cannot fail. The guest runs on, on this platform. */
enum sev_status cmd_send_cancel(struct cmd *cmd)
{
    end_transport(cmd->guest, SEV_GUEST_RUNNING);
    return SEV_STATUS_SUCCESS;
}

/* --- RECEIVE --------------------------------------------------------------------------------- */

/* As start_guest(), with a session. */
enum sev_status cmd_receive_start(struct cmd *cmd)
{
    return start_guest(cmd, SEV_GUEST_RUPDATE, true);
}

/* As transfer_to_guest(). */
enum sev_status cmd_receive_update_data(struct cmd *cmd)
{
    return transfer_to_guest(cmd, PACKET_SEND_DATA, NULL, 0);
}

/* POLICY_FAILURE  the guest is not an ES guest: it has no VMSA
 * then as transfer_to_guest() with 4096 bytes */
enum sev_status cmd_receive_update_vmsa(struct cmd *cmd)
{
    if (!(cmd->guest->policy & SEV_POLICY_ES))
        return SEV_STATUS_POLICY_FAILURE;
    return transfer_to_guest(cmd, PACKET_SEND_VMSA, NULL, SEV_VMSA_SIZE);
}

/* Cannot fail. */
enum sev_status cmd_receive_finish(struct cmd *cmd)
{
    end_transport(cmd->guest, SEV_GUEST_RUNNING);
    return SEV_STATUS_SUCCESS;
}
