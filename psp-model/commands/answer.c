/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kinds of messages of a SEV-SNP guest; see answer.h.
 *
 * Choices of this model, where no source has an answer: the layout of CPUID_RSP, and that its rows are
 * checked as those of the CPUID page; that a guest gives itself a VMRK, since the model has no migration
 * agents, and names its own context for that; that a key which is not there has the status INVALID_KEY;
 * that TSC_INFO is refused to a guest that was launched without a frequency.
 */
#include "answer.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "endorse.h"
#include "protocol/buf.h"
#include "protocol/cpuid_page.h"

#define VMPL_MAX 3u

/* One message while it is answered. A reader goes over the payload; the writer, over the answer, whose
 * bytes are zero before. */
struct talk {
    struct cmd *cmd;
    unsigned vmpck;
    const struct guest_message *request;
    const uint8_t *payload;
    struct buf in, out;
};

/* Return the status of the response. A failure of the host is in *failure. */
typedef enum sev_status answer_fn(struct talk *talk, enum sev_status *failure);

/* --- CPUID_REQ ------------------------------------------------------------------------------- */

#define CPUID_HEADER 16u
#define CPUID_ROW    48u

/* Rows as in the CPUID page. Wrong values are replaced, and the status says that there were some. */
static enum sev_status answer_cpuid(struct talk *talk, enum sev_status *failure)
{
    const struct psp_host *host = &talk->cmd->psp->host;
    uint8_t wire[CPUID_PAGE_SIZE] = {0};
    struct cpuid_page page;
    bool wrong;

    (void)failure;
    memcpy(wire, talk->payload, GUEST_MESSAGE_PAYLOAD_MAX);
    if (cpuid_page_read(&page, wire) ||
        talk->request->payload_size != CPUID_HEADER + (uint64_t)page.count * CPUID_ROW)
        return SEV_STATUS_INVALID_PARAM;
    wrong = host->cpuid && cpuid_page_check(&page, host->cpuid, talk->cmd->psp->ctx);
    cpuid_page_write(&page, wire);
    buf_put32(&talk->out, wrong ? SEV_STATUS_INVALID_PARAM : SEV_STATUS_SUCCESS);
    buf_put32(&talk->out, page.count);
    buf_fill(&talk->out, 0, CPUID_HEADER - 8);
    buf_put(&talk->out, wire + CPUID_HEADER, page.count * CPUID_ROW);
    return wrong ? SEV_STATUS_INVALID_PARAM : SEV_STATUS_SUCCESS;
}

/* --- REPORT_REQ ------------------------------------------------------------------------------ */

#define REPORT_RSP_HEADER 0x20u
#define KEY_SELECT_MASK   0x3u

/* INVALID_PARAM  a VMPL below that of the sender or above 3, an unknown selection of a key, a reserved
 *                byte that is not zero
 * INVALID_KEY    as endorse_report() */
static enum sev_status answer_report(struct talk *talk, enum sev_status *failure)
{
    struct snp_report report = {0};
    uint8_t wire[SNP_REPORT_SIZE];
    uint32_t select;
    enum sev_status status;

    buf_get(&talk->in, report.report_data, sizeof(report.report_data));
    report.vmpl = buf_get32(&talk->in);
    select = buf_get32(&talk->in);
    if (!buf_get_zero(&talk->in, talk->in.len - talk->in.pos) || report.vmpl > VMPL_MAX ||
        report.vmpl < talk->vmpck || select & ~KEY_SELECT_MASK || select > ENDORSE_VLEK)
        return SEV_STATUS_INVALID_PARAM;
    status =
        endorse_report(talk->cmd->psp, talk->cmd->snp, (enum endorse_select)select, &report, wire);
    if (status == SEV_STATUS_INVALID_KEY)
        return status;
    *failure = status;
    buf_put32(&talk->out, status);
    buf_put32(&talk->out, sizeof(wire));
    buf_fill(&talk->out, 0, REPORT_RSP_HEADER - 8);
    buf_put(&talk->out, wire, sizeof(wire));
    return SEV_STATUS_SUCCESS;
}

/* --- KEY_REQ --------------------------------------------------------------------------------- */

#define KEY_ROOT_VMRK   0x1u
#define KEY_ROOT_SHIFT  1
#define KEY_RSP_HEADER  0x20u
#define KEY_REQ_SIZE_V1 0x20u
#define KEY_REQ_SIZE_V2 0x28u
#define KEY_MIX_V1      (SNP_MIX_ALL & ~SNP_MIX_MITIGATION)
#define KEY_KNOWN_BITS  0x7u

struct key_request {
    struct snp_mix mix;
    uint32_t root;
    enum endorse_select select;
};

