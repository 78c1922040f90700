/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state of the secure processor, and its access to the host. For psp-model only.
 */
#ifndef PSP_PRIV_H
#define PSP_PRIV_H

#include "chip.h"
#include "gctx.h"
#include "platform.h"
#include "psp.h"
#include "snp.h"

/* Guest memory is worked on in pieces of this size. */
#define PSP_CHUNK 0x10000u

struct psp {
    struct psp_host host;
    void *ctx;
    struct psp_config config; /* its pointers lead to the next four, or are NULL */
    uint8_t fixed_tik[16], fixed_tek[16], fixed_mnonce[16];
    uint8_t fixed_chip_id[PSP_CHIP_ID_SIZE];
    struct platform platform;
    struct gctx_table guests;
    struct snp snp;
    struct chip chip;
    uint8_t chunk[PSP_CHUNK]; /* plaintext passes through here; wiped after each command */
};

/* Log a failure of the host (`err` is a negative errno) and return HWERROR_PLATFORM. */
enum sev_status psp_host_trouble(struct psp *psp, const char *what, int err);

/* Turn the result of a function of cert.h into a status: SUCCESS, INVALID_CERTIFICATE,
 * BAD_SIGNATURE, or HWERROR_PLATFORM if the host failed. */
enum sev_status psp_cert_verdict(struct psp *psp, int err) __attribute__((warn_unused_result));

/* Access memory on behalf of `issuer`; SUCCESS or HWERROR_PLATFORM. Call psp_ram_valid() for the
 * range first: it also refuses one that wraps around. */
bool psp_ram_valid(struct psp *psp, enum psp_issuer issuer, uint64_t spa, uint64_t len);
enum sev_status psp_ram_read(struct psp *psp, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                             void *buf, size_t len) __attribute__((warn_unused_result));
enum sev_status psp_ram_write(struct psp *psp, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                              const void *buf, size_t len) __attribute__((warn_unused_result));
enum sev_status psp_random(struct psp *psp, void *buf, size_t len)
    __attribute__((warn_unused_result));

/* Check that the host has an RMP. Only then does the processor have the commands of SEV-SNP. */
bool psp_has_snp(const struct psp *psp);
/* Replace an entry of the RMP. SUCCESS or HWERROR_PLATFORM. */
enum sev_status psp_rmp_set(struct psp *psp, uint64_t spa, const struct psp_rmp_entry *entry)
    __attribute__((warn_unused_result));

/* Give an ASID to a guest with this key. INVALID_ASID, ASID_OWNED, DFFLUSH_REQUIRED or
 * HWERROR_PLATFORM. */
enum sev_status psp_activate(struct psp *psp, uint32_t asid, const uint8_t vek[16])
    __attribute__((warn_unused_result));
/* Deactivate an active guest: remove its key from the memory controllers. The flush rule of
 * platform.h then applies to its ASID. */
void psp_deactivate(struct psp *psp, struct gctx *guest);
void psp_snp_deactivate(struct psp *psp, struct snp_guest *guest);
/* Delete every guest of SEV, or of SEV-SNP, as SHUTDOWN and a power cycle do. */
void psp_delete_guests(struct psp *psp);
void psp_delete_snp_guests(struct psp *psp);

#endif
