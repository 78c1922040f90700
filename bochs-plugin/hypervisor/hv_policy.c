/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of host policies. See hv_policy.h; what each does is in hv_snp.c, hv_psc.c, hv_exit.c,
 * hv_ghcb_msr.c, hv_launch_snp.c and hv_request.c.
 */
#include "hv_policy.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 3u

/* A policy has words or a number. Its first word is the default; a policy with a number has at most
 * one word, which is HV_POLICY_NO_NUMBER, or else `preset` is the default. */
/* clang-format off */
static const struct {
    const char *name, *words[WORDS_MAX];
    bool number;
    uint64_t least, most, multiple, preset;
    const char *help;
} rows[HV_POLICIES] = {
    [HV_POLICY_IMPLICIT_PSC] = {"implicit_psc", {"convert", "stop"}, .help = "convert or stop"},
    [HV_POLICY_ASSIGN] = {"assign", {"lazy", "eager"}, .help = "lazy or eager"},
    [HV_POLICY_ASSIGN_SIZE] = {"assign_size", {"2m", "4k"}, .help = "2m or 4k"},
    [HV_POLICY_CONTENTS] = {"contents", {"inplace", "zero", "random"}, .help = "inplace, zero or random"},
    [HV_POLICY_PSC_CHUNK] = {"psc_chunk", {"all"}, true, 1, 253, 1, HV_POLICY_NO_NUMBER, "all or a number from 1 to 253"},
    [HV_POLICY_PSC_2M] = {"psc_2m", {"take", "split", "refuse"}, .help = "take, split or refuse"},
    [HV_POLICY_GHCB_UNREGISTERED] = {"ghcb_unregistered", {"stop", "serve"}, .help = "stop or serve"},
    [HV_POLICY_GHCB_PREFERRED] = {"ghcb_preferred", {"none"}, true, 0, (UINT64_C(1) << 36) - 4096, 4096, HV_POLICY_NO_NUMBER,
                                  "none or the address of a page below 2^36"},
    [HV_POLICY_FEATURES] = {"features", {0}, true, 0, (UINT64_C(1) << 52) - 1, 1, 3, "a number of 52 bits, e.g. 0x3 (SNP and AP creation)"},
    [HV_POLICY_CPUID_PAGE] = {"cpuid_page", {"exact", "extra", "wrong"}, .help = "exact, extra or wrong"},
    [HV_POLICY_REQUEST_BUSY] = {"request_busy", {0}, true, 0, 1000, 1, 0, "a number from 0 to 1000"},
};
/* clang-format on */

const char *hv_policy_name(enum hv_policy policy)
{
    return rows[policy].name;
}

const char *hv_policy_words(enum hv_policy policy)
{
    return rows[policy].help;
}

void hv_policies_init(struct hv_policies *policies)
{
    for (unsigned i = 0; i < HV_POLICIES; i++)
        policies->values[i] = rows[i].preset;
}

/* Return the policy whose name is the first `len` bytes of a text, HV_POLICIES if there is none. */
static unsigned find(const char *name, size_t len)
{
    unsigned i = 0;

    while (i < HV_POLICIES && (strlen(rows[i].name) != len || memcmp(rows[i].name, name, len) != 0))
        i++;
    return i;
}

static bool read_word(unsigned policy, const char *text, size_t len, uint64_t *value)
{
    for (unsigned i = 0; i < WORDS_MAX && rows[policy].words[i]; i++)
        if (strlen(rows[policy].words[i]) == len && memcmp(rows[policy].words[i], text, len) == 0) {
            *value = rows[policy].number ? HV_POLICY_NO_NUMBER : i;
            return true;
        }
    return false;
}

/* Decimal, or hexadecimal with 0x. */
static bool read_number(unsigned policy, const char *text, size_t len, uint64_t *value)
{
    char *end;

    if (!rows[policy].number || !isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *value = strtoull(text, &end, text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
    return !errno && end == text + len && *value >= rows[policy].least &&
           *value <= rows[policy].most && *value % rows[policy].multiple == 0;
}

const char *hv_policies_parse(const char *list, struct hv_policies *policies)
{
    static const char between[] = ", ";
    struct hv_policies got;
    bool seen[HV_POLICIES] = {false};

    hv_policies_init(&got);
    for (list += strspn(list, between); *list; list += strspn(list, between)) {
        size_t len = strcspn(list, ", :");
        unsigned policy = find(list, len);

        if (policy == HV_POLICIES)
            return "has an unknown name";
        if (seen[policy])
            return "has a name twice";
        seen[policy] = true;
        list += len;
        if (*list != ':')
            return "has a name without a value";
        list++;
        len = strcspn(list, between);
        if (!read_word(policy, list, len, &got.values[policy]) &&
            !read_number(policy, list, len, &got.values[policy]))
            return "has a wrong value";
        list += len;
    }
    *policies = got;
    return NULL;
}
