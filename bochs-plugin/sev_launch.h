/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch of the machine's own guest by the built-in hypervisor. Errors end Bochs with a
 * message.
 */
#ifndef BX_SEV_LAUNCH_H
#define BX_SEV_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sev_machine;

/* Check that the firmware can start in such a guest. */
void bx_sev_launch_check(const struct sev_machine *machine);
/* Launch and measure everything that the guest executes first, and inject the secret of
 * secret_header=. Called once, before the first instruction. */
void bx_sev_launch(struct sev_machine *machine);
/* LAUNCH_FINISH: from now on the guest may run. */
void bx_sev_launch_finish(struct sev_machine *machine);
/* Find the place for a secret of `len` bytes for which no address was given: where OVMF or the boot
 * ROM reserve memory for secrets. Return false with a message in `error` if there is none. */
bool bx_sev_launch_secret_gpa(const struct sev_machine *machine, size_t len, uint64_t *gpa,
                              char *error, size_t error_size);

#endif
