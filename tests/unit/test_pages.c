/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of cpu-ext/pages and its index of TLB entries, rule by rule. What the bytes become is
 * test_mee's matter, and whether all of it holds together test_pages_random's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mee.h"
#include "pages.h"

#define PAGES 16u

static uint8_t memory[PAGES][SEV_PAGE_SIZE];
static unsigned converted[PAGES], changed[PAGES];

/* TLB entries: which page each translates. */
#define ENTRIES 5000u
static struct entry {
    bool valid;
    uint32_t page;
} entries[ENTRIES];
static unsigned forgotten;

static struct page describe(void *ctx, uint32_t number)
{
    (void)ctx;
    assert_true(number < PAGES + 4096);
    return (struct page){number, (uint64_t)number * SEV_PAGE_SIZE, memory[number % PAGES]};
}

static void on_converted(void *ctx, const struct page *page)
{
    (void)ctx;
    assert_ptr_equal(page->host, memory[page->number]);
    converted[page->number]++;
}

static void on_changed(void *ctx, const struct page *page)
{
    (void)ctx;
    changed[page->number]++;
}

static bool holds(void *ctx, uint32_t entry, uint32_t page)
{
    (void)ctx;
    assert_true(entry < ENTRIES);
    return entries[entry].valid && entries[entry].page == page;
}

static void invalidate(void *ctx, uint32_t entry)
{
    (void)ctx;
    entries[entry].valid = false;
    forgotten++;
}

static const struct pages_ops ops = {
    NULL, describe, on_converted, on_changed, {NULL, ENTRIES, holds, invalidate}};

static const uint8_t key1[16] = {1}, key2[16] = {2};

static int set_up(void **state)
{
    struct pages *pages = pages_new(PAGES, &ops);

    if (!pages || pages_key_install(pages, 1, key1) || pages_key_install(pages, 2, key2))
        return -1;
    for (unsigned i = 0; i < sizeof(memory); i++)
        memory[i / SEV_PAGE_SIZE][i % SEV_PAGE_SIZE] = (uint8_t)(i * 11 + (i >> 12));
    memset(converted, 0, sizeof(converted));
    memset(changed, 0, sizeof(changed));
    memset(entries, 0, sizeof(entries));
    forgotten = 0;
    *state = pages;
    return 0;
}

static int tear_down(void **state)
{
    pages_free(*state);
    return 0;
}

/* An access through the key of `asid`, 0 = to raw memory. */
static int access_by(struct pages *pages, uint32_t number, uint32_t asid, uint32_t entry)
{
    const struct page page = describe(NULL, number);

    return pages_access(pages, &page, pages_key(pages, asid), entry);
}

static void need(struct pages *pages, uint32_t number, uint32_t asid)
{
    assert_int_equal(access_by(pages, number, asid, TLB_INDEX_NONE), 0);
}

static void translate(struct pages *pages, uint32_t entry, uint32_t page, uint32_t asid)
{
    assert_int_equal(access_by(pages, page, asid, entry), 0);
    entries[entry] = (struct entry){true, page};
}

static void without_a_key_private_is_raw(void **state)
{
    struct pages *pages = *state;
    uint8_t before[SEV_PAGE_SIZE];

    memcpy(before, memory[3], sizeof(before));
    need(pages, 3, 0);
    assert_memory_equal(memory[3], before, sizeof(before));
    need(pages, 3, 9); /* an ASID without a key */
    assert_memory_equal(memory[3], before, sizeof(before));
    assert_int_equal(converted[3], 0);
    assert_true(pages_stats(pages).conversions == 0);
}

static void to_and_fro(void **state)
{
    struct pages *pages = *state;
    uint8_t before[SEV_PAGE_SIZE];

    memcpy(before, memory[3], sizeof(before));
    need(pages, 3, 1);
    assert_memory_not_equal(memory[3], before, 16);
    assert_int_equal(pages_asid(pages, 3), 1);
    need(pages, 3, 1);
    assert_int_equal(converted[3], 1);
    need(pages, 3, 0);
    assert_memory_equal(memory[3], before, sizeof(before));
    assert_int_equal(pages_asid(pages, 3), 0);
    assert_int_equal(converted[3], 2);
    assert_true(pages_stats(pages).conversions == 2);
    assert_int_equal(changed[3], 0);
}

