/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside gdb_server.c and gdb_query.c: reading a packet, writing an answer.
 */
#ifndef GDB_REPLY_H
#define GDB_REPLY_H

#include "gdb_link.h"
#include "gdb_server.h"

#define GDB_INPUT_MAX (2 * GDB_PACKET_MAX)

/* An answer that is being written. What does not fit is cut. */
struct gdb_reply {
    size_t len;
    char data[GDB_PACKET_MAX + 1];
};

struct gdb_server {
    const struct gdb_ops *ops;
    void *ctx;
    struct gdb_link link;
    struct gdb_reply reply;
    struct gdb_stop stop; /* the last one */
    bool connected, finished;
    bool greeted; /* the first byte was one of the protocol */
    bool running;
    bool resumed;             /* running because gdb said so: it waits for the stop */
    bool pending;             /* a packet that came while the machine ran */
    bool no_answer;           /* of the packet that is carried out */
    bool no_acknowledgements; /* once the answer is sent */
    bool swbreak, hwbreak;    /* gdb wants to know the kind of a breakpoint */
    unsigned cpu;             /* of registers and memory; packet H */
    unsigned step_cpu;        /* of packets c and s */
    size_t in_len;
    uint8_t in[GDB_INPUT_MAX];
};

/* A packet that is being read. */
struct gdb_text {
    const char *at, *end;
};

/* Read hexadecimal digits, at most 16 and at least one. */
bool gdb_get_number(struct gdb_text *text, uint64_t *number);
bool gdb_get_char(struct gdb_text *text, char c);
/* Two digits for each byte, `len` bytes. */
bool gdb_get_bytes(struct gdb_text *text, uint8_t *data, size_t len);
/* A thread as a CPU's index; -1: all, -2: any. False if there is no such thread. */
bool gdb_get_thread(const struct gdb_server *server, struct gdb_text *text, int *cpu);

void gdb_put(struct gdb_reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void gdb_put_bytes(struct gdb_reply *reply, const uint8_t *data, size_t len);
void gdb_put_error(struct gdb_reply *reply, int error);

/* gdb_query.c: the packets q..., Q... The text begins with q or Q. */
void gdb_query(struct gdb_server *server, struct gdb_text text);
/* gdb_resume.c: the packets vCont, c, s */
void gdb_vcont(struct gdb_server *server, struct gdb_text text);
void gdb_continue(struct gdb_server *server, struct gdb_text text, enum gdb_action action);
/* gdb_server.c: the answer of packet ? */
void gdb_put_stop(struct gdb_server *server);

#endif
