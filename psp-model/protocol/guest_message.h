/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages between a SEV-SNP guest and the secure processor: a header in the clear, then a payload
 * encrypted and authenticated by AES-256-GCM under a key of the guest's secrets page (VMPCK). The
 * hypervisor carries the messages in pages and cannot read them.
 *
 * Source: Linux arch/x86/include/asm/sev.h struct snp_guest_msg_hdr, enum msg_type, AAD_LEN;
 * drivers/virt/coco/sev-guest/sev-guest.c enc_payload(), verify_and_dec_payload();
 * coconut-svsm/svsm kernel/src/greq/msg.rs SnpGuestRequestMsgHdr.
 */
#ifndef PSP_GUEST_MESSAGE_H
#define PSP_GUEST_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GUEST_MESSAGE_SIZE        4096u
#define GUEST_MESSAGE_HEADER_SIZE 0x60u
#define GUEST_MESSAGE_TYPE        0x34u /* offset of `type`, which the hypervisor reads */
#define GUEST_MESSAGE_PAYLOAD_MAX (GUEST_MESSAGE_SIZE - GUEST_MESSAGE_HEADER_SIZE)
#define GUEST_MESSAGE_ALGO_GCM    1u
#define GUEST_MESSAGE_HEADER_V1   1u
#define GUEST_MESSAGE_KEYS        4u /* VMPCK 0 to 3 */
#define GUEST_MESSAGE_KEY_SIZE    32u

/* A response has the number of its request plus 1. */
enum guest_message_type {
    GUEST_MESSAGE_CPUID_REQ = 1,
    GUEST_MESSAGE_KEY_REQ = 3,
    GUEST_MESSAGE_REPORT_REQ = 5,
    GUEST_MESSAGE_EXPORT_REQ = 7,
    GUEST_MESSAGE_IMPORT_REQ = 9,
    GUEST_MESSAGE_ABSORB_REQ = 11,
    GUEST_MESSAGE_VMRK_REQ = 13,
    GUEST_MESSAGE_ABSORB_NOMA_REQ = 15,
    GUEST_MESSAGE_TSC_INFO_REQ = 17,
};

/* The header. Every number is 64 bits wide here, whatever its size in the message. */
struct guest_message {
    uint64_t sequence, algorithm, header_version, header_size;
    uint64_t type, version, payload_size, vmpck;
};

/* Read a header. Return NULL, or what is wrong with it, a static text: a reserved byte that is not
 * zero, another algorithm, version or size of header, a payload that does not fit in the page, a key
 * above 3. */
const char *guest_message_read(struct guest_message *message,
                               const uint8_t wire[GUEST_MESSAGE_SIZE]);

/* Decrypt the payload of a message whose header was read. 0; -EBADMSG if it was not made with this key
 * or is changed; or another negative errno. `payload` is then wiped. */
int guest_message_open(const struct guest_message *message, const uint8_t wire[GUEST_MESSAGE_SIZE],
                       const uint8_t key[GUEST_MESSAGE_KEY_SIZE],
                       uint8_t payload[GUEST_MESSAGE_PAYLOAD_MAX]) CRYPTO_CHECKED;
/* Write a message: algorithm, version and size of the header are filled in. The rest of the page is
 * zero. `message->payload_size` is at most GUEST_MESSAGE_PAYLOAD_MAX. */
int guest_message_seal(const struct guest_message *message,
                       const uint8_t key[GUEST_MESSAGE_KEY_SIZE], const uint8_t *payload,
                       uint8_t wire[GUEST_MESSAGE_SIZE]) CRYPTO_CHECKED;

/* "REPORT_REQ", or "?" for an unknown number. */
const char *guest_message_name(unsigned type);

#ifdef __cplusplus
}
#endif
#endif
