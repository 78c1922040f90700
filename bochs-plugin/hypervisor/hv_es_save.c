/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Save and restore what the hypervisor keeps of a guest with SEV-ES that runs. The GHCB of a CPU
 * that holds is in the guest's memory, with the answer that no SIPI has come.
 *
 * Layout, a choice of this model, little endian: number of CPUs u32, version of the GHCB protocol
 * u8, C-bit position u8, 0 u16; address of the AP jump table u64; number of requests u32, for each:
 * flags u8 (1 by the MSR, 2 others), code u64; for each CPU: state u8, hold u8, flags u8 (1 first
 * SIPI, 2 NMI masked, 4 NMI kept), 0 u8, GHCB MSR u64, XCR0 u64, a counter u64 for each request;
 * generator of the lies u64, number of kinds u32, for each: when u8, n u64, opportunity u64,
 * opportunities so far u64, lies so far u64.
 */
#include <string.h>

#include "hv_es_priv.h"
#include "protocol/buf.h"

#define HEAD_SIZE    20u
#define REQUEST_SIZE 9u
#define VCPU_SIZE    20u
#define LIE_SIZE     33u
#define ALL_REQUESTS (HV_EXIT_ROWS_MAX + HV_MSR_ROWS_MAX)

enum { FLAG_MSR = 1, FLAG_OTHER = 2 };
enum { FLAG_FIRST_SIPI = 1, FLAG_NMI_MASKED = 2, FLAG_NMI_PENDING = 4 };

/* Only the machine itself, guest 0, runs. */
static struct hv_es *es_of(const struct hv *hv)
{
    return &hv->es[0];
}

/* Where saved bytes are decoded before they are taken over. */
static struct hv_es *checked_of(const struct hv *hv)
{
    return &hv->es[1];
}

size_t hv_es_save_size(const struct hv *hv)
{
    size_t requests = hv_es_requests(), cpus = es_of(hv)->cpus;

    return cpus ? HEAD_SIZE + requests * REQUEST_SIZE + cpus * (VCPU_SIZE + 8 * requests) + 12 +
                      HV_LIES * LIE_SIZE
                : 0;
}

static uint8_t request_flags(const struct hv_request *request)
{
    return (uint8_t)((request->msr_protocol ? FLAG_MSR : 0) | (request->other ? FLAG_OTHER : 0));
}

static void put_vcpu(struct buf *b, const struct hv_vcpu *vcpu)
{
    buf_put8(b, (uint8_t)vcpu->state);
    buf_put8(b, (uint8_t)vcpu->hold);
    buf_put8(b, (uint8_t)((vcpu->first_sipi ? FLAG_FIRST_SIPI : 0) |
                          (vcpu->nmi_masked ? FLAG_NMI_MASKED : 0) |
                          (vcpu->nmi_pending ? FLAG_NMI_PENDING : 0)));
    buf_put8(b, 0);
    buf_put64(b, vcpu->ghcb_msr);
    buf_put64(b, vcpu->xcr0);
    for (unsigned i = 0; i < hv_es_requests(); i++)
        buf_put64(b, vcpu->counts[i]);
}

static void put_liar(struct buf *b, const struct hv_liar *liar)
{
    buf_put64(b, liar->random);
    buf_put32(b, HV_LIES);
    for (unsigned kind = 0; kind < HV_LIES; kind++) {
        buf_put8(b, (uint8_t)liar->lies.kinds[kind].when);
        buf_put64(b, liar->lies.kinds[kind].n);
        buf_put64(b, liar->at[kind]);
        buf_put64(b, liar->seen[kind]);
        buf_put64(b, liar->count[kind]);
    }
}

size_t hv_es_save(const struct hv *hv, uint8_t *out)
{
    const struct hv_es *es = es_of(hv);
    struct buf b = buf_writer(out, hv_es_save_size(hv));

    buf_put32(&b, es->cpus);
    buf_put8(&b, (uint8_t)es->config.max_version);
    buf_put8(&b, (uint8_t)es->config.cbit_pos);
    buf_put16(&b, 0);
    buf_put64(&b, es->jump_table);
    buf_put32(&b, hv_es_requests());
    for (unsigned i = 0; i < hv_es_requests(); i++) {
        struct hv_request request = hv_es_request(i);

        buf_put8(&b, request_flags(&request));
        buf_put64(&b, request.code);
    }
    for (unsigned cpu = 0; cpu < es->cpus; cpu++)
        put_vcpu(&b, &es->vcpus[cpu]);
    put_liar(&b, &es->liar);
    return b.pos;
}

/* --- restore --- */

/* Find the counter of a saved request. One that this program does not have counts as "other". */
static unsigned find_request(uint8_t flags, uint64_t code)
{
    const bool msr = flags & FLAG_MSR;
    const unsigned first = msr ? hv_exit_rows() + 1 : 0,
                   n = msr ? hv_ghcb_msr_rows() : hv_exit_rows();
    unsigned row = 0;

    while (row < n && (msr ? hv_ghcb_msr_row(row) : hv_exit_row(row)) != code)
        row++;
    return first + (flags & FLAG_OTHER ? n : row);
}

