/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server of GDB's remote protocol for a machine of several CPUs, in all-stop mode. CPUs are
 * threads: CPU 0 is thread 1. No sockets and no Bochs: bytes go in and come out, and the machine is
 * a table of functions.
 *
 * The machine is stopped or it runs. It starts stopped if the caller says so, and each time gdb
 * resumes it, `resume` is called; gdb_stopped() ends that. A client that connects, or that sends a
 * packet or an interrupt while the machine runs, stops it (QEMU gdbstub/ does the same).
 *
 * Source: GDB's manual, gdb/doc/gdb.texinfo, appendix "GDB Remote Serial Protocol"; signal numbers:
 * GDB include/gdb/signals.def.
 */
#ifndef GDB_SERVER_H
#define GDB_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GDB_CPUS_MAX 255u

enum gdb_action {
    GDB_HOLD, /* the CPU does not move while others do */
    GDB_CONTINUE,
    GDB_STEP,  /* one instruction */
    GDB_RANGE, /* steps as long as RIP is from `from` to before `to` */
};

struct gdb_resume {
    enum gdb_action action;
    uint64_t from, to;
};

/* The numbers of the Z packets. */
enum gdb_point {
    GDB_BREAK,
    GDB_HARDWARE_BREAK,
    GDB_WATCH_WRITE,
    GDB_WATCH_READ,
    GDB_WATCH_ACCESS,
    GDB_POINT_KINDS
};

enum gdb_why {
    GDB_STOP_STEP, /* a step, a break of the machine's own, or the start */
    GDB_STOP_POINT,
    GDB_STOP_INTERRUPT,
    GDB_STOP_SHUTDOWN, /* a triple fault */
};

struct gdb_stop {
    enum gdb_why why;
    unsigned cpu;
    enum gdb_point point; /* GDB_STOP_POINT */
    uint64_t address;     /* of a watchpoint */
};

/* The machine. It is stopped when these are called, but for `interrupt`. */
struct gdb_ops {
    unsigned (*cpus)(void *ctx); /* 1 to GDB_CPUS_MAX */
    /* One line about a CPU. */
    void (*describe)(void *ctx, unsigned cpu, char *text, size_t size);
    /* `value` has gdb_register_size(number) bytes, the lowest first. Return false if the register
     * cannot be written, or not with this value. */
    void (*read_register)(void *ctx, unsigned cpu, unsigned number, uint8_t *value);
    bool (*write_register)(void *ctx, unsigned cpu, unsigned number, const uint8_t *value);
    /* Memory as the instructions of a CPU read and write it. Return how many bytes were read; write
     * all or nothing. */
    size_t (*read)(void *ctx, unsigned cpu, uint64_t address, uint8_t *data, size_t len);
    bool (*write)(void *ctx, unsigned cpu, uint64_t address, const uint8_t *data, size_t len);
    /* Return 0 or a negative errno; setting or removing a point twice is no error. */
    int (*set_point)(void *ctx, unsigned cpu, enum gdb_point point, uint64_t address, uint64_t len);
    int (*remove_point)(void *ctx, unsigned cpu, enum gdb_point point, uint64_t address,
                        uint64_t len);
    void (*remove_points)(void *ctx);
    /* A command of the user. Its output goes to gdb_print(). */
    void (*monitor)(void *ctx, unsigned cpu, const char *line);
    /* `cpus` has an entry for each CPU; at least one does not hold. */
    void (*resume)(void *ctx, const struct gdb_resume *cpus);
    void (*interrupt)(void *ctx); /* stop soon, then call gdb_stopped() */
    void (*kill)(void *ctx);      /* end the machine after the answer was sent */
};

struct gdb_server;

/* The machine is stopped. `ops` and `ctx` must outlive the server. NULL: out of memory. */
struct gdb_server *gdb_server_new(const struct gdb_ops *ops, void *ctx);
void gdb_server_free(struct gdb_server *server);

/* A new client. */
void gdb_server_connect(struct gdb_server *server);
/* The client is gone: no points remain, and the machine runs. */
void gdb_server_disconnect(struct gdb_server *server);
/* gdb said that it leaves, or did not read what it asked for: close the connection. */
bool gdb_server_finished(const struct gdb_server *server);

/* How many bytes gdb_server_input() takes now. */
size_t gdb_server_input_space(const struct gdb_server *server);
void gdb_server_input(struct gdb_server *server, const void *data, size_t len);
/* What is to be sent, and how much of it was. */
const void *gdb_server_output(const struct gdb_server *server, size_t *len);
void gdb_server_sent(struct gdb_server *server, size_t len);

bool gdb_server_running(const struct gdb_server *server);
/* The machine runs without having been resumed by gdb: it was started, or gdb is gone. */
void gdb_server_run(struct gdb_server *server);
/* All CPUs are between two instructions. */
void gdb_server_stopped(struct gdb_server *server, const struct gdb_stop *stop);
/* The machine ended. */
void gdb_server_exited(struct gdb_server *server);
/* Print text in gdb's console. Nothing without a client. */
void gdb_server_print(struct gdb_server *server, const char *text);

#ifdef __cplusplus
}
#endif
#endif
