/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The `sev:` directive in Bochs, over opt.c.
 */
#ifndef BX_SEV_OPTIONS_H
#define BX_SEV_OPTIONS_H

struct opt;

/* Create user.sev.* and register the directive; remove both. */
void bx_sev_options_register(void);
void bx_sev_options_unregister(void);
/* Read and check all parameters. A wrong value or combination ends Bochs with a message. */
void bx_sev_options_get(struct opt *opt);

#endif
