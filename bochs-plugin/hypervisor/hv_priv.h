/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files of the built-in hypervisor.
 */
#ifndef SEV_HV_PRIV_H
#define SEV_HV_PRIV_H

#include "hv.h"

struct hv_es;
struct hv_snp;

#define HV_SCRATCH_MAX (16u * HV_PAGE_SIZE) /* Linux GHCB_SCRATCH_AREA_LIMIT */

struct hv_guest {
    struct hv *hv;
    enum hv_state state;
    enum hv_stop stop_reason;
    uint32_t asid, handle;
    bool snp;         /* launched with SEV-SNP */
    uint64_t context; /* SEV-SNP: address of the context page, 0: none */
    uint8_t measurement[HV_MEASUREMENT_SIZE];
    uint64_t vmsas; /* address of the launched VMSAs, encrypted with the guest's key */
    unsigned n_vmsas;
};

struct hv {
    struct hv_ops ops;
    void *machine;
    struct hv_memory memory;
    bool initialized; /* INIT is done */
    bool has_tmr;     /* the memory at HV_TMR_BASE is allocated */
    bool flushed;     /* DF_FLUSH is done since INIT and since the last DEACTIVATE */
    const char *region;
    char vmsa_name[24]; /* what `region` points to while a VMSA is launched */
    struct hv_guest guests[HV_GUESTS_MAX];
    struct hv_es *es;                /* HV_GUESTS_MAX of them: guests with SEV-ES that run */
    struct hv_snp *snp;              /* NULL: the machine has no SEV-SNP */
    uint8_t scratch[HV_SCRATCH_MAX]; /* copy of a scratch area outside the GHCB */
};

/* A command under construction: a page for the command's struct, and a place for what the struct
 * points to. */
struct hv_command {
    struct hv *hv;
    uint16_t id;
    bool full;       /* there was no memory: hv_command_exec() reports it */
    uint64_t buffer; /* the page of the struct */
    unsigned pos;    /* bytes of the struct written so far */
    uint64_t data[2];
    size_t data_len[2];
};

void hv_command_begin(struct hv_command *command, struct hv *hv, uint16_t id);
void hv_command_put32(struct hv_command *command, uint32_t v);
void hv_command_put64(struct hv_command *command, uint64_t v);
void hv_command_put(struct hv_command *command, const void *data, size_t len);
/* Append zero bytes until the struct has `len` of them. */
void hv_command_fill(struct hv_command *command, unsigned len);
/* Allocate place `which` (0 or 1) with `len` bytes and copy `data` there (NULL: zeros). Return its
 * address. */
uint64_t hv_command_place(struct hv_command *command, unsigned which, const void *data, size_t len);
/* The same, and append the address as u64 and the length as u32 to the struct. */
void hv_command_put_data(struct hv_command *command, unsigned which, const void *data, size_t len);
/* Execute the command. On failure return false with *failure set; `what` names the region or is
 * "". */
bool hv_command_exec(struct hv_command *command, const char *what, struct hv_failure *failure);
/* Execute the command, whose answer is only its status, and release the memory. */
bool hv_command_run(struct hv_command *command, const char *what, struct hv_failure *failure);
/* The same for a command that launches `region`: hv_region_name() is that meanwhile. */
bool hv_command_run_region(struct hv_command *command, const char *region,
                           struct hv_failure *failure);
/* Read the answer: a field of the struct, and the data of a place. */
uint32_t hv_command_get32(const struct hv_command *command, unsigned offset);
void hv_command_get_data(const struct hv_command *command, unsigned which, void *out, size_t len);
/* Release the memory. It, or hv_command_run(), must follow each hv_command_begin(). */
void hv_command_end(struct hv_command *command);

/* Execute INIT, unless it is done. */
bool hv_init(struct hv *hv, uint32_t policy, struct hv_failure *failure);
/* Copy the VMSAs to launch to memory of the hypervisor. They stay allocated until the guest is taken
 * down, because a CPU starts from its VMSA. */
bool hv_place_vmsas(struct hv_guest *guest, const struct hv_firmware *firmware, const char *step,
                    struct hv_failure *failure);
/* Return the name of the region that is the VMSA of a CPU, until the next call. */
const char *hv_name_vmsa(struct hv *hv, unsigned cpu);
/* A launch failed: take the guest down. Return false. */
bool hv_launch_failed(struct hv_guest *guest);
/* Release the launched VMSAs of a guest. */
void hv_free_vmsas(struct hv_guest *guest);

/* Set *failure for a reason that is not a status. Return false. */
bool hv_fail(struct hv_failure *failure, const char *step, const char *what, const char *words);

#endif
