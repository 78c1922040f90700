/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The RMP in the file of a saved machine, little-endian:
 *
 *   u32 number of ranges, then for each range: u64 base, u64 pages
 *   runs until all pages of all ranges are there, in order: u64 pages, u64 word, u32 asid, u8 perms[4]
 *
 * A run is a number of pages whose entries are equal, except that the guest address goes on with
 * each page. `word`, as in rmp_table.h, is that of the first page. No run reaches into the next
 * range. In a run of entries of 2 MiB the number of pages is a multiple of 512.
 */
#include "rmp.h"

#include <string.h>

#include "le.h"
#include "rmp_table.h"

#define RANGE_SIZE 16u
#define RUN_SIZE   24u

struct run {
    uint64_t pages;
    struct rmp_slot first;
};

/* Return the entry `pages` after `first` in a run that begins with `first`. */
static struct rmp_slot later(const struct rmp_slot *first, uint64_t pages)
{
    struct rmp_slot slot = *first;

    if (slot.word & RMP_W_ASSIGNED)
        slot.word += pages * RMP_PAGE_SIZE;
    return slot;
}

uint64_t rmp_run_length(const struct rmp_part *part, uint64_t page)
{
    const struct rmp_slot *first = &part->slots[page];
    const uint64_t step = rmp_slot_pages(first);
    uint64_t pages = 0;
    struct rmp_slot next;

    do {
        pages += step;
        next = later(first, pages);
    } while (page + pages < part->pages &&
             memcmp(&part->slots[page + pages], &next, sizeof(next)) == 0);
    return pages;
}

static struct run run_at(const struct rmp_part *part, uint64_t page)
{
    return (struct run){rmp_run_length(part, page), part->slots[page]};
}

static size_t header_size(const struct rmp *rmp)
{
    return 4 + rmp->n * RANGE_SIZE;
}

size_t rmp_save_size(const struct rmp *rmp)
{
    size_t len = header_size(rmp);

    for (unsigned i = 0; i < rmp->n; i++)
        for (uint64_t page = 0; page < rmp->parts[i].pages; len += RUN_SIZE)
            page += run_at(&rmp->parts[i], page).pages;
    return len;
}

static void put_header(const struct rmp *rmp, uint8_t *out)
{
    le_put(out, rmp->n, 4);
    for (unsigned i = 0; i < rmp->n; i++) {
        le_put(out + 4 + i * RANGE_SIZE, rmp->parts[i].base, 8);
        le_put(out + 4 + i * RANGE_SIZE + 8, rmp->parts[i].pages, 8);
    }
}

size_t rmp_save(const struct rmp *rmp, uint8_t *out, size_t cap)
{
    size_t len = header_size(rmp);

    if (cap < len)
        return 0;
    put_header(rmp, out);
    for (unsigned i = 0; i < rmp->n; i++)
        for (uint64_t page = 0; page < rmp->parts[i].pages; len += RUN_SIZE) {
            const struct run run = run_at(&rmp->parts[i], page);

            if (cap - len < RUN_SIZE)
                return 0;
            le_put(out + len, run.pages, 8);
            le_put(out + len + 8, run.first.word, 8);
            le_put(out + len + 16, run.first.asid, 4);
            memcpy(out + len + 20, run.first.perms, RMP_VMPLS);
            page += run.pages;
        }
    return len;
}

static struct run get_run(const uint8_t *in)
{
    struct run run = {le_get(in, 8), {le_get(in + 8, 8), (uint32_t)le_get(in + 16, 4), {0}}};

    memcpy(run.first.perms, in + 20, RMP_VMPLS);
    return run;
}

/* Check a run that begins at `page`. */
static const char *check_run(const struct rmp_part *part, uint64_t page, const struct run *run)
{
    const uint64_t step = rmp_slot_pages(&run->first);
    const uint64_t gpa_pages = (RMP_W_GPA - (run->first.word & RMP_W_GPA)) / RMP_PAGE_SIZE + 1;

    if (run->pages == 0 || run->pages > part->pages - page)
        return "a run of RMP entries does not fit into its range";
    if (!rmp_slot_valid(&run->first))
        return "an RMP entry is no valid one";
    if (run->pages % step || (part->base / RMP_PAGE_SIZE + page) % step)
        return "an RMP entry of 2 MiB is not aligned";
    if (run->first.word & RMP_W_ASSIGNED && run->pages > gpa_pages)
        return "the guest address of an RMP entry is too high";
    return NULL;
}

const char *rmp_check_saved(const struct rmp *rmp, const uint8_t *in, size_t len)
{
    size_t pos = header_size(rmp);

    if (len < 4 || le_get(in, 4) != rmp->n || len < pos)
        return "the RMP has another number of ranges";
    for (unsigned i = 0; i < rmp->n; i++)
        if (le_get(in + 4 + i * RANGE_SIZE, 8) != rmp->parts[i].base ||
            le_get(in + 4 + i * RANGE_SIZE + 8, 8) != rmp->parts[i].pages)
            return "the RMP covers other memory";
    for (unsigned i = 0; i < rmp->n; i++)
        for (uint64_t page = 0; page < rmp->parts[i].pages; pos += RUN_SIZE) {
            struct run run;
            const char *wrong;

            if (len - pos < RUN_SIZE)
                return "the RMP is cut off";
            run = get_run(in + pos);
            wrong = check_run(&rmp->parts[i], page, &run);
            if (wrong)
                return wrong;
            page += run.pages;
        }
    return pos == len ? NULL : "bytes follow the RMP";
}

void rmp_restore(struct rmp *rmp, const uint8_t *in, size_t len)
{
    size_t pos = header_size(rmp);

    (void)len;
    for (unsigned i = 0; i < rmp->n; i++) {
        memset(rmp->parts[i].slots, 0, rmp->parts[i].pages * sizeof(*rmp->parts[i].slots));
        for (uint64_t page = 0; page < rmp->parts[i].pages; pos += RUN_SIZE) {
            const struct run run = get_run(in + pos);

            for (uint64_t n = 0; n < run.pages; n += rmp_slot_pages(&run.first))
                rmp->parts[i].slots[page + n] = later(&run.first, n);
            page += run.pages;
        }
    }
    rmp_all_changed(rmp); /* an observer sees the new entries */
}
