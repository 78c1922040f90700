/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Page views. See pages.h.
 */
#include "pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/crypto.h"
#include "mee.h"

struct pages {
    struct pages_ops ops;
    struct mee *mee;
    struct tlb_index *holders;
    uint32_t guest_asid;
    uint8_t guest_slot;
    struct pages_stats stats;
    uint32_t pages;
    uint8_t slot[]; /* of each page: whose key it stands decrypted under, MEE_NONE = as stored */
};

struct pages *pages_new(uint32_t pages, const struct pages_ops *ops)
{
    struct pages *view = calloc(1, sizeof(*view) + pages);

    if (!view)
        return NULL;
    view->ops = *ops;
    view->pages = pages;
    view->mee = mee_new();
    view->holders = tlb_index_new(&ops->tlb);
    if (!view->mee || !view->holders) {
        pages_free(view);
        return NULL;
    }
    return view;
}

void pages_free(struct pages *view)
{
    if (!view)
        return;
    tlb_index_free(view->holders);
    mee_free(view->mee);
    free(view);
}

/* --- transformations --- */

/* A page's bytes from the view of one slot to that of another. */
static int transform(struct pages *view, uint32_t page, uint8_t *data, unsigned from, unsigned to)
{
    uint64_t spa = view->ops.spa(view->ops.ctx, page);
    int err = 0;

    if (from == to)
        return 0;
    if (from != MEE_NONE)
        err = mee_encrypt(view->mee, from, spa, data);
    if (!err && to != MEE_NONE)
        err = mee_decrypt(view->mee, to, spa, data);
    if (err)
        view->stats.errors++;
    return err;
}

/* The one place where a page changes its view. */
static void set_slot(struct pages *view, uint32_t page, unsigned slot)
{
    view->slot[page] = (uint8_t)slot;
    tlb_index_drop(view->holders, page);
    view->ops.flipped(view->ops.ctx, page);
}

static int flip(struct pages *view, uint32_t page, unsigned slot)
{
    int err;

    if (view->slot[page] == slot)
        return 0;
    err = transform(view, page, view->ops.host(view->ops.ctx, page), view->slot[page], slot);
    if (!err) {
        view->stats.flips++;
        set_slot(view, page, slot);
    }
    return err;
}

/* ASID 0 is "as stored". */
static int slot_of(const struct pages *view, uint32_t asid, unsigned *slot)
{
    *slot = mee_slot(view->mee, asid);
    return asid && *slot == MEE_NONE ? -ENOKEY : 0;
}

/* --- keys and the running guest --- */

int pages_key_install(struct pages *view, uint32_t asid, const uint8_t vek[16])
{
    int err = mee_key_install(view->mee, asid, vek);

    if (!err && asid == view->guest_asid)
        pages_guest_set(view, asid);
    return err;
}

void pages_key_remove(struct pages *view, uint32_t asid)
{
    unsigned slot = mee_slot(view->mee, asid);
    uint32_t page;

    if (slot == MEE_NONE)
        return;
    for (page = 0; page < view->pages; page++)
        if (view->slot[page] == slot && flip(view, page, MEE_NONE))
            set_slot(view, page, MEE_NONE); /* undefined contents, but of nobody's key */
    if (view->guest_slot == slot)
        view->guest_slot = MEE_NONE;
    mee_key_remove(view->mee, asid);
}

void pages_guest_set(struct pages *view, uint32_t asid)
{
    view->guest_asid = asid;
    view->guest_slot = (uint8_t)mee_slot(view->mee, asid);
}

uint32_t pages_guest(const struct pages *view)
{
    return view->guest_asid;
}

int pages_declare(struct pages *view, uint32_t first, uint32_t n, uint32_t asid)
{
    unsigned slot;
    uint32_t page;
    int err = slot_of(view, asid, &slot);

    if (err)
        return err;
    for (page = first; page < view->pages && page - first < n; page++)
        if (view->slot[page] != slot) {
            set_slot(view, page, slot);
            view->ops.changed(view->ops.ctx, page);
        }
    return 0;
}

int pages_rekey(struct pages *view, uint32_t from, uint32_t to)
{
    unsigned old = mee_slot(view->mee, from), slot = mee_slot(view->mee, to);
    uint32_t page;

    if (old == MEE_NONE || slot == MEE_NONE)
        return -ENOKEY;
    for (page = 0; page < view->pages; page++)
        if (view->slot[page] == old)
            set_slot(view, page, slot);
    if (view->guest_asid == from)
        pages_guest_set(view, to);
    return 0;
}

/* --- the hooks --- */

static unsigned wanted_slot(const struct pages *view, enum sev_access wanted)
{
    return wanted == SEV_ACCESS_PRIVATE ? view->guest_slot : MEE_NONE;
}

