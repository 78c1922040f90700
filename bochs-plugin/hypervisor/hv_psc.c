/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Page state changes that a guest with SEV-SNP asks for, by the GHCB page or by the GHCB MSR.
 *
 * Source: Linux arch/x86/kvm/svm/sev.c snp_begin_psc(), snp_begin_psc_msr(), __snp_complete_one_psc();
 * arch/x86/include/asm/sev-common.h struct psc_hdr, struct psc_entry, VMGEXIT_PSC_ERROR_*. Choices of
 * this model: entries must be in the shared buffer of the GHCB; a page of 2 MiB of which a part fails
 * is reported as not done at all, as KVM does for a range.
 */
#include "hv_es_priv.h"
#include "hv_snp_priv.h"
#include "protocol/buf.h"

#define HEADER_SIZE 8u
#define ENTRY_SIZE  8u
#define ENTRIES_MAX 253u

enum { OP_PRIVATE = 1, OP_SHARED = 2 };

/* SW_EXITINFO2 */
#define ERROR_HEADER  (UINT64_C(1) << 32 | 1)
#define ERROR_ENTRY   (UINT64_C(1) << 32 | 2)
#define ERROR_GENERIC (UINT64_C(0x100) << 32)

/* The buffer: current entry u16, last entry u16, 4 zero bytes, entries. */
struct psc {
    uint8_t *bytes;
    unsigned current, last;
};

struct entry {
    unsigned done; /* pages of 4 KiB */
    uint64_t gpa;
    unsigned op;
    bool is_2m;
};

static struct entry get_entry(const struct psc *psc)
{
    struct buf b = buf_reader(psc->bytes + HEADER_SIZE + psc->current * ENTRY_SIZE, ENTRY_SIZE);
    const uint64_t word = buf_get64(&b);

    return (struct entry){word & 0xfff, word & UINT64_C(0xffffffffff000), word >> 52 & 0xf,
                          word >> 56 & 1};
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* Bits 11:0 of the entry have how many pages are done. */
static void put_done(struct psc *psc, unsigned done)
{
    uint8_t *at = psc->bytes + HEADER_SIZE + psc->current * ENTRY_SIZE;

    put16(at, (at[1] & 0xf0u) << 8 | done);
}

static void log_failure(struct hv_guest *guest, unsigned cpu, uint64_t gpa, const char *wrong)
{
    hv_es_log(guest, cpu, "page state change: guest address %#llx: %s", (unsigned long long)gpa,
              wrong);
}

/* --- one entry --- */

/* The rest of a page of 2 MiB, page by page. */
static const char *convert_rest(struct hv_guest *guest, struct psc *psc, const struct entry *entry,
                                bool small)
{
    const unsigned pages = entry->is_2m ? HV_LARGE_PAGES : 1;
    const char *wrong = NULL;

    for (unsigned page = entry->done; !wrong && page < pages; page++) {
        const uint64_t gpa = entry->gpa + (uint64_t)page * HV_PAGE_SIZE;

        wrong = hv_snp_convert(guest, gpa, false, entry->op == OP_PRIVATE);
        if (!wrong && small && entry->op == OP_PRIVATE)
            wrong = hv_snp_assign_small(guest, gpa);
        if (!wrong)
            put_done(psc, page + 1);
    }
    return wrong;
}

static uint64_t do_entry(struct hv_exit *exit, struct psc *psc)
{
    const struct entry entry = get_entry(psc);
    const unsigned pages = entry.is_2m ? HV_LARGE_PAGES : 1;
    const uint64_t large = exit->guest->hv->snp->policies.values[HV_POLICY_PSC_2M];
    const char *wrong = NULL;

    if (entry.done > pages || entry.gpa % ((uint64_t)pages * HV_PAGE_SIZE) ||
        (entry.is_2m && large == HV_PSC_2M_REFUSE))
        return ERROR_ENTRY;
    if (entry.op == OP_PRIVATE || entry.op == OP_SHARED) {
        if (hv_exit_lie(exit, HV_LIE_PSC_LIE))
            wrong = NULL;
        else if (entry.is_2m && !entry.done && large == HV_PSC_2M_TAKE)
            wrong = hv_snp_convert(exit->guest, entry.gpa, true, entry.op == OP_PRIVATE);
        else
            wrong = convert_rest(exit->guest, psc, &entry, entry.is_2m);
    }
    if (wrong) {
        log_failure(exit->guest, exit->cpu, entry.gpa, wrong);
        return ERROR_GENERIC;
    }
    put_done(psc, pages);
    return 0;
}

/* --- the request --- */

static uint64_t do_entries(struct hv_exit *exit, struct psc *psc)
{
    uint64_t left = exit->guest->hv->snp->policies.values[HV_POLICY_PSC_CHUNK];
    const unsigned half = psc->current + (psc->last - psc->current) / 2;
    uint64_t error = 0;

    for (; !error && psc->current <= psc->last && left; left--) {
        if (psc->current > half && psc->last > half && hv_exit_lie(exit, HV_LIE_PSC_PARTIAL)) {
            psc->current = psc->last + 1;
            break;
        }
        error = do_entry(exit, psc);
        if (!error)
            psc->current++;
    }
    put16(psc->bytes, psc->current);
    return error;
}

/* The buffer begins at the scratch area. It ends with the shared buffer of the GHCB, whatever
 * SW_EXITINFO2 says. */
void hv_answer_psc(struct hv_exit *exit)
{
    struct psc psc = {.bytes = hv_exit_scratch(exit, exit->info2)};
    const uint64_t size = exit->gpa + GHCB_SHARED_BUFFER_END - exit->scratch; /* of the buffer */
    struct buf b;

    if (!psc.bytes)
        return;
    b = buf_reader(psc.bytes, size < HEADER_SIZE ? 0 : HEADER_SIZE);
    psc.current = buf_get16(&b);
    psc.last = buf_get16(&b);
    if (!buf_ok(&b) || psc.last >= ENTRIES_MAX ||
        HEADER_SIZE + (psc.last + 1) * ENTRY_SIZE > size) {
        exit->result2 = ERROR_HEADER;
        return;
    }
    if (psc.current > psc.last)
        return;
    exit->result2 = do_entries(exit, &psc);
    if (!hv_es_write(exit->guest, exit->scratch, psc.bytes,
                     HEADER_SIZE + (psc.last + 1) * ENTRY_SIZE))
        hv_answer_error(exit, GHCB_ERR_INVALID_SCRATCH_AREA);
}

uint64_t hv_psc_msr(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    static const uint64_t error = UINT64_C(1) << 63 | GHCB_MSR_PSC_RESP;
    const unsigned op = value >> 52 & 0xf;
    const uint64_t gpa = value & UINT64_C(0xffffffffff000);
    const char *wrong;

    if (op != OP_PRIVATE && op != OP_SHARED)
        return error;
    if (hv_es_lie(guest, cpu, HV_LIE_PSC_LIE, "page state change request"))
        return GHCB_MSR_PSC_RESP;
    wrong = hv_snp_convert(guest, gpa, false, op == OP_PRIVATE);
    if (!wrong)
        return GHCB_MSR_PSC_RESP;
    log_failure(guest, cpu, gpa, wrong);
    return error;
}
