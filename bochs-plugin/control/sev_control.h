/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control socket of a SEV machine, over ctl.c and qmp.c.
 */
#ifndef BX_SEV_CONTROL_H
#define BX_SEV_CONTROL_H

struct sev_control;
struct sev_machine;

/* Listen at the path of control=unix:PATH. Never NULL: an error ends Bochs with a message. */
struct sev_control *bx_sev_control_new(struct sev_machine *machine);
/* Tell the client that the machine ends, and remove the socket. NULL is allowed. */
void bx_sev_control_free(struct sev_control *control);
/* With launch=wait: serve the client until it says `cont`. */
void bx_sev_control_wait(struct sev_control *control);
/* Serve the client while a debugger has stopped the machine. What the client asks of a running
 * machine happens when it runs again. */
void bx_sev_control_poll(struct sev_control *control);
/* The machine was restored, so it runs without `cont`. NULL is allowed. */
void bx_sev_control_started(struct sev_control *control);

#endif
