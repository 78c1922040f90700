/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One emulated SEV machine: what the C++ files of the plugin share behind sev.h. sev_glue.cc makes
 * it, sev_launch.cc launches it, sev_control.cc lets a client look at it, sev_dump.cc prints it.
 */
#ifndef BX_SEV_MACHINE_H
#define BX_SEV_MACHINE_H

#include "board.h"
#include "direct.h"
#include "fwcfg.h"
#include "hv.h"
#include "mailbox.h"
#include "map.h"
#include "map_log.h"
#include "opt.h"
#include "ovmf_table.h"
#include "psp.h"
#include "rng.h"
#include "state.h"
#include "trace.h"

extern "C" {
#include "cbit.h"
}

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
    struct map *map;           /* NULL: nobody wants to see one; see sev_map.cc */
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

struct sev_memory;
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

/* --- sev_fwcfg.cc: the firmware configuration device, direct boot --- */

struct sev_fwcfg;
/* Loads kernel=, initrd= and append=, claims the ports and, unless the firmware is OVMF, loads the
 * boot ROM. NULL without kernel= under another firmware; trouble ends Bochs with one sentence. */
struct sev_fwcfg *bx_sev_fwcfg_new(const struct opt *opt, const struct ovmf_table *ovmf);
void bx_sev_fwcfg_free(struct sev_fwcfg *fwcfg);
/* What the launch has to do with it: the boot ROM, which it measures; the table of hashes of
 * kernel=, initrd= and append=, and where to write and measure it (0: nowhere); where secrets go
 * that name no address. False: there is none. */
bool bx_sev_fwcfg_rom(const struct sev_fwcfg *fwcfg, struct hv_region *rom);
bool bx_sev_fwcfg_hashes(const struct sev_fwcfg *fwcfg, uint8_t table[DIRECT_HASHES_SIZE],
                         uint64_t *gpa);
bool bx_sev_fwcfg_secrets(const struct sev_fwcfg *fwcfg, struct ovmf_area *area);
/* What a reset of the machine does. */
void bx_sev_fwcfg_reset(struct sev_fwcfg *fwcfg);
/* For save and restore. */
void bx_sev_fwcfg_register_state(struct sev_fwcfg *fwcfg, bx_list_c *list);

/* --- sev_board.cc: the machine, for firmware --- */

/* Describes Bochs's machine in the device. Never NULL: trouble ends Bochs with one sentence. */
struct board *bx_sev_board_new(struct fwcfg *fwcfg);
/* After all of Bochs's devices were reset. */
void bx_sev_board_reset(void);

/* --- sev_flash.cc: OVMF's variables --- */

struct sev_flash;
/* vars=. Never NULL: trouble ends Bochs with one sentence. */
struct sev_flash *bx_sev_flash_new(const char *path, bool ovmf);
void bx_sev_flash_free(struct sev_flash *flash);
void bx_sev_flash_reset(struct sev_flash *flash);
/* For save and restore. */
void bx_sev_flash_register_state(struct sev_flash *flash, bx_list_c *list);
void bx_sev_flash_restored(struct sev_flash *flash);

/* --- sev_map.cc: the map of memory over time --- */

/* Makes machine->map if map=, map_changes= or the debugger asks for one. */
void bx_sev_map_new(struct sev_machine *machine);
/* Writes map= and the end of map_changes=, and frees the map. */
void bx_sev_map_finish(struct sev_machine *machine);
/* Takes an access as hooks.h reports it, into machine->map. Did the page change between private and
 * shared? */
bool bx_sev_map_want(struct sev_machine *machine, uint64_t paddr, enum sev_view view);
/* Brings the map up to date: what all CPUs' page tables map through C=0. Changes nothing. */
void bx_sev_map_look(struct sev_machine *machine);
/* MAP_PRIVATE for RAM in any view, MAP_ROM or MAP_MMIO. */
enum map_use bx_sev_map_kind(uint64_t paddr);
/* The picture up to now. 0 or a negative errno. */
int bx_sev_map_write(struct sev_machine *machine, const char *path);

/* --- sev_debug.cc, sev_break.cc: Bochs's debugger --- */

struct sev_breaks;
/* NULL unless Bochs runs its debugger. */
struct sev_breaks *bx_sev_breaks_new(void);
void bx_sev_breaks_free(struct sev_breaks *breaks);
/* The accesses of hooks.h and the commands, to be looked at. */
void bx_sev_breaks_want(struct sev_breaks *breaks, unsigned cpu, uint64_t paddr, enum sev_view view,
                        enum sev_why why, bool write, bool changed);
void bx_sev_breaks_psp(struct sev_breaks *breaks, const struct psp_trace *event);
/* For the user, who is told; pages [from, to]. */
void bx_sev_break_on_access(struct sev_breaks *breaks, enum sev_view view, uint64_t from,
                            uint64_t to);
void bx_sev_break_on_change(struct sev_breaks *breaks, uint64_t from, uint64_t to);
void bx_sev_break_on_command(struct sev_breaks *breaks, uint16_t command);
void bx_sev_breaks_print(const struct sev_breaks *breaks);
/* 0: all. False if there was none. */
bool bx_sev_breaks_delete(struct sev_breaks *breaks, unsigned number);
/* --- sev_sanitize.cc: the C-bit sanitizer --- */

struct sev_sanitizer;
/* Needs the machine's memory. Never NULL: trouble ends Bochs with one sentence. */
struct sev_sanitizer *bx_sev_sanitizer_new(struct sev_machine *machine);
/* Prints the summary. */
void bx_sev_sanitizer_free(struct sev_sanitizer *sanitizer);

/* For struct cbit_sink; want after memory had its turn. */
void bx_sev_sanitizer_want(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t paddr,
                           enum sev_view view, enum sev_why why, bool write);
bool bx_sev_sanitizer_watched(const struct sev_sanitizer *sanitizer, uint64_t paddr);
void bx_sev_sanitizer_touch(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t paddr,
                            unsigned len, const void *data);
void bx_sev_sanitizer_decode(struct sev_sanitizer *sanitizer, unsigned cpu, uint64_t paddr,
                             unsigned len);
/* The secure processor reads or writes memory through the key of an ASID, 0 = as stored. */
void bx_sev_sanitizer_psp(struct sev_sanitizer *sanitizer, uint64_t spa, size_t len, uint32_t asid,
                          bool write);

struct bx_sev_sanitizer_info {
    uint64_t reports, mixed_ever, touches, forgotten; /* as in struct san_stats */
    uint32_t sites, mixed;
};
void bx_sev_sanitizer_info(const struct sev_sanitizer *sanitizer,
                           struct bx_sev_sanitizer_info *info);

/* --- sev_launch.cc --- */

/* The firmware's table of GUIDed structures; a damaged one is an empty one. */
void bx_sev_firmware_read(struct ovmf_table *table);
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
