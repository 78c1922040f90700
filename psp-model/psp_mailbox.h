/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The register block through which software talks to the secure processor, without saying where
 * it is mapped: the Bochs plugin puts it at 16 I/O ports.
 *
 *   offset  register         access
 *   00h     CmdResp          read, write   (C2PMSG_32 of the real mailbox)
 *   04h     CmdBufAddr_Lo    read, write   (C2PMSG_56)
 *   08h     CmdBufAddr_Hi    read, write   (C2PMSG_57)
 *   0Ch     Identification   read only     (feature bits as C2PMSG_63)
 *
 * CmdResp as written: 31 must be 0; 26:16 command id; 0 IOC, interrupt on completion; the others
 * are reserved. CmdResp as read: 31 RESP, 1 = the command is done; 15:0 its status code. Bit 31 is
 * also set when no command was given yet.
 * Identification: 31:16 = 5E5Bh, 15:8 = version of this register block, 1; bit 0 = SEV is present.
 *
 * Registers may be accessed by 8, 16 or 32 bits, at any offset; byte lanes are little endian.
 * Lanes outside the block read FFh and ignore writes.
 *
 * A write starts a command if, and only if, it covers byte 03h (bits 31:24 of CmdResp). Other
 * writes to CmdResp only store their bytes until then: software with 8-bit or 16-bit accesses
 * writes the lower part first. A command starts after all bytes of the access are stored, with
 *   - nothing happening if bit 31 was written as 1 (that bit is the processor's): the register
 *     keeps the last response;
 *   - INVALID_PARAM as answer if a reserved bit (30:27, 15:1) is set;
 *   - otherwise the answer of the command.
 * While a command executes RESP is 0 and writes are ignored (busy). Commands finish within the
 * write, unless the emulator sets started(): then a command is busy until psp_mailbox_run().
 *
 * psp_bar.h has the same registers where a real processor has them, in the memory of a PCI function.
 *
 * Source: Linux drivers/crypto/ccp/sev-dev.c and psp-dev.h (bits and protocol); the real mailbox
 * takes 32-bit accesses only, narrower ones are this model's.
 */
#ifndef PSP_MAILBOX_H
#define PSP_MAILBOX_H

#include "psp.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PSP_MAILBOX_SIZE 16u

#define PSP_MAILBOX_CMDRESP 0x00u
#define PSP_MAILBOX_ADDR_LO 0x04u
#define PSP_MAILBOX_ADDR_HI 0x08u
#define PSP_MAILBOX_ID      0x0cu

#define PSP_MAILBOX_RESP        0x80000000u
#define PSP_MAILBOX_CMD_SHIFT   16
#define PSP_MAILBOX_CMD_MASK    0x07ff0000u
#define PSP_MAILBOX_IOC         0x00000001u
#define PSP_MAILBOX_STATUS_MASK 0x0000ffffu
#define PSP_MAILBOX_RESERVED    (~(PSP_MAILBOX_RESP | PSP_MAILBOX_CMD_MASK | PSP_MAILBOX_IOC))
#define PSP_MAILBOX_ID_VALUE    0x5e5b0101u

struct psp_mailbox {
    struct psp *psp;
    /* Called when a command with IOC is done; may be NULL. */
    void (*interrupt)(void *ctx);
    void *ctx;

    /* The registers, also for save and restore. cmdresp is the last response, with RESP;
     * pending the bytes of a command not started yet. */
    uint32_t cmdresp, pending, addr_lo, addr_hi;
    bool busy;

    /* Called when a command starts; the emulator calls psp_mailbox_run() when it has taken its time.
     * NULL: commands take no time. */
    void (*started)(void *ctx);
};

/* As after power-on; the caller sets the callbacks afterwards. */
void psp_mailbox_init(struct psp_mailbox *mailbox, struct psp *psp);
/* Back to that state, with the same processor and callbacks; a command that did not run yet is
 * forgotten. Does not reset the processor. */
void psp_mailbox_reset(struct psp_mailbox *mailbox);

/* `size` is 1, 2 or 4 and `offset` below 16; others read all ones and write nothing. */
uint32_t psp_mailbox_read(const struct psp_mailbox *mailbox, unsigned offset, unsigned size);
void psp_mailbox_write(struct psp_mailbox *mailbox, unsigned offset, uint32_t value, unsigned size);
/* Execute the command for which started() was called. Without one, nothing happens. */
void psp_mailbox_run(struct psp_mailbox *mailbox);

#ifdef __cplusplus
}
#endif
#endif
