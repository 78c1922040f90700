/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a saved SEV machine consists of: one section of the file (save_file.h) for each part. RAM,
 * CPUs and devices are Bochs's own and are not here.
 *
 *   CONF 1  the configuration that the machine must have again, as text
 *   HV__ 2  the built-in hypervisor, hv_save(); 1: handle u32, measurement (48 bytes)
 *   HVES 1  a guest with SEV-ES that runs, hv_es_save(); only if there is one
 *   HVSN 1  a guest with SEV-SNP, hv_snp_save(); only of a machine with SEV-SNP
 *   MBOX 1  registers of the mailbox: CmdResp, its pending bytes, the address (u32 each). A CmdResp
 *           without RESP: a command is executing, in a machine where commands take time
 *   RNG_ 1  seeded u8, seed (32), number of the next block u64, unused bytes (32), their number u8
 *   VCPU 3  number of CPUs u32, bytes of a record u32, for each CPU: HWCR u64, ASID u32 of the SEV guest
 *           that it runs as a host, 0 = none; 2: without the ASID; 1: number, HWCRs
 *   PSP_ 1  the secure processor, psp_save()
 *   PAGE 1  memory encryption, bx_sev_memory_save(); only with encryption=aes
 *   RMP_ 1  the RMP, rmp_save(); only of a machine with SEV-SNP
 *   VMSA 1  the launched VMSAs, hv_save_vmsas(); only of a guest with SEV-ES
 */
#ifndef SEV_SAVED_MACHINE_H
#define SEV_SAVED_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hv;
struct msr_state;
struct psp;
struct psp_mailbox;
struct rmp;
struct rng;

/* Memory encryption, whose implementation needs Bochs. */
struct saved_memory_ops {
    size_t (*size)(void *ctx); /* bytes that save() writes */
    void (*save)(void *ctx, uint8_t *out);
    /* Check the bytes of save(). `has_key` returns true for the ASIDs that have a key in the saved
     * machine. Return 0 or a negative errno. Nothing is changed. */
    int (*check)(void *ctx, const uint8_t *in, size_t len,
                 bool (*has_key)(void *has_key_ctx, uint32_t asid), void *has_key_ctx);
    /* Forget all keys and the states of all pages. RAM stays as it is. */
    void (*forget)(void *ctx);
    /* Take over checked bytes, after the keys were installed. Return 0 or a negative errno. */
    int (*restore)(void *ctx, const uint8_t *in, size_t len);
};

/* The machine. Nothing is copied. */
struct saved_parts {
    const char *configuration;
    struct hv *hv;
    struct psp_mailbox *mailbox;
    struct psp *psp;
    struct rng *rng;
    bool has_vmsas;  /* the built-in hypervisor launches a guest with SEV-ES */
    struct rmp *rmp; /* NULL without SEV-SNP */
    unsigned cpus;
    struct msr_state *const *msrs; /* one for each CPU */
    /* NULL unless the machine is a host of SEV guests, whose MSRs are a host's. For each CPU the ASID of the
     * guest that it is running, between VMRUN and #VMEXIT; 0 = none. saved_machine_read() sets them. */
    uint32_t *asids;
    uint32_t max_asid;
    const struct saved_memory_ops *memory; /* NULL with encryption=none */
    void *memory_ctx;
};

/* Check that the machine can be saved now. Return 0, or a negative errno with an error phrase: a
 * guest is in the middle of its launch (-EBUSY), the cryptographic library fails. */
int saved_machine_possible(const struct saved_parts *parts, char *error, size_t error_size)
    __attribute__((warn_unused_result));
/* Make the file. Return 0 with *data, to be wiped and freed by the caller, and its length; or a
 * negative errno with an error phrase. */
int saved_machine_write(const struct saved_parts *parts, uint8_t **data, size_t *len, char *error,
                        size_t error_size) __attribute__((warn_unused_result));
/* Restore the machine from a file. All of the file is parsed and checked before anything is
 * changed. Return 0; -EINVAL with an error phrase if the file is refused, and nothing is changed;
 * another negative errno if memory or cryptography failed while it was taken over, and the machine
 * cannot be used. */
int saved_machine_read(const struct saved_parts *parts, const uint8_t *data, size_t len,
                       char *error, size_t error_size) __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
