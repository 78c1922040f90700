/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The GHCB page protocol: the table of the exits that a guest may send, the checks, and how an
 * answer reaches the page. What each exit does is in hv_answer.c.
 *
 * Sources: Linux arch/x86/kvm/svm/sev.c sev_es_sync_from_ghcb(), sev_es_validate_vmgexit(),
 * sev_handle_vmgexit(), sev_es_sync_to_ghcb().
 */
#include <string.h>

#include "hv_es_priv.h"
#include "hv_snp_priv.h"

/* What must be valid in the GHCB. */
enum need {
    NEED_RAX = 0x01,
    NEED_RCX = 0x02,
    NEED_RDX = 0x04,
    NEED_CPL = 0x08,
    NEED_SCRATCH = 0x10,
    NEED_XCR0 = 0x20,
    NEED_CODE = 0x40,
    NEED_INFO1 = 0x80,
    NEED_INFO2 = 0x100,
    NEED_SNP = 0x200,    /* only a guest with SEV-SNP may send it */
    NEED_REFUSE = 0x400, /* the request is wrong in a way that KVM reports as a missing input */
};

static const struct {
    enum need bit;
    enum ghcb_offset field;
} needs[] = {
    {NEED_RAX, GHCB_RAX},
    {NEED_RCX, GHCB_RCX},
    {NEED_RDX, GHCB_RDX},
    {NEED_CPL, GHCB_CPL},
    {NEED_SCRATCH, GHCB_SW_SCRATCH},
    {NEED_XCR0, GHCB_XCR0},
    {NEED_CODE, GHCB_SW_EXITCODE},
    {NEED_INFO1, GHCB_SW_EXITINFO1},
    {NEED_INFO2, GHCB_SW_EXITINFO2},
};

/* --- the table --- */

static unsigned cpuid_needs(const struct hv_exit *exit)
{
    return exit->rax == 0xd ? NEED_XCR0 : 0;
}

static unsigned msr_needs(const struct hv_exit *exit)
{
    return exit->info1 ? NEED_RAX | NEED_RDX : 0;
}

static unsigned io_needs(const struct hv_exit *exit)
{
    if (exit->info1 & GHCB_IO_STRING)
        return NEED_SCRATCH;
    return exit->info1 & GHCB_IO_IN ? 0 : NEED_RAX;
}

static unsigned ap_needs(const struct hv_exit *exit)
{
    static const uint32_t destroy = 2;

    return (uint32_t)exit->info1 == destroy ? 0 : NEED_RAX;
}

/* A request to the secure processor and the page for its response. */
static unsigned two_pages(const struct hv_exit *exit)
{
    const bool right = exit->info1 % HV_PAGE_SIZE == 0 && exit->info2 % HV_PAGE_SIZE == 0 &&
                       exit->info1 != exit->info2;

    return right ? 0 : NEED_REFUSE;
}

static void hold(struct hv_guest *guest, unsigned cpu)
{
    hv_vcpu_hold(guest, cpu, HV_HOLD_PAGE);
}

struct row {
    uint32_t code;
    unsigned need; /* of enum need */
    unsigned (*need_also)(const struct hv_exit *exit);
    void (*answer)(struct hv_exit *exit);
    void (*after)(struct hv_guest *guest, unsigned cpu); /* when the answer is in the GHCB */
};

/* clang-format off */
static const struct row rows[] = {
    {EXIT_READ_DR7,           0,                               0,           hv_answer_nothing,     0},
    {EXIT_WRITE_DR7,          NEED_RAX,                        0,           hv_answer_nothing,     0},
    {EXIT_RDTSC,              0,                               0,           hv_answer_rdtsc,       0},
    {EXIT_RDPMC,              NEED_RCX,                        0,           hv_answer_rdpmc,       0},
    {EXIT_CPUID,              NEED_RAX | NEED_RCX,             cpuid_needs, hv_answer_cpuid,       0},
    {EXIT_INVD,               0,                               0,           hv_answer_nothing,     0},
    {EXIT_IOIO,               0,                               io_needs,    hv_answer_io,          0},
    {EXIT_MSR,                NEED_RCX,                        msr_needs,   hv_answer_msr,         0},
    {EXIT_VMMCALL,            NEED_RAX | NEED_CPL,             0,           hv_answer_vmmcall,     0},
    {EXIT_RDTSCP,             0,                               0,           hv_answer_rdtsc,       0},
    {EXIT_WBINVD,             0,                               0,           hv_answer_wbinvd,      0},
    {EXIT_MONITOR,            NEED_RAX | NEED_RCX | NEED_RDX,  0,           hv_answer_nothing,     0},
    {EXIT_MWAIT,              NEED_RAX | NEED_RCX,             0,           hv_answer_nothing,     0},
    {EXIT_MMIO_READ,          NEED_SCRATCH,                    0,           hv_answer_mmio,        0},
    {EXIT_MMIO_WRITE,         NEED_SCRATCH,                    0,           hv_answer_mmio,        0},
    {EXIT_NMI_COMPLETE,       0,                               0,           hv_answer_nothing,     hv_vcpu_nmi_complete},
    {EXIT_AP_RESET_HOLD,      0,                               0,           hv_answer_nothing,     hold},
    {EXIT_AP_JUMP_TABLE,      0,                               0,           hv_answer_jump_table,  0},
    {EXIT_PSC,                NEED_SNP | NEED_SCRATCH,         0,           hv_answer_psc,         0},
    {EXIT_GUEST_REQUEST,      NEED_SNP,                        two_pages,   hv_answer_guest_request,     0},
    {EXIT_EXT_GUEST_REQUEST,  NEED_SNP,                        two_pages,   hv_answer_ext_guest_request, 0},
    {EXIT_AP_CREATION,        NEED_SNP,                        ap_needs,    hv_answer_ap_creation, 0},
    {EXIT_HV_FEATURES,        0,                               0,           hv_answer_features,    0},
    {EXIT_TERM_REQUEST,       0,                               0,           hv_answer_terminate,   0},
    {EXIT_UNSUPPORTED_EVENT,  0,                               0,           hv_answer_unsupported, 0},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROWS < HV_EXIT_ROWS_MAX, "a counter for each, and one for others");

