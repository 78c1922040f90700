/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Save and restore what the hypervisor keeps of a guest with SEV-SNP. The RMP is saved elsewhere, and
 * so are the launched VMSAs. The host policies are those of the program that restores.
 *
 * Layout, a choice of this model, little endian: flags u32 (1 SNP_INIT_EX is done, 2 SNP_DF_FLUSH is
 * done, 4 a page is mapped twice, 8 2 MiB are mapped around small entries, both by lies); address of the
 * context page u64; SEV_FEATURES u64; state of the generator u64; eight counters u64; number of CPUs u32, for each: address of the registered GHCB u64, address of its own VMSA u64,
 * address of the VMSA for the next INIT u64; number of runs of shared pages u32, for each: first page
 * u32, pages u32; with flag 4: guest address u64, address of the page that is mapped there u64; with
 * flag 8: guest address of the 2 MiB u64. A guest that is being launched is not saved.
 */
#include <errno.h>
#include <string.h>

#include "hv_es_priv.h"
#include "hv_snp_priv.h"
#include "protocol/buf.h"

#define HEAD_SIZE (4u + 8u + 8u + 8u + 8u * 8u)
#define CPU_SIZE  (8u + 8u + 8u)
#define RUN_SIZE  8u

enum { FLAG_INITIALIZED = 1, FLAG_FLUSHED = 2, FLAG_DOUBLE = 4, FLAG_LARGE = 8 };

static bool is_shared(const struct hv_snp *snp, uint64_t page)
{
    return snp->shared[page / 8] >> page % 8 & 1;
}

/* Find the next run of shared pages from *first on. Return its length, 0 if there is none. */
static uint64_t next_run(const struct hv_snp *snp, uint64_t *first)
{
    uint64_t end;

    while (*first < HV_GUEST_PAGES && !is_shared(snp, *first))
        *first += *first % 8 == 0 && !snp->shared[*first / 8] ? 8 : 1;
    if (*first >= HV_GUEST_PAGES)
        return 0;
    for (end = *first; end < HV_GUEST_PAGES && is_shared(snp, end);)
        end++;
    return end - *first;
}

static uint32_t count_runs(const struct hv_snp *snp)
{
    uint32_t n = 0;

    for (uint64_t first = 0, len; (len = next_run(snp, &first)) != 0; first += len)
        n++;
    return n;
}

size_t hv_snp_save_size(const struct hv *hv)
{
    if (!hv->snp)
        return 0;
    return HEAD_SIZE + 4 + (size_t)hv->es[0].cpus * CPU_SIZE + 4 +
           (size_t)count_runs(hv->snp) * RUN_SIZE + (hv->snp->has_double ? 16u : 0u) +
           (hv->snp->has_large ? 8u : 0u);
}

static uint32_t flags_of(const struct hv_snp *snp)
{
    return (snp->initialized ? FLAG_INITIALIZED : 0u) | (snp->flushed ? FLAG_FLUSHED : 0u) |
           (snp->has_double ? FLAG_DOUBLE : 0u) | (snp->has_large ? FLAG_LARGE : 0u);
}

/* The counters, in the order of the layout. */
static uint64_t *counter(struct hv_snp_stats *stats, unsigned i)
{
    uint64_t *const all[8] = {&stats->to_private,          &stats->to_shared,
                              &stats->implicit_to_private, &stats->implicit_to_shared,
                              &stats->assigned_4k,         &stats->assigned_2m,
                              &stats->unassigned,          &stats->smashed};

    return all[i];
}

size_t hv_snp_save(const struct hv *hv, uint8_t *out)
{
    const struct hv_es *es = &hv->es[0];
    struct hv_snp *snp = hv->snp;
    struct buf b = buf_writer(out, hv_snp_save_size(hv));

    buf_put32(&b, flags_of(snp));
    buf_put64(&b, hv->guests[0].context);
    buf_put64(&b, snp->sev_features);
    buf_put64(&b, snp->random);
    for (unsigned i = 0; i < 8; i++)
        buf_put64(&b, *counter(&snp->stats, i));
    buf_put32(&b, es->cpus);
    for (unsigned cpu = 0; cpu < es->cpus; cpu++) {
        buf_put64(&b, es->vcpus[cpu].registered);
        buf_put64(&b, es->vcpus[cpu].vmsa_gpa);
        buf_put64(&b, es->vcpus[cpu].init_vmsa);
    }
    buf_put32(&b, count_runs(snp));
    for (uint64_t first = 0, len; (len = next_run(snp, &first)) != 0; first += len) {
        buf_put32(&b, (uint32_t)first);
        buf_put32(&b, (uint32_t)len);
    }
    if (snp->has_double) {
        buf_put64(&b, snp->double_gpa);
        buf_put64(&b, snp->double_spa);
    }
    if (snp->has_large)
        buf_put64(&b, snp->large_gpa);
    return b.pos;
}

/* --- restore --- */

