/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Explain a launch digest of a SEV-SNP guest; see explain_snp.h.
 *
 * The digest is a chain over the pages of the launch, so the first page after which the two chains
 * differ is the first wrong one.
 *
 * Source: protocol/snp_digest.h.
 */
#include "explain_snp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"
#include "protocol/snp_digest.h"
#include "sev_abi.h"

/* Pages that are printed one by one. */
#define PRINTED_MAX 8u

/* --- page by page --- */

static const struct launched_page *launched_at(const struct launched_pages *launched, unsigned i)
{
    return i < launched->count ? &launched->pages[i] : NULL;
}

static const struct expect_snp_page *expected_at(const struct expect_snp *expect, unsigned i)
{
    return i < expect->count ? &expect->pages[i] : NULL;
}

static bool same_page(const struct launched_page *l, const struct expect_snp_page *e)
{
    return l && e && l->gpa == e->gpa && strcmp(l->type, snp_digest_type_name(e->type)) == 0 &&
           (!snp_digest_measures(e->type) ||
            (l->hashed && memcmp(l->sha384, e->sha384, sizeof(e->sha384)) == 0));
}

/* `sha384` is NULL for a page whose contents are not measured. */
static void say_side(const char *side, const char *type, uint64_t gpa, const char *name,
                     const uint8_t *sha384)
{
    owner_say("  %s   %s at 0x%" PRIx64 "%s%s\n", side, type, gpa, *name ? ", " : "", name);
    if (sha384)
        owner_say("    sha384   %s\n", owner_hex64(sha384, EXPECT_SNP_DIGEST));
}

static void say_page(unsigned number, const struct launched_page *l,
                     const struct expect_snp_page *e)
{
    owner_say("\npage %u  *** DIFFERS ***\n", number);
    if (l)
        say_side("launched", l->type, l->gpa, l->name, l->hashed ? l->sha384 : NULL);
    else
        owner_say("  launched   nothing\n");
    if (e)
        say_side("expected", snp_digest_type_name(e->type), e->gpa, "",
                 snp_digest_measures(e->type) ? e->sha384 : NULL);
    else
        owner_say("  expected   nothing\n");
}

/* Which part of the launch the first wrong page is of. */
static void say_part(const struct expect_snp *expect, const struct launched_pages *launched,
                     unsigned first)
{
    const struct launched_page *l = launched_at(launched, first - 1);
    const struct expect_snp_page *e = expected_at(expect, first - 1);

    if ((!l || strcmp(l->type, "VMSA") == 0) && (!e || e->type == SNP_PAGE_VMSA))
        owner_say(
            "\nThe firmware is the expected one. The CPUs differ: their number, their model or "
            "SEV_FEATURES.\n");
    else
        owner_say("\nThe first page that differs is page %u%s%s.\n", first,
                  l && *l->name ? ", " : "", l ? l->name : "");
}

static void compare(const struct expect_snp *expect, const struct launched_pages *launched)
{
    const unsigned n = launched->count > expect->count ? launched->count : expect->count;
    unsigned first = 0, different = 0;

    owner_say("pages        %u launched, %u expected\n", launched->count, expect->count);
    for (unsigned i = 0; i < n; i++) {
        const struct launched_page *l = launched_at(launched, i);
        const struct expect_snp_page *e = expected_at(expect, i);

        if (same_page(l, e))
            continue;
        if (!first)
            first = i + 1;
        if (++different <= PRINTED_MAX)
            say_page(i + 1, l, e);
    }
    if (different > PRINTED_MAX)
        owner_say("\nand %u more pages differ\n", different - PRINTED_MAX);
    owner_answer("pages", json_pack("{s:I, s:I}", "launched", (json_int_t)launched->count,
                                    "expected", (json_int_t)expect->count));
    owner_answer("different_pages", json_integer(different));
    if (first) {
        say_part(expect, launched, first);
        owner_answer("first_difference", json_integer(first));
    }
}

void explain_snp(const struct expect_snp *expect, const uint8_t measurement[EXPECT_SNP_DIGEST],
                 const struct launched_pages *launched)
{
    const uint8_t *expected = expect->pages[expect->count - 1].digest;
    const uint8_t *digest = launched ? launched->pages[launched->count - 1].digest : NULL;

    if (digest) {
        owner_say("launched     %s (says the trace)\n", owner_hex64(digest, EXPECT_SNP_DIGEST));
        owner_answer_hex("launched_digest", digest, EXPECT_SNP_DIGEST);
        compare(expect, launched);
    }
    if (memcmp(measurement, expected, EXPECT_SNP_DIGEST) == 0)
        explain_cause("none", "The measurement is the expected one.");
    else if (!digest)
        explain_cause("unknown",
                      "Firmware, kernel or CPUs differ; with the trace of the launch (--trace) "
                      "more can be said.");
    else if (memcmp(measurement, digest, EXPECT_SNP_DIGEST) == 0)
        explain_cause("content", "The pages that were launched differ from the expected ones.");
    else
        explain_cause("trace",
                      "The trace is of another launch: its digest is not this measurement.");
}

/* --- what else the owner may have meant --- */

