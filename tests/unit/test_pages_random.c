/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A randomised differential test of cpu-ext/pages: CPUs with TLBs and stack caches, a device, the
 * PSP and an observer make ten million accesses (fewer under sanitizers) of random kinds, sizes
 * and keys, and every byte that any of them reads is compared with a slow
 * model.
 *
 * The model keeps memory as ciphertext, always: no conversions, no TLBs. Its AES and its XTS
 * are its own, written from FIPS 197 and IEEE 1619, 16 bytes at a time; the AES is checked against
 * the example of FIPS 197, appendix C.1.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/crypto.h"
#include "hooks.h"
#include "pages.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__COVERAGE__)
#define ACCESSES 1000000u
#else
#define ACCESSES 10000000u
#endif

#define PAGES 12u
#define ASIDS 3u /* 1 and 2 have keys, 3 gets and loses its key */

/* --- AES-128, slow and plain --- */

static uint8_t sbox[256], inverse[256], times[16][256]; /* times[n][x] = n * x in GF(2^8) */

static uint8_t multiply(uint8_t a, uint8_t b)
{
    uint8_t product = 0;

    for (; b; b >>= 1, a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0)))
        if (b & 1)
            product ^= a;
    return product;
}

static void aes_tables(void)
{
    for (unsigned x = 0; x < 256; x++) {
        uint8_t y = 0, s;

        for (unsigned c = 1; c < 256 && x; c++)
            if (multiply((uint8_t)x, (uint8_t)c) == 1)
                y = (uint8_t)c;
        s = (uint8_t)(y ^ (y << 1 | y >> 7) ^ (y << 2 | y >> 6) ^ (y << 3 | y >> 5) ^
                      (y << 4 | y >> 4) ^ 0x63);
        sbox[x] = s;
        inverse[s] = (uint8_t)x;
        for (unsigned n = 1; n < 16; n++)
            times[n][x] = multiply((uint8_t)x, (uint8_t)n);
    }
}

struct aes {
    uint8_t round[11][16];
};

static void aes_key(struct aes *aes, const uint8_t key[16])
{
    uint8_t rcon = 1, *w = aes->round[0];

    memcpy(w, key, 16);
    for (unsigned i = 16; i < 176; i += 4) {
        uint8_t t[4] = {w[i - 4], w[i - 3], w[i - 2], w[i - 1]};

        if (i % 16 == 0) {
            const uint8_t first = t[0];

            t[0] = sbox[t[1]] ^ rcon;
            t[1] = sbox[t[2]];
            t[2] = sbox[t[3]];
            t[3] = sbox[first];
            rcon = multiply(rcon, 2);
        }
        for (unsigned k = 0; k < 4; k++)
            w[i + k] = w[i - 16 + k] ^ t[k];
    }
}

static void add(uint8_t a[16], const uint8_t b[16])
{
    for (unsigned i = 0; i < 16; i++)
        a[i] ^= b[i];
}

static void aes_encrypt(const struct aes *aes, uint8_t s[16])
{
    uint8_t t[16];

    add(s, aes->round[0]);
    for (unsigned r = 1; r <= 10; r++) {
        for (unsigned i = 0; i < 16; i++)
            t[i] = sbox[s[(i + 4 * (i % 4)) % 16]];
        for (unsigned c = 0; c < 16; c += 4)
            for (unsigned i = 0; i < 4; i++)
                s[c + i] = r == 10 ? t[c + i]
                                   : times[2][t[c + i]] ^ times[3][t[c + (i + 1) % 4]] ^
                                         t[c + (i + 2) % 4] ^ t[c + (i + 3) % 4];
        add(s, aes->round[r]);
    }
}

static void aes_decrypt(const struct aes *aes, uint8_t s[16])
{
    uint8_t t[16];

    for (unsigned r = 10; r >= 1; r--) {
        add(s, aes->round[r]);
        for (unsigned c = 0; c < 16; c += 4)
            for (unsigned i = 0; i < 4; i++)
                t[c + i] = r == 10
                               ? s[c + i]
                               : times[14][s[c + i]] ^ times[11][s[c + (i + 1) % 4]] ^
                                     times[13][s[c + (i + 2) % 4]] ^ times[9][s[c + (i + 3) % 4]];
        for (unsigned i = 0; i < 16; i++)
            s[(i + 4 * (i % 4)) % 16] = inverse[t[i]];
    }
    add(s, aes->round[0]);
}

