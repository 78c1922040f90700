/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The GHCB page protocol: a table of the exits that a guest may send, and what each does.
 *
 * Sources: Linux arch/x86/kvm/svm/sev.c sev_es_sync_from_ghcb(), sev_es_validate_vmgexit(),
 * setup_vmgexit_scratch(), sev_handle_vmgexit(), sev_es_string_io(), sev_es_sync_to_ghcb();
 * arch/x86/kvm/svm/svm.c dr_interception(), svm_complete_emulated_msr(). Choices of this model,
 * where KVM ends the machine or has no answer: RDTSC and RDTSCP are answered as EDK2
 * OvmfPkg/Library/CcExitLib expects it; RDPMC gives #GP, for there are no counters; a scratch area
 * that is no memory, or longer than INT_MAX, is an invalid scratch area; an I/O size of 3, 5, 6 or
 * 7 bytes is an invalid input.
 */
#include <string.h>

#include "hv_es_priv.h"

#define MSR_TSC     0x10u
#define MSR_TSC_AUX 0xc0000103u

/* Linux include/uapi/linux/kvm_para.h KVM_EPERM, KVM_ENOSYS. */
#define KVM_EPERM  1
#define KVM_ENOSYS 1000

/* What must be valid in the GHCB. */
enum need {
    NEED_RAX = 0x01,
    NEED_RCX = 0x02,
    NEED_RDX = 0x04,
    NEED_CPL = 0x08,
    NEED_SCRATCH = 0x10,
    NEED_XCR0 = 0x20,
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
};

/* --- answers --- */

static void respond(struct hv_exit *exit, enum ghcb_response response, uint64_t data)
{
    exit->result1 = response;
    exit->result2 = data;
}

static void fail(struct hv_exit *exit, enum ghcb_error error)
{
    respond(exit, GHCB_MALFORMED_INPUT, error);
}

/* KVM gives no error code: Linux svm_vmgexit_inject_exception(). */
static void raise_gp(struct hv_exit *exit)
{
    static const uint64_t gp_vector = 13;

    respond(exit, GHCB_ISSUE_EXCEPTION, GHCB_EVENT_VALID | GHCB_EVENT_EXCEPTION | gp_vector);
}

/* --- the scratch area --- */

/* Check the scratch area of `len` bytes and return a copy of it. NULL: the error is the answer. */
static uint8_t *scratch(struct hv_exit *exit, uint64_t len)
{
    const uint64_t begin = exit->scratch, end = begin + len;
    uint8_t *copy = exit->guest->hv->scratch;

    if (!begin || end < begin)
        goto invalid;
    if ((begin & ~GHCB_MSR_INFO_MASK) == exit->gpa) {
        if (begin < exit->gpa + GHCB_SHARED_BUFFER || end > exit->gpa + GHCB_SHARED_BUFFER_END)
            goto invalid;
        return exit->page + (begin - exit->gpa);
    }
    if (exit->es->config.max_version < 2 && len <= HV_SCRATCH_MAX &&
        hv_es_read(exit->guest, begin, copy, len))
        return copy;
invalid:
    fail(exit, GHCB_ERR_INVALID_SCRATCH_AREA);
    return NULL;
}

static void write_scratch(struct hv_exit *exit, const uint8_t *data, uint64_t len)
{
    if (!hv_es_write(exit->guest, exit->scratch, data, len))
        fail(exit, GHCB_ERR_INVALID_SCRATCH_AREA);
}

/* --- instructions --- */

static void nothing(struct hv_exit *exit)
{
    (void)exit;
}

static unsigned cpuid_needs(const struct hv_exit *exit)
{
    return exit->rax == 0xd ? NEED_XCR0 : 0;
}

static void cpuid(struct hv_exit *exit)
{
    const struct hv *hv = exit->guest->hv;
    uint32_t regs[4];

    hv->ops.cpuid(hv->machine, exit->cpu, (uint32_t)exit->rax, (uint32_t)exit->rcx,
                  exit->vcpu->xcr0, regs);
    exit->rax = regs[0];
    exit->rbx = regs[1];
    exit->rcx = regs[2];
    exit->rdx = regs[3];
}

