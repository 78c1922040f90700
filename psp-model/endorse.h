/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the processor signs attestation reports with, and what they say of it: the line of processors,
 * the chip's id, the versions of the firmware, a VLEK that was loaded.
 *
 * Source: protocol/snp_key.h, protocol/snp_report.h. Which key signs: virtee/sev
 * src/firmware/guest/types/snp.rs AttestationReport; Linux Documentation/virt/coco/sev-guest.rst
 * SNP_CONFIG, SNP_VLEK_LOAD. The answers of endorse_sign() are choices of this model.
 */
#ifndef PSP_ENDORSE_H
#define PSP_ENDORSE_H

#include "protocol/snp_key.h"
#include "protocol/snp_report.h"
#include "psp.h"

struct psp;
struct snp_guest;

/* Fill in what a configuration leaves to the model. False: a value that no chip has. */
bool endorse_config(struct psp_config *config);

/* The id that the configuration gives the chip, or that of its identity, which must be loaded. */
void endorse_chip_id(const struct psp *psp, uint8_t id[SNP_CHIP_ID_SIZE]);
/* The chip, from its storage or new. SUCCESS, HWERROR_PLATFORM or SECURE_DATA_INVALID. */
enum sev_status endorse_chip(struct psp *psp, struct snp_chip *chip)
    __attribute__((warn_unused_result));

/* Which key a guest asks for: bits of the requests for reports and keys. */
enum endorse_select { ENDORSE_ANY = 0, ENDORSE_VCEK = 1, ENDORSE_VLEK = 2 };

/* Return whether that is the VLEK: by name, or because one is loaded. It may not be there. */
bool endorse_asks_for_vlek(const struct psp *psp, enum endorse_select select);

/* Fill in what a report says of the processor and of a guest, and sign it with the key that the guest
 * asks for: ENDORSE_ANY is the VLEK if one is loaded, else the VCEK. INVALID_KEY: there is no such key
 * for this guest: no VLEK is loaded, or not for the reported TCB, or LAUNCH_FINISH has disabled the
 * VCEK. A VCEK that SNP_CONFIG masks signs nothing: then the report has no signature. HWERROR_PLATFORM
 * or SECURE_DATA_INVALID: the host or its storage failed.
 * `report` has vmpl and report_data. */
enum sev_status endorse_report(struct psp *psp, const struct snp_guest *guest,
                               enum endorse_select select, struct snp_report *report,
                               uint8_t wire[SNP_REPORT_SIZE]) __attribute__((warn_unused_result));

/* SNP_VLEK_LOAD. INVALID_PARAM: it is damaged, wrapped for another chip, or for a TCB that is newer than
 * the committed one or not one of this line. HWERROR_PLATFORM or SECURE_DATA_INVALID: as above. */
enum sev_status endorse_load_vlek(struct psp *psp, const uint8_t wrapped[SNP_VLEK_SIZE])
    __attribute__((warn_unused_result));

#endif