/* False: INVALID_PARAM. */
static bool read_key_request(struct talk *talk, struct key_request *request)
{
    const struct snp_guest *guest = talk->cmd->snp;
    struct snp_mix *mix = &request->mix;
    bool v2 = talk->request->version == 2, reserved;

    request->root = buf_get32(&talk->in);
    reserved = buf_get_zero(&talk->in, 4);
    mix->select = buf_get64(&talk->in);
    mix->vmpl = buf_get32(&talk->in);
    mix->guest_svn = buf_get32(&talk->in);
    mix->tcb = buf_get64(&talk->in);
    mix->mitigation = v2 ? buf_get64(&talk->in) : 0;
    request->select = (enum endorse_select)(request->root >> KEY_ROOT_SHIFT & KEY_SELECT_MASK);
    mix->policy = guest->policy;
    memcpy(mix->image_id, guest->image_id, sizeof(mix->image_id));
    memcpy(mix->family_id, guest->family_id, sizeof(mix->family_id));
    memcpy(mix->measurement, guest->launch_digest, sizeof(mix->measurement));
    return reserved && buf_done(&talk->in) && !(request->root & ~KEY_KNOWN_BITS) &&
           request->select <= ENDORSE_VLEK &&
           !(mix->select & ~(uint64_t)(v2 ? SNP_MIX_ALL : KEY_MIX_V1));
}

/* INVALID_PARAM  a VMPL, guest SVN, TCB or vector of mitigations that is not the sender's to ask for.
 *                The model's firmware has no mitigations, so the vector is 0. */
static bool key_limits_ok(const struct talk *talk, const struct snp_mix *mix)
{
    return mix->vmpl >= talk->vmpck && mix->vmpl <= VMPL_MAX &&
           mix->guest_svn <= talk->cmd->snp->guest_svn &&
           tcb_packed_at_most(mix->tcb, talk->cmd->psp->snp.committed_tcb) && !mix->mitigation;
}

/* Derive from the root that is asked for. INVALID_KEY: the guest has no VMRK, there is no VLEK, or the
 * VCEK is disabled. */
static enum sev_status derive(struct talk *talk, struct key_request *request,
                              uint8_t key[SNP_GUEST_KEY_SIZE], enum sev_status *failure)
{
    struct psp *psp = talk->cmd->psp;
    const struct snp_guest *guest = talk->cmd->snp;
    struct snp_chip chip = {0};
    enum sev_status status = SEV_STATUS_SUCCESS;
    int err = 0;

    if (request->root & KEY_ROOT_VMRK) {
        request->mix.root = SNP_ROOT_VMRK;
        if (!guest->has_vmrk)
            return SEV_STATUS_INVALID_KEY;
        err = snp_key_derive(&request->mix, guest->vmrk, sizeof(guest->vmrk), key);
    } else if (endorse_asks_for_vlek(psp, request->select)) {
        request->mix.root = SNP_ROOT_VLEK;
        if (!psp->snp.vlek)
            return SEV_STATUS_INVALID_KEY;
        err = snp_key_derive(&request->mix, psp->snp.vlek_key.d, sizeof(psp->snp.vlek_key.d), key);
    } else if (guest->vcek_disabled) {
        return SEV_STATUS_INVALID_KEY;
    } else {
        status = endorse_chip(psp, &chip);
        request->mix.root = SNP_ROOT_VCEK;
        if (status == SEV_STATUS_SUCCESS)
            err = snp_key_derive(&request->mix, chip.secret, sizeof(chip.secret), key);
        crypto_wipe(&chip, sizeof(chip));
    }
    *failure = err ? psp_host_trouble(psp, "deriving a key", err) : status;
    return SEV_STATUS_SUCCESS;
}

static enum sev_status answer_key(struct talk *talk, enum sev_status *failure)
{
    struct key_request request = {{0}, 0, ENDORSE_ANY};
    uint8_t key[SNP_GUEST_KEY_SIZE] = {0};
    enum sev_status status;

    if (!read_key_request(talk, &request) || !key_limits_ok(talk, &request.mix))
        return SEV_STATUS_INVALID_PARAM;
    status = derive(talk, &request, key, failure);
    buf_put32(&talk->out, status);
    buf_fill(&talk->out, 0, KEY_RSP_HEADER - 4);
    buf_put(&talk->out, key, sizeof(key));
    crypto_wipe(key, sizeof(key));
    return status;
}

/* --- VMRK_REQ -------------------------------------------------------------------------------- */

/* INVALID_PARAM  the context of another guest, a reserved byte that is not zero */
static enum sev_status answer_vmrk(struct talk *talk, enum sev_status *failure)
{
    struct snp_guest *guest = talk->cmd->snp;
    uint64_t context = buf_get64(&talk->in);