/* --- the model: ciphertext, and tweaks worked out once a key and page --- */

static uint8_t stored[PAGES][SEV_PAGE_SIZE];
static struct aes data_key[ASIDS + 1];
static bool has_key[ASIDS + 1];
static uint8_t tweak[ASIDS + 1][PAGES][SEV_PAGE_SIZE];

static uint64_t spa_of(uint32_t page)
{
    return UINT64_C(0x123450000000) + page * UINT64_C(0x10001000);
}

static void model_key(uint32_t asid, const uint8_t vek[16])
{
    static const char label[] = "sev-mee-tweak";
    const struct crypto_piece piece = {label, sizeof(label) - 1};
    uint8_t mac[32];
    struct aes tweak_key;

    assert_int_equal(crypto_hmac_sha256(vek, 16, &piece, 1, mac), 0);
    aes_key(&data_key[asid], vek);
    aes_key(&tweak_key, mac);
    for (uint32_t page = 0; page < PAGES; page++) {
        uint8_t *t = tweak[asid][page];
        const uint64_t unit = spa_of(page) / SEV_PAGE_SIZE;

        memset(t, 0, 16);
        for (unsigned i = 0; i < 8; i++)
            t[i] = (uint8_t)(unit >> 8 * i);
        aes_encrypt(&tweak_key, t);
        for (; t < tweak[asid][page] + SEV_PAGE_SIZE - 16; t += 16) {
            for (unsigned i = 0; i < 16; i++)
                t[16 + i] = (uint8_t)(t[i] << 1 | (i ? t[i - 1] >> 7 : 0));
            t[16] ^= t[15] & 0x80 ? 0x87 : 0;
        }
    }
    has_key[asid] = true;
}

static void model_block(uint32_t asid, uint32_t page, unsigned at, uint8_t block[16], bool encrypt)
{
    if (!has_key[asid])
        return;
    add(block, tweak[asid][page] + at);
    if (encrypt)
        aes_encrypt(&data_key[asid], block);
    else
        aes_decrypt(&data_key[asid], block);
    add(block, tweak[asid][page] + at);
}

/* asid 0: raw memory contents. */
static void model_read(uint32_t asid, uint32_t page, unsigned offset, uint8_t *buf, unsigned len)
{
    for (unsigned at = offset & ~15u; at < offset + len; at += 16) {
        uint8_t block[16];

        memcpy(block, stored[page] + at, 16);
        model_block(asid, page, at, block, false);
        for (unsigned i = 0; i < 16; i++)
            if (at + i >= offset && at + i < offset + len)
                buf[at + i - offset] = block[i];
    }
}

static void model_write(uint32_t asid, uint32_t page, unsigned offset, const uint8_t *buf,
                        unsigned len)
{
    for (unsigned at = offset & ~15u; at < offset + len; at += 16) {
        uint8_t *block = stored[page] + at;

        model_block(asid, page, at, block, false);
        for (unsigned i = 0; i < 16; i++)
            if (at + i >= offset && at + i < offset + len)
                block[i] = buf[at + i - offset];
        model_block(asid, page, at, block, true);
    }
}

/* --- the machine under test --- */

#define CPUS 3u
#define TLB  16u

static uint8_t memory[PAGES][SEV_PAGE_SIZE];
static struct cpu {
    struct entry {
        uint8_t *host; /* NULL = invalid */
        uint32_t page;
        enum sev_access access; /* of the linear page that it translates */
    } tlb[TLB];
    struct entry stack; /* copied from a TLB entry, used without looking at that again */
} cpus[CPUS];
static uint32_t guest;

static struct page describe(void *ctx, uint32_t number)
{
    (void)ctx;
    return (struct page){number, spa_of(number), memory[number]};
}

static void on_converted(void *ctx, const struct page *page)
{
    (void)ctx;
    for (unsigned i = 0; i < CPUS; i++)
        if (cpus[i].stack.page == page->number)
            cpus[i].stack.host = NULL;
}

static void on_changed(void *ctx, const struct page *page)
{
    (void)ctx;
    (void)page;
}

