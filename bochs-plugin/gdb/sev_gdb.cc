/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gdb server in Bochs's machine: when CPUs stop, step and hold, and who serves the socket. See
 * "a debugger outside of Bochs" in cpu-ext/hooks.h for the calls from Bochs, gdb_server.h for the
 * protocol.
 *
 * While the machine runs, a timer looks at the socket. A stop is requested by setting async_event of
 * all CPUs; the first CPU that comes to boundary() then waits there until gdb resumes the machine.
 * All CPUs are between two instructions then, because Bochs runs them in turns in one thread. The
 * machine's time does not pass while it is stopped.
 *
 * A step takes no interrupt, as in QEMU (gdbstub's default): otherwise most steps of a kernel would
 * end in the handler of its timer.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "gui/gui.h"
#include "bx_debug/debug.h"
#include "opt.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory_map.h"

#include <string.h>

#include <string>
#include <vector>

#include "control/sev_control.h"
#include "observe/sev_observe.h"
#include "gdb_socket.h"
#include "sev_gdb.h"
#include "sev_gdb_priv.h"

static const Bit32u poll_us = 10000; /* of the machine's time */
static const int wait_ms = 100;      /* between two looks at the control socket */

struct cpu_state {
    struct gdb_resume resume;
    Bit64u icount;     /* when it was resumed */
    bx_address linear; /* of its instruction then */
    bool waking;       /* a step of a halted CPU: stop at the next instruction of any kind */
};

struct sev_gdb {
    struct gdb_memory memory;
    struct gdb_server *server;
    struct gdb_socket *socket;
    struct gdb_points *points;
    std::vector<cpu_state> cpus;
    struct gdb_stop stop; /* the one that was requested */
    int timer;
    bool wait; /* gdb_wait=1: stop at the first reset */
    bool kill;
};

/* --- the socket --- */

static void flush(struct sev_gdb *g)
{
    size_t len, n;

    do {
        const void *data = gdb_server_output(g->server, &len);

        n = gdb_socket_send(g->socket, data, len);
        gdb_server_sent(g->server, n);
    } while (n);
}

static void disconnect(struct sev_gdb *g)
{
    gdb_socket_drop(g->socket);
    gdb_server_disconnect(g->server);
    BX_INFO(("gdb: the client is gone, the machine runs"));
}

/* Do what the socket has. Never wait. */
static void serve_socket(struct sev_gdb *g)
{
    uint8_t data[4096];
    size_t n;

    if (gdb_socket_accept(g->socket)) {
        BX_INFO(("gdb: a client is connected"));
        gdb_server_connect(g->server);
    }
    if (!gdb_socket_connected(g->socket))
        return;
    do {
        const size_t space = gdb_server_input_space(g->server);

        n = gdb_socket_read(g->socket, data, space < sizeof(data) ? space : sizeof(data));
        gdb_server_input(g->server, data, n);
        flush(g);
    } while (n && !gdb_server_finished(g->server) && !g->kill);
    if (!gdb_socket_connected(g->socket) || gdb_server_finished(g->server))
        disconnect(g);
}

static void kill_machine(struct sev_gdb *g)
{
    flush(g);
    BX_INFO(("gdb: the client ends the machine"));
    bx_user_quit = 1;
    BX_FATAL(("quit by gdb"));
}

static void poll_timer(void *ctx)
{
    serve_socket((struct sev_gdb *)ctx);
}

/* --- stopping --- */

/* Let all CPUs come to boundary() soon. The first request counts. */
static void request(struct sev_gdb *g, const struct gdb_stop &stop)
{
    if (sev_debugger.stop)
        return;
    g->stop = stop;
    sev_debugger.stop = true;
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        BX_CPU(i)->async_event |= 1;
}

static bx_address linear_ip(unsigned cpu)
{
    return BX_CPU(cpu)->get_laddr(BX_SEG_REG_CS, BX_CPU(cpu)->prev_rip);
}

/* The machine stops here until gdb resumes it. QMP clients are served, too. */
static void stopped(struct sev_gdb *g)
{
    struct sev_control *control =
        g->memory.machine ? bx_sev_machine_control(g->memory.machine) : NULL;

    sev_debugger.stop = false;
    bx_sev_gdb_points_apply(g->points, false);
    gdb_server_stopped(g->server, &g->stop);
    flush(g);
    while (!gdb_server_running(g->server) && !g->kill) {
        gdb_socket_wait(g->socket, wait_ms);
        serve_socket(g);
        if (control)
            bx_sev_control_poll(control);
        if (bx_gui)
            bx_gui->handle_events();
    }
    if (g->kill)
        kill_machine(g);
}

/* A CPU with a step to do. Return true if it did it. */
static bool stepped(struct sev_gdb *g, unsigned cpu)
{
    struct cpu_state *state = &g->cpus[cpu];
    const bx_address rip = BX_CPU(cpu)->prev_rip;

    if (state->waking || BX_CPU(cpu)->get_icount() == state->icount)
        return false;
    if (state->resume.action == GDB_STEP || rip < state->resume.from || rip >= state->resume.to)
        return true;
    state->icount = BX_CPU(cpu)->get_icount(); /* still in the range: the next step */
    state->linear = linear_ip(cpu);
    return false;
}

/* A halted CPU cannot step: it takes the interrupt that wakes it, and stops before the instruction
 * that follows. */
static enum sev_debugger_answer step(struct sev_gdb *g, unsigned cpu)
{
    struct cpu_state *state = &g->cpus[cpu];

    if (state->waking)
        return SEV_DEBUGGER_RUN;
    if (BX_CPU(cpu)->activity_state == BX_CPU_C::BX_ACTIVITY_STATE_ACTIVE) {
        BX_CPU(cpu)->async_event |= 1;
        return SEV_DEBUGGER_STEP;
    }
    state->waking = true;
    bx_sev_gdb_points_apply(g->points, true);
    return SEV_DEBUGGER_RUN;
}

static enum sev_debugger_answer hook_boundary(void *ctx, unsigned cpu)
{
    struct sev_gdb *g = (struct sev_gdb *)ctx;
    const enum gdb_action action = g->cpus[cpu].resume.action;

    if (!sev_debugger.stop && (action == GDB_STEP || action == GDB_RANGE) && stepped(g, cpu))
        request(g, {GDB_STOP_STEP, cpu, GDB_BREAK, 0});
    if (sev_debugger.stop)
        stopped(g);
    switch (g->cpus[cpu].resume.action) {
    case GDB_HOLD:
        BX_CPU(cpu)->async_event |= 1;
        return SEV_DEBUGGER_HOLD;
    case GDB_STEP:
    case GDB_RANGE:
        return step(g, cpu);
    default:
        return SEV_DEBUGGER_RUN;
    }
}

/* A breakpoint where the CPU was resumed does not stop it again before it executed something. */
static bool hook_hit(void *ctx, unsigned cpu, uint64_t linear)
{
    struct sev_gdb *g = (struct sev_gdb *)ctx;
    const struct cpu_state *state = &g->cpus[cpu];
    struct gdb_stop stop = {GDB_STOP_POINT, cpu, GDB_BREAK, 0};

    if (state->waking)
        stop.why = GDB_STOP_STEP;
    else if ((state->icount == BX_CPU(cpu)->get_icount() && state->linear == linear) ||
             !bx_sev_gdb_points_hit(g->points, linear, &stop.point))
        return false;
    request(g, stop);
    return true;
}

static void touched(void *ctx, unsigned cpu, enum gdb_point point, uint64_t linear)
{
    request((struct sev_gdb *)ctx,
            {GDB_STOP_POINT, cpu == SEV_HOOKS_NO_CPU ? 0 : cpu, point, linear});
}

/* The registers are still those of the fault; after this Bochs ends or resets the machine. */
static void hook_shutdown(void *ctx, unsigned cpu)
{
    struct sev_gdb *g = (struct sev_gdb *)ctx;

    if (!gdb_socket_connected(g->socket))
        return;
    gdb_server_print(g->server, "the CPU shuts down: triple fault\n");
    g->stop = {GDB_STOP_SHUTDOWN, cpu, GDB_BREAK, 0};
    stopped(g);
}

/* --- what gdb asks for --- */

static unsigned op_cpus(void *)
{
    return BX_SMP_PROCESSORS;
}

static void op_describe(void *, unsigned cpu, char *text, size_t size)
{
    bx_sev_gdb_describe(cpu, text, size);
}

static void op_read_register(void *, unsigned cpu, unsigned number, uint8_t *value)
{
    bx_sev_gdb_read_register(cpu, number, value);
}

static bool op_write_register(void *, unsigned cpu, unsigned number, const uint8_t *value)
{
    return bx_sev_gdb_write_register(cpu, number, value);
}

static size_t op_read(void *ctx, unsigned cpu, uint64_t address, uint8_t *data, size_t len)
{
    return bx_sev_gdb_read(&((struct sev_gdb *)ctx)->memory, cpu, address, data, len);
}

static bool op_write(void *ctx, unsigned cpu, uint64_t address, const uint8_t *data, size_t len)
{
    return bx_sev_gdb_write(&((struct sev_gdb *)ctx)->memory, cpu, address, data, len);
}

static int op_set_point(void *ctx, unsigned cpu, enum gdb_point point, uint64_t address,
                        uint64_t len)
{
    return bx_sev_gdb_points_set(((struct sev_gdb *)ctx)->points, cpu, point, address, len);
}

static int op_remove_point(void *ctx, unsigned, enum gdb_point point, uint64_t address,
                           uint64_t len)
{
    return bx_sev_gdb_points_remove(((struct sev_gdb *)ctx)->points, point, address, len);
}

static void op_remove_points(void *ctx)
{
    bx_sev_gdb_points_clear(((struct sev_gdb *)ctx)->points);
}

static void op_monitor(void *ctx, unsigned cpu, const char *line)
{
    struct sev_gdb *g = (struct sev_gdb *)ctx;

#if BX_DEBUGGER
    dbg_cpu = cpu;
    if (bx_sev_debug_line(g->memory.machine, line))
        return;
#endif
    gdb_server_print(g->server, "sev: unknown command; try 'monitor sev help'\n");
}

static void op_resume(void *ctx, const struct gdb_resume *cpus)
{
    struct sev_gdb *g = (struct sev_gdb *)ctx;

    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        g->cpus[i] = {cpus[i], BX_CPU(i)->get_icount(), linear_ip(i), false};
        if (cpus[i].action != GDB_CONTINUE)
            BX_CPU(i)->async_event |= 1;
    }
    bx_sev_gdb_points_apply(g->points, false);
}