void pages_access(struct pages *view, uint32_t page, enum sev_access wanted, uint32_t holder)
{
    unsigned slot = wanted_slot(view, wanted);

    /* A failure was counted; the access goes on with the page as it stands. */
    if (view->slot[page] != slot)
        (void)!flip(view, page, slot);
    if (holder != TLB_INDEX_NONE)
        tlb_index_add(view->holders, page, holder);
}

struct sev_settled pages_settled(const struct pages *view, uint32_t first, uint32_t n)
{
    return (struct sev_settled){
        .stands = view->slot + first, .guest = &view->guest_slot, .first = first, .n = n};
}

/* A copy of part of a page in the view of a slot. */
static int copy_out(struct pages *view, uint32_t page, unsigned slot, unsigned offset, void *buf,
                    unsigned len)
{
    const uint8_t *data = view->ops.host(view->ops.ctx, page);
    uint8_t copy[SEV_PAGE_SIZE];
    int err;

    if (view->slot[page] == slot) {
        memcpy(buf, data + offset, len);
        return 0;
    }
    memcpy(copy, data, sizeof(copy));
    err = transform(view, page, copy, view->slot[page], slot);
    if (!err)
        memcpy(buf, copy + offset, len);
    crypto_wipe(copy, sizeof(copy));
    return err;
}

int pages_peek(struct pages *view, uint32_t page, enum sev_access wanted, unsigned offset,
               void *buf, unsigned len)
{
    return copy_out(view, page, wanted_slot(view, wanted), offset, buf, len);
}

/* --- the secure processor's access --- */

int pages_read(struct pages *view, uint32_t asid, uint32_t page, unsigned offset, void *buf,
               unsigned len)
{
    unsigned slot;
    int err = slot_of(view, asid, &slot);

    return err ? err : copy_out(view, page, slot, offset, buf, len);
}

int pages_write(struct pages *view, uint32_t asid, uint32_t page, unsigned offset, const void *buf,
                unsigned len)
{
    unsigned slot;
    int err = slot_of(view, asid, &slot);

    if (err)
        return err;
    if (view->slot[page] != slot) {
        if (len == SEV_PAGE_SIZE) /* nothing of the old contents stays: no need to transform them */
            set_slot(view, page, slot);
        else
            err = flip(view, page, slot);
    }
    if (err)
        return err;
    memcpy(view->ops.host(view->ops.ctx, page) + offset, buf, len);
    view->ops.changed(view->ops.ctx, page);
    return 0;
}

/* --- save and restore ---
 *
 * "SEVVIEW1", pages (4 bytes), running guest's ASID (4), the ASIDs of the slots (4 each), the slots
 * of the pages (1 each); numbers little endian. */

#define SAVE_MAGIC  "SEVVIEW1"
#define SAVE_PAGES  8u
#define SAVE_GUEST  12u
#define SAVE_ASIDS  16u
#define SAVE_STATES (SAVE_ASIDS + 4 * MEE_SLOTS)

static void put32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

size_t pages_save_size(const struct pages *view)
{
    return (size_t)SAVE_STATES + view->pages;
}

void pages_save(const struct pages *view, uint8_t *out)
{
    memcpy(out, SAVE_MAGIC, 8);
    put32(out + SAVE_PAGES, view->pages);
    put32(out + SAVE_GUEST, view->guest_asid);
    for (unsigned slot = 1; slot <= MEE_SLOTS; slot++)
        put32(out + SAVE_ASIDS + 4 * (slot - 1), mee_asid(view->mee, slot));
    memcpy(out + SAVE_STATES, view->slot, view->pages);
}

int pages_restore(struct pages *view, const uint8_t *in, size_t len)
{
    uint8_t to[256] = {MEE_NONE}; /* slots may be numbered otherwise now */
    bool known[256] = {[MEE_NONE] = true};
    uint32_t page;

    if (len != pages_save_size(view) || memcmp(in, SAVE_MAGIC, 8) != 0 ||
        get32(in + SAVE_PAGES) != view->pages)
        return -EINVAL;
    for (unsigned slot = 1; slot <= MEE_SLOTS; slot++) {
        to[slot] = (uint8_t)mee_slot(view->mee, get32(in + SAVE_ASIDS + 4 * (slot - 1)));
        known[slot] = to[slot] != MEE_NONE;
    }
    for (page = 0; page < view->pages; page++)
        if (!known[in[SAVE_STATES + page]])
            return -ENOKEY;
    for (page = 0; page < view->pages; page++)
        set_slot(view, page, to[in[SAVE_STATES + page]]);
    pages_guest_set(view, get32(in + SAVE_GUEST));
    return 0;
}

/* --- what there is to see --- */

uint32_t pages_asid(const struct pages *view, uint32_t page)
{
    return mee_asid(view->mee, view->slot[page]);
}

struct pages_stats pages_stats(const struct pages *view)
{
    return view->stats;
}