static void private_data_is_ciphertext_to_others(void **state)
{
    struct pages *pages = *state;
    static const char secret[] = "sixteen bytes or more of it";
    uint8_t raw[SEV_PAGE_SIZE];

    need(pages, 5, 1);
    memcpy(memory[5] + 64, secret, sizeof(secret));
    assert_int_equal(pages_read(pages, 0, 5, 0, raw, sizeof(raw)), 0);
    assert_null(memmem(raw, sizeof(raw), secret, 16));
    assert_memory_equal(memory[5] + 64, secret, sizeof(secret)); /* the observer changed nothing */
    need(pages, 5, 0);
    assert_memory_equal(memory[5], raw, sizeof(raw));
    assert_int_equal(pages_read(pages, 1, 5, 64, raw, sizeof(secret)), 0);
    assert_memory_equal(raw, secret, sizeof(secret));
    /* A write through C=0 destroys its block of the private pages and no other. */
    memory[5][64] ^= 1;
    need(pages, 5, 1);
    assert_memory_not_equal(memory[5] + 64, secret, 16);
    assert_memory_equal(memory[5] + 80, secret + 16, sizeof(secret) - 16);
}

static void a_conversion_drops_every_translation(void **state)
{
    struct pages *pages = *state;

    for (unsigned i = 0; i < 4; i++)
        translate(pages, i, 7, 1);
    translate(pages, 4, 8, 1);
    need(pages, 7, 0);
    assert_int_equal(forgotten, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_false(entries[i].valid);
    assert_true(entries[4].valid);
}

/* As many as all TLBs have: none is dropped before its time, none is forgotten. */
static void every_entry_may_hold_one_page(void **state)
{
    struct pages *pages = *state;

    for (unsigned i = 0; i < ENTRIES; i++)
        translate(pages, i, 7, 1);
    assert_int_equal(forgotten, 0);
    need(pages, 7, 0);
    assert_int_equal(forgotten, ENTRIES);
}

/* Pages 4096 apart share a chain of the index. */
static void neighbours_in_a_chain(void **state)
{
    struct pages *pages = pages_new(PAGES + 4096, &ops);

    (void)state;
    assert_non_null(pages);
    translate(pages, 0, 3, 1);
    translate(pages, 1, 3 + 4096, 1);
    translate(pages, 2, 3, 1);
    assert_int_equal(pages_key_install(pages, 1, key1), 0);
    need(pages, 3, 1);
    assert_false(entries[0].valid || entries[2].valid);
    assert_true(entries[1].valid);
    pages_free(pages);
}

static void a_reused_entry_is_not_dropped(void **state)
{
    struct pages *pages = *state;

    translate(pages, 0, 7, 1);
    translate(pages, 0, 9, 1);
    need(pages, 7, 0);
    assert_true(entries[0].valid);
    need(pages, 9, 0);
    assert_false(entries[0].valid);
}

/* Dropped, filled again, flushed by its CPU, filled again: still known. */
static void an_entry_comes_back(void **state)
{
    struct pages *pages = *state;

    for (unsigned i = 0; i < 3; i++) {
        translate(pages, 0, 7, 1);
        entries[0].valid = false; /* flushed */
        translate(pages, 0, 7, 1);
        need(pages, 7, 0);
        assert_false(entries[0].valid);
        assert_int_equal(forgotten, i + 1);
    }
}

static void two_asids(void **state)
{
    struct pages *pages = *state;
    uint8_t one[16], two[16];

    need(pages, 2, 1);
    memcpy(one, memory[2], 16);
    need(pages, 2, 2);
    memcpy(two, memory[2], 16);
    assert_memory_not_equal(one, two, 16);
    assert_int_equal(pages_asid(pages, 2), 2);
    need(pages, 2, 1);
    assert_memory_equal(memory[2], one, 16);
}

static void the_processor_reads_and_writes(void **state)
{
    struct pages *pages = *state;
    static const char text[] = "launched";
    char got[sizeof(text)];

    translate(pages, 0, 4, 0);
    assert_int_equal(pages_write(pages, 1, 4, 4090, text, 6), 0);
    assert_false(entries[0].valid);
    assert_int_equal(changed[4], 1);
    assert_int_equal(pages_read(pages, 1, 4, 4090, got, 6), 0);
    assert_memory_equal(got, text, 6);
    need(pages, 4, 1);
    assert_memory_equal(memory[4] + 4090, text, 6);
    /* Raw: ciphertext, and nothing is converted for it. */
    unsigned before = converted[4];
    assert_int_equal(pages_read(pages, 0, 4, 4090, got, 6), 0);
    assert_memory_not_equal(got, text, 6);
    assert_int_equal(converted[4], before);
    /* Written raw. */
    assert_int_equal(pages_write(pages, 0, 4, 0, text, sizeof(text)), 0);
    need(pages, 4, 0);
    assert_memory_equal(memory[4], text, sizeof(text));
    assert_int_equal(pages_read(pages, 3, 4, 0, got, 1), -ENOKEY);
    assert_int_equal(pages_write(pages, 3, 4, 0, got, 1), -ENOKEY);
    assert_memory_equal(memory[4], text, sizeof(text));
}

static void a_whole_page_is_not_transformed_first(void **state)
{
    struct pages *pages = *state;
    uint8_t page[SEV_PAGE_SIZE] = {1, 2, 3};

    assert_int_equal(pages_write(pages, 2, 6, 0, page, sizeof(page)), 0);
    assert_true(pages_stats(pages).conversions == 0);
    assert_int_equal(pages_asid(pages, 6), 2);
    assert_memory_equal(memory[6], page, sizeof(page));
    need(pages, 6, 0);
    assert_memory_not_equal(memory[6], page, 16);
}

static void a_removed_key_leaves_ciphertext(void **state)
{
    struct pages *pages = *state;
    uint8_t plain[SEV_PAGE_SIZE], raw[SEV_PAGE_SIZE];

    translate(pages, 0, 1, 1);
    memcpy(plain, memory[1], sizeof(plain));
    assert_int_equal(pages_read(pages, 0, 1, 0, raw, sizeof(raw)), 0);
    assert_int_equal(pages_key_remove(pages, 1), 0);
    assert_int_equal(pages_key_remove(pages, 1), 0);
    assert_false(entries[0].valid);
    assert_memory_equal(memory[1], raw, sizeof(raw));
    need(pages, 1, 1); /* the guest has lost its pages */
    assert_memory_equal(memory[1], raw, sizeof(raw));
    /* The same key again, and all is as before. */
    assert_int_equal(pages_key_install(pages, 1, key1), 0);
    need(pages, 1, 1);
    assert_memory_equal(memory[1], plain, sizeof(plain));
    assert_int_equal(pages_key_install(pages, 1, key2), -EEXIST);
}

static void declared_memory_is_not_touched(void **state)
{
    struct pages *pages = *state;
    uint8_t before[sizeof(memory)];

    memcpy(before, memory, sizeof(memory));
    assert_int_equal(pages_declare(pages, 2, 1000, 1), 0);
    assert_memory_equal(memory, before, sizeof(memory));
    for (uint32_t page = 0; page < PAGES; page++)
        assert_int_equal(pages_asid(pages, page), page < 2 ? 0 : 1);
    need(pages, 9, 1);
    assert_memory_equal(memory, before, sizeof(memory));
    assert_int_equal(pages_declare(pages, 0, 1, 77), -ENOKEY);
    assert_int_equal(pages_declare(pages, 9, 1, 0), 0);
    assert_int_equal(pages_asid(pages, 9), 0);
    assert_int_equal(pages_asid(pages, 10), 1);
    assert_int_equal(pages_declare(pages, PAGES, ~0u, 1), 0);
}

static void a_machine_gets_another_key(void **state)
{
    struct pages *pages = *state;
    uint8_t raw[16], plain[16];

    need(pages, 3, 1);
    memcpy(plain, memory[3], 16);
    memcpy(raw, memory[4], 16);
    assert_int_equal(pages_write(pages, 2, 5, 0, "two", 4), 0);
    assert_int_equal(pages_rekey(pages, 1, 2), 0);
    assert_memory_equal(memory[3], plain, 16);
    assert_int_equal(pages_asid(pages, 3), 2);
    assert_int_equal(pages_asid(pages, 4), 0);
    assert_memory_equal(memory[4], raw, 16);
    need(pages, 5, 2);
    assert_memory_equal(memory[5], "two", 4);
    assert_int_equal(pages_rekey(pages, 2, 9), -ENOKEY);
    assert_int_equal(pages_rekey(pages, 9, 2), -ENOKEY);
    assert_int_equal(pages_rekey(pages, 1, 2), 0);
}

static void save_and_restore(void **state)
{
    struct pages *pages = *state, *other;
    size_t len = pages_save_size(pages);
    uint32_t guest = 0;
    uint8_t *saved = malloc(len);

    assert_non_null(saved);
    need(pages, 3, 2);
    need(pages, 4, 1);
    pages_save(pages, 7, saved);

    /* Elsewhere the keys were loaded in another order. */
    other = pages_new(PAGES, &ops);
    assert_non_null(other);
    assert_int_equal(pages_key_install(other, 2, key2), 0);
    assert_int_equal(pages_restore(other, saved, len, &guest), -ENOKEY);
    assert_int_equal(pages_asid(other, 3), 0);
    assert_int_equal(pages_key_install(other, 1, key1), 0);
    assert_int_equal(pages_restore(other, saved, len, &guest), 0);
    assert_int_equal(pages_asid(other, 3), 2);
    assert_int_equal(pages_asid(other, 4), 1);
    assert_int_equal(pages_asid(other, 5), 0);
    assert_int_equal(guest, 7);

    assert_int_equal(pages_restore(other, saved, len - 1, &guest), -EINVAL);
    saved[0] ^= 1;
    assert_int_equal(pages_restore(other, saved, len, &guest), -EINVAL);
    saved[0] ^= 1;
    saved[8] ^= 1; /* number of pages */
    assert_int_equal(pages_restore(other, saved, len, &guest), -EINVAL);
    saved[8] ^= 1;
    saved[len - 1] = 200; /* a slot without a key */
    assert_int_equal(pages_restore(other, saved, len, &guest), -ENOKEY);
    saved[len - 1] = 255; /* no slot at all */
    assert_int_equal(pages_restore(other, saved, len, &guest), -ENOKEY);
    assert_int_equal(pages_asid(other, 3), 2);
    pages_free(other);
    free(saved);
}

/* --- a cipher that fails: the calls of mee.c are counted, and the n-th one fails --- */

static unsigned fail_at, calls;

int __real_mee_encrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE]);
int __real_mee_decrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE]);
int __wrap_mee_encrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE]);
int __wrap_mee_decrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE]);

