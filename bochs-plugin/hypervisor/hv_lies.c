/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When the lying hypervisor lies. See hv_lies.h; what it does is where the truth would be: hv_exit.c,
 * hv_ghcb_msr.c, hv_psc.c, hv_vcpu.c; and in hv_lies_snp.c.
 */
#include "hv_lies.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hv_random.h"

/* clang-format off */
static const struct {
    const char *name, *words;
} kinds[HV_LIES] = {
    [HV_LIE_WRONG_CPUID] = {"wrong-cpuid", "a bit of a CPUID answer is inverted"},
    [HV_LIE_WRONG_CBIT] = {"wrong-cbit", "CPUID 8000001Fh shows another C-bit position"},
    [HV_LIE_WRONG_MSR] = {"wrong-msr", "a bit of an RDMSR answer is inverted"},
    [HV_LIE_WRONG_PORT] = {"wrong-port", "a bit of a port's value is inverted"},
    [HV_LIE_WRONG_MMIO] = {"wrong-mmio", "a bit of an MMIO read is inverted"},
    [HV_LIE_WRONG_VERSION] = {"wrong-version", "only version 3 of the GHCB protocol is offered"},
    [HV_LIE_DROP_EXIT] = {"drop-exit", "the request is not executed, and reported as done"},
    [HV_LIE_REPEAT_EXIT] = {"repeat-exit", "the request is executed twice"},
    [HV_LIE_STALE_GHCB] = {"stale-ghcb", "the request is executed, and nothing is written to the GHCB"},
    [HV_LIE_SHORT_SCRATCH] = {"short-scratch", "only the first half of the scratch area is written"},
    [HV_LIE_CLEAR_VALID] = {"clear-valid", "no field of the answer is marked valid"},
    [HV_LIE_EXTRA_VALID] = {"extra-valid", "every field of the GHCB is marked valid"},
    [HV_LIE_ERROR_RESERVED] = {"error-reserved", "SW_EXITINFO1 is 3, which is reserved"},
    [HV_LIE_REFUSE] = {"refuse", "the request is executed, and reported as an invalid input"},
    [HV_LIE_INJECT_GP] = {"inject-gp", "the answer asks the guest to raise #GP"},
    [HV_LIE_INJECT_VC] = {"inject-vc", "the answer asks the guest to raise #VC"},
    [HV_LIE_INJECT_DF] = {"inject-df", "the answer asks the guest to raise #DF"},
    [HV_LIE_EVIL_JUMP_TABLE] = {"evil-jump-table", "the address of the AP jump table is one page too high"},
    [HV_LIE_EARLY_SIPI] = {"early-sipi", "an AP reset hold ends as if a SIPI had come"},
    [HV_LIE_LOST_SIPI] = {"lost-sipi", "a SIPI is dropped"},
    [HV_LIE_REFUSE_GHCB] = {"refuse-ghcb", "the registration of a GHCB is refused"},
    [HV_LIE_PSC_LIE] = {"psc-lie", "a page state is not changed, and reported as changed"},
    [HV_LIE_PSC_PARTIAL] = {"psc-partial", "the second half of a page state change is not executed, and reported as done"},
    [HV_LIE_WRONG_RESPONSE] = {"wrong-response", "a bit of a response of the secure processor is inverted"},
    [HV_LIE_OLD_RESPONSE] = {"old-response", "the response to the request before is returned"},
    [HV_LIE_REMAP] = {"remap", "another page of the host is mapped there, and assigned to the guest"},
    [HV_LIE_WITHDRAW] = {"withdraw", "the page is taken from the guest, and assigned to it again"},
    [HV_LIE_OTHER_ASID] = {"other-asid", "the page is assigned to another guest"},
    [HV_LIE_IMMUTABLE] = {"immutable", "the page is made immutable"},
    [HV_LIE_DOUBLE_MAP] = {"double-map", "a page that the guest has at another address is mapped there too"},
    [HV_LIE_SIZE_MISMATCH] = {"size-mismatch", "2 MiB are mapped around a page whose RMP entry is of 4 KiB"},
    [HV_LIE_DMA] = {"dma", "a device writes to the page"},
    [HV_LIE_HOST_WRITE] = {"host-write", "the hypervisor writes to the page"},
    [HV_LIE_VMSA_SWAP] = {"vmsa-swap", "the CPU starts from a VMSA that another CPU runs"},
    [HV_LIE_VMSA_OLD] = {"vmsa-old", "the CPU starts from the VMSA that it ran before"},
    [HV_LIE_VMSA_PAGE] = {"vmsa-page", "the CPU starts from a page that is no VMSA"},
    [HV_LIE_AP_TWICE] = {"ap-twice", "a second CPU starts from the same VMSA"},
};
/* clang-format on */

