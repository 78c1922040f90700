/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: a guest with SEV-ES or SEV-SNP that sends anything to the built-in hypervisor: GHCB
 * pages, values of the GHCB MSR, INIT, SIPI, NMIs, interrupts, in any order on four CPUs, with and
 * without lies; with SEV-SNP also nested page faults.
 *
 * Sources: the contracts of bochs-plugin/hypervisor/hv_es.h and hv_ops.h; the machine of
 * es_machine.h checks each access. After each step it is checked that
 *   - a request changes nothing but the answer in its GHCB and its scratch area
 *   - an answer of a hypervisor that does not lie is complete
 *   - a CPU that the hypervisor lets run does run, and the others wait
 *   - nothing changes any more after the machine has ended
 *   - a page that the hypervisor reads or writes is not assigned to the guest (es_machine.h,
 *     snp_machine.h); its own memory is never assigned to the guest
 *   - a saved hypervisor is accepted, and restored it is the same; a changed one is refused, or it
 *     can be saved again
 *
 * Input: a byte for the version of the protocol, lies and SEV-SNP, then steps; each is a byte for what
 * happens and on which CPU, then its parameters.
 */
#include "fuzz.h"

#include <string.h>

#include "es_machine.h"
#include "snp_machine.h"
#include "protocol/exit_code.h"

#define STEPS 48u

static const uint8_t *input;
static size_t input_left;
static struct es_machine m;
static struct hv *hv;
static struct hv_guest *guest;
static unsigned version;
static bool lies, snp;

static uint8_t next8(void)
{
    uint8_t v = 0;

    fuzz_take(&input, &input_left, &v, 1);
    return v;
}

static uint64_t next64(void)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++)
        v = v << 8 | next8();
    return v;
}

/* A number that is often interesting. */
static uint64_t number(uint64_t page)
{
    uint8_t kind = next8();

    switch (kind % 8) {
    case 0:
        return kind / 8;
    case 1:
        return page + GHCB_SHARED_BUFFER + next8();
    case 2:
        return page + GHCB_SHARED_BUFFER_END - next8();
    case 3:
        return ES_DEVICE + next8() * 16u;
    case 4:
        return (uint64_t)next8() << 12 | next8();
    case 5:
        return (uint64_t)next8() << 16 | next8();
    case 6:
        return UINT64_MAX - next8();
    default:
        return next64();
    }
}

/* --- what must always hold --- */

/* The request that is being answered. */
static struct {
    bool active, is_page;
    uint64_t page, code, info1, info2, scratch, rax;
} asked;

static bool is_in(uint64_t at, uint64_t begin, uint64_t len)
{
    return at >= begin && at - begin < len;
}

/* Check that a byte may be changed by the request. */
static bool may_change(uint64_t at)
{
    const uint64_t page = asked.page;

    /* A response of the secure processor, and an empty table of certificates. */
    if (snp && (asked.code == EXIT_GUEST_REQUEST || asked.code == EXIT_EXT_GUEST_REQUEST) &&
        (is_in(at, asked.info2, 4096) ||
         (asked.code == EXIT_EXT_GUEST_REQUEST && is_in(at, asked.rax, 24))))
        return true;

    if (is_in(at, page + GHCB_RAX, 8) || is_in(at, page + GHCB_RCX, 24) ||
        is_in(at, page + GHCB_SW_EXITINFO1, 16) || is_in(at, page + GHCB_VALID_BITMAP, 16))
        return true;
    if (version == 2 &&
        !is_in(at, page + GHCB_SHARED_BUFFER, GHCB_SHARED_BUFFER_END - GHCB_SHARED_BUFFER))
        return false;
    if (snp && asked.code == EXIT_PSC)
        return is_in(at, page + GHCB_SHARED_BUFFER, GHCB_SHARED_BUFFER_END - GHCB_SHARED_BUFFER);
    if (asked.code == EXIT_MMIO_READ)
        return is_in(at, asked.scratch, asked.info2) &&
               asked.info2 <= (version == 2 ? 8 : 16 * 4096);
    return asked.code == EXIT_IOIO && (asked.info1 & GHCB_IO_STRING) &&
           (asked.info1 & GHCB_IO_IN) &&
           is_in(at, asked.scratch,
                 asked.info2 * (asked.info1 >> GHCB_IO_SIZE_SHIFT & GHCB_IO_SIZE_MASK));
}

