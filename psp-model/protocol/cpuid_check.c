/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The check of a CPUID page; see cpuid_page.h.
 *
 * Source: QEMU target/i386/sev.c sev_snp_mask_cpuid_features() and Linux arch/x86/kvm/svm/sev.c
 * sev_gmem_post_populate(): the processor refuses values that it does not have, and writes its own
 * into the page. The rule for each register is a choice of this model: which leaf means what is
 * AMD's and Intel's, and Linux's arch/x86/kvm/cpuid.c __do_cpuid_func() has the same list.
 */
#include "cpuid_page.h"

#include <stdbool.h>

/* What a register of a leaf may say. */
enum rule {
    FREE,    /* anything: topology, caches, names, what the hypervisor chooses */
    EXACT,   /* what the processor says */
    SUBSET,  /* a set of features: none that the processor lacks */
    AT_MOST, /* a number: not more than the processor's */
    BYTES,   /* the same for each byte */
    CBIT,    /* bits 5:0 exact (position of the C-bit), bits 11:6 free */
};

#define ANY 0xffffffffu

/* In this order: the first row that fits a leaf counts. */
static const struct leaf_rule {
    uint32_t first, last, subleaf;
    enum rule rules[CPUID_REGISTERS];
    uint32_t free_bits[CPUID_REGISTERS]; /* of a SUBSET: bits that software changes */
} leaf_rules[] = {
    /* clang-format off */
    { 0x0, 0x0, ANY, { AT_MOST, EXACT, EXACT, EXACT }, { 0 } },
    /* OSXSAVE, hypervisor; APIC */
    { 0x1, 0x1, ANY, { FREE, FREE, SUBSET, SUBSET }, { 0, 0, 0x88000000u, 0x200 } },
    { 0x2, 0x5, ANY, { FREE, FREE, FREE, FREE }, { 0 } },
    { 0x6, 0x6, ANY, { SUBSET, FREE, SUBSET, SUBSET }, { 0 } },
    /* OSPKE */
    { 0x7, 0x7, 0, { AT_MOST, SUBSET, SUBSET, SUBSET }, { 0, 0, 0x10, 0 } },
    { 0x7, 0x7, ANY, { SUBSET, SUBSET, SUBSET, SUBSET }, { 0 } },
    { 0xb, 0xb, ANY, { FREE, FREE, FREE, FREE }, { 0 } },
    { 0xd, 0xd, 0, { SUBSET, EXACT, AT_MOST, SUBSET }, { 0 } },
    { 0xd, 0xd, 1, { SUBSET, EXACT, SUBSET, SUBSET }, { 0 } },
    { 0xd, 0xd, ANY, { EXACT, EXACT, SUBSET, FREE }, { 0 } },
    { 0x1f, 0x1f, ANY, { FREE, FREE, FREE, FREE }, { 0 } },
    /* The hypervisor's own. */
    { 0x40000000u, 0x4fffffffu, ANY, { FREE, FREE, FREE, FREE }, { 0 } },
    { 0x80000000u, 0x80000000u, ANY, { AT_MOST, EXACT, EXACT, EXACT }, { 0 } },
    { 0x80000001u, 0x80000001u, ANY, { FREE, FREE, SUBSET, SUBSET }, { 0, 0, 0, 0x200 } },
    { 0x80000002u, 0x80000006u, ANY, { FREE, FREE, FREE, FREE }, { 0 } },
    { 0x80000007u, 0x80000007u, ANY, { SUBSET, SUBSET, FREE, SUBSET }, { 0 } },
    { 0x80000008u, 0x80000008u, ANY, { BYTES, SUBSET, FREE, FREE }, { 0 } },
    { 0x8000000au, 0x8000000au, ANY, { AT_MOST, AT_MOST, SUBSET, SUBSET }, { 0 } },
    { 0x80000019u, 0x80000019u, ANY, { FREE, FREE, FREE, FREE }, { 0 } },
    { 0x8000001au, 0x8000001cu, ANY, { SUBSET, SUBSET, SUBSET, SUBSET }, { 0 } },
    { 0x8000001du, 0x8000001eu, ANY, { FREE, FREE, FREE, FREE }, { 0 } },
    { 0x8000001fu, 0x8000001fu, ANY, { SUBSET, CBIT, FREE, FREE }, { 0 } },
    { 0x80000020u, 0x80000022u, ANY, { SUBSET, FREE, SUBSET, SUBSET }, { 0 } },
    { 0x80000026u, 0x80000026u, ANY, { FREE, FREE, FREE, FREE }, { 0 } },
    /* clang-format on */
};

static const struct leaf_rule *find(uint32_t leaf, uint32_t subleaf)
{
    for (unsigned i = 0; i < sizeof(leaf_rules) / sizeof(leaf_rules[0]); i++) {
        const struct leaf_rule *rule = &leaf_rules[i];

        if (leaf >= rule->first && leaf <= rule->last &&
            (rule->subleaf == ANY || rule->subleaf == subleaf))
            return rule;
    }
    return NULL;
}

/* What the page may have in a register: `given` if it is allowed. */
static uint32_t allowed(enum rule rule, uint32_t free_bits, uint32_t given, uint32_t real)
{
    uint32_t result = 0;

    switch (rule) {
    case FREE:
        return given;
    case EXACT:
        return real;
    case SUBSET:
        return given & (real | free_bits);
    case AT_MOST:
        return given <= real ? given : real;
    case BYTES:
        for (unsigned shift = 0; shift < 32; shift += 8) {
            uint32_t g = given >> shift & 0xff, r = real >> shift & 0xff;

            result |= (g <= r ? g : r) << shift;
        }
        return result;
    case CBIT:
        return (given & 0xfc0) | (real & 0x3f) | (given & real & ~0xfffu);
    }
    return 0;
}

unsigned cpuid_page_check(struct cpuid_page *page, cpuid_lookup *lookup, void *ctx)
{
    unsigned wrong = 0;

    for (uint32_t i = 0; i < page->count; i++) {
        struct cpuid_row *row = &page->rows[i];
        const struct leaf_rule *rule = find(row->leaf, row->subleaf);
        uint32_t real[CPUID_REGISTERS] = {0};
        bool same = true;

        if (rule)
            lookup(ctx, row->leaf, row->subleaf, row->xcr0, row->xss, real);
        for (unsigned r = 0; r < CPUID_REGISTERS; r++) {
            uint32_t given = row->result[r];

            row->result[r] = rule ? allowed(rule->rules[r], rule->free_bits[r], given, real[r]) : 0;
            same = same && row->result[r] == given;
        }
        wrong += !same;
    }
    return wrong;
}