static bool holds(void *ctx, uint32_t number, uint32_t page)
{
    const struct entry *entry = &cpus[number / TLB].tlb[number % TLB];

    (void)ctx;
    return entry->host && entry->page == page;
}

static void invalidate(void *ctx, uint32_t number)
{
    (void)ctx;
    cpus[number / TLB].tlb[number % TLB].host = NULL;
}

static const struct pages_ops ops = {
    NULL, describe, on_converted, on_changed, {NULL, CPUS *TLB, holds, invalidate}};

static void need(struct pages *pages, uint32_t number, enum sev_access wanted, uint32_t entry)
{
    const struct page page = describe(NULL, number);
    const uint8_t key = wanted == SEV_ACCESS_PRIVATE ? pages_key(pages, guest) : 0;

    assert_int_equal(pages_access(pages, &page, key, entry), 0);
}

static void flush_tlbs(void)
{
    memset(cpus, 0, sizeof(cpus));
}

static uint64_t seed = 0x5e7d5e7d5e7d5e7d;

static uint32_t any(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 32) * n >> 32);
}

/* A linear page is a page with C=0 or C=1; several of them share an entry, and each has two entries. */
static uint8_t *translate(struct pages *pages, struct cpu *cpu, uint32_t page,
                          enum sev_access wanted)
{
    struct entry *entry = &cpu->tlb[(page * 5 + wanted * 3 + any(2) * 7) % TLB];

    if (!entry->host || entry->page != page || entry->access != wanted) {
        entry->host = NULL; /* as Bochs: what was here is gone before the walk */
        need(pages, page, wanted, (uint32_t)((cpu - cpus) * TLB + (entry - cpu->tlb)));
        *entry = (struct entry){memory[page], page, wanted};
    }
    if (any(4) == 0)
        cpu->stack = *entry;
    return entry->host;
}

static uint8_t buf[SEV_PAGE_SIZE], want[SEV_PAGE_SIZE];

static void fill(unsigned len)
{
    const uint64_t word = seed * 0x9e3779b97f4a7c15;

    for (unsigned i = 0; i < len; i++)
        buf[i] = (uint8_t)(word >> i % 8 * 8) + (uint8_t)i;
}

static void check(uint32_t asid, uint32_t page, unsigned offset, const uint8_t *got, unsigned len)
{
    model_read(asid, page, offset, want, len);
    if (memcmp(got, want, len))
        fail_msg("page %u+%u, %u bytes, ASID %u", page, offset, len, asid);
}

static void cpu_access(struct pages *pages, uint32_t page, unsigned offset, unsigned len)
{
    struct cpu *cpu = &cpus[any(CPUS)];
    enum sev_access wanted = any(2) ? SEV_ACCESS_PRIVATE : SEV_ACCESS_SHARED;
    uint8_t *at;

    if (cpu->stack.host && any(3) == 0) {
        at = cpu->stack.host;
        page = cpu->stack.page;
        wanted = cpu->stack.access;
    } else {
        at = translate(pages, cpu, page, wanted);
    }
    const uint32_t asid = wanted == SEV_ACCESS_PRIVATE ? guest : 0;

    if (any(2)) {
        check(asid, page, offset, at + offset, len);
    } else {
        fill(len);
        memcpy(at + offset, buf, len);
        model_write(asid, page, offset, buf, len);
    }
}

static void device_access(struct pages *pages, uint32_t page, unsigned offset, unsigned len)
{
    need(pages, page, SEV_ACCESS_SHARED, TLB_INDEX_NONE);
    if (any(2)) {
        check(0, page, offset, memory[page] + offset, len);
    } else {
        fill(len);
        memcpy(memory[page] + offset, buf, len);
        model_write(0, page, offset, buf, len);
    }
}

static void psp_access(struct pages *pages, uint32_t page, unsigned offset, unsigned len)
{
    const uint32_t asid = any(ASIDS + 1);
    const bool valid = !asid || has_key[asid];

    if (any(50) == 0) {
        offset = 0;
        len = SEV_PAGE_SIZE;
    }
    if (any(2)) {
        assert_true(!pages_read(pages, asid, page, offset, buf, len) == valid);
        if (valid)
            check(asid, page, offset, buf, len);
    } else {
        fill(len);
        assert_true(!pages_write(pages, asid, page, offset, buf, len) == valid);
        if (valid)
            model_write(asid, page, offset, buf, len);
    }
}

