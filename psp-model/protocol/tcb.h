/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The versions of a SEV-SNP platform's trusted firmware: five security patch levels, in 64 bits whose
 * layout depends on the line of processors.
 *
 * Source: virtee/sev src/firmware/host/types/snp.rs TcbVersion::from_legacy_bytes(),
 * from_turin_bytes(); Linux include/uapi/linux/psp-sev.h (Milan and Genoa);
 * google/go-sev-guest kds/kds.go DecomposeTCBVersion().
 */
#ifndef PSP_TCB_H
#define PSP_TCB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tcb_model { TCB_MILAN, TCB_GENOA, TCB_TURIN, TCB_MODELS };

struct tcb {
    uint8_t fmc; /* Turin only, else 0 */
    uint8_t bootloader, tee, snp, microcode;
};

/* The 64 bits. */
uint64_t tcb_pack(enum tcb_model model, const struct tcb *tcb);
/* Return whether the reserved bits are zero; *tcb is filled in anyway. */
bool tcb_unpack(enum tcb_model model, uint64_t packed, struct tcb *tcb);
/* Check that the reserved bits are zero. */
bool tcb_valid(enum tcb_model model, uint64_t packed);
/* Return whether no level of `a` is above that of `b`. */
bool tcb_at_most(const struct tcb *a, const struct tcb *b);
/* The same for the 64 bits of two versions of one line: no byte is above. */
bool tcb_packed_at_most(uint64_t a, uint64_t b);

/* The bytes of a chip's id in the VCEK and in URLs: 64, and 8 for Turin. Source: virtee/sev
 * tests/certs_data/vcek_turin.der; virtee/snpguest src/fetch.rs request_vcek_kds(). */
size_t tcb_chip_id_size(enum tcb_model model);

/* "Milan"; and the other way, false if there is no such line. The name is that of the URLs of AMD's key
 * distribution service: google/go-sev-guest kds/kds.go ParseProductLine(). */
const char *tcb_model_name(enum tcb_model model);
bool tcb_model_parse(const char *name, enum tcb_model *model);

#ifdef __cplusplus
}
#endif
#endif
