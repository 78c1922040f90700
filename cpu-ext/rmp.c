/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The reverse map table. See rmp.h.
 */
#include "rmp.h"

#include <stdlib.h>
#include <string.h>

#include "rmp_table.h"

/* --- the table --- */

/* Where the entry of a page is. */
struct place {
    const struct rmp_part *part; /* NULL: not covered */
    uint64_t page;               /* within the part */
    struct rmp_slot *entry;      /* of the page, or the head of its 2 MiB */
    uint64_t offset;             /* bytes from the first page of the entry */
};

/* Return the first of the 512 pages of 2 MiB that `page` is in, or UINT64_MAX if the part does not
 * have all of them. */
static uint64_t head_of(const struct rmp_part *part, uint64_t page)
{
    const uint64_t into = (part->base / RMP_PAGE_SIZE + page) % RMP_LARGE_PAGES;

    if (page < into || page - into + RMP_LARGE_PAGES > part->pages)
        return UINT64_MAX;
    return page - into;
}

const struct rmp_part *rmp_part_of(const struct rmp *rmp, uint64_t spa)
{
    for (unsigned i = 0; i < rmp->n; i++)
        if (spa >= rmp->parts[i].base &&
            (spa - rmp->parts[i].base) / RMP_PAGE_SIZE < rmp->parts[i].pages)
            return &rmp->parts[i];
    return NULL;
}

static struct place find(const struct rmp *rmp, uint64_t spa)
{
    const struct rmp_part *part = rmp_part_of(rmp, spa);
    struct place at = {NULL, 0, NULL, 0};
    uint64_t head;

    if (!part)
        return at;
    at.part = part;
    at.page = (spa - part->base) / RMP_PAGE_SIZE;
    at.entry = &part->slots[at.page];
    head = head_of(part, at.page);
    if (head != UINT64_MAX && part->slots[head].word & RMP_W_SIZE_2M) {
        at.entry = &part->slots[head];
        at.offset = (at.page - head) * RMP_PAGE_SIZE;
    }
    return at;
}

/* Report that the entry at `at` was changed. */
static void changed(const struct rmp *rmp, const struct place *at, uint64_t n)
{
    const uint64_t page = n == 1 ? at->page : head_of(at->part, at->page);

    if (rmp->ops.changed)
        rmp->ops.changed(rmp->ops.ctx, at->part->base + page * RMP_PAGE_SIZE, n);
}

static bool bad_range(const struct rmp_range *range)
{
    return range->size == 0 || range->base % RMP_PAGE_SIZE || range->size % RMP_PAGE_SIZE ||
           range->base + range->size < range->base;
}

struct rmp *rmp_new(const struct rmp_range *ranges, unsigned n, const struct rmp_ops *ops)
{
    struct rmp *rmp = calloc(1, sizeof(*rmp) + n * sizeof(rmp->parts[0]));

    if (!rmp)
        return NULL;
    rmp->ops = *ops;
    for (unsigned i = 0; i < n; i++) {
        struct rmp_part *part = &rmp->parts[i];

        part->base = ranges[i].base;
        part->pages = ranges[i].size / RMP_PAGE_SIZE;
        part->slots = bad_range(&ranges[i]) ? NULL : calloc(part->pages, sizeof(*part->slots));
        rmp->n = i + 1;
        if (!part->slots) {
            rmp_free(rmp);
            return NULL;
        }
    }
    return rmp;
}

void rmp_free(struct rmp *rmp)
{
    if (!rmp)
        return;
    for (unsigned i = 0; i < rmp->n; i++)
        free(rmp->parts[i].slots);
    free(rmp);
}

void rmp_all_changed(const struct rmp *rmp)
{
    for (unsigned i = 0; rmp->ops.changed && i < rmp->n; i++)
        rmp->ops.changed(rmp->ops.ctx, rmp->parts[i].base, rmp->parts[i].pages);
}

void rmp_clear(struct rmp *rmp)
{
    for (unsigned i = 0; i < rmp->n; i++)
        memset(rmp->parts[i].slots, 0, rmp->parts[i].pages * sizeof(*rmp->parts[i].slots));
    rmp_all_changed(rmp);
}

