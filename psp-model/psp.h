/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The AMD Secure Processor as a library: what its users (the Bochs plugin, tests, other emulators)
 * need and nothing else. Create one with its host callbacks, execute commands, look at its state.
 *
 * Source: Linux include/linux/psp-sev.h enum sev_cmd and the buffers of these commands; COMMANDS.md
 * lists what no source settles.
 *
 * A struct psp is used by one thread at a time. There is no global state: any number may coexist.
 */
#ifndef PSP_H
#define PSP_H

#include "psp_host.h"
#include "sev_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Version of this interface: of this header, and of the library that the program is linked with
 * ("0.2.0", a static text). The interface may change with MINOR as long as MAJOR is 0: section
 * VERSIONS of pspmodel(3). */
#define PSPMODEL_VERSION_MAJOR 0
#define PSPMODEL_VERSION_MINOR 2
#define PSPMODEL_VERSION_PATCH 0
const char *psp_version(void);

struct psp;

/* The API version that fits the commands of this library; psp_config.api_* can be any. From 1.51 on
 * Linux expects the commands of SEV-SNP (drivers/crypto/ccp/sev-dev.c SNP_MIN_API_MINOR), which
 * only a host with an RMP has (psp_host.h). 0.24 is the last version before those that have SEV-SNP:
 * a choice of this model. 1.55 is for a host with an RMP: it is new enough for KVM, which asks for
 * 1.51 (arch/x86/kvm/svm/sev.c snp_launch_start()). */
#define PSP_API_MAJOR     0
#define PSP_API_MINOR     24
#define PSP_API_SNP_MAJOR 1
#define PSP_API_SNP_MINOR 55

/* The lines of processors with SEV-SNP, and the version of attestation reports that fits the API
 * above. */
enum psp_snp_model { PSP_SNP_MILAN, PSP_SNP_GENOA, PSP_SNP_TURIN, PSP_SNP_MODELS };
#define PSP_SNP_REPORT_VERSION 3
#define PSP_CHIP_ID_SIZE       64

#define PSP_ASIDS_MAX 1023u
#define PSP_CPUS_MAX  256u

struct psp_config {
    uint8_t api_major, api_minor,
        build;      /* reported by PLATFORM_STATUS, part of every measurement */
    uint32_t asids; /* ACTIVATE takes 1..asids (CPUID 8000001Fh ECX) */
    uint32_t cpus;  /* that must execute WBINVD before DF_FLUSH */
    /* Fixed transport keys for a LAUNCH_START without a session: 16 bytes each, copied by
     * psp_new(). NULL = random. */
    const uint8_t *tik, *tek;
    const uint8_t *mnonce; /* for LAUNCH_MEASURE: fixed nonce, NULL = random */
    /* Bits to clear in every address of a command: Linux sets the SME C-bit of the host
     * (drivers/crypto/ccp/sev-dev.c, __psp_pa()). 0 = none. */
    uint64_t addr_ignore;
    /* SEV-SNP: what attestation reports say of the processor. Zero everywhere is Milan with its own
     * chip id. */
    uint8_t snp_model;          /* enum psp_snp_model */
    uint8_t snp_report_version; /* 2 to 5; 0 = PSP_SNP_REPORT_VERSION */
    uint64_t snp_platform_info; /* bits of the report; bit 0 = SMT is in use */
    uint64_t snp_tcb;           /* of the firmware that runs; 0 = one of 2024 */
    uint64_t snp_committed_tcb; /* at power-on; 0 = snp_tcb */
    /* The chip's id, PSP_CHIP_ID_SIZE bytes, copied by psp_new(); Turin: 8 bytes of it. NULL = that of
     * the chip's storage. GET_ID has it too. */
    const uint8_t *chip_id;
    uint32_t tsc_khz; /* of the CPUs, for guests that ask for a frequency; 0 = unknown */
};

/* Return a new processor, NULL if out of memory or if the configuration is not valid. `host` is
 * copied; `ctx` must live longer than the processor. psp_free() wipes secrets; NULL is allowed. */
struct psp *psp_new(const struct psp_host *host, void *ctx, const struct psp_config *config);
void psp_free(struct psp *psp);

/* Power cycle: delete guests and volatile keys; non-volatile storage stays. The host clears its RMP
 * itself, as the rest of its memory. */
void psp_reset(struct psp *psp);

/* Execute one command (enum sev_cmd) for `issuer`. Its buffer is at system physical address
 * `buffer`, 0 if it has none. The host callbacks ram_valid, ram_read and ram_write receive the
 * issuer. Return the status code of the processor; one other than SUCCESS is an answer too. */
enum sev_status psp_exec(struct psp *psp, enum psp_issuer issuer, uint16_t command, uint64_t buffer)
    __attribute__((warn_unused_result));

/* Note that a CPU executed WBINVD. Indices at or above config.cpus are ignored. */
void psp_wbinvd(struct psp *psp, unsigned cpu);

/* Write the volatile state, guests and keys included, for save and restore of the emulator: at most
 * PSP_SAVE_MAX bytes, with secret keys. Return 0 or
 *   -ENOSPC  `cap` is too small
 *   -EBUSY   a guest is in LUPDATE: its running hash cannot be stored before LAUNCH_MEASURE
 *   another negative errno if the cryptographic library fails. */