/* Check that a CPU can be in such a state. The bootstrap processor runs or holds. */
static bool possible(const struct hv_vcpu *vcpu, unsigned cpu)
{
    bool waits = vcpu->state == HV_VCPU_OFF || vcpu->state == HV_VCPU_INIT;

    if (vcpu->state > HV_VCPU_DESTROYED || vcpu->hold > HV_HOLD_MSR)
        return false;
    if (vcpu->state == HV_VCPU_DESTROYED) /* by AP creation of SEV-SNP: any CPU, at any time */
        return vcpu->hold == HV_HOLD_NONE;
    if (cpu ? !waits && !vcpu->first_sipi : waits || vcpu->first_sipi)
        return false;
    if (vcpu->state == HV_VCPU_OFF && (vcpu->first_sipi || vcpu->nmi_masked))
        return false;
    if (vcpu->state == HV_VCPU_HELD && vcpu->hold == HV_HOLD_NONE)
        return false;
    if (vcpu->hold == HV_HOLD_PAGE && vcpu->ghcb_msr & GHCB_MSR_INFO_MASK)
        return false;
    return vcpu->hold == HV_HOLD_NONE || vcpu->state == HV_VCPU_HELD || vcpu->state == HV_VCPU_INIT;
}

static bool get_vcpu(struct buf *b, struct hv_vcpu *vcpu, unsigned cpu, const uint8_t *rows,
                     unsigned n)
{
    uint8_t flags, zero;

    memset(vcpu, 0, sizeof(*vcpu));
    vcpu->state = (enum hv_vcpu_state)buf_get8(b);
    vcpu->hold = (enum hv_hold)buf_get8(b);
    flags = buf_get8(b);
    zero = buf_get8(b);
    vcpu->first_sipi = flags & FLAG_FIRST_SIPI;
    vcpu->nmi_masked = flags & FLAG_NMI_MASKED;
    vcpu->nmi_pending = flags & FLAG_NMI_PENDING;
    vcpu->ghcb_msr = buf_get64(b);
    vcpu->xcr0 = buf_get64(b);
    for (unsigned i = 0; i < n; i++)
        vcpu->counts[rows[i]] += buf_get64(b);
    return !zero && flags <= 7 && possible(vcpu, cpu);
}

/* The lies are those of now. A kind that is the same as then goes on. */
static bool get_liar(struct buf *b, struct hv_liar *liar, const struct hv_es_config *config)
{
    uint32_t n;

    hv_liar_init(liar, &config->lies, config->seed);
    liar->random = buf_get64(b);
    n = buf_get32(b);
    if (n > HV_LIES)
        return false;
    for (unsigned kind = 0; kind < n; kind++) {
        uint8_t when = buf_get8(b);
        uint64_t limit = buf_get64(b), at = buf_get64(b), seen = buf_get64(b), count = buf_get64(b);

        if (when > HV_LIE_WITHIN || count > seen)
            return false;
        if (when == (uint8_t)liar->lies.kinds[kind].when && limit == liar->lies.kinds[kind].n)
            liar->at[kind] = at;
        liar->seen[kind] = seen;
        liar->count[kind] = count;
    }
    return true;
}

static const char *decode(const struct hv_es_config *config, const uint8_t *in, size_t len,
                          unsigned cpus, struct hv_es *es)
{
    struct buf b = buf_reader(in, len);
    uint8_t rows[ALL_REQUESTS], version, cbit_pos;
    uint32_t n;

    es->config = *config;
    es->cpus = buf_get32(&b);
    version = buf_get8(&b);
    cbit_pos = buf_get8(&b);
    if (es->cpus != cpus)
        return "the number of CPUs differs";
    if (version != config->max_version)
        return "the version of the GHCB protocol differs: see ghcb_max";
    if (buf_get16(&b) || cbit_pos != config->cbit_pos)
        return "the position of the C-bit differs";
    es->jump_table = buf_get64(&b);
    n = buf_get32(&b);
    if (n > ALL_REQUESTS)
        return "the number of requests is impossible";
    for (unsigned i = 0; i < n; i++) {
        uint8_t flags = buf_get8(&b);

        rows[i] = (uint8_t)find_request(flags, buf_get64(&b));
    }
    for (unsigned cpu = 0; cpu < cpus; cpu++)
        if (!get_vcpu(&b, &es->vcpus[cpu], cpu, rows, n))
            return "the state of a CPU is impossible";
    if (!get_liar(&b, &es->liar, config))
        return "the state of the lies is impossible";
    return buf_done(&b) ? NULL : "the length is wrong";
}

const char *hv_es_check_saved(struct hv *hv, const uint8_t *in, size_t len, unsigned cpus)
{
    if (!cpus || cpus > HV_VCPUS_MAX)
        return "the number of CPUs is impossible";
    return decode(&es_of(hv)->config, in, len, cpus, checked_of(hv));
}

void hv_es_restore(struct hv *hv, const uint8_t *in, size_t len, unsigned cpus)
{
    if (!in)
        es_of(hv)->cpus = 0;
    else if (!hv_es_check_saved(hv, in, len, cpus))
        *es_of(hv) = *checked_of(hv);
}
