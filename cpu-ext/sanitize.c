/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The C-bit sanitizer. See sanitize.h.
 */
#include "sanitize.h"

#include <stdlib.h>
#include <string.h>

#include "sanitize_snp.h"
#include "walk.h"

#define PAGE_SIZE  4096u
#define BLOCKS     (PAGE_SIZE / SAN_BLOCK_SIZE)
#define MIXED_MAX  4096u /* mixed pages at a time, 6 KiB each */
#define TABLE_LIFE 1024u /* accesses without a walk after which a page table counts as data */

/* With which C-bit a page was used. */
enum state { UNTOUCHED, ALL_PRIVATE, ALL_SHARED, MIXED };

struct page {
    struct san_who writer; /* of the whole page, unless it is mixed */
    uint64_t linear;       /* at which a CPU last translated it for writing through C=1 */
    uint32_t mixed;        /* index in the pool */
    uint16_t table;        /* > 0: a page table; watched for this number of further accesses */
    uint8_t state;         /* enum state */
    uint8_t how : 1;       /* enum sev_access of all translations now */
    uint8_t stale : 1;     /* an entry that maps it has another C-bit than its translations */
    uint8_t in_use : 1;    /* as a page table: found below CR3 */
};

struct mixed {
    uint32_t page;
    uint32_t n_shared;
    bool used;
    uint8_t shared[BLOCKS]; /* each block: last written through C=0 */
    struct san_who writer[BLOCKS];
};

/* An access that is being made. */
struct access {
    uint64_t paddr;
    unsigned len;
    enum sev_access how;
    bool write;
    struct san_who who;
};

struct san {
    struct san_ops ops;
    struct san_snp *snp; /* NULL until the guest validates a page */
    uint64_t cbit_mask, ram_end;
    uint64_t stale_entry; /* the latest entry whose C-bit changed */
    struct san_stats stats;
    uint32_t next_victim;
    struct mixed *pool[MIXED_MAX]; /* allocated when first needed */
    struct page pages[];
};

struct san *san_new(uint64_t ram_end, uint64_t cbit_mask, const struct san_ops *ops)
{
    struct san *san = calloc(1, sizeof(*san) + ram_end / PAGE_SIZE * sizeof(struct page));

    if (san) {
        san->ops = *ops;
        san->cbit_mask = cbit_mask;
        san->ram_end = ram_end;
    }
    return san;
}

void san_free(struct san *san)
{
    if (!san)
        return;
    for (unsigned i = 0; i < MIXED_MAX; i++)
        free(san->pool[i]);
    san_snp_free(san->snp);
    free(san);
}

static struct page *page_of(struct san *san, uint64_t paddr)
{
    return paddr < san->ram_end ? &san->pages[paddr / PAGE_SIZE] : NULL;
}

static bool watched(const struct page *page)
{
    return page->state == MIXED || page->table || page->stale;
}

static enum state state_of(enum sev_access how)
{
    return how == SEV_ACCESS_SHARED ? ALL_SHARED : ALL_PRIVATE;
}

static struct san_who who_now(struct san *san, unsigned cpu, bool exact)
{
    struct san_who who = {.cpu = cpu, .exact = exact};

    san->ops.who(san->ops.ctx, cpu, &who);
    if (cpu == SEV_HOOKS_NO_CPU)
        who.by = SAN_BY_DEVICE;
    return who;
}

/* --- mixed pages --- */

static void unmix(struct san *san, struct page *page, enum state state)
{
    san->pool[page->mixed]->used = false;
    san->stats.mixed--;
    page->state = (uint8_t)state;
}

/* Find a free entry of the pool. If there is none, drop the next page in turn. */
static struct mixed *take_entry(struct san *san, uint32_t *index)
{
    uint32_t at = san->next_victim;

    for (uint32_t i = 0; i < MIXED_MAX && san->pool[at] && san->pool[at]->used; i++)
        at = (at + 1) % MIXED_MAX;
    san->next_victim = (at + 1) % MIXED_MAX;
    if (!san->pool[at])
        san->pool[at] = malloc(sizeof(*san->pool[at]));
    else if (san->pool[at]->used) {
        unmix(san, &san->pages[san->pool[at]->page], UNTOUCHED);
        san->stats.forgotten++;
    }
    *index = at;
    return san->pool[at];
}

/* Make a page mixed: every block gets the page's C-bit and writer. The page was converted just now,
 * so it has no translations. */
