/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The identity of the running processor: it is loaded from storage, one of two is in force, and a
 * changed identity is stored before it takes effect.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_init_ex (the buffer of INIT_EX and its
 * size). What it holds, and when it is written, is a choice of this model.
 *
 * A chip has storage of its own (psp_host.nv_load, nv_store). INIT_EX keeps owner, PEK and PDH in a
 * 32 KiB buffer in memory instead, until SHUTDOWN. Chip id and CEK are always those of the chip.
 */
#ifndef PSP_CHIP_H
#define PSP_CHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "identity.h"
#include "psp_host.h"
#include "sev_abi.h"

struct psp;

struct chip {
    bool loaded;               /* is `own` valid */
    struct identity own;       /* as in the chip's storage; survives a power cycle */
    uint64_t nv_addr;          /* INIT_EX: the buffer in force, else 0 */
    enum psp_issuer nv_issuer; /* issuer of that INIT_EX, and so of each access */
    struct identity in_buffer; /* INIT_EX: as in that buffer */
};

/* Load the chip's own identity, or make and store it if this is a new chip.
 * HWERROR_PLATFORM, or SECURE_DATA_INVALID if what is stored is damaged or of a newer version. */
enum sev_status chip_load(struct psp *psp) __attribute__((warn_unused_result));

/* INIT_EX: take identity from the buffer at `addr`, or make and store one if it is blank.
 * HWERROR_PLATFORM, or SECURE_DATA_INVALID if it is damaged or belongs to another chip. */
enum sev_status chip_load_buffer(struct psp *psp, enum psp_issuer issuer, uint64_t addr)
    __attribute__((warn_unused_result));
/* SHUTDOWN: stop using the buffer of INIT_EX. */
void chip_leave_buffer(struct psp *psp);

/* The identity in force. Between INIT and SHUTDOWN it is valid. */
const struct identity *chip_identity(const struct psp *psp);
/* Sign the CEK certificate of a changed identity, store it and put it in force. If that fails
 * (HWERROR_PLATFORM) the identity in force does not change. */
enum sev_status chip_change(struct psp *psp, struct identity *id)
    __attribute__((warn_unused_result));
/* identity_chain() of the identity in force, or HWERROR_PLATFORM. */
enum sev_status chip_chain(struct psp *psp, uint8_t wire[CERT_CHAIN_SIZE])
    __attribute__((warn_unused_result));

/* For the identity's own functions. */
struct identity_random chip_random(struct psp *psp);

#endif
