/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in hypervisor. With launch=auto it does at power-on what QEMU and KVM do for a SEV
 * guest: the same commands, in the same order, with the same buffers. It owns the guests; guest 0
 * is the machine itself. It is independent of Bochs: what it asks of the machine is in hv_ops.h.
 *
 * The order of the commands is that of Linux arch/x86/kvm/svm/sev.c (sev_guest_init() to
 * sev_launch_finish()) and QEMU target/i386/sev.c. The buffers are the structs of Linux
 * include/linux/psp-sev.h.
 */
#ifndef SEV_HV_H
#define SEV_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv_memory.h"
#include "hv_ops.h"
#include "protocol/cert.h"
#include "protocol/kernel_hashes.h"
#include "protocol/ovmf_table.h"
#include "protocol/packet.h"
#include "protocol/session.h"
#include "protocol/vmsa.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HV_GUESTS_MAX       8u
#define HV_MEASUREMENT_SIZE 48 /* MEASURE || MNONCE */
#define HV_ID_SIZE          64 /* of one socket */
#define HV_TMR_BASE         (HV_MEMORY_BASE + HV_MEMORY_SIZE - SEV_TMR_SIZE)
#define HV_VMSAS_MAX        256u /* PSP_CPUS_MAX */

enum hv_state {
    HV_OFF,       /* never launched, or freed */
    HV_LAUNCHING, /* from LAUNCH_START to LAUNCH_FINISH */
    HV_RUNNING,
    HV_STOPPED, /* see enum hv_stop */
};

enum hv_stop {
    HV_STOP_NONE,
    HV_STOP_LAUNCH, /* a command of the launch failed; the guest was taken down */
    HV_STOP_FINISH, /* LAUNCH_FINISH failed; the secure processor still has the guest */
    HV_STOP_ENDED,  /* the guest ended itself, or asked for what ends a machine */
};

struct hv;
struct hv_guest;
struct rmp;

/* A piece of guest memory to launch. */
struct hv_region {
    const char *name;
    uint64_t gpa;
    uint32_t len;
};

/* What the machine has that a launch can measure. */
#define HV_OPTION_ROMS_MAX 6
struct hv_firmware {
    struct hv_region bios; /* len 0: the machine has none */
    bool is_ovmf;          /* OVMF runs no legacy option ROM */
    struct hv_region option_roms[HV_OPTION_ROMS_MAX];
    unsigned n_option_roms;
    const uint8_t *hashes; /* QEMU's table of kernel hashes, KERNEL_HASHES_SIZE bytes; NULL: none */
    uint64_t hashes_gpa;   /* where the firmware expects it */
    /* SEV-ES: the VMSA to launch for each CPU, the BSP's first; 0: not a SEV-ES guest. */
    const uint8_t (*vmsas)[VMSA_SIZE];
    unsigned n_vmsas; /* at most HV_VMSAS_MAX */
    /* SEV-SNP: the SEV metadata of the firmware. */
    const struct ovmf_section *sections;
    unsigned n_sections;
};

/* What a launch with SEV-SNP gets, beside the firmware. */
#define HV_SNP_ID_BLOCK_SIZE 96u
#define HV_SNP_ID_AUTH_SIZE  4096u
struct hv_snp_launch {
    uint64_t policy;
    uint8_t gosvw[16]; /* guest OS visible workarounds, for the secrets page */
    uint8_t host_data[32];
    const uint8_t *id_block; /* HV_SNP_ID_BLOCK_SIZE bytes; NULL: none */
    const uint8_t *id_auth;  /* HV_SNP_ID_AUTH_SIZE bytes; NULL: none */
    bool author_key;         /* id_auth has an author key */
    bool vcek_disabled;
    /* For the platform, before the first guest: SNP_CONFIG unless both are 0, SNP_VLEK_LOAD unless it is
     * NULL. */
    uint64_t reported_tcb;
    uint32_t config_flags;
    const uint8_t *vlek; /* SNP_VLEK_SIZE bytes, protocol/snp_key.h */
};

/* What LAUNCH_START gets from the guest owner; NULL pointers: no session. */
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

/* Why a step failed, for messages. */
struct hv_failure {
    const char *step;  /* the name of the command, or what the hypervisor did */
    const char *what;  /* the region, or "" */
    uint16_t status;   /* of the secure processor; SUCCESS if the reason is another */
    const char *words; /* the reason in words */
};

/* `ops` is copied; `machine` is its context. NULL without memory. */
struct hv *hv_new(const struct hv_ops *ops, void *machine);
/* Free the hypervisor. Guests stay in the secure processor. NULL is allowed. */
void hv_free(struct hv *hv);

/* The reverse map table of the machine, which covers all RAM and ROM of the guest and the memory of the
 * hypervisor. It belongs to the caller and lives longer than `hv`. Every page of the guest becomes
 * private for the hypervisor, as for QEMU, which backs all memory by guest_memfd. Return 0 or
 * -ENOMEM. */
int hv_set_rmp(struct hv *hv, struct rmp *rmp);
/* The memory that the secure processor may access for this hypervisor's commands. */
struct hv_memory *hv_memory(struct hv *hv);
/* The guest of a slot below HV_GUESTS_MAX. It uses ASID `index` + 1. */
struct hv_guest *hv_guest(struct hv *hv, unsigned index);
/* The region that is being launched now, for the command log; NULL at other times. */
const char *hv_region_name(const struct hv *hv);