bool rmp_covered(const struct rmp *rmp, uint64_t spa)
{
    return find(rmp, spa).part != NULL;
}

struct rmp_entry rmp_get(const struct rmp *rmp, uint64_t spa)
{
    const struct place at = find(rmp, spa);
    struct rmp_entry entry = {0};

    if (!at.part)
        return entry;
    entry.immutable = at.entry->word & RMP_W_IMMUTABLE;
    if (!(at.entry->word & RMP_W_ASSIGNED))
        return entry;
    entry.gpa = (at.entry->word & RMP_W_GPA) + at.offset;
    entry.asid = at.entry->asid;
    entry.assigned = true;
    entry.size_2m = at.entry->word & RMP_W_SIZE_2M;
    entry.validated = at.entry->word & RMP_W_VALIDATED;
    entry.vmsa = at.entry->word & RMP_W_VMSA;
    entry.in_use = at.entry->word & RMP_W_IN_USE;
    memcpy(entry.perms, at.entry->perms, sizeof(entry.perms));
    return entry;
}

bool rmp_slot_valid(const struct rmp_slot *slot)
{
    static const struct rmp_slot none;
    const uint64_t size = slot->word & RMP_W_SIZE_2M ? RMP_LARGE_SIZE : RMP_PAGE_SIZE;

    for (unsigned i = 0; i < RMP_VMPLS; i++)
        if (slot->perms[i] & ~RMP_ALL)
            return false;
    if (slot->word & ~(RMP_W_GPA | RMP_W_FLAGS) || (slot->word & RMP_W_GPA) % size)
        return false;
    if (slot->word == RMP_W_IMMUTABLE) /* the hypervisor's for ever */
        return slot->asid == 0 && memcmp(slot->perms, none.perms, sizeof(none.perms)) == 0;
    return slot->word & RMP_W_ASSIGNED || memcmp(slot, &none, sizeof(none)) == 0;
}

/* Encode an entry. Return false if it is no valid one. */
static bool encode(const struct rmp_entry *entry, struct rmp_slot *slot)
{
    memset(slot, 0, sizeof(*slot));
    if (!entry->assigned) {
        slot->word = entry->immutable ? RMP_W_IMMUTABLE : 0;
        return true;
    }
    if (entry->gpa & ~RMP_W_GPA)
        return false;
    slot->word = entry->gpa | RMP_W_ASSIGNED;
    slot->word |= entry->size_2m ? RMP_W_SIZE_2M : 0;
    slot->word |= entry->immutable ? RMP_W_IMMUTABLE : 0;
    slot->word |= entry->validated ? RMP_W_VALIDATED : 0;
    slot->word |= entry->vmsa ? RMP_W_VMSA : 0;
    slot->asid = entry->asid;
    memcpy(slot->perms, entry->perms, sizeof(slot->perms));
    return rmp_slot_valid(slot);
}

/* Return true if one of the `n` pages from `page` on has one of `flags`. */
static bool any_with(const struct rmp_part *part, uint64_t page, uint64_t n, uint64_t flags)
{
    for (uint64_t i = 0; i < n; i++)
        if (part->slots[page + i].word & flags)
            return true;
    return false;
}

/* Make 512 entries of the one at `head`, which is for 2 MiB. */
static void split(struct rmp_slot *head)
{
    head->word &= ~(uint64_t)RMP_W_SIZE_2M;
    for (unsigned i = 1; i < RMP_LARGE_PAGES; i++) {
        head[i] = *head;
        head[i].word += (uint64_t)i * RMP_PAGE_SIZE;
    }
}

