/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Explain a measurement; see explain.h.
 *
 * The digest is over the concatenation of all regions, so how the launch cut them does not matter.
 * The expected bytes are therefore cut where the launch cut its own, and compared piece by piece.
 *
 * Source: protocol/measure.h.
 */
#include "explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/crypto.h"
#include "protocol/measure.h"

/* A piece of what was expected. */
struct piece {
    char name[160];
    size_t offset, len;
    uint8_t sha256[32], digest[32];
};

/* The names of the expected regions that [offset, offset+len) touches. */
static void name_piece(const struct expect *expect, struct piece *piece)
{
    size_t end = piece->offset + piece->len;
    piece->name[0] = '\0';
    for (unsigned i = 0; i < expect->count; i++) {
        const struct expect_region *region = &expect->regions[i];
        if (region->offset >= end || region->offset + region->len <= piece->offset)
            continue;
        bool whole = region->offset >= piece->offset && region->offset + region->len <= end;
        size_t used = strlen(piece->name);
        snprintf(piece->name + used, sizeof(piece->name) - used, "%s%s%s", used ? " + " : "",
                 whole ? "" : "part of ", region->name);
    }
}

/* Cut the next piece of `len` bytes, or what is left; the running hash goes on. */
static bool cut(const struct expect *expect, struct crypto_sha256 *hash, size_t offset, size_t len,
                struct piece *piece)
{
    size_t left = offset < expect->len ? expect->len - offset : 0;
    *piece = (struct piece){.offset = offset, .len = len < left ? len : left};
    if (piece->len == 0)
        return false;
    crypto_sha256(expect->data + offset, piece->len, piece->sha256);
    crypto_sha256_update(hash, expect->data + offset, piece->len);
    name_piece(expect, piece);
    return crypto_sha256_peek(hash, piece->digest) == 0;
}

static json_t *json_hex(const uint8_t digest[32])
{
    return json_string(owner_hex64(digest, 32));
}

static json_t *json_launched(const struct launched_region *r)
{
    return r ? json_pack("{s:s, s:I, s:I, s:o, s:o}", "name", r->name, "addr", (json_int_t)r->addr,
                         "len", (json_int_t)r->len, "sha256", json_hex(r->sha256), "launch_digest",
                         json_hex(r->digest))
             : json_null();
}

static json_t *json_piece(const struct piece *p)
{
    return p ? json_pack("{s:s, s:I, s:I, s:o, s:o}", "name", p->name, "offset",
                         (json_int_t)p->offset, "len", (json_int_t)p->len, "sha256",
                         json_hex(p->sha256), "launch_digest", json_hex(p->digest))
             : json_null();
}

static void say_region(unsigned number, const struct launched_region *r, const struct piece *p,
                       bool same)
{
    owner_say("\nregion %u%s\n", number, same ? "" : "  *** DIFFERS ***");
    if (r) {
        owner_say("  launched   %s at 0x%" PRIx64 ", %zu bytes\n",
                  r->name[0] ? r->name : "(no name)", r->addr, r->len);
        owner_say("    sha256   %s\n", owner_hex64(r->sha256, 32));
        owner_say("    digest   %s\n", owner_hex64(r->digest, 32));
    } else {
        owner_say("  launched   nothing\n");
    }
    if (p) {
        owner_say("  expected   %s, %zu bytes\n", p->name, p->len);
        owner_say("    sha256   %s\n", owner_hex64(p->sha256, 32));
        owner_say("    digest   %s\n", owner_hex64(p->digest, 32));
    } else {
        owner_say("  expected   nothing\n");
    }
}

static bool region_same(const struct launched_region *r, const struct piece *p)
{
    return r && p && r->len == p->len && memcmp(r->sha256, p->sha256, 32) == 0;
}

/* Region by region, until neither side has more. */
static void compare(const struct expect *expect, const struct launched *launched)
{
    json_t *list = json_array();
    struct crypto_sha256 *hash = crypto_sha256_new();
    const struct launched_region *first = NULL;
    unsigned first_number = 0, number = 0;
    size_t offset = 0;
    if (!list || !hash)
        goto out;
    for (; number < launched->count || offset < expect->len; number++) {
        const struct launched_region *r =
            number < launched->count ? &launched->regions[number] : NULL;
        struct piece piece;
        bool there = cut(expect, hash, offset, r ? r->len : expect->len, &piece);
        bool same = region_same(r, there ? &piece : NULL);
        say_region(number + 1, r, there ? &piece : NULL, same);
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:b}", "launched", json_launched(r), "expected",
                                        json_piece(there ? &piece : NULL), "same", (int)same));
        if (!same && !first_number) {
            first = r;
            first_number = number + 1;
        }
        offset += r ? r->len : expect->len;
    }
    if (first_number) {
        owner_say("\nThe first region that differs is region %u%s%s.\n", first_number,
                  first && first->name[0] ? ", " : "", first ? first->name : "");
        owner_answer("first_difference", json_integer(first_number));
    }
    owner_answer("regions", json_incref(list));
out:
    crypto_sha256_free(hash);
    json_decref(list);
}

/* The pieces alone, where there is no trace to compare with. */
static void list_expected(const struct expect *expect)
{
    json_t *list = json_array();
    struct crypto_sha256 *hash = crypto_sha256_new();
    for (unsigned i = 0; i < expect->count && list && hash; i++) {
        const struct expect_region *region = &expect->regions[i];
        struct piece piece;
        if (!cut(expect, hash, region->offset, region->len, &piece))
            continue;
        owner_say("\nexpected region %u: %s, %zu bytes\n", i + 1, piece.name, piece.len);
        owner_say("    sha256   %s\n", owner_hex64(piece.sha256, 32));
        owner_say("    digest   %s\n", owner_hex64(piece.digest, 32));
        json_array_append_new(list,
                              json_pack("{s:n, s:o}", "launched", "expected", json_piece(&piece)));
    }
    owner_answer("regions", json_incref(list));
    crypto_sha256_free(hash);
    json_decref(list);
}