static void op_interrupt(void *ctx)
{
    request((struct sev_gdb *)ctx, {GDB_STOP_INTERRUPT, 0, GDB_BREAK, 0});
}

static void op_kill(void *ctx)
{
    ((struct sev_gdb *)ctx)->kill = true;
}

static const struct gdb_ops ops = {
    .cpus = op_cpus,
    .describe = op_describe,
    .read_register = op_read_register,
    .write_register = op_write_register,
    .read = op_read,
    .write = op_write,
    .set_point = op_set_point,
    .remove_point = op_remove_point,
    .remove_points = op_remove_points,
    .monitor = op_monitor,
    .resume = op_resume,
    .interrupt = op_interrupt,
    .kill = op_kill,
};

/* --- the console of breaks and commands --- */

static void console_print(void *ctx, const char *text)
{
    gdb_server_print(((struct sev_gdb *)ctx)->server, text);
}

static void console_stop(void *ctx, unsigned cpu)
{
    request((struct sev_gdb *)ctx, {GDB_STOP_STEP, cpu, GDB_BREAK, 0});
}

/* --- start and end --- */

struct sev_gdb *bx_sev_gdb_new(const struct opt *opt, struct memmap *memmap)
{
    char error[300];

    if (!*opt->gdb)
        return NULL;
#if BX_DEBUGGER
    if (bx_dbg.debugger_active)
        BX_FATAL(("sev: gdb: Bochs's own debugger has the machine; leave -dbg out"));
#endif
    struct sev_gdb *g = new struct sev_gdb();
    const struct bx_sev_console console = {g, console_print, console_stop};

