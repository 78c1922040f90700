/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SNP_GUEST_REQUEST: which messages the processor opens, what it counts, how each kind is answered.
 *
 * Source: psp-model/commands/answer.h; a message that python3-cryptography made
 * (tests/vectors/snp_key.txt).
 */
#include "snp_messages.h"

#include <errno.h>

#include "psp_priv.h"
#include "vectors.h"

static uint8_t wire[PAGE], answer[GUEST_MESSAGE_PAYLOAD_MAX], report[SNP_REPORT_SIZE];

static enum sev_status bring_bytes(const uint8_t bytes[PAGE])
{
    put(h, REQUEST, bytes, PAGE);
    return bring();
}

/* The next request of the guest succeeds: what was refused before has counted nothing. */
static void assert_talks(unsigned vmpck)
{
    assert_int_equal(ask_report(vmpck, vmpck, 0, 0x5a, report), SEV_STATUS_SUCCESS);
}

/* --- the form of messages -------------------------------------------------------------------- */

static void message_of_another_program(void **state)
{
    static const uint8_t data[0x60] = {1, 2, 3};
    uint8_t key[32], want[PAGE] = {0}, payload[GUEST_MESSAGE_PAYLOAD_MAX];
    struct guest_message message;

    (void)state;
    vector_exact("snp_key.txt", "message_key", key, sizeof(key));
    vector_exact("snp_key.txt", "message", want, 0xc0);
    assert_null(guest_message_read(&message, want));
    assert_int_equal(message.sequence, 0x1234);
    assert_int_equal(message.type, GUEST_MESSAGE_REPORT_REQ);
    assert_int_equal(guest_message_open(&message, want, key, payload), 0);
    assert_memory_equal(payload, data, sizeof(data));
    assert_int_equal(guest_message_seal(&message, key, data, wire), 0);
    assert_memory_equal(wire, want, PAGE);
}

static void names_of_kinds(void **state)
{
    (void)state;
    assert_string_equal(guest_message_name(GUEST_MESSAGE_REPORT_REQ), "REPORT_REQ");
    assert_string_equal(guest_message_name(2), "?");
    assert_string_equal(guest_message_name(18), "?");
}

/* Every bit of the header and of the payload counts, but for the unused half of the tag and what is
 * after the payload. */
static void every_bit(void **state)
{
    uint8_t payload[REPORT_REQ_SIZE] = {0};

    (void)state;
    run_guest();
    make_request(0, GUEST_MESSAGE_REPORT_REQ, 1, payload, sizeof(payload), wire);
    for (unsigned bit = 0; bit < 8 * (GUEST_MESSAGE_HEADER_SIZE + REPORT_REQ_SIZE); bit++) {
        unsigned at = bit / 8;
        enum sev_status status;

        if (at >= 0x10 && at < 0x20)
            continue;
        wire[at] ^= (uint8_t)(1u << bit % 8);
        memset(h->ram + RESPONSE, 0, PAGE);
        status = bring_bytes(wire);
        wire[at] ^= (uint8_t)(1u << bit % 8);
        if (at < 0x10 || at >= 0x60)
            assert_int_equal(status, SEV_STATUS_BAD_MEASUREMENT);
        else
            assert_true(status == SEV_STATUS_INVALID_PARAM || status == SEV_STATUS_BAD_MEASUREMENT);
        assert_memory_equal(h->ram + RESPONSE, (uint8_t[PAGE]){0}, PAGE);
    }
    assert_talks(0);
}

static void wrong_headers(void **state)
{
    static const struct {
        uint8_t at, value;
    } wrong[] = {
        {0x20, 0},    {0x20, 2}, {0x28, 1}, {0x2f, 1},    {0x30, 0},
        {0x30, 2},    {0x31, 0}, {0x31, 2}, {0x32, 0x5f}, {0x33, 1},
        {0x37, 0x10}, {0x38, 1}, {0x3c, 4}, {0x3d, 1},    {0x5f, 0x80},
    };
    uint8_t payload[REPORT_REQ_SIZE] = {0};

    (void)state;
    run_guest();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        make_request(0, GUEST_MESSAGE_REPORT_REQ, 1, payload, sizeof(payload), wire);
        wire[wrong[i].at] = wrong[i].value;
        assert_int_equal(bring_bytes(wire), SEV_STATUS_INVALID_PARAM);
    }
    assert_talks(0);
}

/* --- sequence numbers and keys --------------------------------------------------------------- */

