/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of commands, and what a command's body works with. Adding a command means a row in
 * dispatch.c and a function in a cmd_*.c file.
 *
 * Implements AMD pub. 55766, 4.2 "Command buffers" and 4.3 "Command identifiers".
 */
#ifndef PSP_DISPATCH_H
#define PSP_DISPATCH_H

#include "gctx.h"
#include "psp_priv.h"

/* One command under way. The buffer is a copy: software cannot change it between check and use. */
struct cmd {
    struct psp *psp;
    uint64_t addr; /* of the buffer, for the reply */
    uint8_t size;
    uint8_t buf[SEV_COMMAND_SIZE_MAX];
    struct gctx *guest; /* whom the handle names, where the table demands a handle */
    uint32_t handle;
    uint8_t guest_before; /* its state before the command */
    size_t chunk_used;    /* bytes of psp->chunk that hold secrets, wiped afterwards */

    /* For the trace: the guest region that the command read or wrote. */
    uint64_t region_addr;
    uint32_t region_len;
    bool region_hashed;
    uint8_t region_digest[32];
};

typedef enum sev_status cmd_handler(struct cmd *cmd);

/* Sets of states. */
#define STATE(n)       (1u << (n))
#define PLATFORM_ANY   0x7u
#define CMD_HANDLE     0x01u /* the buffer holds the handle of an existing guest at 0 */
#define CMD_HANDLE_AT4 0x02u /* the same at 4 */

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

/* The rows in order of id, and how many. */
const struct dispatch_entry *dispatch_table(unsigned *n);
/* NULL if this processor does not know the command. */
const struct dispatch_entry *dispatch_find(uint16_t id);

enum sev_status dispatch_exec(struct psp *psp, uint16_t id, uint64_t buffer)
    __attribute__((warn_unused_result));

/* Fields of the command buffer; offsets are those of sev_abi.h. cmd_addr() is cmd_get64() without
 * the bits that are no part of an address. */
uint32_t cmd_get32(const struct cmd *cmd, unsigned offset);
uint64_t cmd_addr(const struct cmd *cmd, unsigned offset);
void cmd_put8(struct cmd *cmd, unsigned offset, uint8_t v);
void cmd_put16(struct cmd *cmd, unsigned offset, uint16_t v);
void cmd_put32(struct cmd *cmd, unsigned offset, uint32_t v);

/* Write the command buffer back to memory. A body does this as the last thing that can fail,
 * before it changes any state. SUCCESS or HWERROR_PLATFORM. */
enum sev_status cmd_reply(struct cmd *cmd) __attribute__((warn_unused_result));
/* Answer a length query (or a buffer that is too short): `needed` goes to the length field at
 * `offset`. INVALID_LEN or HWERROR_PLATFORM. */
enum sev_status cmd_reply_length(struct cmd *cmd, unsigned offset, uint32_t needed)
    __attribute__((warn_unused_result));

/* Bodies, by file. */
cmd_handler cmd_init, cmd_init_ex, cmd_shutdown, cmd_platform_status,
    cmd_df_flush; /* cmd_platform.c */
cmd_handler cmd_factory_reset, cmd_pek_gen, cmd_pek_csr, cmd_pek_cert_import, cmd_pdh_gen,
    cmd_pdh_cert_export, cmd_get_id, cmd_download_firmware; /* cmd_pki.c */
cmd_handler cmd_decommission, cmd_activate, cmd_activate_ex, cmd_deactivate, cmd_guest_status,
    cmd_swap; /* cmd_guest.c */
cmd_handler cmd_launch_start, cmd_launch_update_data, cmd_launch_update_vmsa, cmd_launch_measure,
    cmd_launch_secret, cmd_launch_finish; /* cmd_launch.c */
cmd_handler cmd_attestation;              /* cmd_attest.c */
cmd_handler cmd_send_start, cmd_send_update_data, cmd_send_update_vmsa, cmd_send_finish,
    cmd_send_cancel, cmd_receive_start, cmd_receive_update_data, cmd_receive_update_vmsa,
    cmd_receive_finish;                                 /* cmd_migrate.c */
cmd_handler cmd_dbg_decrypt, cmd_dbg_encrypt, cmd_copy; /* cmd_debug.c */

#endif
