/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Moving data between a guest's memory and an authenticated packet.
 */
#include "transfer.h"

#include <errno.h>

#include "protocol/packet.h"

struct transfer {
    uint64_t header_addr, guest_addr, trans_addr;
    uint32_t header_len, guest_len, trans_len;
};

static struct transfer get(const struct cmd *cmd)
{
    return (struct transfer){.header_addr = cmd_addr(cmd, SEV_PACKET_HEADER_ADDR),
                             .header_len = cmd_get32(cmd, SEV_PACKET_HEADER_LEN),
                             .guest_addr = cmd_addr(cmd, SEV_PACKET_GUEST_ADDR),
                             .guest_len = cmd_get32(cmd, SEV_PACKET_GUEST_LEN),
                             .trans_addr = cmd_addr(cmd, SEV_PACKET_TRANS_ADDR),
                             .trans_len = cmd_get32(cmd, SEV_PACKET_TRANS_LEN)};
}

static bool guest_len_ok(uint32_t len, uint32_t exact)
{
    return len && len <= SEV_PACKET_DATA_MAX && len % SEV_BLOCK_SIZE == 0 &&
           (!exact || len == exact);
}

static bool addresses_ok(struct cmd *cmd, const struct transfer *t, uint32_t trans_len,
                         uint32_t exact)
{
    return t->guest_addr % (exact ? exact : SEV_BLOCK_SIZE) == 0 &&
           cmd_ram_valid(cmd, t->guest_addr, t->guest_len) &&
           cmd_ram_valid(cmd, t->header_addr, PACKET_HEADER_SIZE) &&
           cmd_ram_valid(cmd, t->trans_addr, trans_len);
}

/* --- to the guest ---------------------------------------------------------------------------- */

static enum sev_status check_to_guest(struct cmd *cmd, const struct transfer *t, uint32_t exact)
{
    if (!cmd->guest->asid)
        return SEV_STATUS_INACTIVE;
    if (t->header_len != PACKET_HEADER_SIZE || !guest_len_ok(t->guest_len, exact) ||
        !t->trans_len || t->trans_len > SEV_PACKET_DATA_MAX)
        return SEV_STATUS_INVALID_LEN;
    return addresses_ok(cmd, t, t->trans_len, exact) ? SEV_STATUS_SUCCESS
                                                     : SEV_STATUS_INVALID_ADDRESS;
}

/* Get the payload into psp->chunk, authenticated and decrypted. */
static enum sev_status open_packet(struct cmd *cmd, const struct transfer *t,
                                   const struct packet_keys *keys)
{
    struct psp *psp = cmd->psp;
    struct packet_header header;
    uint8_t wire[PACKET_HEADER_SIZE];
    enum sev_status status = cmd_ram_read(cmd, PSP_NO_ASID, t->header_addr, wire, sizeof(wire));
    int err;

    if (status != SEV_STATUS_SUCCESS)
        return status;
    packet_header_read(&header, wire);
    if (header.flags & ~PACKET_FLAG_COMPRESSED)
        return SEV_STATUS_INVALID_PARAM;
    if (header.flags & PACKET_FLAG_COMPRESSED)
        return SEV_STATUS_UNSUPPORTED;
    if (t->trans_len != t->guest_len)
        return SEV_STATUS_INVALID_LEN;
    cmd->chunk_used = t->trans_len;
    status = cmd_ram_read(cmd, PSP_NO_ASID, t->trans_addr, psp->chunk, t->trans_len);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    err = packet_open(&header, keys, t->guest_len, psp->chunk, t->trans_len);
    if (err == -EBADMSG)
        return SEV_STATUS_BAD_MEASUREMENT;
    return err ? psp_host_trouble(psp, "opening a packet", err) : SEV_STATUS_SUCCESS;
}

enum sev_status transfer_to_guest(struct cmd *cmd, uint8_t context, const uint8_t *measure,
                                  uint32_t exact)
{
    struct transfer t = get(cmd);
    struct packet_keys keys = {
        .tek = cmd->guest->tek, .tik = cmd->guest->tik, .context = context, .measure = measure};
    enum sev_status status = check_to_guest(cmd, &t, exact);

    if (status == SEV_STATUS_SUCCESS)
        status = open_packet(cmd, &t, &keys);
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_write(cmd, cmd->guest->asid, t.guest_addr, cmd->psp->chunk, t.guest_len);
    if (status == SEV_STATUS_SUCCESS) {
        cmd->region_addr = t.guest_addr;
        cmd->region_len = t.guest_len;
    }
    return status;
}

/* --- from the guest -------------------------------------------------------------------------- */

/* Encrypt the guest's memory into psp->chunk and make the header. */
static enum sev_status seal_packet(struct cmd *cmd, const struct transfer *t, uint8_t context,
                                   uint8_t wire[PACKET_HEADER_SIZE])
{
    struct psp *psp = cmd->psp;
    struct packet_keys keys = {.tek = cmd->guest->tek, .tik = cmd->guest->tik, .context = context};
    struct packet_header header = {0};
    enum sev_status status = psp_random(psp, header.iv, sizeof(header.iv));
    int err;

    cmd->chunk_used = t->guest_len;
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_read(cmd, cmd->guest->asid, t->guest_addr, psp->chunk, t->guest_len);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    err = packet_seal(&header, &keys, t->guest_len, psp->chunk, t->guest_len);
    if (err)
        return psp_host_trouble(psp, "sealing a packet", err);
    packet_header_write(&header, wire);
    return SEV_STATUS_SUCCESS;
}

enum sev_status transfer_from_guest(struct cmd *cmd, uint8_t context, uint32_t exact)
{
    struct psp *psp = cmd->psp;
    struct transfer t = get(cmd);
    const uint32_t longest = exact ? exact : SEV_PACKET_DATA_MAX;
    uint8_t wire[PACKET_HEADER_SIZE];
    enum sev_status status;

    if (!cmd->guest->asid)
        return SEV_STATUS_INACTIVE;
    /* KVM's length query names no guest memory: then the answer is the longest packet. */
    cmd_put32(cmd, SEV_PACKET_TRANS_LEN, t.guest_len ? t.guest_len : longest);
    if (!t.header_addr || t.header_len < PACKET_HEADER_SIZE || !t.trans_addr ||
        t.trans_len < t.guest_len)
        return cmd_reply_length(cmd, SEV_PACKET_HEADER_LEN, PACKET_HEADER_SIZE);
    if (!guest_len_ok(t.guest_len, exact))
        return SEV_STATUS_INVALID_LEN;
    if (!addresses_ok(cmd, &t, t.guest_len, exact))
        return SEV_STATUS_INVALID_ADDRESS;
    status = seal_packet(cmd, &t, context, wire);
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_write(cmd, PSP_NO_ASID, t.header_addr, wire, sizeof(wire));
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_write(cmd, PSP_NO_ASID, t.trans_addr, psp->chunk, t.guest_len);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    cmd->region_addr = t.guest_addr;
    cmd->region_len = t.guest_len;
    cmd_put32(cmd, SEV_PACKET_HEADER_LEN, PACKET_HEADER_SIZE);
    return cmd_reply(cmd);
}
