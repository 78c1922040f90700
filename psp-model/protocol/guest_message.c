/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages between a SEV-SNP guest and the secure processor; see guest_message.h.
 */
#include "guest_message.h"

#include <errno.h>
#include <string.h>

#include "buf.h"

/* The tag has 16 of the 32 bytes at the start. The additional data is the rest of the header from
 * AAD_START on. */
#define TAG_FIELD 0x20u
#define AAD_START 0x30u
#define AAD_SIZE  (GUEST_MESSAGE_HEADER_SIZE - AAD_START)

/* The fields in order of their offsets; what lies between them is reserved. */
static const struct {
    uint8_t offset, size;
    uint8_t member;
} fields[] = {
    {0x20, 8, offsetof(struct guest_message, sequence)},
    {0x30, 1, offsetof(struct guest_message, algorithm)},
    {0x31, 1, offsetof(struct guest_message, header_version)},
    {0x32, 2, offsetof(struct guest_message, header_size)},
    {GUEST_MESSAGE_TYPE, 1, offsetof(struct guest_message, type)},
    {0x35, 1, offsetof(struct guest_message, version)},
    {0x36, 2, offsetof(struct guest_message, payload_size)},
    {0x3c, 1, offsetof(struct guest_message, vmpck)},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static const char *const names[] = {
    [GUEST_MESSAGE_CPUID_REQ] = "CPUID_REQ",
    [GUEST_MESSAGE_KEY_REQ] = "KEY_REQ",
    [GUEST_MESSAGE_REPORT_REQ] = "REPORT_REQ",
    [GUEST_MESSAGE_EXPORT_REQ] = "EXPORT_REQ",
    [GUEST_MESSAGE_IMPORT_REQ] = "IMPORT_REQ",
    [GUEST_MESSAGE_ABSORB_REQ] = "ABSORB_REQ",
    [GUEST_MESSAGE_VMRK_REQ] = "VMRK_REQ",
    [GUEST_MESSAGE_ABSORB_NOMA_REQ] = "ABSORB_NOMA_REQ",
    [GUEST_MESSAGE_TSC_INFO_REQ] = "TSC_INFO_REQ",
};

const char *guest_message_name(unsigned type)
{
    return type < sizeof(names) / sizeof(names[0]) && names[type] ? names[type] : "?";
}

const char *guest_message_read(struct guest_message *message,
                               const uint8_t wire[GUEST_MESSAGE_SIZE])
{
    struct buf b = buf_reader(wire, GUEST_MESSAGE_HEADER_SIZE);
    bool reserved = true;

    buf_skip(&b, TAG_FIELD);
    for (unsigned i = 0; i < FIELDS; i++) {
        uint64_t value = 0;

        reserved = buf_get_zero(&b, fields[i].offset - b.pos) && reserved;
        for (unsigned byte = 0; byte < fields[i].size; byte++)
            value |= (uint64_t)buf_get8(&b) << 8 * byte;
        memcpy((uint8_t *)message + fields[i].member, &value, sizeof(value));
    }
    reserved = buf_get_zero(&b, GUEST_MESSAGE_HEADER_SIZE - b.pos) && reserved;
    if (!reserved)
        return "a reserved byte is not zero";
    if (message->algorithm != GUEST_MESSAGE_ALGO_GCM)
        return "the algorithm is not AES-256-GCM";
    if (message->header_version != GUEST_MESSAGE_HEADER_V1)
        return "the version of the header is not 1";
    if (message->header_size != GUEST_MESSAGE_HEADER_SIZE)
        return "the size of the header is not 60h";
    if (message->payload_size > GUEST_MESSAGE_PAYLOAD_MAX)
        return "the payload does not fit in the page";
    return message->vmpck < GUEST_MESSAGE_KEYS ? NULL : "the number of the key is above 3";
}

/* The IV is the sequence number, then zeros. */
static void make_iv(uint64_t sequence, uint8_t iv[CRYPTO_GCM_IV_SIZE])
{
    struct buf b = buf_writer(iv, CRYPTO_GCM_IV_SIZE);

    buf_put64(&b, sequence);
    buf_fill(&b, 0, CRYPTO_GCM_IV_SIZE - b.pos);
}

int guest_message_open(const struct guest_message *message, const uint8_t wire[GUEST_MESSAGE_SIZE],
                       const uint8_t key[GUEST_MESSAGE_KEY_SIZE],
                       uint8_t payload[GUEST_MESSAGE_PAYLOAD_MAX])
{
    uint8_t iv[CRYPTO_GCM_IV_SIZE];

    if (message->payload_size > GUEST_MESSAGE_PAYLOAD_MAX)
        return -EINVAL;
    make_iv(message->sequence, iv);
    memset(payload, 0, GUEST_MESSAGE_PAYLOAD_MAX);
    memcpy(payload, wire + GUEST_MESSAGE_HEADER_SIZE, message->payload_size);
    return crypto_aes256_gcm_open(key, iv, wire + AAD_START, AAD_SIZE, payload,
                                  message->payload_size, wire);
}

int guest_message_seal(const struct guest_message *message,
                       const uint8_t key[GUEST_MESSAGE_KEY_SIZE], const uint8_t *payload,
                       uint8_t wire[GUEST_MESSAGE_SIZE])
{
    struct guest_message full = *message;
    uint8_t iv[CRYPTO_GCM_IV_SIZE];

    if (message->payload_size > GUEST_MESSAGE_PAYLOAD_MAX)
        return -EINVAL;
    full.algorithm = GUEST_MESSAGE_ALGO_GCM;
    full.header_version = GUEST_MESSAGE_HEADER_V1;
    full.header_size = GUEST_MESSAGE_HEADER_SIZE;
    memset(wire, 0, GUEST_MESSAGE_SIZE);
    for (unsigned i = 0; i < FIELDS; i++) {
        uint64_t value;

        memcpy(&value, (const uint8_t *)&full + fields[i].member, sizeof(value));
        for (unsigned byte = 0; byte < fields[i].size; byte++)
            wire[fields[i].offset + byte] = (uint8_t)(value >> 8 * byte);
    }
    memcpy(wire + GUEST_MESSAGE_HEADER_SIZE, payload, message->payload_size);
    make_iv(message->sequence, iv);
    return crypto_aes256_gcm_seal(key, iv, wire + AAD_START, AAD_SIZE,
                                  wire + GUEST_MESSAGE_HEADER_SIZE, message->payload_size, wire);
}
