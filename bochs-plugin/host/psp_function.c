/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secure processor as a PCI function. See psp_function.h for the sources.
 */
#include "psp_function.h"

#include <string.h>

#define COMMAND          0x04u
#define STATUS           0x06u
#define CAPABILITIES     0x34u
#define MSI              0xa0u
#define MSIX             0xc0u
#define MSI_CONTROL      (MSI + 2)
#define MSIX_CONTROL_LOW (MSIX + 2)
#define PENDING_OFFSET   0x1000u
#define TABLE_BAR        5u

#define COMMAND_MEMORY     0x02u
#define COMMAND_MASTER     0x04u
#define STATUS_LIST        0x10u /* there are capabilities */
#define MSI_ENABLE         0x0001u
#define MSI_TWO            0x0002u /* log2 of the number of messages, in bits 3:1 */
#define MSI_MESSAGES       0x0070u
#define MSI_64             0x0080u
#define MSIX_FUNCTION_MASK 0x4000u
#define MSIX_ENABLE        0x8000u
#define VECTOR_MASKED      0x1u

/* The bits that software can write, in rows of addresses. All others keep their values. */
static const struct {
    uint8_t address, writable;
} writable[] = {
    {COMMAND, COMMAND_MEMORY | COMMAND_MASTER},
    {COMMAND + 1, 0x04}, /* INTx is off */
    {0x0c, 0xff},        /* cache line size */
    {MSI_CONTROL, MSI_ENABLE | MSI_MESSAGES},
    {MSI + 4, 0xfc},
    {MSI + 5, 0xff},
    {MSI + 6, 0xff},
    {MSI + 7, 0xff},
    {MSI + 8, 0xff},
    {MSI + 9, 0xff},
    {MSI + 10, 0xff},
    {MSI + 11, 0xff},
    {MSI + 12, 0xff},
    {MSI + 13, 0xff},
    {MSIX_CONTROL_LOW + 1, (MSIX_FUNCTION_MASK | MSIX_ENABLE) >> 8},
};

static uint16_t get16(const struct psp_function *f, unsigned address)
{
    return (uint16_t)(f->config[address] | f->config[address + 1] << 8);
}

static uint32_t get32(const struct psp_function *f, unsigned address)
{
    return get16(f, address) | (uint32_t)get16(f, address + 2) << 16;
}

static void put32(struct psp_function *f, unsigned address, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        f->config[address + i] = (uint8_t)(value >> i * 8);
}

/* --- interrupts --- */

static bool msix_enabled(const struct psp_function *f)
{
    return (get16(f, MSIX_CONTROL_LOW) & MSIX_ENABLE) != 0;
}

static bool is_masked(const struct psp_function *f, unsigned vector)
{
    return (get16(f, MSIX_CONTROL_LOW) & MSIX_FUNCTION_MASK) ||
           (f->table[vector][MSIX_CONTROL] & VECTOR_MASKED);
}

/* A message is a write by the function, which must be a bus master for it. */
static void send(struct psp_function *f, uint64_t address, uint32_t data)
{
    if ((f->config[COMMAND] & COMMAND_MASTER) && f->send)
        f->send(f->ctx, address, data);
}

static void send_vector(struct psp_function *f, unsigned vector)
{
    const uint32_t *entry = f->table[vector];

    if (is_masked(f, vector)) {
        f->pending |= 1u << vector;
        return;
    }
    f->pending &= ~(1u << vector);
    send(f, (uint64_t)entry[MSIX_ADDR_HI] << 32 | entry[MSIX_ADDR_LO], entry[MSIX_DATA]);
}

static void interrupt(void *ctx)
{
    struct psp_function *f = ctx;

    if (msix_enabled(f))
        send_vector(f, 0);
    else if (get16(f, MSI_CONTROL) & MSI_ENABLE)
        send(f, (uint64_t)get32(f, MSI + 8) << 32 | get32(f, MSI + 4), get16(f, MSI + 12));
}

static void started(void *ctx)
{
    struct psp_function *f = ctx;

    if (f->started)
        f->started(f->ctx);
    else
        psp_mailbox_run(f->bar.mailbox);
}

