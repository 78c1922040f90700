/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: messages of a SEV-SNP guest to the secure processor, brought by a hypervisor that
 * changes, repeats and exchanges them.
 *
 * Source: the contract of psp-model/commands/cmd_snp_request.c. It is checked that
 *   - a message that is not, byte for byte, the next one of the guest is refused, and so is any message
 *     under another key
 *   - a command that is refused writes no response and counts nothing
 *   - a response is for the request: next sequence number, kind, version and key; it opens under the
 *     guest's key, and the rest of its page is zero
 *   - a report has the data and the VMPL of its request
 *
 * Input: steps. A step is a byte for what to do, then key, kind, version, size of the payload (two
 * bytes) and the payload; to change a message, a place (two bytes) and a value.
 */
#include "fuzz_host.h"

#include <string.h>

#include "protocol/guest_message.h"
#include "protocol/snp_report.h"
#include "psp_priv.h"

#define RAM_SIZE 0x8000u
#define CMD_ADDR 0x800u
#define CONTEXT  0x1000u
#define REQUEST  0x2000u
#define RESPONSE 0x3000u
#define STEPS    24u
#define PAYLOAD  0x100u /* of what the input has; zeros follow */

/* What a hypervisor does with a message. */
enum act {
    ACT_BRING,
    ACT_CHANGE,
    ACT_REPEAT,       /* the last one again */
    ACT_RETURN,       /* the last response, as a request */
    ACT_EXCHANGE_KEY, /* another key in the header */
    ACT_RAW,          /* bytes of the input */
    ACT_PAGES,        /* other addresses */
    ACTS
};

static uint8_t ram[RAM_SIZE];
static struct psp_rmp_entry rmp[RAM_SIZE / 0x1000u];
static struct fuzz_host host;
static struct psp *psp;
static uint64_t counts[GUEST_MESSAGE_KEYS];
static uint8_t last[GUEST_MESSAGE_SIZE], last_response[GUEST_MESSAGE_SIZE];

static bool get_entry(void *ctx, uint64_t spa, struct psp_rmp_entry *entry)
{
    (void)ctx;
    if (spa >= RAM_SIZE)
        return false;
    *entry = rmp[spa / 0x1000u];
    return true;
}

static int set_entry(void *ctx, uint64_t spa, const struct psp_rmp_entry *entry)
{
    (void)ctx;
    FUZZ_CHECK(spa < RAM_SIZE);
    rmp[spa / 0x1000u] = *entry;
    return 0;
}

static void clear_entries(void *ctx)
{
    (void)ctx;
    memset(rmp, 0, sizeof(rmp));
}

/* A guest that runs, without its launch. */
static void make_guest(void)
{
    static const struct psp_host callbacks = {FUZZ_PSP_HOST, .rmp_get = get_entry,
                                              .rmp_set = set_entry, .rmp_clear = clear_entries};
    static const struct psp_config config = {
        .api_major = 1, .api_minor = 55, .asids = 2, .cpus = 1, .tsc_khz = 1000};
    struct snp_guest *guest;

    memset(ram, 0, sizeof(ram));
    memset(rmp, 0, sizeof(rmp));
    memset(counts, 0, sizeof(counts));
    memset(last, 0, sizeof(last));
    memset(last_response, 0, sizeof(last_response));
    host = (struct fuzz_host){.ram = ram, .ram_size = RAM_SIZE, .seed = 1};
    psp = psp_new(&callbacks, &host, &config);
    FUZZ_CHECK(psp);
    psp->snp.state = SEV_PLATFORM_INIT;
    psp->snp.rmp_ready = true;
    guest = snp_new(&psp->snp, CONTEXT);
    guest->state = SNP_GUEST_RUNNING;
    guest->policy = SNP_POLICY_MUST_BE_ONE;
    guest->tsc_khz = 1000;
    for (unsigned key = 0; key < GUEST_MESSAGE_KEYS; key++)
        memset(guest->vmpck[key], 0x40 + (int)key, GUEST_MESSAGE_KEY_SIZE);
    rmp[CONTEXT / 0x1000u] = snp_firmware_entry(true);
}

static enum sev_status bring(uint64_t request, uint64_t response)
{
    const uint64_t fields[] = {CONTEXT, request, response};

    for (unsigned i = 0; i < 3; i++)
        for (unsigned byte = 0; byte < 8; byte++)
            ram[CMD_ADDR + 8 * i + byte] = (uint8_t)(fields[i] >> 8 * byte);
    return psp_exec(psp, PSP_ISSUER_GUEST, SEV_CMD_SNP_GUEST_REQUEST, CMD_ADDR);
}

static bool zero(const uint8_t *bytes, size_t len)
{
    while (len && !*bytes)
        bytes++, len--;
    return !len;
}

static void check_counts(void)
{
    for (unsigned key = 0; key < GUEST_MESSAGE_KEYS; key++)
        FUZZ_CHECK(psp->snp.guests[0].message_count[key] == counts[key]);
}

static void check_report(const uint8_t *request, const uint8_t *answer)
{
    struct snp_report report;

    FUZZ_CHECK(!snp_report_read(&report, answer + 0x20));
    FUZZ_CHECK(memcmp(report.report_data, request, 64) == 0);
    FUZZ_CHECK(report.vmpl == request[0x40]);
}

