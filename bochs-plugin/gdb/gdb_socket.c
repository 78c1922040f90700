/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The socket of the gdb server. See gdb_socket.h.
 *
 * Whoever can connect controls the machine, so there is no way to listen on another interface.
 */
#include "gdb_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/unix_socket.h"

struct gdb_socket {
    int listener, client;
    char path[UNIX_SOCKET_PATH_SIZE]; /* of our socket; "" for TCP */
    char name[UNIX_SOCKET_PATH_SIZE];
};

static const char prefix[] = "unix:";

static bool get_port(const char *text, unsigned *port)
{
    size_t n = strspn(text, "0123456789");

    if (!n || text[n] || n > 5)
        return false;
    *port = (unsigned)strtoul(text, NULL, 10);
    return *port <= 65535;
}

static const char *get_path(const char *address)
{
    const size_t len = strlen(prefix);

    if (strncmp(address, prefix, len) || !address[len] ||
        strlen(address + len) >= UNIX_SOCKET_PATH_SIZE)
        return NULL;
    return address + len;
}

bool gdb_socket_address_ok(const char *address)
{
    unsigned port;

    return get_port(address, &port) || get_path(address);
}

/* --- opening --- */

static int listen_tcp(struct gdb_socket *s, unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof(address);
    const int one = 1;

    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listener < 0)
        return -errno;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(s->listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(s->listener, 1) < 0 ||
        getsockname(s->listener, (struct sockaddr *)&address, &size) < 0)
        return -errno;
    snprintf(s->name, sizeof(s->name), "127.0.0.1:%u", ntohs(address.sin_port));
    return 0;
}

static int listen_unix(struct gdb_socket *s, const char *path)
{
    s->listener = unix_socket_listen(path, 1);
    if (s->listener < 0)
        return s->listener;
    snprintf(s->path, sizeof(s->path), "%s", path);
    snprintf(s->name, sizeof(s->name), "%s", path);
    return 0;
}

struct gdb_socket *gdb_socket_open(const char *address, char *error, size_t error_size)
{
    const char *path = get_path(address);
    struct gdb_socket *s = calloc(1, sizeof(*s));
    unsigned port = 0;
    int err;

    if (!s || (!path && !get_port(address, &port))) {
        snprintf(error, error_size, "'%s' is no address", address);
        free(s);
        return NULL;
    }
    s->client = -1;
    err = path ? listen_unix(s, path) : listen_tcp(s, port);
    if (!err)
        return s;
    snprintf(error, error_size, "cannot listen on '%s': %s", address, strerror(-err));
    gdb_socket_close(s);
    return NULL;
}

void gdb_socket_close(struct gdb_socket *s)
{
    if (!s)
        return;
    gdb_socket_drop(s);
    if (s->listener >= 0)
        close(s->listener);
    if (*s->path)
        unlink(s->path);
    free(s);
}

const char *gdb_socket_name(const struct gdb_socket *s)
{
    return s->name;
}

/* --- the client --- */

void gdb_socket_wait(const struct gdb_socket *s, int ms)
{
    struct pollfd pollfd = {.fd = s->client >= 0 ? s->client : s->listener, .events = POLLIN};

    poll(&pollfd, 1, ms);
}

bool gdb_socket_accept(struct gdb_socket *s)
{
    const int one = 1;

    if (s->client >= 0)
        return false;
    s->client = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (s->client < 0)
        return false;
    if (!*s->path) /* packets are small; an error only makes them slower */
        (void)setsockopt(s->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return true;
}

bool gdb_socket_connected(const struct gdb_socket *s)
{
    return s->client >= 0;
}

void gdb_socket_drop(struct gdb_socket *s)
{
    if (s->client >= 0)
        close(s->client);
    s->client = -1;
}

static size_t moved(struct gdb_socket *s, ssize_t n)
{
    if (n > 0)
        return (size_t)n;
    if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        gdb_socket_drop(s);
    return 0;
}

size_t gdb_socket_read(struct gdb_socket *s, void *data, size_t size)
{
    return s->client < 0 || !size ? 0 : moved(s, recv(s->client, data, size, 0));
}

size_t gdb_socket_send(struct gdb_socket *s, const void *data, size_t len)
{
    return s->client < 0 || !len ? 0 : moved(s, send(s->client, data, len, MSG_NOSIGNAL));
}
