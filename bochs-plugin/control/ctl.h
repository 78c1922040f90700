/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control socket: QMP (qmp.h) over a Unix socket, with one client at a time. No function but
 * ctl_poll() with a timeout waits for a client, so a client cannot halt the machine.
 *
 * The transport is that of QEMU docs/interop/qmp-spec.txt: a stream of JSON values.
 */
#ifndef SEV_CTL_H
#define SEV_CTL_H

#include "qmp.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ctl;

/* Listen at `path`, with mode 0600. A socket that no process listens to is replaced, any other file
 * is not. `ops` and `ctx` must outlive the socket. Return NULL with a message in `error` on
 * failure. */
struct ctl *ctl_new(const char *path, const struct qmp_ops *ops, void *ctx, char *error,
                    size_t error_size);
/* Send what can be sent at once, close the connection, remove the socket. NULL is allowed. */
void ctl_free(struct ctl *ctl);

/* Return whether ctl_poll() would find something to read or to execute now. */
bool ctl_pending(const struct ctl *ctl);

/* Wait at most `timeout_ms` for the client (0: not at all, -1: without end). Then accept a client,
 * read its requests, execute some of them and write the answers. The work is bounded. */
void ctl_poll(struct ctl *ctl, int timeout_ms);

/* Send an event to the client, if there is one that has negotiated. Releases `data`, which may be
 * NULL. */
void ctl_event(struct ctl *ctl, const char *name, json_t *data);

#ifdef __cplusplus
}
#endif
#endif