/* --- one guest; each function returns false with *failure set if it fails --- */

/* Launch a guest that is off or stopped: INIT and DF_FLUSH (once for all guests), LAUNCH_START,
 * ACTIVATE, LAUNCH_UPDATE_DATA for each region, LAUNCH_UPDATE_VMSA for each VMSA, LAUNCH_MEASURE.
 * After a failure the guest is taken down and stopped. */
bool hv_guest_launch(struct hv_guest *guest, const struct hv_owner *owner,
                     const struct hv_firmware *firmware, struct hv_failure *failure);
/* The same with SEV-SNP: SNP_INIT_EX and SNP_DF_FLUSH (once for all guests), SNP_GCTX_CREATE,
 * SNP_LAUNCH_START, SNP_ACTIVATE, then SNP_LAUNCH_UPDATE for each page of the firmware, of the SEV
 * metadata, and for each VMSA. There is no measurement: the guest attests itself. The data that `snp`
 * points to is copied, for hv_guest_finish(). hv_set_rmp() must be called before. */
bool hv_guest_snp_launch(struct hv_guest *guest, const struct hv_snp_launch *snp,
                         const struct hv_firmware *firmware, struct hv_failure *failure);
/* LAUNCH_SECRET, while the guest is being launched. */
bool hv_guest_inject(struct hv_guest *guest, const struct hv_secret *secret,
                     struct hv_failure *failure);
/* LAUNCH_FINISH: the guest may run. */
bool hv_guest_finish(struct hv_guest *guest, struct hv_failure *failure);
/* ATTESTATION: write at most `cap` bytes of the report, and their number to *len. */
bool hv_guest_attest(struct hv_guest *guest, const uint8_t mnonce[16], void *report, size_t cap,
                     size_t *len, struct hv_failure *failure);
/* DEACTIVATE and DECOMMISSION: the secure processor forgets the guest, which is off then. */
void hv_guest_take_down(struct hv_guest *guest);

enum hv_state hv_guest_state(const struct hv_guest *guest);
/* True: the guest was launched with SEV-SNP. */
bool hv_guest_is_snp(const struct hv_guest *guest);
enum hv_stop hv_guest_stop_reason(const struct hv_guest *guest);
uint32_t hv_guest_asid(const struct hv_guest *guest);
/* 0 if the secure processor has no such guest. */
uint32_t hv_guest_handle(const struct hv_guest *guest);
/* HV_MEASUREMENT_SIZE bytes, valid after a successful launch. */
const uint8_t *hv_guest_measurement(const struct hv_guest *guest);
/* The CPUs that have a launched VMSA: 0 for a guest without SEV-ES. */
unsigned hv_guest_vmsas(const struct hv_guest *guest);
/* Read the launched VMSA of a CPU, decrypted. Return false if it has none, or if its memory cannot
 * be read. */
bool hv_guest_vmsa(const struct hv_guest *guest, unsigned cpu, uint8_t out[VMSA_SIZE]);

/* --- the platform --- */

/* PDH_CERT_EXPORT and GET_ID, for query-sev-capabilities. `chain` is PEK || OCA || CEK. */
bool hv_export(struct hv *hv, uint8_t pdh[CERT_SIZE], uint8_t chain[CERT_CHAIN_SIZE],
               uint8_t id[HV_ID_SIZE], struct hv_failure *failure);

/* --- saved machines --- */

/* The bytes that hv_save() writes, at most. */
#define HV_SAVE_MAX (4 + HV_GUESTS_MAX * (4 + 4 + 4 + HV_MEASUREMENT_SIZE))

/* Layout, little endian: initialized u8, flushed u8, number of guests u8, 0 u8; for each guest not
 * off: index u8, state u8, stop reason u8, SEV-SNP u8, ASID u32, handle u32, measurement. */
size_t hv_save(const struct hv *hv, uint8_t out[HV_SAVE_MAX]);
/* Check the bytes of hv_save(). Return NULL, or what is wrong as an error phrase. */
const char *hv_check_saved(const uint8_t *in, size_t len);
/* Take over checked bytes. */
void hv_restore(struct hv *hv, const uint8_t *in, size_t len);

/* The launched VMSAs of the machine's own guest, encrypted as they are in memory. Layout, little
 * endian: address u64, number u32, the pages. */
#define HV_VMSAS_SAVE_SIZE(vmsas) (8 + 4 + VMSA_SIZE * (size_t)(vmsas))
#define HV_VMSAS_SAVE_MAX         HV_VMSAS_SAVE_SIZE(HV_VMSAS_MAX)
/* Return the bytes written, 0 if `cap` is too small. */
size_t hv_save_vmsas(const struct hv *hv, uint8_t *out, size_t cap);
/* Check the bytes of hv_save_vmsas() for a guest of `cpus` CPUs. Return NULL, or what is wrong as an
 * error phrase. */
const char *hv_check_saved_vmsas(const uint8_t *in, size_t len, unsigned cpus);
/* Take over checked bytes, after hv_restore(). Return 0 or -ENOMEM. */
int hv_restore_vmsas(struct hv *hv, const uint8_t *in, size_t len);

#ifdef __cplusplus
}
#endif
#endif