    (void)failure;
    if (!buf_get_zero(&talk->in, 0x18) || context != talk->cmd->context)
        return SEV_STATUS_INVALID_PARAM;
    buf_get(&talk->in, guest->vmrk, sizeof(guest->vmrk));
    guest->has_vmrk = true;
    return SEV_STATUS_SUCCESS;
}

/* --- TSC_INFO_REQ ---------------------------------------------------------------------------- */

#define TSC_SCALE_SHIFT 32 /* the scale is 8.32 fixed point */

/* INVALID_PARAM  a byte that is not zero, a guest without a frequency, a host without one, a scale that
 *                does not fit */
static enum sev_status answer_tsc(struct talk *talk, enum sev_status *failure)
{
    uint64_t scale, host_khz = talk->cmd->psp->config.tsc_khz;

    (void)failure;
    if (!buf_get_zero(&talk->in, talk->in.len) || !talk->cmd->snp->tsc_khz || !host_khz)
        return SEV_STATUS_INVALID_PARAM;
    scale = ((uint64_t)talk->cmd->snp->tsc_khz << TSC_SCALE_SHIFT) / host_khz;
    if (scale >> (TSC_SCALE_SHIFT + 8))
        return SEV_STATUS_INVALID_PARAM;
    buf_put64(&talk->out, SEV_STATUS_SUCCESS);
    buf_put64(&talk->out, scale);
    return SEV_STATUS_SUCCESS;
}

/* --- the kinds ------------------------------------------------------------------------------- */

/* Sizes: Linux, and coconut-svsm/svsm kernel/src/greq/pld_report.rs. A size of 0: the function checks it,
 * and the answer is as long as the question. VMRK: a choice of this model. */
static const struct kind {
    uint8_t type, version;
    uint16_t size, answer_size;
    answer_fn *fn; /* NULL: a message of a migration agent */
} kinds[] = {
    {GUEST_MESSAGE_CPUID_REQ, 1, 0, 0, answer_cpuid},
    {GUEST_MESSAGE_KEY_REQ, 1, KEY_REQ_SIZE_V1, 0x40, answer_key},
    {GUEST_MESSAGE_KEY_REQ, 2, KEY_REQ_SIZE_V2, 0x40, answer_key},
    {GUEST_MESSAGE_REPORT_REQ, 1, 0x60, REPORT_RSP_HEADER + SNP_REPORT_SIZE, answer_report},
    {GUEST_MESSAGE_EXPORT_REQ, 1, 0, 0, NULL},
    {GUEST_MESSAGE_IMPORT_REQ, 1, 0, 0, NULL},
    {GUEST_MESSAGE_ABSORB_REQ, 1, 0, 0, NULL},
    {GUEST_MESSAGE_VMRK_REQ, 1, 0x40, 0x10, answer_vmrk},
    {GUEST_MESSAGE_ABSORB_NOMA_REQ, 1, 0, 0, NULL},
    {GUEST_MESSAGE_TSC_INFO_REQ, 1, 0x80, 0x80, answer_tsc},
};

static const struct kind *find(const struct guest_message *request)
{
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].type == request->type && kinds[i].version == request->version)
            return &kinds[i];
    }
    return NULL;
}

enum sev_status answer(struct cmd *cmd, const struct guest_message *request,
                       const uint8_t payload[GUEST_MESSAGE_PAYLOAD_MAX],
                       struct guest_message *response, uint8_t out[GUEST_MESSAGE_PAYLOAD_MAX])
{
    const struct kind *kind = find(request);
    struct talk talk = {
        .cmd = cmd, .vmpck = (unsigned)request->vmpck, .request = request, .payload = payload};
    enum sev_status status = SEV_STATUS_INVALID_PARAM, failure = SEV_STATUS_SUCCESS;
    struct buf b;

    if (!kind)
        return SEV_STATUS_INVALID_PARAM;
    if (!kind->fn)
        return SEV_STATUS_UNSUPPORTED;
    *response = (struct guest_message){.type = kind->type + 1u,
                                       .version = kind->version,
                                       .vmpck = request->vmpck,
                                       .sequence = request->sequence + 1};
    response->payload_size = kind->answer_size ? kind->answer_size : CPUID_HEADER;
    memset(out, 0, GUEST_MESSAGE_PAYLOAD_MAX);
    talk.in = buf_reader(payload, request->payload_size);
    talk.out = buf_writer(out, GUEST_MESSAGE_PAYLOAD_MAX);
    if (!kind->size || request->payload_size == kind->size)
        status = kind->fn(&talk, &failure);
    assert(buf_ok(&talk.out));
    if (talk.out.pos > response->payload_size)
        response->payload_size = talk.out.pos;
    b = buf_writer(out, 4);
    buf_put32(&b, status);
    return failure;
}
