/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The encrypted or decrypted state of every page. See pages.h.
 */
#include "pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "mee.h"

struct pages {
    struct pages_ops ops;
    struct mee *mee;
    struct tlb_index *index;
    struct pages_stats stats;
    uint32_t n;
    uint8_t key[]; /* of each page, as pages_keys() describes it */
};

struct pages *pages_new(uint32_t n, const struct pages_ops *ops)
{
    struct pages *pages = calloc(1, sizeof(*pages) + n);

    if (!pages)
        return NULL;
    pages->ops = *ops;
    pages->n = n;
    pages->mee = mee_new();
    pages->index = tlb_index_new(&ops->tlb);
    if (!pages->mee || !pages->index) {
        pages_free(pages);
        return NULL;
    }
    return pages;
}

void pages_free(struct pages *pages)
{
    if (!pages)
        return;
    tlb_index_free(pages->index);
    mee_free(pages->mee);
    free(pages);
}

static struct page describe(const struct pages *pages, uint32_t number)
{
    return pages->ops.describe(pages->ops.ctx, number);
}

/* --- conversions --- */

/* Make `out`, the contents of `page` in the state `to`. */
static int transform(struct pages *pages, const struct page *page, unsigned to,
                     uint8_t out[SEV_PAGE_SIZE])
{
    const unsigned from = pages->key[page->number];
    int err = 0;

    memcpy(out, page->host, SEV_PAGE_SIZE);
    if (from == to)
        return 0;
    if (from != MEE_NO_KEY)
        err = mee_encrypt(pages->mee, from, page->spa, out);
    if (!err && to != MEE_NO_KEY)
        err = mee_decrypt(pages->mee, to, page->spa, out);
    if (err)
        pages->stats.failures++;
    return err;
}

/* The only place where a page changes its state. */
static void set_key(struct pages *pages, const struct page *page, unsigned key)
{
    pages->key[page->number] = (uint8_t)key;
    tlb_index_drop(pages->index, page->number);
    pages->ops.converted(pages->ops.ctx, page);
}

/* The page is changed only after both halves of a conversion (encrypt with one key, decrypt with
 * another) succeeded. */
static int convert(struct pages *pages, const struct page *page, unsigned key)
{
    uint8_t data[SEV_PAGE_SIZE];
    int err;

    if (pages->key[page->number] == key)
        return 0;
    err = transform(pages, page, key, data);
    if (!err) {
        memcpy(page->host, data, SEV_PAGE_SIZE);
        pages->stats.conversions++;
        set_key(pages, page, key);
    }
    explicit_bzero(data, sizeof(data));
    return err;
}

/* ASID 0 is raw memory contents. */
static int key_of(const struct pages *pages, uint32_t asid, unsigned *key)
{
    *key = mee_key(pages->mee, asid);
    return asid && *key == MEE_NO_KEY ? -ENOKEY : 0;
}

/* --- keys --- */

int pages_key_install(struct pages *pages, uint32_t asid, const uint8_t vek[16])
{
    return mee_key_install(pages->mee, asid, vek);
}

int pages_key_remove(struct pages *pages, uint32_t asid)
{
    const unsigned key = mee_key(pages->mee, asid);
    int err = 0;

    if (key == MEE_NO_KEY)
        return 0;
    for (uint32_t number = 0; number < pages->n; number++) {
        struct page page;

        if (pages->key[number] != key)
            continue;
        page = describe(pages, number);
        if (convert(pages, &page, MEE_NO_KEY)) {
            err = -EIO; /* plaintext of a guest must not remain */
            memset(page.host, 0, SEV_PAGE_SIZE);
            set_key(pages, &page, MEE_NO_KEY);
        }
        /* Its instructions were decoded with a key that is gone. */
        pages->ops.changed(pages->ops.ctx, &page);
    }
    mee_key_remove(pages->mee, asid);
    return err;
}

uint8_t pages_key(const struct pages *pages, uint32_t asid)
{
    return (uint8_t)mee_key(pages->mee, asid);
}

int pages_declare(struct pages *pages, uint32_t first, uint32_t n, uint32_t asid)
{
    unsigned key;
    int err = key_of(pages, asid, &key);

    if (err)
        return err;
    for (uint32_t number = first; number < pages->n && number - first < n; number++) {
        struct page page;

        if (pages->key[number] == key)
            continue;
        page = describe(pages, number);
        set_key(pages, &page, key);
        pages->ops.changed(pages->ops.ctx, &page);
    }
    return 0;
}

int pages_rekey(struct pages *pages, uint32_t from, uint32_t to)
{
    const unsigned old = mee_key(pages->mee, from), key = mee_key(pages->mee, to);

    if (old == MEE_NO_KEY || key == MEE_NO_KEY)
        return -ENOKEY;
    for (uint32_t number = 0; number < pages->n; number++)
        if (pages->key[number] == old) {
            const struct page page = describe(pages, number);

            set_key(pages, &page, key);
        }
    return 0;
}

/* --- accesses --- */

int pages_access(struct pages *pages, const struct page *page, uint8_t key, uint32_t tlb_entry)
{
    int err = convert(pages, page, key);

    if (!err)
        pages_translated(pages, page->number, tlb_entry);
    return err;
}

void pages_translated(struct pages *pages, uint32_t number, uint32_t tlb_entry)
{
    if (tlb_entry != TLB_INDEX_NONE)
        tlb_index_add(pages->index, number, tlb_entry);
}

