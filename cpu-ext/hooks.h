/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one header that the patched Bochs includes: a versioned table of functions and one data
 * word. Bochs calls it where memory is translated or touched past the TLB; the plugin fills it.
 * An all-zero table is stock Bochs: `cbit_mask` strips nothing and no function is called.
 *
 * Implements the seam for AMD64 APM vol. 2, 15.34 "Secure Encrypted Virtualization"
 * (15.34.5 which accesses are private, 15.34.6 where the C-bit is removed).
 *
 * Addresses are system physical ones. In guest mode they equal guest physical addresses; a later
 * host mode (nested paging with ASID keys) would separate them.
 */
#ifndef SEV_HOOKS_H
#define SEV_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes whenever the layout or the meaning of the table does. */
#define SEV_HOOKS_VERSION 4u

/* Which reader's picture of a page an access needs. */
enum sev_access {
    SEV_ACCESS_PRIVATE, /* C=1: as the guest with its key sees it */
    SEV_ACCESS_SHARED,  /* C=0: as everybody else sees it */
};

/* Who touches memory. With the view it decides everything, and later the SNP checks. */
enum sev_why {
    SEV_WHY_DATA,   /* load or store by an instruction, or by the CPU on its behalf */
    SEV_WHY_FETCH,  /* instruction fetch */
    SEV_WHY_WALK,   /* page-table walk, A/D update, PDPTE load, SMM and VMCB state */
    SEV_WHY_DEVICE, /* DMA and every other access that no CPU makes */
    SEV_WHY_COUNT
};

/* Pages whose walks need no call: page `first` + i, for i < n, stands as the running guest sees it
 * if stands[i] is *guest. Then want() for a walk has nothing to do; it is only counted. */
struct sev_settled {
    const uint8_t *stands, *guest;
    uint64_t first, n; /* n is 0 where somebody has to see every access */
    uint64_t *walks;   /* their number so far */
};

struct sev_hooks {
    uint32_t version;   /* SEV_HOOKS_VERSION of the patched Bochs; checked by the plugin */
    uint32_t size;      /* sizeof(struct sev_hooks) there */
    uint64_t cbit_mask; /* the C-bit, removed from CR3 and every paging entry; 0 = no SEV */
    void *ctx;          /* handed to every function */

    /* Called before a translation of the page at `paddr` (4 KiB aligned) becomes valid, before the
     * CPU itself reads or writes a paging structure, and before a device access. On return memory
     * is in the wanted view and no other CPU holds a translation for the other one. `cpu` is the
     * CPU's index, or SEV_HOOKS_NO_CPU for devices and for stores by a debugger. `write` is true
     * for stores. `holder` is the TLB entry that is about to hold the translation, NULL where none
     * will: opaque, and at its place as long as Bochs runs. Pages that are no RAM are reported too.
     * May be NULL. */
    void (*access)(void *ctx, unsigned cpu, uint64_t paddr, enum sev_access view, enum sev_why why,
                   bool write, void *holder);

    struct sev_settled settled;

    /* Reads `len` bytes at `paddr` (within one page) in a given view for an observer (debugger,
     * gdbstub) and changes nothing. Returns false if the caller shall read memory as it stands.
     * May be NULL. */
    bool (*peek)(void *ctx, uint64_t paddr, enum sev_access view, void *buf, unsigned len);

    /* WBINVD was executed by CPU `cpu`: the PSP's DF_FLUSH depends on it. May be NULL. */
    void (*wbinvd)(void *ctx, unsigned cpu);

    /* --- for a sanitizer; NULL in all other machines --- */

    /* Called when a translation for data becomes valid, after want(): true if it shall have no host
     * pointer, so that touch() sees each access through it. */
    bool (*watched)(void *ctx, uint64_t paddr);

    /* Called before `len` bytes at `paddr`, all in one page, are read (`data` is NULL) or written,
     * by a CPU past the TLB's host pointers or by a device (SEV_HOOKS_NO_CPU). Right after a want()
     * with SEV_WHY_WALK it is the access of that walk. */
    void (*touch)(void *ctx, unsigned cpu, uint64_t paddr, unsigned len, const void *data);

    /* Called when an instruction was decoded from `len` bytes at `paddr`; once for each page if it
     * crosses one. Decoded instructions are kept until somebody writes there. */
    void (*decode)(void *ctx, unsigned cpu, uint64_t paddr, unsigned len);
};

#define SEV_HOOKS_NO_CPU (~0u)

/* Defined by the patched Bochs, found by the plugin when it is loaded. */
extern struct sev_hooks sev_hooks;

static inline bool sev_hooks_settled(uint64_t paddr)
{
    const uint64_t i = (paddr >> 12) - sev_hooks.settled.first;

    return i < sev_hooks.settled.n && sev_hooks.settled.stands[i] == *sev_hooks.settled.guest;
}

/* What patched Bochs calls: one test and a jump over it when nobody is there. Four of five calls
 * are the walks of a TLB fill, hence the short way for them. */
static inline void sev_hooks_access(unsigned cpu, uint64_t paddr, enum sev_access view,
                                    enum sev_why why, bool write, void *holder)
{
    if (!sev_hooks.access)
        return;
    if (why == SEV_WHY_WALK && view == SEV_ACCESS_PRIVATE && !holder && sev_hooks_settled(paddr))
        ++*sev_hooks.settled.walks;
    else
        sev_hooks.access(sev_hooks.ctx, cpu, paddr & ~(uint64_t)0xfff, view, why, write, holder);
}

static inline bool sev_hooks_watched(uint64_t paddr)
{
    return sev_hooks.watched && sev_hooks.watched(sev_hooks.ctx, paddr);
}

static inline void sev_hooks_touch(unsigned cpu, uint64_t paddr, unsigned len, const void *data)
{
    if (sev_hooks.touch)
        sev_hooks.touch(sev_hooks.ctx, cpu, paddr, len, data);
}

static inline void sev_hooks_decode(unsigned cpu, uint64_t paddr, unsigned len)
{
    if (sev_hooks.decode)
        sev_hooks.decode(sev_hooks.ctx, cpu, paddr, len);
}

/* The guest's own view for a debugger; false = read memory as it stands. */
static inline bool sev_hooks_peek(uint64_t paddr, void *buf, unsigned len)
{
    return sev_hooks.peek && sev_hooks.peek(sev_hooks.ctx, paddr, SEV_ACCESS_PRIVATE, buf, len);
}

#ifdef __cplusplus
}
#endif
#endif
