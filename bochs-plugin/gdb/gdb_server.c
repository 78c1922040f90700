/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server of GDB's remote protocol. See gdb_server.h.
 */
#include "gdb_reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gdb_registers.h"

#define READ_MAX (GDB_PACKET_MAX / 2) /* bytes of memory in an answer */

/* GDB include/gdb/signals.def */
enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5, SIGNAL_ABRT = 6 };

struct gdb_server *gdb_server_new(const struct gdb_ops *ops, void *ctx)
{
    struct gdb_server *server = calloc(1, sizeof(*server));

    if (!server)
        return NULL;
    server->ops = ops;
    server->ctx = ctx;
    gdb_link_init(&server->link);
    return server;
}

void gdb_server_free(struct gdb_server *server)
{
    if (!server)
        return;
    gdb_link_free(&server->link);
    free(server);
}

static void answer(struct gdb_server *server)
{
    gdb_link_send(&server->link, server->reply.data, server->reply.len);
    server->reply.len = 0;
}

/* --- stops --- */

void gdb_put_stop(struct gdb_server *server)
{
    static const char *const watches[GDB_POINT_KINDS] = {
        [GDB_WATCH_WRITE] = "watch", [GDB_WATCH_READ] = "rwatch", [GDB_WATCH_ACCESS] = "awatch"};
    static const int signals[] = {[GDB_STOP_STEP] = SIGNAL_TRAP,
                                  [GDB_STOP_POINT] = SIGNAL_TRAP,
                                  [GDB_STOP_INTERRUPT] = SIGNAL_INT,
                                  [GDB_STOP_SHUTDOWN] = SIGNAL_ABRT};
    const struct gdb_stop *stop = &server->stop;

    gdb_put(&server->reply, "T%02xthread:%x;", (unsigned)signals[stop->why], stop->cpu + 1);
    if (stop->why != GDB_STOP_POINT)
        return;
    if (watches[stop->point])
        gdb_put(&server->reply, "%s:%llx;", watches[stop->point],
                (unsigned long long)stop->address);
    else if (stop->point == GDB_BREAK && server->swbreak)
        gdb_put(&server->reply, "swbreak:;");
    else if (stop->point == GDB_HARDWARE_BREAK && server->hwbreak)
        gdb_put(&server->reply, "hwbreak:;");
}

static void why_stopped(struct gdb_server *server, struct gdb_text text)
{
    (void)text;
    gdb_put_stop(server);
}

/* --- registers --- */

static void read_registers(struct gdb_server *server, struct gdb_text text)
{
    uint8_t value[GDB_REGISTER_SIZE_MAX];

    (void)text;
    for (unsigned i = 0; i < GDB_REGISTERS; i++) {
        server->ops->read_register(server->ctx, server->cpu, i, value);
        gdb_put_bytes(&server->reply, value, gdb_register_size(i));
    }
}

/* All registers. Those that cannot be written, or did not change, are left as they are. */
static void write_registers(struct gdb_server *server, struct gdb_text text)
{
    uint8_t value[GDB_REGISTER_SIZE_MAX], old[GDB_REGISTER_SIZE_MAX];
    struct gdb_text check = text;

    for (unsigned i = 0; i < GDB_REGISTERS; i++)
        if (!gdb_get_bytes(&check, value, gdb_register_size(i))) {
            gdb_put_error(&server->reply, EINVAL);
            return;
        }
    for (unsigned i = 0; i < GDB_REGISTERS; i++) {
        const size_t size = gdb_register_size(i);

        if (!gdb_get_bytes(&text, value, size))
            return;
        server->ops->read_register(server->ctx, server->cpu, i, old);
        if (memcmp(value, old, size))
            server->ops->write_register(server->ctx, server->cpu, i, value);
    }
    gdb_put(&server->reply, "OK");
}

