/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A lying hypervisor: kinds of false answers that a hostile host can give to a guest with SEV-ES,
 * for the test of #VC handlers, and what it can do to the pages of a guest with SEV-SNP, for the test of
 * the reverse map table. Off by default. With the same guest and the same seed the same lies strike at
 * the same places.
 */
#ifndef SEV_HV_LIES_H
#define SEV_HV_LIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hv_lie {
    HV_LIE_WRONG_CPUID,
    HV_LIE_WRONG_CBIT,
    HV_LIE_WRONG_MSR,
    HV_LIE_WRONG_PORT,
    HV_LIE_WRONG_MMIO,
    HV_LIE_WRONG_VERSION,
    HV_LIE_DROP_EXIT,
    HV_LIE_REPEAT_EXIT,
    HV_LIE_STALE_GHCB,
    HV_LIE_SHORT_SCRATCH,
    HV_LIE_CLEAR_VALID,
    HV_LIE_EXTRA_VALID,
    HV_LIE_ERROR_RESERVED,
    HV_LIE_REFUSE,
    HV_LIE_INJECT_GP,
    HV_LIE_INJECT_VC,
    HV_LIE_INJECT_DF,
    HV_LIE_EVIL_JUMP_TABLE,
    HV_LIE_EARLY_SIPI,
    HV_LIE_LOST_SIPI,
    HV_LIE_REFUSE_GHCB,
    HV_LIE_PSC_LIE,
    HV_LIE_PSC_PARTIAL,
    HV_LIE_WRONG_RESPONSE,
    HV_LIE_OLD_RESPONSE,
    HV_LIE_REMAP,
    HV_LIE_WITHDRAW,
    HV_LIE_OTHER_ASID,
    HV_LIE_IMMUTABLE,
    HV_LIE_DOUBLE_MAP,
    HV_LIE_SIZE_MISMATCH,
    HV_LIE_DMA,
    HV_LIE_HOST_WRITE,
    HV_LIE_VMSA_SWAP,
    HV_LIE_VMSA_OLD,
    HV_LIE_VMSA_PAGE,
    HV_LIE_AP_TWICE,
    HV_LIES,
};

/* When a kind strikes. Opportunities are counted from 1 over all CPUs. */
enum hv_lie_when {
    HV_LIE_NEVER,
    HV_LIE_ALWAYS,
    HV_LIE_AT,     /* opportunity `n` */
    HV_LIE_WITHIN, /* one of the first `n`, which the seed selects */
};

struct hv_lies {
    struct {
        enum hv_lie_when when;
        uint64_t n;
    } kinds[HV_LIES];
};

/* Read a list such as "wrong-cpuid drop-exit@7 inject-vc@~1000": names separated by commas or
 * blanks, each once; @n is one opportunity, @~n one of the first n, nothing is each. n is from 1 to
 * 2^32 - 1. Return false if it is no such list; `lies` is unchanged then. */
bool hv_lies_parse(const char *list, struct hv_lies *lies);

const char *hv_lie_name(enum hv_lie lie);
/* Return what the hypervisor does, as a line in the log says it. */
const char *hv_lie_words(enum hv_lie lie);

/* The lies of a guest that runs. */
struct hv_liar {
    struct hv_lies lies;
    bool any;
    uint64_t random;         /* state of the generator */
    uint64_t at[HV_LIES];    /* the opportunity that HV_LIE_WITHIN selected */
    uint64_t seen[HV_LIES];  /* opportunities so far */
    uint64_t count[HV_LIES]; /* lies so far */
};

void hv_liar_init(struct hv_liar *liar, const struct hv_lies *lies, uint64_t seed);
/* An opportunity for a lie. True: lie now. */
bool hv_liar_strikes(struct hv_liar *liar, enum hv_lie lie);
/* A number below `n`. */
unsigned hv_liar_random(struct hv_liar *liar, unsigned n);

#ifdef __cplusplus
}
#endif
#endif