bool rmp_set(struct rmp *rmp, uint64_t spa, const struct rmp_entry *entry)
{
    struct place at = find(rmp, spa);
    struct rmp_slot slot;
    uint64_t n;

    if (!at.part || !encode(entry, &slot))
        return false;
    n = entry->size_2m ? RMP_LARGE_PAGES : 1;
    if (n > 1 && (spa % RMP_LARGE_SIZE || head_of(at.part, at.page) != at.page))
        return false;
    if (rmp_slot_pages(at.entry) < n) {
        if (any_with(at.part, at.page, n, RMP_W_IN_USE))
            return false;
    } else if (rmp_slot_pages(at.entry) > n) {
        if (at.entry->word & RMP_W_IN_USE)
            return false;
        split(at.entry);
        at.entry = &at.part->slots[at.page];
        changed(rmp, &at, RMP_LARGE_PAGES);
    }
    if (entry->assigned)
        slot.word |= at.entry->word & RMP_W_IN_USE;
    *at.entry = slot;
    if (entry->assigned)
        memset(&slot, 0, sizeof(slot)); /* the first entry is that of all 2 MiB */
    for (uint64_t i = 1; i < n; i++)
        at.entry[i] = slot;
    changed(rmp, &at, n);
    return true;
}

void rmp_set_in_use(struct rmp *rmp, uint64_t spa, bool in_use)
{
    const struct place at = find(rmp, spa);

    if (!at.part || !(at.entry->word & RMP_W_ASSIGNED))
        return;
    at.entry->word &= ~(uint64_t)RMP_W_IN_USE;
    at.entry->word |= in_use ? RMP_W_IN_USE : 0;
}

/* --- accesses --- */

const char *rmp_check_words(enum rmp_check check)
{
    static const char *const words[RMP_CHECK_COUNT] = {
        [RMP_PASSED] = "the access is allowed",
        [RMP_NOT_COVERED] = "the RMP does not cover the page",
        [RMP_NOT_ASSIGNED] = "the page belongs to the hypervisor",
        [RMP_WRONG_ASID] = "the page is assigned to another ASID",
        [RMP_WRONG_GPA] = "the page is assigned at another guest address",
        [RMP_IMMUTABLE_PAGE] = "the page is immutable",
        [RMP_WRONG_SIZE] = "the page has another size in the RMP",
        [RMP_NOT_VALIDATED] = "the page is not validated",
        [RMP_NO_PERMISSION] = "the VMPL has no permission for the access",
        [RMP_GUEST_OWNED] = "the page is assigned to a guest",
    };

    return (unsigned)check < RMP_CHECK_COUNT ? words[check] : "unknown check";
}

/* The checks of a guest's page up to its size, which accesses and instructions share. */
static enum rmp_check check_page(const struct place *at, uint32_t asid, uint64_t gpa)
{
    if (!at->part)
        return RMP_NOT_COVERED;
    if (!(at->entry->word & RMP_W_ASSIGNED))
        return RMP_NOT_ASSIGNED;
    if (at->entry->asid != asid)
        return RMP_WRONG_ASID;
    if ((at->entry->word & RMP_W_GPA) + at->offset != (gpa & ~(uint64_t)(RMP_PAGE_SIZE - 1)))
        return RMP_WRONG_GPA;
    if (at->entry->word & RMP_W_IMMUTABLE)
        return RMP_IMMUTABLE_PAGE;
    return RMP_PASSED;
}

static enum rmp_check check_owner(const struct place *at)
{
    return at->part && at->entry->word & RMP_W_ASSIGNED ? RMP_GUEST_OWNED : RMP_PASSED;
}

enum rmp_check rmp_check(const struct rmp *rmp, uint64_t spa, const struct rmp_access *access)
{
    const bool always_private = access->walk || access->needs & (RMP_EXEC_USER | RMP_EXEC_SUPER);
    const struct place at = find(rmp, spa);
    enum rmp_check check;
    uint8_t needs = access->needs;

    if (!access->snp || !(access->private_ || always_private)) {
        /* A shared read is not checked. */
        if (needs & (RMP_WRITE | RMP_SHADOW_STACK) || (access->walk && !access->snp))
            return check_owner(&at);
        return RMP_PASSED;
    }
    check = check_page(&at, access->asid, access->gpa);
    if (check != RMP_PASSED)
        return check;
    /* A nested translation of 4 KiB may be a part of an entry of 2 MiB: KVM bounds the level of a
     * mapping by that of the RMP, Linux arch/x86/kvm/svm/sev.c sev_private_max_mapping_level(). */
    if (access->leaf_2m && !(at.entry->word & RMP_W_SIZE_2M))
        return RMP_WRONG_SIZE;
    if (!(at.entry->word & RMP_W_VALIDATED))
        return RMP_NOT_VALIDATED;
    /* Permission to write without permission to read is none. */
    needs |= needs & RMP_WRITE ? RMP_READ : 0;
    if (access->vmpl >= RMP_VMPLS || needs & ~at.entry->perms[access->vmpl])
        return RMP_NO_PERMISSION;
    return RMP_PASSED;
}

