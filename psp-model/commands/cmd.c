/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One command while it executes; see cmd.h.
 *
 * Source: Linux include/linux/psp-sev.h (layouts of the command buffers).
 */
#include "cmd.h"

#include "protocol/buf.h"

/* --- fields ---------------------------------------------------------------------------------- */

static struct buf field(const struct cmd *cmd, unsigned offset)
{
    struct buf b = buf_reader(cmd->buf, cmd->size);

    buf_skip(&b, offset);
    return b;
}

uint32_t cmd_get32(const struct cmd *cmd, unsigned offset)
{
    struct buf b = field(cmd, offset);

    return buf_get32(&b);
}

uint64_t cmd_get64(const struct cmd *cmd, unsigned offset)
{
    struct buf b = field(cmd, offset);

    return buf_get64(&b);
}

uint64_t cmd_addr(const struct cmd *cmd, unsigned offset)
{
    return cmd_get64(cmd, offset) & ~cmd->psp->config.addr_ignore;
}

void cmd_get(const struct cmd *cmd, unsigned offset, void *out, size_t len)
{
    struct buf b = field(cmd, offset);

    buf_get(&b, out, len);
}

bool cmd_zero(const struct cmd *cmd, unsigned offset, unsigned size)
{
    struct buf b = field(cmd, offset);

    return buf_get_zero(&b, size);
}

static void put(struct cmd *cmd, unsigned offset, uint32_t v, unsigned size)
{
    struct buf b = buf_writer(cmd->buf, cmd->size);
    uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

    buf_skip(&b, offset);
    buf_put(&b, bytes, size);
}

void cmd_put8(struct cmd *cmd, unsigned offset, uint8_t v)
{
    put(cmd, offset, v, 1);
}

void cmd_put16(struct cmd *cmd, unsigned offset, uint16_t v)
{
    put(cmd, offset, v, 2);
}

void cmd_put32(struct cmd *cmd, unsigned offset, uint32_t v)
{
    put(cmd, offset, v, 4);
}

/* --- memory ---------------------------------------------------------------------------------- */

bool cmd_ram_valid(const struct cmd *cmd, uint64_t spa, uint64_t len)
{
    return psp_ram_valid(cmd->psp, cmd->issuer, spa, len);
}

enum sev_status cmd_ram_read(const struct cmd *cmd, uint32_t asid, uint64_t spa, void *buf,
                             size_t len)
{
    return psp_ram_read(cmd->psp, cmd->issuer, asid, spa, buf, len);
}

enum sev_status cmd_ram_write(const struct cmd *cmd, uint32_t asid, uint64_t spa, const void *buf,
                              size_t len)
{
    return psp_ram_write(cmd->psp, cmd->issuer, asid, spa, buf, len);
}

enum sev_status cmd_fetch(struct cmd *cmd, uint64_t buffer, uint8_t size)
{
    cmd->size = size;
    if (!size)
        return SEV_STATUS_SUCCESS;
    cmd->addr = buffer & ~cmd->psp->config.addr_ignore;
    if (!cmd->addr || !cmd_ram_valid(cmd, cmd->addr, size))
        return SEV_STATUS_INVALID_ADDRESS;
    return cmd_ram_read(cmd, PSP_NO_ASID, cmd->addr, cmd->buf, size);
}

enum sev_status cmd_reply(const struct cmd *cmd)
{
    return cmd_ram_write(cmd, PSP_NO_ASID, cmd->addr, cmd->buf, cmd->size);
}

enum sev_status cmd_reply_length(struct cmd *cmd, unsigned offset, uint32_t needed)
{
    enum sev_status status;

    cmd_put32(cmd, offset, needed);
    status = cmd_reply(cmd);
    return status == SEV_STATUS_SUCCESS ? SEV_STATUS_INVALID_LEN : status;
}
