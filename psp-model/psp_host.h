/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host callbacks of the secure processor. The model opens no file and no socket, and has no
 * clock and no memory of its own: the emulator supplies them here. The Bochs plugin and the test
 * harness implement these callbacks.
 *
 * Every function gets the `ctx` of psp_new() first. int results are 0 or a negative errno: a
 * failure of the host, not a status code. The processor then answers HWERROR_PLATFORM.
 */
#ifndef PSP_HOST_H
#define PSP_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who issued the command in whose name the processor accesses memory. A host can give the two
 * issuers different memory: hypervisor's command buffers need not be memory of the machine. */
enum psp_issuer {
    PSP_ISSUER_GUEST,      /* code in the machine, through the mailbox */
    PSP_ISSUER_HYPERVISOR, /* the host's own software, for example a built-in hypervisor */
};

/* ASID 0 is no guest: a shared access (C=0), which sees raw memory. */
#define PSP_NO_ASID 0u

enum psp_log_level { PSP_LOG_ERROR, PSP_LOG_INFO, PSP_LOG_DEBUG };

/* One finished command, for logs, traces and the list of launch regions. Valid during the call. */
struct psp_event {
    uint16_t command;        /* enum sev_cmd */
    uint16_t status;         /* enum sev_status */
    uint32_t handle;         /* guest handle, 0 if none */
    uint8_t platform_before; /* enum sev_platform_state */
    uint8_t platform_after;
    uint8_t guest_before; /* enum sev_guest_state, UNINIT if no guest */
    uint8_t guest_after;
    uint64_t usec;                /* time spent, by the host's clock */
    uint64_t region_addr;         /* LAUNCH_UPDATE_* and SECRET: guest region; else 0 */
    uint32_t region_len;          /* its length, 0 = no region */
    const uint8_t *region_digest; /* SHA-256 of the region's plaintext, or NULL */
    const uint8_t *launch_digest; /* running GCTX.LD after the command, or NULL */
    uint8_t digest_size;          /* bytes of the two digests: 32; 48 (SHA-384) for SEV-SNP */

    /* A command of SEV-SNP: platform_before and _after are those of SEV-SNP, handle is 0, and
     * guest_before and _after are enum snp_guest_state, of the guest that `context` names. */
    bool snp;
    uint64_t context;     /* address of the guest's context page, 0 if no guest */
    bool existed, exists; /* the guest, before and after the command */
    uint64_t region_gpa;  /* guest physical address of the region, by its RMP entry */
    uint8_t page_type;    /* SNP_LAUNCH_UPDATE: enum snp_page_type, else 0 */
};

/* An entry of the reverse map table (RMP) of SEV-SNP. All zero: a page of the hypervisor. */
struct psp_rmp_entry {
    uint64_t gpa;
    uint32_t asid;
    bool assigned, size_2m, immutable, validated, vmsa;
    uint8_t perms[4]; /* of VMPL0 to VMPL3 */
};

struct psp_host {
    /* Return whether the processor may access every byte of [spa, spa+len) for this issuer. `len`
     * may be 0. */
    bool (*ram_valid)(void *ctx, enum psp_issuer issuer, uint64_t spa, uint64_t len);
    /* Copy between RAM and `buf`. With an ASID other than PSP_NO_ASID the access is a
     * private one (C=1) under the key of that ASID. Any alignment. ram_valid()
     * accepted the range for this issuer before. */
    int (*ram_read)(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa, void *buf,
                    size_t len);
    int (*ram_write)(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                     const void *buf, size_t len);
    /* Load or forget the AES-128 key of an ASID in the memory controllers. */
    int (*key_install)(void *ctx, uint32_t asid, const uint8_t vek[16]);
    void (*key_remove)(void *ctx, uint32_t asid);

    /* Fill `buf` with random bytes; deterministic where the user asked for a seed. */
    int (*random)(void *ctx, void *buf, size_t len);
    /* Time in microseconds, for psp_event.usec; that is 0 if the time goes backwards. */
    uint64_t (*time_us)(void *ctx);

    /* Non-volatile storage of the chip (identity, PEK, OCA, PDH). nv_load: at most `cap` bytes,
     * their number in *len; -ENOENT = a new chip. nv_store replaces all of it atomically. Both may
     * be NULL: then every start is a new chip. */
    int (*nv_load)(void *ctx, void *buf, size_t cap, size_t *len);
    int (*nv_store)(void *ctx, const void *buf, size_t len);

    /* The RMP. All three NULL: a platform without SEV-SNP, whose processor has none of its commands.
     * rmp_get: the entry of the page at `spa`; false: the RMP does not cover the page, which then
     * belongs to the hypervisor. Within a 2 MiB entry every 4 KiB page has an answer.
     * rmp_set: replace the entry, with no check but that the page is covered; the processor may set
     * what software cannot. 0 or a negative errno. The translations of the page must leave all TLBs.
     * rmp_clear: give every page to the hypervisor. */
    bool (*rmp_get)(void *ctx, uint64_t spa, struct psp_rmp_entry *entry);
    int (*rmp_set)(void *ctx, uint64_t spa, const struct psp_rmp_entry *entry);
    void (*rmp_clear)(void *ctx);
    /* What CPUID answers on this processor: EAX, EBX, ECX, EDX. For the check of the CPUID page of a
     * SEV-SNP guest. May be NULL: then the values of the page are taken as given. */
    void (*cpuid)(void *ctx, uint32_t leaf, uint32_t subleaf, uint64_t xcr0, uint64_t xss,
                  uint32_t result[4]);

    /* May be NULL. */
    void (*log)(void *ctx, enum psp_log_level level, const char *message);
    void (*trace)(void *ctx, const struct psp_event *event);
};

#ifdef __cplusplus
}
#endif
#endif