static void read_register(struct gdb_server *server, struct gdb_text text)
{
    uint8_t value[GDB_REGISTER_SIZE_MAX];
    uint64_t number;

    if (!gdb_get_number(&text, &number) || number >= GDB_REGISTERS) {
        gdb_put_error(&server->reply, EINVAL);
        return;
    }
    server->ops->read_register(server->ctx, server->cpu, (unsigned)number, value);
    gdb_put_bytes(&server->reply, value, gdb_register_size((unsigned)number));
}

static void write_register(struct gdb_server *server, struct gdb_text text)
{
    uint8_t value[GDB_REGISTER_SIZE_MAX];
    uint64_t number;

    if (!gdb_get_number(&text, &number) || number >= GDB_REGISTERS || !gdb_get_char(&text, '=') ||
        !gdb_get_bytes(&text, value, gdb_register_size((unsigned)number)) || text.at != text.end ||
        !server->ops->write_register(server->ctx, server->cpu, (unsigned)number, value))
        gdb_put_error(&server->reply, EINVAL);
    else
        gdb_put(&server->reply, "OK");
}

/* --- memory --- */

static bool get_range(struct gdb_text *text, uint64_t *address, uint64_t *len)
{
    return gdb_get_number(text, address) && gdb_get_char(text, ',') && gdb_get_number(text, len);
}

static void read_memory(struct gdb_server *server, struct gdb_text text)
{
    uint8_t data[READ_MAX];
    uint64_t address, len;

    if (!get_range(&text, &address, &len)) {
        gdb_put_error(&server->reply, EINVAL);
        return;
    }
    len = server->ops->read(server->ctx, server->cpu, address, data,
                            len < READ_MAX ? (size_t)len : READ_MAX);
    if (len)
        gdb_put_bytes(&server->reply, data, (size_t)len);
    else
        gdb_put_error(&server->reply, EFAULT);
}

/* M: two digits for each byte. X: the bytes, without escapes since gdb_link.c. */
static void write_memory(struct gdb_server *server, struct gdb_text text, bool digits)
{
    uint8_t data[GDB_PACKET_MAX];
    uint64_t address, len;
    bool good = get_range(&text, &address, &len) && gdb_get_char(&text, ':');

    good = good && len <= sizeof(data) &&
           (size_t)(text.end - text.at) == (digits ? 2 * (size_t)len : (size_t)len);
    if (good && digits)
        good = gdb_get_bytes(&text, data, (size_t)len);
    else if (good)
        memcpy(data, text.at, (size_t)len);
    if (!good)
        gdb_put_error(&server->reply, EINVAL);
    else if (len && !server->ops->write(server->ctx, server->cpu, address, data, (size_t)len))
        gdb_put_error(&server->reply, EFAULT);
    else
        gdb_put(&server->reply, "OK");
}

static void write_digits(struct gdb_server *server, struct gdb_text text)
{
    write_memory(server, text, true);
}

static void write_bytes(struct gdb_server *server, struct gdb_text text)
{
    write_memory(server, text, false);
}

/* --- breakpoints and watchpoints --- */

static void point(struct gdb_server *server, struct gdb_text text, bool set)
{
    uint64_t kind, address, len;
    int err;

    if (!gdb_get_number(&text, &kind) || !gdb_get_char(&text, ',') ||
        !get_range(&text, &address, &len) || text.at != text.end) {
        gdb_put_error(&server->reply, EINVAL);
        return;
    }
    if (kind >= GDB_POINT_KINDS)
        return; /* not supported */
    err = (set ? server->ops->set_point : server->ops->remove_point)(
        server->ctx, server->cpu, (enum gdb_point)kind, address, len);
    if (err)
        gdb_put_error(&server->reply, -err);
    else
        gdb_put(&server->reply, "OK");
}

static void set_point(struct gdb_server *server, struct gdb_text text)
{
    point(server, text, true);
}

static void remove_point(struct gdb_server *server, struct gdb_text text)
{
    point(server, text, false);
}

/* --- threads and the rest --- */