static void replay(void **state)
{
    uint8_t payload[REPORT_REQ_SIZE] = {0};

    (void)state;
    run_guest();
    make_request(0, GUEST_MESSAGE_REPORT_REQ, 1, payload, sizeof(payload), wire);
    assert_int_equal(bring_bytes(wire), SEV_STATUS_SUCCESS);
    talker.count[0] += 2;
    assert_int_equal(bring_bytes(wire), SEV_STATUS_INVALID_PARAM);
    /* The response is no request. */
    memcpy(wire, h->ram + RESPONSE, PAGE);
    assert_int_equal(bring_bytes(wire), SEV_STATUS_INVALID_PARAM);
    assert_talks(0);
}

static void keys_count_apart(void **state)
{
    (void)state;
    run_guest();
    for (unsigned vmpck = 0; vmpck < GUEST_MESSAGE_KEYS; vmpck++)
        for (unsigned n = 0; n <= vmpck; n++)
            assert_talks(vmpck);
    for (unsigned vmpck = 0; vmpck < GUEST_MESSAGE_KEYS; vmpck++)
        assert_int_equal(h->psp->snp.guests[0].message_count[vmpck], 2 * (vmpck + 1));
}

static void message_under_another_key(void **state)
{
    uint8_t payload[REPORT_REQ_SIZE] = {0};

    (void)state;
    run_guest();
    make_request(1, GUEST_MESSAGE_REPORT_REQ, 1, payload, sizeof(payload), wire);
    wire[0x3c] = 0;
    assert_int_equal(bring_bytes(wire), SEV_STATUS_BAD_MEASUREMENT);
    assert_talks(0);
    assert_talks(1);
}

static void used_up(void **state)
{
    uint8_t payload[REPORT_REQ_SIZE] = {0};

    (void)state;
    run_guest();
    h->psp->snp.guests[0].message_count[2] = talker.count[2] = UINT64_MAX - 3;
    assert_talks(2);
    make_request(2, GUEST_MESSAGE_REPORT_REQ, 1, payload, sizeof(payload), wire);
    assert_int_equal(bring_bytes(wire), SEV_STATUS_AEAD_OFLOW);
    assert_talks(3);
}

/* --- pages ----------------------------------------------------------------------------------- */

static enum sev_status at_addresses(uint64_t request, uint64_t response)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put64(h, CMD_ADDR + SNP_REQUEST_ADDR, request);
    put64(h, CMD_ADDR + SNP_RESPONSE_ADDR, response);
    return exec(h, SEV_CMD_SNP_GUEST_REQUEST);
}

