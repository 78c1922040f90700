/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The registers of the secure processor as its PCI function has them in BAR 2, over psp_mailbox.h. An
 * emulator maps PSP_BAR_SIZE bytes of memory and passes each access here.
 *
 *   V1       V2       register
 *   10580h   10980h   CmdResp         C2PMSG_32
 *   105E0h   109E0h   CmdBufAddr_Lo   C2PMSG_56
 *   105E4h   109E4h   CmdBufAddr_Hi   C2PMSG_57
 *   105FCh   109FCh   Feature         C2PMSG_63, read only: bit 0, SEV is present; bit 7, bits 15:8 say how
 *                                     the chip is locked (not at all)
 *   10610h   10690h   IntEnable
 *   10614h   10694h   IntStatus       write 1 to clear: bit 1, a SEV command is complete
 *
 * V1 is the Naples generation (device id 1456h), V2 Rome and Milan (1486h) and Genoa (14CAh). All other
 * offsets read as 0 and ignore writes: among them the queues of the CCP's own engine, which this model
 * does not have (Linux finds it without queues and goes on), and the mailbox of platform features. Without
 * bit 7 of Feature, newer Linux asks there how the chip is locked, and gives up.
 *
 * A command with IOC sets bit 1 of IntStatus. The function sends an interrupt when IntStatus &
 * IntEnable becomes different from 0.
 *
 * Sources: Linux drivers/crypto/ccp/sp-pci.c (sevv1, sevv2, pspv1 to pspv4: offsets), psp-dev.c
 * psp_irq_handler() and psp_dev_init(), psp-dev.h union psp_cap_register, hsti.c psp_populate_hsti(),
 * sev-dev.c sev_irq_handler(). Accesses that are not 32 bits wide,
 * which no driver makes, and when the interrupt is sent again, are choices of this model.
 */
#ifndef PSP_BAR_H
#define PSP_BAR_H

#include "psp_mailbox.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PSP_BAR_SIZE 0x100000u

#define PSP_BAR_FEATURE_SEV      0x01u
#define PSP_BAR_FEATURE_SECURITY 0x80u
#define PSP_BAR_INT_COMPLETE     0x2u

enum psp_bar_version { PSP_BAR_V1, PSP_BAR_V2 };

struct psp_bar {
    enum psp_bar_version version;
    struct psp_mailbox *mailbox;
    /* Called to send the function's interrupt; may be NULL. */
    void (*interrupt)(void *ctx);
    /* As psp_mailbox.h's started(), whose place it takes; may be NULL. */
    void (*started)(void *ctx);
    void *ctx;

    /* The registers, also for save and restore. */
    uint32_t int_enable, int_status;
};

/* As after power-on. `mailbox` is initialised and stays the caller's; its callbacks become the bar's.
 * The caller sets `interrupt`, `started` and `ctx` afterwards. */
void psp_bar_init(struct psp_bar *bar, struct psp_mailbox *mailbox, enum psp_bar_version version);
/* Back to that state, the mailbox too. Does not reset the processor. */
void psp_bar_reset(struct psp_bar *bar);

/* `len` bytes at `offset`, of any length and alignment; bytes outside of the bar read as 0 and ignore
 * writes. */
void psp_bar_read(const struct psp_bar *bar, uint64_t offset, void *data, size_t len);
void psp_bar_write(struct psp_bar *bar, uint64_t offset, const void *data, size_t len);

#ifdef __cplusplus
}
#endif
#endif
