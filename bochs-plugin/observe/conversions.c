/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The last conversions of every page. See conversions.h.
 */
#include "conversions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct page {
    uint64_t count;
    struct conversion *kept; /* a ring; NULL: never converted */
    bool known, decrypted;
};

struct conversions {
    uint32_t n;
    struct page pages[];
};

struct conversions *conversions_new(uint32_t pages)
{
    struct conversions *conversions =
        calloc(1, sizeof(*conversions) + pages * sizeof(conversions->pages[0]));

    if (conversions)
        conversions->n = pages;
    return conversions;
}

void conversions_free(struct conversions *conversions)
{
    if (!conversions)
        return;
    for (uint32_t page = 0; page < conversions->n; page++)
        free(conversions->pages[page].kept);
    free(conversions);
}

void conversions_set(struct conversions *conversions, uint32_t page, bool decrypted)
{
    if (page >= conversions->n)
        return;
    conversions->pages[page].known = true;
    conversions->pages[page].decrypted = decrypted;
}

bool conversions_update(struct conversions *conversions, uint32_t page, bool decrypted,
                        const struct conversion *reason)
{
    struct page *p = page < conversions->n ? &conversions->pages[page] : NULL;
    bool converted = p && p->known && p->decrypted != decrypted;

    conversions_set(conversions, page, decrypted);
    if (!converted)
        return false;
    if (!p->kept)
        p->kept = calloc(CONVERSIONS_KEPT, sizeof(*p->kept));
    if (p->kept) {
        p->kept[p->count % CONVERSIONS_KEPT] = *reason;
        p->kept[p->count % CONVERSIONS_KEPT].decrypted = decrypted;
    }
    p->count++;
    return true;
}

uint64_t conversions_count(const struct conversions *conversions, uint32_t page)
{
    return page < conversions->n ? conversions->pages[page].count : 0;
}

const struct conversion *conversions_get(const struct conversions *conversions, uint32_t page,
                                         unsigned n)
{
    const struct page *p = page < conversions->n ? &conversions->pages[page] : NULL;

    if (!p || !p->kept || n >= CONVERSIONS_KEPT || n >= p->count)
        return NULL;
    return &p->kept[(p->count - 1 - n) % CONVERSIONS_KEPT];
}

static const char *reason_name(enum sev_why why)
{
    switch (why) {
    case SEV_WHY_DATA:
        return "data";
    case SEV_WHY_FETCH:
        return "instruction fetch";
    case SEV_WHY_WALK:
        return "page walk";
    case SEV_WHY_AD:
        return "update of A and D bits";
    case SEV_WHY_HOST:
        return "memory of the hypervisor";
    case SEV_WHY_DEVICE:
        return "device";
    default:
        return "unknown";
    }
}

const char *conversions_text(const struct conversion *conversion, const char *command,
                             const char *symbol, char text[CONVERSIONS_TEXT])
{
    const char *state = conversion->decrypted ? "decrypted" : "encrypted";
    const bool data = conversion->why == SEV_WHY_DATA || conversion->why == SEV_WHY_DEVICE;
    int n = snprintf(text, CONVERSIONS_TEXT, "%.6f s: %s: ", (double)conversion->us / 1e6, state);

    if (conversion->by_command)
        snprintf(text + n, CONVERSIONS_TEXT - (size_t)n, "PSP command %s", command);
    else if (conversion->cpu == SEV_HOOKS_NO_CPU)
        snprintf(text + n, CONVERSIONS_TEXT - (size_t)n, "%s %s, CPU 0 was at RIP %#" PRIx64 "%s",
                 reason_name(conversion->why), conversion->write ? "write" : "read",
                 conversion->rip, symbol);
    else
        snprintf(text + n, CONVERSIONS_TEXT - (size_t)n,
                 "%s%s through C=%d by CPU %" PRIu32 " at RIP %#" PRIx64 "%s",
                 reason_name(conversion->why),
                 !data               ? ""
                 : conversion->write ? " write"
                                     : " read",
                 conversion->access == SEV_ACCESS_PRIVATE, conversion->cpu, conversion->rip,
                 symbol);
    return text;
}
