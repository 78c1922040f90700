/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that launch a guest: encrypt and measure its first memory, report the measurement to the
 * guest owner, take the secret of the owner.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_launch_start, sev_data_launch_update_data,
 * sev_data_launch_update_vmsa, sev_data_launch_measure, sev_data_launch_secret,
 * sev_data_launch_finish.
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed.
 */
#include <string.h>

#include "cmd.h"
#include "protocol/measure.h"
#include "protocol/packet.h"
#include "start.h"
#include "transfer.h"

/* --- LAUNCH_START ---------------------------------------------------------------------------- */

/* As start_guest(); the session may be missing. */
enum sev_status cmd_launch_start(struct cmd *cmd)
{
    return start_guest(cmd, SEV_GUEST_LUPDATE, false);
}

/* --- LAUNCH_UPDATE_DATA ---------------------------------------------------------------------- */

/* Restore [spa, spa+len), which was just encrypted under the key of the guest, to its plaintext. The
 * host has failed before, so this can fail too. */
static void undo_encryption(struct cmd *cmd, uint64_t spa, uint64_t len)
{
    struct psp *psp = cmd->psp;

    for (uint64_t done = 0; done < len; done += PSP_CHUNK) {
        size_t n = len - done < PSP_CHUNK ? len - done : PSP_CHUNK;

        if (cmd_ram_read(cmd, cmd->guest->asid, spa + done, psp->chunk, n) != SEV_STATUS_SUCCESS ||
            cmd_ram_write(cmd, PSP_NO_ASID, spa + done, psp->chunk, n) != SEV_STATUS_SUCCESS)
            return;
    }
}

/* Hash the plaintext of a region into `hash` (and `region`, unless NULL) and encrypt it in place
 * under the guest's key. */
static enum sev_status encrypt_region(struct cmd *cmd, struct crypto_sha256 *hash,
                                      struct crypto_sha256 *region)
{
    struct psp *psp = cmd->psp;

    cmd->chunk_used = PSP_CHUNK;
    for (uint64_t done = 0; done < cmd->region_len; done += PSP_CHUNK) {
        uint64_t left = cmd->region_len - done;
        size_t n = left < PSP_CHUNK ? left : PSP_CHUNK;
        uint64_t spa = cmd->region_addr + done;
        enum sev_status status = cmd_ram_read(cmd, PSP_NO_ASID, spa, psp->chunk, n);

        if (status == SEV_STATUS_SUCCESS) {
            crypto_sha256_update(hash, psp->chunk, n);
            if (region)
                crypto_sha256_update(region, psp->chunk, n);
            status = cmd_ram_write(cmd, cmd->guest->asid, spa, psp->chunk, n);
        }
        if (status != SEV_STATUS_SUCCESS) {
            undo_encryption(cmd, cmd->region_addr, done);
            return status;
        }
    }
    return SEV_STATUS_SUCCESS;
}

/* Add the region of `cmd` to GCTX.LD and encrypt it; all or nothing. */
static enum sev_status launch_update(struct cmd *cmd)
{
    struct gctx *guest = cmd->guest;
    /* Only the event needs the digest of the region. It costs a second hash, but for the first
     * region, whose digest is GCTX.LD itself. */
    bool trace = cmd->psp->host.trace != NULL;
    struct crypto_sha256 *hash = crypto_sha256_copy(guest->hash);
    struct crypto_sha256 *region = trace && !guest->hash_empty ? crypto_sha256_new() : NULL;
    enum sev_status status = SEV_STATUS_RESOURCE_LIMIT;

    if (!hash || (trace && !guest->hash_empty && !region))
        goto out;
    status = encrypt_region(cmd, hash, region);
    if (status != SEV_STATUS_SUCCESS)
        goto out;
    if (trace)
        cmd->region_hashed = !crypto_sha256_peek(region ? region : hash, cmd->region_digest);
    crypto_sha256_free(guest->hash);
    guest->hash = hash;
    guest->hash_empty = false;
    hash = NULL;
out:
    crypto_sha256_free(hash);
    crypto_sha256_free(region);
    return status;
}

/* INACTIVE         the guest has no ASID
 * INVALID_LEN      0, or no multiple of 16
 * INVALID_ADDRESS  not aligned to 16, or not all in RAM
 * RESOURCE_LIMIT   out of memory */
enum sev_status cmd_launch_update_data(struct cmd *cmd)
{
    uint64_t addr = cmd_addr(cmd, SEV_LAUNCH_ADDR);
    uint32_t len = cmd_get32(cmd, SEV_LAUNCH_LEN);

    if (!cmd->guest->asid)
        return SEV_STATUS_INACTIVE;
    if (!len || len % SEV_BLOCK_SIZE)
        return SEV_STATUS_INVALID_LEN;
    if (addr % SEV_BLOCK_SIZE || !cmd_ram_valid(cmd, addr, len))
        return SEV_STATUS_INVALID_ADDRESS;
    cmd->region_addr = addr;
    cmd->region_len = len;
    return launch_update(cmd);
}