/* Hg: the CPU of registers and memory. Hc: that of packets c and s. */
static void choose_thread(struct gdb_server *server, struct gdb_text text)
{
    const char purpose = text.at < text.end ? *text.at++ : 0;
    int cpu;

    if ((purpose != 'g' && purpose != 'c') || !gdb_get_thread(server, &text, &cpu)) {
        gdb_put_error(&server->reply, EINVAL);
        return;
    }
    if (cpu >= 0 && purpose == 'g')
        server->cpu = (unsigned)cpu;
    else if (cpu >= 0)
        server->step_cpu = (unsigned)cpu;
    gdb_put(&server->reply, "OK");
}

static void is_alive(struct gdb_server *server, struct gdb_text text)
{
    int cpu;

    if (gdb_get_thread(server, &text, &cpu) && cpu >= 0)
        gdb_put(&server->reply, "OK");
    else
        gdb_put_error(&server->reply, ESRCH);
}

static void go_on(struct gdb_server *server, struct gdb_text text)
{
    gdb_continue(server, text, GDB_CONTINUE);
}

static void step(struct gdb_server *server, struct gdb_text text)
{
    gdb_continue(server, text, GDB_STEP);
}

static void detach(struct gdb_server *server, struct gdb_text text)
{
    (void)text;
    gdb_put(&server->reply, "OK");
    server->finished = true;
}

static void end_machine(struct gdb_server *server, struct gdb_text text)
{
    (void)text;
    server->no_answer = true;
    server->ops->kill(server->ctx);
}

static bool begins(const struct gdb_text *text, const char *word)
{
    const size_t len = strlen(word);

    return (size_t)(text->end - text->at) >= len && !memcmp(text->at, word, len);
}

/* Packets with long names. The answer to all others is empty. */
static void verbose(struct gdb_server *server, struct gdb_text text)
{
    if (begins(&text, "Cont?")) {
        gdb_put(&server->reply, "vCont;c;C;s;S;r");
    } else if (begins(&text, "Cont;")) {
        text.at += strlen("Cont");
        gdb_vcont(server, text);
    } else if (begins(&text, "Kill;")) {
        server->ops->kill(server->ctx);
        gdb_put(&server->reply, "OK");
    }
}

static void query(struct gdb_server *server, struct gdb_text text)
{
    text.at--;
    gdb_query(server, text);
}

static const struct {
    char letter;
    void (*run)(struct gdb_server *server, struct gdb_text text);
} packets[] = {
    {'?', why_stopped},  {'D', detach},         {'G', write_registers}, {'H', choose_thread},
    {'M', write_digits}, {'P', write_register}, {'Q', query},           {'T', is_alive},
    {'X', write_bytes},  {'Z', set_point},      {'c', go_on},           {'g', read_registers},
    {'k', end_machine},  {'m', read_memory},    {'p', read_register},   {'q', query},
    {'s', step},         {'v', verbose},        {'z', remove_point},
};

/* Carry out the packet in `link` and answer it. An unknown one has an empty answer. */
static void packet(struct gdb_server *server)
{
    struct gdb_text text = {server->link.data, server->link.data + server->link.len};
    const char letter = server->link.len ? *text.at++ : 0;

    server->reply.len = 0;
    server->no_answer = server->no_acknowledgements = false;
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        if (packets[i].letter == letter) {
            packets[i].run(server, text);
            break;
        }
    if (!server->no_answer)
        answer(server);
    if (server->no_acknowledgements)
        server->link.acknowledge = false;
}

/* --- the client --- */

/* The first byte of gdb is one of these. Another client, e.g. the browser of someone whom a web page made
 * connect to this port, may have packets in what it sends, but not at the start. */
static bool is_gdb(uint8_t first)
{
    return first == '+' || first == '-' || first == '$' || first == 3;
}