const char *hv_lie_name(enum hv_lie lie)
{
    return kinds[lie].name;
}

const char *hv_lie_words(enum hv_lie lie)
{
    return kinds[lie].words;
}

/* --- the list --- */

/* Return the kind with a name of `len` bytes, HV_LIES if there is none. */
static unsigned find(const char *name, size_t len)
{
    unsigned kind = 0;

    while (kind < HV_LIES &&
           (strlen(kinds[kind].name) != len || strncmp(kinds[kind].name, name, len) != 0))
        kind++;
    return kind;
}

/* Read "7" or "~7". Return the length, 0 if it is neither. */
static size_t read_when(const char *text, enum hv_lie_when *when, uint64_t *n)
{
    const char *digits = text + (*text == '~');
    char *end;

    if (!isdigit((unsigned char)*digits))
        return 0;
    errno = 0;
    *n = strtoull(digits, &end, 10);
    *when = *text == '~' ? HV_LIE_WITHIN : HV_LIE_AT;
    return !errno && *n >= 1 && *n <= UINT32_MAX ? (size_t)(end - text) : 0;
}

bool hv_lies_parse(const char *list, struct hv_lies *lies)
{
    static const char between[] = ", ";
    struct hv_lies got = {0};

    for (list += strspn(list, between); *list; list += strspn(list, between)) {
        size_t len = strcspn(list, ", @");
        unsigned kind = find(list, len);

        if (kind == HV_LIES || got.kinds[kind].when != HV_LIE_NEVER)
            return false;
        list += len;
        got.kinds[kind].when = HV_LIE_ALWAYS;
        if (*list == '@') {
            len = read_when(list + 1, &got.kinds[kind].when, &got.kinds[kind].n);
            list += len + 1;
            if (!len || (*list && !strchr(between, *list)))
                return false;
        }
    }
    *lies = got;
    return true;
}

/* --- a guest that runs --- */

void hv_liar_init(struct hv_liar *liar, const struct hv_lies *lies, uint64_t seed)
{
    memset(liar, 0, sizeof(*liar));
    liar->lies = *lies;
    liar->random = seed;
    for (unsigned kind = 0; kind < HV_LIES; kind++)
        liar->any |= lies->kinds[kind].when != HV_LIE_NEVER;
    for (unsigned kind = 0; kind < HV_LIES; kind++)
        if (lies->kinds[kind].when == HV_LIE_WITHIN)
            liar->at[kind] = 1 + hv_random(&liar->random) % lies->kinds[kind].n;
        else
            liar->at[kind] = lies->kinds[kind].n;
}

bool hv_liar_strikes(struct hv_liar *liar, enum hv_lie lie)
{
    bool strikes;

    if (!liar->any)
        return false;
    liar->seen[lie]++;
    strikes = liar->lies.kinds[lie].when == HV_LIE_ALWAYS ||
              (liar->lies.kinds[lie].when != HV_LIE_NEVER && liar->seen[lie] == liar->at[lie]);
    liar->count[lie] += strikes;
    return strikes;
}

unsigned hv_liar_random(struct hv_liar *liar, unsigned n)
{
    return (unsigned)(hv_random(&liar->random) % n);
}
