/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the secure processor's PCI function, as software in a host writes to it: configuration space,
 * registers and MSI-X table, with accesses of any place and length, commands that take time, and resets.
 *
 * Checked after each step: what cannot be written did not change; a message is sent only by a bus master,
 * with what the table or the configuration space has; a command runs once; a busy mailbox takes nothing.
 */
#include "fuzz_host.h"

#include <string.h>

#include "host/psp_function.h"
#include "psp.h"

#define RAM_SIZE 0x4000u

static struct {
    struct psp_mailbox mailbox;
    struct psp_function function;
    uint8_t config[PSP_FUNCTION_CONFIG];
    unsigned waiting; /* commands that started and did not run */
    bool quiet;       /* nothing may be sent */
} m;

static void on_send(void *ctx, uint64_t address, uint32_t data)
{
    struct psp_function_message message;

    FUZZ_CHECK(ctx == &m && !m.quiet);
    FUZZ_CHECK(m.config[4] & 4);
    FUZZ_CHECK(!(address & 3));
    if (psp_function_message(address, data, &message))
        FUZZ_CHECK(message.vector == (uint8_t)data && message.delivery_mode < 8);
}

static void on_started(void *ctx)
{
    FUZZ_CHECK(ctx == &m && !m.waiting && m.mailbox.busy);
    m.waiting++;
}

static void check(void)
{
    uint8_t bytes[64];

    FUZZ_CHECK(m.mailbox.busy == (m.waiting == 1));
    FUZZ_CHECK(m.config[6] == 0x10 && m.config[0x34] == 0xa0 && m.config[0xa0] == 0x05);
    FUZZ_CHECK(m.config[0xc0] == 0x11 && m.config[0xc4] == 5 && !(m.config[5] & ~4));
    FUZZ_CHECK(!(m.function.pending & ~3u));
    psp_function_table_read(&m.function, 0x20, bytes, sizeof(bytes));
    for (unsigned i = 0; i < sizeof(bytes); i++)
        FUZZ_CHECK(!bytes[i]);
}

/* Registers are drawn more often than other places. */
static uint64_t place(const uint8_t in[3])
{
    static const uint32_t registers[8] = {0x10980, 0x10983, 0x109e0, 0x109e4,
                                          0x109fc, 0x10690, 0x10694, 0};

    return in[0] & 0x80 ? registers[in[1] & 7] + (in[0] & 3u)
                        : (uint64_t)in[0] << 16 | (uint64_t)in[1] << 8 | in[2];
}

static void step(const uint8_t **data, size_t *size)
{
    uint8_t op, at[3], bytes[32], read[32];
    uint32_t value;
    size_t len;

    fuzz_take(data, size, &op, 1);
    fuzz_take(data, size, at, sizeof(at));
    len = op >> 3;
    fuzz_take(data, size, bytes, len);
    memset(bytes + len, 0, sizeof(bytes) - len);
    memcpy(&value, bytes, sizeof(value));
    switch (op & 7) {
    case 0:
    case 1:
        psp_bar_write(&m.function.bar, place(at), bytes, len);
        break;
    case 2:
        psp_function_table_write(&m.function, at[0] & 0x80 ? place(at) : at[1] & 0x3f, bytes, len);
        break;
    case 3:
        psp_function_config_write(&m.function, at[1], value, 1u << (op >> 3 & 3) & 7u);
        break;
    case 4:
        psp_bar_read(&m.function.bar, place(at), read, len);
        break;
    case 5:
        psp_function_table_read(&m.function, place(at), read, len);
        break;
    case 6:
        psp_mailbox_run(&m.mailbox);
        m.waiting = 0;
        break;
    default:
        if (at[0] != 7)
            break;
        m.quiet = true;
        psp_function_reset(&m.function);
        m.quiet = false;
        m.waiting = 0;
        break;
    }
    check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t ram[RAM_SIZE];
    struct fuzz_host host = {.ram = ram, .ram_size = sizeof(ram), .seed = 1};
    static const struct psp_host callbacks = {FUZZ_PSP_HOST};
    const struct psp_config config = {
        .api_major = 1, .api_minor = 55, .asids = FUZZ_ASIDS, .cpus = 1};
    struct psp *psp = psp_new(&callbacks, &host, &config);

    FUZZ_CHECK(psp);
    memset(ram, 0, sizeof(ram));
    memset(&m, 0, sizeof(m));
    psp_mailbox_init(&m.mailbox, psp);
    psp_function_init(&m.function, m.config, &m.mailbox);
    m.function.send = on_send;
    m.function.started = on_started;
    m.function.ctx = &m;
    while (size)
        step(&data, &size);
    psp_free(psp);
    return 0;
}
