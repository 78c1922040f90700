/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What sev_memory.cc and sev_memory_save.cc share. It needs the headers of Bochs before it.
 */
#ifndef BX_SEV_MEMORY_PRIV_H
#define BX_SEV_MEMORY_PRIV_H

#include "sev_memory.h"

#include <vector>

#include "memory_map.h"
#include "pages.h"

static const uint32_t temporary_asid = UINT32_MAX; /* the PSP never uses it */

/* The last 128 KiB of the firmware's ROM also appear here. */
static const uint64_t low_firmware = 0xe0000;
/* Bochs's ROM array: what it stores for the addresses below 4 GiB, then the option ROMs. */
static const uint64_t bios_base = (UINT64_C(1) << 32) - BIOSROMSZ;
static const uint32_t bios_pages = BIOSROMSZ / SEV_PAGE_SIZE,
                      rom_pages = bios_pages + EXROMSIZE / SEV_PAGE_SIZE;

enum rom_state {
    ROM_EMPTY,    /* an empty socket: never encrypted */
    ROM_IMAGE,    /* raw memory holds the image, so the guest sees it decrypted: as garbage */
    ROM_LAUNCHED, /* private data of the guest, at least in part */
};

struct sev_memory {
    const struct sev_machine *machine;
    const struct memmap *map;
    struct pages *pages;
    bool host;     /* of SEV guests: what a CPU runs is in its context in the hook table */
    uint32_t asid; /* the guest that all CPUs run; 0 = none, as in a host */
    uint8_t key;   /* the index of its key */
    uint32_t ram_pages;
    Bit8u *rom;                     /* Bochs's array: BIOS, then the option ROMs */
    std::vector<uint8_t> rom_state; /* enum rom_state of its pages */
    /* With SEV-SNP the page-walk fast path needs more than the state of the page: 1 for each page of
     * RAM whose walks are allowed. Empty without SEV-SNP. */
    std::vector<uint8_t> walks;
    uint8_t temporary_key[16];
    bool for_code; /* a conversion, or a drop, is for a page walk or a fetch */
    bool warned;   /* of an unmeasured ROM; in a host, of a guest without a key */
};

/* Make all pages hold raw memory contents, without keys. */
void bx_sev_memory_new_pages(struct sev_memory *mem);
/* Make every CPU run the guest of an ASID. In a host: look again for the keys of the guests that run. */
void bx_sev_memory_set_guest(struct sev_memory *mem, uint32_t asid);

#endif