/* Linux PFERR_* and PFERR_GUEST_*. */
#define NPF_PRESENT      UINT64_C(0x1)
#define NPF_WRITE        UINT64_C(0x2)
#define NPF_USER         UINT64_C(0x4)
#define NPF_FETCH        UINT64_C(0x10)
#define NPF_SHADOW_STACK UINT64_C(0x40)
#define NPF_RMP          (UINT64_C(1) << 31)
#define NPF_FINAL        (UINT64_C(1) << 32)
#define NPF_TABLE        (UINT64_C(1) << 33)
#define NPF_ENC          (UINT64_C(1) << 34)
#define NPF_SIZEM        (UINT64_C(1) << 35)
#define NPF_VMPL         (UINT64_C(1) << 36)

uint64_t rmp_npf(enum rmp_check check, const struct rmp_access *access)
{
    const bool fetch = access->needs & (RMP_EXEC_USER | RMP_EXEC_SUPER);
    uint64_t info = NPF_PRESENT | NPF_RMP;

    if (check == RMP_PASSED || check == RMP_NOT_VALIDATED)
        return 0;
    info |= access->needs & RMP_WRITE ? NPF_WRITE : 0;
    info |= access->user || access->needs & RMP_EXEC_USER ? NPF_USER : 0;
    info |= fetch ? NPF_FETCH : 0;
    info |= access->needs & RMP_SHADOW_STACK ? NPF_SHADOW_STACK : 0;
    info |= access->walk ? NPF_TABLE : NPF_FINAL;
    if (access->snp && (access->private_ || access->walk || fetch))
        info |= NPF_ENC;
    info |= check == RMP_WRONG_SIZE ? NPF_SIZEM : 0;
    info |= check == RMP_NO_PERMISSION ? NPF_VMPL : 0;
    return info;
}

void rmp_count_fault(struct rmp *rmp, enum rmp_check check)
{
    if (check != RMP_PASSED && (unsigned)check < RMP_CHECK_COUNT)
        rmp->stats.faults[check]++;
}

struct rmp_stats rmp_stats(const struct rmp *rmp)
{
    return rmp->stats;
}

/* --- instructions --- */

const char *rmp_error_name(enum rmp_error error)
{
    static const char *const names[] = {
        [RMP_OK] = "success",
        [RMP_FAIL_INPUT] = "FAIL_INPUT",
        [RMP_FAIL_PERMISSION] = "FAIL_PERMISSION",
        [RMP_FAIL_INUSE] = "FAIL_INUSE",
        [RMP_FAIL_OVERLAP] = "FAIL_OVERLAP",
        [RMP_FAIL_SIZE_MISMATCH] = "FAIL_SIZEMISMATCH",
    };

    if ((unsigned)error >= sizeof(names) / sizeof(names[0]) || !names[error])
        return "unknown result";
    return names[error];
}

static struct rmp_result fault(struct rmp *rmp, enum rmp_check check)
{
    rmp_count_fault(rmp, check);
    return (struct rmp_result){check, RMP_OK, false};
}

static struct rmp_result complete(enum rmp_error error)
{
    return (struct rmp_result){RMP_PASSED, error, false};
}

/* PVALIDATE and RMPADJUST of 4 KiB fault on an entry of 2 MiB, so that the hypervisor splits it. */
static enum rmp_check check_target(const struct place *at, const struct rmp_guest *guest,
                                   uint64_t gpa, bool is_2m)
{
    const enum rmp_check check = check_page(at, guest->asid, gpa);

    if (check == RMP_PASSED && !is_2m && at->entry->word & RMP_W_SIZE_2M)
        return RMP_WRONG_SIZE;
    return check;
}

/* The guest address must be aligned too: a choice of this model, because the sources only have the
 * linear address. */
