/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mode=host: the secure processor as a function on Bochs's PCI bus, over psp_function.h.
 *
 * For C++ files, after Bochs's own headers.
 */
#ifndef BX_SEV_PCI_H
#define BX_SEV_PCI_H

struct sev_machine;
struct sev_pci;

/* Never NULL: an error ends Bochs with a message. */
struct sev_pci *bx_sev_pci_new(struct sev_machine *machine);
/* NULL is allowed. Bochs has forgotten the function by then. */
void bx_sev_pci_free(struct sev_pci *pci);
/* A reset of the machine: the registers of the function, and a command that did not run yet. The secure
 * processor and its guests stay. */
void bx_sev_pci_reset(struct sev_pci *pci);
/* For save and restore; the mailbox is in the state of the machine. */
void bx_sev_pci_register_state(struct sev_pci *pci, bx_list_c *list);
void bx_sev_pci_restored(struct sev_pci *pci);

#endif
