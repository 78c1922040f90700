/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in hypervisor: with launch=auto it does at power-on what QEMU and KVM do for a SEV
 * guest, in their order, with the same commands in the same buffers. Kept apart from the secure
 * processor (which it commands) and from Bochs (which it does not know).
 *
 * Follows Linux arch/x86/kvm/svm/sev.c (order of commands) and QEMU target/i386/sev.c.
 */
#ifndef SEV_HV_H
#define SEV_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/cert.h"
#include "protocol/packet.h"
#include "protocol/session.h"
#include "psp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The hypervisor's own memory is above all guest RAM in system physical space, so that its
 * command buffers disturb no byte of the guest. The secure processor reaches it for the
 * commands of PSP_ISSUER_HYPERVISOR only: commands of the guest cannot reach it. */
#define HV_MEMORY_BASE UINT64_C(0xfffff0000)
#define HV_MEMORY_SIZE 0x8000u

#define HV_GUEST_ASID 1u /* the machine itself; other guest contexts may use other ASIDs */

#define HV_ID_SIZE 64 /* of one socket */

struct hv;

/* A piece of guest memory to launch. `name` must live as long as the hv. */
struct hv_region {
    const char *name;
    uint64_t gpa;
    uint32_t len;
};

/* What LAUNCH_START gets from the guest's owner; NULL pointers = no session. */
struct hv_owner {
    uint32_t policy;
    const uint8_t *session; /* SESSION_SIZE bytes */
    const uint8_t *dh_cert; /* CERT_SIZE bytes */
};

struct hv_secret {
    const uint8_t *header; /* PACKET_HEADER_SIZE bytes */
    const uint8_t *data;
    uint32_t len;
    uint64_t gpa;
};

/* The answer of a launch step that failed: for messages. */
struct hv_failure {
    const char *step; /* name of the command */
    const char *what; /* region, or "" */
    uint16_t status;
};

/* `cpus` is their number: all of them execute WBINVD on the hypervisor's behalf. */
struct hv *hv_new(struct psp *psp, unsigned cpus);
void hv_free(struct hv *hv);

/* Return the hypervisor's memory at a system physical address, NULL if the range is not all
 * inside. */
void *hv_memory(struct hv *hv, uint64_t spa, uint64_t len);

/* INIT, DF_FLUSH, LAUNCH_START, ACTIVATE, LAUNCH_UPDATE_DATA for each region, LAUNCH_MEASURE. The
 * guest is then in LSECRET. On failure false with *failure set; the guest is taken down again. */
bool hv_launch(struct hv *hv, const struct hv_owner *owner, const struct hv_region *regions,
               unsigned n, struct hv_failure *failure);
/* LAUNCH_SECRET; in LSECRET only. */
bool hv_inject(struct hv *hv, const struct hv_secret *secret, struct hv_failure *failure);
/* LAUNCH_FINISH. */
bool hv_finish(struct hv *hv, struct hv_failure *failure);

/* ATTESTATION of the guest: at most `cap` bytes of the report, their number in *len. */
bool hv_attest(struct hv *hv, const uint8_t mnonce[16], void *report, size_t cap, size_t *len,
               struct hv_failure *failure);
/* PDH_CERT_EXPORT and GET_ID, for query-sev-capabilities. `chain` is PEK || OCA || CEK. */
bool hv_export(struct hv *hv, uint8_t pdh[CERT_SIZE], uint8_t chain[CERT_CHAIN_SIZE],
               uint8_t id[HV_ID_SIZE], struct hv_failure *failure);

/* After hv_launch(): handle of the guest (0 = none), and MEASURE || MNONCE, 48 bytes. */
uint32_t hv_handle(const struct hv *hv);
const uint8_t *hv_measurement(const struct hv *hv);
#define HV_MEASUREMENT_SIZE 48
/* Both as a saved machine had them. */
void hv_restore(struct hv *hv, uint32_t handle, const uint8_t measurement[HV_MEASUREMENT_SIZE]);
/* Name of the region being launched now, for traces; NULL otherwise. */
const char *hv_region_name(const struct hv *hv);

#ifdef __cplusplus
}
#endif
#endif