/* Called for each write. Outside a request only the end of a hold is reported, in a GHCB. */
static void check_write(uint64_t gpa, unsigned len)
{
    if (!asked.active) {
        FUZZ_CHECK(gpa % 4096 == GHCB_SW_EXITINFO2 && len == 8);
        return;
    }
    FUZZ_CHECK(asked.is_page);
    for (unsigned i = 0; i < len; i++)
        FUZZ_CHECK(may_change(gpa + i));
}

/* The answer of a hypervisor that does not lie. */
static void check_answer(const uint8_t *ghcb)
{
    uint64_t info1 = ghcb_get(ghcb, GHCB_SW_EXITINFO1), info2 = ghcb_get(ghcb, GHCB_SW_EXITINFO2);
    unsigned valid = 0;

    for (unsigned i = 0; i < GHCB_BITMAP_SIZE; i++)
        valid += (unsigned)__builtin_popcount(ghcb[GHCB_VALID_BITMAP + i]);
    FUZZ_CHECK(valid == 6 && ghcb_valid(ghcb, GHCB_RAX) && ghcb_valid(ghcb, GHCB_RBX) &&
               ghcb_valid(ghcb, GHCB_RCX) && ghcb_valid(ghcb, GHCB_RDX) &&
               ghcb_valid(ghcb, GHCB_SW_EXITINFO1) && ghcb_valid(ghcb, GHCB_SW_EXITINFO2));
    FUZZ_CHECK(info1 <= GHCB_MALFORMED_INPUT);
    FUZZ_CHECK(info1 != GHCB_ISSUE_EXCEPTION || info2 == 0x8000030d);
    FUZZ_CHECK(info1 != GHCB_MALFORMED_INPUT ||
               (info2 >= GHCB_ERR_INVALID_USAGE && info2 <= GHCB_ERR_INVALID_EVENT));
}

static void check_cpus(void)
{
    for (unsigned cpu = 0; cpu < ES_CPUS; cpu++)
        FUZZ_CHECK(hv_es_vcpu_runs(guest, cpu) == !m.waits[cpu]);
}

static uint8_t *saved(size_t *len)
{
    uint8_t *bytes = malloc(hv_es_save_size(hv));

    FUZZ_CHECK(bytes);
    *len = hv_es_save(hv, bytes);
    FUZZ_CHECK(*len == hv_es_save_size(hv));
    return bytes;
}

static void check_save(void)
{
    size_t len, again_len;
    uint8_t *bytes = saved(&len), *again;

    FUZZ_CHECK(!hv_es_check_saved(hv, bytes, len, ES_CPUS));
    hv_es_restore(hv, bytes, len, ES_CPUS);
    again = saved(&again_len);
    FUZZ_CHECK(again_len == len && !memcmp(bytes, again, len));
    free(bytes);
    free(again);
}

/* The hypervisor's memory is never the guest's, but for the launched VMSAs. */
static void check_own_memory(void)
{
    for (uint64_t at = 0; at < HV_MEMORY_SIZE; at += 4096) {
        const struct rmp_entry entry = rmp_get(snp_rmp, HV_MEMORY_BASE + at);

        FUZZ_CHECK(!entry.assigned || !entry.asid || entry.gpa == UINT64_C(0xfffffffff000));
    }
}

/* --- steps --- */