void pages_drop(struct pages *pages, uint32_t number)
{
    const struct page page = describe(pages, number);

    tlb_index_drop(pages->index, number);
    pages->ops.converted(pages->ops.ctx, &page);
}

const uint8_t *pages_keys(const struct pages *pages)
{
    return pages->key;
}

int pages_read(struct pages *pages, uint32_t asid, uint32_t number, unsigned offset, void *buf,
               unsigned len)
{
    const struct page page = describe(pages, number);
    uint8_t copy[SEV_PAGE_SIZE];
    unsigned key;
    int err = key_of(pages, asid, &key);

    if (err)
        return err;
    if (pages->key[number] == key) {
        memcpy(buf, page.host + offset, len);
        return 0;
    }
    err = transform(pages, &page, key, copy);
    if (!err)
        memcpy(buf, copy + offset, len);
    explicit_bzero(copy, sizeof(copy));
    return err;
}

int pages_write(struct pages *pages, uint32_t asid, uint32_t number, unsigned offset,
                const void *buf, unsigned len)
{
    const struct page page = describe(pages, number);
    unsigned key;
    int err = key_of(pages, asid, &key);

    if (err)
        return err;
    if (pages->key[number] != key) {
        if (len == SEV_PAGE_SIZE) /* nothing of the old contents stays: no need to convert them */
            set_key(pages, &page, key);
        else
            err = convert(pages, &page, key);
    }
    if (err)
        return err;
    memcpy(page.host + offset, buf, len);
    pages->ops.changed(pages->ops.ctx, &page);
    return 0;
}

int pages_cipher(struct pages *pages, uint8_t key, uint64_t spa, uint8_t data[SEV_PAGE_SIZE],
                 bool encrypt)
{
    int err =
        encrypt ? mee_encrypt(pages->mee, key, spa, data) : mee_decrypt(pages->mee, key, spa, data);

    if (err)
        pages->stats.failures++;
    return err;
}

/* --- save and restore ---
 *
 * "SEVVIEW1", number of pages (4 bytes), ASID of the guest (4), the ASIDs of the key indices from 1
 * (4 each), the key index of each page (1 each); numbers are little endian. */

#define SAVE_MAGIC  "SEVVIEW1"
#define SAVE_PAGES  8u
#define SAVE_GUEST  12u
#define SAVE_ASIDS  16u
#define SAVE_STATES (SAVE_ASIDS + 4 * MEE_KEYS)

static uint8_t *save_asid(uint8_t *out, unsigned key)
{
    return out + SAVE_ASIDS + (size_t)4 * (key - 1);
}

size_t pages_save_size(const struct pages *pages)
{
    return (size_t)SAVE_STATES + pages->n;
}

void pages_save(const struct pages *pages, uint32_t guest, uint8_t *out)
{
    memcpy(out, SAVE_MAGIC, 8);
    le_put(out + SAVE_PAGES, pages->n, 4);
    le_put(out + SAVE_GUEST, guest, 4);
    for (unsigned key = 1; key <= MEE_KEYS; key++)
        le_put(save_asid(out, key), mee_asid(pages->mee, key), 4);
    memcpy(out + SAVE_STATES, pages->key, pages->n);
}

int pages_check(const struct pages *pages, const uint8_t *in, size_t len,
                bool (*has_key)(void *ctx, uint32_t asid), void *ctx)
{
    bool known[256] = {[MEE_NO_KEY] = true};

    if (len != pages_save_size(pages) || memcmp(in, SAVE_MAGIC, 8) != 0 ||
        le_get(in + SAVE_PAGES, 4) != pages->n)
        return -EINVAL;
    for (unsigned key = 1; key <= MEE_KEYS; key++) {
        uint32_t asid = (uint32_t)le_get(in + SAVE_ASIDS + (size_t)4 * (key - 1), 4);

        known[key] = asid && has_key(ctx, asid);
    }
    for (uint32_t page = 0; page < pages->n; page++)
        if (!known[in[SAVE_STATES + page]])
            return -ENOKEY;
    return 0;
}

int pages_restore(struct pages *pages, const uint8_t *in, size_t len, uint32_t *guest)
{
    uint8_t to[256] = {MEE_NO_KEY}; /* the same keys can have other indices now */
    bool known[256] = {[MEE_NO_KEY] = true};

    if (len != pages_save_size(pages) || memcmp(in, SAVE_MAGIC, 8) != 0 ||
        le_get(in + SAVE_PAGES, 4) != pages->n)
        return -EINVAL;
    for (unsigned key = 1; key <= MEE_KEYS; key++) {
        const size_t at = SAVE_ASIDS + (size_t)4 * (key - 1);

        to[key] = (uint8_t)mee_key(pages->mee, (uint32_t)le_get(in + at, 4));
        known[key] = to[key] != MEE_NO_KEY;
    }
    for (uint32_t number = 0; number < pages->n; number++)
        if (!known[in[SAVE_STATES + number]])
            return -ENOKEY;
    for (uint32_t number = 0; number < pages->n; number++) {
        const struct page page = describe(pages, number);

        set_key(pages, &page, to[in[SAVE_STATES + number]]);
    }
    *guest = (uint32_t)le_get(in + SAVE_GUEST, 4);
    return 0;
}

/* --- for observers --- */

uint32_t pages_asid(const struct pages *pages, uint32_t number)
{
    return mee_asid(pages->mee, pages->key[number]);
}

struct pages_stats pages_stats(const struct pages *pages)
{
    return pages->stats;
}