static void mix(struct san *san, struct page *page)
{
    bool shared = page->state == ALL_SHARED;
    struct mixed *mixed = take_entry(san, &page->mixed);

    if (!mixed) {
        page->state = UNTOUCHED;
        san->stats.forgotten++;
        return;
    }
    mixed->page = (uint32_t)(page - san->pages);
    mixed->used = true;
    mixed->n_shared = shared ? BLOCKS : 0;
    memset(mixed->shared, shared, sizeof(mixed->shared));
    for (unsigned i = 0; i < BLOCKS; i++)
        mixed->writer[i] = page->writer;
    page->state = MIXED;
    san->stats.mixed++;
    san->stats.mixed_ever++;
}

static void blocks_written(struct san *san, struct page *page, const struct access *access)
{
    struct mixed *mixed = san->pool[page->mixed];
    unsigned offset = access->paddr % PAGE_SIZE;
    unsigned last = (offset + access->len - 1) / SAN_BLOCK_SIZE;
    bool shared = access->how == SEV_ACCESS_SHARED;

    for (unsigned i = offset / SAN_BLOCK_SIZE; i <= last && i < BLOCKS; i++) {
        mixed->n_shared += (unsigned)shared - mixed->shared[i];
        mixed->shared[i] = shared;
        mixed->writer[i] = access->who;
    }
    if (mixed->n_shared == (shared ? BLOCKS : 0)) {
        page->writer = access->who;
        page->writer.exact = false;
        unmix(san, page, state_of(access->how));
    }
}

/* Return the first block of the access that was last written with the other C-bit, or -1. */
static int other_block(const struct mixed *mixed, uint64_t paddr, unsigned len, enum sev_access how)
{
    unsigned first = paddr % PAGE_SIZE / SAN_BLOCK_SIZE;
    unsigned last = (unsigned)(paddr % PAGE_SIZE + len - 1) / SAN_BLOCK_SIZE;

    for (unsigned i = first; i <= last && i < BLOCKS; i++)
        if (mixed->shared[i] != (how == SEV_ACCESS_SHARED))
            return (int)i;
    return -1;
}

/* --- findings --- */

static void report(struct san *san, enum san_kind kind, const struct page *page,
                   const struct access *access)
{
    uint64_t paddr = access->paddr;
    struct san_report r = {.kind = kind,
                           .how = access->how,
                           .write = access->write,
                           .paddr = paddr,
                           .len = access->len,
                           .who = access->who,
                           .writer = page->writer};
    int block;

    if (page->state == MIXED) {
        block = other_block(san->pool[page->mixed], paddr, r.len, r.how);
        if (block < 0)
            block = (int)(paddr % PAGE_SIZE / SAN_BLOCK_SIZE);
        r.writer = san->pool[page->mixed]->writer[block];
        if (paddr % PAGE_SIZE < (unsigned)block * SAN_BLOCK_SIZE)
            r.paddr = paddr / PAGE_SIZE * PAGE_SIZE + (unsigned)block * SAN_BLOCK_SIZE;
    }
    if (kind == SAN_STALE_TRANSLATION)
        r.entry = san->stale_entry;
    if (kind == SAN_SHARED_READ && (r.writer.by == SAN_BY_FIRMWARE || r.writer.by == SAN_BY_PSP))
        r.kind = SAN_FIRMWARE_READ;
    san->ops.report(san->ops.ctx, &r);
}

/* --- page tables --- */

/* Return the bytes that the entry at `paddr` maps. If its table is not below CR3 (it belongs to
 * another process), assume the most common large page, 2 MiB. */
static uint64_t mapped_by(struct san *san, unsigned cpu, uint64_t paddr, uint64_t entry)
{
    unsigned level = 1;

    if (walk_entry_large(entry))
        level = san->ops.table_level(san->ops.ctx, cpu, paddr);
    return walk_entry_size(level == 1 || level == 3 ? level : 2);
}

/* The entry at `paddr` is about to change. If only the C-bit of a leaf changes, CPUs can still hold
 * translations that were made from the old value until the guest flushes them. From now on, watch
 * each access through one of them. */
