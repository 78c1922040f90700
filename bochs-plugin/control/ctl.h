/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control socket: one client at a time on a Unix socket, any number in a row. Carries QMP
 * (qmp.h); never waits for a client, so that none can stop or slow the machine.
 *
 * Implements the transport of QEMU's docs/interop/qmp-spec: a stream of JSON values.
 */
#ifndef SEV_CTL_H
#define SEV_CTL_H

#include "qmp.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ctl;

/* Listen at `path` (mode 0600; a socket that nobody listens on any more is replaced, everything
 * else is not). `ops` and `ctx` must outlive the socket. NULL with one sentence in `error`. */
struct ctl *ctl_new(const char *path, const struct qmp_ops *ops, void *ctx, char *error,
                    size_t error_size);
/* Sends what can be sent at once, closes, removes the socket. NULL is allowed. */
void ctl_free(struct ctl *ctl);

/* Accept, read, execute, write what is possible now; wait at most `timeout_ms` for the first of
 * these (0 = not at all, -1 = without end). A bounded amount of work. */
void ctl_poll(struct ctl *ctl, int timeout_ms);

/* Send an event to the client, if there is one that negotiated. Takes `data`, which may be NULL. */
void ctl_event(struct ctl *ctl, const char *name, json_t *data);

#ifdef __cplusplus
}
#endif
#endif