static bool msr_access(struct hv_exit *exit, uint32_t index, uint64_t *value, bool write)
{
    const struct hv *hv = exit->guest->hv;

    return hv->ops.msr(hv->machine, exit->cpu, index, value, write);
}

static unsigned msr_needs(const struct hv_exit *exit)
{
    return exit->info1 ? NEED_RAX | NEED_RDX : 0;
}

static void msr(struct hv_exit *exit)
{
    bool write = exit->info1 != 0;
    uint64_t value = write ? exit->rdx << 32 | (uint32_t)exit->rax : 0;

    if (!msr_access(exit, (uint32_t)exit->rcx, &value, write)) {
        raise_gp(exit);
    } else if (!write) {
        exit->rax = (uint32_t)value;
        exit->rdx = value >> 32;
    }
}

static void rdpmc(struct hv_exit *exit)
{
    raise_gp(exit);
}

static void rdtsc(struct hv_exit *exit)
{
    uint64_t tsc = 0, aux = 0;

    if (!msr_access(exit, MSR_TSC, &tsc, false) ||
        (exit->code == EXIT_RDTSCP && !msr_access(exit, MSR_TSC_AUX, &aux, false))) {
        raise_gp(exit);
        return;
    }
    exit->rax = (uint32_t)tsc;
    exit->rdx = tsc >> 32;
    if (exit->code == EXIT_RDTSCP)
        exit->rcx = (uint32_t)aux;
}

/* The machine offers no hypercalls. */
static void vmmcall(struct hv_exit *exit)
{
    exit->rax = 0 - (uint64_t)(exit->cpl ? KVM_EPERM : KVM_ENOSYS);
}

static void wbinvd(struct hv_exit *exit)
{
    const struct hv *hv = exit->guest->hv;

    hv->ops.wbinvd(hv->machine);
}

/* --- port I/O --- */

static unsigned io_needs(const struct hv_exit *exit)
{
    if (exit->info1 & GHCB_IO_STRING)
        return NEED_SCRATCH;
    return exit->info1 & GHCB_IO_IN ? 0 : NEED_RAX;
}

static uint32_t port_access(struct hv_exit *exit, unsigned size, uint32_t value)
{
    const struct hv *hv = exit->guest->hv;
    uint16_t port = (uint16_t)(exit->info1 >> GHCB_IO_PORT_SHIFT);

    if (exit->info1 & GHCB_IO_IN)
        return hv->ops.port_in(hv->machine, exit->cpu, port, size);
    hv->ops.port_out(hv->machine, exit->cpu, port, size, value);
    return value;
}

/* A value of `size` bytes. */
static uint32_t low(uint64_t value, unsigned size)
{
    return (uint32_t)(value & (UINT64_MAX >> (64 - 8 * size)));
}