static void entry_changed(struct san *san, unsigned cpu, uint64_t paddr, uint64_t before,
                          uint64_t after)
{
    enum sev_access access = after & san->cbit_mask ? SEV_ACCESS_PRIVATE : SEV_ACCESS_SHARED;
    uint64_t first, len;

    if (!walk_cbit_changed(san->cbit_mask, before, after))
        return;
    len = mapped_by(san, cpu, paddr, after);
    first = walk_entry_target(san->cbit_mask, after, len);
    if (first >= san->ram_end || !san->ops.watch(san->ops.ctx, first, len / PAGE_SIZE))
        return;
    san->stale_entry = paddr;
    for (uint64_t at = first; at < first + len && at < san->ram_end; at += PAGE_SIZE) {
        struct page *page = &san->pages[at / PAGE_SIZE];

        /* A page table here means that the entry is not a leaf. */
        if (!page->table && page->how != access)
            page->stale = true;
    }
}

static void table_store(struct san *san, struct page *page, const struct access *access,
                        const uint8_t *data)
{
    uint64_t paddr = access->paddr, end = paddr + access->len;

    if (access->how == SEV_ACCESS_SHARED) {
        /* The guest may not use it as a page table any more. */
        if (!page->in_use)
            page->in_use = san->ops.table_level(san->ops.ctx, access->who.cpu, paddr) > 0;
        if (page->in_use)
            report(san, SAN_TABLE_STORE, page, access);
        else
            page->table = 0;
        return;
    }
    for (uint64_t at = paddr - paddr % WALK_ENTRY_SIZE; at < end; at += WALK_ENTRY_SIZE) {
        uint64_t before, after;

        if (!san->ops.peek(san->ops.ctx, at, &before))
            continue;
        after = before;
        for (unsigned i = 0; i < WALK_ENTRY_SIZE; i++)
            if (at + i >= paddr && at + i < end) {
                after &= ~(UINT64_C(0xff) << 8 * i);
                after |= (uint64_t)data[at + i - paddr] << 8 * i;
            }
        entry_changed(san, access->who.cpu, at, before, after);
    }
}

static void walked(struct san *san, struct page *page, uint64_t paddr)
{
    if (!page->table)
        (void)san->ops.watch(san->ops.ctx, paddr & ~(uint64_t)(PAGE_SIZE - 1), 1);
    page->table = TABLE_LIFE;
}

/* --- accesses --- */

void san_access(struct san *san, unsigned cpu, uint64_t paddr, enum sev_access how,
                enum sev_why why, bool write)
{
    struct page *page = page_of(san, paddr);

    const bool walk = sev_why_is_internal(why);

    if (!page)
        return;
    page->how = how;
    if (walk)
        walked(san, page, paddr);
    if (why == SEV_WHY_DATA)
        page->stale = false;
    if (page->state == MIXED || (why == SEV_WHY_DATA && cpu == SEV_HOOKS_NO_CPU))
        return;
    if (page->state != UNTOUCHED && page->state != state_of(how)) {
        mix(san, page);
    } else if (write && !walk) {
        page->state = (uint8_t)state_of(how);
        page->writer = who_now(san, cpu, false);
    }
    if (write && why == SEV_WHY_DATA && how == SEV_ACCESS_PRIVATE)
        page->linear = san->ops.linear(san->ops.ctx, cpu) & ~(uint64_t)(PAGE_SIZE - 1);
}

static enum san_kind read_kind(enum sev_why why, enum sev_access how)
{
    if (why == SEV_WHY_WALK)
        return SAN_WALK;
    if (why == SEV_WHY_DEVICE)
        return SAN_DEVICE_READ;
    return how == SEV_ACCESS_SHARED ? SAN_SHARED_READ : SAN_PRIVATE_READ;
}

/* A device may write to a page with private data if the guest has made the page shared and not
 * written to it yet. So check the page tables, at the address through which the data was written. */
static bool device_intrudes(struct san *san, const struct page *page, uint64_t paddr, unsigned len)
{
    const struct mixed *mixed = san->pool[page->mixed];
    int block = other_block(mixed, paddr, len, SEV_ACCESS_SHARED);

    return block >= 0 &&
           (mixed->writer[block].by == SAN_BY_CPU || mixed->writer[block].by == SAN_BY_FIRMWARE) &&
           san->ops.private_now(san->ops.ctx, mixed->writer[block].cpu, page->linear, paddr);
}

static void touch_mixed(struct san *san, struct page *page, const struct access *access,
                        enum sev_why why)
{
    if (access->write) {
        if (why == SEV_WHY_DEVICE && device_intrudes(san, page, access->paddr, access->len))
            report(san, SAN_DEVICE_WRITE, page, access);
        blocks_written(san, page, access);
    } else if (other_block(san->pool[page->mixed], access->paddr, access->len, access->how) >= 0) {
        report(san, read_kind(why, access->how), page, access);
    }
}

