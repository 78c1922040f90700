/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands about the platform's keys and certificates, and its identity.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_pek_csr, sev_data_pek_cert_import,
 * sev_data_pdh_cert_export, sev_data_get_id, sev_data_download_firmware; AMDESE/sev-tool
 * src/sevapi.h SEV_PLATFORM_STATE (states).
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed. A changed identity is
 * stored before it takes effect.
 */
#include "chip.h"
#include "cmd.h"
#include "endorse.h"

#define FIRMWARE_ALIGN 32u
#define FIRMWARE_MAX   0x1000000u

/* Change a copy of the identity by `change`, then make it the identity. */
static enum sev_status change_identity(struct psp *psp,
                                       int (*change)(struct identity *id, struct psp *psp))
{
    struct identity id = *chip_identity(psp);
    int err = change(&id, psp);
    enum sev_status status =
        err ? psp_host_trouble(psp, "making keys", err) : chip_change(psp, &id);

    identity_wipe(&id);
    return status;
}

static int new_pek(struct identity *id, struct psp *psp)
{
    struct identity_random random = chip_random(psp);

    return identity_new_pek(id, &random, psp->config.api_major, psp->config.api_minor);
}

static int new_pdh(struct identity *id, struct psp *psp)
{
    struct identity_random random = chip_random(psp);

    return identity_new_pdh(id, &random);
}

/* SECURE_DATA_INVALID  the chip's storage is of a newer version: it is left as it is */
enum sev_status cmd_factory_reset(struct cmd *cmd)
{
    bool made;
    enum sev_status status = chip_recover(cmd->psp, &made);

    if (status != SEV_STATUS_SUCCESS || made)
        return status;
    return change_identity(cmd->psp, new_pek);
}

/* Nothing else can be wrong. An external owner is lost. */
enum sev_status cmd_pek_gen(struct cmd *cmd)
{
    return change_identity(cmd->psp, new_pek);
}

/* Nothing else can be wrong. */
enum sev_status cmd_pdh_gen(struct cmd *cmd)
{
    return change_identity(cmd->psp, new_pdh);
}

/* Write `len` bytes to where the command's SEV_BLOB_ADDR and _LEN say, and the length with them. */
static enum sev_status reply_blob(struct cmd *cmd, const void *data, uint32_t len)
{
    enum sev_status status =
        cmd_ram_write(cmd, PSP_NO_ASID, cmd_addr(cmd, SEV_BLOB_ADDR), data, len);

    if (status != SEV_STATUS_SUCCESS)
        return status;
    cmd_put32(cmd, SEV_BLOB_LEN, len);
    return cmd_reply(cmd);
}

/* INVALID_LEN      shorter than a certificate, or address 0; 2084 is stored in the length field
 * INVALID_ADDRESS  not all in RAM */
enum sev_status cmd_pek_csr(struct cmd *cmd)
{
    uint64_t addr = cmd_addr(cmd, SEV_BLOB_ADDR);
    uint8_t wire[CERT_SIZE];
    struct cert csr;