#define PSP_SAVE_MAX 0x20000u
int psp_save(const struct psp *psp, void *out, size_t cap, size_t *len)
    __attribute__((warn_unused_result));
/* Restore a saved state. Everything is parsed and checked before anything changes. Non-volatile
 * storage changes only if it is empty and the state is accepted: then the chip's identity is stored.
 * *reason, unless NULL, becomes a static text, or NULL on success.
 *   -EINVAL  damaged, or of another version, configuration or chip; the processor is not changed
 *   another negative errno if the host cannot load the key of a guest or store the identity; the
 *   processor is then as after psp_reset(), or not changed */
int psp_load(struct psp *psp, const void *data, size_t len, const char **reason)
    __attribute__((warn_unused_result));

/* The two halves of psp_load(), for emulators that check all of a saved machine before they change
 * anything. psp_saved_read() returns the decoded state, or NULL with *reason. psp_saved_apply()
 * returns what psp_load() returns after its checks. Free a state with psp_saved_free(); NULL is
 * allowed. */
struct psp_saved;
struct psp_saved *psp_saved_read(struct psp *psp, const void *data, size_t len, const char **reason)
    __attribute__((warn_unused_result));
int psp_saved_apply(struct psp *psp, const struct psp_saved *saved)
    __attribute__((warn_unused_result));
void psp_saved_free(struct psp_saved *saved);
/* Return whether a guest of the saved state is active under an ASID. */
bool psp_saved_has_asid(struct psp_saved *saved, uint32_t asid);

/* State for debuggers and the control socket. Key material is not part of it. */
struct psp_platform_info {
    uint8_t state; /* enum sev_platform_state */
    uint8_t api_major, api_minor, build;
    bool es;
    bool owned; /* by an external owner; false as long as no command has read the chip's storage */
    uint32_t guests;
    bool snp;          /* the host has an RMP; the next four fields are valid */
    uint8_t snp_state; /* UNINIT or INIT of enum sev_platform_state */
    bool rmp_ready;    /* SNP_INIT has initialised the RMP */
    uint32_t snp_guests;
    /* Versions of the firmware's parts, 8 bits each. Milan and Genoa: boot loader 7:0, TEE 15:8, SNP
     * 55:48, microcode 63:56 (Linux include/linux/psp-sev.h struct sev_snp_tcb_version_genoa_milan).
     * Turin: FMC 7:0, boot loader 15:8, TEE 23:16, SNP 31:24, microcode 63:56. */
    uint64_t tcb, committed_tcb, reported_tcb;
};

struct psp_guest_info {
    uint32_t handle, policy, asid; /* asid 0 = not active */
    uint8_t state;                 /* enum sev_guest_state */
    uint8_t launch_digest[32];
    bool measured; /* are the next two fields valid */
    uint8_t measure[32], mnonce[16];
};

/* A guest of SEV-SNP. */
struct psp_snp_guest_info {
    uint64_t context; /* address of its context page */
    uint64_t policy;
    uint32_t asid; /* 0 = not active */
    uint8_t state; /* enum snp_guest_state */
    uint8_t launch_digest[SNP_DIGEST_SIZE];
    /* By LAUNCH_FINISH. */
    uint8_t host_data[SNP_HOST_DATA_SIZE];
    bool id_block, author_key, vcek_disabled;
    uint8_t family_id[16], image_id[16]; /* of the ID block, like guest_svn */
    uint32_t guest_svn;
    uint8_t id_key_digest[SNP_DIGEST_SIZE], author_key_digest[SNP_DIGEST_SIZE];
};

void psp_get_platform(const struct psp *psp, struct psp_platform_info *info);
/* The guest in slot `index` of psp_guest_slots(); false if the slot is empty. */
bool psp_get_guest(const struct psp *psp, unsigned index, struct psp_guest_info *info);
unsigned psp_guest_slots(void);
/* The same for guests of SEV-SNP. */
bool psp_get_snp_guest(const struct psp *psp, unsigned index, struct psp_snp_guest_info *info);
unsigned psp_snp_guest_slots(void);

/* The public keys that verify attestation reports, for a host that makes their certificates. Numbers
 * are big endian. */
struct psp_snp_keys {
    uint8_t model; /* enum psp_snp_model */
    uint8_t chip_id[PSP_CHIP_ID_SIZE];
    uint64_t reported_tcb; /* the VCEK is that of this TCB */
    uint8_t vcek_x[48], vcek_y[48];
    bool vlek; /* one is loaded: the next three fields are valid */
    uint64_t vlek_tcb;
    uint8_t vlek_x[48], vlek_y[48];
};
/* 0 or a negative errno. A new chip is made and stored if there is none. */
int psp_get_snp_keys(struct psp *psp, struct psp_snp_keys *keys)
    __attribute__((warn_unused_result));

/* Names for logs: never NULL ("?" if unknown). */
const char *psp_command_name(uint16_t command);
const char *psp_status_name(uint16_t status);
const char *psp_platform_state_name(uint8_t state);
const char *psp_guest_state_name(uint8_t state);
const char *psp_snp_guest_state_name(uint8_t state);
const char *psp_snp_page_type_name(uint8_t type);

#ifdef __cplusplus
}
#endif
#endif