static bool fails(uint8_t page[MEE_PAGE_SIZE])
{
    if (++calls != fail_at)
        return false;
    memset(page, 0xa5, MEE_PAGE_SIZE / 2); /* what libgcrypt leaves is undefined */
    return true;
}

int __wrap_mee_encrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
{
    return fails(page) ? -EIO : __real_mee_encrypt(mee, key, spa, page);
}

int __wrap_mee_decrypt(struct mee *mee, unsigned key, uint64_t spa, uint8_t page[MEE_PAGE_SIZE])
{
    return fails(page) ? -EIO : __real_mee_decrypt(mee, key, spa, page);
}

static void fail_call(unsigned n)
{
    fail_at = n;
    calls = 0;
}

/* From key 1 to key 2 takes two halves. Whichever fails, the page keeps its contents and the key
 * that it is tagged with, and translations of it stay valid. */
static void a_failed_half_changes_nothing(void **state)
{
    struct pages *pages = *state;
    uint8_t plain[SEV_PAGE_SIZE];

    need(pages, 2, 1);
    translate(pages, 0, 2, 1);
    memcpy(plain, memory[2], sizeof(plain));
    for (unsigned half = 1; half <= 2; half++) {
        fail_call(half);
        assert_int_equal(access_by(pages, 2, 2, 1), -EIO);
        assert_int_equal(pages_asid(pages, 2), 1);
        assert_memory_equal(memory[2], plain, sizeof(plain));
        assert_true(entries[0].valid);
        assert_true(pages_stats(pages).failures == half);
    }
    assert_true(pages_stats(pages).conversions == 1);
    fail_call(0);
    need(pages, 2, 2);
    assert_false(entries[0].valid);
    need(pages, 2, 1);
    assert_memory_equal(memory[2], plain, sizeof(plain));
}

