/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SEV-SNP in the secure processor: the state of the platform beside that of SEV, the guests, each
 * named by its context page, and the states of pages, which the entries of the RMP express.
 *
 * Source: AMDESE/sev-tool src/sevapi.h SNP_PLATFORM_STATE, SNP_GUEST_STATE; src/rmp.h
 * snp_page_state_t.
 */
#ifndef PSP_SNP_H
#define PSP_SNP_H

#include "protocol/crypto.h"
#include "psp.h"

struct snp_guest {
    uint64_t context; /* address of the context page, 0 = the slot is free */
    uint64_t policy;
    uint32_t asid; /* 0 = not active */
    uint8_t state; /* enum snp_guest_state */
    uint8_t vek[16];
    uint8_t vmpck[SNP_VMPCKS][SNP_VMPCK_SIZE];
    uint8_t launch_digest[SNP_DIGEST_SIZE];
    uint8_t report_id[32];
    uint8_t gosvw[SNP_GOSVW_SIZE];
    uint32_t tsc_khz;
    uint64_t launch_tcb;
    /* The last sequence number of messages with each VMPCK. */
    uint64_t message_count[SNP_VMPCKS];
    bool has_vmrk;
    uint8_t vmrk[32]; /* the root of keys that the guest has given itself */
    /* By LAUNCH_FINISH. */
    uint8_t host_data[SNP_HOST_DATA_SIZE];
    bool id_block, author_key, vcek_disabled;
    uint8_t family_id[16], image_id[16];
    uint32_t guest_svn;
    uint8_t id_key_digest[SNP_DIGEST_SIZE], author_key_digest[SNP_DIGEST_SIZE];
};

#define SNP_GUESTS 64u

struct snp {
    uint8_t state;  /* UNINIT or INIT of enum sev_platform_state */
    bool rmp_ready; /* SNP_INIT has initialised the RMP since power-on */
    /* The version of the firmware that runs is psp_config.snp_tcb. */
    uint64_t committed_tcb, reported_tcb;
    bool mask_chip_id, mask_key;
    bool vlek; /* SNP_VLEK_LOAD has loaded a key for this TCB */
    uint64_t vlek_tcb;
    struct crypto_p384_key vlek_key;
    struct snp_guest guests[SNP_GUESTS];
};

/* As after power-on: no guest, no VLEK. */
void snp_reset(struct snp *snp, uint64_t committed_tcb);

/* NULL if no guest has this context page; address 0 is never one. */
struct snp_guest *snp_find(struct snp *snp, uint64_t context);
/* The guest that is active under `asid`, or NULL. */
struct snp_guest *snp_find_asid(struct snp *snp, uint32_t asid);
unsigned snp_count(const struct snp *snp);
/* A new guest in state INIT, zero but for its context page; NULL if the table is full. */
struct snp_guest *snp_new(struct snp *snp, uint64_t context);
/* Wipe and free one guest. It must not be active. */
void snp_delete(struct snp_guest *guest);

/* --- pages --- */

enum snp_page_state {
    SNP_STATE_HYPERVISOR,
    SNP_STATE_FIRMWARE,
    SNP_STATE_RECLAIM,
    SNP_STATE_CONTEXT,
    SNP_STATE_METADATA,
    SNP_STATE_PRE_GUEST,
    SNP_STATE_PRE_SWAP,
    SNP_STATE_GUEST_INVALID,
    SNP_STATE_GUEST_VALID,
};

enum snp_page_state snp_page_state(const struct psp_rmp_entry *entry);
/* The entry of a 4 KiB page of the processor: FIRMWARE, or with `context` CONTEXT. */
struct psp_rmp_entry snp_firmware_entry(bool context);

#endif
