/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Unix stream socket that listens, for the control socket and the gdb server.
 */
#ifndef UNIX_SOCKET_H
#define UNIX_SOCKET_H

#include <sys/un.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Size of a path, with the terminating NUL. */
#define UNIX_SOCKET_PATH_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)

/* Make a socket at `path`, shorter than UNIX_SOCKET_PATH_SIZE, that only this user can connect to. A
 * socket that no process listens to, which a killed process leaves, is replaced. Return the file
 * descriptor, which does not block and is closed by exec; the caller closes it and unlinks `path`. Or
 * return a negative errno; then neither a file descriptor nor a socket in the file system is left. */
int unix_socket_listen(const char *path, int backlog);

#ifdef __cplusplus
}
#endif
#endif