/* An access that failed leaves no translation: the entry that it would have filled is not found. */
static void a_failed_access_holds_no_entry(void **state)
{
    struct pages *pages = *state;

    fail_call(1);
    assert_int_equal(access_by(pages, 2, 1, 5), -EIO);
    entries[5] = (struct entry){true, 2};
    fail_call(0);
    need(pages, 2, 1);
    assert_true(entries[5].valid);
}

static void the_psp_gets_the_error(void **state)
{
    struct pages *pages = *state;
    uint8_t before[SEV_PAGE_SIZE], buf[8] = {0}, zero[8] = {0};

    memcpy(before, memory[3], sizeof(before));
    fail_call(1);
    assert_int_equal(pages_read(pages, 1, 3, 0, buf, sizeof(buf)), -EIO);
    assert_memory_equal(buf, zero, sizeof(buf));
    fail_call(1);
    assert_int_equal(pages_write(pages, 1, 3, 0, "data", 4), -EIO);
    fail_call(0);
    assert_memory_equal(memory[3], before, sizeof(before));
    assert_int_equal(pages_asid(pages, 3), 0);
    assert_int_equal(changed[3], 0);
    assert_true(pages_stats(pages).failures == 2);
}

/* The plaintext of a guest whose key is removed does not remain. */
static void a_key_goes_and_its_pages_cannot_be_encrypted(void **state)
{
    struct pages *pages = *state;
    uint8_t raw[SEV_PAGE_SIZE], zero[SEV_PAGE_SIZE] = {0};

    need(pages, 4, 1);
    need(pages, 5, 1);
    assert_int_equal(pages_read(pages, 0, 5, 0, raw, sizeof(raw)), 0);
    fail_call(1);
    assert_int_equal(pages_key_remove(pages, 1), -EIO);
    fail_call(0);
    assert_memory_equal(memory[4], zero, sizeof(zero));
    assert_memory_equal(memory[5], raw, sizeof(raw));
    assert_int_equal(pages_asid(pages, 4), 0);
    assert_int_equal(pages_key(pages, 1), 0);
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
        TEST(without_a_key_private_is_raw),
        TEST(to_and_fro),
        TEST(private_data_is_ciphertext_to_others),
        TEST(a_conversion_drops_every_translation),
        TEST(every_entry_may_hold_one_page),
        TEST(neighbours_in_a_chain),
        TEST(a_reused_entry_is_not_dropped),
        TEST(an_entry_comes_back),
        TEST(two_asids),
        TEST(the_processor_reads_and_writes),
        TEST(a_whole_page_is_not_transformed_first),
        TEST(a_removed_key_leaves_ciphertext),
        TEST(declared_memory_is_not_touched),
        TEST(a_machine_gets_another_key),
        TEST(save_and_restore),
        TEST(a_failed_half_changes_nothing),
        TEST(a_failed_access_holds_no_entry),
        TEST(the_psp_gets_the_error),
        TEST(a_key_goes_and_its_pages_cannot_be_encrypted),
        cmocka_unit_test(freeing_nothing),
    };
    return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
