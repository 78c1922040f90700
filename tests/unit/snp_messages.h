/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A SEV-SNP guest that runs and talks to the processor, for programs of one processor: it takes its
 * keys from its secrets page, as a real one does.
 *
 * Source: Linux arch/x86/include/asm/sev.h struct snp_secrets_page;
 * drivers/virt/coco/sev-guest/sev-guest.c snp_send_guest_request().
 */
#ifndef TESTS_SNP_MESSAGES_H
#define TESTS_SNP_MESSAGES_H

#include "snp_steps.h"

#include "protocol/guest_message.h"
#include "protocol/snp_report.h"

#define REQUEST       0x12000u
#define RESPONSE      0x13000u
#define SECRETS       DATA_ADDR
#define SECRETS_VMPCK 0x20u

/* What the guest has: keys, and the last sequence number of each. */
static struct {
    uint8_t key[GUEST_MESSAGE_KEYS][GUEST_MESSAGE_KEY_SIZE];
    uint64_t count[GUEST_MESSAGE_KEYS];
} talker;

static inline void learn_keys(void)
{
    uint8_t page[PAGE];

    guest_read(h, ASID, SECRETS, page, sizeof(page));
    memcpy(talker.key, page + SECRETS_VMPCK, sizeof(talker.key));
    memset(talker.count, 0, sizeof(talker.count));
}

/* A guest that runs; `flags` are those of LAUNCH_FINISH. */
static inline void run_guest_with(uint32_t flags)
{
    launch();
    make_pre_guest(SECRETS, GPA_BASE);
    assert_int_equal(update(SNP_PAGE_SECRETS, SECRETS), SEV_STATUS_SUCCESS);
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put32(h, CMD_ADDR + SNP_FINISH_FLAGS, flags);
    assert_int_equal(exec(h, SEV_CMD_SNP_LAUNCH_FINISH), SEV_STATUS_SUCCESS);
    learn_keys();
}

static inline void run_guest(void)
{
    psp_reset(h->psp);
    run_guest_with(0);
}

/* The hypervisor's part: give the response its page and execute the command. */
static inline enum sev_status bring(void)
{
    make_firmware(RESPONSE);
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put64(h, CMD_ADDR + SNP_REQUEST_ADDR, REQUEST);
    put64(h, CMD_ADDR + SNP_RESPONSE_ADDR, RESPONSE);
    return exec(h, SEV_CMD_SNP_GUEST_REQUEST);
}

/* The request that the guest would send next, as bytes. */
static inline void make_request(unsigned vmpck, unsigned type, unsigned version,
                                const void *payload, size_t len, uint8_t wire[PAGE])
{
    struct guest_message message = {.sequence = talker.count[vmpck] + 1,
                                    .type = type,
                                    .version = version,
                                    .payload_size = len,
                                    .vmpck = vmpck};

    assert_int_equal(guest_message_seal(&message, talker.key[vmpck], payload, wire), 0);
}

/* Send, and open the response as Linux's driver does. Return the status in the response. */
static inline uint32_t ask_with(unsigned vmpck, unsigned type, unsigned version,
                                const void *payload, size_t len,
                                uint8_t answer[GUEST_MESSAGE_PAYLOAD_MAX])
{
    uint8_t wire[PAGE];
    struct guest_message response;

    make_request(vmpck, type, version, payload, len, wire);
    put(h, REQUEST, wire, sizeof(wire));
    assert_int_equal(bring(), SEV_STATUS_SUCCESS);
    assert_null(guest_message_read(&response, h->ram + RESPONSE));
    assert_int_equal(response.sequence, talker.count[vmpck] + 2);
    assert_int_equal(response.type, type + 1);
    assert_int_equal(response.version, version);
    assert_int_equal(response.vmpck, vmpck);
    assert_int_equal(guest_message_open(&response, h->ram + RESPONSE, talker.key[vmpck], answer),
                     0);
    talker.count[vmpck] += 2;
    return (uint32_t)answer[0] | (uint32_t)answer[1] << 8 | (uint32_t)answer[2] << 16 |
           (uint32_t)answer[3] << 24;
}

#define REPORT_REQ_SIZE 0x60u
#define REPORT_RSP_AT   0x20u

/* Ask for a report whose data is `data`, 64 times. */
static inline uint32_t ask_report(unsigned vmpck, uint32_t vmpl, uint32_t select, uint8_t data,
                                  uint8_t wire[SNP_REPORT_SIZE])
{
    uint8_t payload[REPORT_REQ_SIZE] = {0}, answer[GUEST_MESSAGE_PAYLOAD_MAX];
    uint32_t status;

    memset(payload, data, 64);
    payload[0x40] = (uint8_t)vmpl;
    payload[0x44] = (uint8_t)select;
    status = ask_with(vmpck, GUEST_MESSAGE_REPORT_REQ, 1, payload, sizeof(payload), answer);
    memcpy(wire, answer + REPORT_RSP_AT, SNP_REPORT_SIZE);
    return status;
}

struct key_payload {
    uint32_t root, vmpl, svn;
    uint64_t select, tcb, mitigation;
};

#define KEY_RSP_AT 0x20u

static inline uint32_t ask_key(unsigned vmpck, unsigned version, const struct key_payload *k,
                               uint8_t key[32])
{
    uint8_t payload[0x28] = {0}, answer[GUEST_MESSAGE_PAYLOAD_MAX];
    uint32_t status;

    memcpy(payload, &k->root, 4);
    memcpy(payload + 8, &k->select, 8);
    memcpy(payload + 0x10, &k->vmpl, 4);
    memcpy(payload + 0x14, &k->svn, 4);
    memcpy(payload + 0x18, &k->tcb, 8);
    memcpy(payload + 0x20, &k->mitigation, 8);
    status = ask_with(vmpck, GUEST_MESSAGE_KEY_REQ, version, payload, version == 2 ? 0x28 : 0x20,
                      answer);
    memcpy(key, answer + KEY_RSP_AT, 32);
    return status;
}

#endif
