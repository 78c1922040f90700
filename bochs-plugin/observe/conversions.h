/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last conversions of every page, with their reasons: why is this page encrypted, or decrypted,
 * now? A conversion encrypts or decrypts a page in place (cpu-ext/pages.h). Pure C.
 */
#ifndef SEV_CONVERSIONS_H
#define SEV_CONVERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hooks.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CONVERSIONS_KEPT 4u /* of each page */
#define CONVERSIONS_TEXT 320u

struct conversion {
    uint64_t us;  /* the machine's time */
    uint64_t rip; /* linear address of the instruction; of CPU 0 if a device made the access */
    uint32_t cpu; /* SEV_HOOKS_NO_CPU: a device */
    bool
        by_command; /* a command of the secure processor; the four fields below mean nothing then */
    bool write;
    enum sev_access access;
    enum sev_why why;
    uint16_t command; /* of the secure processor */
    bool decrypted;   /* the state after it */
};

struct conversions;

/* For pages of unknown state. NULL if out of memory. Memory is used only for pages that are converted. */
struct conversions *conversions_new(uint32_t pages);
void conversions_free(struct conversions *conversions);

/* Set the state of a page that was not converted: at power-on, after a restore. */
void conversions_set(struct conversions *conversions, uint32_t page, bool decrypted);
/* Compare the state of a page with its last one. If it differs, keep `reason` as a conversion and
 * return true. */
bool conversions_update(struct conversions *conversions, uint32_t page, bool decrypted,
                        const struct conversion *reason);

/* Return how often a page was converted. */
uint64_t conversions_count(const struct conversions *conversions, uint32_t page);
/* Return conversion `n` of a page, 0 = the latest. NULL if there was none, or it is not kept. */
const struct conversion *conversions_get(const struct conversions *conversions, uint32_t page,
                                         unsigned n);
/* Write one line about a conversion to `text`, which is returned. `command` is the name of the
 * conversion's command, `symbol` follows the address of the instruction. */
const char *conversions_text(const struct conversion *conversion, const char *command,
                             const char *symbol, char text[CONVERSIONS_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
