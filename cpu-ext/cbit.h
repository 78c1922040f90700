/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C-bit: where it may be, and what becomes of each access that the patched Bochs reports. One
 * struct cbit is one guest; it fills the hook table and is the first stop of every report, so the
 * page views (and later the reverse map) plug in here.
 *
 * Implements AMD64 APM vol. 2, 15.34.5 "SEV encryption behavior" and 15.34.6 "Page table support".
 */
#ifndef CPU_EXT_CBIT_H
#define CPU_EXT_CBIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Guests test the bit in the upper half of an entry, and an entry's address ends at bit 51. */
#define CBIT_POS_MIN 32u
#define CBIT_POS_MAX 51u

/* Is `pos` a place for the C-bit in a machine with RAM below `ram_end` (bytes; the first address
 * past the highest RAM)? NULL if so, else the reason as a part of a sentence, written to `reason`
 * (`cap` bytes). */
const char *cbit_check(unsigned pos, uint64_t ram_end, char *reason, size_t cap);

/* Who gets the accesses after they were counted: the page views. Same contracts as in hooks.h; any
 * function may be NULL. */
struct cbit_sink {
    void *ctx;
    void (*want)(void *ctx, unsigned cpu, uint64_t paddr, enum sev_view view, enum sev_why why,
                 bool write, void *holder);
    bool (*peek)(void *ctx, uint64_t paddr, enum sev_view view, void *buf, unsigned len);
    void (*wbinvd)(void *ctx, unsigned cpu);
    bool (*watched)(void *ctx, uint64_t paddr);
    void (*touch)(void *ctx, unsigned cpu, uint64_t paddr, unsigned len, const void *data);
    void (*decode)(void *ctx, unsigned cpu, uint64_t paddr, unsigned len);
    struct sev_settled settled; /* `walks` is cbit_attach()'s */
};

struct cbit {
    unsigned pos;
    struct cbit_sink sink;
    /* Accesses so far, by view and reason; one CPU runs at a time, so no lock. */
    uint64_t wants[2][SEV_WHY_COUNT];
    uint64_t wbinvds;
};

/* Set up for a checked position, without a sink. */
void cbit_init(struct cbit *cbit, unsigned pos);

/* Put `cbit` with its sink into the hook table of the running Bochs, or take it out again (all
 * zero, stock behaviour). `cbit` stays the caller's and must outlive its time in the table. -EPROTO
 * if the table is not of this version. */
int cbit_attach(struct cbit *cbit, struct sev_hooks *hooks) __attribute__((warn_unused_result));
void cbit_detach(struct sev_hooks *hooks);

/* Forget the counts (reset of the machine). */
void cbit_reset(struct cbit *cbit);

/* Names for `info device` and reports. */
const char *cbit_view_name(enum sev_view view);
const char *cbit_why_name(enum sev_why why);

#ifdef __cplusplus
}
#endif

#endif