unsigned hv_exit_rows(void)
{
    return ROWS;
}

uint64_t hv_exit_row(unsigned index)
{
    return rows[index].code;
}

/* Return the row of an exit, and count it. NULL if there is none. */
static const struct row *find_row(const struct hv_exit *exit)
{
    size_t row = 0;

    while (row < ROWS && rows[row].code != exit->code)
        row++;
    exit->vcpu->counts[row]++;
    return row < ROWS ? &rows[row] : NULL;
}

static bool is_given(const struct hv_exit *exit, enum ghcb_offset field)
{
    struct hv *hv = exit->guest->hv;

    if (ghcb_valid(exit->page, field))
        return true;
    if (hv->ops.field_missing)
        hv->ops.field_missing(hv->machine, exit->cpu, exit->gpa, field, exit->code);
    return false;
}

/* Each missing field is reported, so there is no return in the loop. A request that is refused in any
 * case misses none. */
static bool has_needs(const struct hv_exit *exit, unsigned need)
{
    bool all = true;

    if (need & NEED_REFUSE || (need & NEED_SNP && !exit->guest->snp))
        return false;
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if ((need & needs[i].bit) && !is_given(exit, needs[i].field))
            all = false;
    return all;
}

/* Check a request in KVM's order. NULL: the error is the answer. */
static const struct row *check(struct hv_exit *exit)
{
    const struct row *row = find_row(exit);

    if (ghcb_get(exit->page, GHCB_USAGE)) {
        hv_answer_error(exit, GHCB_ERR_INVALID_USAGE);
        return NULL;
    }
    if (!has_needs(exit, NEED_CODE | NEED_INFO1 | NEED_INFO2)) {
        hv_answer_error(exit, GHCB_ERR_MISSING_INPUT);
        return NULL;
    }
    if (!row) {
        hv_answer_error(exit, GHCB_ERR_INVALID_EVENT);
        return NULL;
    }
    if (!has_needs(exit, row->need) || (row->need_also && !has_needs(exit, row->need_also(exit)))) {
        hv_answer_error(exit, GHCB_ERR_MISSING_INPUT);
        return NULL;
    }
    return row;
}

/* --- the page --- */

static uint64_t if_valid(const uint8_t *page, enum ghcb_offset field)
{
    return ghcb_valid(page, field) ? ghcb_get(page, field) : 0;
}

/* Take the request out of the copied page. */
static void take(struct hv_exit *exit)
{
    const uint8_t *page = exit->page;

    exit->code = ghcb_get(page, GHCB_SW_EXITCODE);
    exit->info1 = ghcb_get(page, GHCB_SW_EXITINFO1);
    exit->info2 = ghcb_get(page, GHCB_SW_EXITINFO2);
    exit->scratch = if_valid(page, GHCB_SW_SCRATCH);
    exit->rax = if_valid(page, GHCB_RAX);
    exit->rbx = if_valid(page, GHCB_RBX);
    exit->rcx = if_valid(page, GHCB_RCX);
    exit->rdx = if_valid(page, GHCB_RDX);
    exit->cpl = (uint8_t)if_valid(page, GHCB_CPL);
    if (ghcb_valid(page, GHCB_XCR0))
        exit->vcpu->xcr0 = ghcb_get(page, GHCB_XCR0);
}

/* Execute a request. What ends the machine, or changes the CPU's state, is no opportunity to lie. */
static void execute(struct hv_exit *exit, const struct row *row)
{
    struct hv_exit again;

    if (row->after || row->answer == hv_answer_terminate || row->answer == hv_answer_unsupported) {
        row->answer(exit);
        return;
    }
    if (hv_exit_lie(exit, HV_LIE_DROP_EXIT))
        return;
    if (hv_exit_lie(exit, HV_LIE_REPEAT_EXIT)) {
        again = *exit;
        row->answer(&again);
    }
    row->answer(exit);
}

