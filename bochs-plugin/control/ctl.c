/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control socket.
 *
 * Implements the transport of QEMU's docs/interop/qmp-spec over a Unix stream socket.
 */
#include "ctl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "json_read.h"
#include "unix_socket.h"

#define REQUEST_MAX   65536u /* bytes of a request */
#define OUTPUT_MAX    262144u /* bytes queued for a client that does not read, which is dropped then */
#define REQUEST_BATCH 16      /* requests executed by one ctl_poll() */

struct ctl {
    int listener, client;
    struct qmp qmp;
    char path[UNIX_SOCKET_PATH_SIZE];
    size_t in_len, out_len;
    char in[REQUEST_MAX];
    char out[OUTPUT_MAX];
};

static void ctl_drop(struct ctl *ctl)
{
    if (ctl->client >= 0)
        close(ctl->client);
    ctl->client = -1;
    ctl->in_len = ctl->out_len = 0;
    ctl->qmp.negotiated = false;
}

/* --- output --- */

static void ctl_flush(struct ctl *ctl)
{
    while (ctl->client >= 0 && ctl->out_len) {
        ssize_t n = send(ctl->client, ctl->out, ctl->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n <= 0) {
            ctl_drop(ctl);
            return;
        }
        ctl->out_len -= (size_t)n;
        memmove(ctl->out, ctl->out + n, ctl->out_len);
    }
}

/* Queue one JSON value, and release it. */
static void ctl_send(struct ctl *ctl, json_t *value)
{
    size_t room = sizeof(ctl->out) - ctl->out_len, len;

    if (!value || ctl->client < 0)
        goto out;
    len = json_dumpb(value, ctl->out + ctl->out_len, room, JSON_COMPACT);
    if (!len || len + 2 > room) {
        ctl_drop(ctl); /* the client does not read */
        goto out;
    }
    memcpy(ctl->out + ctl->out_len + len, "\r\n", 2);
    ctl->out_len += len + 2;
    ctl_flush(ctl);
out:
    json_decref(value);
}

void ctl_event(struct ctl *ctl, const char *name, json_t *data)
{
    if (ctl && ctl->qmp.negotiated)
        ctl_send(ctl, qmp_event(name, data));
    else
        json_decref(data);
}

/* --- input --- */

static void ctl_consume(struct ctl *ctl, size_t len)
{
    ctl->in_len -= len;
    memmove(ctl->in, ctl->in + len, ctl->in_len);
}

/* Execute the first request in the buffer. Return false if no complete one is there. */
static bool ctl_request(struct ctl *ctl)
{
    struct json_read read;
    size_t space = 0;

    while (space < ctl->in_len && strchr(" \t\r\n", ctl->in[space]) && ctl->in[space])
        space++;
    ctl_consume(ctl, space);
    json_read(ctl->in, ctl->in_len, &read);
    if (!read.used && ctl->in_len < sizeof(ctl->in))
        return false;
    if (read.used) {
        ctl_consume(ctl, read.used);
        ctl_send(ctl, read.value ? qmp_execute(&ctl->qmp, read.value) : qmp_error(read.error));
        json_decref(read.value);
    } else {
        ctl_consume(ctl, ctl->in_len);
        ctl_send(ctl, qmp_error("JSON token size limit exceeded"));
    }
    return ctl->client >= 0;
}

static void ctl_receive(struct ctl *ctl)
{
    ssize_t n =
        recv(ctl->client, ctl->in + ctl->in_len, sizeof(ctl->in) - ctl->in_len, MSG_DONTWAIT);

    if (n > 0)
        ctl->in_len += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        ctl_drop(ctl);
}

static void ctl_accept(struct ctl *ctl)
{
    ctl->client = accept4(ctl->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (ctl->client >= 0)
        ctl_send(ctl, qmp_greeting());
}

static struct pollfd input_of(const struct ctl *ctl)
{
    return (struct pollfd){.fd = ctl->client >= 0 ? ctl->client : ctl->listener, .events = POLLIN};
}

bool ctl_pending(const struct ctl *ctl)
{
    struct pollfd fd = input_of(ctl);

    return ctl->in_len || poll(&fd, 1, 0) > 0;
}

void ctl_poll(struct ctl *ctl, int timeout_ms)
{
    struct pollfd fd = input_of(ctl);

    ctl_flush(ctl);
    if (ctl->out_len)
        fd.events |= POLLOUT;
    if (ctl->in_len && ctl->client >= 0)
        timeout_ms = timeout_ms < 0 || timeout_ms > 10
                         ? 10
                         : timeout_ms; /* the last batch may have left requests */
    if (poll(&fd, 1, timeout_ms) > 0) {
        if (ctl->client < 0)
            ctl_accept(ctl);
        else if (ctl->in_len < sizeof(ctl->in))
            ctl_receive(ctl);
    }
    for (int i = 0; i < REQUEST_BATCH && ctl->client >= 0 && ctl_request(ctl); i++)
        continue;
    ctl_flush(ctl);
}

/* --- the socket --- */

struct ctl *ctl_new(const char *path, const struct qmp_ops *ops, void *ctx, char *error,
                    size_t error_size)
{
    struct ctl *ctl;

    if (strlen(path) >= sizeof(ctl->path)) {
        snprintf(error, error_size,
                 "the control socket's path '%.64s' is longer than %zu characters", path,
                 sizeof(ctl->path) - 1);
        return NULL;
    }
    ctl = calloc(1, sizeof(*ctl));
    if (!ctl) {
        snprintf(error, error_size, "the control socket cannot be made: out of memory");
        return NULL;
    }
    memcpy(ctl->path, path, strlen(path) + 1);
    ctl->client = -1;
    ctl->qmp.ops = ops;
    ctl->qmp.ctx = ctx;
    ctl->listener = unix_socket_listen(path, 4);
    if (ctl->listener >= 0)
        return ctl;
    snprintf(error, error_size, "cannot listen at the control socket '%s': %s", path,
             strerror(-ctl->listener));
    free(ctl);
    return NULL;
}

void ctl_free(struct ctl *ctl)
{
    if (!ctl)
        return;
    ctl_flush(ctl);
    ctl_drop(ctl);
    close(ctl->listener);
    unlink(ctl->path);
    free(ctl);
}