/* Carry out what is in the queue, up to a packet that has to wait for the machine to stop. */
static void work(struct gdb_server *server)
{
    size_t i = 0;

    if (server->in_len && !server->greeted) {
        server->greeted = is_gdb(server->in[0]);
        server->finished = !server->greeted;
    }
    while (i < server->in_len && !server->pending && !server->finished) {
        const enum gdb_event event = gdb_link_byte(&server->link, server->in[i++]);

        if (event == GDB_EVENT_NONE)
            continue;
        if (event == GDB_EVENT_PACKET && !server->running) {
            packet(server);
            continue;
        }
        server->pending = event == GDB_EVENT_PACKET;
        if (server->running)
            server->ops->interrupt(server->ctx);
    }
    server->in_len -= i;
    memmove(server->in, server->in + i, server->in_len);
}

static void forget_client(struct gdb_server *server)
{
    gdb_link_reset(&server->link);
    server->in_len = 0;
    server->finished = server->greeted = server->pending = server->resumed = false;
    server->swbreak = server->hwbreak = false;
    server->cpu = server->step_cpu = 0;
}

void gdb_server_connect(struct gdb_server *server)
{
    forget_client(server);
    server->connected = true;
    if (server->running)
        server->ops->interrupt(server->ctx);
}

void gdb_server_disconnect(struct gdb_server *server)
{
    const unsigned n = server->ops->cpus(server->ctx);
    struct gdb_resume cpus[GDB_CPUS_MAX];

    forget_client(server);
    server->connected = false;
    server->ops->remove_points(server->ctx);
    if (server->running)
        return;
    for (unsigned i = 0; i < n; i++)
        cpus[i] = (struct gdb_resume){GDB_CONTINUE, 0, 0};
    server->running = true;
    server->ops->resume(server->ctx, cpus);
}

bool gdb_server_finished(const struct gdb_server *server)
{
    return server->finished || server->link.failed;
}

size_t gdb_server_input_space(const struct gdb_server *server)
{
    return sizeof(server->in) - server->in_len;
}

void gdb_server_input(struct gdb_server *server, const void *data, size_t len)
{
    if (len > gdb_server_input_space(server))
        len = gdb_server_input_space(server);
    memcpy(server->in + server->in_len, data, len);
    server->in_len += len;
    work(server);
}

const void *gdb_server_output(const struct gdb_server *server, size_t *len)
{
    *len = server->link.out_len;
    return server->link.out;
}

void gdb_server_sent(struct gdb_server *server, size_t len)
{
    gdb_link_sent(&server->link, len);
}

/* --- the machine --- */

bool gdb_server_running(const struct gdb_server *server)
{
    return server->running;
}

void gdb_server_run(struct gdb_server *server)
{
    server->running = true;
    server->resumed = false;
}

void gdb_server_stopped(struct gdb_server *server, const struct gdb_stop *stop)
{
    server->running = false;
    server->stop = *stop;
    server->cpu = server->step_cpu = stop->cpu;
    if (server->resumed) {
        server->resumed = false;
        server->reply.len = 0;
        gdb_put_stop(server);
        answer(server);
    }
    if (server->pending) {
        server->pending = false;
        packet(server);
    }
    work(server);
}

void gdb_server_exited(struct gdb_server *server)
{
    if (!server->connected || !server->resumed)
        return;
    server->reply.len = 0;
    gdb_put(&server->reply, "W00");
    answer(server);
}

void gdb_server_print(struct gdb_server *server, const char *text)
{
    const size_t part_max = GDB_PACKET_MAX / 2 - 1;
    struct gdb_reply *reply;

    if (!server->connected)
        return;
    reply = malloc(sizeof(*reply)); /* an answer may be in the making */
    for (size_t left = strlen(text); left && reply;) {
        const size_t part = left < part_max ? left : part_max;

        reply->len = 0;
        gdb_put(reply, "O");
        gdb_put_bytes(reply, (const uint8_t *)text, part);
        gdb_link_send(&server->link, reply->data, reply->len);
        text += part;
        left -= part;
    }
    free(reply);
}
