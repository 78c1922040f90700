/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The socket of the gdb server: a TCP port of the loopback interface, or a Unix socket. One client
 * at a time. No function waits but gdb_socket_wait().
 */
#ifndef GDB_SOCKET_H
#define GDB_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gdb_socket;

/* Check an address: a decimal port, or "unix:" and a path that is not too long. */
bool gdb_socket_address_ok(const char *address);

/* Listen. With port 0 the system chooses one. A Unix socket has mode 0600; one that no process
 * listens to is replaced, any other file is not. Return NULL with a message in `error` on failure. */
struct gdb_socket *gdb_socket_open(const char *address, char *error, size_t error_size);
/* Close everything. NULL is allowed. */
void gdb_socket_close(struct gdb_socket *socket);

/* What a user of gdb writes after `target remote`: "127.0.0.1:1234" or a path. */
const char *gdb_socket_name(const struct gdb_socket *socket);

/* Wait at most `ms` for a client, or for its data. */
void gdb_socket_wait(const struct gdb_socket *socket, int ms);
/* Return true if a client is there that was not there before. */
bool gdb_socket_accept(struct gdb_socket *socket);
bool gdb_socket_connected(const struct gdb_socket *socket);
void gdb_socket_drop(struct gdb_socket *socket);
/* Return how many bytes were read or sent, 0 if none could be. If the client is gone, drop it. */
size_t gdb_socket_read(struct gdb_socket *socket, void *data, size_t size);
size_t gdb_socket_send(struct gdb_socket *socket, const void *data, size_t len);

#ifdef __cplusplus
}
#endif
#endif
