/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secure processor as a PCI function, without Bochs: its configuration space after the standard
 * header, BAR 2 with the registers (psp-model/psp_bar.h), BAR 5 with the MSI-X table, and the messages
 * that it sends as interrupts.
 *
 * Identity, BARs and the place of the capabilities are those of a Rome processor: `lspci -vvv` in
 * sebhildebrandt/systeminformation issue 819 ("Starship/Matisse Cryptographic Coprocessor PSPCPP": region 2
 * of 1 MiB, region 5 of 8 KiB); Linux drivers/crypto/ccp/sp-pci.c sp_pci_table[] and dev_vdata[] (device
 * ids, BAR 2). Linux asks for 1 or 2 MSI-X vectors, then for MSI (sp_get_irqs()). Capability layouts: Linux
 * include/uapi/linux/pci_regs.h (PCI_MSI_*, PCI_MSIX_*).
 *
 * This function has no INTx: a choice of this model. Both vectors exist, and all interrupts are sent with
 * the first one.
 */
#ifndef PSP_FUNCTION_H
#define PSP_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "psp_bar.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PSP_FUNCTION_VENDOR     0x1022u
#define PSP_FUNCTION_ROME       0x1486u
#define PSP_FUNCTION_GENOA      0x14cau
#define PSP_FUNCTION_CLASS      0x108000u /* encryption controller */
#define PSP_FUNCTION_CONFIG     256u
#define PSP_FUNCTION_VECTORS    2u
#define PSP_FUNCTION_TABLE_SIZE 0x2000u /* BAR 5 */

/* An MSI-X vector: address (two words), data, vector control. */
enum { MSIX_ADDR_LO, MSIX_ADDR_HI, MSIX_DATA, MSIX_CONTROL, MSIX_WORDS };

struct psp_function {
    /* The configuration space; the caller's, who also keeps the standard header's BARs. */
    uint8_t *config;
    struct psp_bar bar;
    /* The function writes `data` to memory at `address`, which is an interrupt if a local APIC is there. */
    void (*send)(void *ctx, uint64_t address, uint32_t data);
    /* A command starts: psp_mailbox_run() when it has taken its time. NULL: commands take no time. */
    void (*started)(void *ctx);
    void *ctx;

    /* BAR 5, also for save and restore. */
    uint32_t table[PSP_FUNCTION_VECTORS][MSIX_WORDS];
    uint32_t pending; /* one bit for each vector that is masked and has an interrupt to send */
};

/* As after power-on. `config` has PSP_FUNCTION_CONFIG bytes and a standard header; the capabilities are
 * added. The caller sets `send`, `started` and `ctx` afterwards. */
void psp_function_init(struct psp_function *function, uint8_t *config, struct psp_mailbox *mailbox);
/* Back to that state. */
void psp_function_reset(struct psp_function *function);

/* A write to the configuration space; only bits that are writable change. BARs are not written here. */
void psp_function_config_write(struct psp_function *function, unsigned address, uint32_t value,
                               unsigned len);
/* `len` bytes of BAR 5, of any length and alignment; outside of table and pending bits they are 0. */
void psp_function_table_read(const struct psp_function *function, uint64_t offset, void *data,
                             size_t len);
void psp_function_table_write(struct psp_function *function, uint64_t offset, const void *data,
                              size_t len);

/* Where a message goes that is written to `address`: false if no local APIC takes it. */
struct psp_function_message {
    uint8_t destination, vector, delivery_mode;
    bool logical, level;
};
bool psp_function_message(uint64_t address, uint32_t data, struct psp_function_message *message);

#ifdef __cplusplus
}
#endif
#endif
