/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The registers of the secure processor in BAR 2 of its PCI function; see psp_bar.h for the registers and
 * the sources.
 */
#include "psp_bar.h"

#include <string.h>

enum reg { CMDRESP, ADDR_LO, ADDR_HI, FEATURE, INT_ENABLE, INT_STATUS, N_REGS };

static const uint32_t offsets[][N_REGS] = {
    [PSP_BAR_V1] = {0x10580, 0x105e0, 0x105e4, 0x105fc, 0x10610, 0x10614},
    [PSP_BAR_V2] = {0x10980, 0x109e0, 0x109e4, 0x109fc, 0x10690, 0x10694},
};

/* Of the registers that the mailbox has. */
static const unsigned mailbox_offsets[] = {
    [CMDRESP] = PSP_MAILBOX_CMDRESP,
    [ADDR_LO] = PSP_MAILBOX_ADDR_LO,
    [ADDR_HI] = PSP_MAILBOX_ADDR_HI,
};

static enum reg find(const struct psp_bar *bar, uint64_t offset)
{
    enum reg reg = CMDRESP;

    while (reg < N_REGS && offsets[bar->version][reg] != (offset & ~UINT64_C(3)))
        reg++;
    return reg;
}

static void send_if_new(struct psp_bar *bar, uint32_t before)
{
    if (!before && (bar->int_status & bar->int_enable) && bar->interrupt)
        bar->interrupt(bar->ctx);
}

static void on_complete(void *ctx)
{
    struct psp_bar *bar = ctx;
    const uint32_t before = bar->int_status & bar->int_enable;

    bar->int_status |= PSP_BAR_INT_COMPLETE;
    send_if_new(bar, before);
}

static void on_started(void *ctx)
{
    struct psp_bar *bar = ctx;

    if (bar->started)
        bar->started(bar->ctx);
    else
        psp_mailbox_run(bar->mailbox);
}

void psp_bar_init(struct psp_bar *bar, struct psp_mailbox *mailbox, enum psp_bar_version version)
{
    memset(bar, 0, sizeof(*bar));
    bar->version = version;
    bar->mailbox = mailbox;
    mailbox->interrupt = on_complete;
    mailbox->started = on_started;
    mailbox->ctx = bar;
    psp_bar_reset(bar);
}

void psp_bar_reset(struct psp_bar *bar)
{
    psp_mailbox_reset(bar->mailbox);
    bar->int_enable = bar->int_status = 0;
}

static uint32_t read_register(const struct psp_bar *bar, enum reg reg)
{
    switch (reg) {
    case CMDRESP:
    case ADDR_LO:
    case ADDR_HI:
        return psp_mailbox_read(bar->mailbox, mailbox_offsets[reg], 4);
    case FEATURE:
        return PSP_BAR_FEATURE_SEV | PSP_BAR_FEATURE_SECURITY;
    case INT_ENABLE:
        return bar->int_enable;
    case INT_STATUS:
        return bar->int_status;
    case N_REGS:
        break;
    }
    return 0;
}

void psp_bar_read(const struct psp_bar *bar, uint64_t offset, void *data, size_t len)
{
    uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(read_register(bar, find(bar, offset + i)) >> (offset + i) % 4 * 8);
}

/* A write of the bytes of one register: those in `mask`. */
static void write_interrupts(struct psp_bar *bar, enum reg reg, uint32_t value, uint32_t mask)
{
    const uint32_t before = bar->int_status & bar->int_enable;

    if (reg == INT_ENABLE)
        bar->int_enable = (bar->int_enable & ~mask) | (value & mask);
    else
        bar->int_status &= ~(value & mask);
    send_if_new(bar, before);
}

void psp_bar_write(struct psp_bar *bar, uint64_t offset, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++) {
        const unsigned lane = (unsigned)((offset + i) % 4);
        const enum reg reg = find(bar, offset + i);

        if (reg == INT_ENABLE || reg == INT_STATUS)
            write_interrupts(bar, reg, (uint32_t)bytes[i] << lane * 8, 0xffu << lane * 8);
        else if (reg < FEATURE)
            psp_mailbox_write(bar->mailbox, mailbox_offsets[reg] + lane, bytes[i], 1);
    }
}