/* A launch that is tried. */
struct guess {
    const uint8_t *before; /* the digest before the first VMSA */
    struct vmsa_start start;
    uint32_t ap_eip;
};

/* The number of CPUs for which the digest is `wanted`; 0 for none. */
static unsigned cpus_that_fit(const struct guess *guess, const uint8_t wanted[EXPECT_SNP_DIGEST])
{
    const unsigned most = guess->ap_eip ? EXPECT_SNP_GUESSED_CPUS : 1;
    const struct snp_digest_page page = {.type = SNP_PAGE_VMSA, .gpa = SNP_VMSA_GPA};
    uint8_t digest[EXPECT_SNP_DIGEST], vmsa[VMSA_SIZE];
    struct vmsa_start start = guess->start;

    memcpy(digest, guess->before, sizeof(digest));
    for (unsigned cpus = 1; cpus <= most; cpus++) {
        start.reset_eip = cpus == 1 ? VMSA_BSP_EIP : guess->ap_eip;
        if (cpus <= 2)
            vmsa_build(vmsa, &start);
        snp_digest_add(digest, &page, vmsa);
        if (memcmp(digest, wanted, sizeof(digest)) == 0)
            return cpus;
    }
    return 0;
}

struct hints {
    json_t *list;
    const struct expect_snp *expected;
};

static void hint(struct hints *hints, const struct guess *guess, const char *model, unsigned cpus,
                 const char *kernel)
{
    const struct expect_snp *expected = hints->expected;
    char text[256];
    int used = snprintf(text, sizeof(text), "the measurement is right for");

    if (cpus != expected->cpus)
        used += snprintf(text + used, sizeof(text) - (size_t)used, " --num-cpus %u,", cpus);
    if (guess->start.signature != expected->start.signature)
        used += snprintf(text + used, sizeof(text) - (size_t)used, " --vcpu-type %s,", model);
    if (guess->start.sev_features != expected->start.sev_features)
        used += snprintf(text + used, sizeof(text) - (size_t)used,
                         " --guest-features 0x%" PRIx64 ",", guess->start.sev_features);
    used += snprintf(text + used, sizeof(text) - (size_t)used, "%s", kernel);
    if (text[used - 1] == ',')
        text[used - 1] = '\0';
    owner_say("hint: %s\n", text);
    json_array_append_new(hints->list, json_string(text));
}

/* SEV_FEATURES that hosts give: with and without debug swap, and what QEMU's fields add (Linux
 * arch/x86/include/asm/svm.h SVM_SEV_FEAT_*). Bit 0 is SNP, which is always there. */
static const uint64_t features[] = {0x1, 0x21, 0x5, 0x25, 0x9, 0x29, 0x201, 0x221};
#define N_FEATURES (sizeof(features) / sizeof(features[0]))

/* Try each of the features for one CPU model. */
static void try_model(struct hints *hints, struct guess guess, const char *model,
                      const uint8_t wanted[EXPECT_SNP_DIGEST], const char *kernel)
{
    for (unsigned i = 0; i < N_FEATURES; i++) {
        unsigned cpus;

        guess.start.sev_features = features[i];
        cpus = cpus_that_fit(&guess, wanted);
        if (cpus)
            hint(hints, &guess, model, cpus, kernel);
    }
}

/* Try the given CPU model and all others; those with one signature are one. */
static void try_models(struct hints *hints, const uint8_t *before,
                       const uint8_t wanted[EXPECT_SNP_DIGEST], const char *kernel)
{
    const uint32_t given = hints->expected->start.signature;
    struct guess guess = {before, hints->expected->start, hints->expected->ap_eip};
    uint32_t signature, last = given;
    const char *model;

    try_model(hints, guess, "", wanted, kernel);
    for (unsigned i = 0; (model = vcpu_type(i, &signature)); i++) {
        if (signature == last || signature == given)
            continue;
        last = guess.start.signature = signature;
        try_model(hints, guess, model, wanted, kernel);
    }
}

/* The digest before the first VMSA. NULL if a VMSA is the first page, which cannot be. */
static const uint8_t *before_vmsas(const struct expect_snp *snp)
{
    unsigned i = snp->count;

    while (i && snp->pages[i - 1].type == SNP_PAGE_VMSA)
        i--;
    return i ? snp->pages[i - 1].digest : NULL;
}

void explain_snp_search(const struct expect *expect, const struct expect_snp *snp,
                        const uint8_t measurement[EXPECT_SNP_DIGEST])
{
    struct hints hints = {json_array(), snp};
    struct expect_snp without = {.mode = snp->mode, .features = snp->features};
    struct expect no_kernel = *expect;
    uint8_t digest[EXPECT_SNP_DIGEST];

    if (hints.list && snp->mode == EXPECT_MODE_SNP)
        try_models(&hints, before_vmsas(snp), measurement, "");
    no_kernel.kernel = no_kernel.initrd = no_kernel.cmdline = NULL;
    if (hints.list && expect->kernel && snp->mode == EXPECT_MODE_SNP &&
        !expect_snp(&no_kernel, &without, digest))
        try_models(&hints, before_vmsas(&without), measurement, " a launch without kernel hashes");
    expect_snp_free(&without);
    owner_answer("hints", hints.list);
}
