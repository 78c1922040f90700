/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The register block through which software talks to the secure processor; see psp_mailbox.h for the
 * registers and the exact meaning of partial writes.
 *
 * Source: Linux drivers/crypto/ccp/sev-dev.c and psp-dev.h (bits and protocol).
 */
#include "psp_mailbox.h"

#include <string.h>

void psp_mailbox_init(struct psp_mailbox *mailbox, struct psp *psp)
{
    memset(mailbox, 0, sizeof(*mailbox));
    mailbox->psp = psp;
    psp_mailbox_reset(mailbox);
}

void psp_mailbox_reset(struct psp_mailbox *mailbox)
{
    mailbox->cmdresp = PSP_MAILBOX_RESP;
    mailbox->pending = mailbox->addr_lo = mailbox->addr_hi = 0;
    mailbox->busy = false;
}

static bool access_ok(unsigned offset, unsigned size)
{
    return offset < PSP_MAILBOX_SIZE && (size == 1 || size == 2 || size == 4);
}

static uint8_t read_byte(const struct psp_mailbox *mailbox, unsigned offset)
{
    const uint32_t regs[] = {mailbox->cmdresp, mailbox->addr_lo, mailbox->addr_hi,
                             PSP_MAILBOX_ID_VALUE};

    if (offset >= PSP_MAILBOX_SIZE)
        return 0xff;
    return (uint8_t)(regs[offset / 4] >> (offset % 4 * 8));
}

uint32_t psp_mailbox_read(const struct psp_mailbox *mailbox, unsigned offset, unsigned size)
{
    uint32_t value = 0;

    if (!access_ok(offset, size))
        return ~0u;
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)read_byte(mailbox, offset + i) << (i * 8);
    return value;
}

static void write_byte(struct psp_mailbox *mailbox, unsigned offset, uint8_t value)
{
    uint32_t *const regs[] = {&mailbox->pending, &mailbox->addr_lo, &mailbox->addr_hi};
    unsigned shift = offset % 4 * 8;

    if (offset < PSP_MAILBOX_ID)
        *regs[offset / 4] = (*regs[offset / 4] & ~(0xffu << shift)) | (uint32_t)value << shift;
}

void psp_mailbox_run(struct psp_mailbox *mailbox)
{
    const uint32_t command = mailbox->pending;
    const uint64_t buffer = (uint64_t)mailbox->addr_hi << 32 | mailbox->addr_lo;
    enum sev_status status = SEV_STATUS_INVALID_PARAM;

    if (!mailbox->busy)
        return;
    mailbox->pending = 0;
    if (!(command & PSP_MAILBOX_RESERVED))
        status =
            psp_exec(mailbox->psp, PSP_ISSUER_GUEST,
                     (uint16_t)((command & PSP_MAILBOX_CMD_MASK) >> PSP_MAILBOX_CMD_SHIFT), buffer);
    mailbox->cmdresp = PSP_MAILBOX_RESP | ((uint32_t)status & PSP_MAILBOX_STATUS_MASK);
    mailbox->busy = false;
    if ((command & PSP_MAILBOX_IOC) && mailbox->interrupt)
        mailbox->interrupt(mailbox->ctx);
}

static void start(struct psp_mailbox *mailbox)
{
    if (mailbox->pending & PSP_MAILBOX_RESP) {
        mailbox->pending = 0;
        return;
    }
    mailbox->busy = true;
    mailbox->cmdresp = 0;
    if (mailbox->started)
        mailbox->started(mailbox->ctx);
    else
        psp_mailbox_run(mailbox);
}

void psp_mailbox_write(struct psp_mailbox *mailbox, unsigned offset, uint32_t value, unsigned size)
{
    if (!access_ok(offset, size) || mailbox->busy)
        return;
    for (unsigned i = 0; i < size; i++)
        write_byte(mailbox, offset + i, (uint8_t)(value >> (i * 8)));
    if (offset <= 3 && offset + size > 3)
        start(mailbox);
}