static void vmgexit(unsigned cpu)
{
    const uint64_t msr = hv_es_ghcb_msr(guest, cpu);
    const bool ended = m.stopped[0] != 0;
    const unsigned traced = m.n_trace;

    asked.active = true;
    asked.is_page = !ended && msr && !(msr & GHCB_MSR_INFO_MASK) && msr / 4096 < ES_ROM_PAGE &&
                    !(snp && hv_snp_private(hv, msr));
    if (asked.is_page) {
        asked.page = msr;
        asked.code = ghcb_get(m.ram + msr, GHCB_SW_EXITCODE);
        asked.info1 = ghcb_get(m.ram + msr, GHCB_SW_EXITINFO1);
        asked.info2 = ghcb_get(m.ram + msr, GHCB_SW_EXITINFO2);
        asked.scratch = ghcb_get(m.ram + msr, GHCB_SW_SCRATCH);
        asked.rax = ghcb_get(m.ram + msr, GHCB_RAX);
    }
    hv_es_vmgexit(guest, cpu);
    asked.active = false;
    FUZZ_CHECK((hv_guest_stop_reason(guest) == HV_STOP_ENDED) == (m.stopped[0] != 0));
    if (!snp || !m.stopped[0])
        FUZZ_CHECK(m.n_trace == traced + !ended && (ended || m.record.cpu == cpu));
    if (asked.is_page && !lies && !m.stopped[0])
        check_answer(m.ram + msr);
}

/* A request whose fields are chosen one by one. */
static void request(unsigned cpu)
{
    static const enum ghcb_offset fields[] = {
        GHCB_SW_EXITCODE, GHCB_SW_EXITINFO1, GHCB_SW_EXITINFO2, GHCB_SW_SCRATCH, GHCB_RAX,
        GHCB_RBX,         GHCB_RCX,          GHCB_RDX,          GHCB_CPL,        GHCB_XCR0};
    uint64_t page = (uint64_t)(next8() % ES_PAGES) << 12;
    uint8_t *ghcb = m.ram + page, code = next8();
    uint16_t missing = next8();

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        ghcb_set(ghcb, fields[i], i ? number(page) : 0);
    if (code < exit_codes_count)
        ghcb_put(ghcb, GHCB_SW_EXITCODE, exit_codes[code].code);
    else
        ghcb_put(ghcb, GHCB_SW_EXITCODE, number(page));
    if (missing & 0x80) /* most requests have all */
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
            ghcb_set_valid(ghcb, fields[i], next8() & 1);
    ghcb_put(ghcb, GHCB_USAGE, missing == 0x7f);
    hv_es_set_ghcb_msr(guest, cpu, page);
    vmgexit(cpu);
}

/* What a guest with SEV-SNP does before it uses a page as GHCB. */
static void share(unsigned cpu)
{
    const uint64_t page = (uint64_t)(next8() % ES_PAGES) << 12;

    hv_es_set_ghcb_msr(guest, cpu, UINT64_C(2) << 52 | page | GHCB_MSR_PSC_REQ);
    vmgexit(cpu);
    hv_es_set_ghcb_msr(guest, cpu, page | GHCB_MSR_REG_GPA_REQ);
    vmgexit(cpu);
    hv_es_set_ghcb_msr(guest, cpu, page);
}

/* A nested page fault as the RMP raises it. */
static void fault(unsigned cpu)
{
    const uint8_t how = next8();
    const uint64_t gpa = number(0) % (SNP_COVERED + 0x4000);
    const struct rmp_access access = {.asid = 1,
                                      .snp = true,
                                      .private_ = how & 1,
                                      .needs = how & 2 ? RMP_WRITE : RMP_READ,
                                      .gpa = gpa};
    const enum rmp_check check = rmp_check(snp_rmp, gpa, &access);
    const struct hv_snp_fault nested = {gpa, how & 1, how & 2, check, how & 4, 0};

    if (check == RMP_NOT_VALIDATED || (check == RMP_PASSED && !hv_snp_private(hv, gpa)) ||
        m.stopped[0])
        return;
    if (hv_snp_resolve(guest, cpu, &nested) && check != RMP_PASSED)
        FUZZ_CHECK(rmp_check(snp_rmp, gpa, &access) != check);
}