/* Check whether the CPU uses a translation that differs from its page tables. */
static bool is_stale(struct san *san, unsigned cpu, const struct access *access)
{
    uint64_t linear = san->ops.linear(san->ops.ctx, cpu);

    return san->ops.private_now(san->ops.ctx, cpu, linear, access->paddr) !=
           (access->how == SEV_ACCESS_PRIVATE);
}

void san_touch(struct san *san, unsigned cpu, uint64_t paddr, unsigned len, enum sev_why why,
               const void *data)
{
    struct page *page = page_of(san, paddr);
    struct access access = {.paddr = paddr, .len = len, .write = data != NULL};

    if (!page || !len || (page->state != MIXED && (why != SEV_WHY_DATA || !watched(page))))
        return;
    san->stats.touches++;
    access.how = (enum sev_access)page->how;
    access.who = who_now(san, cpu, true);
    if (why == SEV_WHY_DATA && page->stale && is_stale(san, cpu, &access))
        report(san, SAN_STALE_TRANSLATION, page, &access);
    if (why == SEV_WHY_DATA && page->table) {
        page->in_use &= --page->table > 0;
        if (data)
            table_store(san, page, &access, data);
    }
    if (page->state == MIXED)
        touch_mixed(san, page, &access, why);
}

void san_decode(struct san *san, unsigned cpu, uint64_t paddr, unsigned len)
{
    struct page *page = page_of(san, paddr);
    struct access access = {.paddr = paddr, .len = len, .how = SEV_ACCESS_PRIVATE};

    if (!page || page->state != MIXED || !len ||
        other_block(san->pool[page->mixed], paddr, len, SEV_ACCESS_PRIVATE) < 0)
        return;
    access.who = who_now(san, cpu, true);
    report(san, SAN_FETCH, page, &access);
}

bool san_watched(const struct san *san, uint64_t paddr)
{
    return paddr < san->ram_end && watched(&san->pages[paddr / PAGE_SIZE]);
}

/* Unlike a device's read, a read of the secure processor converts no page and drops no translation. */
void san_psp(struct san *san, uint64_t paddr, unsigned len, enum sev_access how, bool write,
             enum san_by by)
{
    struct page *page = page_of(san, paddr);
    struct access access = {.paddr = paddr, .len = len, .how = how, .write = write};

    if (!page || !len)
        return;
    access.who = who_now(san, SEV_HOOKS_NO_CPU, true);
    access.who.by = by;
    if (write)
        page->how = how;
    if (write && (len >= PAGE_SIZE || page->state == UNTOUCHED)) {
        if (page->state == MIXED)
            unmix(san, page, UNTOUCHED);
        page->state = (uint8_t)state_of(how);
        page->writer = access.who;
        page->writer.exact = false;
        return;
    }
    if (page->state != MIXED && page->state != UNTOUCHED && page->state != state_of(how)) {
        mix(san, page);
        (void)san->ops.watch(san->ops.ctx, paddr & ~(uint64_t)(PAGE_SIZE - 1), 1);
    }
    if (page->state != MIXED)
        return;
    if (write)
        blocks_written(san, page, &access);
    else if (how == SEV_ACCESS_SHARED && other_block(san->pool[page->mixed], paddr, len, how) >= 0)
        report(san, SAN_DEVICE_READ, page, &access);
}

void san_host_memory(struct san *san, unsigned cpu, uint64_t paddr, unsigned len, bool write)
{
    struct san_report r = {.kind = SAN_HOST_MEMORY,
                           .how = SEV_ACCESS_PRIVATE,
                           .write = write,
                           .paddr = paddr,
                           .len = len,
                           .who = who_now(san, cpu, true),
                           .writer = {.by = SAN_BY_DEVICE}};

    san->ops.report(san->ops.ctx, &r);
}

void san_ghcb_field(struct san *san, unsigned cpu, const struct san_ghcb_field *field)
{
    struct san_report r = {.kind = SAN_GHCB_FIELD,
                           .how = SEV_ACCESS_SHARED,
                           .paddr = field->gpa + field->offset,
                           .len = field->size,
                           .who = who_now(san, cpu, true),
                           .ghcb = *field};

    san->ops.report(san->ops.ctx, &r);
}

/* --- SEV-SNP --- */