/* After a change of a mask. */
static void send_pending(struct psp_function *f)
{
    for (unsigned i = 0; i < PSP_FUNCTION_VECTORS; i++)
        if (msix_enabled(f) && (f->pending >> i & 1) && !is_masked(f, i))
            send_vector(f, i);
}

/* --- life --- */

void psp_function_init(struct psp_function *f, uint8_t *config, struct psp_mailbox *mailbox)
{
    memset(f, 0, sizeof(*f));
    f->config = config;
    psp_bar_init(&f->bar, mailbox, PSP_BAR_V2);
    f->bar.interrupt = interrupt;
    f->bar.started = started;
    f->bar.ctx = f;
    psp_function_reset(f);
}

void psp_function_reset(struct psp_function *f)
{
    psp_bar_reset(&f->bar);
    memset(f->table, 0, sizeof(f->table));
    for (unsigned i = 0; i < PSP_FUNCTION_VECTORS; i++)
        f->table[i][MSIX_CONTROL] = VECTOR_MASKED;
    f->pending = 0;
    put32(f, COMMAND, (uint32_t)STATUS_LIST << 16);
    f->config[CAPABILITIES] = MSI;
    memset(f->config + MSI, 0, PSP_FUNCTION_CONFIG - MSI);
    put32(f, MSI, (uint32_t)(MSI_64 | MSI_TWO) << 16 | MSIX << 8 | 0x05);
    put32(f, MSIX, (uint32_t)(PSP_FUNCTION_VECTORS - 1) << 16 | 0x11);
    put32(f, MSIX + 4, TABLE_BAR);
    put32(f, MSIX + 8, PENDING_OFFSET | TABLE_BAR);
}

/* --- configuration space --- */

void psp_function_config_write(struct psp_function *f, unsigned address, uint32_t value,
                               unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        for (size_t row = 0; row < sizeof(writable) / sizeof(writable[0]); row++)
            if (writable[row].address == address + i) {
                const uint8_t mask = writable[row].writable;
                uint8_t *byte = &f->config[address + i];

                *byte = (uint8_t)((*byte & ~mask) | ((value >> i * 8) & mask));
            }
    send_pending(f);
}

/* --- BAR 5 --- */

/* The word of the table at `offset`, NULL if none is there. */
static uint32_t *table_word(struct psp_function *f, uint64_t offset)
{
    return offset < sizeof(f->table) ? &f->table[offset / 16][offset / 4 % 4] : NULL;
}

void psp_function_table_read(const struct psp_function *f, uint64_t offset, void *data, size_t len)
{
    uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++) {
        const uint64_t at = offset + i;
        uint32_t value = 0;

        if (at < sizeof(f->table))
            value = f->table[at / 16][at / 4 % 4];
        else if (at >= PENDING_OFFSET && at < PENDING_OFFSET + 4)
            value = f->pending;
        bytes[i] = (uint8_t)(value >> at % 4 * 8);
    }
}

void psp_function_table_write(struct psp_function *f, uint64_t offset, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++) {
        const unsigned shift = (unsigned)((offset + i) % 4) * 8;
        uint32_t *word = table_word(f, offset + i);

        if (word)
            *word = (*word & ~(0xffu << shift)) | (uint32_t)bytes[i] << shift;
    }
    for (unsigned i = 0; i < PSP_FUNCTION_VECTORS; i++) { /* what cannot be written */
        f->table[i][MSIX_ADDR_LO] &= ~3u;
        f->table[i][MSIX_CONTROL] &= VECTOR_MASKED;
    }
    send_pending(f);
}

/* --- messages --- */

/* The format of addresses and data: Linux arch/x86/include/asm/msi.h. */
bool psp_function_message(uint64_t address, uint32_t data, struct psp_function_message *message)
{
    static const uint64_t base = 0xfee00000u;

    if ((address & ~UINT64_C(0xfffff)) != base)
        return false;
    *message = (struct psp_function_message){
        .destination = (uint8_t)(address >> 12),
        .logical = (address >> 2 & 1) != 0,
        .vector = (uint8_t)data,
        .delivery_mode = (uint8_t)(data >> 8 & 7),
        .level = (data >> 15 & 1) != 0,
    };
    return true;
}