/* POLICY_FAILURE   the guest is not an ES guest: it has no VMSA
 * INACTIVE         the guest has no ASID
 * INVALID_LEN      not 4096
 * INVALID_ADDRESS  not aligned to 4096, or not all in RAM
 * RESOURCE_LIMIT   out of memory */
enum sev_status cmd_launch_update_vmsa(struct cmd *cmd)
{
    uint64_t addr = cmd_addr(cmd, SEV_LAUNCH_ADDR);

    if (!(cmd->guest->policy & SEV_POLICY_ES))
        return SEV_STATUS_POLICY_FAILURE;
    if (!cmd->guest->asid)
        return SEV_STATUS_INACTIVE;
    if (cmd_get32(cmd, SEV_LAUNCH_LEN) != SEV_VMSA_SIZE)
        return SEV_STATUS_INVALID_LEN;
    if (addr % SEV_VMSA_SIZE || !cmd_ram_valid(cmd, addr, SEV_VMSA_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    cmd->region_addr = addr;
    cmd->region_len = SEV_VMSA_SIZE;
    return launch_update(cmd);
}

/* --- LAUNCH_MEASURE -------------------------------------------------------------------------- */

/* What the owner gets: MEASURE || MNONCE. */
static enum sev_status measure(struct cmd *cmd, uint8_t blob[MEASURE_BLOB_SIZE],
                               struct measure_input *in)
{
    struct psp *psp = cmd->psp;
    enum sev_status status = SEV_STATUS_SUCCESS;
    int err;

    if (psp->config.mnonce)
        memcpy(in->mnonce, psp->config.mnonce, sizeof(in->mnonce));
    else
        status = psp_random(psp, in->mnonce, sizeof(in->mnonce));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    in->api_major = psp->config.api_major;
    in->api_minor = psp->config.api_minor;
    in->build = psp->config.build;
    in->policy = cmd->guest->policy;
    err = gctx_launch_digest(cmd->guest, in->launch_digest);
    if (!err)
        err = measure_compute(in, cmd->guest->tik, blob);
    if (err)
        return psp_host_trouble(psp, "measuring", err);
    memcpy(blob + MEASURE_SIZE, in->mnonce, sizeof(in->mnonce));
    return SEV_STATUS_SUCCESS;
}

/* INVALID_LEN      shorter than 48, or address 0; 48 is stored in the length field
 * INVALID_ADDRESS  not all in RAM */
enum sev_status cmd_launch_measure(struct cmd *cmd)
{
    struct gctx *guest = cmd->guest;
    uint64_t addr = cmd_addr(cmd, SEV_LAUNCH_ADDR);
    struct measure_input in;
    uint8_t blob[MEASURE_BLOB_SIZE];
    enum sev_status status;

    if (!addr || cmd_get32(cmd, SEV_LAUNCH_LEN) < MEASURE_BLOB_SIZE)
        return cmd_reply_length(cmd, SEV_LAUNCH_LEN, MEASURE_BLOB_SIZE);
    if (!cmd_ram_valid(cmd, addr, MEASURE_BLOB_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    status = measure(cmd, blob, &in);
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_write(cmd, PSP_NO_ASID, addr, blob, sizeof(blob));
    if (status == SEV_STATUS_SUCCESS) {
        cmd_put32(cmd, SEV_LAUNCH_LEN, MEASURE_BLOB_SIZE);
        status = cmd_reply(cmd);
    }
    if (status != SEV_STATUS_SUCCESS)
        return status;

    crypto_sha256_free(guest->hash);
    guest->hash = NULL;
    memcpy(guest->launch_digest, in.launch_digest, sizeof(guest->launch_digest));
    memcpy(guest->measure, blob, sizeof(guest->measure));
    memcpy(guest->mnonce, in.mnonce, sizeof(guest->mnonce));
    guest->measured = true;
    guest->state = SEV_GUEST_LSECRET;
    return status;
}

/* --- LAUNCH_SECRET --------------------------------------------------------------------------- */

/* As transfer_to_guest(). From API 0.17 on the packet is bound to the measurement. */
enum sev_status cmd_launch_secret(struct cmd *cmd)
{
    const struct psp_config *config = &cmd->psp->config;
    bool bound = measure_binds_version(config->api_major, config->api_minor);

    return transfer_to_guest(cmd, PACKET_LAUNCH_SECRET, bound ? cmd->guest->measure : NULL, 0);
}

/* --- LAUNCH_FINISH --------------------------------------------------------------------------- */

/* Cannot fail. The transport keys are not needed any more. */
enum sev_status cmd_launch_finish(struct cmd *cmd)
{
    crypto_wipe(cmd->guest->tek, sizeof(cmd->guest->tek));
    crypto_wipe(cmd->guest->tik, sizeof(cmd->guest->tik));
    cmd->guest->state = SEV_GUEST_RUNNING;
    return SEV_STATUS_SUCCESS;
}
