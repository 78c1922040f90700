/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The identity of the running processor: it is loaded from storage, one of two is in force, and a
 * changed identity is stored before it takes effect.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_init_ex (the buffer of INIT_EX and its
 * size); Linux drivers/crypto/ccp/sev-dev.c __sev_platform_init_locked() (damaged storage). What the
 * buffer holds, and when it is written, is a choice of this model.
 *
 * A chip has storage of its own (psp_host.nv_load, nv_store). INIT_EX keeps owner, PEK and PDH in a
 * 32 KiB buffer in memory instead, until SHUTDOWN. Chip id and CEK are always those of the chip.
 *
 * Damaged storage is reported once: the first INIT or INIT_EX answers SECURE_DATA_INVALID, and the
 * next one replaces what is damaged. In a real chip, id and CEK are not in the storage and survive
 * that. Here they are, so the chip is a new one afterwards. What a newer version of this library
 * wrote is not damaged, and is never replaced.
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
    bool stored;               /* `own` is in the chip's storage, or there is no storage */
    bool damage_reported;      /* the last INIT or INIT_EX said so: the next one replaces it */
    struct identity own;       /* survives a power cycle */
    uint64_t nv_addr;          /* INIT_EX: the buffer in force, else 0 */
    enum psp_issuer nv_issuer; /* issuer of that INIT_EX, and so of each access */
    struct identity in_buffer; /* INIT_EX: as in that buffer */
};

/* Load the chip's own identity if the storage has one. Otherwise
 *   chip_look()  leaves it at that: SUCCESS, and psp->chip.loaded is false
 *   chip_make()  makes one, in memory only
 *   chip_load()  makes and stores one
 * HWERROR_PLATFORM, or SECURE_DATA_INVALID if what is stored is damaged or of a newer version. A
 * failure changes nothing. */
enum sev_status chip_look(struct psp *psp) __attribute__((warn_unused_result));
enum sev_status chip_make(struct psp *psp) __attribute__((warn_unused_result));
enum sev_status chip_load(struct psp *psp) __attribute__((warn_unused_result));

/* INIT: chip_load(), but see above for damaged storage. */
enum sev_status chip_init(struct psp *psp) __attribute__((warn_unused_result));
/* INIT_EX: chip_init(), then take identity from the buffer at `addr`, or make and store one if it is
 * blank. HWERROR_PLATFORM, or SECURE_DATA_INVALID if the buffer is damaged, of a newer version or
 * belongs to another chip; a damaged one and another chip's are replaced by the next INIT_EX. */
enum sev_status chip_init_buffer(struct psp *psp, enum psp_issuer issuer, uint64_t addr)
    __attribute__((warn_unused_result));
/* FACTORY_RESET: chip_load(), but damaged storage is replaced at once, and *made is set if there is
 * a new chip in it. */
enum sev_status chip_recover(struct psp *psp, bool *made) __attribute__((warn_unused_result));
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