/* The record of the guest's validations, NULL for other memory or without memory. */
static struct san_snp *snp_of(struct san *san, uint64_t paddr)
{
    if (paddr >= san->ram_end)
        return NULL;
    if (!san->snp)
        san->snp = san_snp_new(san->ram_end, &san->ops);
    return san->snp;
}

void san_snp_pvalidate(struct san *san, unsigned cpu, uint64_t paddr, uint64_t n, bool validate,
                       bool unchanged)
{
    struct san_snp *snp = snp_of(san, paddr);

    if (snp)
        san_snp_record(snp, who_now(san, cpu, true), paddr, n, validate, unchanged);
}

void san_snp_taken(struct san *san, unsigned cpu, uint64_t paddr, uint64_t n)
{
    struct san_snp *snp = snp_of(san, paddr);
    struct san_who who = who_now(san, cpu, true);

    if (cpu == SEV_HOOKS_NO_CPU)
        who.by = SAN_BY_HYPERVISOR;
    if (snp)
        san_snp_lose(snp, who, paddr, n);
}

void san_snp_not_validated(struct san *san, unsigned cpu, uint64_t paddr, bool write)
{
    struct san_snp *snp = snp_of(san, paddr);

    if (snp)
        san_snp_access(snp, who_now(san, cpu, true), paddr, SAN_NOT_VALIDATED, write);
}

void san_snp_ghcb(struct san *san, unsigned cpu, uint64_t paddr)
{
    struct san_snp *snp = snp_of(san, paddr);

    if (snp)
        san_snp_access(snp, who_now(san, cpu, true), paddr, SAN_GHCB_PRIVATE, false);
}

struct san_stats san_stats(const struct san *san)
{
    return san->stats;
}

/* --- names --- */

static const struct {
    const char *name, *meaning;
} kinds[SAN_KINDS] = {
    [SAN_SHARED_READ] = {"shared-read-of-private",
                         "reads ciphertext: the data was written through a mapping with the C-bit"},
    [SAN_PRIVATE_READ] =
        {"private-read-of-shared",
         "reads garbage: the data was written through a mapping without the C-bit"},
    [SAN_FIRMWARE_READ] = {"firmware-read-shared",
                           "reads ciphertext: data of firmware and of the launch is private"},
    [SAN_DEVICE_READ] = {"device-read-of-private",
                         "a device sees ciphertext: its buffer must be shared memory"},
    [SAN_DEVICE_WRITE] = {"device-write-to-private",
                          "the guest will read garbage: the buffer must be shared memory"},
    [SAN_FETCH] =
        {"fetch-of-shared",
         "executes garbage: instruction fetches are private, the code was written through C=0"},
    [SAN_WALK] = {"walk-of-shared",
                  "translates garbage: page walks are private, the entry was written through C=0"},
    [SAN_TABLE_STORE] = {"table-written-shared",
                         "the CPU will walk garbage: page walks are private"},
    [SAN_STALE_TRANSLATION] = {"stale-translation",
                               "the entry's C-bit was changed, the TLB was not flushed"},
    [SAN_HOST_MEMORY] = {"private-access-to-device",
                         "reads or writes garbage: flash and frame buffers are memory of the host"},
    [SAN_GHCB_FIELD] =
        {"ghcb-field-not-valid",
         "the hypervisor refuses the exit: it needs the field, whose bit in the valid "
         "bitmap is clear"},
    [SAN_NOT_VALIDATED] = {"use-before-validation",
                           "#VC 404h: the guest must execute PVALIDATE before it uses a page"},
    [SAN_VALIDATED_TWICE] =
        {"validated-twice",
         "a hypervisor that replaces the page goes unnoticed: each page must be validated once"},
    [SAN_PAGE_LOST] =
        {"page-lost", "the contents are lost: the guest must end the validation first (PVALIDATE), "
                      "then ask for the change of state"},
    [SAN_GHCB_PRIVATE] = {"ghcb-private",
                          "the hypervisor cannot write to it: a GHCB must be a shared page"},
};

bool san_kind_snp(enum san_kind kind)
{
    return kind >= SAN_NOT_VALIDATED && kind < SAN_KINDS;
}

const char *san_kind_name(enum san_kind kind)
{
    return kinds[kind].name;
}

const char *san_kind_meaning(enum san_kind kind)
{
    return kinds[kind].meaning;
}

const char *san_by_name(enum san_by by)
{
    static const char *const names[] = {"nobody", "cpu", "firmware", "device", "psp", "hypervisor"};

    return names[by];
}
