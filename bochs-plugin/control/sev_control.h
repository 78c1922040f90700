/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control socket of the machine, over ctl.c and qmp.c.
 */
#ifndef BX_SEV_CONTROL_H
#define BX_SEV_CONTROL_H

struct sev_machine;

/* Listens at control=unix:PATH; trouble ends Bochs with one sentence. */
void bx_sev_control_open(struct sev_machine *machine);
/* launch=wait: serves the client until it says `cont`. */
void bx_sev_control_wait(void);
/* The machine was restored: it runs without that. */
void bx_sev_control_started(void);
/* The machine's end: tells the client and removes the socket. */
void bx_sev_control_close(void);

#endif