static const char *check_head(struct buf *b)
{
    const uint32_t flags = buf_get32(b);
    const uint64_t context = buf_get64(b);

    if (flags & ~(uint32_t)(FLAG_INITIALIZED | FLAG_FLUSHED | FLAG_DOUBLE | FLAG_LARGE))
        return "a flag is unknown";
    if (context && (context % HV_PAGE_SIZE || context < HV_MEMORY_BASE ||
                    context >= HV_MEMORY_BASE + HV_MEMORY_SIZE))
        return "the context page is not in the hypervisor's memory";
    buf_skip(b, HEAD_SIZE - 12);
    return NULL;
}

static const char *check_cpus(struct buf *b, unsigned cpus)
{
    const uint32_t n = buf_get32(b); /* 0: the guest was never started */

    if (n && n != cpus)
        return "the number of CPUs differs";
    for (unsigned cpu = 0; cpu < n; cpu++) {
        const uint64_t ghcb = buf_get64(b), vmsa = buf_get64(b), init_vmsa = buf_get64(b);

        if (ghcb % HV_PAGE_SIZE || vmsa % HV_PAGE_SIZE || init_vmsa % HV_PAGE_SIZE)
            return "the state of a CPU is impossible";
    }
    return NULL;
}

static const char *check_runs(struct buf *b)
{
    uint32_t n = buf_get32(b);
    uint64_t end = 0;

    while (n-- && buf_ok(b)) {
        const uint64_t first = buf_get32(b), len = buf_get32(b);

        if ((end && first <= end) || !len || first + len > HV_GUEST_PAGES)
            return "the shared pages are impossible";
        end = first + len;
    }
    return NULL;
}

static const char *check_mappings(struct buf *b, uint32_t flags)
{
    const uint64_t double_gpa = flags & FLAG_DOUBLE ? buf_get64(b) : 0;
    const uint64_t double_spa = flags & FLAG_DOUBLE ? buf_get64(b) : 0;
    const uint64_t large_gpa = flags & FLAG_LARGE ? buf_get64(b) : 0;

    if (double_gpa % HV_PAGE_SIZE || double_spa % HV_PAGE_SIZE || large_gpa % HV_LARGE_SIZE)
        return "a mapping is impossible";
    return NULL;
}

const char *hv_snp_check_saved(const uint8_t *in, size_t len, unsigned cpus)
{
    struct buf b = buf_reader(in, len), head = b;
    const uint32_t flags = buf_get32(&head);
    const char *wrong = check_head(&b);

    if (!wrong)
        wrong = check_cpus(&b, cpus);
    if (!wrong)
        wrong = check_runs(&b);
    if (!wrong)
        wrong = check_mappings(&b, flags);
    if (!wrong && !buf_done(&b))
        wrong = "the length is wrong";
    return wrong;
}

static void get_runs(struct buf *b, struct hv *hv)
{
    uint32_t n = buf_get32(b);

    memset(hv->snp->shared, 0, HV_GUEST_PAGES / 8);
    while (n--) {
        const uint64_t first = buf_get32(b), len = buf_get32(b);

        for (uint64_t page = first; page < first + len; page++)
            hv_snp_set_private(hv, page * HV_PAGE_SIZE, false);
    }
}

int hv_snp_restore(struct hv *hv, const uint8_t *in, size_t len)
{
    struct hv_guest *guest = &hv->guests[0];
    struct hv_es *es = &hv->es[0];
    struct buf b = buf_reader(in, len);
    const uint32_t flags = buf_get32(&b);
    const uint64_t context = buf_get64(&b);
    uint32_t cpus;

    hv_memory_free(&hv->memory, guest->context, HV_PAGE_SIZE);
    guest->context = 0;
    if (context && !hv_memory_alloc_at(&hv->memory, context, HV_PAGE_SIZE))
        return -ENOMEM;
    guest->context = context;
    hv->snp->initialized = flags & FLAG_INITIALIZED;
    hv->snp->flushed = flags & FLAG_FLUSHED;
    hv->snp->sev_features = buf_get64(&b);
    hv->snp->random = buf_get64(&b);
    for (unsigned i = 0; i < 8; i++)
        *counter(&hv->snp->stats, i) = buf_get64(&b);
    cpus = buf_get32(&b);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        es->vcpus[cpu].registered = buf_get64(&b);
        es->vcpus[cpu].vmsa_gpa = buf_get64(&b);
        es->vcpus[cpu].init_vmsa = buf_get64(&b);
    }
    get_runs(&b, hv);
    hv->snp->has_double = flags & FLAG_DOUBLE;
    hv->snp->double_gpa = flags & FLAG_DOUBLE ? buf_get64(&b) : 0;
    hv->snp->double_spa = flags & FLAG_DOUBLE ? buf_get64(&b) : 0;
    hv->snp->has_large = flags & FLAG_LARGE;
    hv->snp->large_gpa = flags & FLAG_LARGE ? buf_get64(&b) : 0;
    return 0;
}