static bool aligned(uint64_t spa, uint64_t gpa, bool is_2m)
{
    return !is_2m || (spa % RMP_LARGE_SIZE < RMP_PAGE_SIZE && gpa % RMP_LARGE_SIZE < RMP_PAGE_SIZE);
}

struct rmp_result rmp_pvalidate(struct rmp *rmp, const struct rmp_guest *guest, uint64_t spa,
                                uint64_t gpa, bool is_2m, bool validate)
{
    const struct place at = find(rmp, spa);
    enum rmp_check check;

    if (!aligned(spa, gpa, is_2m))
        return complete(RMP_FAIL_INPUT);
    check = check_target(&at, guest, gpa, is_2m);
    if (check != RMP_PASSED)
        return fault(rmp, check);
    if (is_2m && !(at.entry->word & RMP_W_SIZE_2M))
        return complete(RMP_FAIL_SIZE_MISMATCH);
    if (!(at.entry->word & RMP_W_VALIDATED) == !validate) {
        rmp->stats.unchanged++;
        return (struct rmp_result){RMP_PASSED, RMP_OK, true};
    }
    at.entry->word ^= RMP_W_VALIDATED;
    rmp->stats.pvalidates++;
    changed(rmp, &at, rmp_slot_pages(at.entry));
    return complete(RMP_OK);
}

/* A VMPL that does not exist is FAIL_INPUT, and a VMSA in use cannot lose its mark: choices of this
 * model. Linux arch/x86/coco/sev/core.c snp_cleanup_vmsa() keeps the page if RMPADJUST fails. */
struct rmp_result rmp_rmpadjust(struct rmp *rmp, const struct rmp_guest *guest, uint64_t spa,
                                uint64_t gpa, bool is_2m, uint64_t rdx)
{
    const struct place at = find(rmp, spa);
    const unsigned target = rdx & 0xff;
    const uint8_t perms = rdx >> 8 & 0xff;
    uint64_t word;
    enum rmp_check check;

    if (!aligned(spa, gpa, is_2m) || target >= RMP_VMPLS)
        return complete(RMP_FAIL_INPUT);
    if (target <= guest->vmpl)
        return complete(RMP_FAIL_PERMISSION);
    check = check_target(&at, guest, gpa, is_2m);
    if (check == RMP_PASSED && !(at.entry->word & RMP_W_VALIDATED))
        check = RMP_NOT_VALIDATED;
    if (check != RMP_PASSED)
        return fault(rmp, check);
    if (is_2m && !(at.entry->word & RMP_W_SIZE_2M))
        return complete(RMP_FAIL_SIZE_MISMATCH);
    if (perms & ~at.entry->perms[guest->vmpl])
        return complete(RMP_FAIL_PERMISSION);
    word = at.entry->word;
    if (guest->vmpl == 0)
        word = (word & ~(uint64_t)RMP_W_VMSA) | (rdx >> 16 & 1 ? RMP_W_VMSA : 0);
    if (word != at.entry->word && word & RMP_W_IN_USE)
        return complete(RMP_FAIL_INUSE);
    if (word == at.entry->word && perms == at.entry->perms[target])
        return complete(RMP_OK);
    at.entry->word = word;
    at.entry->perms[target] = perms;
    rmp->stats.rmpadjusts++;
    changed(rmp, &at, rmp_slot_pages(at.entry));
    return complete(RMP_OK);
}

/* No public source has the order of RMPQUERY's checks: they are those of RMPADJUST, without the size,
 * and a VMPL may ask for itself. A choice of this model. */
struct rmp_result rmp_rmpquery(struct rmp *rmp, const struct rmp_guest *guest, uint64_t spa,
                               uint64_t gpa, uint64_t *rdx, bool *is_2m)
{
    const struct place at = find(rmp, spa);
    const unsigned target = *rdx & 0xff;
    enum rmp_check check;

    if (target >= RMP_VMPLS)
        return complete(RMP_FAIL_INPUT);
    if (target < guest->vmpl)
        return complete(RMP_FAIL_PERMISSION);
    check = check_page(&at, guest->asid, gpa);
    if (check == RMP_PASSED && !(at.entry->word & RMP_W_VALIDATED))
        check = RMP_NOT_VALIDATED;
    if (check != RMP_PASSED)
        return fault(rmp, check);
    *rdx = target | (uint64_t)at.entry->perms[target] << 8;
    *rdx |= at.entry->word & RMP_W_VMSA ? UINT64_C(1) << 16 : 0;
    *is_2m = at.entry->word & RMP_W_SIZE_2M;
    return complete(RMP_OK);
}

