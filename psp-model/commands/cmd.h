/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One command while it executes: its buffer, the guest that it names, and who issued it. Every
 * command body (cmd_*.c) gets a struct cmd, reads and writes the fields of the buffer through the
 * functions below, and reaches memory through them too.
 *
 * Source: Linux include/linux/psp-sev.h (layouts of the command buffers).
 */
#ifndef PSP_CMD_H
#define PSP_CMD_H

#include "psp_priv.h"

/* The buffer is a copy: software cannot change it between check and use. */
struct cmd {
    struct psp *psp;
    enum psp_issuer issuer;
    uint64_t addr; /* of the buffer, for the reply */
    uint8_t size;
    uint8_t buf[SEV_COMMAND_SIZE_MAX];
    struct gctx *guest; /* the guest with `handle`, for commands that need a guest */
    uint32_t handle;
    struct snp_guest *snp; /* the guest with this context page, for commands of SEV-SNP */
    uint64_t context;      /* the address of that page, for the event too */
    bool existed;          /* a guest was found before the command */
    uint8_t guest_before;  /* its state before the command */
    size_t chunk_used;     /* bytes of psp->chunk that hold secrets, wiped afterwards */

    /* For the event (psp_host.h): the guest region that the command read or wrote. */
    uint64_t region_addr;
    uint32_t region_len;
    bool region_hashed;
    uint8_t region_digest[CRYPTO_SHA384_SIZE];
    uint64_t region_gpa;
    uint8_t page_type; /* enum snp_page_type */
};

/* Return the field of the command buffer at `offset`, one of sev_abi.h. cmd_addr() reads an
 * address and clears the bits that are not part of it (psp_config.addr_ignore). */
uint32_t cmd_get32(const struct cmd *cmd, unsigned offset);
uint64_t cmd_get64(const struct cmd *cmd, unsigned offset);
uint64_t cmd_addr(const struct cmd *cmd, unsigned offset);
void cmd_get(const struct cmd *cmd, unsigned offset, void *out, size_t len);
bool cmd_zero(const struct cmd *cmd, unsigned offset, unsigned size);
void cmd_put8(struct cmd *cmd, unsigned offset, uint8_t v);
void cmd_put16(struct cmd *cmd, unsigned offset, uint16_t v);
void cmd_put32(struct cmd *cmd, unsigned offset, uint32_t v);

/* psp_ram_valid(), psp_ram_read() and psp_ram_write() on behalf of the issuer of the command. */
bool cmd_ram_valid(const struct cmd *cmd, uint64_t spa, uint64_t len);
enum sev_status cmd_ram_read(const struct cmd *cmd, uint32_t asid, uint64_t spa, void *buf,
                             size_t len) __attribute__((warn_unused_result));
enum sev_status cmd_ram_write(const struct cmd *cmd, uint32_t asid, uint64_t spa, const void *buf,
                              size_t len) __attribute__((warn_unused_result));

/* Copy `size` bytes at `buffer` into cmd->buf (no buffer if `size` is 0).
 * INVALID_ADDRESS if the buffer is missing or not all in RAM, or HWERROR_PLATFORM. */
enum sev_status cmd_fetch(struct cmd *cmd, uint64_t buffer, uint8_t size)
    __attribute__((warn_unused_result));
/* Write the command buffer back to memory. A body does this as the last thing that can fail,
 * before it changes any state. SUCCESS or HWERROR_PLATFORM. */
enum sev_status cmd_reply(const struct cmd *cmd) __attribute__((warn_unused_result));
/* Answer a length query, or a buffer that is too short: store `needed` in the length field at
 * `offset`. INVALID_LEN or HWERROR_PLATFORM. */
enum sev_status cmd_reply_length(struct cmd *cmd, unsigned offset, uint32_t needed)
    __attribute__((warn_unused_result));

/* The list of APIC ids of ACTIVATE_EX.
 * INVALID_PARAM    no APIC ids, or more than the machine has CPUs
 * INVALID_ADDRESS  the list of APIC ids is not all in RAM
 * INVALID_PARAM    an APIC id that no CPU has */
enum sev_status cmd_check_apic_ids(const struct cmd *cmd, uint32_t n, uint64_t ids)
    __attribute__((warn_unused_result));

/* A command body. It runs after the checks of dispatch.c. */
typedef enum sev_status cmd_handler(struct cmd *cmd);

/* cmd_platform.c */
cmd_handler cmd_init, cmd_init_ex, cmd_shutdown, cmd_platform_status, cmd_df_flush, cmd_nop,
    cmd_ring_buffer;
/* cmd_pki.c */
cmd_handler cmd_factory_reset, cmd_pek_gen, cmd_pek_csr, cmd_pek_cert_import, cmd_pdh_gen,
    cmd_pdh_cert_export, cmd_get_id, cmd_download_firmware;
/* cmd_guest.c */
cmd_handler cmd_decommission, cmd_activate, cmd_activate_ex, cmd_deactivate, cmd_guest_status,
    cmd_swap_out, cmd_swap_in;
/* cmd_launch.c */
cmd_handler cmd_launch_start, cmd_launch_update_data, cmd_launch_update_vmsa, cmd_launch_measure,
    cmd_launch_secret, cmd_launch_finish;
/* cmd_attest.c */
cmd_handler cmd_attestation;
/* cmd_migrate.c */
cmd_handler cmd_send_start, cmd_send_update_data, cmd_send_update_vmsa, cmd_send_finish,
    cmd_send_cancel, cmd_receive_start, cmd_receive_update_data, cmd_receive_update_vmsa,
    cmd_receive_finish;
/* cmd_debug.c */
cmd_handler cmd_dbg_decrypt, cmd_dbg_encrypt, cmd_copy;
/* cmd_snp_platform.c */
cmd_handler cmd_snp_init, cmd_snp_init_ex, cmd_snp_shutdown, cmd_snp_shutdown_ex,
    cmd_snp_platform_status, cmd_snp_config, cmd_snp_commit, cmd_snp_feature_info,
    cmd_snp_vlek_load;
/* cmd_snp_request.c */
cmd_handler cmd_snp_guest_request;
/* cmd_snp_guest.c */
cmd_handler cmd_snp_gctx_create, cmd_snp_decommission, cmd_snp_activate, cmd_snp_activate_ex,
    cmd_snp_guest_status, cmd_snp_dbg_decrypt, cmd_snp_dbg_encrypt;
/* cmd_snp_launch.c */
cmd_handler cmd_snp_launch_start, cmd_snp_launch_update, cmd_snp_launch_finish;
/* cmd_snp_page.c */
cmd_handler cmd_snp_page_reclaim, cmd_snp_page_unsmash, cmd_snp_unsupported;

#endif
