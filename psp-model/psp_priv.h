/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secure processor from inside: its state, and its ways to the host. For this folder only.
 */
#ifndef PSP_PRIV_H
#define PSP_PRIV_H

#include "chip.h"
#include "gctx.h"
#include "platform.h"
#include "psp.h"

/* Guest memory is worked on in pieces of this size. */
#define PSP_CHUNK 0x10000u

struct psp {
    struct psp_host host;
    void *ctx;
    struct psp_config config; /* its pointers lead to the next three, or are NULL */
    uint8_t fixed_tik[16], fixed_tek[16], fixed_mnonce[16];
    struct platform platform;
    struct gctx_table guests;
    struct chip chip;
    uint8_t chunk[PSP_CHUNK]; /* plaintext passes through here; wiped after each command */
};

/* Log trouble of the host (`err` is a negative errno) once and give HWERROR_PLATFORM. */
enum sev_status psp_host_trouble(struct psp *psp, const char *what, int err);

/* What a function of cert.h, or one with its errors, says of somebody else's certificate: SUCCESS,
 * INVALID_CERTIFICATE, BAD_SIGNATURE, or HWERROR_PLATFORM if the host was in trouble. */
enum sev_status psp_cert_verdict(struct psp *psp, int err) __attribute__((warn_unused_result));

/* Access to memory; SUCCESS or HWERROR_PLATFORM. The range must have passed psp_ram_valid(), which
 * also refuses one that wraps around. */
bool psp_ram_valid(struct psp *psp, enum psp_issuer issuer, uint64_t spa, uint64_t len);
enum sev_status psp_ram_read(struct psp *psp, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                             void *buf, size_t len) __attribute__((warn_unused_result));
enum sev_status psp_ram_write(struct psp *psp, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                              const void *buf, size_t len) __attribute__((warn_unused_result));
enum sev_status psp_random(struct psp *psp, void *buf, size_t len)
    __attribute__((warn_unused_result));

/* Take the ASID from an active guest: the key leaves the memory controllers, the flush rule of
 * platform.h begins. */
void psp_deactivate(struct psp *psp, struct gctx *guest);
/* Delete every guest, as SHUTDOWN and a power cycle do. */
void psp_delete_guests(struct psp *psp);

#endif
