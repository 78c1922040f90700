/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: what a client sends to the gdb server, against a machine of 3 CPUs and 64 KiB that stops
 * when it likes. No packet reads or writes outside of what it may, each CPU that it names exists,
 * and the next client is served.
 *
 * Input: lines. A line that begins with a byte below 32 is sent as it is, without that byte; any
 * other is sent as a packet, with its checksum. The byte also says how the machine stops.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "gdb/gdb_registers.h"
#include "gdb/gdb_server.h"

enum { CPUS = 3, MEMORY = 65536 };

static struct gdb_server *server;
static uint8_t memory[MEMORY], registers[CPUS][GDB_REGISTERS][GDB_REGISTER_SIZE_MAX];
static unsigned interrupts, kills;

static unsigned m_cpus(void *ctx)
{
    (void)ctx;
    return CPUS;
}
static void m_describe(void *ctx, unsigned cpu, char *text, size_t size)
{
    (void)ctx;
    FUZZ_CHECK(cpu < CPUS && size > 20);
    snprintf(text, size, "CPU %u", cpu);
}
static void m_read_register(void *ctx, unsigned cpu, unsigned number, uint8_t *value)
{
    (void)ctx;
    FUZZ_CHECK(cpu < CPUS && number < GDB_REGISTERS);
    memcpy(value, registers[cpu][number], gdb_register_size(number));
}
static bool m_write_register(void *ctx, unsigned cpu, unsigned number, const uint8_t *value)
{
    (void)ctx;
    FUZZ_CHECK(cpu < CPUS && number < GDB_REGISTERS);
    memcpy(registers[cpu][number], value, gdb_register_size(number));
    return number % 7 != 0;
}
static size_t m_read(void *ctx, unsigned cpu, uint64_t address, uint8_t *data, size_t len)
{
    (void)ctx;
    FUZZ_CHECK(cpu < CPUS);
    if (address >= MEMORY)
        return 0;
    if (len > MEMORY - address)
        len = MEMORY - (size_t)address;
    memcpy(data, memory + address, len);
    return len;
}
static bool m_write(void *ctx, unsigned cpu, uint64_t address, const uint8_t *data, size_t len)
{
    (void)ctx;
    FUZZ_CHECK(cpu < CPUS && len);
    if (address >= MEMORY || len > MEMORY - address)
        return false;
    memcpy(memory + address, data, len);
    return true;
}
static int m_set_point(void *ctx, unsigned cpu, enum gdb_point point, uint64_t address,
                       uint64_t len)
{
    (void)ctx, (void)len;
    FUZZ_CHECK(cpu < CPUS && (unsigned)point < GDB_POINT_KINDS);
    return address & 1 ? -EFAULT : 0;
}
static void m_remove_points(void *ctx)
{
    (void)ctx;
}
static void m_monitor(void *ctx, unsigned cpu, const char *line)
{
    (void)ctx;
    FUZZ_CHECK(cpu < CPUS && strlen(line) < 1024);
    gdb_server_print(server, line);
}
static void m_resume(void *ctx, const struct gdb_resume *cpus)
{
    bool any = false;

    (void)ctx;
    for (unsigned i = 0; i < CPUS; i++) {
        FUZZ_CHECK(cpus[i].action <= GDB_RANGE);
        any |= cpus[i].action != GDB_HOLD;
    }
    FUZZ_CHECK(any && gdb_server_running(server));
}
static void m_interrupt(void *ctx)
{
    (void)ctx;
    FUZZ_CHECK(gdb_server_running(server));
    interrupts++;
}
static void m_kill(void *ctx)
{
    (void)ctx;
    kills++;
}

static const struct gdb_ops ops = {
    m_cpus,   m_describe,  m_read_register, m_write_register, m_read,
    m_write,  m_set_point, m_set_point,     m_remove_points,  m_monitor,
    m_resume, m_interrupt, m_kill,
};

/* What the server sends is packets and acknowledgements. */
static void check_output(void)
{
    size_t len;
    const char *out = gdb_server_output(server, &len);

    for (size_t i = 0; i < len;) {
        uint8_t sum = 0;
        char text[3];

        if (out[i] == '+' || out[i] == '-') {
            i++;
            continue;
        }
        FUZZ_CHECK(out[i] == '$');
        for (i++; i < len && out[i] != '#'; i++)
            sum = (uint8_t)(sum + (uint8_t)out[i]);
        FUZZ_CHECK(i + 2 < len);
        snprintf(text, sizeof(text), "%02x", sum);
        FUZZ_CHECK(!memcmp(out + i + 1, text, 2));
        i += 3;
    }
    gdb_server_sent(server, len);
}

static void stop(uint8_t how)
{
    const struct gdb_stop stop = {how % 4, how % CPUS, how / 4 % GDB_POINT_KINDS, how};

    gdb_server_stopped(server, &stop);
}

static void send_packet(const uint8_t *data, size_t len)
{
    uint8_t sum = 0;
    char end[4];

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + data[i]);
    snprintf(end, sizeof(end), "#%02x", sum);
    gdb_server_input(server, "$", 1);
    gdb_server_input(server, data, len);
    gdb_server_input(server, end, 3);
}

static void line(const uint8_t *data, size_t len)
{
    uint8_t how = 0;

    if (len && *data < 32) {
        how = *data;
        gdb_server_input(server, data + 1, len - 1);
    } else {
        send_packet(data, len);
    }
    check_output();
    if (gdb_server_running(server))
        stop(how);
    check_output();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!server)
        server = gdb_server_new(&ops, NULL);
    FUZZ_CHECK(server);
    gdb_server_connect(server);
    if (gdb_server_running(server))
        stop(0);
    gdb_server_input(server, "+", 1);
    while (size && !gdb_server_finished(server)) {
        const uint8_t *end = memchr(data, '\n', size);
        const size_t len = end ? (size_t)(end - data) : size;

        line(data, len);
        size -= end ? len + 1 : len;
        data += end ? len + 1 : len;
    }
    gdb_server_disconnect(server);
    FUZZ_CHECK(gdb_server_running(server));
    return 0;
}