/* What the guest's driver checks, and more. */
static void check_response(const struct guest_message *request, const uint8_t *payload)
{
    const uint8_t *wire = ram + RESPONSE;
    uint8_t answer[GUEST_MESSAGE_PAYLOAD_MAX];
    struct guest_message response;
    unsigned key = (unsigned)request->vmpck;

    FUZZ_CHECK(!guest_message_read(&response, wire));
    FUZZ_CHECK(response.sequence == request->sequence + 1 && response.vmpck == key);
    FUZZ_CHECK(response.type == request->type + 1 && response.version == request->version);
    FUZZ_CHECK(!guest_message_open(&response, wire, psp->snp.guests[0].vmpck[key], answer));
    FUZZ_CHECK(zero(wire + GUEST_MESSAGE_HEADER_SIZE + response.payload_size,
                    GUEST_MESSAGE_PAYLOAD_MAX - response.payload_size));
    if (request->type == GUEST_MESSAGE_REPORT_REQ && zero(answer, 4))
        check_report(payload, answer);
}

/* Return true if the bytes at REQUEST differ from `wire` where it counts: not in the unused half of the tag,
 * not after the payload. */
static bool differs(const uint8_t *wire, size_t payload)
{
    return memcmp(ram + REQUEST, wire, 0x10) != 0 ||
           memcmp(ram + REQUEST + 0x20, wire + 0x20, GUEST_MESSAGE_HEADER_SIZE - 0x20 + payload) !=
               0;
}

static unsigned take16(const uint8_t **data, size_t *size)
{
    uint8_t bytes[2];

    fuzz_take(data, size, bytes, sizeof(bytes));
    return bytes[0] | (unsigned)bytes[1] << 8;
}

static void distort(enum act act, const uint8_t **data, size_t *size)
{
    unsigned at;

    switch (act) {
    case ACT_CHANGE:
        at = take16(data, size) % GUEST_MESSAGE_SIZE;
        fuzz_take(data, size, ram + REQUEST + at, 1);
        break;
    case ACT_REPEAT:
        memcpy(ram + REQUEST, last, GUEST_MESSAGE_SIZE);
        break;
    case ACT_RETURN:
        memcpy(ram + REQUEST, last_response, GUEST_MESSAGE_SIZE);
        break;
    case ACT_EXCHANGE_KEY:
        ram[REQUEST + 0x3c] ^= 1;
        break;
    case ACT_RAW:
        fuzz_take(data, size, ram + REQUEST, GUEST_MESSAGE_HEADER_SIZE + PAYLOAD);
        break;
    default:
        break;
    }
}

/* Refused: no response, nothing counted. */
static void check_refused(enum sev_status status)
{
    FUZZ_CHECK(status != SEV_STATUS_SUCCESS && status != SEV_STATUS_HWERROR_PLATFORM);
    FUZZ_CHECK(zero(ram + RESPONSE, GUEST_MESSAGE_SIZE));
}

static void bring_elsewhere(const uint8_t **data, size_t *size)
{
    uint64_t request = (uint64_t)take16(data, size), response = (uint64_t)take16(data, size);

    if (request == REQUEST && response == RESPONSE)
        return;
    FUZZ_CHECK(bring(request, response) != SEV_STATUS_SUCCESS);
}

static void step(const uint8_t **data, size_t *size)
{
    uint8_t request[GUEST_MESSAGE_SIZE];
    uint8_t head[4], payload[GUEST_MESSAGE_PAYLOAD_MAX] = {0};
    struct guest_message message;
    enum sev_status status;
    enum act act;

    fuzz_take(data, size, head, sizeof(head));
    act = (enum act)(head[0] % ACTS);
    message = (struct guest_message){
        .vmpck = head[1] % GUEST_MESSAGE_KEYS, .type = head[2], .version = head[3]};
    message.sequence = counts[message.vmpck] + 1;
    message.payload_size = take16(data, size) % (GUEST_MESSAGE_PAYLOAD_MAX + 1);
    fuzz_take(data, size, payload, message.payload_size < PAYLOAD ? message.payload_size : PAYLOAD);
    FUZZ_CHECK(
        !guest_message_seal(&message, psp->snp.guests[0].vmpck[message.vmpck], payload, request));
    memcpy(ram + REQUEST, request, sizeof(request));
    distort(act, data, size);
    memset(ram + RESPONSE, 0, GUEST_MESSAGE_SIZE);
    rmp[RESPONSE / 0x1000u] = snp_firmware_entry(false);
    if (act == ACT_PAGES) {
        bring_elsewhere(data, size);
        check_counts();
        return;
    }
    status = bring(REQUEST, RESPONSE);
    if (differs(request, message.payload_size))
        check_refused(status);
    if (status == SEV_STATUS_SUCCESS) {
        counts[message.vmpck] += 2;
        check_response(&message, payload);
        memcpy(last_response, ram + RESPONSE, sizeof(last_response));
        memcpy(last, request, sizeof(last));
    } else {
        check_refused(status);
    }
    check_counts();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make_guest();
    for (unsigned n = 0; n < STEPS && size; n++)
        step(&data, &size);
    psp_free(psp);
    return 0;
}