static bool fits(const struct expect *expect, const struct measure_input *input)
{
    uint8_t measure[MEASURE_SIZE];
    return !measure_compute(input, expect->tik, measure) &&
           crypto_compare(measure, expect->blob, sizeof(measure)) == 0;
}

/* The numbers of a measurement that are tried. Of the policy, the low byte is. */
enum { NUMBERS = 4 };

static const char *const number_names[NUMBERS] = {"build id", "API minor version",
                                                  "API major version", "policy"};

static void get_numbers(const struct measure_input *input, unsigned numbers[NUMBERS])
{
    numbers[0] = input->build;
    numbers[1] = input->api_minor;
    numbers[2] = input->api_major;
    numbers[3] = input->policy;
}

static bool fits_with(const struct expect *expect, struct measure_input input,
                      const unsigned numbers[NUMBERS])
{
    input.build = (uint8_t)numbers[0];
    input.api_minor = (uint8_t)numbers[1];
    input.api_major = (uint8_t)numbers[2];
    input.policy = numbers[3];
    return fits(expect, &input);
}

/* `which`: a bit for each number that `found` has and `given` has not. */
static void hint(json_t *hints, const char *content, const unsigned found[NUMBERS],
                 const unsigned given[NUMBERS], unsigned which)
{
    char text[320];
    size_t used = (size_t)snprintf(text, sizeof(text), "the measurement is right%s for", content);
    const char *joint = "";

    for (unsigned i = 0; i < NUMBERS; i++) {
        if (!(which >> i & 1) || used >= sizeof(text))
            continue;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s %u (0x%x), not %u (0x%x)",
                                 joint, number_names[i], found[i], found[i], given[i], given[i]);
        joint = " and";
    }
    owner_say("hint: %s\n", text);
    json_array_append_new(hints, json_string(text));
}

/* Try all values of the numbers `a` and `b`, which may be the same one. */
static bool try_numbers(const struct expect *expect, const struct measure_input *input,
                        unsigned numbers[NUMBERS], unsigned a, unsigned b)
{
    unsigned given[NUMBERS];

    get_numbers(&expect->input, given);
    for (unsigned i = 0; i < 256; i++) {
        for (unsigned k = 0; k < (a == b ? 1u : 256u); k++) {
            memcpy(numbers, given, sizeof(given));
            numbers[b] = (given[b] & ~0xffu) | k;
            numbers[a] = (given[a] & ~0xffu) | i;
            if (numbers[a] != given[a] && fits_with(expect, *input, numbers))
                return true;
        }
    }
    return false;
}

/* Find the number that, changed alone, makes the measurement right for this content, or else the two
 * numbers: an owner who has the version of another firmware has two of them wrong. */
static void search(const struct expect *expect, const uint8_t digest[32], const char *content)
{
    struct measure_input input = expect->input;
    unsigned given[NUMBERS], found[NUMBERS];
    json_t *hints = json_array();

    memcpy(input.launch_digest, digest, sizeof(input.launch_digest));
    get_numbers(&expect->input, given);
    for (unsigned a = 0; a < NUMBERS && hints; a++) {
        if (try_numbers(expect, &input, found, a, a))
            hint(hints, content, found, given, 1u << a);
    }
    for (unsigned a = 0; a < NUMBERS && hints && !json_array_size(hints); a++) {
        for (unsigned b = a + 1; b < NUMBERS && !json_array_size(hints); b++) {
            if (try_numbers(expect, &input, found, a, b))
                hint(hints, content, found, given, 1u << a | 1u << b);
        }
    }
    owner_answer("hints", hints);
}

void explain_cause(const char *cause, const char *sentence)
{
    owner_say("\n%s\n", sentence);
    owner_answer("cause", json_string(cause));
}

void explain(const struct expect *expect, const struct launched *launched, bool same)
{
    const struct measure_input *input = &expect->input;
    const uint8_t *digest =
        launched ? launched->regions[launched->count - 1].digest : input->launch_digest;
    bool content = memcmp(digest, input->launch_digest, 32) == 0;
    struct measure_input as_launched = *input;
    memcpy(as_launched.launch_digest, digest, 32);

    owner_say("digest       %s (expected)\n", owner_hex64(input->launch_digest, 32));
    if (launched) {
        owner_say("digest       %s (launched, says the trace)\n", owner_hex64(digest, 32));
        owner_answer_hex("launched_digest", digest, 32);
    }
    if (launched && expect->data)
        compare(expect, launched);
    else if (expect->data)
        list_expected(expect);

    if (same)
        explain_cause("none", "The measurement is the expected one.");
    else if (launched && fits(expect, &as_launched))
        explain_cause("content",
                      "TIK, policy, API version and build are right: the content differs.");
    else if (launched && content)
        explain_cause("context", "The content is right: TIK, policy, API version or build differ.");
    else if (launched)
        explain_cause("both",
                      "The content differs, and TIK, policy, API version or build do, too (or "
                      "the trace is of another launch).");
    else
        explain_cause("unknown",
                      "Content, TIK, policy, API version or build differ; with the trace of "
                      "the launch (--trace) more can be said.");
    if (!same)
        search(expect, digest,
               content ? "" : ", with the launched content in place of the expected,");
}