/* The lies that look the same for each request. */
static void lie_about_result(struct hv_exit *exit)
{
    static const struct {
        enum hv_lie kind;
        uint64_t result1, result2;
    } lies[] = {
        {HV_LIE_ERROR_RESERVED, 3, 0},
        {HV_LIE_REFUSE, GHCB_MALFORMED_INPUT, GHCB_ERR_INVALID_INPUT},
        {HV_LIE_INJECT_GP, GHCB_ISSUE_EXCEPTION, GHCB_EVENT_VALID | GHCB_EVENT_EXCEPTION | 13},
        {HV_LIE_INJECT_VC, GHCB_ISSUE_EXCEPTION, GHCB_EVENT_VALID | GHCB_EVENT_EXCEPTION | 29},
        {HV_LIE_INJECT_DF, GHCB_ISSUE_EXCEPTION, GHCB_EVENT_VALID | GHCB_EVENT_EXCEPTION | 8},
    };

    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
        if (hv_exit_lie(exit, lies[i].kind)) {
            exit->result1 = lies[i].result1;
            exit->result2 = lies[i].result2;
        }
}

/* Write the answer. Only these fields change, for the guest may have written others meanwhile. */
static bool give(struct hv_exit *exit)
{
    static const struct {
        enum ghcb_offset first;
        unsigned len;
    } parts[] = {
        {GHCB_RAX, 8},
        {GHCB_RCX, 24}, /* and RDX, RBX */
        {GHCB_SW_EXITINFO1, 16},
        {GHCB_VALID_BITMAP, GHCB_BITMAP_SIZE},
    };
    uint8_t answer[GHCB_SIZE];

    ghcb_clear_valid(answer);
    ghcb_set(answer, GHCB_RAX, exit->rax);
    ghcb_set(answer, GHCB_RBX, exit->rbx);
    ghcb_set(answer, GHCB_RCX, exit->rcx);
    ghcb_set(answer, GHCB_RDX, exit->rdx);
    ghcb_set(answer, GHCB_SW_EXITINFO1, exit->result1);
    ghcb_set(answer, GHCB_SW_EXITINFO2, exit->result2);
    if (hv_exit_lie(exit, HV_LIE_STALE_GHCB))
        return true;
    if (hv_exit_lie(exit, HV_LIE_CLEAR_VALID))
        ghcb_clear_valid(answer);
    if (hv_exit_lie(exit, HV_LIE_EXTRA_VALID))
        memset(answer + GHCB_VALID_BITMAP, 0xff, GHCB_BITMAP_SIZE);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (!hv_es_write(exit->guest, exit->gpa + parts[i].first, answer + parts[i].first,
                         parts[i].len))
            return false;
    return true;
}

static void trace(const struct hv_exit *exit, const char *words)
{
    const struct hv_exit_record record = {exit->cpu,   false,         exit->code,    exit->info1,
                                          exit->info2, exit->result1, exit->result2, words};

    hv_es_trace(exit->guest, &record);
}

/* As KVM, let the guest go on: it repeats the request for ever. */
static void no_page(struct hv_exit *exit)
{
    if (!exit->vcpu->reported && hv_snp_private(exit->guest->hv, exit->gpa))
        hv_es_log(exit->guest, exit->cpu,
                  "VMGEXIT without a GHCB: the page at %#llx is private, so the hypervisor cannot "
                  "read it; the guest must change its state to shared first",
                  (unsigned long long)exit->gpa);
    else if (!exit->vcpu->reported)
        hv_es_log(exit->guest, exit->cpu,
                  "VMGEXIT without a GHCB: the GHCB MSR is %#llx, which is not the address of RAM",
                  (unsigned long long)exit->gpa);
    exit->vcpu->reported = true;
    trace(exit, "no GHCB");
}

/* A guest with SEV-SNP registers its GHCB. KVM ends one that uses another. */
static bool registered(const struct hv_exit *exit)
{
    return !exit->guest->snp || exit->gpa == exit->vcpu->registered ||
           exit->guest->hv->snp->policies.values[HV_POLICY_GHCB_UNREGISTERED] ==
               HV_GHCB_UNREGISTERED_SERVE;
}

void hv_exit_page(struct hv_guest *guest, unsigned cpu)
{
    struct hv_es *es = hv_es_of(guest);
    struct hv_exit exit = {.guest = guest, .es = es, .vcpu = &es->vcpus[cpu], .cpu = cpu};
    const struct row *row;

    exit.gpa = exit.vcpu->ghcb_msr;
    if (!exit.gpa || !hv_es_read(guest, exit.gpa, exit.page, GHCB_SIZE)) {
        no_page(&exit);
        return;
    }
    if (!registered(&exit)) {
        hv_es_stop(guest, cpu,
                   "VMGEXIT with the GHCB at %#llx, which is not registered; the guest "
                   "must register it by the GHCB MSR first",
                   (unsigned long long)exit.gpa);
        return;
    }
    take(&exit);
    row = check(&exit);
    if (row)
        execute(&exit, row);
    if (!exit.stopped)
        lie_about_result(&exit);
    if (!exit.stopped && !give(&exit))
        no_page(&exit);
    else
        trace(&exit, exit_code_words(exit.code));
    if (row && row->after && !exit.stopped)
        row->after(guest, cpu);
}