/* Bytes anywhere in memory, then the request that is there. */
static void scribble(unsigned cpu)
{
    uint64_t at = (uint64_t)next8() << 12 | (uint64_t)next8() << 4;
    unsigned n = next8();

    for (unsigned i = 0; i < n && at + i < ES_RAM_SIZE; i++)
        m.ram[at + i] = next8();
    hv_es_set_ghcb_msr(guest, cpu, at & ~UINT64_C(0xfff));
    vmgexit(cpu);
}

static void restore_changed(void)
{
    size_t len;
    uint8_t *bytes = saved(&len);
    unsigned n = next8() % 4;

    for (unsigned i = 0; i < n; i++)
        bytes[(next8() << 8 | next8()) % len] ^= next8();
    len -= next8() % 8 == 1;
    if (!hv_es_check_saved(hv, bytes, len, ES_CPUS)) {
        hv_es_restore(hv, bytes, len, ES_CPUS);
        for (unsigned cpu = 0; cpu < ES_CPUS; cpu++)
            m.waits[cpu] = !hv_es_vcpu_runs(guest, cpu);
    }
    free(bytes);
}

static void step(void)
{
    uint8_t what = next8();
    unsigned cpu = what >> 6;

    if ((what & 15) <= 7 && m.waits[cpu])
        return; /* it executes nothing */
    switch (what & 15) {
    case 0:
    case 1:
    case 2:
    case 3:
        request(cpu);
        break;
    case 4:
        scribble(cpu);
        break;
    case 5:
        hv_es_set_ghcb_msr(guest, cpu, number(0));
        vmgexit(cpu);
        break;
    case 6:
        hv_es_set_ghcb_msr(guest, cpu, (next64() & ~GHCB_MSR_INFO_MASK) | next8());
        vmgexit(cpu);
        break;
    case 7:
        if (snp)
            share(cpu);
        else
            vmgexit(cpu);
        break;
    case 8:
    case 9:
        hv_es_init(guest, cpu);
        break;
    case 10:
    case 11:
        hv_es_sipi(guest, cpu, next8());
        break;
    case 12:
        (void)hv_es_nmi(guest, cpu);
        break;
    case 13:
        if (snp)
            fault(cpu);
        else
            hv_es_interrupt(guest, cpu);
        break;
    default:
        restore_changed();
    }
}

/* --- */

static void power_on(uint8_t how)
{
    struct hv_es_config config = {.max_version = 1 + how % 2, .cbit_pos = 47, .seed = how};

    version = config.max_version;
    lies = how & 2;
    snp = how & 4;
    if (snp)
        version = config.max_version = 2;
    for (unsigned kind = 0; lies && kind < HV_LIES; kind++) {
        config.lies.kinds[kind].when = (enum hv_lie_when)(next8() % (HV_LIE_WITHIN + 1));
        config.lies.kinds[kind].n = 1 + next8() % 8;
    }
    if (snp) {
        static const char *const policies[] = {"", "assign:eager psc_2m:split",
                                               "psc_chunk:1 contents:zero assign_size:4k",
                                               "ghcb_unregistered:serve psc_2m:refuse"};

        guest = snp_power_on(&m, policies[how >> 3 & 3], "");
        hv = snp_hv;
    } else {
        hv = hv_new(es_ops(), &m);
        FUZZ_CHECK(hv);
        guest = hv_guest(hv, 0);
        es_power_on(&m, guest, version);
    }
    m.written = check_write;
    snp_calls.lies = snp && lies;
    hv_es_configure(guest, &config);
    hv_es_start(guest, ES_CPUS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = data;
    input_left = size;
    power_on(next8());
    for (unsigned i = 0; i < STEPS && input_left; i++) {
        step();
        check_cpus();
        if (i % 16 == 0)
            check_save();
    }
    if (snp) {
        check_own_memory();
        snp_free();
    } else {
        hv_free(hv);
    }
    return 0;
}
