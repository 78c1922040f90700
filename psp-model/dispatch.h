/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of commands: which body executes a command, in which states it is allowed, and which
 * fields of its buffer must be zero. A new command is a row in dispatch.c and a body in a
 * commands/cmd_*.c file.
 *
 * Source: Linux include/linux/psp-sev.h enum sev_cmd (identifiers) and the struct sev_data_* of
 * each command (buffer, reserved fields).
 */
#ifndef PSP_DISPATCH_H
#define PSP_DISPATCH_H

#include "commands/cmd.h"

/* Sets of states. */
#define STATE(n)       (1u << (n))
#define PLATFORM_ANY   0x7u
#define CMD_HANDLE     0x01u /* the buffer holds the handle of an existing guest at 0 */
#define CMD_HANDLE_AT4 0x02u /* the same at 4 */
/* A command of SEV-SNP: the states are those of its platform and of enum snp_guest_state. */
#define CMD_SNP         0x04u
#define CMD_CONTEXT     0x08u /* the buffer holds the address of a guest's context page at 0 */
#define CMD_CONTEXT_AT8 0x10u /* the same at 8 */

struct dispatch_entry {
    uint16_t id;
    const char *name;
    cmd_handler *handler;
    uint8_t size; /* of the command buffer; 0 = none, the address is ignored */
    uint8_t platform_states, guest_states;
    uint8_t flags;
    struct {
        uint8_t offset, size;
    } reserved[3]; /* must be zero; size 0 = no more */
};

/* The rows in order of id, and their number. */
const struct dispatch_entry *dispatch_table(unsigned *n);
/* NULL if there is no such command. */
const struct dispatch_entry *dispatch_find(uint16_t id);

/* Check and execute one command, and report it to the host as an event; see psp_exec(). */
enum sev_status dispatch_exec(struct psp *psp, enum psp_issuer issuer, uint16_t id, uint64_t buffer)
    __attribute__((warn_unused_result));

#endif
