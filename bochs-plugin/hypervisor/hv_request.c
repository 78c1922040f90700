/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages of a guest with SEV-SNP to the secure processor. The hypervisor copies them; it cannot read
 * them.
 *
 * Source: Linux arch/x86/kvm/svm/sev.c snp_handle_guest_req(), snp_handle_ext_guest_req(),
 * snp_complete_req_certs() (KVM_EXIT_SNP_REQ_CERTS); include/uapi/linux/sev-guest.h struct
 * snp_guest_msg_hdr, SNP_GUEST_ERR(). Choices of this model: the response is written only after a
 * success; where KVM ends the machine, because a page cannot be accessed, the input is invalid.
 */
#include <string.h>

#include "hv_es_priv.h"
#include "hv_snp_priv.h"
#include "protocol/guest_message.h"

/* SW_EXITINFO2: the hypervisor's own error in 63:32, the status of the secure processor in 31:0. */
enum vmm_error { VMM_ERR_INVALID_LEN = 1, VMM_ERR_BUSY = 2 };

static void vmm_error(struct hv_exit *exit, enum vmm_error error)
{
    exit->result2 = (uint64_t)error << 32;
}

/* A request of which none was refused yet, by policy. Each attempt counts. */
static bool is_busy(const struct hv_exit *exit)
{
    const uint64_t refused = exit->guest->hv->snp->policies.values[HV_POLICY_REQUEST_BUSY];
    uint64_t requests = 0;

    for (unsigned row = 0; row < hv_exit_rows(); row++) {
        if (hv_exit_row(row) != EXIT_GUEST_REQUEST && hv_exit_row(row) != EXIT_EXT_GUEST_REQUEST)
            continue;
        for (unsigned cpu = 0; cpu < exit->es->cpus; cpu++)
            requests += exit->es->vcpus[cpu].counts[row];
    }
    return requests <= refused;
}

/* A lying hypervisor changes the response, or returns an earlier one. */
static void lie(struct hv_exit *exit, uint8_t response[HV_PAGE_SIZE])
{
    struct hv_snp *snp = exit->guest->hv->snp;
    uint8_t truth[HV_PAGE_SIZE];

    memcpy(truth, response, sizeof(truth));
    if (hv_exit_lie(exit, HV_LIE_WRONG_RESPONSE))
        response[GUEST_MESSAGE_HEADER_SIZE] ^= 1;
    if (snp->has_response && hv_exit_lie(exit, HV_LIE_OLD_RESPONSE))
        memcpy(response, snp->last_response, HV_PAGE_SIZE);
    memcpy(snp->last_response, truth, sizeof(truth));
    snp->has_response = true;
}

/* Execute the command with copies in the hypervisor's memory. SW_EXITINFO2 has its status in 31:0. */
static void exchange(struct hv_exit *exit, const uint8_t *request, uint8_t *response)
{
    struct hv *hv = exit->guest->hv;
    struct hv_failure failure = {0};
    struct hv_command command;
    uint64_t out;

    hv_command_begin(&command, hv, SEV_CMD_SNP_GUEST_REQUEST);
    hv_command_put64(&command, exit->guest->context);
    hv_command_put64(&command, hv_command_place(&command, 0, request, HV_PAGE_SIZE));
    out = hv_command_place(&command, 1, NULL, HV_PAGE_SIZE);
    hv_command_put64(&command, out);
    if (out && !hv_snp_give_page(hv, out))
        command.full = true;
    if (hv_command_exec(&command, "", &failure)) {
        hv_command_get_data(&command, 1, response, HV_PAGE_SIZE);
        lie(exit, response);
        if (!hv_es_write(exit->guest, exit->info2, response, HV_PAGE_SIZE))
            hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
    } else if (failure.status != SEV_STATUS_SUCCESS) {
        exit->result2 = failure.status;
    } else {
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
    }
    if (out)
        hv_snp_reclaim_page(hv, out);
    hv_command_end(&command);
}

static void pass_on(struct hv_exit *exit)
{
    uint8_t request[HV_PAGE_SIZE], response[HV_PAGE_SIZE];

    if (!hv_es_read(exit->guest, exit->info1, request, sizeof(request)))
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
    else
        exchange(exit, request, response);
}

void hv_answer_guest_request(struct hv_exit *exit)
{
    if (is_busy(exit))
        vmm_error(exit, VMM_ERR_BUSY);
    else
        pass_on(exit);
}

/* Write the table of certificates to the RBX pages at RAX. If it does not fit, RBX becomes the number of
 * pages that it needs. Without a table, the guest gets an empty one: 24 zero bytes. False: this is the
 * answer, and the request does not reach the secure processor. */
static bool give_certificates(struct hv_exit *exit)
{
    static const uint8_t empty_table[24];
    struct hv *hv = exit->guest->hv;
    size_t len = 0;
    const uint8_t *table = hv->ops.certificates ? hv->ops.certificates(hv->machine, &len) : NULL;
    uint64_t pages = (len + HV_PAGE_SIZE - 1) / HV_PAGE_SIZE;

    if (!ghcb_valid(exit->page, GHCB_RAX) || !ghcb_valid(exit->page, GHCB_RBX) ||
        exit->rax % HV_PAGE_SIZE) {
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
        return false;
    }
    if (table && exit->rbx < pages) {
        exit->rbx = pages;
        vmm_error(exit, VMM_ERR_INVALID_LEN);
        return false;
    }
    if (!table) {
        table = empty_table;
        len = exit->rbx ? sizeof(empty_table) : 0;
    }
    if (len && !hv_es_write(exit->guest, exit->rax, table, len)) {
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
        return false;
    }
    return true;
}

/* With a request for a report, the host also returns a table of certificates. */
void hv_answer_ext_guest_request(struct hv_exit *exit)
{
    uint8_t type;

    if (is_busy(exit))
        vmm_error(exit, VMM_ERR_BUSY);
    else if (!hv_es_read(exit->guest, exit->info1 + GUEST_MESSAGE_TYPE, &type, 1))
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
    else if (type != GUEST_MESSAGE_REPORT_REQ || give_certificates(exit))
        pass_on(exit);
}