    g->memory.memmap = memmap;
    g->cpus.resize(BX_SMP_PROCESSORS, {{GDB_CONTINUE, 0, 0}, 0, 0, false});
    g->wait = opt->gdb_wait;
    g->socket = gdb_socket_open(opt->gdb, error, sizeof(error));
    if (!g->socket)
        BX_FATAL(("sev: gdb: %s", error));
    g->server = gdb_server_new(&ops, g);
    if (!g->server)
        BX_FATAL(("sev: out of memory"));
    gdb_server_run(g->server);
    g->points = bx_sev_gdb_points_new(&g->memory, touched, g);
    bx_sev_console_set(&console);
    sev_debugger.ctx = g;
    sev_debugger.boundary = hook_boundary;
    sev_debugger.hit = hook_hit;
    sev_debugger.shutdown = hook_shutdown;
    g->timer = bx_pc_system.register_timer(g, poll_timer, poll_us, 1, 1, "sev.gdb");
    BX_INFO(("gdb: listening on %s", gdb_socket_name(g->socket)));
    return g;
}

void bx_sev_gdb_set_machine(struct sev_gdb *g, struct sev_machine *machine)
{
    g->memory.machine = machine;
}

void bx_sev_gdb_free(struct sev_gdb *g)
{
    const struct bx_sev_console none = {};

    if (!g)
        return;
    bx_pc_system.deactivate_timer(g->timer);
    bx_pc_system.unregisterTimer(g->timer);
    gdb_server_exited(g->server);
    flush(g);
    bx_sev_gdb_points_free(g->points);
    sev_debugger = {};
    bx_sev_console_set(&none);
    gdb_server_free(g->server);
    gdb_socket_close(g->socket);
    delete g;
}

void bx_sev_gdb_reset(struct sev_gdb *g)
{
    if (!g)
        return;
    if (g->wait) {
        g->wait = false;
        BX_INFO(("gdb: the machine waits for gdb: target remote %s", gdb_socket_name(g->socket)));
        request(g, {GDB_STOP_STEP, 0, GDB_BREAK, 0});
    }
    /* A reset clears what a request set in the CPUs. */
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        if (sev_debugger.stop || g->cpus[i].resume.action != GDB_CONTINUE)
            BX_CPU(i)->async_event |= 1;
}
