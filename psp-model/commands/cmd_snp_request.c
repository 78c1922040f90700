/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SNP_GUEST_REQUEST: a message of a guest, which the hypervisor brings, and the response.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_snp_guest_request; arch/x86/kvm/svm/sev.c
 * snp_handle_guest_req() (pages); drivers/virt/coco/sev-guest/sev-guest.c snp_disable_vmpck() (the
 * sequence numbers increase with a success only). The status codes of a message that is refused are by
 * name: choices of this model.
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed.
 */
#include <errno.h>
#include <string.h>

#include "answer.h"
#include "cmd.h"
#include "page.h"
#include "protocol/guest_message.h"

static_assert(GUEST_MESSAGE_SIZE == SNP_PAGE_SIZE, "a message is a page");
static_assert(GUEST_MESSAGE_KEYS == SNP_VMPCKS && GUEST_MESSAGE_KEY_SIZE == SNP_VMPCK_SIZE,
              "keys of messages");

/* What passes through psp->chunk. */
struct pages {
    uint8_t request[GUEST_MESSAGE_SIZE], payload[GUEST_MESSAGE_PAYLOAD_MAX];
    uint8_t answer[GUEST_MESSAGE_PAYLOAD_MAX], response[GUEST_MESSAGE_SIZE];
};
static_assert(sizeof(struct pages) <= PSP_CHUNK, "psp->chunk holds it");

/* INVALID_ADDRESS     the page of the request is not aligned to 4 KiB, at 0, or not all in RAM
 * INVALID_PAGE_STATE  it belongs to a guest, or to the processor but in state FIRMWARE or RECLAIM
 * then of the page of the response as page_check_output(), but it is aligned to 4 KiB */
static enum sev_status check_pages(const struct cmd *cmd, uint64_t request, uint64_t response)
{
    struct psp_rmp_entry entry;
    enum sev_status status = page_look(cmd, request, &entry);
    enum snp_page_state state;

    if (status != SEV_STATUS_SUCCESS)
        return status;
    state = snp_page_state(&entry);
    if (state != SNP_STATE_HYPERVISOR && state != SNP_STATE_FIRMWARE && state != SNP_STATE_RECLAIM)
        return SEV_STATUS_INVALID_PAGE_STATE;
    return page_check_output(cmd, response, GUEST_MESSAGE_SIZE);
}

/* INVALID_PARAM    a wrong header
 * AEAD_OFLOW       the guest has used all sequence numbers of this key
 * INVALID_PARAM    another sequence number than the next one
 * BAD_MEASUREMENT  the tag is wrong: another key, or a changed message */
static enum sev_status open_request(struct cmd *cmd, struct pages *p, struct guest_message *request)
{
    const struct snp_guest *guest = cmd->snp;
    uint64_t count;
    int err;

    if (guest_message_read(request, p->request))
        return SEV_STATUS_INVALID_PARAM;
    count = guest->message_count[request->vmpck];
    if (count > UINT64_MAX - 2)
        return SEV_STATUS_AEAD_OFLOW;
    if (request->sequence != count + 1)
        return SEV_STATUS_INVALID_PARAM;
    err = guest_message_open(request, p->request, guest->vmpck[request->vmpck], p->payload);
    if (err == -EBADMSG)
        return SEV_STATUS_BAD_MEASUREMENT;
    return err ? psp_host_trouble(cmd->psp, "opening a message", err) : SEV_STATUS_SUCCESS;
}

/* As check_pages(), open_request(), answer(). A command that fails writes no response and leaves the
 * sequence numbers; one that succeeds increases them by two, also where the response refuses the
 * request. */
enum sev_status cmd_snp_guest_request(struct cmd *cmd)
{
    uint64_t request_addr = cmd_addr(cmd, SNP_REQUEST_ADDR);
    uint64_t response_addr = cmd_addr(cmd, SNP_RESPONSE_ADDR);
    struct pages *p = (struct pages *)cmd->psp->chunk;
    struct snp_guest before = *cmd->snp;
    struct guest_message request, response;
    enum sev_status status = check_pages(cmd, request_addr, response_addr);
    int err;

    cmd->chunk_used = sizeof(*p);
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_read(cmd, PSP_NO_ASID, request_addr, p->request, sizeof(p->request));
    if (status == SEV_STATUS_SUCCESS)
        status = open_request(cmd, p, &request);
    if (status == SEV_STATUS_SUCCESS)
        status = answer(cmd, &request, p->payload, &response, p->answer);
    if (status == SEV_STATUS_SUCCESS) {
        err = guest_message_seal(&response, cmd->snp->vmpck[request.vmpck], p->answer, p->response);
        status = err ? psp_host_trouble(cmd->psp, "making a response", err)
                     : page_write_output(cmd, response_addr, p->response, sizeof(p->response));
    }
    if (status == SEV_STATUS_SUCCESS)
        cmd->snp->message_count[request.vmpck] += 2;
    else
        *cmd->snp = before;
    crypto_wipe(&before, sizeof(before));
    return status;
}