/* Check that the entries at `at` can be replaced by one of the size that is asked for. */
static enum rmp_error check_update(const struct place *at, bool is_2m)
{
    const uint64_t n = is_2m ? RMP_LARGE_PAGES : 1;

    if (at->entry->word & RMP_W_IMMUTABLE)
        return RMP_FAIL_PERMISSION;
    if (at->entry->word & RMP_W_IN_USE)
        return RMP_FAIL_INUSE;
    if (rmp_slot_pages(at->entry) > n)
        return RMP_FAIL_OVERLAP;
    if (rmp_slot_pages(at->entry) < n &&
        any_with(at->part, at->page, n, RMP_W_ASSIGNED | RMP_W_IMMUTABLE))
        return RMP_FAIL_OVERLAP;
    return RMP_OK;
}

/* Beside FAIL_PERMISSION for an immutable page, which verismo has, no source that we read has the
 * order of the checks: a choice of this model. 4 KiB within 2 MiB overlap, and the reverse: KVM
 * splits by PSMASH first, Linux arch/x86/kvm/svm/sev.c sev_gmem_invalidate(). */
enum rmp_error rmp_rmpupdate(struct rmp *rmp, uint64_t spa, const struct rmp_update *update)
{
    const struct place at = find(rmp, spa);
    const struct rmp_entry entry = {.gpa = update->gpa,
                                    .asid = update->asid,
                                    .assigned = update->assigned,
                                    .size_2m = update->size_2m,
                                    .immutable = update->immutable,
                                    .perms = {RMP_ALL}};
    const uint64_t same = RMP_W_GPA | RMP_W_ASSIGNED | RMP_W_SIZE_2M;
    struct rmp_slot slot;
    enum rmp_error error;

    if (!at.part || spa % (update->size_2m ? RMP_LARGE_SIZE : RMP_PAGE_SIZE))
        return RMP_FAIL_INPUT;
    if (update->size_2m && head_of(at.part, at.page) != at.page)
        return RMP_FAIL_INPUT;
    if (!update->assigned && (update->asid || update->immutable))
        return RMP_FAIL_INPUT;
    if (!encode(&entry, &slot))
        return RMP_FAIL_INPUT;
    error = check_update(&at, update->size_2m);
    if (error != RMP_OK)
        return error;
    if (slot.word & RMP_W_ASSIGNED && (slot.word & same) == (at.entry->word & same) &&
        slot.asid == at.entry->asid) {
        /* The owner stays, so what the guest did with the page stays. */
        slot.word |= at.entry->word & (RMP_W_VALIDATED | RMP_W_VMSA);
        memcpy(slot.perms, at.entry->perms, sizeof(slot.perms));
    }
    if (memcmp(&slot, at.entry, sizeof(slot)) == 0)
        return RMP_OK;
    *at.entry = slot;
    rmp->stats.updates++;
    changed(rmp, &at, update->size_2m ? RMP_LARGE_PAGES : 1);
    return RMP_OK;
}

/* FAIL_INPUT for an entry that is not of 2 MiB: a choice of this model. */
enum rmp_error rmp_psmash(struct rmp *rmp, uint64_t spa)
{
    const struct place at = find(rmp, spa);

    if (!at.part || spa % RMP_LARGE_SIZE || !(at.entry->word & RMP_W_SIZE_2M))
        return RMP_FAIL_INPUT;
    if (at.entry->word & RMP_W_IMMUTABLE)
        return RMP_FAIL_PERMISSION;
    if (at.entry->word & RMP_W_IN_USE)
        return RMP_FAIL_INUSE;
    split(at.entry);
    rmp->stats.psmashes++;
    changed(rmp, &at, RMP_LARGE_PAGES);
    return RMP_OK;
}