static void observer(struct pages *pages, uint32_t page, unsigned offset, unsigned len)
{
    const enum sev_access wanted = any(2) ? SEV_ACCESS_PRIVATE : SEV_ACCESS_SHARED;

    const uint32_t asid = wanted == SEV_ACCESS_PRIVATE && has_key[guest] ? guest : 0;

    assert_int_equal(pages_read(pages, asid, page, offset, buf, len), 0);
    check(asid, page, offset, buf, len);
}

static struct pages *save_and_restore(struct pages *pages)
{
    const size_t len = pages_save_size(pages);
    uint8_t *saved = malloc(len);
    uint32_t asid = 0;

    assert_non_null(saved);
    pages_save(pages, guest, saved);
    assert_int_equal(pages_restore(pages, saved, len, &asid), 0);
    assert_int_equal(asid, guest);
    flush_tlbs();
    free(saved);
    return pages;
}

/* What happens seldom. */
static void event(struct pages *pages)
{
    static uint8_t vek[16] = {3};

    switch (any(4)) {
    case 0:
        flush_tlbs(); /* of their own accord */
        break;
    case 1:
        guest = any(ASIDS + 1);
        flush_tlbs();
        break;
    case 2:
        if (has_key[3]) {
            assert_int_equal(pages_key_remove(pages, 3), 0);
            has_key[3] = false;
        } else {
            vek[1]++;
            assert_int_equal(pages_key_install(pages, 3, vek), 0);
            model_key(3, vek);
        }
        flush_tlbs();
        break;
    default:
        save_and_restore(pages);
        break;
    }
}

static void compare_all(struct pages *pages)
{
    for (uint32_t page = 0; page < PAGES; page++)
        for (uint32_t asid = 0; asid <= ASIDS; asid++)
            if (!asid || has_key[asid]) {
                assert_int_equal(pages_read(pages, asid, page, 0, buf, SEV_PAGE_SIZE), 0);
                check(asid, page, 0, buf, SEV_PAGE_SIZE);
            }
}

static void ten_million_accesses(void **state)
{
    struct pages *pages = pages_new(PAGES, &ops);
    static const uint8_t key1[16] = {0x11, 1}, key2[16] = {0x22, 2};

    (void)state;
    assert_non_null(pages);
    assert_int_equal(pages_key_install(pages, 1, key1), 0);
    assert_int_equal(pages_key_install(pages, 2, key2), 0);
    model_key(1, key1);
    model_key(2, key2);
    guest = 1;
    for (uint32_t n = 0; n < ACCESSES; n++) {
        const uint32_t page = any(PAGES), kind = any(100);
        const unsigned len = 1u << any(5), offset = any(SEV_PAGE_SIZE + 1 - len);

        if (kind < 75)
            cpu_access(pages, page, offset, len);
        else if (kind < 85)
            device_access(pages, page, offset, len);
        else if (kind < 92)
            psp_access(pages, page, offset, len);
        else
            observer(pages, page, offset, len);
        if (any(2000) == 0)
            event(pages);
        if (n % (ACCESSES / 20) == 0)
            compare_all(pages);
    }
    compare_all(pages);
    assert_true(pages_stats(pages).conversions > ACCESSES / 10);
    assert_true(pages_stats(pages).failures == 0);
    pages_free(pages);
}

static void the_models_aes(void **state)
{
    static const uint8_t key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t cipher[16] = {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
                                       0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a};
    uint8_t block[16], plain[16];
    struct aes aes;

    (void)state;
    for (unsigned i = 0; i < 16; i++)
        plain[i] = block[i] = (uint8_t)(i * 0x11);
    aes_key(&aes, key);
    aes_encrypt(&aes, block);
    assert_memory_equal(block, cipher, 16);
    aes_decrypt(&aes, block);
    assert_memory_equal(block, plain, 16);
}

static int set_up(void **state)
{
    (void)state;
    aes_tables();
    return crypto_init();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_models_aes),
        cmocka_unit_test(ten_million_accesses),
    };
    return cmocka_run_group_tests_name("pages_random", tests, set_up, NULL);
}
