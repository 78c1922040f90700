/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Encrypted memory, over cpu-ext/pages.c.
 */
#ifndef BX_SEV_MEMORY_H
#define BX_SEV_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"

struct rng;
struct sev_machine;
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

/* For hooks.h. */
void bx_sev_memory_access(struct sev_memory *memory, unsigned cpu, uint64_t paddr,
                          enum sev_access wanted, enum sev_why why, bool write, void *holder);
struct sev_settled bx_sev_memory_settled(const struct sev_memory *memory);
bool bx_sev_memory_peek(struct sev_memory *memory, uint64_t paddr, enum sev_access wanted,
                        void *buf, unsigned len);

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

#endif
