/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One emulated SEV machine: what the C++ files of the plugin share behind sev.h. sev_glue.cc makes
 * it, sev_launch.cc launches it.
 */
#ifndef BX_SEV_MACHINE_H
#define BX_SEV_MACHINE_H

#include "hv.h"
#include "mailbox.h"
#include "opt.h"
#include "psp.h"
#include "rng.h"
#include "firmware/ovmf_table.h"
#include "cbit.h"

struct map;
struct map_log;
struct sev_breaks;
struct sev_fwcfg;
struct sev_memory;
struct sev_sanitizer;
struct state;
struct trace;

struct sev_machine {
    const struct opt *opt;
    struct psp *psp;
    struct mailbox mailbox;
    struct hv *hv;
    struct trace *trace;
    struct rng rng;
    struct state *state; /* NULL: every start is a new chip */
    struct cbit cbit;
    struct sev_memory *memory; /* NULL: encryption=none */
    struct map *map;           /* NULL: nobody wants to see one; see observe/sev_map.cc */
    struct map_log *map_log;   /* NULL: no map_changes=; writes to: */
    FILE *map_file;
    uint64_t map_next_us; /* when the page tables are looked at again */
    unsigned map_wants;
    struct sev_breaks *breaks;       /* NULL: not in the debugger */
    struct sev_sanitizer *sanitizer; /* NULL: sanitize=off */
    struct ovmf_table ovmf;          /* of the firmware; its `present`: it is OVMF */
    struct sev_fwcfg *fwcfg;         /* NULL: neither kernel= nor OVMF; not ours */
};

/* --- sev_memory.cc: encrypted memory --- */

/* Never NULL: trouble ends Bochs with one sentence. */
struct sev_memory *bx_sev_memory_new(struct sev_machine *machine);
/* After all ROMs were loaded (the display loads the VGA BIOS), before the launch. */
void bx_sev_memory_power_on(struct sev_memory *memory, struct rng *rng);
void bx_sev_memory_free(struct sev_memory *memory);

/* The keys of psp_host. */
int bx_sev_memory_key_install(struct sev_memory *memory, uint32_t asid, const uint8_t vek[16]);
void bx_sev_memory_key_remove(struct sev_memory *memory, uint32_t asid);

/* The secure processor's view of RAM and ROM: through the key of an ASID, 0 = as stored. */
int bx_sev_memory_read(struct sev_memory *memory, uint32_t asid, uint64_t spa, void *buf,
                       size_t len);
int bx_sev_memory_write(struct sev_memory *memory, uint32_t asid, uint64_t spa, const void *buf,
                        size_t len);

/* For struct cbit_sink, with a struct sev_memory as context. */
void bx_sev_memory_want(void *ctx, unsigned cpu, uint64_t paddr, enum sev_view wanted,
                        enum sev_why why, bool write, void *holder);
struct sev_settled bx_sev_memory_settled(const struct sev_memory *mem);
bool bx_sev_memory_peek(void *ctx, uint64_t paddr, enum sev_view wanted, void *buf, unsigned len);

/* Save and restore, beside RAM, which Bochs saves as it stands: ROMs as they stand, the boot key,
 * the views. To restore: forget() keys and views without touching a byte, psp_load(), restore().
 * 0 or a negative errno. */
size_t bx_sev_memory_save_size(const struct sev_memory *memory);
void bx_sev_memory_save(const struct sev_memory *memory, uint8_t *out);
void bx_sev_memory_forget(struct sev_memory *memory);
int bx_sev_memory_restore(struct sev_memory *memory, const uint8_t *in, size_t len);

struct bx_sev_memory_info {
    uint64_t flips;                       /* pages that changed their view so far */
    uint32_t asid;                        /* the machine's own, 0 = not activated yet */
    uint32_t private_pages, stored_pages; /* RAM as it stands now */
};
void bx_sev_memory_info(const struct sev_memory *memory, struct bx_sev_memory_info *info);

/* --- sev_launch.cc --- */

/* Where a secret of `len` bytes goes that names no address: where OVMF or the boot ROM has room for
 * secrets. False with one sentence. */
bool bx_sev_machine_secret_gpa(const struct sev_machine *machine, size_t len, uint64_t *gpa,
                               char *error, size_t error_size);

/* --- sev_glue.cc --- */

/* The hypervisor writes memory as it stands: with a guest key, what the guest sees shared. 0 or a
 * negative errno. */
int bx_sev_machine_write(struct sev_machine *machine, uint64_t gpa, const void *data, size_t len);
/* The machine's own guest context; false before the launch. */
bool bx_sev_machine_guest(const struct sev_machine *machine, struct psp_guest_info *guest);

#endif