    if (!addr || cmd_get32(cmd, SEV_BLOB_LEN) < CERT_SIZE)
        return cmd_reply_length(cmd, SEV_BLOB_LEN, CERT_SIZE);
    if (!cmd_ram_valid(cmd, addr, CERT_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    identity_csr(chip_identity(cmd->psp), &csr);
    cert_write(&csr, wire);
    return reply_blob(cmd, wire, CERT_SIZE);
}

/* ALREADY_OWNED        the platform has an external owner
 * INVALID_LEN          one of the two is not 2084 bytes long
 * INVALID_ADDRESS      one of the two is not all in RAM
 * INVALID_CERTIFICATE  not certificates, not an OCA, or not the PEK of this platform
 * BAD_SIGNATURE        the OCA is not self-signed, or did not sign the PEK
 * The PDH is new afterwards, because the old one was signed before the owner came. */
enum sev_status cmd_pek_cert_import(struct cmd *cmd)
{
    struct psp *psp = cmd->psp;
    uint64_t pek = cmd_addr(cmd, SEV_PEK_CERT_IMPORT_PEK_ADDR);
    uint64_t oca = cmd_addr(cmd, SEV_PEK_CERT_IMPORT_OCA_ADDR);
    struct identity_random random = chip_random(psp);
    uint8_t pek_wire[CERT_SIZE], oca_wire[CERT_SIZE];
    struct identity id;
    enum sev_status status;

    if (chip_identity(psp)->owned)
        return SEV_STATUS_ALREADY_OWNED;
    if (cmd_get32(cmd, SEV_PEK_CERT_IMPORT_PEK_LEN) != CERT_SIZE ||
        cmd_get32(cmd, SEV_PEK_CERT_IMPORT_OCA_LEN) != CERT_SIZE)
        return SEV_STATUS_INVALID_LEN;
    if (!cmd_ram_valid(cmd, pek, CERT_SIZE) || !cmd_ram_valid(cmd, oca, CERT_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    status = cmd_ram_read(cmd, PSP_NO_ASID, pek, pek_wire, CERT_SIZE);
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_read(cmd, PSP_NO_ASID, oca, oca_wire, CERT_SIZE);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    id = *chip_identity(psp);
    status = psp_cert_verdict(psp, identity_import(&id, &random, pek_wire, oca_wire));
    if (status == SEV_STATUS_SUCCESS)
        status = chip_change(psp, &id);
    identity_wipe(&id);
    return status;
}

/* INVALID_LEN      one of the two is too short, or has address 0; 2084 and 6252 are stored
 * INVALID_ADDRESS  one of the two is not all in RAM */
enum sev_status cmd_pdh_cert_export(struct cmd *cmd)
{
    struct psp *psp = cmd->psp;
    uint64_t pdh = cmd_addr(cmd, SEV_PDH_CERT_EXPORT_PDH_ADDR);
    uint64_t chain = cmd_addr(cmd, SEV_PDH_CERT_EXPORT_CHAIN_ADDR);
    bool query = !pdh || cmd_get32(cmd, SEV_PDH_CERT_EXPORT_PDH_LEN) < CERT_SIZE || !chain ||
                 cmd_get32(cmd, SEV_PDH_CERT_EXPORT_CHAIN_LEN) < CERT_CHAIN_SIZE;
    uint8_t pdh_wire[CERT_SIZE], chain_wire[CERT_CHAIN_SIZE];
    enum sev_status status;

    cmd_put32(cmd, SEV_PDH_CERT_EXPORT_CHAIN_LEN, CERT_CHAIN_SIZE);
    if (query)
        return cmd_reply_length(cmd, SEV_PDH_CERT_EXPORT_PDH_LEN, CERT_SIZE);
    if (!cmd_ram_valid(cmd, pdh, CERT_SIZE) || !cmd_ram_valid(cmd, chain, CERT_CHAIN_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    status = chip_chain(psp, chain_wire);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    cert_write(&chip_identity(psp)->pdh_cert, pdh_wire);
    status = cmd_ram_write(cmd, PSP_NO_ASID, pdh, pdh_wire, CERT_SIZE);
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_write(cmd, PSP_NO_ASID, chain, chain_wire, CERT_CHAIN_SIZE);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    cmd_put32(cmd, SEV_PDH_CERT_EXPORT_PDH_LEN, CERT_SIZE);
    return cmd_reply(cmd);
}

/* INVALID_LEN          shorter than 64, or address 0; 64 is stored in the length field
 * INVALID_ADDRESS      not aligned to 8, or not all in RAM
 * SECURE_DATA_INVALID  the chip's storage is damaged */
enum sev_status cmd_get_id(struct cmd *cmd)
{
    uint64_t addr = cmd_addr(cmd, SEV_BLOB_ADDR);
    uint8_t id[SEV_CHIP_ID_SIZE];
    enum sev_status status;

    if (!addr || cmd_get32(cmd, SEV_BLOB_LEN) < SEV_CHIP_ID_SIZE)
        return cmd_reply_length(cmd, SEV_BLOB_LEN, SEV_CHIP_ID_SIZE);
    if (addr % 8 || !cmd_ram_valid(cmd, addr, SEV_CHIP_ID_SIZE))
        return SEV_STATUS_INVALID_ADDRESS;
    status = chip_load(cmd->psp);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    endorse_chip_id(cmd->psp, id);
    return reply_blob(cmd, id, SEV_CHIP_ID_SIZE);
}

/* INVALID_LEN      0, or above 16 MiB
 * INVALID_ADDRESS  not aligned to 32, or not all in RAM
 * BAD_SIGNATURE    always: firmware must be signed by AMD for the chip that it is made for, and no
 *                  image is made for a model */
enum sev_status cmd_download_firmware(struct cmd *cmd)
{
    uint64_t addr = cmd_addr(cmd, SEV_BLOB_ADDR);
    uint32_t len = cmd_get32(cmd, SEV_BLOB_LEN);

    if (!len || len > FIRMWARE_MAX)
        return SEV_STATUS_INVALID_LEN;
    if (addr % FIRMWARE_ALIGN || !cmd_ram_valid(cmd, addr, len))
        return SEV_STATUS_INVALID_ADDRESS;
    return SEV_STATUS_BAD_SIGNATURE;
}
