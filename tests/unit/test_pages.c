/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of cpu-ext/view and its index of translations, rule by rule. What the bytes become is
 * test_mee's matter, and whether all of it holds together test_pages_random's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/crypto.h"
#include "mee.h"
#include "pages.h"

#define PAGES 16u

static uint8_t memory[PAGES][SEV_PAGE_SIZE];
static unsigned flipped[PAGES], changed[PAGES];

/* TLB entries: which page each translates. */
#define ENTRIES 5000u
static struct entry {
    bool valid;
    uint32_t page;
} entries[ENTRIES];
static unsigned forgotten;

static uint8_t *host(void *ctx, uint32_t page)
{
    (void)ctx;
    assert_true(page < PAGES);
    return memory[page];
}

static uint64_t spa(void *ctx, uint32_t page)
{
    (void)ctx;
    return (uint64_t)page * SEV_PAGE_SIZE;
}

static void on_flipped(void *ctx, uint32_t page)
{
    (void)ctx;
    flipped[page]++;
}

static void on_changed(void *ctx, uint32_t page)
{
    (void)ctx;
    changed[page]++;
}

static bool holds(void *ctx, uint32_t holder, uint32_t page)
{
    (void)ctx;
    assert_true(holder < ENTRIES);
    return entries[holder].valid && entries[holder].page == page;
}

static void forget(void *ctx, uint32_t holder)
{
    (void)ctx;
    entries[holder].valid = false;
    forgotten++;
}

static const struct pages_ops ops = {NULL,       host,       spa,
                                     on_flipped, on_changed, {NULL, ENTRIES, holds, forget}};

static const uint8_t key1[16] = {1}, key2[16] = {2};

static int set_up(void **state)
{
    struct pages *view = pages_new(PAGES, &ops);

    if (crypto_init() || !view || pages_key_install(view, 1, key1) ||
        pages_key_install(view, 2, key2))
        return -1;
    for (unsigned i = 0; i < sizeof(memory); i++)
        memory[i / SEV_PAGE_SIZE][i % SEV_PAGE_SIZE] = (uint8_t)(i * 11 + (i >> 12));
    memset(flipped, 0, sizeof(flipped));
    memset(changed, 0, sizeof(changed));
    memset(entries, 0, sizeof(entries));
    forgotten = 0;
    *state = view;
    return 0;
}

static int tear_down(void **state)
{
    pages_free(*state);
    return 0;
}

static void translate(struct pages *view, uint32_t entry, uint32_t page, enum sev_access wanted)
{
    pages_access(view, page, wanted, entry);
    entries[entry] = (struct entry){true, page};
}

