/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The packets of GDB's remote protocol: framing, checksum, acknowledgements, escapes. No sockets.
 * What a client sends is hostile: a packet that is too long, or whose checksum is wrong, is refused.
 *
 * Source: GDB's manual, gdb/doc/gdb.texinfo, appendix "GDB Remote Serial Protocol", sections
 * "Overview", "Interrupts", "Packet Acknowledgment".
 */
#ifndef GDB_LINK_H
#define GDB_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GDB_PACKET_MAX 16384u   /* bytes of a packet, either way */
#define GDB_OUTPUT_MAX 4194304u /* bytes for a client that does not read; it is dropped then */

enum gdb_event {
    GDB_EVENT_NONE,
    GDB_EVENT_PACKET,    /* `data` and `len` are a packet, and a 0 follows */
    GDB_EVENT_INTERRUPT, /* the byte 3 between packets: stop the machine */
};

enum gdb_state { GDB_BETWEEN, GDB_DATA, GDB_SUM_HIGH, GDB_SUM_LOW };

struct gdb_link {
    /* input */
    enum gdb_state state;
    bool escaped, too_long;
    uint8_t sum, given;
    size_t len;
    char data[GDB_PACKET_MAX + 1];
    /* output */
    bool acknowledge; /* until QStartNoAckMode */
    bool failed;      /* no memory, or the client does not read: drop it */
    char *out;
    size_t out_len, out_size;
    size_t last_len;
    char last[2 * GDB_PACKET_MAX + 4]; /* the last packet, for a client that asks for it again */
};

void gdb_link_init(struct gdb_link *link);
void gdb_link_free(struct gdb_link *link);
/* A new client: forget what the one before it sent and did not read. */
void gdb_link_reset(struct gdb_link *link);

/* Return the value of a hexadecimal digit of either case, -1 if `c` is none. */
int gdb_digit(char c);

/* Take one byte from the client. May queue an acknowledgement. */
enum gdb_event gdb_link_byte(struct gdb_link *link, uint8_t byte);

/* Queue a packet of at most GDB_PACKET_MAX bytes, which are escaped. */
void gdb_link_send(struct gdb_link *link, const char *data, size_t len);
/* Remove `n` bytes of `out`, which were sent. */
void gdb_link_sent(struct gdb_link *link, size_t n);

#ifdef __cplusplus
}
#endif
#endif
