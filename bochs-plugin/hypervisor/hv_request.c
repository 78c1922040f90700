/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages of a guest with SEV-SNP to the secure processor. The hypervisor copies them; it cannot read
 * them.
 *
 * Source: Linux arch/x86/kvm/svm/sev.c snp_handle_guest_req(), snp_handle_ext_guest_req();
 * include/uapi/linux/sev-guest.h struct snp_guest_msg_hdr, SNP_GUEST_ERR(). Choices of this model: the
 * response is written only after a success; where KVM ends the machine, because a page cannot be
 * accessed, the input is invalid.
 */
#include "hv_es_priv.h"
#include "hv_snp_priv.h"

#define MESSAGE_TYPE 0x34u
#define TYPE_REPORT  5u

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

void hv_answer_guest_request(struct hv_exit *exit)
{
    uint8_t request[HV_PAGE_SIZE], response[HV_PAGE_SIZE];

    if (!hv_es_read(exit->guest, exit->info1, request, sizeof(request)))
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
    else
        exchange(exit, request, response);
}

/* With a request for a report, the host also returns a table of certificates. This one is empty: KVM's
 * without user space. */
void hv_answer_ext_guest_request(struct hv_exit *exit)
{
    static const uint8_t empty_table[24];
    uint8_t type;

    if (!hv_es_read(exit->guest, exit->info1 + MESSAGE_TYPE, &type, 1)) {
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
        return;
    }
    if (type == TYPE_REPORT) {
        if (!ghcb_valid(exit->page, GHCB_RAX) || !ghcb_valid(exit->page, GHCB_RBX) ||
            exit->rax % HV_PAGE_SIZE ||
            (exit->rbx && !hv_es_write(exit->guest, exit->rax, empty_table, sizeof(empty_table)))) {
            hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
            return;
        }
    }
    hv_answer_guest_request(exit);
}