static void pages(void **state)
{
    uint8_t payload[REPORT_REQ_SIZE] = {0};

    (void)state;
    run_guest();
    make_request(0, GUEST_MESSAGE_REPORT_REQ, 1, payload, sizeof(payload), wire);
    put(h, REQUEST, wire, sizeof(wire));
    make_firmware(RESPONSE);
    assert_int_equal(at_addresses(0, RESPONSE), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(at_addresses(REQUEST + 8, RESPONSE), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(at_addresses(RAM_SIZE, RESPONSE), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(at_addresses(REQUEST, 0), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(at_addresses(REQUEST, RESPONSE + 8), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(at_addresses(REQUEST, RAM_SIZE), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(at_addresses(REQUEST, REQUEST), SEV_STATUS_INVALID_PAGE_STATE);
    assert_int_equal(at_addresses(SECRETS, RESPONSE), SEV_STATUS_INVALID_PAGE_STATE);
    assert_int_equal(at_addresses(CONTEXT, RESPONSE), SEV_STATUS_INVALID_PAGE_STATE);
    entry_of(RESPONSE)->size_2m = true;
    assert_int_equal(at_addresses(REQUEST, RESPONSE), SEV_STATUS_INVALID_PAGE_SIZE);
    make_firmware(RESPONSE);
    assert_int_equal(at_addresses(REQUEST, RESPONSE), SEV_STATUS_SUCCESS);
    assert_false(entry_of(RESPONSE)->immutable); /* state RECLAIM */
    assert_int_equal(at_addresses(REQUEST, RESPONSE), SEV_STATUS_INVALID_PAGE_STATE);
}

/* A failure of the host counts nothing and sets nothing. */
static void host_fails(void **state)
{
    uint8_t payload[0x40] = {0};
    uint64_t context = CONTEXT;

    (void)state;
    run_guest();
    memcpy(payload, &context, sizeof(context));
    make_request(0, GUEST_MESSAGE_VMRK_REQ, 1, payload, sizeof(payload), wire);
    put(h, REQUEST, wire, sizeof(wire));
    for (unsigned after = 0; after < 2; after++) {
        harness_fail(h, FAULT_RAM_READ, (int)after);
        assert_int_equal(bring(), SEV_STATUS_HWERROR_PLATFORM);
        harness_no_faults(h);
    }
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(bring(), SEV_STATUS_HWERROR_PLATFORM);
    harness_no_faults(h);
    assert_false(h->psp->snp.guests[0].has_vmrk);
    assert_int_equal(bring(), SEV_STATUS_SUCCESS);
    assert_true(h->psp->snp.guests[0].has_vmrk);
}

static void guest_that_is_launched(void **state)
{
    (void)state;
    psp_reset(h->psp);
    launch();
    assert_int_equal(bring(), SEV_STATUS_INVALID_GUEST_STATE);
}

/* --- kinds ----------------------------------------------------------------------------------- */

static void kinds_that_are_refused(void **state)
{
    static const struct {
        uint8_t type, version;
        enum sev_status status;
    } kinds[] = {
        {0, 1, SEV_STATUS_INVALID_PARAM},
        {GUEST_MESSAGE_CPUID_REQ + 1, 1, SEV_STATUS_INVALID_PARAM},
        {GUEST_MESSAGE_REPORT_REQ, 0, SEV_STATUS_INVALID_PARAM},
        {GUEST_MESSAGE_REPORT_REQ, 2, SEV_STATUS_INVALID_PARAM},
        {GUEST_MESSAGE_KEY_REQ, 3, SEV_STATUS_INVALID_PARAM},
        {19, 1, SEV_STATUS_INVALID_PARAM},
        {255, 1, SEV_STATUS_INVALID_PARAM},
        {GUEST_MESSAGE_EXPORT_REQ, 1, SEV_STATUS_UNSUPPORTED},
        {GUEST_MESSAGE_IMPORT_REQ, 1, SEV_STATUS_UNSUPPORTED},
        {GUEST_MESSAGE_ABSORB_REQ, 1, SEV_STATUS_UNSUPPORTED},
        {GUEST_MESSAGE_ABSORB_NOMA_REQ, 1, SEV_STATUS_UNSUPPORTED},
    };
    uint8_t payload[0x60] = {0};

    (void)state;
    run_guest();
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        make_request(0, kinds[i].type, kinds[i].version, payload, sizeof(payload), wire);
        assert_int_equal(bring_bytes(wire), kinds[i].status);
    }
    assert_talks(0);
}

/* The response refuses; the command succeeds and counts. */
static void payloads_that_are_refused(void **state)
{
    static const struct {
        uint8_t vmpck, type, size, at, value;
    } wrong[] = {
        {0, GUEST_MESSAGE_REPORT_REQ, 0x60, 0x40, 4}, /* VMPL 4 */
        {1, GUEST_MESSAGE_REPORT_REQ, 0x60, 0x40, 0}, /* VMPL 0 for VMPCK 1 */
        {0, GUEST_MESSAGE_REPORT_REQ, 0x60, 0x44, 3}, /* selection of a key */
        {0, GUEST_MESSAGE_REPORT_REQ, 0x60, 0x44, 4},
        {0, GUEST_MESSAGE_REPORT_REQ, 0x60, 0x5f, 1},
        {0, GUEST_MESSAGE_REPORT_REQ, 0x5f, 0, 0},
        {0, GUEST_MESSAGE_REPORT_REQ, 0, 0, 0},
        {0, GUEST_MESSAGE_KEY_REQ, 0x20, 0, 6}, /* selection 3 */
        {0, GUEST_MESSAGE_KEY_REQ, 0x20, 0, 8},
        {0, GUEST_MESSAGE_KEY_REQ, 0x20, 4, 1},
        {0, GUEST_MESSAGE_KEY_REQ, 0x20, 8, 0x40}, /* mitigation in version 1 */
        {0, GUEST_MESSAGE_KEY_REQ, 0x20, 0x10, 4},
        {2, GUEST_MESSAGE_KEY_REQ, 0x20, 0x10, 1},
        {0, GUEST_MESSAGE_KEY_REQ, 0x20, 0x14, 1}, /* SVN above that of the guest */
        {0, GUEST_MESSAGE_KEY_REQ, 0x20, 0x18, 5}, /* TCB above the committed one */
        {0, GUEST_MESSAGE_KEY_REQ, 0x28, 0, 0},
        {0, GUEST_MESSAGE_VMRK_REQ, 0x40, 0, 1}, /* another context */
        {0, GUEST_MESSAGE_VMRK_REQ, 0x3f, 0, 0},
        {0, GUEST_MESSAGE_TSC_INFO_REQ, 0x80, 0, 0}, /* no frequency at launch */
        {0, GUEST_MESSAGE_TSC_INFO_REQ, 0x7f, 0, 0},
        {0, GUEST_MESSAGE_CPUID_REQ, 0x10, 0, 65},
        {0, GUEST_MESSAGE_CPUID_REQ, 0x10, 0, 1},
        {0, GUEST_MESSAGE_CPUID_REQ, 0x10, 4, 1},
    };

    (void)state;
    run_guest();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t payload[0x80] = {0};

        if (wrong[i].type == GUEST_MESSAGE_REPORT_REQ && wrong[i].vmpck == 0)
            payload[0x40] = 0;
        payload[wrong[i].at] = wrong[i].value;
        assert_int_equal(ask_with(wrong[i].vmpck, wrong[i].type, 1, payload, wrong[i].size, answer),
                         SEV_STATUS_INVALID_PARAM);
    }
    assert_talks(0);
}

static void vmrk(void **state)
{
    struct key_payload k = {.root = 1};
    uint8_t payload[0x40] = {0}, none[32] = {0}, first[32], second[32];
    uint64_t context = CONTEXT;

    (void)state;
    run_guest();
    assert_int_equal(ask_key(0, 1, &k, first), SEV_STATUS_INVALID_KEY);
    assert_memory_equal(first, none, sizeof(none));
    memcpy(payload, &context, sizeof(context));
    payload[0x20] = 1;
    assert_int_equal(ask_with(0, GUEST_MESSAGE_VMRK_REQ, 1, payload, sizeof(payload), answer),
                     SEV_STATUS_SUCCESS);
    assert_int_equal(ask_key(0, 1, &k, first), SEV_STATUS_SUCCESS);
    payload[0x20] = 2;
    assert_int_equal(ask_with(0, GUEST_MESSAGE_VMRK_REQ, 1, payload, sizeof(payload), answer),
                     SEV_STATUS_SUCCESS);
    assert_int_equal(ask_key(0, 1, &k, second), SEV_STATUS_SUCCESS);
    assert_memory_not_equal(first, second, sizeof(first));
}

static void tsc(void **state)
{
    uint8_t payload[0x80] = {0};
    uint64_t scale;

    (void)state;
    run_guest();
    h->psp->config.tsc_khz = 2000000;
    h->psp->snp.guests[0].tsc_khz = 3000000;
    assert_int_equal(ask_with(0, GUEST_MESSAGE_TSC_INFO_REQ, 1, payload, sizeof(payload), answer),
                     SEV_STATUS_SUCCESS);
    memcpy(&scale, answer + 8, sizeof(scale));
    assert_true(scale == 0x180000000u); /* 1.5, 8.32 fixed point */
    h->psp->config.tsc_khz = 1;
    assert_int_equal(ask_with(0, GUEST_MESSAGE_TSC_INFO_REQ, 1, payload, sizeof(payload), answer),
                     SEV_STATUS_INVALID_PARAM);
    h->psp->config.tsc_khz = 0;
}

static void all_features_off(void *ctx, uint32_t leaf, uint32_t subleaf, uint64_t xcr0,
                             uint64_t xss, uint32_t result[4])
{
    (void)ctx, (void)leaf, (void)subleaf, (void)xcr0, (void)xss;
    memset(result, 0, 4 * sizeof(*result));
}

static void cpuid(void **state)
{
    uint8_t payload[0x40] = {1};

    (void)state;
    run_guest();
    payload[0x10] = 7;        /* leaf */
    payload[0x10 + 0x1c] = 1; /* EBX */
    assert_int_equal(ask_with(0, GUEST_MESSAGE_CPUID_REQ, 1, payload, sizeof(payload), answer),
                     SEV_STATUS_SUCCESS);
    assert_int_equal(answer[4], 1);
    assert_memory_equal(answer + 0x10, payload + 0x10, 0x30);
    h->psp->host.cpuid = all_features_off;
    assert_int_equal(ask_with(0, GUEST_MESSAGE_CPUID_REQ, 1, payload, sizeof(payload), answer),
                     SEV_STATUS_INVALID_PARAM);
    assert_int_equal(answer[0x10 + 0x1c], 0); /* what the processor allows */
    h->psp->host.cpuid = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(message_of_another_program),
        T(names_of_kinds),
        T(every_bit),
        T(wrong_headers),
        T(replay),
        T(keys_count_apart),
        T(message_under_another_key),
        T(used_up),
        T(pages),
        T(host_fails),
        T(guest_that_is_launched),
        T(kinds_that_are_refused),
        T(payloads_that_are_refused),
        T(vmrk),
        T(tsc),
        T(cpuid),
    };
    return cmocka_run_group_tests_name("snp_request", tests, NULL, NULL);
}