static uint32_t get_element(const uint8_t *at, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = size; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static void put_element(uint8_t *at, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* INS and OUTS: SW_EXITINFO2 elements, in order, are in the scratch area. */
static void string_io(struct hv_exit *exit, unsigned size)
{
    uint64_t len;
    uint8_t *data;

    if (!exit->info2)
        return;
    if (exit->info2 > INT32_MAX) {
        fail(exit, GHCB_ERR_INVALID_SCRATCH_AREA);
        return;
    }
    len = exit->info2 * size;
    data = scratch(exit, len);
    if (!data)
        return;
    for (uint64_t i = 0; i < len; i += size)
        put_element(data + i, size, port_access(exit, size, get_element(data + i, size)));
    if (exit->info1 & GHCB_IO_IN)
        write_scratch(exit, data, len);
}

static void io(struct hv_exit *exit)
{
    unsigned size = exit->info1 >> GHCB_IO_SIZE_SHIFT & GHCB_IO_SIZE_MASK;
    uint32_t value;

    if (!size)
        return;
    if (size != 1 && size != 2 && size != 4) {
        fail(exit, GHCB_ERR_INVALID_INPUT);
        return;
    }
    if (exit->info1 & GHCB_IO_STRING) {
        string_io(exit, size);
        return;
    }
    value = low(port_access(exit, size, low(exit->rax, size)), size);
    if (exit->info1 &
        GHCB_IO_IN) /* IN of 1 or 2 bytes keeps the others, of 4 clears the upper half */
        exit->rax = size == 4 ? value : (exit->rax & ~(uint64_t)low(UINT64_MAX, size)) | value;
}

/* --- MMIO --- */

/* One access has at most 8 bytes and does not cross a page. */
static bool mmio_pieces(struct hv_exit *exit, uint8_t *data, uint64_t len)
{
    const struct hv *hv = exit->guest->hv;
    bool write = exit->code == EXIT_MMIO_WRITE;

    for (uint64_t at = 0, n; at < len; at += n) {
        uint64_t gpa = exit->info1 + at, rest = HV_PAGE_SIZE - gpa % HV_PAGE_SIZE;

        n = len - at < 8 ? len - at : 8;
        n = n < rest ? n : rest;
        if (gpa < exit->info1 ||
            !hv->ops.mmio(hv->machine, exit->cpu, gpa, data + at, (unsigned)n, write))
            return false;
    }
    return true;
}

static void mmio(struct hv_exit *exit)
{
    const uint64_t len = exit->info2;
    uint8_t *data;

    if (!len)
        return;
    if (exit->es->config.max_version >= 2 && len > 8) {
        fail(exit, GHCB_ERR_INVALID_INPUT);
        return;
    }
    data = scratch(exit, len);
    if (!data)
        return;
    if (!mmio_pieces(exit, data, len))
        fail(exit, GHCB_ERR_INVALID_INPUT);
    else if (exit->code == EXIT_MMIO_READ)
        write_scratch(exit, data, len);
}

/* --- software exits --- */

static void hold(struct hv_guest *guest, unsigned cpu)
{
    hv_vcpu_hold(guest, cpu, HV_HOLD_PAGE);
}

static void jump_table(struct hv_exit *exit)
{
    if (exit->info1 == 0)
        exit->es->jump_table = exit->info2;
    else if (exit->info1 == 1)
        respond(exit, GHCB_NO_ACTION, exit->es->jump_table);
    else
        fail(exit, GHCB_ERR_INVALID_INPUT);
}

static void features(struct hv_exit *exit)
{
    respond(exit, GHCB_NO_ACTION, HV_FEATURES);
}

static void terminate(struct hv_exit *exit)
{
    exit->stopped = true;
    hv_es_terminate(exit->guest, exit->cpu, exit->info1 & 0xf, exit->info1 >> 4 & 0xff);
}

static void unsupported(struct hv_exit *exit)
{
    exit->stopped = true;
    hv_es_stop(
        exit->guest, exit->cpu,
        "the #VC handler of the guest does not support the exit %#llx (%s), information %#llx",
        (unsigned long long)exit->info1, exit_code_words(exit->info1),
        (unsigned long long)exit->info2);
}

/* --- the table --- */

struct row {
    uint32_t code;
    unsigned need; /* of enum need */
    unsigned (*need_also)(const struct hv_exit *exit);
    void (*answer)(struct hv_exit *exit); /* NULL: only a guest with SNP may send it */
    void (*after)(struct hv_guest *guest, unsigned cpu); /* when the answer is in the GHCB */
};

/* clang-format off */
static const struct row rows[] = {
    {EXIT_READ_DR7,          0,                                0,           nothing,     0},
    {EXIT_WRITE_DR7,         NEED_RAX,                         0,           nothing,     0},
    {EXIT_RDTSC,             0,                                0,           rdtsc,       0},
    {EXIT_RDPMC,             NEED_RCX,                         0,           rdpmc,       0},
    {EXIT_CPUID,             NEED_RAX | NEED_RCX,              cpuid_needs, cpuid,       0},
    {EXIT_INVD,              0,                                0,           nothing,     0},
    {EXIT_IOIO,              0,                                io_needs,    io,          0},
    {EXIT_MSR,               NEED_RCX,                         msr_needs,   msr,         0},
    {EXIT_VMMCALL,           NEED_RAX | NEED_CPL,              0,           vmmcall,     0},
    {EXIT_RDTSCP,            0,                                0,           rdtsc,       0},
    {EXIT_WBINVD,            0,                                0,           wbinvd,      0},
    {EXIT_MONITOR,           NEED_RAX | NEED_RCX | NEED_RDX,   0,           nothing,     0},
    {EXIT_MWAIT,             NEED_RAX | NEED_RCX,              0,           nothing,     0},
    {EXIT_MMIO_READ,         NEED_SCRATCH,                     0,           mmio,        0},
    {EXIT_MMIO_WRITE,        NEED_SCRATCH,                     0,           mmio,        0},
    {EXIT_NMI_COMPLETE,      0,                                0,           nothing,     hv_vcpu_nmi_complete},
    {EXIT_AP_RESET_HOLD,     0,                                0,           nothing,     hold},
    {EXIT_AP_JUMP_TABLE,     0,                                0,           jump_table,  0},
    {EXIT_PSC,               0,                                0,           NULL,        0},
    {EXIT_GUEST_REQUEST,     0,                                0,           NULL,        0},
    {EXIT_EXT_GUEST_REQUEST, 0,                                0,           NULL,        0},
    {EXIT_AP_CREATION,       0,                                0,           NULL,        0},
    {EXIT_HV_FEATURES,       0,                                0,           features,    0},
    {EXIT_TERM_REQUEST,      0,                                0,           terminate,   0},
    {EXIT_UNSUPPORTED_EVENT, 0,                                0,           unsupported, 0},
};
/* clang-format on */

static const struct row *find_row(uint64_t code)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

static bool has_needs(const struct hv_exit *exit, unsigned need)
{
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if ((need & needs[i].bit) && !ghcb_valid(exit->page, needs[i].field))
            return false;
    return true;
}

/* Check a request in KVM's order. NULL: the error is the answer. */
static const struct row *check(struct hv_exit *exit)
{
    const struct row *row = find_row(exit->code);

    if (ghcb_get(exit->page, GHCB_USAGE)) {
        fail(exit, GHCB_ERR_INVALID_USAGE);
        return NULL;
    }
    if (!ghcb_valid(exit->page, GHCB_SW_EXITCODE) || !ghcb_valid(exit->page, GHCB_SW_EXITINFO1) ||
        !ghcb_valid(exit->page, GHCB_SW_EXITINFO2)) {
        fail(exit, GHCB_ERR_MISSING_INPUT);
        return NULL;
    }
    if (!row) {
        fail(exit, GHCB_ERR_INVALID_EVENT);
        return NULL;
    }
    if (!row->answer || !has_needs(exit, row->need) ||
        (row->need_also && !has_needs(exit, row->need_also(exit)))) {
        fail(exit, GHCB_ERR_MISSING_INPUT);
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

/* Write the answer. Only these fields change, for the guest may have written others meanwhile. */
static bool give(const struct hv_exit *exit)
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
    if (!exit->vcpu->reported)
        hv_es_log(exit->guest, exit->cpu,
                  "VMGEXIT without a GHCB: the GHCB MSR is %#llx, which is not the address of RAM",
                  (unsigned long long)exit->gpa);
    exit->vcpu->reported = true;
    trace(exit, "no GHCB");
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
    take(&exit);
    row = check(&exit);
    if (row)
        row->answer(&exit);
    if (!exit.stopped && !give(&exit))
        no_page(&exit);
    else
        trace(&exit, exit_code_words(exit.code));
    if (row && row->after && !exit.stopped)
        row->after(guest, cpu);
}