static void without_a_guest_both_views_are_one(void **state)
{
    struct pages *view = *state;
    uint8_t before[SEV_PAGE_SIZE];

    memcpy(before, memory[3], sizeof(before));
    pages_access(view, 3, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    pages_access(view, 3, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    assert_memory_equal(memory[3], before, sizeof(before));
    pages_guest_set(view, 9); /* an ASID without a key */
    pages_access(view, 3, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_memory_equal(memory[3], before, sizeof(before));
    assert_int_equal(flipped[3], 0);
    assert_true(pages_stats(view).flips == 0);
}

static void to_and_fro(void **state)
{
    struct pages *view = *state;
    uint8_t before[SEV_PAGE_SIZE];

    memcpy(before, memory[3], sizeof(before));
    pages_guest_set(view, 1);
    assert_int_equal(pages_guest(view), 1);
    pages_access(view, 3, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_memory_not_equal(memory[3], before, 16);
    assert_int_equal(pages_asid(view, 3), 1);
    pages_access(view, 3, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_int_equal(flipped[3], 1);
    pages_access(view, 3, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    assert_memory_equal(memory[3], before, sizeof(before));
    assert_int_equal(pages_asid(view, 3), 0);
    assert_int_equal(flipped[3], 2);
    assert_true(pages_stats(view).flips == 2);
    assert_int_equal(changed[3], 0);
}

static void private_data_is_ciphertext_to_others(void **state)
{
    struct pages *view = *state;
    static const char secret[] = "sixteen bytes or more of it";
    uint8_t raw[SEV_PAGE_SIZE];

    pages_guest_set(view, 1);
    pages_access(view, 5, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    memcpy(memory[5] + 64, secret, sizeof(secret));
    assert_int_equal(pages_peek(view, 5, SEV_ACCESS_SHARED, 0, raw, sizeof(raw)), 0);
    assert_null(memmem(raw, sizeof(raw), secret, 16));
    assert_memory_equal(memory[5] + 64, secret, sizeof(secret)); /* the observer changed nothing */
    pages_access(view, 5, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    assert_memory_equal(memory[5], raw, sizeof(raw));
    assert_int_equal(pages_peek(view, 5, SEV_ACCESS_PRIVATE, 64, raw, sizeof(secret)), 0);
    assert_memory_equal(raw, secret, sizeof(secret));
    /* A write through C=0 destroys its block of the private view and no other. */
    memory[5][64] ^= 1;
    pages_access(view, 5, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_memory_not_equal(memory[5] + 64, secret, 16);
    assert_memory_equal(memory[5] + 80, secret + 16, sizeof(secret) - 16);
}

static void a_flip_drops_every_translation(void **state)
{
    struct pages *view = *state;

    pages_guest_set(view, 1);
    for (unsigned i = 0; i < 4; i++)
        translate(view, i, 7, SEV_ACCESS_PRIVATE);
    translate(view, 4, 8, SEV_ACCESS_PRIVATE);
    pages_access(view, 7, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    assert_int_equal(forgotten, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_false(entries[i].valid);
    assert_true(entries[4].valid);
}

/* As many as all TLBs have: none is dropped before its time, none is forgotten. */
static void every_entry_may_hold_one_page(void **state)
{
    struct pages *view = *state;

    pages_guest_set(view, 1);
    for (unsigned i = 0; i < ENTRIES; i++)
        translate(view, i, 7, SEV_ACCESS_PRIVATE);
    assert_int_equal(forgotten, 0);
    pages_access(view, 7, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    assert_int_equal(forgotten, ENTRIES);
}

/* Pages 4096 apart share a chain of the index. */
static void neighbours_in_a_chain(void **state)
{
    struct pages *view = pages_new(PAGES + 4096, &ops);

    (void)state;
    assert_non_null(view);
    translate(view, 0, 3, SEV_ACCESS_PRIVATE);
    translate(view, 1, 3 + 4096, SEV_ACCESS_PRIVATE);
    translate(view, 2, 3, SEV_ACCESS_PRIVATE);
    assert_int_equal(pages_key_install(view, 1, key1), 0);
    pages_guest_set(view, 1);
    pages_access(view, 3, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_false(entries[0].valid || entries[2].valid);
    assert_true(entries[1].valid);
    pages_free(view);
}

static void a_reused_entry_is_not_dropped(void **state)
{
    struct pages *view = *state;

    pages_guest_set(view, 1);
    translate(view, 0, 7, SEV_ACCESS_PRIVATE);
    translate(view, 0, 9, SEV_ACCESS_PRIVATE);
    pages_access(view, 7, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    assert_true(entries[0].valid);
    pages_access(view, 9, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    assert_false(entries[0].valid);
}

/* Dropped, filled again, flushed by its CPU, filled again: still known. */
static void an_entry_comes_back(void **state)
{
    struct pages *view = *state;

    pages_guest_set(view, 1);
    for (unsigned i = 0; i < 3; i++) {
        translate(view, 0, 7, SEV_ACCESS_PRIVATE);
        entries[0].valid = false; /* flushed */
        translate(view, 0, 7, SEV_ACCESS_PRIVATE);
        pages_access(view, 7, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
        assert_false(entries[0].valid);
        assert_int_equal(forgotten, i + 1);
    }
}

static void two_guests(void **state)
{
    struct pages *view = *state;
    uint8_t one[16], two[16];

    pages_guest_set(view, 1);
    pages_access(view, 2, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    memcpy(one, memory[2], 16);
    pages_guest_set(view, 2);
    pages_access(view, 2, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    memcpy(two, memory[2], 16);
    assert_memory_not_equal(one, two, 16);
    assert_int_equal(pages_asid(view, 2), 2);
    pages_guest_set(view, 1);
    pages_access(view, 2, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_memory_equal(memory[2], one, 16);
}

static void the_processor_reads_and_writes(void **state)
{
    struct pages *view = *state;
    static const char text[] = "launched";
    char got[sizeof(text)];

    pages_guest_set(view, 1);
    translate(view, 0, 4, SEV_ACCESS_SHARED);
    assert_int_equal(pages_write(view, 1, 4, 4090, text, 6), 0);
    assert_false(entries[0].valid);
    assert_int_equal(changed[4], 1);
    assert_int_equal(pages_read(view, 1, 4, 4090, got, 6), 0);
    assert_memory_equal(got, text, 6);
    pages_access(view, 4, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_memory_equal(memory[4] + 4090, text, 6);
    /* Read as stored: ciphertext, and nothing moved for it. */
    unsigned before = flipped[4];
    assert_int_equal(pages_read(view, 0, 4, 4090, got, 6), 0);
    assert_memory_not_equal(got, text, 6);
    assert_int_equal(flipped[4], before);
    /* Written as stored. */
    assert_int_equal(pages_write(view, 0, 4, 0, text, sizeof(text)), 0);
    pages_access(view, 4, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    assert_memory_equal(memory[4], text, sizeof(text));
    assert_int_equal(pages_read(view, 3, 4, 0, got, 1), -ENOKEY);
    assert_int_equal(pages_write(view, 3, 4, 0, got, 1), -ENOKEY);
    assert_memory_equal(memory[4], text, sizeof(text));
}

static void a_whole_page_is_not_transformed_first(void **state)
{
    struct pages *view = *state;
    uint8_t page[SEV_PAGE_SIZE] = {1, 2, 3};

    assert_int_equal(pages_write(view, 2, 6, 0, page, sizeof(page)), 0);
    assert_true(pages_stats(view).flips == 0);
    assert_int_equal(pages_asid(view, 6), 2);
    assert_memory_equal(memory[6], page, sizeof(page));
    pages_access(view, 6, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    assert_memory_not_equal(memory[6], page, 16);
}

static void a_removed_key_leaves_ciphertext(void **state)
{
    struct pages *view = *state;
    uint8_t plain[SEV_PAGE_SIZE], raw[SEV_PAGE_SIZE];

    pages_guest_set(view, 1);
    translate(view, 0, 1, SEV_ACCESS_PRIVATE);
    memcpy(plain, memory[1], sizeof(plain));
    assert_int_equal(pages_read(view, 0, 1, 0, raw, sizeof(raw)), 0);
    pages_key_remove(view, 1);
    pages_key_remove(view, 1);
    assert_false(entries[0].valid);
    assert_memory_equal(memory[1], raw, sizeof(raw));
    pages_access(view, 1, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE); /* the guest has lost its view */
    assert_memory_equal(memory[1], raw, sizeof(raw));
    /* The same key again, and all is as before: the running guest did not change. */
    assert_int_equal(pages_key_install(view, 1, key1), 0);
    pages_access(view, 1, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_memory_equal(memory[1], plain, sizeof(plain));
    assert_int_equal(pages_key_install(view, 1, key2), -EEXIST);
}

static void declared_memory_is_not_touched(void **state)
{
    struct pages *view = *state;
    uint8_t before[sizeof(memory)];

    memcpy(before, memory, sizeof(memory));
    pages_guest_set(view, 1);
    assert_int_equal(pages_declare(view, 2, 1000, 1), 0);
    assert_memory_equal(memory, before, sizeof(memory));
    for (uint32_t page = 0; page < PAGES; page++)
        assert_int_equal(pages_asid(view, page), page < 2 ? 0 : 1);
    pages_access(view, 9, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_memory_equal(memory, before, sizeof(memory));
    assert_int_equal(pages_declare(view, 0, 1, 77), -ENOKEY);
    assert_int_equal(pages_declare(view, 9, 1, 0), 0);
    assert_int_equal(pages_asid(view, 9), 0);
    assert_int_equal(pages_asid(view, 10), 1);
    assert_int_equal(pages_declare(view, PAGES, ~0u, 1), 0);
}

static void a_machine_gets_another_key(void **state)
{
    struct pages *view = *state;
    uint8_t stored[16], plain[16];

    pages_guest_set(view, 1);
    pages_access(view, 3, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    memcpy(plain, memory[3], 16);
    memcpy(stored, memory[4], 16);
    assert_int_equal(pages_write(view, 2, 5, 0, "two", 4), 0);
    assert_int_equal(pages_rekey(view, 1, 2), 0);
    assert_int_equal(pages_guest(view), 2);
    assert_memory_equal(memory[3], plain, 16);
    assert_int_equal(pages_asid(view, 3), 2);
    assert_int_equal(pages_asid(view, 4), 0);
    assert_memory_equal(memory[4], stored, 16);
    pages_access(view, 5, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    assert_memory_equal(memory[5], "two", 4);
    assert_int_equal(pages_rekey(view, 2, 9), -ENOKEY);
    assert_int_equal(pages_rekey(view, 9, 2), -ENOKEY);
    assert_int_equal(pages_rekey(view, 1, 2), 0); /* not the running guest's */
    assert_int_equal(pages_guest(view), 2);
}

static void save_and_restore(void **state)
{
    struct pages *view = *state, *other;
    size_t len = pages_save_size(view);
    uint8_t *saved = malloc(len);

    assert_non_null(saved);
    pages_guest_set(view, 2);
    pages_access(view, 3, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    pages_guest_set(view, 1);
    pages_access(view, 4, SEV_ACCESS_PRIVATE, TLB_INDEX_NONE);
    pages_save(view, saved);

    /* Elsewhere the keys were loaded in another order. */
    other = pages_new(PAGES, &ops);
    assert_non_null(other);
    assert_int_equal(pages_key_install(other, 2, key2), 0);
    assert_int_equal(pages_restore(other, saved, len), -ENOKEY);
    assert_int_equal(pages_asid(other, 3), 0);
    assert_int_equal(pages_key_install(other, 1, key1), 0);
    assert_int_equal(pages_restore(other, saved, len), 0);
    assert_int_equal(pages_asid(other, 3), 2);
    assert_int_equal(pages_asid(other, 4), 1);
    assert_int_equal(pages_asid(other, 5), 0);
    assert_int_equal(pages_guest(other), 1);

    assert_int_equal(pages_restore(other, saved, len - 1), -EINVAL);
    saved[0] ^= 1;
    assert_int_equal(pages_restore(other, saved, len), -EINVAL);
    saved[0] ^= 1;
    saved[8] ^= 1; /* number of pages */
    assert_int_equal(pages_restore(other, saved, len), -EINVAL);
    saved[8] ^= 1;
    saved[len - 1] = 200; /* a slot without a key */
    assert_int_equal(pages_restore(other, saved, len), -ENOKEY);
    saved[len - 1] = 255; /* no slot at all */
    assert_int_equal(pages_restore(other, saved, len), -ENOKEY);
    assert_int_equal(pages_asid(other, 3), 2);
    pages_free(other);
    free(saved);
}

static void freeing_nothing(void **state)
{
    (void)state;
    pages_free(NULL);
    tlb_index_free(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_guest_both_views_are_one),
        TEST(to_and_fro),
        TEST(private_data_is_ciphertext_to_others),
        TEST(a_flip_drops_every_translation),
        TEST(every_entry_may_hold_one_page),
        TEST(neighbours_in_a_chain),
        TEST(a_reused_entry_is_not_dropped),
        TEST(an_entry_comes_back),
        TEST(two_guests),
        TEST(the_processor_reads_and_writes),
        TEST(a_whole_page_is_not_transformed_first),
        TEST(a_removed_key_leaves_ciphertext),
        TEST(declared_memory_is_not_touched),
        TEST(a_machine_gets_another_key),
        TEST(save_and_restore),
        cmocka_unit_test(freeing_nothing),
    };
    return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
